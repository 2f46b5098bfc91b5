"""Whether one model is better than another on the same sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.utils import check_array, check_consistent_length, check_random_state

from skgenomics._utils.validation import check_choice, warn_user
from skgenomics.metrics._labels import read_binary
from skgenomics.metrics.bootstrap import (
    check_confidence,
    draw_rows,
    percentiles,
    read_metric,
    resample_score,
)


@dataclass(frozen=True)
class Comparison:
    """Scores of two models on the same samples, and their difference.

    Parameters
    ----------
    score_a : float
        Score of the first model.
    score_b : float
        Score of the second model.
    difference : float
        ``score_a - score_b``.
    low : float
        Lower end of the confidence interval of the difference.
    high : float
        Upper end of the confidence interval of the difference.
    p_value : float
        Two-sided p-value of the null hypothesis of no difference.
    method : {"delong", "bootstrap"}
        Method of the interval and the p-value.

    Examples
    --------
    >>> from skgenomics.metrics import Comparison
    >>> Comparison(0.9, 0.8, 0.1, 0.05, 0.15, 0.001, "delong").p_value
    0.001
    """

    score_a: float
    score_b: float
    difference: float
    low: float
    high: float
    p_value: float
    method: str


def compare_scores(
    y_true,
    score_a,
    score_b,
    *,
    metric: str | Callable = "roc_auc",
    method: str = "auto",
    groups=None,
    confidence: float = 0.95,
    n_resamples: int = 2000,
    stratify: bool = True,
    random_state: int | np.random.RandomState | None = None,
) -> Comparison:
    """Compare two models on the same test sequences.

    Both are scored on the same resamples, so that sequences that are difficult for both do not
    inflate the variance of the difference.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_tasks)
        Labels or values.
    score_a, score_b : array-like of shape (n_samples, ...)
        What the metric takes: scores, probabilities or predictions of both models.
    metric : str or callable, default="roc_auc"
        Metric, as in :func:`bootstrap_interval`.
    method : {"auto", "delong", "bootstrap"}, default="auto"
        DeLong's test needs no resampling, but applies to areas under ROC curves only, without
        groups; "auto" uses it where it applies.
    groups : array-like of shape (n_samples,) or None, default=None
        Groups that are drawn as a whole, such as clusters of homologous sequences.
    confidence : float, default=0.95
        Confidence level: probability that the interval covers the true difference.
    n_resamples : int, default=2000
        Number of bootstrap samples; unused by DeLong's test.
    stratify : bool, default=True
        When True, keep the number of samples of each class; unused by DeLong's test.
    random_state : int, RandomState instance or None, default=None
        Seed of the resampling; unused by DeLong's test.

    Returns
    -------
    Comparison
        Scores, difference, interval, p-value and method. The p-value of the bootstrap is twice
        the smaller fraction of resamples on either side of zero, and at least
        2 / (n_resamples + 1).

    Raises
    ------
    ValueError
        If inputs are empty or of different lengths, DeLong's test does not apply, or a parameter is
        out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.metrics import compare_scores
    >>> rng = np.random.RandomState(0)
    >>> y = np.repeat([0, 1], 200)
    >>> good, weak = 2 * y + rng.normal(size=400), y + rng.normal(size=400)
    >>> result = compare_scores(y, good, weak)
    >>> result.method, round(result.difference, 2), result.low > 0, result.p_value < 0.001
    ('delong', 0.1..., True, True)
    >>> groups = np.arange(400) // 4
    >>> compare_scores(y, good, weak, groups=groups, random_state=0).method
    'bootstrap'
    """
    check_choice("method", method, ("auto", "delong", "bootstrap"))
    can_delong = isinstance(metric, str) and metric == "roc_auc" and groups is None
    if method == "delong" and not can_delong:
        raise ValueError("method='delong' takes metric='roc_auc' and no groups; use 'bootstrap'")
    if method != "bootstrap" and can_delong:
        return delong_test(y_true, score_a, score_b, confidence=confidence)
    check_confidence(confidence, n_resamples)
    metric, y_true, (score_a, score_b) = read_metric(metric, y_true, score_a, score_b)
    rng = check_random_state(random_state)
    differences = np.array(
        [
            resample_score(metric, y_true[rows], score_a[rows])
            - resample_score(metric, y_true[rows], score_b[rows])
            for rows in draw_rows(y_true, n_resamples, groups, stratify, rng)
        ]
    )
    low, high = percentiles(differences, confidence)
    a, b = float(metric(y_true, score_a)), float(metric(y_true, score_b))
    return Comparison(a, b, a - b, low, high, _two_sided(differences), "bootstrap")


def delong_test(y_true, score_a, score_b, *, confidence: float = 0.95) -> Comparison:
    """Compare the areas under two ROC curves on the same samples by DeLong's test [1]_.

    Variances are computed from midranks [2]_, in the time of sorting.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes; the positive one is the last in sorted order.
    score_a, score_b : array-like of shape (n_samples,)
        Scores of both models, larger for positives.
    confidence : float, default=0.95
        Confidence level: probability that the interval covers the true difference.

    Returns
    -------
    Comparison
        Scores, difference, interval and p-value.

    Raises
    ------
    ValueError
        If inputs have different lengths, or a class has fewer than two samples.

    References
    ----------
    .. [1] DeLong, DeLong & Clarke-Pearson, Comparing the areas under two or more correlated
       receiver operating characteristic curves, Biometrics 44, 1988.
    .. [2] Sun & Xu, Fast implementation of DeLong's algorithm, IEEE Signal Processing Letters 21,
       2014.

    Examples
    --------
    >>> from skgenomics.metrics import delong_test
    >>> y = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> result = delong_test(y, [1, 2, 3, 5, 4, 6, 7, 8], [3, 2, 7, 5, 4, 1, 6, 8])
    >>> result.score_a, result.score_b, round(result.p_value, 2)
    (0.9375, 0.5625, 0.13)
    """
    check_confidence(confidence, 1)
    truth, _ = read_binary(y_true)
    scores = [
        check_array(score, ensure_2d=False, dtype=float, input_name=name)
        for name, score in (("score_a", score_a), ("score_b", score_b))
    ]
    check_consistent_length(truth, *scores)
    for count, what in ((truth.sum(), "positives"), ((~truth).sum(), "negatives")):
        if count < 2:
            raise ValueError(f"DeLong's test needs at least two {what}, got {count}")
    areas, covariance = delong_covariance(truth, np.array(scores))
    difference = float(areas[0] - areas[1])
    # Rounding errors may leave a slightly negative value.
    variance = max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = float(np.sqrt(variance))
    if error:
        p_value = float(2 * norm.sf(abs(difference) / error))
    else:
        p_value = _without_variance(difference)
    half = error * float(norm.ppf((1 + confidence) / 2))
    return Comparison(
        float(areas[0]), float(areas[1]), difference, difference - half, difference + half,
        p_value, "delong",
    )  # fmt: skip


def delong_covariance(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute areas under ROC curves and their covariance, for scores (n_models, n_samples)."""
    n_positives = truth.sum()
    n_negatives = len(truth) - n_positives
    ranks = rankdata(scores, axis=1)
    # Structural components: the fraction of negatives below each positive, and of positives above
    # each negative.
    below = (ranks[:, truth] - rankdata(scores[:, truth], axis=1)) / n_negatives
    above = 1 - (ranks[:, ~truth] - rankdata(scores[:, ~truth], axis=1)) / n_positives
    covariance = np.cov(below) / n_positives + np.cov(above) / n_negatives
    return below.mean(axis=1), covariance


def _without_variance(difference: float) -> float:
    if difference == 0:
        return 1.0
    warn_user(
        "DeLong's variance is zero, since both rankings are perfect; the p-value is not "
        "meaningful, use method='bootstrap'",
        RuntimeWarning,
    )
    return 0.0


def _two_sided(differences: np.ndarray) -> float:
    known = differences[~np.isnan(differences)]
    smaller = min((known <= 0).sum(), (known >= 0).sum())
    return float(min(1.0, 2 * (smaller + 1) / (len(known) + 1)))
