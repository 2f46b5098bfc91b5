"""Categories of the conditions that a sequence is seen under."""

from __future__ import annotations

import numpy as np
import pandas as pd


def read_categories(name, column: pd.Series) -> np.ndarray:
    """Categories of a condition, row by row.

    Raises
    ------
    ValueError
        If one is missing, or they are no strings or numbers, or both mixed.
    """
    missing = (column.isna() | column.isin([np.inf, -np.inf])).to_numpy()
    if missing.any():
        raise ValueError(
            f"Input X contains NaN or infinity: condition {name!r} is missing in row "
            f"{missing.argmax()}; drop the row, or give it a category such as 'unknown'"
        )
    values = column.tolist()
    categories = np.array(values)
    n_strings = sum(isinstance(value, str) for value in values)
    if categories.ndim != 1 or categories.dtype.kind not in "biufU" or 0 < n_strings < len(values):
        raise ValueError(
            f"condition {name!r} holds {values[0]!r} and the like, but categories are all strings "
            "or all numbers"
        )
    return categories


def encode_categories(
    name, column: pd.Series, categories: np.ndarray, handle_unknown: str = "error"
) -> np.ndarray:
    """Places of categories among those that are known.

    One that is not known is an error that names it, or -1 with ``handle_unknown="average"``.
    """
    values = read_categories(name, column)
    codes = pd.Index(categories).get_indexer(pd.Index(values))
    unknown = codes < 0
    if handle_unknown == "error" and unknown.any():
        known = ", ".join(map(repr, categories[:12].tolist()))
        raise ValueError(
            f"condition {name!r} has {values[unknown][:1].tolist()[0]!r} in row "
            f"{unknown.argmax()}, which fit has not seen; it knows {known}"
            + (", ..." if len(categories) > 12 else "")
        )
    return codes
