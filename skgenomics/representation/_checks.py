"""Checks of tables, with errors that name the row and the column."""

from __future__ import annotations

import numpy as np


def check_shares(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all numbers are between 0 and 1."""
    _refuse(
        data,
        (data < 0) | (data > 1),
        f"{setting} needs numbers between 0 and 1; scale the columns by MinMaxScaler(clip=True), "
        f"or use {remedy}",
    )


def check_counts(data: np.ndarray, setting: str, remedy: str) -> None:
    """Raise a ValueError unless all numbers are counts."""
    _refuse(
        data,
        (data < 0) | (data != np.rint(data)),
        f"{setting} needs counts, which are integers from 0; pass them as they were counted, "
        f"neither scaled nor as logarithms, or use {remedy}",
    )


def check_varies(data: np.ndarray, setting: str) -> None:
    """Raise a ValueError if a column has the same value in every row."""
    if len(data) < 2:
        raise ValueError(
            f"X has n_samples={len(data)}, but {setting} learns the variance of columns, for which "
            "there must be two rows at the least"
        )
    is_constant = (data == data[0]).all(axis=0)
    if is_constant.any():
        column = is_constant.argmax()
        raise ValueError(
            f"column {column} of X has the same value {data[0, column]:g} in every row, so that "
            f"{setting} has no variance to learn; drop such columns "
            f"(sklearn.feature_selection.VarianceThreshold), there are {is_constant.sum()}"
        )


def _refuse(data: np.ndarray, is_strange: np.ndarray, need: str) -> None:
    if is_strange.any():
        row, column = np.argwhere(is_strange)[0]
        raise ValueError(f"X[{row}, {column}] is {data[row, column]:g}, but {need}")
