"""Values along a genome: bigWig and bedGraph files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.genome.chromosomes import match_chromosome
from skgenomics.genome.coordinates import are_minus, as_integers, describe

__all__ = ["SignalTrack"]

STATISTICS = ("mean", "max", "sum")
_BIGWIG = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")
_BIGBED = (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")
_BIGWIG_ENDINGS = (".bw", ".bigWig", ".bigwig")


class SignalTrack:
    """A bigWig or bedGraph file from which the values of any interval are read.

    Parameters
    ----------
    path : str or Path
        A bigWig file, read piece by piece; or a bedGraph file, compressed by gzip or not, read
        into memory as a whole. They are told apart by their first bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    The file is opened when something is first read, anew in each process, and a pickle holds
    nothing but the path. bigWig files need ``pip install "skgenomics[genome]"``. Values are those
    of the bases, never those of the zoom levels that browsers show.

    References
    ----------
    .. [1] Kent, W. J. et al. (2010). BigWig and BigBed: enabling browsing of large distributed
       datasets. Bioinformatics 26, 2204-2207.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import SignalTrack
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "coverage.bedGraph"
    ...     _ = path.write_text("chr1\\t0\\t3\\t2.0\\nchr1\\t5\\t7\\t4.0\\n")
    ...     track = SignalTrack(path)
    ...     track.values("chr1", 1, 6)
    ...     track.bins(["1"], [0], [8], 4, missing=0)
    array([ 2.,  2., nan, nan,  4.], dtype=float32)
    array([[2., 1., 2., 2.]], dtype=float32)
    """

    def __init__(self, path: str | Path):
        if not Path(path).is_file():
            raise FileNotFoundError(f"there is no bigWig or bedGraph file at {path}")
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"SignalTrack({str(self.path)!r})"

    def __getstate__(self) -> dict:
        return {"path": self.path}

    @cached_property
    def _reader(self) -> _BigWig | _BedGraph:
        with open(self.path, "rb") as file:
            magic = file.read(4)
        if magic in _BIGBED:
            raise ValueError(
                f"{self.path} is a bigBed file of intervals, not a bigWig file of values; make "
                "one, as `bedGraphToBigWig` does"
            )
        return _BigWig(self.path) if magic in _BIGWIG else _BedGraph(self.path)

    @cached_property
    def _resolved(self) -> dict[str, str]:
        return {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chromosomes that have values."""
        return tuple(self._reader.lengths)

    def resolve(self, chrom: str) -> str:
        """Find the name that a chromosome has in this file.

        Parameters
        ----------
        chrom : str
            Name of a chromosome, with or without "chr".

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If there is no such chromosome; the message tells the nearest names.
        """
        if chrom not in self._resolved:
            self._resolved[chrom] = match_chromosome(chrom, self.names, source=str(self.path))
        return self._resolved[chrom]

    def lengths_of(self, chroms: Sequence[str]) -> np.ndarray:
        """Tell the length of the chromosome of each row.

        Parameters
        ----------
        chroms : sequence of str of shape (n,)
            Names of chromosomes.

        Returns
        -------
        ndarray of shape (n,), int64
            The largest integer for a bedGraph file, which does not hold it.

        Raises
        ------
        ValueError
            If there is no such chromosome; the message names the row.
        """
        numbers, names = pd.factorize(np.asarray(chroms, dtype=object))
        lengths = np.empty(len(names), dtype=np.int64)
        for i, name in enumerate(names):
            lengths[i] = self._reader.lengths[self._resolve_row(name, (numbers == i).argmax())]
        return lengths[numbers]

    def _resolve_row(self, chrom: str, row: int) -> str:
        try:
            return self.resolve(chrom)
        except ValueError as error:
            raise ValueError(f"row {row}: {error}") from None

    def values(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Read the value of every base of an interval.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        start, end : int
            Coordinates, 0-based and half-open; they may reach past the ends.

        Returns
        -------
        ndarray of shape (end - start,), float32
            NaN for a base without a value.

        Raises
        ------
        ValueError
            If there is no such chromosome, or `start` is behind `end`.
        """
        if start > end:
            raise ValueError(f"{chrom}:{start}-{end} starts behind its end")
        return self._reader.values(self.resolve(chrom), start, end).astype(np.float32)

    def bins(
        self,
        chroms: Sequence[str],
        starts: Sequence[int],
        ends: Sequence[int],
        n_bins: int,
        *,
        strands: Sequence[str] | None = None,
        statistic: str = "mean",
        missing: float = np.nan,
    ) -> np.ndarray:
        """Summarize intervals in bins.

        Parameters
        ----------
        chroms : sequence of str of shape (n,)
            Chromosomes.
        starts, ends : sequence of int of shape (n,)
            Coordinates, as in :meth:`values`; each interval has at least `n_bins` bases.
        n_bins : int
            Number of bins. Their widths differ by one base at most.
        strands : sequence of str of shape (n,), optional
            "-" reads an interval from its end to its start.
        statistic : {"mean", "max", "sum"}, default="mean"
            What a bin holds of the values of its bases.
        missing : float, default=nan
            Value of bases without one. NaN leaves them out, and is the value of a bin of only
            such bases.

        Returns
        -------
        ndarray of shape (n, n_bins), float32

        Raises
        ------
        ValueError
            As :meth:`values`, or if an interval has fewer bases than bins; the message names the
            row.
        """
        chroms = np.asarray(chroms, dtype=object)
        starts, ends = as_integers(starts, "start"), as_integers(ends, "end")
        minus = are_minus(strands, len(starts))
        check_bins(chroms, starts, ends, n_bins)
        out = np.empty((len(starts), n_bins), dtype=np.float32)
        read = self._reader.values
        for i, (chrom, start, end) in enumerate(
            zip(chroms, starts.tolist(), ends.tolist(), strict=True)
        ):
            values = read(self._resolve_row(chrom, i), start, end)
            values = values[::-1] if minus[i] else values
            if not np.isnan(missing):
                values = np.where(np.isnan(values), missing, values)
            out[i] = _summarize(values, n_bins, statistic)
        return out


def check_bins(chroms: np.ndarray, starts: np.ndarray, ends: np.ndarray, n_bins: int) -> None:
    """Raise a ValueError if an interval has fewer bases than bins."""
    narrow = ends - starts < n_bins
    if narrow.any():
        i = int(narrow.argmax())
        raise ValueError(
            f"row {i}, {describe(chroms, starts, ends, i)}, has {ends[i] - starts[i]} bases, fewer "
            f"than the {n_bins} bins: ask for fewer bins, or for a greater length"
        )


class _BigWig:
    """A bigWig file. Its handle has a place in the file, so that each process opens its own."""

    def __init__(self, path: Path):
        self._path = path
        self._process = None
        self.lengths = dict(self._open().chroms())

    def _open(self):
        if self._process != os.getpid():
            self._handle = _open_bigwig(self._path)
            self._process = os.getpid()
        return self._handle

    def values(self, name: str, start: int, end: int) -> np.ndarray:
        if start == end:
            return np.empty(0)
        try:
            return self._open().values(name, start, end, fillna=None)
        except Exception as error:
            raise ValueError(
                f"{self._path} is a damaged bigWig file: {name}:{start}-{end} can not be read "
                f"({error}); copy it anew"
            ) from error


def _open_bigwig(path: Path):
    try:
        import pybigtools
    except ImportError as error:
        raise ImportError(
            f'{path} is a bigWig file, which needs pybigtools: pip install "skgenomics[genome]"'
        ) from error
    try:
        # Files with another ending are only taken when they are open.
        return pybigtools.open(str(path) if path.suffix in _BIGWIG_ENDINGS else open(path, "rb"))
    except Exception as error:
        raise ValueError(f"{path} is a damaged bigWig file ({error}); copy it anew") from error


class _BedGraph:
    """A bedGraph file as sorted arrays of each chromosome."""

    def __init__(self, path: Path):
        self._parts = _read_bedgraph(path)
        self.lengths = dict.fromkeys(self._parts, np.iinfo(np.int64).max)

    def values(self, name: str, start: int, end: int) -> np.ndarray:
        starts, ends, levels = self._parts[name]
        values = np.full(end - start, np.nan)
        low = np.searchsorted(ends, start, side="right")
        high = np.searchsorted(starts, end, side="left")
        if low < high:
            first = np.maximum(starts[low:high], start) - start
            last = np.minimum(ends[low:high], end) - start
            # Runs of levels and of gaps take turns.
            widths = np.diff(np.column_stack([first, last]).ravel(), prepend=0)
            filled = np.column_stack([np.full(high - low, np.nan), levels[low:high]]).ravel()
            values[: last[-1]] = np.repeat(filled, widths)
        return values


def _read_bedgraph(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    from skgenomics.genome._lines import read_lines

    lines = read_lines(path, comments=("#", "track", "browser"))
    table = lines.table(range(4, 5), integers=(1, 2))
    chroms, starts, ends = table[0].to_numpy(object), table[1].to_numpy(), table[2].to_numpy()
    levels = lines.number_column(table[3], "the value in column 4").to_numpy(float)
    lines.refuse(~np.isfinite(levels), "the value in column 4 is no finite number")
    lines.refuse((starts < 0) | (starts >= ends), "a start is from 0, and less than the end")
    numbers, names = pd.factorize(chroms)
    order = np.lexsort([starts, numbers])
    starts, ends, levels, numbers = (x[order] for x in (starts, ends, levels, numbers))
    overlaps = np.zeros(len(order), dtype=bool)
    overlaps[order[1:]] = (starts[1:] < ends[:-1]) & (numbers[1:] == numbers[:-1])
    lines.refuse(overlaps, "overlaps another line, but a base has one value in a bedGraph file")
    bounds = np.searchsorted(numbers, np.arange(len(names) + 1))
    return {
        name: (starts[a:b], ends[a:b], levels[a:b])
        for name, (a, b) in zip(names, pairwise(bounds), strict=True)
    }


def _summarize(values: np.ndarray, n_bins: int, statistic: str) -> np.ndarray:
    """Statistic of each bin, over the bases that have a value; NaN if there are none."""
    if n_bins == len(values):
        return values
    edges = np.arange(n_bins) * len(values) // n_bins
    if statistic == "max":
        return np.fmax.reduceat(values, edges)
    is_known = ~np.isnan(values)
    counts = np.add.reduceat(is_known, edges, dtype=np.int64)
    sums = np.add.reduceat(np.where(is_known, values, 0), edges)
    scale = np.maximum(counts, 1) if statistic == "mean" else 1
    return np.where(counts > 0, sums / scale, np.nan)
