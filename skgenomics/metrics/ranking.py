"""Scores of rankings under imbalance: AUPRC against its baseline, recall at a given FDR."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from skgenomics._utils.validation import check_real
from skgenomics.metrics._labels import read_binary, read_weights, undefined

# 1 - 0.7 is a little more than 0.3.
_ROUNDING = 1e-12


def average_precision_baseline(y_true, *, pos_label=None, sample_weight=None) -> float:
    """Average precision of a model that knows nothing: the share of positives.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    pos_label : label or None, default=None
        The positive class; by default the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float

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
    """Average precision on a scale where chance is 0 and a perfect ranking is 1.

    It is (AP - prevalence) / (1 - prevalence), so that data sets of different imbalance can be
    compared. Samples of the same score are one threshold: a constant score gives exactly 0. Less
    than 0 is worse than chance.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        Scores, larger for positives.
    pos_label : label or None, default=None
        The positive class; by default the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        NaN, with a warning, if there is only one class.

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
    """Largest share of positives that a threshold finds at a false discovery rate of at most `fdr`.

    The false discovery rate is the share of negatives among the samples at or above the
    threshold; samples of the same score stand or fall together.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Labels of two classes.
    y_score : array-like of shape (n_samples,)
        Scores, larger for positives.
    fdr : float, default=0.25
        Largest false discovery rate, in [0, 1].
    pos_label : label or None, default=None
        The positive class; by default the last one in sorted order.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples.

    Returns
    -------
    float
        0 if no threshold is that clean; NaN, with a warning, if there are no positives.

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
