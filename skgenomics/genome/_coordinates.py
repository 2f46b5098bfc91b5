"""Check columns of intervals: chromosomes, starts, ends and strands."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from skgenomics.genome._textfiles import INTEGER
from skgenomics.sequences import is_frame

COORDINATES = ["chrom", "start", "end"]
STRANDS = ("+", "-", ".")
_CENTERS = ("middle", "summit")


def check_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame of intervals with coordinates in int64.

    Raises a ValueError if they cannot be written to a file.
    """
    missing = [name for name in COORDINATES if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame has no column {missing[0]!r}, only {list(frame.columns)}")
    for name in ("start", "end"):
        refuse_rows(frame[name].isna(), f"no {name}")
    start, end = (as_integers(frame[name], name) for name in ("start", "end"))
    refuse_rows(frame["chrom"].isna(), "no chromosome")
    refuse_rows(start < 0, "a start below 0")
    refuse_rows(start > end, "its start after its end")
    if "strand" in frame:
        refuse_rows(~frame["strand"].isin(STRANDS), "a strand that is none of '+', '-' and '.'")
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            broken = frame[name].astype(str).str.contains("[\t\r\n]")
            refuse_rows(broken, f"a tab or a line break in column {name!r}")
    return frame.assign(start=start, end=end)


def refuse_rows(is_invalid, what: str) -> None:
    """Raise a ValueError about the first invalid row, if there is one."""
    is_invalid = np.asarray(is_invalid, dtype=bool)
    if is_invalid.any():
        raise ValueError(f"row {is_invalid.argmax()}, counted from 0, has {what}")


def as_frame(frame) -> pd.DataFrame:
    """Convert a frame of another library, such as polars, to one of pandas."""
    if isinstance(frame, pd.DataFrame):
        return frame
    if not is_frame(frame):
        raise TypeError(f"expected a DataFrame, got {type(frame).__name__}")
    return pd.DataFrame({name: list(frame[name]) for name in frame.columns})


class Intervals(NamedTuple):
    """Intervals as columns: object, int64, int64, and object or None."""

    chroms: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    strands: np.ndarray | None


def read_columns(X) -> Intervals:
    """Read intervals from the named columns of a frame, or from the columns of an array in order.

    Raises
    ------
    ValueError
        If X is empty, lacks a column, or has a start after its end or a value that is missing or
        not an integer; the message names the row.
    """
    columns = _frame_columns(X) if is_frame(X) else _array_columns(X)
    if not len(columns["chrom"]):
        raise ValueError("Found array with 0 sample(s): X holds no interval")
    chroms = columns["chrom"]
    missing = pd.isna(chroms)
    if missing.any():
        raise ValueError(f"row {missing.argmax()} of X has no chromosome: fill it in or drop it")
    starts, ends = (as_integers(columns[name], name) for name in ("start", "end"))
    is_reversed = starts > ends
    if is_reversed.any():
        i = int(is_reversed.argmax())
        raise ValueError(
            f"row {i} of X, {describe(chroms, starts, ends, i)}, starts after its end; intervals "
            "are 0-based and half-open, start <= end on both strands"
        )
    return Intervals(chroms, starts, ends, columns.get("strand"))


def describe(chroms, starts, ends, i: int) -> str:
    """Format an interval as chr1:100-200."""
    return f"{chroms[i]}:{starts[i]}-{ends[i]}"


def check_inside(intervals: Intervals, lengths: np.ndarray, path) -> None:
    """Raise a ValueError if an interval lies completely past an end of its chromosome."""
    chroms, starts, ends, _ = intervals
    # An interval without bases is a position between two bases.
    is_empty = starts == ends
    outside = (starts > lengths) | (ends < 0)
    outside |= ~is_empty & ((starts == lengths) | (ends == 0))
    if outside.any():
        i = int(outside.argmax())
        size = f"which has {lengths[i]} bases in {path}" if ends[i] > 0 else "which begins at 0"
        raise ValueError(
            f"row {i}, {describe(chroms, starts, ends, i)}, lies completely past an end of the "
            f"chromosome, {size}; {outside.sum()} of {len(chroms)} rows do. The intervals may "
            "belong to another assembly"
        )


def as_integers(values, name: str) -> np.ndarray:
    """Convert positions, in any container and of any type that holds integers, to int64."""
    numbers = np.asarray(values)
    if numbers.dtype.kind in "iu":
        return numbers.astype(np.int64)
    given = numbers
    is_invalid = np.zeros(len(numbers), dtype=bool)
    if numbers.dtype.kind != "f":
        # True would pass for 1, and "1e1" for 10.
        is_invalid = np.array([_is_misleading(x) for x in numbers], dtype=bool)
        numbers = np.asarray(pd.to_numeric(pd.Series(numbers, dtype=object), errors="coerce"))
        if numbers.dtype.kind in "iu" and not is_invalid.any():
            return numbers.astype(np.int64)
        numbers = numbers.astype(float)
    is_invalid |= ~np.isfinite(numbers) | (numbers != np.floor(numbers)) | (abs(numbers) > 2**53)
    if is_invalid.any():
        i = int(is_invalid.argmax())
        shown = given[i].item() if isinstance(given[i], np.generic) else given[i]
        raise ValueError(
            f"row {i} has the {name} {shown!r}, but positions are integers, counted from "
            "0; correct the row or drop it"
        )
    return numbers.astype(np.int64)


def as_integer(value, name: str) -> int:
    """Convert a position to int."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(as_integers(np.array([value], dtype=object), name)[0])
    except ValueError:
        raise ValueError(f"{name} must be an integer, got {value!r}") from None


def _is_misleading(value) -> bool:
    if isinstance(value, str):
        return INTEGER.fullmatch(value) is None
    return isinstance(value, bool | np.bool_)


def are_minus(strands, n: int) -> np.ndarray:
    """Tell which intervals are on the "-" strand; "." and None are read as "+"."""
    if strands is None:
        return np.zeros(n, dtype=bool)
    strands = np.asarray(strands, dtype=object)
    strands = np.broadcast_to(strands, n) if strands.ndim == 0 else strands
    minus = strands == "-"
    known = minus | (strands == "+") | (strands == ".")
    if not known.all():
        i = int(known.argmin())
        raise ValueError(f"row {i} has the strand {strands[i]!r}, but strands are {STRANDS}")
    return minus


def is_minus(strand: str) -> bool:
    """Tell whether a strand is "-"."""
    if strand not in STRANDS:
        raise ValueError(f"strand must be one of {STRANDS}, got {strand!r}")
    return strand == "-"


def center(
    starts: np.ndarray, ends: np.ndarray, minus: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Center windows of `length` bases on the middle of intervals.

    Counted from the 5' end of the strand, the base at ``width // 2`` of the interval is at
    ``length // 2`` of the window, so that both strands have the same middle.
    """
    half = (ends - starts) // 2
    first = np.where(minus, ends - half + length // 2 - length, starts + half - length // 2)
    return first, first + length


def check_center(encoder) -> None:
    """Raise a ValueError unless the `center` of an encoder is valid."""
    if encoder.center not in _CENTERS:
        raise ValueError(f"center must be one of {_CENTERS}, got {encoder.center!r}")
    if encoder.center == "summit" and encoder.length is None:
        raise ValueError(
            "center='summit' needs `length`, the number of bases to read around the summit"
        )


def center_windows(
    encoder, X, intervals: Intervals, minus: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Center the windows of an encoder on the middle of intervals, or on their summits."""
    starts, ends = intervals.starts, intervals.ends
    if encoder.center == "summit":
        summits = _summits(X, starts, ends)
        is_known = summits >= 0
        # A summit is an interval of one base.
        starts = np.where(is_known, starts + summits, starts)
        ends = np.where(is_known, starts + 1, ends)
    return center(starts, ends, minus, encoder.length)


def _summits(X, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Bases from the start of each peak to its summit, -1 where unknown."""
    if not is_frame(X) or "summit" not in X.columns:
        raise ValueError(
            "center='summit' needs a frame with a column 'summit', such as that of read_narrowpeak"
        )
    column = pd.to_numeric(pd.Series(list(X["summit"]), dtype=object), errors="coerce")
    summits = as_integers(column.fillna(-1).to_numpy(), "summit")
    outside = (summits < -1) | (summits >= np.maximum(ends - starts, 1))
    refuse_rows(outside, "a summit outside of its peak")
    return summits


def _frame_columns(X) -> dict[str, np.ndarray]:
    names = list(X.columns)
    for name in (*COORDINATES, "strand"):
        if name in names:
            continue
        # "Strand" that is ignored would silently read all intervals as those of the "+" strand.
        similar = [x for x in names if str(x).strip().lower() == name]
        if similar:
            raise ValueError(f"X has a column {similar[0]!r}; rename it to {name!r}")
        if name != "strand":
            raise ValueError(
                f"X has no column {name!r}, only {', '.join(map(repr, names))}; intervals need "
                "the columns 'chrom', 'start' and 'end', and may have 'strand'. Rename the columns"
            )
    used = [*COORDINATES, *(["strand"] if "strand" in names else [])]
    for name in used:
        if names.count(name) > 1:
            raise ValueError(f"X has {names.count(name)} columns {name!r}; drop all but one")
    return {name: _column(X[name], name) for name in used}


def _column(column, name: str) -> np.ndarray:
    if name in ("start", "end"):
        return np.asarray(column)
    return np.asarray(column, dtype=object)


def _array_columns(X) -> dict[str, np.ndarray]:
    X = np.asarray(X, dtype=object)
    if X.ndim != 2 or X.shape[1] not in (3, 4):
        raise ValueError(
            "X must be a frame with the columns 'chrom', 'start', 'end' and optionally 'strand', "
            f"or an array of 3 or 4 columns in that order, got an array of shape {X.shape}"
        )
    return dict(zip((*COORDINATES, "strand"), X.T, strict=False))


def remember_columns(encoder, X, intervals: Intervals) -> None:
    """Check the `length` of an encoder, and store the columns of X in fit."""
    check_count("length", encoder.length)
    encoder.has_strand_ = intervals.strands is not None
    validate_data(encoder, X, skip_check_array=True)


def check_columns(encoder, intervals: Intervals) -> None:
    """Raise a ValueError if X has strands only in fit, or only now."""
    has_strand = intervals.strands is not None
    if has_strand != encoder.has_strand_:
        now, then = ("has a", "had none") if has_strand else ("has no", "had one")
        raise ValueError(
            f"X {now} column 'strand', but {then} in fit; give the same columns, with '.' for an "
            "unknown strand"
        )


def check_count(name: str, value) -> None:
    """Raise a ValueError unless the value is None or a positive integer."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if value is not None and not (is_integer and value > 0):
        raise ValueError(f"{name} must be None or a positive integer, got {value!r}")
