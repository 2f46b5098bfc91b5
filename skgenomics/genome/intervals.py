"""Intervals in files: BED and its relatives narrowPeak and broadPeak.

Coordinates are those of BED: counted from 0, `start` within the interval and `end` behind it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.genome._coordinates import COORDINATES, STRANDS, check_intervals
from skgenomics.genome._output_files import COMPRESSIONS, new_text_file
from skgenomics.genome._textfiles import Lines, read_lines
from skgenomics.genome.gff import read_gff

_COMMENTS = ("#", "track ", "track\t", "browser ", "browser\t")
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


def read_bed(
    path: str | Path, *, names: Sequence[str] | None = None, check_sorted: bool = False
) -> pd.DataFrame:
    """Read a BED file.

    Parameters
    ----------
    path : str or Path
        BED file of three columns or more, compressed by gzip or bgzip or not. Columns are separated
        by tabs or, where the first line has none, by spaces. Blank lines, comments and the lines
        "track" and "browser" are passed over.
    names : sequence of str, optional
        Names of the columns from the fourth on, for a file whose further columns are not those of
        BED; by default these are name, score, strand, thick_start, thick_end, item_rgb,
        block_count, block_sizes, block_starts, column_13 and so on.
    check_sorted : bool, default=False
        Whether to raise an error if a chromosome does not stand in one block, or the intervals of
        one are not in the order of `start`.

    Returns
    -------
    DataFrame
        One row per interval: `chrom` (str), `start` and `end` (int, from 0, half-open) and the
        further columns. The score, thick and block_count are numbers, NaN where the file has a
        dot; all else is text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, or a line is malformed: too few columns, or more or fewer
        than the first line has; a coordinate that is no integer or below 0; a start behind the
        end; a strand that is none of "+", "-" and "."; a score that is no number. The message has
        the number of the line, from 1, and its text.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_bed
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "genes.bed"
    ...     _ = path.write_text("#genes\\nchr1\\t10\\t20\\ta\\t0\\t+\\nchr2\\t5\\t9\\tb\\t.\\t-\\n")
    ...     read_bed(path)
      chrom  start  end name  score strand
    0  chr1     10   20    a    0.0      +
    1  chr2      5    9    b    NaN      -
    """
    lines = read_lines(path, _COMMENTS)
    if names is not None:
        return _read(lines, [*COORDINATES, *names], check_sorted=check_sorted, exact=True)
    return _read(lines, _BED12, check_sorted=check_sorted)


def read_narrowpeak(path: str | Path, *, check_sorted: bool = False) -> pd.DataFrame:
    """Read peaks in ENCODE's narrowPeak format.

    Parameters
    ----------
    path : str or Path
        File of ten columns, compressed or not, as for :func:`read_bed`.
    check_sorted : bool, default=False
        As for :func:`read_bed`.

    Returns
    -------
    DataFrame
        `chrom`, `start`, `end`, `name`, `score`, `strand`, `signal_value`, `p_value` and `q_value`
        (both as minus log10, -1 if there is none) and `summit`, the number of bases from `start`
        to the summit (-1 if there is none).

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`read_bed`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_narrowpeak
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.narrowPeak"
    ...     _ = path.write_text("chr1\\t482\\t790\\tpeak\\t15\\t.\\t10.8\\t152.1\\t150.4\\t157\\n")
    ...     read_narrowpeak(path)[["chrom", "start", "end", "summit"]]
      chrom  start  end  summit
    0  chr1    482  790     157
    """
    return _read(read_lines(path, _COMMENTS), _NARROW_PEAK, check_sorted=check_sorted, exact=True)


def read_broadpeak(path: str | Path, *, check_sorted: bool = False) -> pd.DataFrame:
    """Read regions in ENCODE's broadPeak format: narrowPeak without the summit.

    Parameters
    ----------
    path : str or Path
        File of nine columns, compressed or not, as for :func:`read_bed`.
    check_sorted : bool, default=False
        As for :func:`read_bed`.

    Returns
    -------
    DataFrame
        As of :func:`read_narrowpeak`, without `summit`.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`read_bed`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_broadpeak
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "regions.broadPeak"
    ...     _ = path.write_text("chr1\\t482\\t790\\tregion\\t15\\t.\\t10.8\\t152.1\\t150.4\\n")
    ...     read_broadpeak(path)["q_value"].tolist()
    [150.4]
    """
    return _read(read_lines(path, _COMMENTS), _BROAD_PEAK, check_sorted=check_sorted, exact=True)


def read_intervals(path: str | Path) -> pd.DataFrame:
    """Read intervals from a file whose ending tells the format.

    Parameters
    ----------
    path : str or Path
        File that ends in .bed, .narrowPeak, .broadPeak, .gff, .gff3 or .gtf, with .gz or .bgz
        behind it or not.

    Returns
    -------
    DataFrame
        As of :func:`read_bed`, :func:`read_narrowpeak`, :func:`read_broadpeak` or
        :func:`read_gff`: `chrom`, `start`, `end` (from 0, half-open) and more.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the ending is another one, or as the function for the format.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_intervals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.bed"
    ...     _ = path.write_text("chr1\\t10\\t20\\n")
    ...     read_intervals(path)
      chrom  start  end
    0  chr1     10   20
    """
    readers = {
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
            f"{path} ends in none of {', '.join(readers)} (.gz), so its format is not known; call "
            "the reader of its format, such as read_bed, or read_vcf for variants"
        )
    return readers[ending](path)


def write_bed(frame: pd.DataFrame, path: str | Path) -> None:
    """Write intervals as a BED file.

    Columns are put in the order of BED, others behind them as they stand. Where name, score or
    strand is missing before a column that is there, it is filled with ".", 0 or "."; NaN becomes
    ".". So a frame of :func:`read_narrowpeak` makes a narrowPeak file.

    Parameters
    ----------
    frame : DataFrame
        `chrom`, `start`, `end` (from 0, half-open) and, if wanted, further columns.
    path : str or Path
        File to write; ".gz" or ".bgz" at its end compresses it by bgzip, which is gzip in blocks.
        A file that exists is replaced when all is written, and stays as it is if that fails.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a column is missing, a coordinate is no integer, below 0 or behind the end, a strand is
        none of "+", "-" and ".", or a text holds a tab or a line break.

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
    'chr1\\t3\\t9\\t.\\t0\\t-\\n'
    """
    check_intervals(frame)
    others = [name for name in frame.columns if name not in _BED12]
    wanted = [name for name in _BED12 if name in frame.columns]
    last = max((i for i, name in enumerate(_BED6) if name in frame.columns), default=2)
    is_long = bool(others) or any(name not in _BED6 for name in wanted)
    first = _BED6 if is_long else _BED6[: last + 1]
    table = frame.assign(**{name: _FILL[name] for name in first if name not in frame.columns})
    table = table[[*first, *[name for name in wanted if name not in _BED6], *others]]
    with new_text_file(path) as file:
        table.to_csv(
            file,
            sep="\t",
            header=False,
            index=False,
            na_rep=".",
            # Enough for every digit that was read, and a whole number stays one.
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
    frame.columns = [*columns, *[f"column_{i + 1}" for i in range(len(columns), width)]][:width]
    lines.refuse(frame["chrom"] == "", "the chromosome is missing")
    lines.refuse(frame["start"] < 0, "the start is below 0")
    lines.refuse(frame["start"] > frame["end"], "the start is behind the end")
    if "strand" in frame:
        _check_strand(lines, frame["strand"])
    for name in frame.columns:
        if name in _NUMBERS:
            frame[name] = lines.number_column(frame[name], f"the {name} {_MAY_BE_OTHER}")
    if check_sorted:
        _check_sorted(lines, frame)
    return frame


_MAY_BE_OTHER = "(is it another column? then give `names`)"


def _check_strand(lines: Lines, strand: pd.Series) -> None:
    strange = ~strand.isin(STRANDS)
    if strange.any():
        found = strand[strange].iloc[0]
        lines.refuse(strange, f"the strand {found!r} is none of '+', '-' and '.' {_MAY_BE_OTHER}")


def _check_sorted(lines: Lines, frame: pd.DataFrame) -> None:
    chrom, start = frame["chrom"], frame["start"].to_numpy()
    begins = (chrom != chrom.shift()).to_numpy()
    advice = "sort the file, as with `sort -k1,1 -k2,2n`, or read it with check_sorted=False"
    again = begins & chrom.duplicated().to_numpy()
    lines.refuse(again, f"its chromosome has ended before; {advice}")
    falls = np.zeros(len(frame), dtype=bool)
    falls[1:] = (start[1:] < start[:-1]) & ~begins[1:]
    lines.refuse(falls, f"it starts before the line above; {advice}")
