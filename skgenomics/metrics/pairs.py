"""Scores of pairs of positions: precision of contacts, correlation at each distance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skgenomics._utils.validation import check_integer, warn_user

_SHARES = {"L": 1.0, "L/2": 0.5, "L/5": 0.2, "L/10": 0.1}
_MIN_PAIRS = 3


def contact_precision_score(
    y_true,
    y_score,
    *,
    top: str | int = "L/5",
    min_separation: int = 24,
    max_separation: int | None = None,
) -> float:
    """Compute the precision of the best-scored pairs of each sequence, averaged over sequences.

    The measure of contact prediction in CASP [1]_: long-range contacts have a separation of 24 and
    more residues, medium-range ones of 12 to 23, and short-range ones of 6 to 11.

    Parameters
    ----------
    y_true : list of ndarray of shape (L_i, L_i), or array-like of shape (n_samples, L, L)
        1 for contacts and 0 for other pairs; NaN for unknown pairs, which are left out.
    y_score : list of ndarray of shape (L_i, L_i), or array-like of shape (n_samples, L, L)
        Scores or probabilities of a contact, such as
        ``labeler.predict_proba(X)[..., 1]``; rows and columns beyond those of `y_true` are ignored.
    top : {"L", "L/2", "L/5", "L/10"} or int, default="L/5"
        Number of pairs that are looked at in each sequence of L positions.
    min_separation, max_separation : int, int or None, default=24 and None
        Distances of the two positions of a pair, both ends included.

    Returns
    -------
    float
        Fraction of contacts among the best pairs, averaged over the sequences that have such pairs;
        NaN with a warning if none has.

    Raises
    ------
    ValueError
        If shapes differ (naming the sequence) or a parameter is invalid.

    References
    ----------
    .. [1] Schaarschmidt et al. (2018). Assessment of contact predictions in CASP12: co-evolution
       and deep learning coming of age. Proteins 86, 51-66.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.metrics import contact_precision_score
    >>> contacts = np.zeros((1, 10, 10))
    >>> contacts[0, 1, 8] = contacts[0, 8, 1] = 1
    >>> contact_precision_score(contacts, contacts, top=1, min_separation=6)
    1.0
    >>> contact_precision_score(contacts, contacts, top="L/5", min_separation=6)
    0.5
    """
    if top not in _SHARES:
        if isinstance(top, str):
            raise ValueError(f"top must be one of {list(_SHARES)} or an integer, got {top!r}")
        check_integer("top", top, 1)
    check_integer("min_separation", min_separation, 0)
    if max_separation is not None:
        check_integer("max_separation", max_separation, min_separation)
    precisions = []
    for truth, scores in _samples(y_true, y_score):
        distance = _distances(len(truth))
        chosen = (distance >= min_separation) & ~np.isnan(truth) & ~np.isnan(scores)
        if max_separation is not None:
            chosen &= distance <= max_separation
        chosen &= np.triu(np.ones_like(chosen))
        wanted = max(1, int(len(truth) * _SHARES[top])) if isinstance(top, str) else int(top)
        if not chosen.any():
            continue
        contacts, scores = truth[chosen] > 0.5, scores[chosen]
        best = np.argsort(-scores, kind="stable")[:wanted]
        precisions.append(contacts[best].mean())
    if not precisions:
        warn_user("no sequence has pairs of such a separation, so that the precision is undefined")
        return float("nan")
    return float(np.mean(precisions))


def stratified_correlation_score(
    y_true, y_pred, *, min_distance: int = 1, max_distance: int | None = None
) -> float:
    """Compute the correlation of pairs at each distance, averaged over distances.

    Values of interaction maps such as Hi-C decay with distance, so that the correlation over all
    pairs is high for any model that knows the decay. Within one distance it is not [1]_.

    Parameters
    ----------
    y_true : list of ndarray of shape (L_i, L_i), or array-like of shape (n_samples, L, L)
        True values; NaN for unknown ones, which are left out.
    y_pred : list of ndarray of shape (L_i, L_i), or array-like of shape (n_samples, L, L)
        Predicted values; rows and columns beyond those of `y_true` are ignored.
    min_distance, max_distance : int, int or None, default=1 and None
        Distances in bins, both ends included.

    Returns
    -------
    float
        Pearson correlation of the pairs of one distance over all sequences, averaged over the
        distances with the number of their pairs as weights. Distances with fewer than three pairs
        or constant values are left out; NaN with a warning if none is left.

    Raises
    ------
    ValueError
        If shapes differ (naming the sequence) or a parameter is invalid.

    References
    ----------
    .. [1] Yang, T. et al. (2017). HiCRep: assessing the reproducibility of Hi-C data using a
       stratum-adjusted correlation coefficient. Genome Research 27, 1939-1949.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.metrics import stratified_correlation_score
    >>> decay = -np.abs(np.subtract.outer(np.arange(20), np.arange(20))).astype(float)
    >>> noise = np.random.default_rng(0).normal(size=(2, 20, 20))
    >>> bool(np.corrcoef(decay.ravel(), (decay + noise[0]).ravel())[0, 1] > 0.9)
    True
    >>> bool(abs(stratified_correlation_score([decay + noise[1]], [decay + noise[0]])) < 0.2)
    True
    """
    check_integer("min_distance", min_distance, 0)
    if max_distance is not None:
        check_integer("max_distance", max_distance, min_distance)
    parts = []
    for truth, predicted in _samples(y_true, y_pred):
        distance = _distances(len(truth))
        known = ~np.isnan(truth) & ~np.isnan(predicted) & (distance >= min_distance)
        if max_distance is not None:
            known &= distance <= max_distance
        known &= np.triu(np.ones_like(known))
        parts.append(np.stack([distance[known], truth[known], predicted[known]]))
    distance, truth, predicted = np.concatenate(parts, axis=1) if parts else np.empty((3, 0))
    correlations, sizes = [], []
    for d in np.unique(distance):
        rows = distance == d
        if rows.sum() < _MIN_PAIRS or not (truth[rows].std() and predicted[rows].std()):
            continue
        correlations.append(np.corrcoef(truth[rows], predicted[rows])[0, 1])
        sizes.append(rows.sum())
    if not correlations:
        warn_user("no distance has pairs enough that vary, so that the correlation is undefined")
        return float("nan")
    return float(np.average(correlations, weights=sizes))


def _samples(y_true, y_other) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the two matrices of each sequence, cut to the size of the first."""
    if len(y_true) != len(y_other):
        raise ValueError(f"there are {len(y_true)} true matrices, but {len(y_other)} predicted")
    for i, pair in enumerate(zip(y_true, y_other, strict=True)):
        truth, other = (np.asarray(matrix, dtype=float) for matrix in pair)
        n = len(truth)
        if truth.shape != (n, n) or other.ndim != 2 or min(other.shape) < n:
            raise ValueError(
                f"sequence {i} has a true matrix of shape {truth.shape} and a predicted one of "
                f"shape {other.shape}; both must be square, and the second at least as large"
            )
        yield truth, other[:n, :n]


def _distances(n: int) -> np.ndarray:
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
