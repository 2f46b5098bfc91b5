"""Coordinates on the concatenated chromosomes of a genome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics._utils.validation import warn_user
from skgenomics.genome._coordinates import Intervals, describe, read_columns

_MAX_NAMES = 8


class GenomeLine:
    """Concatenated sequence of all chromosomes of a genome.

    Parameters
    ----------
    genome : Genome
        Genome, which is read completely: one byte per base.

    Attributes
    ----------
    offsets : ndarray of shape (n_chromosomes,)
        Start of each chromosome.
    sizes : ndarray of shape (n_chromosomes,)
        Lengths of the chromosomes.
    """

    def __init__(self, genome):
        from skgenomics.negatives import _window_counts

        self.names = np.array(genome.names, dtype=object)
        self.sizes = np.array([genome.lengths[name] for name in genome.names], dtype=np.int64)
        self.offsets = np.cumsum(self.sizes) - self.sizes
        self.total = int(self.sizes.sum())
        self._resolve = genome.resolve
        self._symbols = np.empty(self.total, dtype=np.uint8)
        for name, offset, size in zip(genome.names, self.offsets, self.sizes, strict=True):
            text = genome.fetch(name, 0, int(size)).encode("ascii")
            self._symbols[offset : offset + size] = np.frombuffer(text, dtype=np.uint8)
        self._totals = _window_counts.cumulate(self._symbols)

    def composition(self, starts: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
        """Compute the GC content and the fractions of soft-masked and unknown bases."""
        from skgenomics.negatives import _window_counts

        gc, soft_masked, unknown = _window_counts.count(
            self._symbols, self._totals, starts, ends
        ).T.astype(float)
        lengths = ends - starts
        with np.errstate(invalid="ignore"):
            return pd.DataFrame(
                {
                    "gc": gc / (lengths - unknown),
                    "repeats": soft_masked / lengths,
                    "unknown": unknown / lengths,
                }
            )

    def dinucleotides(self, starts: np.ndarray, ends: np.ndarray, minus: np.ndarray) -> np.ndarray:
        """Compute the dinucleotide frequencies on the strand of each interval."""
        from skgenomics.negatives import _window_counts

        return _window_counts.dinucleotide_frequencies(self._symbols, starts, ends, minus)

    def chromosome_at(self, positions: np.ndarray) -> np.ndarray:
        """Find the index of the chromosome of each position."""
        return np.searchsorted(self.offsets, positions, side="right") - 1

    def locate(
        self, intervals: Intervals, what: str, *, skip_unknown: bool = False
    ) -> pd.DataFrame:
        """Convert intervals to concatenated coordinates.

        Returns `chromosome` (index), `start`, `end` (on the line, cut at the ends of the
        chromosome) and `length` (uncut), one row per interval.  With `skip_unknown`, intervals
        that the genome lacks have `chromosome` -1 and are empty.
        """
        chromosomes = self._find_chromosomes(intervals.chroms, what, skip_unknown)
        sizes = np.where(chromosomes < 0, 0, self.sizes[chromosomes])
        starts, ends = (np.clip(x, 0, sizes) for x in (intervals.starts, intervals.ends))
        if not skip_unknown and (outside := starts >= ends).any():
            row = outside.argmax()
            raise ValueError(
                f"row {row} of {what}, {describe(*intervals[:3], row)}, holds no base of "
                f"{self.names[chromosomes[row]]!r}, which has {sizes[row]}; drop the row, or use "
                "the genome that the coordinates belong to"
            )
        offsets = self.offsets[chromosomes]
        return pd.DataFrame(
            {
                "chromosome": chromosomes,
                "start": offsets + starts,
                "end": offsets + ends,
                "length": intervals.ends - intervals.starts,
            }
        )

    def _find_chromosomes(self, chroms: np.ndarray, what: str, skip_unknown: bool) -> np.ndarray:
        index_of = {name: i for i, name in enumerate(self.names)}
        codes, wanted = pd.factorize(chroms)
        found = np.full(len(wanted), -1)
        for i, name in enumerate(wanted):
            try:
                found[i] = index_of[self._resolve(str(name))]
            except ValueError as error:
                if not skip_unknown:
                    raise ValueError(f"row {(codes == i).argmax()} of {what}: {error}") from None
        chromosomes = found[codes]
        if (chromosomes < 0).any():
            names = ", ".join(map(str, wanted[found < 0][:_MAX_NAMES]))
            warn_user(
                f"{(chromosomes < 0).sum()} of {len(chroms)} rows of {what} are on chromosomes "
                f"that the genome lacks, and exclude nothing: {names}"
            )
        return chromosomes


def read_frame(frame, what: str) -> Intervals:
    """Read intervals that hold at least one position each; errors say `what` holds them."""
    try:
        intervals = read_columns(frame)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    if (empty := intervals.starts == intervals.ends).any():
        row = empty.argmax()
        raise ValueError(
            f"row {row} of {what}, {describe(*intervals[:3], row)}, is empty; drop the row"
        )
    return intervals


class TakenRegions:
    """Regions of the line that are taken, merged where they overlap."""

    def __init__(self):
        self._starts = self._ends = np.empty(0, dtype=np.int64)

    def add(self, starts: np.ndarray, ends: np.ndarray) -> None:
        """Take more regions, of which empty ones count for nothing."""
        starts, ends = starts[starts < ends], ends[starts < ends]
        starts, ends = np.append(self._starts, starts), np.append(self._ends, ends)
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], np.maximum.accumulate(ends[order])
        begins_anew = np.append(True, starts[1:] > ends[:-1])[: len(starts)]
        self._starts = starts[begins_anew]
        self._ends = ends[np.append(begins_anew[1:], True)[: len(ends)]]

    def overlap(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Tell if each interval overlaps a taken region."""
        next_one = np.searchsorted(self._ends, starts, side="right")
        return np.append(self._starts, np.iinfo(np.int64).max)[next_one] < ends
