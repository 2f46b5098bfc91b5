"""Intervals of one frame that overlap those of another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics.model_selection._columns import chromosome_keys

_COLUMNS = ("chrom", "start", "end")


def find_overlaps(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Test intervals that overlap a training interval, and which rows of train overlap."""
    train, test = _read(train, "X_train"), _read(test, "X_test")
    n_train, partner = _overlaps(test, train)
    rows = np.flatnonzero(n_train)
    own, other = test.iloc[rows], train.iloc[partner[rows]]
    ends = np.minimum(own["end"].to_numpy(), other["end"].to_numpy())
    starts = np.maximum(own["start"].to_numpy(), other["start"].to_numpy())
    frame = pd.DataFrame(
        {"test": rows, "train": partner[rows], "n_train": n_train[rows], "letters": ends - starts}
    )
    return frame, _overlaps(train, test)[0] > 0


def _read(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Columns chrom, start, end, with one spelling of a chromosome."""
    missing = frame[list(_COLUMNS)].isna().any(axis=1).to_numpy()
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
    strange = numbers != np.floor(numbers)
    if strange.any():
        i = strange.argmax()
        raise ValueError(f"{name}: row {i} has the {column.name} {column.iloc[i]!s}, no integer")
    return numbers.astype(np.int64)


def _overlaps(queries: pd.DataFrame, targets: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """How many targets each query overlaps, and one of them."""
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
        # Of those that have begun, the one that ends last overlaps if any does.
        last = np.maximum.accumulate(ends)
        is_new = np.append(True, last[1:] > last[:-1])
        longest = np.maximum.accumulate(np.where(is_new, np.arange(len(ends)), 0))
        overlapping = found > 0
        partner[rows[overlapping]] = own.index.to_numpy()[longest[begun[overlapping] - 1]]
    return n_found, partner
