"""Reading of per-position labels: strings, or rows of integer codes."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array

from skgenomics.sequences import as_strings, is_text

# Numbers that no character and no code has: an unknown label, and the absence of one behind the
# end of a shorter string.
UNKNOWN_LABEL, NO_LABEL = -(2**62), -(2**62) - 1


def read_labels(y, form: str, unknown: str | int) -> np.ndarray:
    """Convert per-position labels to numbers: characters to code points, codes to themselves.

    Parameters
    ----------
    y : list or array of str of shape (n_samples,), or array-like of int of shape \
            (n_samples, length)
        Labels.
    form : {"text", "codes"}
        Expected form of the labels.
    unknown : str or int
        Label that stands for an unknown one.

    Returns
    -------
    ndarray of shape (n_samples, length), int64
        `UNKNOWN_LABEL` where a label is unknown, and `NO_LABEL` behind shorter strings.

    Raises
    ------
    ValueError
        If y has the other form, or holds numbers that are not integers.
    TypeError
        If an element among strings is not a string.
    """
    if is_text(y) != (form == "text"):
        raise ValueError(f"y must hold labels as {form}, as it did in fit")
    if form == "text":
        return _read_characters(_one_string_each(y), unknown)
    if np.asarray(y).ndim == 1 and np.asarray(y).dtype.kind in "biuf":
        raise ValueError(
            "y has one label for each sequence, but one for each position is needed: a string or a "
            "row of codes; ResNetClassifier and the other classifiers take one label per sequence"
        )
    y = check_array(y, dtype=None, ensure_all_finite="allow-nan", input_name="y")
    missing = (y != y) | (y == unknown)
    labels = np.where(missing, 0, y).astype(np.int64)
    invalid = ~missing & (labels != y)
    if invalid.any():
        i, position = np.argwhere(invalid)[0]
        raise ValueError(
            f"y[{i}, {position}] is {y[i, position]!r}, but labels of positions are integers, "
            "or strings with a character for each position"
        )
    return np.where(missing, UNKNOWN_LABEL, labels)


def _one_string_each(y) -> list[str]:
    if np.asarray(y).ndim == 2 and np.asarray(y).shape[1] > 1:
        raise ValueError(
            "y has a character in each cell; join those of a sequence: [''.join(row) for row in y]"
        )
    return as_strings(y)


def _read_characters(texts: list[str], unknown: str | int) -> np.ndarray:
    bad = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if bad:
        raise TypeError(f"the labels of sequence {bad[0]} are {texts[bad[0]]!r}, not a string")
    width = max(1, max(map(len, texts)))
    points = np.array(texts, dtype=f"<U{width}").view(np.uint32).astype(np.int64)
    labels = points.reshape(len(texts), width)
    labels[labels == ord(str(unknown))] = UNKNOWN_LABEL
    # NumPy pads shorter strings with zeros.
    labels[labels == 0] = NO_LABEL
    return labels
