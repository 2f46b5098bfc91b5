"""Reading of labels and sample weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from skgenomics._utils.validation import warn_user

# If a single class occurs, these names tell if it is the negative or the positive one.
_NEGATIVES, _POSITIVES = (0, -1), (1,)


def read_binary(y_true, y_score=None, pos_label=None) -> tuple[np.ndarray, np.ndarray | None]:
    """Read labels as booleans, True for the positive class, and scores as floats."""
    y = column_or_1d(y_true)
    if y_score is not None:
        y_score = check_array(y_score, ensure_2d=False, dtype=float, input_name="y_score")
        y_score = column_or_1d(y_score)
        check_consistent_length(y, y_score)
    if not len(y):
        raise ValueError("y_true is empty")
    check_known(y)
    return y == _positive_class(np.unique(y), pos_label), y_score


def check_known(y: np.ndarray) -> None:
    """Raise a ValueError that names the first sample without a label."""
    missing = pd.isna(y)
    if missing.any():
        raise ValueError(
            f"y_true has no label in row {missing.argmax()} ({missing.sum()} in all); leave these "
            "rows out, or use masked_score"
        )


def read_weights(sample_weight, n: int) -> np.ndarray:
    """Read the weights of n samples, 1 by default; they must not all be 0."""
    if sample_weight is None:
        return np.ones(n)
    weights = column_or_1d(check_array(sample_weight, ensure_2d=False, dtype=float))
    if len(weights) != n:
        raise ValueError(f"sample_weight has {len(weights)} weights, but y_true has {n} rows")
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must not be negative, and not 0 for all rows")
    return weights


def _positive_class(classes: np.ndarray, pos_label):
    names = classes.tolist()
    if pos_label is not None:
        if len(names) > 2 or (len(names) == 2 and pos_label not in names):
            raise ValueError(f"pos_label={pos_label!r} is not one of two classes, but of {names}")
        return pos_label
    if len(names) > 2:
        raise ValueError(
            f"y_true must have two classes, got {len(names)}: {names[:6]}; a score of one against "
            "the rest needs y_true == label"
        )
    if len(names) == 2 or names[0] in _POSITIVES:
        return names[-1]
    if names[0] in _NEGATIVES:
        return 1
    raise ValueError(f"y_true has only one class, {names[0]!r}: set pos_label")


def undefined(what: str, why: str) -> float:
    """Return NaN with a warning that gives the reason."""
    warn_user(f"{what} is undefined: {why}", UndefinedMetricWarning)
    return np.nan
