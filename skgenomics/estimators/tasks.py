"""Reading the targets of several tasks, each of a kind of its own, some of them missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target

KINDS = ("binary", "multiclass", "regression")
_KIND_OF_TYPE = {"binary": "binary", "multiclass": "multiclass", "continuous": "regression"}


def read_table(y) -> pd.DataFrame:
    """Turn y into a frame with a column per task; arrays get the numbers of their columns.

    Raises
    ------
    ValueError
        If it has not two axes, has no column or a name twice, or holds an infinite number.
    """
    if issparse(y):
        y = y.toarray()
    if not isinstance(y, pd.DataFrame):
        # Numpy would turn rows of mixed types into strings.
        y = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
        if y.dtype.kind == "c":
            raise ValueError("Complex data not supported: y has complex numbers")
        if y.ndim != 2:
            raise ValueError(
                f"y has the shape {y.shape}, but must have a column per task: (n, n_tasks); a "
                "single task goes in a frame of one column, or into CNNClassifier and its kin"
            )
        y = pd.DataFrame(y).infer_objects()
    if not y.shape[1]:
        raise ValueError("y has no column; it needs one for each task")
    if y.columns.has_duplicates:
        name = y.columns[y.columns.duplicated()][0]
        raise ValueError(f"y has several columns {name!r}; give each task a name of its own")
    for name in y.columns:
        if pd.api.types.is_float_dtype(y[name].dtype):
            read_values(name, y[name])
    return y


def name_tasks(table: pd.DataFrame, given: Mapping | None) -> list:
    """Names of the tasks: those of the columns, or for an array those that are given."""
    names = table.columns.tolist()
    if given is None:
        return names
    if not isinstance(given, Mapping):
        raise ValueError(f"tasks must be a dict from the name of a task to its kind, got {given!r}")
    for name, kind in given.items():
        if kind not in KINDS:
            raise ValueError(f"tasks[{name!r}] must be one of {KINDS}, got {kind!r}")
    strange = [name for name in given if name not in names]
    if not strange:
        return names
    if isinstance(table.columns, pd.RangeIndex) and len(given) == len(names):
        return list(given)
    raise ValueError(f"tasks has {strange[0]!r}, but the columns of y are {names}")


def check_names(setting: str, given: Mapping | None, names: list) -> None:
    """Raise a ValueError if a setting by task names something that is no task."""
    for name in given or {}:
        if name not in names:
            raise ValueError(f"{setting} has {name!r}, but the tasks are {names}")


def read_classes(given: Mapping | None, names: list) -> dict:
    """Classes of the tasks that are given, as arrays by the names of the tasks.

    Raises
    ------
    ValueError
        If it is no dict, or names something that is no task.
    """
    if not isinstance(given, Mapping | None):
        raise ValueError(
            f"classes must be a dict from the name of a task to its labels, got {given!r}"
        )
    check_names("classes", given, names)
    return {name: np.asarray(labels) for name, labels in (given or {}).items()}


def known_values(name, column: pd.Series) -> np.ndarray:
    """Values of a task that are not missing.

    Raises
    ------
    ValueError
        If there are none, or they are strings and others mixed.
    """
    values = column[column.notna()].tolist()
    if not values:
        raise ValueError(f"task {name!r} of y has no label at all; drop the column")
    is_text = [isinstance(value, str) for value in values]
    if any(is_text) and not all(is_text):
        raise ValueError(
            f"task {name!r} of y has strings such as {values[is_text.index(True)]!r} and other "
            f"values such as {values[is_text.index(False)]!r}; make them all the same type"
        )
    return np.array(values)


def find_kind(name, values: np.ndarray) -> str:
    """Kind of a task by scikit-learn's rules: whole numbers are classes, others real numbers."""
    found = type_of_target(values, input_name=f"task {name!r} of y")
    if found not in _KIND_OF_TYPE:
        raise ValueError(
            f"task {name!r} of y is neither classes nor numbers, but {found}; it holds "
            f"{values[0]!r}"
        )
    return _KIND_OF_TYPE[found]


def read_values(name, column: pd.Series) -> np.ndarray:
    """Real numbers of a task, NaN where one is missing."""
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError(
            f"task {name!r} of y is of the kind 'regression', but it holds "
            f"{known_values(name, column)[0]!r}; set its kind in `tasks`, or make it numeric"
        ) from None
    return check_array(values, ensure_2d=False, ensure_all_finite="allow-nan", input_name="y")


def find_classes(name, kind: str, values: np.ndarray) -> np.ndarray:
    """Classes of a task, sorted.

    Raises
    ------
    ValueError
        If there is only one class, or there are more than two in a binary task.
    """
    classes = np.unique(values)
    if len(classes) < 2:
        raise ValueError(
            f"task {name!r} of y has only one class: {classes.tolist()[0]!r}; drop the column, or "
            "set its kind to 'regression' in `tasks`"
        )
    if kind == "binary" and len(classes) > 2:
        raise ValueError(
            f"task {name!r} of y has {len(classes)} classes, but its kind is 'binary'; set it to "
            "'multiclass' in `tasks`"
        )
    return classes


def encode_classes(name, column: pd.Series, classes: np.ndarray) -> np.ndarray:
    """Places of labels among the classes."""
    labels = known_values(name, column)
    codes = pd.Index(classes).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        label = labels[codes < 0][:1].tolist()[0]
        raise ValueError(
            f"task {name!r} of y has the label {label!r}, which is none of the classes "
            f"{classes.tolist()} of the first fit"
        )
    return codes


def task_factors(task_weights, names: list) -> np.ndarray:
    """Weight of each task.

    Parameters
    ----------
    task_weights : None, mapping of name to float, or sequence of float
        A task that a mapping leaves out has the weight one.
    names : list
        The tasks.

    Raises
    ------
    ValueError
        If it names another task, has not one weight for each, or one is negative or not finite.
    """
    if task_weights is None:
        return np.ones(len(names))
    if isinstance(task_weights, Mapping):
        check_names("task_weights", task_weights, names)
        task_weights = [task_weights.get(name, 1.0) for name in names]
    factors = np.asarray(task_weights, dtype=float)
    if factors.shape != (len(names),):
        raise ValueError(
            f"task_weights must have a number for each of the {len(names)} tasks, got "
            f"{task_weights!r}"
        )
    if not np.isfinite(factors).all() or factors.min() < 0 or not factors.any():
        raise ValueError(
            f"task_weights must be finite, not negative and not all zero, got {task_weights!r}"
        )
    return factors
