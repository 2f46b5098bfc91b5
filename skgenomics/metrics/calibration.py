"""Calibration of predicted probabilities."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.metrics._labels import check_known, read_binary, read_weights, undefined


def expected_calibration_error(
    y_true,
    y_prob,
    *,
    n_bins: int = 15,
    strategy: str = "uniform",
    labels=None,
    sample_weight=None,
) -> float:
    """Compute the expected calibration error.

    This is the mean absolute difference between predicted probabilities and observed frequencies,
    over bins of probabilities. With two classes, the probability of the positive class is compared
    with its frequency; with more classes, the probability of the most likely class with its
    accuracy [1]_. With several tasks, the errors of the tasks, each over its known labels, are
    averaged.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_tasks)
        Labels, or an indicator matrix of 0 and 1 with NaN where a label is missing.
    y_prob : array-like of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_tasks)
        Probabilities of the positive class, of all classes, or of each task.
    n_bins : int, default=15
        Number of bins.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of equal width, or with equal numbers of samples (fewer bins where probabilities
        coincide).
    labels : array-like of shape (n_classes,) or None, default=None
        Classes in the order of the columns of `y_prob`; None for the sorted labels of `y_true`.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        Error in [0, 1]; 0 is perfect. NaN, with a warning, if no label is known.

    Raises
    ------
    ValueError
        If inputs are empty, of different shapes, or no probabilities, or a setting is out of
        range.

    References
    ----------
    .. [1] Guo et al., On calibration of modern neural networks, ICML 2017.

    Examples
    --------
    >>> from skgenomics.metrics import expected_calibration_error
    >>> expected_calibration_error([0, 1, 1, 1], [0.75, 0.75, 0.75, 0.75])
    0.0
    >>> expected_calibration_error(["EI", "N"], [[0.9, 0.1], [0.9, 0.1]])
    0.4
    """
    check_integer("n_bins", n_bins, 1)
    check_choice("strategy", strategy, ("uniform", "quantile"))
    y_prob = check_array(y_prob, ensure_2d=False, dtype=float, input_name="y_prob")
    check_consistent_length(y_true, y_prob)
    if (y_prob < 0).any() or (y_prob > 1).any():
        raise ValueError(
            f"y_prob must be probabilities in [0, 1], got values from {y_prob.min():g} to "
            f"{y_prob.max():g}; scores become probabilities by CalibratedClassifierCV"
        )
    weights = read_weights(sample_weight, len(y_prob))
    errors = [
        _error(is_correct, proba, weights[known], n_bins, strategy)
        for is_correct, proba, known in _columns(y_true, y_prob, labels)
        if weights[known].any()
    ]
    if not errors:
        return undefined("the calibration error", "no label in y_true is known")
    return float(np.mean(errors))


def _columns(y_true, y_prob: np.ndarray, labels):
    """Generate outcomes, their probabilities and a mask of known samples, for each task."""
    y_true = np.asarray(y_true)
    everything = np.ones(len(y_prob), dtype=bool)
    if y_true.ndim == 2 and y_true.shape[1] > 1:
        yield from _tasks(y_true, y_prob)
    elif y_prob.ndim == 1 or y_prob.shape[1] <= 2:
        positive = None if labels is None else labels[-1]
        proba = y_prob if y_prob.ndim == 1 else y_prob[:, -1]
        yield read_binary(y_true.ravel(), pos_label=positive)[0], proba, everything
    else:
        check_known(y_true.ravel())
        labels = np.unique(y_true) if labels is None else np.asarray(labels)
        if len(labels) != y_prob.shape[1]:
            raise ValueError(
                f"y_prob has {y_prob.shape[1]} columns, but there are {len(labels)} classes: "
                f"{labels.tolist()[:6]}; give all of them as labels"
            )
        yield labels[y_prob.argmax(axis=1)] == y_true.ravel(), y_prob.max(axis=1), everything


def _tasks(Y_true: np.ndarray, y_prob: np.ndarray):
    if Y_true.shape != y_prob.shape:
        raise ValueError(f"y_true has shape {Y_true.shape}, but y_prob has {y_prob.shape}")
    Y_true = check_array(Y_true, dtype=float, ensure_all_finite="allow-nan", input_name="y_true")
    if not (np.isnan(Y_true) | (Y_true == 0) | (Y_true == 1)).all():
        raise ValueError("labels of several tasks must be 0, 1 or NaN for a missing one")
    for truth, proba in zip(Y_true.T, y_prob.T, strict=True):
        known = ~np.isnan(truth)
        yield truth[known] > 0, proba[known], known


def _error(is_correct, proba, weights, n_bins: int, strategy: str) -> float:
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        edges = np.unique(np.quantile(proba, edges))
    bins = np.digitize(proba, edges[1:-1])
    gaps = np.bincount(bins, weights=weights * (is_correct - proba))
    return float(np.abs(gaps).sum() / weights.sum())
