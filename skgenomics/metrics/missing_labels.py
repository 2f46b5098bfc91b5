"""Scores of several tasks with missing labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array, check_consistent_length

from skgenomics._utils.validation import check_choice, warn_user

_MAX_NAMED = 8


def masked_score(
    metric: Callable,
    Y_true,
    Y_score,
    *,
    average: str | None = "macro",
    sample_weight=None,
) -> float | np.ndarray:
    """Compute a metric for each task over its known labels.

    A task whose known labels are all equal has no ranking and no correlation: it is excluded with a
    warning.

    Parameters
    ----------
    metric : callable
        Function ``metric(y_true, y_score) -> float``, such as those of :mod:`sklearn.metrics`; use
        :func:`functools.partial` to set its parameters.
    Y_true : array-like of shape (n_samples, n_tasks) or (n_samples,)
        Labels or values, NaN where missing.
    Y_score : array-like of shape (n_samples, n_tasks) or (n_samples,)
        Input of the metric: scores, probabilities or predictions.
    average : {"macro", "weighted", None}, default="macro"
        "macro" for the mean over the tasks, "weighted" for the mean weighted by the number of known
        labels, or None for the scores of all tasks.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples, passed on to the metric.

    Returns
    -------
    float or ndarray of shape (n_tasks,)
        Score; NaN for an excluded task or if all are excluded. If the metric itself is NaN for a
        task, the mean is NaN too.

    Raises
    ------
    ValueError
        If inputs are empty or of different shapes, or `average` is invalid.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.metrics import roc_auc_score
    >>> from skgenomics.metrics import masked_score
    >>> Y = [[0, 1], [1, np.nan], [np.nan, 0], [0, 1]]
    >>> score = [[0.2, 0.7], [0.9, 0.1], [0.5, 0.8], [0.3, 0.9]]
    >>> masked_score(roc_auc_score, Y, score)
    0.75
    >>> masked_score(roc_auc_score, Y, score, average=None)
    array([1. , 0.5])
    """
    check_choice("average", average, ("macro", "weighted", None))
    Y_true = _read(Y_true, "Y_true", ensure_all_finite="allow-nan")
    Y_score = _read(Y_score, "Y_score")
    if Y_true.shape != Y_score.shape:
        raise ValueError(f"Y_true has shape {Y_true.shape}, but Y_score has {Y_score.shape}")
    check_consistent_length(Y_true, sample_weight)
    known = ~np.isnan(Y_true)
    scores = np.array(
        [
            _score_task(metric, *columns, sample_weight)
            for columns in zip(Y_true.T, Y_score.T, known.T, strict=True)
        ]
    )
    has_two = _has_two_values(Y_true)
    if not has_two.all():
        _warn(np.flatnonzero(~has_two), len(scores))
    if average is None:
        return scores
    if not has_two.any():
        return np.nan
    weights = known.sum(axis=0)[has_two] if average == "weighted" else None
    return float(np.average(scores[has_two], weights=weights))


def _read(Y, name: str, **settings) -> np.ndarray:
    Y = check_array(Y, ensure_2d=False, dtype=float, input_name=name, **settings)
    return Y.reshape(len(Y), -1)


def _has_two_values(Y: np.ndarray) -> np.ndarray:
    low = np.where(np.isnan(Y), np.inf, Y).min(axis=0)
    high = np.where(np.isnan(Y), -np.inf, Y).max(axis=0)
    return low < high


def _score_task(metric, truth, score, known, sample_weight) -> float:
    truth, score = truth[known], score[known]
    if not len(truth) or truth.min() == truth.max():
        return np.nan
    if sample_weight is None:
        return float(metric(truth, score))
    return float(metric(truth, score, sample_weight=np.asarray(sample_weight)[known]))


def _warn(left_out: np.ndarray, n_tasks: int) -> None:
    names = ", ".join(map(str, left_out[:_MAX_NAMED]))
    more = ", ..." if len(left_out) > _MAX_NAMED else ""
    warn_user(
        f"{len(left_out)} of {n_tasks} tasks have fewer than two different known labels and are "
        f"left out of the score: {names}{more}",
        UndefinedMetricWarning,
    )
