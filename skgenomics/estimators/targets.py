"""Reading y."""

from __future__ import annotations

import numpy as np


def as_array(y) -> np.ndarray:
    """Turn y into an array; missing values of pandas' own types in several columns become NaN."""
    if hasattr(y, "columns") and y.shape[1] > 1:
        return y.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(y)
