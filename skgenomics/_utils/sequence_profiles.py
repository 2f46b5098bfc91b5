"""Reading of profiles: lists of matrices with a row of channels for each position.

Position-specific scoring matrices and other profiles of proteins differ in length. They are padded
by NaN, which no user's data may hold: that marks padding in channels as a code of its own does in
sequences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def is_profiles(X: Any, n_channels: int) -> bool:
    """Tell if X is a list of matrices of any number of rows.

    Parameters
    ----------
    X : object
        Input of an estimator.
    n_channels : int
        Expected number of columns.

    Returns
    -------
    bool
        True for a list, tuple or array of objects of matrices that differ in length, or that all
        have `n_channels` columns.
    """
    is_list = isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object)
    if not is_list or not len(X) or any(np.ndim(x) != 2 for x in X if hasattr(x, "shape")):
        return False
    if not all(hasattr(x, "shape") for x in X):
        return False
    shapes = {x.shape for x in X}
    return len(shapes) > 1 or next(iter(shapes))[1] == n_channels


def profile_lengths(X: Any, n_channels: int) -> np.ndarray | None:
    """Count the positions of each profile; None if X is no list of profiles."""
    return np.array([len(x) for x in X]) if is_profiles(X, n_channels) else None


def read_profiles(X: Any, n_channels: int, choose_length: Callable[[int], int]) -> np.ndarray:
    """Read profiles as flat channels, padded by NaN.

    Parameters
    ----------
    X : list of array-like of shape (L_i, n_channels)
        Profiles.
    n_channels : int
        Number of channels of a position.
    choose_length : callable
        Takes the length of the longest profile, and returns the number of positions to pad to.

    Returns
    -------
    ndarray of shape (n_samples, L * n_channels), float32

    Raises
    ------
    ValueError
        If a profile has another number of columns, no rows, or values that are not finite numbers;
        the message names the sample.
    """
    for i, x in enumerate(X):
        if x.shape[1] != n_channels:
            raise ValueError(
                f"profile {i} has {x.shape[1]} columns, but the model reads {n_channels} channels "
                "per position; set n_channels to the width of the profiles"
            )
        if not len(x):
            raise ValueError(f"profile {i} has no positions")
        values = np.asarray(x)
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise ValueError(f"profile {i} holds values that are not finite numbers")
    longest = max(len(x) for x in X)
    data = np.full((len(X), choose_length(longest), n_channels), np.nan, dtype=np.float32)
    for row, x in zip(data, X, strict=True):
        row[: len(x)] = x
    return data.reshape(len(X), -1)
