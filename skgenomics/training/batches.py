"""Data sets and batches of codes or channels, indexed a whole batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from skgenomics._utils.input_validation import RaggedCodes
from skgenomics.training._descriptions import describe_array

# Batches whose sequences are sorted by length together. More of them save little time, and make
# batches less random.
_POOLED_BATCHES = 16
# Targets with more values are numbers, or classes too many to be sorted apart.
_MAX_CLASSES = 20


class SequenceDataset(Dataset):
    """Sequences with targets and weights, stored as numpy arrays without copies.

    Parameters
    ----------
    X : ndarray of shape (n, L), uint8 or int32, or (n, L * C), float, or RaggedCodes
        Codes, tokens or flat channels.
    y : ndarray of shape (n, ...), optional
        Targets in the format of the loss.
    weight : ndarray of shape (n,) or (n, n_outputs), optional
        Weight of each sample, or of each entry of `y`.
    dtype : {"float32", "float64"}
        Type of real targets and weights, equal to that of the network.
    extra_inputs : dict of str to ndarray of shape (n_samples, ...), optional
        Further inputs of the network, by the names of its arguments.
    """

    def __init__(
        self,
        X: Any,
        y: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        dtype: str = "float32",
        extra_inputs: dict[str, np.ndarray] | None = None,
    ):
        self.X = X
        self.extra_inputs = extra_inputs or {}
        self.y = _as_float(np.zeros(len(X)) if y is None else y, dtype)
        self.weight = _as_float(np.ones(len(X)) if weight is None else weight, dtype)
        self.dtype = dtype
        self._lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def lengths(self, padding: int) -> np.ndarray:
        """Count the positions of each sequence of codes that are not padding.

        Parameters
        ----------
        padding : int
            Code of padding.

        Returns
        -------
        ndarray of int of shape (n_samples,)
            Number of positions before the padding.
        """
        if self._lengths is None:
            is_ragged = isinstance(self.X, RaggedCodes)
            self._lengths = (
                self.X.lengths if is_ragged else np.not_equal(self.X, padding).sum(axis=1)
            )
        return self._lengths

    def __getitem__(self, rows) -> tuple[dict[str, Any], torch.Tensor]:
        return self.batch(rows)

    def batch(self, rows, width: int | None = None) -> tuple[dict[str, Any], torch.Tensor]:
        """Make a batch of some samples.

        Parameters
        ----------
        rows : ndarray of int
            Indices of the samples.
        width : int or None, default=None
            Number of positions to read of codes; None for all.

        Returns
        -------
        batch : dict
            Sequences ``x``, ``weight`` and ``extra_inputs``.
        y : Tensor of shape (n_rows, ...)
            Targets.
        """
        if isinstance(self.X, RaggedCodes):
            X = self.X.pad(rows, width)
        else:
            X = (self.X if width is None else self.X[:, :width]).take(rows, axis=0)
        x, weight, y = (
            torch.from_numpy(a)
            for a in (X, self.weight.take(rows, axis=0), self.y.take(rows, axis=0))
        )
        extra = {k: torch.from_numpy(a.take(rows, axis=0)) for k, a in self.extra_inputs.items()}
        return {"x": x, "weight": weight, "extra_inputs": extra}, y

    def describe(self) -> dict[str, str]:
        """Describe what the dataset holds.

        Returns
        -------
        dict of str to str
            Type, shape and checksum of each array, by its name.
        """
        targets = {"y": self.y, "sample_weight": self.weight}
        arrays = self._input_arrays() | targets | self.extra_inputs
        return {name: describe_array(array) for name, array in arrays.items()}

    def _input_arrays(self) -> dict[str, np.ndarray]:
        """Name the arrays that hold the sequences."""
        if isinstance(self.X, RaggedCodes):
            return {"X": self.X.codes, "lengths of X": self.X.lengths}
        return {"X": self.X}

    def subset(self, rows: np.ndarray) -> SequenceDataset:
        """Select samples.

        Parameters
        ----------
        rows : ndarray of int
            Indices of the samples.

        Returns
        -------
        SequenceDataset
            Dataset of copies of these samples.
        """
        X, y, weight = (a.take(rows, axis=0) for a in (self.X, self.y, self.weight))
        extra = {name: a.take(rows, axis=0) for name, a in self.extra_inputs.items()}
        return type(self)(X, y, weight, dtype=self.dtype, extra_inputs=extra)

    def with_balanced_weights(self) -> SequenceDataset:
        """Balance the classes by weights.

        Returns
        -------
        SequenceDataset
            Dataset in which all classes have the same total weight.
        """
        _, classes, counts = np.unique(self.y, return_inverse=True, return_counts=True)
        factors = len(self) / (len(counts) * counts[classes.ravel()])
        weight = self.weight * factors.reshape(self.weight.shape)
        return type(self)(self.X, self.y, weight, dtype=self.dtype, extra_inputs=self.extra_inputs)


def _as_float(values: np.ndarray, dtype: str) -> np.ndarray:
    return values if values.dtype.kind in "iu" else values.astype(dtype, copy=False)


class BatchLoader:
    """Iterate over a dataset in batches of nearly equal size.

    Sizes differ by one at most, so that no short batch is left at the end: one sample alone
    would break batch normalization, and count for more than its share.

    If sequences differ in length, those of similar length form a batch, and what pads all of them
    is cropped, so that a pass costs what their own positions cost. In a shuffled pass, only the
    sequences of a few consecutive batches are sorted by length, each class apart, and the batches
    are shuffled again: their order, and what is together in a batch, are still random.

    Parameters
    ----------
    dataset : SequenceDataset
        Samples to iterate over.
    batch_size : int
        Largest size of a batch.
    shuffle : bool, default=False
        If True, each pass has a new order, drawn from torch's random state.
    balanced : bool, default=False
        If True, each batch of a shuffled pass has the same number of samples of every class, by
        ``balanced_order``. The targets of the dataset are then one class per row.
    lengths : ndarray of int of shape (n_samples,) or None, default=None
        Length of each sequence of codes, to form batches by; None to leave them padded.
    min_length : int, default=1
        Number of positions that are not cropped.
    max_positions : int or None, default=None
        Number of positions of a batch, padding included, instead of `batch_size` sequences; for
        batches by length that are not shuffled.
    """

    def __init__(
        self,
        dataset: SequenceDataset,
        batch_size: int,
        shuffle: bool = False,
        balanced: bool = False,
        lengths: np.ndarray | None = None,
        min_length: int = 1,
        max_positions: int | None = None,
    ):
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        # Batches with the same number of samples of every class are not sorted.
        self.lengths = None if balanced else lengths
        self.min_length, self.max_positions = min_length, max_positions
        # Function that counts the batches at the start of a pass that are trained on already.
        self.skip: Callable[[], int] | None = None
        self.members = None
        if balanced:
            y = dataset.y.ravel()
            self.members = [np.flatnonzero(y == label) for label in np.unique(y)]

    def __len__(self) -> int:
        return n_batches(len(self.dataset), self.batch_size)

    def __iter__(self) -> Iterator[tuple[dict[str, torch.Tensor], torch.Tensor]]:
        batches = self._batches()
        for rows in batches[0 if self.skip is None else self.skip() :]:
            if self.lengths is None:
                yield self.dataset[rows]
            else:
                yield self.dataset.batch(rows, max(int(self.lengths[rows].max()), self.min_length))

    def _batches(self) -> list[np.ndarray]:
        """Draw the samples of each batch."""
        n = len(self.dataset)
        if self.lengths is None:
            return np.array_split(self._order(n), len(self))
        if not self.shuffle:
            longest = np.maximum(self.lengths, self.min_length)
            return split_by_positions(longest, self.max_positions or longest.max())
        batches = np.array_split(torch.randperm(n).numpy(), len(self))
        batches = [
            part
            for i in range(0, len(batches), _POOLED_BATCHES)
            for part in self._sort_pool(batches[i : i + _POOLED_BATCHES])
        ]
        return [batches[i] for i in torch.randperm(len(batches)).tolist()]

    def _sort_pool(self, batches: list[np.ndarray]) -> list[np.ndarray]:
        """Exchange samples among batches so that those of each have similar lengths."""
        assert self.lengths is not None
        rows = np.concatenate(batches)
        ranks = np.empty(len(rows))
        labels = self.dataset.y[rows].reshape(len(rows), -1)[:, 0]
        classes = np.unique(labels)
        # Lengths that tell the classes would make batches of one class.
        members = [labels == label for label in classes] if len(classes) <= _MAX_CLASSES else [...]
        for member in members:
            order = self.lengths[rows[member]].argsort(kind="stable").argsort()
            ranks[member] = (order + 0.5) / len(order)
        ends = np.cumsum([len(batch) for batch in batches])[:-1]
        return np.split(rows[ranks.argsort(kind="stable")], ends)

    def _order(self, n: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(n)
        if self.members is not None:
            return balanced_order(self.members, n)
        return torch.randperm(n).numpy()


def split_by_positions(lengths: np.ndarray, max_positions: int) -> list[np.ndarray]:
    """Sort sequences by length, and split them into batches of a number of positions.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_samples,)
        Length of each sequence, at least 1.
    max_positions : int
        Positions of a batch, padding to its longest sequence included. A longer sequence is alone
        in its batch.

    Returns
    -------
    list of ndarray of int
        Indices of the samples of each batch; concatenated they sort the sequences by length.
    """
    order = lengths.argsort(kind="stable")
    ordered, batches, start = lengths[order], [], 0
    while start < len(order):
        # The largest number of sequences whose longest one, the last, still fits.
        end = start + 1
        sizes = np.arange(1, min(len(order) - start, max_positions // int(ordered[start])) + 1)
        fits = sizes * ordered[start : start + len(sizes)] <= max_positions
        if fits.any():
            end = start + int(np.flatnonzero(fits)[-1]) + 1
        batches.append(order[start:end])
        start = end
    return batches


def balanced_order(members: list[np.ndarray], n: int) -> np.ndarray:
    """Draw `n` samples with equal numbers of each class, in alternation.

    A class that is smaller than its share is repeated, each time in a new order; a larger one is
    subsampled without replacement. Random numbers come from torch's random state.

    Parameters
    ----------
    members : list of ndarray of int
        Indices of the samples of each class.
    n : int
        Number of samples to draw.

    Returns
    -------
    ndarray of int of shape (n,)
        Indices of the samples.
    """
    sizes = np.diff(np.rint(np.linspace(0, n, len(members) + 1)).astype(int))
    drawn = []
    for rows, size in zip(members, sizes, strict=True):
        passes = [torch.randperm(len(rows)).numpy() for _ in range(-(-size // len(rows)))]
        drawn.append(rows[np.concatenate([*passes, np.empty(0, dtype=int)])[:size]])
    turns = np.concatenate([(np.arange(size) + 0.5) / max(1, size) for size in sizes])
    return np.concatenate(drawn)[np.argsort(turns, kind="stable")]


def n_batches(n: int, batch_size: int) -> int:
    """Compute the number of batches of `n` sequences."""
    return -(-n // batch_size)


def to_channels(x: torch.Tensor, n_channels: int, dtype: torch.dtype) -> torch.Tensor:
    """Turn a batch of codes (b, L) or flat channels (b, L * C) into channels (b, C, L).

    Unknown bases and padding are zeros; see :func:`real_positions` for what tells them apart.
    """
    if x.dtype != torch.uint8:
        channels = x.unflatten(1, (-1, n_channels)).transpose(1, 2).to(dtype)
        # Profiles of unequal length are padded by NaN.
        return channels.nan_to_num(0.0, posinf=torch.inf, neginf=-torch.inf)
    rows = torch.eye(n_channels + 2, n_channels, dtype=dtype, device=x.device)
    return nn.functional.embedding(x.int(), rows).transpose(1, 2)


def real_positions(x: torch.Tensor, n_channels: int) -> torch.Tensor | None:
    """Find the positions of a batch that are not padding; None if all are real.

    Padding has a code of its own in codes (b, L), and is NaN in flat channels (b, L * C).
    """
    is_codes = x.dtype == torch.uint8
    is_real = x != n_channels + 1 if is_codes else ~x[:, ::n_channels].isnan()
    return None if is_real.all() else is_real
