"""Datasets of language models: whole sequences, or random windows of sequences or a genome."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from skgenomics.genome import Genome
from skgenomics.training import SequenceDataset
from skgenomics.training._optimization import stops_early
from skgenomics.training._validation_split import validation_rows

_STRANDS = np.array(["+", "-"])
_KNOWN_BASE = re.compile("[ACGTUacgtu]")
# Bases of a genome that are read at once.
_CHUNK_SIZE = 1 << 22
# Upper and lower case of an ASCII character differ in this bit.
_LOWER_CASE_BIT = 32


class GenomeWindows(Dataset):
    """Windows at random positions of a genome, on random strands.

    Windows are read from the file when a batch is drawn; nothing of the genome is kept in memory.
    Random numbers come from the global random state of torch, so that a checkpoint can restore it.

    Parameters
    ----------
    genome : Genome
        FASTA file.
    stretches : list of (str, int, int)
        Chromosome, start and end of the regions that windows are drawn from. A region shorter than
        a window is centered in it and padded with unknown bases.
    length : int
        Length of a window in bp.
    n_windows : int
        Number of windows in an epoch.
    repeat_weight : float, default=1.0
        Weight of bases in lower case, which mark repeats.
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
        # Cumulative number of window positions, so that each is drawn with the same probability
        # whatever the lengths of the stretches.
        self.bounds = np.cumsum([0, *np.maximum(spare + 1, 1)])

    def __len__(self) -> int:
        return self.n_windows

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        number = torch.randint(int(self.bounds[-1]), (len(rows),)).numpy()
        stretch = np.searchsorted(self.bounds, number, side="right") - 1
        starts = self.starts[stretch] + number - self.bounds[stretch]
        strands = _STRANDS[torch.randint(2, (len(rows),)).numpy()]
        return self.take(self.chroms[stretch], starts, strands)

    def take(
        self, chroms: np.ndarray, starts: np.ndarray, strands: np.ndarray
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Read the batch of given windows."""
        codes = self.genome.codes(chroms, starts, self.length, strands)
        weight = np.ones(len(codes), dtype=np.float32)
        if self.repeat_weight != 1:
            texts = self.genome.fetch_many(chroms, starts, starts + self.length, strands)
            bases = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
            is_repeat = bases.reshape(codes.shape) & _LOWER_CASE_BIT > 0
            weight = np.where(is_repeat, self.repeat_weight, 1).astype(np.float32)
        batch = {"x": torch.from_numpy(codes), "weight": torch.from_numpy(weight)}
        return batch, torch.zeros(len(codes))

    def tiles(self, maximum: int | None = None) -> SequenceDataset:
        """Read adjacent windows of all stretches, evenly thinned out to at most `maximum`."""
        counts = (np.diff(self.bounds) - 1) // self.length + 1
        ends = np.cumsum(counts)
        n = min(ends[-1], maximum or ends[-1])
        number = np.arange(n) * ends[-1] // n
        stretch = np.searchsorted(ends, number, side="right")
        starts = self.starts[stretch] + (number - (ends - counts)[stretch]) * self.length
        batch, _ = self.take(self.chroms[stretch], starts, _STRANDS[np.zeros_like(stretch)])
        return SequenceDataset(batch["x"].numpy(), weight=batch["weight"].numpy())

    def describe(self) -> dict[str, str]:
        """Describe the stretches by their number, total length and checksum."""
        n, checksum = 0, 0
        for name, bases in self.chunks():
            n += len(bases)
            checksum = zlib.crc32(bases.encode("latin-1"), zlib.crc32(name.encode(), checksum))
        text = f"{len(self.stretches)} stretches of {n} bases, checksum {checksum:08x}"
        return {"X": text}

    def chunks(self) -> Iterator[tuple[str, str]]:
        """Iterate over the name and bases of all stretches in chunks of bounded size."""
        for chrom, start, end in self.stretches:
            for first in range(start, end, _CHUNK_SIZE):
                bases = self.genome.fetch(chrom, first, min(first + _CHUNK_SIZE, end))
                yield f"{chrom}:{start}-{end}", bases


class SequenceWindows(SequenceDataset):
    """One window at a random position of each sequence per epoch.

    Parameters
    ----------
    X : ndarray of shape (n_samples, length), dtype uint8
        Codes, padded at the end.
    length : int
        Length of a window.
    n_symbols : int
        Size of the alphabet.
    """

    def __init__(self, X: np.ndarray, length: int, n_symbols: int):
        super().__init__(X)
        self.length, self.n_symbols = length, n_symbols
        n_real = np.count_nonzero(n_symbols + 1 != X, axis=1)
        self.n_starts = np.maximum(n_real - length, 0) + 1

    def __getitem__(self, rows) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        draws = torch.rand(len(rows), dtype=torch.float64).numpy()
        starts = (draws * self.n_starts[rows]).astype(np.int64)
        columns = starts[:, np.newaxis] + np.arange(self.length)
        codes = self.X[np.asarray(rows)[:, np.newaxis], columns]
        batch = {"x": torch.from_numpy(codes), "weight": torch.ones(len(codes))}
        return batch, torch.zeros(len(codes))

    def subset(self, rows: np.ndarray) -> SequenceWindows:
        """Select the windows of some sequences."""
        return SequenceWindows(self.X[rows], self.length, self.n_symbols)

    def tiles(self) -> SequenceDataset:
        """Give the first window of each sequence."""
        return SequenceDataset(self.X[:, : self.length])


def split_corpus(
    dataset: GenomeWindows | SequenceDataset,
    early_stopping: bool | str,
    validation_fraction: float,
    chromosomes: Sequence[str] | None,
    seed: int,
) -> tuple[GenomeWindows | SequenceDataset, SequenceDataset | None]:
    """Split a dataset into a training and a validation part.

    Parameters
    ----------
    dataset : GenomeWindows or SequenceDataset
        Dataset to split.
    early_stopping : bool or "auto"
        Whether to split; "auto" splits large sets of sequences, but no genome.
    validation_fraction : float
        Fraction to validate on: of the sequences, or of the end of each chromosome.
    chromosomes : sequence of str or None
        Chromosomes of a genome.
    seed : int
        Seed of the split of sequences.

    Returns
    -------
    train : GenomeWindows or SequenceDataset
        Training part.
    valid : SequenceDataset or None
        Validation part, with the same windows in each epoch; None without early stopping.
    """
    if isinstance(dataset, GenomeWindows):
        if early_stopping in ("auto", False):
            return dataset, None
        parts = split_stretches(dataset.genome, chromosomes, validation_fraction, dataset.length)
        settings = dataset.length, dataset.n_windows, dataset.repeat_weight
        train, held_out = (GenomeWindows(dataset.genome, part, *settings) for part in parts)
        return train, held_out.tiles(dataset.n_windows)
    if not stops_early(early_stopping, len(dataset)):
        return dataset, None
    rows = validation_rows(len(dataset), None, None, validation_fraction, seed)
    training, validation = (dataset.subset(part) for part in rows)
    if isinstance(validation, SequenceWindows):
        validation = validation.tiles()
    return training, validation


def split_stretches(
    genome: Genome, chromosomes: Sequence[str] | None, fraction: float, length: int
) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]:
    """Split each chromosome into a training stretch and a validation stretch at its end.

    Parameters
    ----------
    genome : Genome
        FASTA file.
    chromosomes : sequence of str or None
        Chromosomes to use; None for all.
    fraction : float
        Fraction of each chromosome to validate on.
    length : int
        Length of a window. A chromosome without room for one in both parts is trained on as a
        whole.

    Returns
    -------
    train : list of (str, int, int)
        Chromosome, start and end of each training stretch.
    valid : list of (str, int, int)
        Chromosome, start and end of each validation stretch.

    Raises
    ------
    ValueError
        If a chromosome does not exist, the chromosomes are empty, or no validation stretch has
        room for a window.
    """
    lengths = genome.lengths
    names = genome.names if chromosomes is None else [genome.resolve(c) for c in chromosomes]
    names = [name for name in names if lengths[name]]
    if not names:
        raise ValueError(f"{genome.path} has no bases in the chromosomes to learn from")
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
            f"early stopping sets the last {fraction:.0%} of each chromosome aside, but no "
            f"chromosome has room for a window of {length} bp in both parts; choose a smaller "
            "`window`, another `validation_fraction`, or early_stopping=False"
        )
    return train, valid


def check_has_known_bases(windows: GenomeWindows) -> None:
    """Raise a ValueError if all bases to draw windows from are unknown.

    Reading ends at the first known base, so that only a genome of N is read to its end.
    """
    if not any(_KNOWN_BASE.search(bases) for _, bases in windows.chunks()):
        names = ", ".join(dict.fromkeys(chrom for chrom, _, _ in windows.stretches))
        raise ValueError(
            f"{windows.genome.path} has no known base (A, C, G or T) in {names:.200}, so that "
            "there is nothing to learn; name other `chromosomes` or another file"
        )


def open_genome(X: str | os.PathLike | Genome) -> Genome:
    """Open the FASTA file at a path.

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
    return Genome(Path(X))
