"""Checks of frames before they are written, with errors that name the row."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
