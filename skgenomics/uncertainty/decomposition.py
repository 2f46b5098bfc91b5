"""Decomposition of predictive uncertainty."""

from __future__ import annotations

import numpy as np
from scipy.special import entr


def decompose_uncertainty(
    probabilities: np.ndarray, *, multilabel: bool = False
) -> dict[str, np.ndarray]:
    """Decompose the uncertainty of an ensemble of classifiers into its two sources.

    The total uncertainty is the entropy of the mean prediction. Its aleatoric part, the mean of the
    entropies, does not decrease with more training data. The epistemic part, the mutual information
    of label and model, is the disagreement of models due to limited training data [1]_.

    Parameters
    ----------
    probabilities : array-like of shape (n_members, n_samples, ..., n_classes)
        Probabilities from each member of an ensemble, or from each draw of :func:`mc_dropout`, of
        shape (n_members, n_samples, n_tasks) for multi-label targets. Probabilities of positions
        have an axis for them before that of the classes.
    multilabel : bool, default=False
        If True, the last axis holds the probability of the positive class of each task.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, ...) or (n_samples, n_tasks)
        Entries "total", "aleatoric" and "epistemic" in nats; the latter two add up to the first.

    Raises
    ------
    ValueError
        If `probabilities` has fewer than three axes, or values outside of [0, 1].

    See Also
    --------
    DeepEnsembleClassifier : Ensemble of networks that differ by their seeds.
    mc_dropout : Predictions of one network with random dropout.

    References
    ----------
    .. [1] Houlsby et al. (2011), Bayesian active learning for classification and preference
           learning, arXiv:1112.5745.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.uncertainty import decompose_uncertainty
    >>> agree, disagree = [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]]
    >>> parts = decompose_uncertainty(np.stack([[agree, disagree[0]], [agree, disagree[1]]]))
    >>> parts["total"].round(2), parts["epistemic"].round(2)
    (array([0.69, 0.69]), array([0.  , 0.69]))
    """
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.ndim < 3:
        raise ValueError(
            "probabilities must have the shape (n_members, n_samples, ..., n_classes), got "
            f"{probabilities.shape}; pass those of each member, not their mean"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie between 0 and 1; pass those of predict_proba")
    if multilabel:
        probabilities = np.stack([1 - probabilities, probabilities], axis=-1)
    total = entr(probabilities.mean(axis=0)).sum(axis=-1)
    aleatoric = entr(probabilities).sum(axis=-1).mean(axis=0)
    return {
        "total": total,
        "aleatoric": aleatoric,
        "epistemic": np.maximum(total - aleatoric, 0),
    }
