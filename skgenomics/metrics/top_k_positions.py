"""Top-k accuracy of position labels, as for splice sites."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array

from skgenomics._utils.position_labels import NO_LABEL, UNKNOWN_LABEL, read_labels
from skgenomics._utils.validation import check_choice
from skgenomics.metrics._labels import undefined


def top_k_positions_score(
    y_true,
    y_score,
    *,
    classes,
    background="most_frequent",
    unknown_label: str | int | None = None,
    average: str | None = "macro",
) -> float | dict:
    """Compute the top-k accuracy: the fraction of sites among the k best-scored positions.

    k is the number of true sites. Positions of all sequences are ranked together for each class,
    as for splice sites [1]_: 1 finds all sites without a false one, and a random score finds a
    fraction equal to the frequency of sites. If scores are tied at rank k, the result is the mean
    over all orders of the tied positions.

    Parameters
    ----------
    y_true : list of str of shape (n_samples,), or array-like of shape (n_samples, L)
        Labels of the positions: strings, which may differ in length, or codes with NaN where a
        label is unknown.
    y_score : array-like of shape (n_samples, L, n_classes)
        Scores or probabilities, as predicted by :class:`~skgenomics.SequenceLabeler`; L is at
        least the length of the longest string, and positions after the end of a shorter one are
        ignored.
    classes : sequence of length n_classes
        Labels in the order of the last axis of `y_score`: ``labeler.classes_``.
    background : label, "most_frequent" or None, default="most_frequent"
        Class that is not a site and is ignored: a label, the most frequent one in `y_true`, or
        None for no such class.
    unknown_label : str or int or None, default=None
        Label of unknown positions; None for "?" in strings and -1 in codes.
    average : {"macro", None}, default="macro"
        "macro" for the mean over the classes, or None for the value of each class.

    Returns
    -------
    float or dict
        Mean over the classes that have sites, NaN with a warning if none has; or a dict from class
        to accuracy, with NaN for a class without sites.

    Raises
    ------
    ValueError
        If shapes do not match, a label is not among the classes, or a parameter is invalid.

    References
    ----------
    .. [1] Jaganathan et al., Predicting splicing from primary sequence with deep learning, Cell
       176, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.metrics import top_k_positions_score
    >>> donors = np.array([[0.1, 0.9, 0.8, 0.1, 0.7]])
    >>> scores = np.stack([donors, 1 - donors], axis=2)
    >>> top_k_positions_score(["NDNND"], scores, classes=["D", "N"])
    0.5
    """
    check_choice("average", average, ("macro", None))
    classes = list(classes)
    y_score = _read_scores(y_score, classes)
    indices = read_indices(y_true, classes, unknown_label, y_score.shape[:2])
    known = indices >= 0
    indices, y_score = indices[known], y_score[known]
    sites = _sites(classes, background, indices)
    accuracies = {classes[i]: _top_k_accuracy(indices == i, y_score[:, i]) for i in sites}
    if average is None:
        return accuracies
    known_ones = [value for value in accuracies.values() if not np.isnan(value)]
    if not known_ones:
        return undefined("top-k accuracy", "there are no sites")
    return float(np.mean(known_ones))


def _read_scores(y_score, classes: list) -> np.ndarray:
    y_score = check_array(y_score, ensure_2d=False, allow_nd=True, dtype=float, input_name="scores")
    if y_score.ndim != 3 or y_score.shape[2] != len(classes):
        raise ValueError(
            f"y_score must have shape (n_samples, L, n_classes) with {len(classes)} classes, got "
            f"{y_score.shape}"
        )
    return y_score


def read_indices(y_true, classes: list, unknown, shape: tuple[int, int]) -> np.ndarray:
    """Encode labels as class indices, -1 where there is none; in the shape of the scores."""
    is_text = isinstance(classes[0], str)
    if unknown is None:
        unknown = "?" if is_text else -1
    labels = read_labels(y_true, "text" if is_text else "codes", unknown)
    n, width = labels.shape
    if n != shape[0] or width > shape[1]:
        raise ValueError(
            f"y_true has {n} sequences of up to {width} labels, but y_score is for {shape[0]} "
            f"sequences of {shape[1]} positions"
        )
    indices = np.full(shape, -1)
    for i, label in enumerate(classes):
        indices[:, :width][labels == (ord(label) if is_text else label)] = i
    is_unseen = (indices[:, :width] < 0) & (labels != NO_LABEL) & (labels != UNKNOWN_LABEL)
    if is_unseen.any():
        row, position = np.argwhere(is_unseen)[0]
        label = chr(labels[row, position]) if is_text else int(labels[row, position])
        raise ValueError(
            f"sequence {row} has the label {label!r} at position {position}, which is not one "
            f"of the classes {classes}"
        )
    return indices


def _sites(classes: list, background, indices: np.ndarray) -> list[int]:
    """List the indices of the classes that are scored."""
    if background is None:
        return list(range(len(classes)))
    if isinstance(background, str) and background == "most_frequent":
        left_out = int(np.bincount(indices, minlength=len(classes)).argmax())
    elif background in classes:
        left_out = classes.index(background)
    else:
        raise ValueError(
            f"background must be one of the classes {classes}, 'most_frequent' or None, got "
            f"{background!r}"
        )
    return [i for i in range(len(classes)) if i != left_out]


def _top_k_accuracy(is_site: np.ndarray, score: np.ndarray) -> float:
    k = int(is_site.sum())
    if not k:
        return np.nan
    threshold = np.partition(score, len(score) - k)[len(score) - k]
    above, tied = score > threshold, score == threshold
    # Expectation over random orders: each tied position is among the best k with this probability.
    proba = (k - above.sum()) / tied.sum()
    return float((is_site[above].sum() + proba * is_site[tied].sum()) / k)
