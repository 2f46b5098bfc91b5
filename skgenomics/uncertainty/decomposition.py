"""What a sample of predictions says about the uncertainty of their mean."""

from __future__ import annotations

import numpy as np
from scipy.special import entr


def decompose_uncertainty(probabilities: np.ndarray, *, multilabel: bool = False) -> dict:
    """Split the uncertainty of classifiers that were drawn at random into its two sources.

    Total uncertainty is the entropy of the mean prediction. Its aleatoric part, the mean of the
    entropies, stays however much is learnt; the epistemic part, the mutual information between
    label and model, shows that models disagree since they saw too little [1]_.

    Parameters
    ----------
    probabilities : ndarray of shape (n_members, n, ..., n_classes) or (n_members, n, n_tasks)
        Probabilities of each member of an ensemble, or of each draw of :func:`mc_dropout`. A model
        that labels positions has an axis for them ahead of the classes.
    multilabel : bool, default=False
        Whether the last axis holds tasks, each with the probability of its 1.

    Returns
    -------
    dict of str to ndarray of shape (n, ...) or (n, n_tasks)
        "total", "aleatoric" and "epistemic", in nats; the latter two add up to the first.

    Raises
    ------
    ValueError
        If `probabilities` has fewer than three axes, or values outside of [0, 1].

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
            "probabilities must have the shape (n_members, n, ..., n_classes), got "
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
