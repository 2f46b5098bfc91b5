"""Batches cut from codes or channels, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Dataset


class SequenceDataset(Dataset):
    """Sequences with targets and weights, kept as the numpy arrays that they came in.

    Parameters
    ----------
    X : ndarray of shape (n, L), uint8, or (n, L * C), float32
        Codes or flat channels.
    y : ndarray of shape (n, ...), optional
        Targets, as the loss takes them.
    weight : ndarray of shape (n,) or (n, n_outputs), optional
        Weight of each row, or of each entry of `y`.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray | None = None, weight: np.ndarray | None = None):
        self.X = X
        self.y = np.zeros(len(X), dtype=np.float32) if y is None else y
        self.weight = np.ones(len(X), dtype=np.float32) if weight is None else weight

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        x, weight, y = (
            torch.from_numpy(a.take(rows, axis=0)) for a in (self.X, self.weight, self.y)
        )
        return {"x": x, "weight": weight}, y

    def subset(self, rows: np.ndarray) -> SequenceDataset:
        """The dataset of some rows, as a copy."""
        return SequenceDataset(*(a.take(rows, axis=0) for a in (self.X, self.y, self.weight)))


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
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], torch.Tensor]]:
        n = len(self.dataset)
        order = torch.randperm(n).numpy() if self.shuffle else np.arange(n)
        for rows in np.array_split(order, len(self)):
            yield self.dataset[rows]


def to_channels(x: torch.Tensor, n_channels: int) -> torch.Tensor:
    """Turn a batch of codes (b, L) or flat channels (b, L * C) into float channels (b, C, L)."""
    if x.dtype != torch.uint8:
        return x.unflatten(1, (-1, n_channels)).transpose(1, 2)
    letters = torch.arange(n_channels, dtype=torch.uint8, device=x.device)
    return (x.unsqueeze(1) == letters.unsqueeze(1)).float()
