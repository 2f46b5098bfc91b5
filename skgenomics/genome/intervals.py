"""Intervals in files: BED and the related formats narrowPeak and broadPeak.

Coordinates are those of BED: 0-based and half-open.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.genome._coordinates import COORDINATES, STRANDS, as_frame, check_intervals
from skgenomics.genome._textfiles import COMPRESSIONS, Lines, read_lines, replace_text_file
from skgenomics.genome.gff import read_gff

_BED6 = [*COORDINATES, "name", "score", "strand"]
_BED12 = [
    *_BED6,
    *("thick_start", "thick_end", "item_rgb", "block_count", "block_sizes", "block_starts"),
]
_BROAD_PEAK = [*_BED6, "signal_value", "p_value", "q_value"]
_NARROW_PEAK = [*_BROAD_PEAK, "summit"]
_NUMBERS = {
    *("score", "thick_start", "thick_end", "block_count"),
    *("signal_value", "p_value", "q_value", "summit"),
}
_FILL = {"name": ".", "score": 0, "strand": "."}
_MAX_COLUMNS = 10_000
_OTHER_COLUMN = "(is it another column? then give `names`)"


def read_bed(
    path: str | Path, *, names: Sequence[str] | None = None, check_sorted: bool = False
) -> pd.DataFrame:
    r"""Read a BED file.

    Parameters
    ----------
    path : str or Path
        BED file of three columns or more, compressed by gzip or bgzip or not. Columns are separated
        by tabs or, where the first line has none, by spaces. Blank lines, comments and the lines
        "track" and "browser" are skipped.
    names : sequence of str or None, default=None
        Names of the columns from the fourth on, for a file whose further columns are not those of
        BED. None takes name, score, strand, thick_start, thick_end, item_rgb, block_count,
        block_sizes, block_starts, column_13 and so on.
    check_sorted : bool, default=False
        Raise an error if a chromosome is not in one block, or its intervals are not sorted by
        `start`.

    Returns
    -------
    DataFrame
        One row per interval: `chrom` (str), `start` and `end` (int, 0-based and half-open) and the
        further columns. Columns score, thick_start, thick_end and block_count are numbers, NaN
        where the file has a dot; all others are text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, or a line is malformed: too few columns, or more or fewer
        than in the first line; a coordinate that is not an integer (``1e3`` and ``10.0`` are not)
        or below 0; a start after the end; a strand that is none of "+", "-" and "."; a score that
        is not a number. The message has the number of the line, from 1, and its text.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_bed
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "genes.bed"
    ...     _ = path.write_text("#genes\nchr1\t10\t20\ta\t0\t+\nchr2\t5\t9\tb\t.\t-\n")
    ...     read_bed(path)
      chrom  start  end name  score strand
    0  chr1     10   20    a    0.0      +
    1  chr2      5    9    b    NaN      -
    """
    lines = read_lines(path)
    if names is not None:
        return _read(lines, [*COORDINATES, *names], check_sorted=check_sorted, exact=True)
    return _read(lines, _BED12, check_sorted=check_sorted)


def read_narrowpeak(path: str | Path, *, check_sorted: bool = False) -> pd.DataFrame:
    r"""Read peaks in ENCODE's narrowPeak format.

    Parameters
    ----------
    path : str or Path
        File of ten columns, compressed or not, as for :func:`read_bed`.
    check_sorted : bool, default=False
        Check the order of the intervals, as in :func:`read_bed`.

    Returns
    -------
    DataFrame
        `chrom`, `start`, `end`, `name`, `score`, `strand`, `signal_value`, `p_value` and `q_value`
        (both as minus log10, -1 if there is none) and `summit`, the number of bases from `start`
        to the summit (-1 if there is none).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        As :func:`read_bed`.

    See Also
    --------
    IntervalEncoder : Its ``center="summit"`` reads sequences around the summits.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_narrowpeak
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.narrowPeak"
    ...     _ = path.write_text("chr1\t482\t790\tpeak\t15\t.\t10.8\t152.1\t150.4\t157\n")
    ...     read_narrowpeak(path)[["chrom", "start", "end", "summit"]]
      chrom  start  end  summit
    0  chr1    482  790     157
    """
    return _read(read_lines(path), _NARROW_PEAK, check_sorted=check_sorted, exact=True)


def read_broadpeak(path: str | Path, *, check_sorted: bool = False) -> pd.DataFrame:
    r"""Read regions in ENCODE's broadPeak format: narrowPeak without the summit.

    Parameters
    ----------
    path : str or Path
        File of nine columns, compressed or not, as for :func:`read_bed`.
    check_sorted : bool, default=False
        Check the order of the intervals, as in :func:`read_bed`.

    Returns
    -------
    DataFrame
        The columns of :func:`read_narrowpeak` without `summit`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        As :func:`read_bed`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_broadpeak
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "regions.broadPeak"
    ...     _ = path.write_text("chr1\t482\t790\tregion\t15\t.\t10.8\t152.1\t150.4\n")
    ...     read_broadpeak(path)["q_value"].tolist()
    [150.4]
    """
    return _read(read_lines(path), _BROAD_PEAK, check_sorted=check_sorted, exact=True)


def read_intervals(path: str | Path) -> pd.DataFrame:
    r"""Read intervals from a file, in the format that its suffix names.

    Parameters
    ----------
    path : str or Path
        File with the suffix .bed, .narrowPeak, .broadPeak, .gff, .gff3 or .gtf, optionally
        followed by .gz or .bgz.

    Returns
    -------
    DataFrame
        `chrom`, `start`, `end` (0-based and half-open) and the further columns of
        :func:`read_bed`, :func:`read_narrowpeak`, :func:`read_broadpeak` or :func:`read_gff`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the suffix is another one, or as the reader of the format.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_intervals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.bed"
    ...     _ = path.write_text("chr1\t10\t20\n")
    ...     read_intervals(path)
      chrom  start  end
    0  chr1     10   20
    """
    readers: dict[str, Callable[[str | Path], pd.DataFrame]] = {
        ".bed": read_bed,
        ".narrowpeak": read_narrowpeak,
        ".broadpeak": read_broadpeak,
        ".gff": read_gff,
        ".gff3": read_gff,
        ".gtf": read_gff,
    }
    suffixes = [s for s in map(str.lower, Path(path).suffixes) if s not in COMPRESSIONS]
    ending = suffixes[-1] if suffixes else ""
    if ending not in readers:
        raise ValueError(
            f"{path} ends in none of {', '.join(readers)} (.gz), so its format is unknown; call "
            "the reader of its format, such as read_bed, or read_vcf for variants"
        )
    return readers[ending](path)


def write_bed(frame: pd.DataFrame, path: str | Path) -> None:
    r"""Write intervals as a BED file.

    Columns are written in the order of BED, followed by all others in their own order. Where name,
    score or strand is missing before a column that exists, it is filled with ".", 0 or "."; NaN
    becomes ".". A frame of :func:`read_narrowpeak` gives a narrowPeak file.

    Parameters
    ----------
    frame : DataFrame
        `chrom`, `start`, `end` (0-based and half-open) and optionally further columns.
    path : str or Path
        File to write; with ".gz" or ".bgz" at its end it is compressed by bgzip, which is gzip in
        blocks. An existing file is replaced when all is written, and kept if that fails.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    ValueError
        If a column is missing, a coordinate is not an integer or below 0, a start is after its
        end, a strand is none of "+", "-" and ".", or a text holds a tab or a line break.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import pandas as pd
    >>> from skgenomics.genome import write_bed
    >>> frame = pd.DataFrame({"chrom": ["chr1"], "start": [3], "end": [9], "strand": ["-"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.bed"
    ...     write_bed(frame, path)
    ...     path.read_text()
    'chr1\t3\t9\t.\t0\t-\n'
    """
    frame = check_intervals(as_frame(frame))
    others = [name for name in frame.columns if name not in _BED12]
    wanted = [name for name in _BED12 if name in frame.columns]
    last = max((i for i, name in enumerate(_BED6) if name in frame.columns), default=2)
    is_long = bool(others) or any(name not in _BED6 for name in wanted)
    first = _BED6 if is_long else _BED6[: last + 1]
    table = frame.assign(**{name: _FILL[name] for name in first if name not in frame.columns})
    table = table[[*first, *[name for name in wanted if name not in _BED6], *others]]
    with replace_text_file(path) as file:
        table.to_csv(
            file,
            sep="\t",
            header=False,
            index=False,
            na_rep=".",
            # Keeps every digit that was read, and writes integers as such.
            float_format="%.15g",
            lineterminator="\n",
            quoting=csv.QUOTE_NONE,
        )


def _read(
    lines: Lines, columns: list[str], *, check_sorted: bool, exact: bool = False
) -> pd.DataFrame:
    widths = range(len(columns), len(columns) + 1) if exact else range(3, _MAX_COLUMNS)
    frame = lines.table(widths, integers=(1, 2))
    width = frame.shape[1]
    names = [*columns, *[f"column_{i + 1}" for i in range(len(columns), width)]]
    frame.columns = pd.Index(names[:width])
    lines.refuse(frame["chrom"] == "", "the chromosome is missing")
    lines.refuse(frame["start"] < 0, "the start is below 0")
    lines.refuse(frame["start"] > frame["end"], "the start is greater than the end")
    if "strand" in frame:
        _check_strand(lines, frame["strand"])
    for name in frame.columns:
        if name in _NUMBERS:
            frame[name] = lines.number_column(frame[name], f"the {name} {_OTHER_COLUMN}")
    if check_sorted:
        _check_sorted(lines, frame)
    return frame


def _check_strand(lines: Lines, strand: pd.Series) -> None:
    is_invalid = ~strand.isin(STRANDS)
    if is_invalid.any():
        found = strand[is_invalid].iloc[0]
        expected = f"none of '+', '-' and '.' {_OTHER_COLUMN}"
        lines.refuse(is_invalid, f"the strand {found!r} is {expected}")


def _check_sorted(lines: Lines, frame: pd.DataFrame) -> None:
    chrom, start = frame["chrom"], frame["start"].to_numpy()
    begins = (chrom != chrom.shift()).to_numpy()
    advice = "sort the file, as with `sort -k1,1 -k2,2n`, or read it with check_sorted=False"
    again = begins & chrom.duplicated().to_numpy()
    lines.refuse(again, f"its chromosome is not in one block; {advice}")
    falls = np.zeros(len(frame), dtype=bool)
    falls[1:] = (start[1:] < start[:-1]) & ~begins[1:]
    lines.refuse(falls, f"it starts before the line above; {advice}")
