"""Batches cut from codes or channels, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset


class SequenceDataset(Dataset):
    """Sequences with targets and weights, kept as the numpy arrays that they came in.

    Parameters
    ----------
    X : ndarray of shape (n, L), uint8 or int32, or (n, L * C), float
        Codes, tokens or flat channels.
    y : ndarray of shape (n, ...), optional
        Targets, as the loss takes them.
    weight : ndarray of shape (n,) or (n, n_outputs), optional
        Weight of each row, or of each entry of `y`.
    dtype : {"float32", "float64"}
        Type of real targets and of weights, that of the network.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        dtype: str = "float32",
    ):
        self.X = X
        self.y = _as_float(np.zeros(len(X)) if y is None else y, dtype)
        self.weight = _as_float(np.ones(len(X)) if weight is None else weight, dtype)
        self.dtype = dtype

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        x, weight, y = (
            torch.from_numpy(a.take(rows, axis=0)) for a in (self.X, self.weight, self.y)
        )
        return {"x": x, "weight": weight}, y

    def subset(self, rows: np.ndarray) -> SequenceDataset:
        """The dataset of some rows, as a copy."""
        arrays = (a.take(rows, axis=0) for a in (self.X, self.y, self.weight))
        return SequenceDataset(*arrays, dtype=self.dtype)


def _as_float(values: np.ndarray, dtype: str) -> np.ndarray:
    return values if values.dtype.kind in "iu" else values.astype(dtype, copy=False)


class BatchLoader:
    """Iterate over a dataset in batches of nearly equal size.

    Sizes differ by one at most, so that no short batch is left at the end: one sample alone
    would break batch normalisation, and count for more than its share.

    Parameters
    ----------
    dataset : SequenceDataset
    batch_size : int
        Largest size of a batch.
    shuffle : bool, default=False
        Whether each pass has a new order, drawn from torch's random state.
    """

    def __init__(self, dataset: SequenceDataset, batch_size: int, shuffle: bool = False):
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle

    def __len__(self) -> int:
        return n_batches(len(self.dataset), self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], torch.Tensor]]:
        n = len(self.dataset)
        order = torch.randperm(n).numpy() if self.shuffle else np.arange(n)
        for rows in np.array_split(order, len(self)):
            yield self.dataset[rows]


def n_batches(n: int, batch_size: int) -> int:
    """Number of batches that `n` sequences make."""
    return -(-n // batch_size)


def to_channels(x: torch.Tensor, n_channels: int, dtype: torch.dtype) -> torch.Tensor:
    """Turn a batch of codes (b, L) or flat channels (b, L * C) into channels (b, C, L)."""
    if x.dtype != torch.uint8:
        return x.unflatten(1, (-1, n_channels)).transpose(1, 2).to(dtype)
    rows = torch.eye(n_channels + 1, n_channels, dtype=dtype, device=x.device)
    return nn.functional.embedding(x.int(), rows).transpose(1, 2)
