"""Columns of intervals: chromosomes, starts, ends and strands, checked row by row."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

COORDINATES = ["chrom", "start", "end"]
STRANDS = ("+", "-", ".")


def check_intervals(frame: pd.DataFrame) -> None:
    """Raise a ValueError unless these are intervals that can be written to a file."""
    missing = [name for name in COORDINATES if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame has no column {missing[0]!r}, only {list(frame.columns)}")
    for name in ("start", "end"):
        if not pd.api.types.is_integer_dtype(frame[name]):
            raise ValueError(f"column {name!r} must hold integers, not {frame[name].dtype}")
    start, end = (frame[name].to_numpy() for name in ("start", "end"))
    refuse_rows(frame["chrom"].isna(), "no chromosome")
    refuse_rows(start < 0, "a start below 0")
    refuse_rows(start > end, "its start behind its end")
    if "strand" in frame:
        refuse_rows(~frame["strand"].isin(STRANDS), "a strand that is none of '+', '-' and '.'")
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            broken = frame[name].astype(str).str.contains("[\t\r\n]")
            refuse_rows(broken, f"a tab or a line break in column {name!r}")


def refuse_rows(strange, what: str) -> None:
    """Raise a ValueError about the first row for which `strange` is true, if there is one."""
    strange = np.asarray(strange, dtype=bool)
    if strange.any():
        raise ValueError(f"row {strange.argmax()}, counted from 0, has {what}")


_REQUIRED = ("chrom", "start", "end")
_STRANDS = ("+", "-", ".")


class Intervals(NamedTuple):
    """Intervals as columns: object, int64, int64, and object or None."""

    chroms: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    strands: np.ndarray | None


def read_columns(X) -> Intervals:
    """Read intervals from a frame by the names of its columns, or from an array by their order.

    Raises
    ------
    ValueError
        If X is empty, lacks a column, has a start behind its end, or a value that is missing or
        no integer; the message names the row.
    """
    columns = _frame_columns(X) if hasattr(X, "columns") else _array_columns(X)
    if not len(columns["chrom"]):
        raise ValueError("Found array with 0 sample(s): X holds no interval")
    chroms = columns["chrom"]
    missing = pd.isna(chroms)
    if missing.any():
        raise ValueError(f"row {missing.argmax()} of X has no chromosome: fill it in or drop it")
    starts, ends = (as_integers(columns[name], name) for name in ("start", "end"))
    turned = starts > ends
    if turned.any():
        i = int(turned.argmax())
        raise ValueError(
            f"row {i} of X, {describe(chroms, starts, ends, i)}, starts behind its end; intervals "
            "are 0-based and half-open, start <= end on both strands"
        )
    return Intervals(chroms, starts, ends, columns.get("strand"))


def describe(chroms, starts, ends, i: int) -> str:
    """An interval as it is written: chr1:100-200."""
    return f"{chroms[i]}:{starts[i]}-{ends[i]}"


def check_inside(intervals: Intervals, lengths: np.ndarray, path) -> None:
    """Raise a ValueError if an interval lies wholly past an end of its chromosome."""
    chroms, starts, ends, _ = intervals
    # An interval without bases is a place between two of them.
    is_place = starts == ends
    outside = (starts > lengths) | (ends < 0)
    outside |= ~is_place & ((starts == lengths) | (ends == 0))
    if outside.any():
        i = int(outside.argmax())
        size = f"which has {lengths[i]} bases in {path}" if ends[i] > 0 else "which begins at 0"
        raise ValueError(
            f"row {i}, {describe(chroms, starts, ends, i)}, lies wholly past an end of the "
            f"chromosome, {size}; {outside.sum()} of {len(chroms)} rows do. The intervals may "
            "belong to another assembly"
        )


def as_integers(values, name: str) -> np.ndarray:
    """Read positions, in any container and of any type that holds integers, as int64."""
    numbers = np.asarray(values)
    if numbers.dtype.kind in "iu":
        return numbers.astype(np.int64)
    given = numbers
    if numbers.dtype.kind != "f":
        numbers = np.asarray(pd.to_numeric(pd.Series(numbers.ravel(), dtype=object), "coerce"))
        if numbers.dtype.kind in "iu":
            return numbers.astype(np.int64)
        numbers = numbers.astype(float)
    strange = ~np.isfinite(numbers) | (numbers != np.floor(numbers)) | (abs(numbers) > 2**53)
    if strange.any():
        i = int(strange.argmax())
        raise ValueError(
            f"row {i} has the {name} {given[i]!r}, but positions are integers, counted from "
            "0: correct the row or drop it"
        )
    return numbers.astype(np.int64)


def are_minus(strands, n: int) -> np.ndarray:
    """Which of the windows are on the "-" strand; "." and None are read as "+"."""
    if strands is None:
        return np.zeros(n, dtype=bool)
    strands = np.asarray(strands, dtype=object)
    strands = np.broadcast_to(strands, n) if strands.ndim == 0 else strands
    minus = strands == "-"
    known = minus | (strands == "+") | (strands == ".")
    if not known.all():
        i = int(known.argmin())
        raise ValueError(f"row {i} has the strand {strands[i]!r}, but strands are {_STRANDS}")
    return minus


def is_minus(strand: str) -> bool:
    """Whether one strand is "-"."""
    if strand not in _STRANDS:
        raise ValueError(f"strand must be one of {_STRANDS}, got {strand!r}")
    return strand == "-"


def centre(
    starts: np.ndarray, ends: np.ndarray, minus: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Windows of `length` around the middle of intervals.

    Counted from the 5' end of the strand, the base at ``width // 2`` of the interval comes to
    ``length // 2`` of the window, so that both strands have the same middle.
    """
    half = (ends - starts) // 2
    first = np.where(minus, ends - half + length // 2 - length, starts + half - length // 2)
    return first, first + length


def _frame_columns(X) -> dict[str, np.ndarray]:
    names = list(X.columns)
    for name in _REQUIRED:
        if name not in names:
            raise ValueError(
                f"X has no column {name!r}, only {', '.join(map(repr, names))}; intervals need "
                "the columns 'chrom', 'start' and 'end', and may have 'strand'. Rename the columns"
            )
    wanted = [*_REQUIRED, *(["strand"] if "strand" in names else [])]
    for name in wanted:
        if names.count(name) > 1:
            raise ValueError(f"X has {names.count(name)} columns {name!r}; drop all but one")
    return {name: _column(X[name], name) for name in wanted}


def _column(column, name: str) -> np.ndarray:
    if name in ("start", "end"):
        return np.asarray(column)
    return np.asarray(column, dtype=object)


def _array_columns(X) -> dict[str, np.ndarray]:
    X = np.asarray(X, dtype=object)
    if X.ndim != 2 or X.shape[1] not in (3, 4):
        raise ValueError(
            "X must be a frame with the columns 'chrom', 'start', 'end' and perhaps 'strand', or "
            f"an array of 3 or 4 columns in that order, got an array of shape {X.shape}"
        )
    return dict(zip((*_REQUIRED, "strand"), X.T, strict=False))


def remember_columns(encoder, X, intervals: Intervals) -> None:
    """Check the `length` of an encoder, and keep what X looked like in fit."""
    check_count("length", encoder.length)
    encoder.has_strand_ = intervals.strands is not None
    validate_data(encoder, X, skip_check_array=True)


def check_columns(encoder, intervals: Intervals) -> None:
    """Raise a ValueError if there are strands now and were none in fit, or the other way round."""
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
