"""Writing values along a genome: bedGraph and bigWig files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.checks import check_integer
from skgenomics.genome._frames import check_intervals, refuse_rows
from skgenomics.genome._output import new_file, new_text_file

__all__ = ["write_bedgraph", "write_bigwig"]

_COLUMNS = ["chrom", "start", "end", "value"]
# What a reader of bedGraph takes for a comment or a header, or for two columns.
_CHROMOSOME = r"(?!#|track|browser)\S+"
_BIGWIG_ENDINGS = (".bw", ".bigWig")
_LONGEST = 2**32 - 1


def write_bedgraph(values: pd.DataFrame | Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write values along a genome as a bedGraph file.

    Parameters
    ----------
    values : DataFrame or dict of str to ndarray of shape (length,)
        A frame of `chrom`, `start`, `end` (from 0, half-open) and `value`, sorted and without
        overlaps; or for each chromosome the values of all its bases, NaN for those without one,
        of which runs of the same value become one line.
    path : str or Path
        File to write; with ".gz" or ".bgz" at its end it is compressed by bgzip. A file that
        exists is replaced when all is written, and stays as it is if that fails.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If there are no values, a column is missing, an interval is empty or has no finite value,
        the rows are not sorted by start with each chromosome in one block, or intervals overlap.
        The message names the row.

    Notes
    -----
    Numbers have as many digits as it takes to read the same ones again.

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
    with new_text_file(path) as file:
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
        File to write, which ends in ".bw" or ".bigWig". One that exists is replaced when all is
        written, and stays as it is if that fails.
    lengths : dict of str to int, optional
        Chromosomes of the genome and their lengths, such as those of :class:`Genome`. A dict of
        arrays needs none: their lengths count.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ImportError
        If pybigtools is not installed.
    ValueError
        As :func:`write_bedgraph`, or if the ending is another one, a frame comes without
        `lengths`, an interval is not on a chromosome of `lengths` or reaches past its end, or a
        value is too large for the 32 bits that a bigWig file has for it.

    Notes
    -----
    Values are rounded to 32-bit floats. Chromosomes are written in the order of their names, by
    which readers search for them.

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
    if Path(path).suffix not in _BIGWIG_ENDINGS:
        raise ValueError(f"{path} must end in {' or '.join(_BIGWIG_ENDINGS)}")
    try:
        import pybigtools
    except ImportError as error:
        raise ImportError(
            'bigWig files need pybigtools: pip install "skgenomics[genome]"; write_bedgraph needs '
            "nothing"
        ) from error
    runs = _checked_runs(values)
    if lengths is None:
        lengths = _lengths_of(values)
    lengths = _checked_lengths(runs, lengths)
    with new_file(path) as new:
        pybigtools.open(str(new), "w").write(lengths, _rows(runs))
        _check_written(path, new)


def _checked_runs(values) -> pd.DataFrame:
    """Intervals and their values, as they go into a file."""
    if isinstance(values, pd.DataFrame):
        runs = values
    elif isinstance(values, Mapping):
        runs = _runs_of_arrays(values)
    else:
        raise TypeError(
            "values must be a frame with the columns chrom, start, end and value, or a dict of "
            f"arrays, not {type(values).__name__}"
        )
    if not len(runs):
        raise ValueError("there are no values to write")
    check_intervals(runs)
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
    refuse_rows(~chrom.str.fullmatch(_CHROMOSOME), "a chromosome whose name the file can not hold")
    refuse_rows(start == end, "an interval without bases")
    begins = chrom != chrom.shift()
    advice = "sort the frame, as with frame.sort_values(['chrom', 'start'])"
    refuse_rows(begins & chrom.duplicated(), f"a chromosome that has ended before; {advice}")
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
        place = int(np.isinf(array).argmax())
        raise ValueError(f"the value of base {place} of chromosome {chrom!r} is not finite")
    is_missing = np.isnan(array)
    changes = (array[1:] != array[:-1]) & ~(is_missing[1:] & is_missing[:-1])
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])[: len(array)]
    ends = np.append(starts[1:], len(array))[: len(starts)]
    known = ~is_missing[starts]
    return pd.DataFrame(
        {"chrom": chrom, "start": starts[known], "end": ends[known], "value": array[starts[known]]}
    )


def _lengths_of(values) -> dict[str, int]:
    if isinstance(values, pd.DataFrame):
        raise ValueError(
            "a bigWig file holds the lengths of its chromosomes; give `lengths`, such as "
            "Genome(path).lengths"
        )
    return {str(chrom): len(array) for chrom, array in values.items() if len(array)}


def _checked_lengths(runs: pd.DataFrame, lengths: Mapping[str, int]) -> dict[str, int]:
    for chrom, length in lengths.items():
        check_integer(f"lengths[{chrom!r}]", length, 1)
        if length > _LONGEST:
            raise ValueError(f"lengths[{chrom!r}] is {length}, more than a bigWig file can hold")
    lengths = {str(chrom): int(length) for chrom, length in lengths.items()}
    length = runs["chrom"].map(lengths)
    shown = ", ".join(map(repr, list(lengths)[:6]))
    refuse_rows(length.isna(), f"a chromosome that is not in `lengths`, which begins with {shown}")
    refuse_rows(runs["end"] > length, "an end behind that of its chromosome")
    too_large = runs["value"].abs() > np.finfo(np.float32).max
    refuse_rows(too_large, "a value too large for the 32-bit floats of a bigWig file")
    return lengths


def _rows(runs: pd.DataFrame) -> Iterator[tuple[str, int, int, float]]:
    """The intervals of one chromosome after another, in the order of names."""
    places = runs.groupby("chrom").indices
    for chrom in sorted(places):
        part = runs.iloc[places[chrom]]
        columns = (part["start"].tolist(), part["end"].tolist(), part["value"].astype(float))
        for start, end, value in zip(*columns, strict=True):
            yield chrom, start, end, value


def _check_written(path: str | Path, new: Path) -> None:
    """Raise an error if the file is none: the writer only prints what went wrong."""
    import pybigtools

    try:
        pybigtools.open(str(new)).close()
    except Exception as error:
        raise OSError(f"{path} could not be written ({error}); is the disk full?") from error
