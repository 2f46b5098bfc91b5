"""Labels of which some are missing, marked by a value that stands for none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from skgenomics.estimators.targets import encode_labels


def read_labels(y, unlabeled) -> tuple[np.ndarray, np.ndarray]:
    """Read labels, and tell which of them are known.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    unlabeled : label, NaN or None
        What stands for none; None if nothing does.

    Returns
    -------
    y : ndarray of shape (n,)
    is_known : ndarray of bool of shape (n,)

    Raises
    ------
    ValueError
        If y has NaN, or real numbers that are no labels.
    """
    y = column_or_1d(y, warn=True)
    missing = pd.isna(y)
    if isinstance(unlabeled, float) and np.isnan(unlabeled):
        is_known = ~missing
    elif missing.any():
        raise ValueError(
            f"Input y contains NaN: the label of row {missing.argmax()} is missing; mark rows "
            f"without a label by {unlabeled!r}"
        )
    else:
        # Labels that are strings turn a -1 among them into a string.
        marks = () if unlabeled is None else (unlabeled, str(unlabeled))
        is_known = ~pd.Series(y, dtype=object).isin(marks).to_numpy()
    if not is_known.any():
        return y, is_known
    if y.dtype == object and all(isinstance(label, str) for label in y[is_known]):
        y = y.astype(str)
    check_classification_targets(y[is_known])
    return y, is_known


def learn_classes(labels, estimator_name: str) -> np.ndarray:
    """Different labels in their order; a ValueError if there are none, or one alone."""
    classes = np.unique(labels)
    if not len(classes):
        raise ValueError(
            "y has no label at all: every one stands for none; use VariationalAutoencoder, or name "
            "in `unlabeled` what else stands for none"
        )
    if len(classes) < 2:
        raise ValueError(
            f"{estimator_name} needs at least two classes, but y has only one class: "
            f"{classes.tolist()[0]!r}"
        )
    return classes


def encode_known_labels(y: np.ndarray, is_known: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Places of labels among the classes, -1 for none; a ValueError for a strange label."""
    codes = np.full(len(y), -1)
    codes[is_known] = encode_labels(y[is_known], classes)
    return codes
