"""Signal tracks, values along a genome, in bigWig and bedGraph files: read and write them."""

from __future__ import annotations

import csv
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.files import replace_file
from skgenomics._utils.validation import check_integer
from skgenomics.genome._coordinates import (
    are_minus,
    as_frame,
    as_integers,
    check_intervals,
    describe,
    refuse_rows,
)
from skgenomics.genome._textfiles import check_seekable, read_lines, replace_text_file
from skgenomics.genome.chromosomes import match_chromosome, same_chromosomes
from skgenomics.sequences import is_frame

STATISTICS = ("mean", "max", "sum")
_BIGWIG = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")
# Of the format: sizes of its parts in bytes, and the numbers that its trees begin with.
_HEADER_SIZE, _ZOOM_SIZE, _INDEX_HEADER_SIZE = 64, 24, 48
_TREE, _INDEX = 0x78CA8C91, 0x2468ACE0
# The usual blocks have 1,024 values of 12 bytes.
_MAX_UNPACKED = 2**26
_BIGBED = (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")
_BIGWIG_SUFFIXES = (".bw", ".bigWig", ".bigwig")
_WRITTEN_SUFFIXES = (".bw", ".bigWig")
_COLUMNS = ["chrom", "start", "end", "value"]
# Names that a reader of bedGraph would misread as comments or headers, or as two columns.
_CHROMOSOME = r"(?!#|(?:track|browser)$)\S+"
_MAX_LENGTH = 2**32 - 1


class SignalTrack:
    r"""A signal track in a bigWig or bedGraph file, with random access.

    Parameters
    ----------
    path : str or Path
        A bigWig file, read interval by interval; or a bedGraph file, compressed by gzip or not,
        read into memory as a whole. They are told apart by their first bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a pipe, which cannot be read in any order.

    Notes
    -----
    The file is opened on the first access, once in each process, and a pickle holds only the path.
    bigWig files need ``pip install "skgenomics[genome]"``. Values are those of the bases, never
    those of the zoom levels of genome browsers.

    A chromosome of the genome that a file leaves out because it has no values there cannot be told
    from a chromosome of another assembly. Methods with `allow_missing` treat it as one without
    values, if the file has other chromosomes that were asked for.

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
    ...     _ = path.write_text("chr1\t0\t3\t2.0\nchr1\t5\t7\t4.0\n")
    ...     track = SignalTrack(path)
    ...     track.values("chr1", 1, 6)
    ...     track.bins(["1"], [0], [8], 4, missing=0)
    array([ 2.,  2., nan, nan,  4.], dtype=float32)
    array([[2., 1., 2., 2.]], dtype=float32)
    """

    def __init__(self, path: str | Path):
        check_seekable(path, "bigWig or bedGraph")
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
                f"{self.path} is a bigBed file of intervals, not a bigWig file of values; convert "
                "it, as `bedGraphToBigWig` does"
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
            Name of the chromosome in the file.

        Raises
        ------
        ValueError
            If there is no such chromosome; the message suggests similar names.
        """
        if chrom not in self._resolved:
            self._resolved[chrom] = match_chromosome(chrom, self.names, source=str(self.path))
        return self._resolved[chrom]

    def lengths_of(self, chroms: Sequence[str], *, allow_missing: bool = False) -> np.ndarray:
        """Look up the lengths of chromosomes.

        Parameters
        ----------
        chroms : array-like of str of shape (n_intervals,)
            Names of chromosomes.
        allow_missing : bool, default=False
            Give the largest integer for a chromosome that is not in the file, unless none is.

        Returns
        -------
        ndarray of int64 of shape (n_intervals,)
            Number of bases of each chromosome; the largest integer for a bedGraph file, which does
            not hold it.

        Raises
        ------
        ValueError
            If there is no such chromosome; the message names the row.
        """
        numbers, names = pd.factorize(np.asarray(chroms, dtype=object))
        lengths = np.full(len(names), np.iinfo(np.int64).max)
        missing = []
        for i, name in enumerate(names):
            try:
                lengths[i] = self._reader.lengths[self._resolve_row(name, (numbers == i).argmax())]
            except ValueError as error:
                if not allow_missing:
                    raise
                missing.append(error)
        if missing and len(missing) == len(names):
            raise missing[0]
        return lengths[numbers]

    def has_chromosome(self, chrom: str) -> bool:
        """Tell whether the file has values on a chromosome.

        Parameters
        ----------
        chrom : str
            Name of a chromosome, with or without "chr".

        Returns
        -------
        bool
            True if exactly one chromosome of the file matches.
        """
        return len(same_chromosomes(str(chrom), list(self.names))) == 1

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
        ndarray of float32 of shape (end - start,)
            Values; NaN for a base without a value.

        Raises
        ------
        ValueError
            If there is no such chromosome, or `start` is greater than `end`.
        """
        if start > end:
            raise ValueError(f"{chrom}:{start}-{end} starts after its end")
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
        allow_missing: bool = False,
    ) -> np.ndarray:
        """Summarize intervals in bins.

        Parameters
        ----------
        chroms : array-like of str of shape (n_intervals,)
            Chromosomes.
        starts, ends : array-like of int of shape (n_intervals,)
            Coordinates, as in :meth:`values`; each interval has at least `n_bins` bases.
        n_bins : int
            Number of bins. Their widths differ by one base at most.
        strands : array-like of str of shape (n_intervals,) or None, default=None
            Strands; "-" reads an interval from its end to its start.
        statistic : {"mean", "max", "sum"}, default="mean"
            Statistic of the values of the bases in a bin.
        missing : float, default=nan
            Value of bases without one. NaN leaves them out of the statistic, and is the value of a
            bin that has only such bases.
        allow_missing : bool, default=False
            Treat a chromosome that is not in the file as one without values.

        Returns
        -------
        ndarray of float32 of shape (n_intervals, n_bins)
            Values of the bins.

        Raises
        ------
        ValueError
            As :meth:`values`, or if an interval has fewer bases than bins; the message names the
            row.
        """
        names = np.asarray(chroms, dtype=object)
        first, last = as_integers(starts, "start"), as_integers(ends, "end")
        minus = are_minus(strands, len(first))
        check_bins(names, first, last, n_bins)
        is_known = dict.fromkeys(pd.unique(names), True)
        if allow_missing:
            is_known = {chrom: self.has_chromosome(chrom) for chrom in is_known}
        out = np.empty((len(first), n_bins), dtype=np.float32)
        read = self._reader.values
        for i, (chrom, start, end) in enumerate(
            zip(names, first.tolist(), last.tolist(), strict=True)
        ):
            if is_known[chrom]:
                values = read(self._resolve_row(chrom, i), start, end)
            else:
                values = np.full(end - start, np.nan)
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
            f"than the {n_bins} bins: set fewer bins, or a greater length"
        )


class _BigWig:
    """A bigWig file. Its handle has a file position, so that each process opens its own."""

    def __init__(self, path: Path):
        self._path = path
        self._process: int | None = None
        self.lengths = dict(self._open().chroms())

    def _open(self):
        if self._process != os.getpid():
            self._handle = _open_bigwig(self._path)
            self._process = os.getpid()
        return self._handle

    def values(self, name: str, start: int, end: int) -> np.ndarray:
        if start == end:
            return np.empty(0)
        with _bigwig_errors(self._path, f"{name}:{start}-{end} cannot be read"):
            return self._open().values(name, start, end, fillna=None)


@contextmanager
def _bigwig_errors(path: Path, what: str) -> Iterator[None]:
    """Turn the errors of the library into a ValueError that names the file.

    A panic of its Rust code is a BaseException, which no `except Exception` catches.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise ValueError(
            f"{path} is a damaged bigWig file: {what} ({error}); copy it again"
        ) from error


def _open_bigwig(path: Path):
    try:
        import pybigtools
    except ImportError as error:
        raise ImportError(
            f'{path} is a bigWig file, which needs pybigtools: pip install "skgenomics[genome]"'
        ) from error
    with _bigwig_errors(path, "it cannot be opened"):
        _check_structure(path)
        if path.suffix in _BIGWIG_SUFFIXES:
            return pybigtools.open(str(path))
        # With another suffix only an open file is accepted; the reader keeps it.
        return pybigtools.open(open(path, "rb"))


def _check_structure(path: Path) -> None:
    """Raise a ValueError if sizes and offsets in a bigWig file cannot be those of a whole file.

    The reader takes as much memory as they say, and a failed allocation ends the whole process.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    order = "<" if bytes(data[:4]) == _BIGWIG[0] else ">"
    header = struct.unpack(f"{order}4xHHQQQHHQQI", data[: _HEADER_SIZE - 8].tobytes())
    _, n_zooms, chromosomes, blocks, index, *_, unpacked_size = header
    if max(chromosomes, blocks, index, _HEADER_SIZE + _ZOOM_SIZE * n_zooms) >= len(data):
        raise ValueError("its header points past its end")
    if unpacked_size > _MAX_UNPACKED:
        raise ValueError(f"its header asks for blocks of {unpacked_size} bytes")
    _check_tree(data, order, chromosomes)
    _check_index(data, order, index)


def _check_tree(data: np.ndarray, order: str, start: int) -> None:
    """Check the tree of the chromosomes."""
    magic, block, key, value, n = struct.unpack(f"{order}IIIIQ", data[start : start + 24].tobytes())
    fits = n * (key + value) <= len(data) and block <= len(data)
    if magic != _TREE or value != 8 or not 0 < key < len(data) or not fits:
        raise ValueError("its table of chromosomes is damaged")


def _check_index(data: np.ndarray, order: str, start: int) -> None:
    """Check that all nodes of the index, and the blocks that it points to, lie in the file."""
    (magic,) = struct.unpack(f"{order}I", data[start : start + 4].tobytes())
    nodes = [start + _INDEX_HEADER_SIZE]
    seen = set(nodes)
    while nodes and magic == _INDEX:
        node = nodes.pop()
        is_leaf, n = struct.unpack(f"{order}BxH", data[node : node + 4].tobytes())
        n_words = 8 if is_leaf else 6
        words = np.frombuffer(data[node + 4 : node + 4 + 4 * n_words * n], dtype=f"{order}u4")
        items = words.reshape(n, n_words)
        offsets = np.ascontiguousarray(items[:, 4:]).view(f"{order}u8").astype(float)
        if (offsets.sum(axis=1) > len(data)).any():
            break
        if not is_leaf:
            children = offsets[:, 0].astype(int).tolist()
            if not seen.isdisjoint(children):
                break
            seen.update(children)
            nodes += children
    else:
        if magic == _INDEX:
            return
    raise ValueError("its index is damaged")


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
            # Runs of levels and of gaps alternate.
            widths = np.diff(np.column_stack([first, last]).ravel(), prepend=0)
            filled = np.column_stack([np.full(high - low, np.nan), levels[low:high]]).ravel()
            values[: last[-1]] = np.repeat(filled, widths)
        return values


def _read_bedgraph(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    lines = read_lines(path)
    table = lines.table(range(4, 5), integers=(1, 2))
    chroms, starts, ends = table[0].to_numpy(object), table[1].to_numpy(), table[2].to_numpy()
    levels = lines.number_column(table[3], "the value in column 4").to_numpy(float)
    lines.refuse(~np.isfinite(levels), "the value in column 4 is not finite")
    lines.refuse(starts < 0, "the start is below 0")
    lines.refuse(starts >= ends, "the start is not less than the end")
    numbers, names = pd.factorize(chroms)
    order = np.lexsort([starts, numbers])
    starts, ends, levels, numbers = (x[order] for x in (starts, ends, levels, numbers))
    overlaps = np.zeros(len(order), dtype=bool)
    overlaps[order[1:]] = (starts[1:] < ends[:-1]) & (numbers[1:] == numbers[:-1])
    lines.refuse(overlaps, "it overlaps another line, but a base has one value in a bedGraph file")
    bounds = np.searchsorted(numbers, np.arange(len(names) + 1))
    return {
        name: (starts[a:b], ends[a:b], levels[a:b])
        for name, (a, b) in zip(names, pairwise(bounds), strict=True)
    }


def _summarize(values: np.ndarray, n_bins: int, statistic: str) -> np.ndarray:
    """Compute the statistic of each bin over the bases with a value; NaN if there are none."""
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


def write_bedgraph(values: pd.DataFrame | Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write values along a genome as a bedGraph file.

    Parameters
    ----------
    values : DataFrame or dict of str to ndarray of shape (length,)
        A frame of `chrom`, `start`, `end` (0-based and half-open) and `value`, sorted and without
        overlaps; or for each chromosome the values of all its bases, NaN for bases without a
        value. Runs of the same value become one line.
    path : str or Path
        File to write; with ".gz" or ".bgz" at its end it is compressed by bgzip. An existing file
        is replaced when all is written, and kept if that fails.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    TypeError
        If the values are neither a frame nor a dict.
    ValueError
        If there are no values, a column is missing, an interval is empty or has no finite value,
        the rows are not sorted by start with each chromosome in one block, or intervals overlap.
        The message names the row.

    Notes
    -----
    Numbers are written with all their digits, so that they are read back unchanged.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from skgenomics.genome import write_bedgraph
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "signal.bedGraph"
    ...     write_bedgraph({"chr1": np.array([0.5, 0.5, np.nan, 2.0])}, path)
    ...     print(path.read_text().expandtabs(8))
    chr1    0       2       0.5
    chr1    3       4       2.0
    <BLANKLINE>
    """
    runs = _checked_runs(values)
    with replace_text_file(path) as file:
        runs.to_csv(
            file, sep="\t", header=False, index=False, lineterminator="\n", quoting=csv.QUOTE_NONE
        )


def write_bigwig(
    values: pd.DataFrame | Mapping[str, np.ndarray],
    path: str | Path,
    lengths: Mapping[str, int] | None = None,
) -> None:
    """Write values along a genome as a bigWig file.

    It needs ``pip install "skgenomics[genome]"``.

    Parameters
    ----------
    values : DataFrame or dict of str to ndarray of shape (length,)
        As for :func:`write_bedgraph`.
    path : str or Path
        File to write, with the suffix ".bw" or ".bigWig". An existing file is replaced when all is
        written, and kept if that fails.
    lengths : dict of str to int or None, default=None
        Lengths of the chromosomes of the genome by name, such as those of :class:`Genome`. None
        takes the lengths of the arrays; a frame needs it.

    Raises
    ------
    ImportError
        If pybigtools is not installed.
    OSError
        If there is no such folder, or the file cannot be written.
    TypeError
        If the values are neither a frame nor a dict.
    ValueError
        As :func:`write_bedgraph`, or if the suffix is another one, a frame comes without
        `lengths`, an interval is not on a chromosome of `lengths` or reaches past its end, or a
        value is too large for 32-bit floats.

    Notes
    -----
    Values are rounded to 32-bit floats. Chromosomes are sorted by name, as the format requires.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from skgenomics.genome import SignalTrack, write_bigwig
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "signal.bw"
    ...     write_bigwig({"chr1": np.array([0.5, 0.5, np.nan, 2.0])}, path)
    ...     SignalTrack(path).values("chr1", 0, 4)
    array([0.5, 0.5, nan, 2. ], dtype=float32)
    """
    if Path(path).suffix not in _WRITTEN_SUFFIXES:
        raise ValueError(f"{path} must end in {' or '.join(_WRITTEN_SUFFIXES)}")
    try:
        import pybigtools
    except ImportError as error:
        raise ImportError(
            'bigWig files need pybigtools: pip install "skgenomics[genome]"; write_bedgraph needs '
            "no other package"
        ) from error
    runs = _checked_runs(values)
    if lengths is None:
        lengths = _lengths_of(values)
    lengths = _checked_lengths(runs, lengths)
    with replace_file(path) as new:
        _write_bigwig(pybigtools, path, new, lengths, _rows(runs))


def _checked_runs(values) -> pd.DataFrame:
    """Check intervals and their values, and bring them to the columns of a bedGraph file."""
    if isinstance(values, Mapping):
        runs = _runs_of_arrays(values)
    elif is_frame(values):
        runs = as_frame(values)
    else:
        raise TypeError(
            "values must be a frame with the columns chrom, start, end and value, or a dict of "
            f"arrays, not {type(values).__name__}"
        )
    if not len(runs):
        raise ValueError("there are no values to write")
    runs = check_intervals(runs)
    if "value" not in runs.columns:
        raise ValueError(f"the frame has no column 'value', only {list(runs.columns)}")
    runs = runs[_COLUMNS].reset_index(drop=True)
    runs["chrom"] = runs["chrom"].astype(str)
    _check_runs(runs)
    return runs


def _check_runs(runs: pd.DataFrame) -> None:
    chrom, start, end, value = (runs[name] for name in _COLUMNS)
    if not pd.api.types.is_numeric_dtype(value) or pd.api.types.is_bool_dtype(value):
        raise ValueError(f"column 'value' must hold numbers, not {value.dtype}")
    refuse_rows(~np.isfinite(value.to_numpy(float, na_value=np.nan)), "no finite value; drop it")
    refuse_rows(~chrom.str.fullmatch(_CHROMOSOME), "a chromosome whose name the file cannot hold")
    refuse_rows(start == end, "an interval without bases")
    begins = chrom != chrom.shift()
    advice = "sort the frame, as with frame.sort_values(['chrom', 'start'])"
    refuse_rows(begins & chrom.duplicated(), f"a chromosome that is not in one block; {advice}")
    refuse_rows(~begins & (start < start.shift()), f"a start before the row above; {advice}")
    overlap = ~begins & (start < end.shift())
    refuse_rows(overlap, "bases of the row above, but a base has one value")


def _runs_of_arrays(arrays: Mapping[str, np.ndarray]) -> pd.DataFrame:
    parts = [_runs_of_array(chrom, np.asarray(array)) for chrom, array in arrays.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _runs_of_array(chrom: str, array: np.ndarray) -> pd.DataFrame:
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise ValueError(
            f"the values of chromosome {chrom!r} must be numbers of shape (length,), got "
            f"{array.dtype} of shape {array.shape}"
        )
    if np.isinf(array).any():
        index = int(np.isinf(array).argmax())
        raise ValueError(f"the value of base {index} of chromosome {chrom!r} is not finite")
    is_missing = np.isnan(array)
    changes = (array[1:] != array[:-1]) & ~(is_missing[1:] & is_missing[:-1])
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])[: len(array)]
    ends = np.append(starts[1:], len(array))[: len(starts)]
    known = ~is_missing[starts]
    return pd.DataFrame(
        {"chrom": chrom, "start": starts[known], "end": ends[known], "value": array[starts[known]]}
    )


def _lengths_of(values) -> dict[str, int]:
    if not isinstance(values, Mapping):
        raise ValueError(
            "a bigWig file holds the lengths of its chromosomes; give `lengths`, such as "
            "Genome(path).lengths"
        )
    return {str(chrom): len(array) for chrom, array in values.items() if len(array)}


def _checked_lengths(runs: pd.DataFrame, lengths: Mapping[str, int]) -> dict[str, int]:
    for chrom, length in lengths.items():
        check_integer(f"lengths[{chrom!r}]", length, 1)
        if length > _MAX_LENGTH:
            raise ValueError(f"lengths[{chrom!r}] is {length}, more than a bigWig file can hold")
    lengths = {str(chrom): int(length) for chrom, length in lengths.items()}
    length = runs["chrom"].map(lengths)
    shown = ", ".join(map(repr, list(lengths)[:6]))
    refuse_rows(length.isna(), f"a chromosome that is not in `lengths`, which begins with {shown}")
    refuse_rows(runs["end"] > length, "an end past that of its chromosome")
    too_large = runs["value"].abs() > np.finfo(np.float32).max
    refuse_rows(too_large, "a value too large for the 32-bit floats of a bigWig file")
    return lengths


def _rows(runs: pd.DataFrame) -> Iterator[tuple[str, int, int, float]]:
    """Yield the intervals, chromosome by chromosome in the order of their names."""
    indices = runs.groupby("chrom").indices
    for chrom in sorted(indices):
        part = runs.iloc[indices[chrom]]
        columns = (part["start"].tolist(), part["end"].tolist(), part["value"].astype(float))
        for start, end, value in zip(*columns, strict=True):
            yield chrom, start, end, value


def _write_bigwig(pybigtools, path: str | Path, new: Path, lengths: dict, rows: Iterator) -> None:
    """Write a bigWig file, and read its header: the library only prints what went wrong."""
    try:
        pybigtools.open(str(new), "w").write(lengths, rows)
        pybigtools.open(str(new)).close()
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise OSError(f"{path} could not be written ({error}); is the disk full?") from error
