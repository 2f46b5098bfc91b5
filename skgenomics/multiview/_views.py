"""Views of a table: which columns belong to each, which rows miss it, and how it is encoded."""

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
            f"view {name!r} has the encoder {encoder!r}, which is no transformer; use None for none"
        )
    if isinstance(network, type) or not hasattr(network, "fit"):
        raise ValueError(
            f"view {name!r} has the network {network!r}, which is no estimator; use one such as "
            "CNNClassifier()"
        )


def is_passthrough(encoder) -> bool:
    """Whether an encoder stands for none."""
    return encoder is None or (isinstance(encoder, str) and encoder == "passthrough")


def as_table(X):
    """X as something of rows and columns: a frame as it is, all else as an array.

    What is no array of numbers becomes a frame, whose columns have types of their own.

    Raises
    ------
    ValueError
        If X has no rows or columns, another number of axes, or two columns of one name.
    """
    if hasattr(X, "columns"):
        if not X.shape[0]:
            raise ValueError("Found array with 0 sample(s): X holds no row")
        _refuse_columns_of_one_name(list(X.columns))
        return X
    if not hasattr(X, "shape") and not hasattr(X, "__array__"):
        # Numpy would turn the numbers beside a text into text.
        X = np.array(X, dtype=object) if np.asarray(X).dtype.kind in "US" else np.asarray(X)
    if len(getattr(X, "shape", (0, 0))) != 2:
        raise ValueError(
            f"Expected 2D array, got one of shape {X.shape}: X has a row for each sample, and the "
            "columns of all views. Reshape your data, or pass a frame"
        )
    X = check_array(X, dtype=None, ensure_all_finite=False)
    return pd.DataFrame(X).infer_objects() if X.dtype == object else X


def _refuse_columns_of_one_name(names: list) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"X has {count} columns {name!r}; rename all but one")


def find_columns(X, key, name: str):
    """Resolve what names the columns of a view, to their names in a frame, else to their indices.

    Parameters
    ----------
    X : frame or ndarray
    key : str, int, list of them, slice, mask or callable
        As in :class:`sklearn.compose.ColumnTransformer`; a callable takes X and gives one of these.
    name : str
        Name of the view.

    Returns
    -------
    str, int or list of them
        One alone if `key` is one alone: the view is then a column rather than a table.

    Raises
    ------
    ValueError
        If X lacks a column, or none is chosen.
    """
    key = key(X) if callable(key) else key
    if isinstance(key, slice) and key == slice(None):
        key = list(range(X.shape[1]))
    try:
        indices = _get_column_indices(X, key)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"view {name!r}: {_lacking(X, key) or error}") from error
    if not len(indices):
        raise ValueError(f"view {name!r} has no columns: {key!r} chooses none of X")
    names = column_names(X)
    columns = [int(index) if names is None else names[index] for index in indices]
    return columns[0] if isinstance(key, str | Integral) else columns


def column_names(X) -> list[str] | None:
    """Names of the columns of a frame, if all are str."""
    names = list(getattr(X, "columns", [None]))
    return names if all(isinstance(name, str) for name in names) else None


def _lacking(X, columns) -> str | None:
    """Complaint about columns that a frame has not."""
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
    """The columns of a view, as :func:`find_columns` found them in fit.

    Parameters
    ----------
    X : frame or ndarray
    columns : str, int or list of them
    name : str
        Name of the view.
    names_in : list of str or None
        Names of all columns in fit, by which their indices in an array are known.
    """
    if column_names(X) is None and names_in is not None:
        wanted = [columns] if isinstance(columns, str) else columns
        indices = [names_in.index(column) for column in wanted]
        columns = indices[0] if isinstance(columns, str) else indices
    complaint = _lacking(X, columns)
    if complaint:
        raise ValueError(f"view {name!r}: {complaint}")
    return _safe_indexing(X, columns, axis=1)


_is_empty = np.frompyfunc(lambda value: isinstance(value, str | bytes) and not value, 1, 1)


def missing_rows(data) -> np.ndarray:
    """Rows in which all is missing: NaN, None, NA or empty text."""
    values = np.asarray(data)
    if values.dtype.kind not in "fcOUSMm":
        return np.zeros(len(values), dtype=bool)
    missing = np.asarray(pd.isna(values))
    if values.dtype.kind in "OUS":
        missing = missing | _is_empty(values).astype(bool)
    return cast(np.ndarray, missing.reshape(len(values), -1).all(axis=1))


def take_rows(data, present: np.ndarray):
    """Rows of a view that has them all, or of those that it has."""
    return data if present.all() else _safe_indexing(data, np.flatnonzero(present))


def put_rows(data: np.ndarray, present: np.ndarray) -> np.ndarray:
    """The way back: an array of all rows, with zeros in those that are not there."""
    if present.all():
        return data
    full = np.zeros((len(present), *data.shape[1:]), dtype=data.dtype)
    full[present] = data
    return full


def fit_encoders(encoders: list, data, y, network) -> tuple[list, object]:
    """Fit transformers one after the other; gives them, and what the network reads."""
    fitted = []
    for encoder in encoders:
        if not is_passthrough(encoder):
            fitted.append(clone(encoder))
            data = fitted[-1].fit_transform(data, y)
    return fitted, _as_read_by(network, data)


def encode(encoders: list, data, network):
    """What fitted transformers make of a view, one after the other, for its network."""
    for encoder in encoders:
        data = encoder.transform(data)
    return _as_read_by(network, data)


def _as_read_by(network, data):
    """A sparse matrix as an array, unless the network takes it as it is."""
    is_to_fill = issparse(data) and not get_tags(network).input_tags.sparse
    return data.toarray() if is_to_fill else data


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Put the name of a view in front of what is wrong with its data or settings."""
    try:
        yield
    except (ValueError, TypeError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"view {name!r}: {error}") from error
