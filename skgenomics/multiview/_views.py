"""Views of a table: their columns, the samples that lack them, and their encoders."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from numbers import Integral
from typing import cast

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import _safe_indexing, check_array, get_tags
from sklearn.utils._indexing import _get_column_indices

from skgenomics.sequences import is_frame

PARTS = ("encoder", "network", "columns")


def check_views(views) -> None:
    """Raise a ValueError unless views are a list of (name, encoder, network, columns)."""
    if not isinstance(views, list | tuple) or not len(views):
        raise ValueError(
            f"views must be a list of tuples (name, encoder, network, columns), got {views!r}"
        )
    for view in views:
        if not isinstance(view, list | tuple) or len(view) != 4 or not isinstance(view[0], str):
            raise ValueError(
                f"a view must be a tuple (name, encoder, network, columns), got {view!r}"
            )
        _check_parts(*view)


def _check_parts(name: str, encoder, network, columns) -> None:
    if not is_passthrough(encoder) and not hasattr(encoder, "transform"):
        raise ValueError(
            f"view {name!r} has the encoder {encoder!r}, which is not a transformer; use None for "
            "no encoder"
        )
    if isinstance(network, type) or not hasattr(network, "fit"):
        raise ValueError(
            f"view {name!r} has the network {network!r}, which is not an estimator; use one such "
            "as CNNClassifier()"
        )


def is_passthrough(encoder) -> bool:
    """Tell whether an encoder leaves its input unchanged."""
    return encoder is None or (isinstance(encoder, str) and encoder == "passthrough")


def as_table(X):
    """Return X as a frame or a numeric array.

    A frame is returned unchanged. An object array becomes a frame, so that each column has its own
    dtype.

    Raises
    ------
    ValueError
        If X is empty, is not two-dimensional, or has two columns of the same name.
    """
    if is_frame(X):
        if not X.shape[0]:
            raise ValueError("Found array with 0 sample(s): X is empty")
        _refuse_duplicate_columns(list(X.columns))
        return X
    if not hasattr(X, "shape") and not hasattr(X, "__array__"):
        # Numpy would convert numbers next to text to text.
        X = np.array(X, dtype=object) if np.asarray(X).dtype.kind in "US" else np.asarray(X)
    if len(getattr(X, "shape", (0, 0))) != 2:
        raise ValueError(
            f"Expected 2D array, got one of shape {X.shape}: X must have one row per sample and "
            "the columns of all views. Reshape your data, or pass a frame"
        )
    X = check_array(X, dtype=None, ensure_all_finite=False)
    return pd.DataFrame(X).infer_objects() if X.dtype == object else X


def _refuse_duplicate_columns(names: list) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"X has {count} columns {name!r}; rename all but one")


def find_columns(X, key, name: str):
    """Resolve the column specification of a view to names in a frame, or to indices in an array.

    Parameters
    ----------
    X : DataFrame or ndarray
        Table with the columns of all views.
    key : str, int, list of str or int, slice, mask or callable
        Specification as in :class:`sklearn.compose.ColumnTransformer`; a callable takes X and
        returns one of the others.
    name : str
        Name of the view.

    Returns
    -------
    str, int or list of str or int
        A scalar if `key` is a scalar: the view is then a one-dimensional column.

    Raises
    ------
    ValueError
        If X lacks a column, or no column is selected.
    """
    key = key(X) if callable(key) else key
    if isinstance(key, slice) and key == slice(None):
        key = list(range(X.shape[1]))
    try:
        indices = _get_column_indices(X, key)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"view {name!r}: {_describe_absent(X, key) or error}") from error
    if not len(indices):
        raise ValueError(f"view {name!r} has no columns: {key!r} selects none of X")
    names = column_names(X)
    columns = [int(index) if names is None else names[index] for index in indices]
    return columns[0] if isinstance(key, str | Integral) else columns


def column_names(X) -> list[str] | None:
    """Return the names of the columns of a frame if all are str, else None."""
    names = list(getattr(X, "columns", [None]))
    return names if all(isinstance(name, str) for name in names) else None


def _describe_absent(X, columns) -> str | None:
    """Return the error message for columns that X does not have; None if it has all of them."""
    names = list(getattr(X, "columns", []))
    wanted = [columns] if isinstance(columns, str) else columns
    if not isinstance(wanted, list | tuple | np.ndarray | pd.Index):
        return None
    absent = [column for column in wanted if isinstance(column, str) and column not in names]
    if not absent:
        return None
    if not names:
        return f"X is an array, but needs the columns {list(wanted)}; pass a frame, as in fit"
    return f"X has no column {absent[0]!r}, only {', '.join(map(repr, names[:20]))}"


def select(X, columns, name: str, names_in: list[str] | None):
    """Select the columns of a view.

    Parameters
    ----------
    X : DataFrame or ndarray
        Table with the columns of all views.
    columns : str, int or list of str or int
        Columns as :func:`find_columns` resolved them in fit.
    name : str
        Name of the view.
    names_in : list of str or None
        Names of all columns seen in fit, to find them in an array.
    """
    if column_names(X) is None and names_in is not None:
        wanted = [columns] if isinstance(columns, str) else columns
        indices = [names_in.index(column) for column in wanted]
        columns = indices[0] if isinstance(columns, str) else indices
    message = _describe_absent(X, columns)
    if message:
        raise ValueError(f"view {name!r}: {message}")
    return _safe_indexing(X, columns, axis=1)


_is_empty = np.frompyfunc(lambda value: isinstance(value, str | bytes) and not value, 1, 1)


def missing_rows(data) -> np.ndarray:
    """Mark the rows in which every value is missing: NaN, None, NA or empty text."""
    values = np.asarray(data)
    if values.dtype.kind not in "fcOUSMm":
        return np.zeros(len(values), dtype=bool)
    missing = np.asarray(pd.isna(values))
    if values.dtype.kind in "OUS":
        missing = missing | _is_empty(values).astype(bool)
    return cast(np.ndarray, missing.reshape(len(values), -1).all(axis=1))


def take_rows(data, present: np.ndarray):
    """Take the rows that have the view."""
    return data if present.all() else _safe_indexing(data, np.flatnonzero(present))


def put_rows(data: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Scatter the rows that have the view into an array of all rows, with zeros elsewhere."""
    if present.all():
        return data
    full = np.zeros((len(present), *data.shape[1:]), dtype=data.dtype)
    full[present] = data
    return full


def fit_encoders(encoders: list, data, y, network) -> tuple[list, object]:
    """Fit transformers in sequence; return them and the input of the network."""
    fitted = []
    for encoder in encoders:
        if not is_passthrough(encoder):
            fitted.append(clone(encoder))
            data = fitted[-1].fit_transform(data, y)
    return fitted, _as_read_by(network, data)


def encode(encoders: list, data, network):
    """Apply fitted transformers in sequence; return the input of the network."""
    for encoder in encoders:
        data = encoder.transform(data)
    return _as_read_by(network, data)


def _as_read_by(network, data):
    """Convert a sparse matrix to an array unless the network accepts it."""
    needs_dense = issparse(data) and not get_tags(network).input_tags.sparse
    return data.toarray() if needs_dense else data


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Prefix errors about the data or hyperparameters of a view with its name."""
    try:
        yield
    except (ValueError, TypeError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"view {name!r}: {error}") from error
