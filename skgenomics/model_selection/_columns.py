"""Which column of a frame holds the sequences, and whether it holds intervals."""

from __future__ import annotations

import pandas as pd

from skgenomics.genome.chromosomes import chromosome_key

_INTERVALS = ("chrom", "start", "end")


def has_intervals(X) -> bool:
    """Whether X is a frame of intervals."""
    return hasattr(X, "columns") and all(name in X.columns for name in _INTERVALS)


def find_sequences(X, column: str):
    """What holds the sequences: X itself, or its column; None for a frame that has none."""
    if not hasattr(X, "columns"):
        return X
    if column in X.columns:
        return X[column]
    # Frames of numbers are channels, or codes.
    is_numeric = all(getattr(dtype, "kind", "O") in "biuf" for dtype in X.dtypes)
    return X if not has_intervals(X) and (is_numeric or len(X.columns) == 1) else None


def sequences_of(X, column: str):
    """What holds the sequences, or a ValueError that says which columns there are."""
    sequences = find_sequences(X, column)
    if sequences is None:
        raise ValueError(
            f"X has several columns, but none named {column!r}, only "
            f"{', '.join(map(repr, list(X.columns)[:12]))}; set `column` to the one of sequences"
        )
    return sequences


def chromosome_keys(names: pd.Series) -> pd.Series:
    """One spelling for each chromosome: chr1 and 1 are the same, so are chrM and MT."""
    names = names.astype(str)
    return names.map({name: chromosome_key(name) for name in names.unique()})
