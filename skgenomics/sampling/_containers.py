"""Appending and selecting samples in all containers of X."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd


def append_rows(X, parts: list):
    """Append new samples to X.

    Parameters
    ----------
    X : list, tuple, array, Series or DataFrame
        The original samples.
    parts : list of lists of str, or of arrays
        New samples; arrays have the layout of X.

    Returns
    -------
    object
        A container of the type of X; the index of a Series or DataFrame starts from 0.
    """
    if not parts:
        return select_rows(X, np.arange(len(X)))
    is_text = isinstance(parts[0], list)
    rows = list(chain.from_iterable(parts)) if is_text else np.concatenate(parts)
    if isinstance(X, list | tuple):
        return type(X)([*X, *_like_rows_of_list(X, rows, is_text)])
    if isinstance(X, pd.Series):
        new = pd.Series(rows, dtype=object, name=X.name)
        # A category cannot hold new sequences: the result is of type object.
        new = new if isinstance(X.dtype, pd.CategoricalDtype) else new.astype(X.dtype)
        return pd.concat([X, new], ignore_index=True)
    if isinstance(X, pd.DataFrame):
        return pd.concat([X, _like_frame(X, rows)], ignore_index=True)
    X = np.asarray(X)
    return np.concatenate([X, _as_array(rows, X) if isinstance(rows, list) else rows])


def select_rows(X, indices: np.ndarray):
    """Select samples as a container of the same type, with an index that starts from 0."""
    if isinstance(X, list | tuple):
        return type(X)([X[i] for i in indices])
    if isinstance(X, pd.Series | pd.DataFrame):
        return X.iloc[indices].reset_index(drop=True)
    return np.asarray(X)[indices]


def _like_rows_of_list(X, rows, is_text: bool) -> list:
    if not is_text:
        return rows.tolist()
    if isinstance(X[0], list | tuple):
        return [type(X[0])([row]) for row in rows]
    return [row.encode("ascii") for row in rows] if isinstance(X[0], bytes) else rows


def _like_frame(X: pd.DataFrame, rows) -> pd.DataFrame:
    new = pd.DataFrame(rows)
    # By position, since names may be repeated.
    dtypes = {
        i: dtype for i, dtype in enumerate(X.dtypes) if not isinstance(dtype, pd.CategoricalDtype)
    }
    new = new.astype(dtypes)
    new.columns = X.columns
    return new


def _as_array(texts: list[str], X: np.ndarray) -> np.ndarray:
    """Convert text to an array like X that is wide enough for the longest sequence."""
    is_bytes = X.dtype.kind == "S"
    values = [text.encode("ascii") for text in texts] if is_bytes else texts
    dtype = X.dtype.kind if X.dtype.kind in "US" else X.dtype
    new = np.empty(len(values), dtype=object)
    new[:] = values
    if X.dtype == object and isinstance(X.flat[0], bytes):
        new[:] = [text.encode("ascii") for text in texts]
    return new.astype(dtype).reshape(-1, *X.shape[1:])
