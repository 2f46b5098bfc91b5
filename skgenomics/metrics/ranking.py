"""Ranking metrics for imbalanced classes: adjusted average precision and recall at a given FDR."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from skgenomics._utils.validation import check_real
from skgenomics.metrics._labels import read_binary, read_weights, undefined

# Tolerance of floating-point comparisons: 1 - 0.7 is slightly more than 0.3.
_ROUNDING = 1e-12


def average_precision_baseline(y_true, *, pos_label=None, sample_weight=None) -> float:
    """Compute the average precision of a random ranking: the fraction of positives.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    pos_label : label or None, default=None
        The positive class; None for the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        The prevalence.

    Raises
    ------
    ValueError
        If y_true is empty, has missing labels, or more than two classes.

    Examples
    --------
    >>> from skgenomics.metrics import average_precision_baseline
    >>> average_precision_baseline([0, 0, 0, 1])
    0.25
    """
    truth, _ = read_binary(y_true, pos_label=pos_label)
    return float(np.average(truth, weights=read_weights(sample_weight, len(truth))))


def adjusted_average_precision_score(
    y_true, y_score, *, pos_label=None, sample_weight=None
) -> float:
    """Compute average precision adjusted so that 0 is a random ranking and 1 a perfect one.

    It is (AP - prevalence) / (1 - prevalence), so that data sets of different imbalance are
    comparable. Samples with equal scores form one threshold: a constant score gives exactly 0.
    Values below 0 are worse than random.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        Scores, larger for positives.
    pos_label : label or None, default=None
        The positive class; None for the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        Adjusted average precision; NaN, with a warning, if there is only one class.

    Raises
    ------
    ValueError
        If inputs are empty, of different lengths, not finite, or have more than two classes.

    See Also
    --------
    average_precision_baseline : The prevalence.

    Examples
    --------
    >>> from skgenomics.metrics import adjusted_average_precision_score
    >>> adjusted_average_precision_score([0, 0, 0, 1], [0.1, 0.2, 0.9, 0.8])
    0.333...
    >>> adjusted_average_precision_score([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5])
    0.0
    """
    truth, y_score = read_binary(y_true, y_score, pos_label)
    weights = read_weights(sample_weight, len(truth))
    prevalence = float(np.average(truth, weights=weights))
    if prevalence in (0, 1):
        return undefined("adjusted average precision", "y_true has only one class")
    precision = average_precision_score(truth, y_score, sample_weight=weights)
    return float((precision - prevalence) / (1 - prevalence))


def recall_at_fdr_score(
    y_true, y_score, *, fdr: float = 0.25, pos_label=None, sample_weight=None
) -> float:
    """Compute the maximum recall at a false discovery rate of at most `fdr`.

    The false discovery rate is the fraction of negatives among the samples at or above the
    threshold; samples with equal scores are on the same side of it.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        Scores, larger for positives.
    fdr : float, default=0.25
        Maximum false discovery rate, in [0, 1].
    pos_label : label or None, default=None
        The positive class; None for the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        Recall; 0 if no threshold has that rate, and NaN, with a warning, if there are no positives.

    Raises
    ------
    ValueError
        If `fdr` is out of range, or inputs are empty, of different lengths, not finite, or have
        more than two classes.

    Examples
    --------
    >>> from skgenomics.metrics import recall_at_fdr_score
    >>> y, score = [1, 1, 0, 1, 0, 0], [6, 5, 4, 3, 2, 1]
    >>> recall_at_fdr_score(y, score, fdr=0.1), recall_at_fdr_score(y, score, fdr=0.25)
    (0.666..., 1.0)
    """
    check_real("fdr", fdr, 0, 1)
    truth, y_score = read_binary(y_true, y_score, pos_label)
    weights = read_weights(sample_weight, len(truth))
    if not weights[truth].any():
        return undefined("recall at a given FDR", "y_true has no positives")
    precision, recall, _ = precision_recall_curve(truth, y_score, sample_weight=weights)
    # The last point of the curve stands for no threshold, with precision 1 and recall 0.
    return float(recall[precision >= 1 - fdr - _ROUNDING].max())
