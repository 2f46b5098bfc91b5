"""Windows that are drawn anew for every batch, from a genome or from long sequences."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from skgenomics.genome import Genome
from skgenomics.training import SequenceDataset

_STRANDS = np.array(["+", "-"])
# Letters of a genome that are read at a time.
_PIECE = 1 << 22


class GenomeWindows(Dataset):
    """Windows at random places of a genome, on random strands.

    Nothing of the genome is kept in memory. Random numbers come from torch's random state.

    Parameters
    ----------
    genome : Genome
        The FASTA file.
    stretches : list of (str, int, int)
        Chromosome, start and end of what windows are drawn from. One that is shorter than a
        window is centred in it, with unknown letters around.
    length : int
        Letters of a window.
    n_windows : int
        How many there are in an epoch.
    repeat_weight : float, default=1.0
        Weight of letters in lower case, which are those of repeats.
    """

    def __init__(
        self,
        genome: Genome,
        stretches: Sequence[tuple[str, int, int]],
        length: int,
        n_windows: int,
        repeat_weight: float = 1.0,
    ):
        chroms, starts, ends = zip(*stretches, strict=True)
        self.genome, self.stretches = genome, stretches
        self.length, self.n_windows = length, n_windows
        self.repeat_weight = repeat_weight
        self.chroms = np.array(chroms, dtype=object)
        spare = np.array(ends) - np.array(starts) - length
        self.starts = np.where(spare < 0, np.array(starts) + spare // 2, starts)
        # Windows before each stretch, of all that there are.
        self.bounds = np.cumsum([0, *np.maximum(spare + 1, 1)])

    def __len__(self) -> int:
        return self.n_windows

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        number = torch.randint(int(self.bounds[-1]), (len(rows),)).numpy()
        stretch = np.searchsorted(self.bounds, number, side="right") - 1
        starts = self.starts[stretch] + number - self.bounds[stretch]
        strands = _STRANDS[torch.randint(2, (len(rows),)).numpy()]
        return self.take(self.chroms[stretch], starts, strands)

    def take(self, chroms, starts, strands) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """The batch of some windows."""
        codes = self.genome.codes(chroms, starts, self.length, strands)
        weight = np.ones(len(codes), dtype=np.float32)
        if self.repeat_weight != 1:
            texts = self.genome.fetch_many(chroms, starts, starts + self.length, strands)
            symbols = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
            # Bit 32 is what lower case has more than upper case.
            is_repeat = symbols.reshape(codes.shape) & 32 > 0
            weight = np.where(is_repeat, self.repeat_weight, 1).astype(np.float32)
        batch = {"x": torch.from_numpy(codes), "weight": torch.from_numpy(weight)}
        return batch, torch.zeros(len(codes))

    def tiles(self, most: int | None = None) -> SequenceDataset:
        """Windows side by side in all stretches, or so many of them all over these."""
        counts = (np.diff(self.bounds) - 1) // self.length + 1
        ends = np.cumsum(counts)
        n = min(ends[-1], most or ends[-1])
        number = np.arange(n) * ends[-1] // n
        stretch = np.searchsorted(ends, number, side="right")
        starts = self.starts[stretch] + (number - (ends - counts)[stretch]) * self.length
        batch, _ = self.take(self.chroms[stretch], starts, _STRANDS[np.zeros_like(stretch)])
        return SequenceDataset(batch["x"].numpy(), weight=batch["weight"].numpy())

    def describe(self) -> str:
        """Number, size and checksum of the stretches, letters included."""
        n, checksum = 0, 0
        for name, symbols in self._pieces():
            n += len(symbols)
            checksum = zlib.crc32(symbols, zlib.crc32(name, checksum))
        return f"{len(self.stretches)} stretches of {n} letters, checksum {checksum:08x}"

    def _pieces(self) -> Iterator[tuple[bytes, bytes]]:
        """Place and letters of all that windows are drawn from, a few at a time."""
        for chrom, start, end in self.stretches:
            for first in range(start, end, _PIECE):
                symbols = self.genome.fetch(chrom, first, min(first + _PIECE, end))
                yield f"{chrom}:{start}-{end}".encode(), symbols.encode("latin-1")


class Sequences(SequenceDataset):
    """Sequences as they are."""

    def describe(self) -> str:
        """Shape, type and checksum of the sequences."""
        checksum = zlib.crc32(np.ascontiguousarray(self.X).view(np.uint8).reshape(-1))
        return f"{self.X.dtype} of shape {self.X.shape}, checksum {checksum:08x}"


class SequenceWindows(Sequences):
    """Windows at random places of sequences, one of each in an epoch.

    Parameters
    ----------
    X : ndarray of shape (n, L), uint8
        Codes, padded at the end.
    length : int
        Letters of a window.
    n_symbols : int
        Code of an unknown letter and of padding.
    """

    def __init__(self, X: np.ndarray, length: int, n_symbols: int):
        super().__init__(X)
        self.length = length
        is_known = X[:, ::-1] != n_symbols
        n_real = np.where(is_known.any(axis=1), X.shape[1] - is_known.argmax(axis=1), 0)
        self.n_starts = np.maximum(n_real - length, 0) + 1

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        starts = (torch.rand(len(rows), dtype=torch.float64).numpy() * self.n_starts[rows]).astype(
            np.int64
        )
        columns = starts[:, np.newaxis] + np.arange(self.length)
        codes = self.X[np.asarray(rows)[:, np.newaxis], columns]
        batch = {"x": torch.from_numpy(codes), "weight": torch.ones(len(codes))}
        return batch, torch.zeros(len(codes))

    def tiles(self) -> SequenceDataset:
        """The first window of each sequence."""
        return SequenceDataset(self.X[:, : self.length])


def split_stretches(
    genome: Genome, chromosomes: Sequence[str] | None, fraction: float, length: int
) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]:
    """Cut the last `fraction` of each chromosome off, to validate on windows of a length.

    A chromosome without room for a window in both parts is trained on as a whole.

    Raises
    ------
    ValueError
        If there is no such chromosome, or no part that has room for a window to validate on.
    """
    lengths = genome.lengths
    names = genome.names if chromosomes is None else [genome.resolve(c) for c in chromosomes]
    names = [name for name in names if lengths[name]]
    if not names:
        raise ValueError(f"{genome.path} has no letters in the chromosomes to learn from")
    train, valid = [], []
    for name in names:
        cut = round(lengths[name] * (1 - fraction))
        if min(cut, lengths[name] - cut) < length:
            cut = lengths[name]
        else:
            valid.append((name, cut, lengths[name]))
        train.append((name, 0, cut))
    if fraction and not valid:
        raise ValueError(
            f"early stopping keeps the last {fraction:.0%} of each chromosome aside, but that is "
            f"nowhere a window of {length} letters with another one in front of it; choose a "
            "smaller `window`, another `validation_fraction`, or early_stopping=False"
        )
    return train, valid


def open_genome(X: str | Path | Genome) -> Genome:
    """The genome that a path leads to.

    Raises
    ------
    ValueError
        If there is no such file.
    """
    if isinstance(X, Genome):
        return X
    if not os.path.isfile(X):
        raise ValueError(
            f"X is the string {str(X)[:60]!r}, but there is no FASTA file of that name; put "
            "sequences into a list"
        )
    return Genome(X)
