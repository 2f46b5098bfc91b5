"""Scores of labels for each position of a sequence."""

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
    """Share of the true sites among the k best-scored positions, where k is their number.

    Positions of all sequences are ranked together, class by class, as for splice sites [1]_:
    1 finds every site without a false one, and a score that knows nothing finds as large a share
    as there are sites. Where scores tie at the k-th place, it is the mean over all orders of the
    tied positions.

    Parameters
    ----------
    y_true : list of str of shape (n_samples,), or array-like of shape (n_samples, L)
        A label for each position: strings, or codes with NaN where a label is unknown. Strings
        may differ in length.
    y_score : array-like of shape (n_samples, L, n_classes)
        Scores or probabilities, as :class:`~skgenomics.SequenceLabeler` predicts; L is at least
        the length of the longest string, and positions past a shorter one take no part.
    classes : sequence of length n_classes
        Labels in the order of the last axis of `y_score`: ``labeler.classes_``.
    background : label, "most_frequent" or None, default="most_frequent"
        Class that is no site and takes no part: a label, the most frequent one in `y_true`, or
        none.
    unknown_label : str or int or None, default=None
        Label that stands for an unknown one; by default "?" in strings and -1 in codes.
    average : {"macro", None}, default="macro"
        Mean over the classes, or None for all of them.

    Returns
    -------
    float or dict
        The mean over the classes that have sites, NaN with a warning if none has; or a dict from
        class to share, NaN for a class without sites.

    Raises
    ------
    ValueError
        If shapes do not match, a label is none of the classes, or a setting is none of its
        choices.

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
    places = _read_places(y_true, classes, unknown_label, y_score.shape[:2])
    known = places >= 0
    places, y_score = places[known], y_score[known]
    sites = _sites(classes, background, places)
    shares = {classes[i]: _share_found(places == i, y_score[:, i]) for i in sites}
    if average is None:
        return shares
    found = [share for share in shares.values() if not np.isnan(share)]
    return float(np.mean(found)) if found else undefined("the top-k share", "there are no sites")


def _read_scores(y_score, classes: list) -> np.ndarray:
    y_score = check_array(y_score, ensure_2d=False, allow_nd=True, dtype=float, input_name="scores")
    if y_score.ndim != 3 or y_score.shape[2] != len(classes):
        raise ValueError(
            f"y_score must have shape (n_samples, L, n_classes) with {len(classes)} classes, got "
            f"{y_score.shape}"
        )
    return y_score


def _read_places(y_true, classes: list, unknown, shape: tuple[int, int]) -> np.ndarray:
    """Place of each label among the classes, -1 where there is none; the shape of the scores."""
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
    places = np.full(shape, -1)
    for i, label in enumerate(classes):
        places[:, :width][labels == (ord(label) if is_text else label)] = i
    strange = (places[:, :width] < 0) & (labels != NO_LABEL) & (labels != UNKNOWN_LABEL)
    if strange.any():
        row, position = np.argwhere(strange)[0]
        label = chr(labels[row, position]) if is_text else int(labels[row, position])
        raise ValueError(
            f"sequence {row} has the label {label!r} at position {position}, which is none of "
            f"the classes {classes}"
        )
    return places


def _sites(classes: list, background, places: np.ndarray) -> list[int]:
    """Places of the classes that take part."""
    if background is None:
        return list(range(len(classes)))
    if isinstance(background, str) and background == "most_frequent":
        left_out = int(np.bincount(places, minlength=len(classes)).argmax())
    elif background in classes:
        left_out = classes.index(background)
    else:
        raise ValueError(
            f"background must be one of the classes {classes}, 'most_frequent' or None, got "
            f"{background!r}"
        )
    return [i for i in range(len(classes)) if i != left_out]


def _share_found(is_site: np.ndarray, score: np.ndarray) -> float:
    k = int(is_site.sum())
    if not k:
        return np.nan
    threshold = np.partition(score, len(score) - k)[len(score) - k]
    above, tied = score > threshold, score == threshold
    chance = (k - above.sum()) / tied.sum()
    return float((is_site[above].sum() + chance * is_site[tied].sum()) / k)
