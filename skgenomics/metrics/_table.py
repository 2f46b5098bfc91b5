"""Metrics by name, grouped by their input: scores, labels or values."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    mean_squared_error,
    r2_score,
    recall_score,
    roc_auc_score,
)

from skgenomics.metrics._labels import undefined
from skgenomics.metrics.ranking import adjusted_average_precision_score, recall_at_fdr_score

_FDR = re.compile(r"recall_at_fdr_(\d+(?:\.\d+)?)")


def _correlation(correlate: Callable, y_true, y_pred) -> float:
    """Compute a correlation: 0 for a constant prediction, NaN for a constant target."""
    if np.min(y_true) == np.max(y_true):
        return undefined("the correlation", "y_true has one value only")
    if np.min(y_pred) == np.max(y_pred):
        return 0.0
    return float(correlate(y_true, y_pred).statistic)


def _geometric_mean(y_true, y_pred, sample_weight=None) -> float:
    """Compute the geometric mean of the recalls of all classes, as imbalanced-learn does."""
    _refuse_position_labels(y_true)
    recalls = recall_score(y_true, y_pred, average=None, sample_weight=sample_weight)
    return float(np.prod(recalls) ** (1 / len(recalls)))


def _refuse_position_labels(y_true) -> None:
    """Raise a ValueError if text holds the labels of positions rather than one class."""
    y = np.asarray(y_true).ravel()
    n_labels = len(np.unique(y)) if y.dtype.kind in "OUS" else 0
    if n_labels > max(4, len(y) / 2):
        raise ValueError(
            f"y_true has {n_labels} different labels in {len(y)} samples, as labels of positions "
            "have: they need a score of positions, such as 'top_k_positions'"
        )


def _negative_squared_error(y_true, y_pred, sample_weight=None) -> float:
    return -mean_squared_error(y_true, y_pred, sample_weight=sample_weight)


# Metrics of scores or probabilities for two classes.
RANKING = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "adjusted_average_precision": adjusted_average_precision_score,
    "recall_at_fdr": recall_at_fdr_score,
}
# Metrics of predicted labels.
LABELS = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "f1": f1_score,
    "matthews_corrcoef": matthews_corrcoef,
    "geometric_mean": _geometric_mean,
}
# Metrics of predicted values.
VALUES = {
    "r2": r2_score,
    "neg_mean_squared_error": _negative_squared_error,
    "pearson": partial(_correlation, pearsonr),
    "spearman": partial(_correlation, spearmanr),
}


def find_metric(name: str) -> Callable | None:
    """Look up a metric by name, with its parameter; None if it does not exist."""
    if match := _FDR.fullmatch(name):
        percent = float(match[1])
        if percent > 100:
            raise ValueError(f"{name!r} asks for a false discovery rate of more than 100 percent")
        return partial(recall_at_fdr_score, fdr=percent / 100)
    return (RANKING | LABELS | VALUES).get(name)


def takes_scores(name: str) -> bool:
    """Tell if a metric ranks scores."""
    return name in RANKING or _FDR.fullmatch(name) is not None


def unknown_name(name, names, what: str) -> ValueError:
    """Make an error for a name that does not exist, with similar names."""
    nearest = get_close_matches(str(name), names, n=4, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
    return ValueError(f"there is no {what} {name!r}{hint}")
