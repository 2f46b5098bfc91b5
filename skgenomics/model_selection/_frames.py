"""Columns of a frame of sequences or intervals, and overlaps between intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skgenomics.genome.chromosomes import chromosome_key
from skgenomics.sequences import is_frame

_INTERVALS = ["chrom", "start", "end"]


def has_intervals(X: Any) -> bool:
    """Check if X is a frame of intervals."""
    return is_frame(X) and all(name in X.columns for name in _INTERVALS)


def find_sequences(X: Any, column: str) -> Any:
    """Find the sequences: X itself, or its column; None for a frame that has none."""
    if not is_frame(X):
        return X
    if column in X.columns:
        return X[column]
    # Frames of numbers are channels or codes.
    is_numeric = all(getattr(dtype, "kind", "O") in "biuf" for dtype in X.dtypes)
    return X if not has_intervals(X) and (is_numeric or len(X.columns) == 1) else None


def get_sequences(X: Any, column: str) -> Any:
    """Find the sequences, or raise a ValueError that lists the columns of X."""
    sequences = find_sequences(X, column)
    if sequences is None:
        raise ValueError(
            f"X has several columns, but none named {column!r}, only "
            f"{', '.join(map(repr, list(X.columns)[:12]))}; set `column` to the one of sequences"
        )
    return sequences


def chromosome_keys(names: pd.Series) -> pd.Series:
    """Normalize chromosome names: chr1 and 1 are the same, as are chrM and MT."""
    names = names.astype(str)
    return names.map({name: chromosome_key(name) for name in names.unique()})


def find_overlaps(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Find test intervals that overlap training intervals.

    Returns
    -------
    frame : DataFrame
        Overlapping test intervals with one partner each.
    is_overlapping : ndarray of shape (n_train,), bool
        True for training intervals that overlap a test interval.
    """
    train, test = _read(train, "X_train"), _read(test, "X_test")
    n_train, partner = _overlaps(test, train)
    rows = np.flatnonzero(n_train)
    own, other = test.iloc[rows], train.iloc[partner[rows]]
    ends = np.minimum(own["end"].to_numpy(), other["end"].to_numpy())
    starts = np.maximum(own["start"].to_numpy(), other["start"].to_numpy())
    frame = pd.DataFrame(
        {"test": rows, "train": partner[rows], "n_train": n_train[rows], "overlap": ends - starts}
    )
    return frame, _overlaps(train, test)[0] > 0


def _read(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Read the columns chrom, start and end, with normalized chromosome names."""
    missing = frame[_INTERVALS].isna().any(axis=1).to_numpy()
    if missing.any():
        raise ValueError(f"{name}: row {missing.argmax()} has no chrom, start or end")
    chrom = chromosome_keys(frame["chrom"]).to_numpy()
    start, end = (_positions(frame[column], name) for column in ("start", "end"))
    if (end < start).any():
        i = (end < start).argmax()
        raise ValueError(f"{name}: row {i} ends at {end[i]}, before its start at {start[i]}")
    return pd.DataFrame({"chrom": chrom, "start": start, "end": end})


def _positions(column: pd.Series, name: str) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    is_invalid = numbers != np.floor(numbers)
    if is_invalid.any():
        i = is_invalid.argmax()
        raise ValueError(
            f"{name}: row {i} has the {column.name} {column.iloc[i]!s}, which is not an integer"
        )
    return numbers.astype(np.int64)


def _overlaps(queries: pd.DataFrame, targets: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Count the targets that each query overlaps, and find one of them.

    A query overlaps the targets that begin before its end, except those that end before its start:
    two binary searches give the number without comparing pairs.
    """
    n_found = np.zeros(len(queries), dtype=np.int64)
    partner = np.full(len(queries), -1)
    targets = targets[targets["end"] > targets["start"]]
    of_chromosome = targets.groupby("chrom").indices
    for chrom, rows in queries.groupby("chrom").indices.items():
        if chrom not in of_chromosome:
            continue
        own = targets.iloc[of_chromosome[chrom]].sort_values("start", kind="stable")
        starts, ends = own["start"].to_numpy(), own["end"].to_numpy()
        query_starts = queries["start"].to_numpy()[rows]
        query_ends = queries["end"].to_numpy()[rows]
        begun = np.searchsorted(starts, query_ends, side="left")
        over = np.searchsorted(np.sort(ends), query_starts, side="right")
        found = np.where(query_ends > query_starts, begun - over, 0)
        n_found[rows] = found
        # Of the targets that have begun, the one that ends last overlaps if any does.
        last = np.maximum.accumulate(ends)
        is_new = np.append(True, last[1:] > last[:-1])
        longest = np.maximum.accumulate(np.where(is_new, np.arange(len(ends)), 0))
        overlapping = found > 0
        partner[rows[overlapping]] = own.index.to_numpy()[longest[begun[overlapping] - 1]]
    return n_found, partner
