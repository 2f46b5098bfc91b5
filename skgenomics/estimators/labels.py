"""Reading labels of positions: strings with a letter for each, or rows of codes."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array

from skgenomics.sequences import as_texts, is_text

# Among labels as numbers: an unknown one, and none at all, behind a string.
UNKNOWN_LABEL, NO_LABEL = -(2**62), -(2**62) - 1


def read_labels(y, form: str, unknown: str | int) -> np.ndarray:
    """Turn labels into numbers: letters into their place in Unicode, codes into themselves.

    Parameters
    ----------
    y : list or array of str of shape (n,), or array-like of int of shape (n, L)
    form : {"text", "codes"}
        Which of these it has to be.
    unknown : str or int
        Label that stands for an unknown one.

    Returns
    -------
    ndarray of shape (n, L), int64
        With `UNKNOWN_LABEL` where a label is unknown, and `NO_LABEL` behind shorter strings.

    Raises
    ------
    ValueError
        If y has the other form, or holds numbers that are no integers.
    TypeError
        If an element among strings is none.
    """
    if is_text(y) != (form == "text"):
        raise ValueError(f"y must hold labels as {form}, as it did in fit")
    if form == "text":
        return _read_letters(_one_string_each(y), unknown)
    if np.asarray(y).ndim == 1 and np.asarray(y).dtype.kind in "biuf":
        raise ValueError(
            "y has one label for each sequence, but one for each position is needed: a string or a "
            "row of codes; ResNetClassifier and its kin take labels of sequences"
        )
    y = check_array(y, dtype=None, ensure_all_finite="allow-nan", input_name="y")
    missing = (y != y) | (y == unknown)
    labels = np.where(missing, 0, y).astype(np.int64)
    strange = ~missing & (labels != y)
    if strange.any():
        i, position = np.argwhere(strange)[0]
        raise ValueError(
            f"y[{i}, {position}] is {y[i, position]!r}, but labels of positions are integers, "
            "or strings with a letter for each position"
        )
    return np.where(missing, UNKNOWN_LABEL, labels)


def _one_string_each(y) -> list[str]:
    if np.asarray(y).ndim == 2 and np.asarray(y).shape[1] > 1:
        raise ValueError(
            "y has a letter in each cell; join those of a sequence: [''.join(row) for row in y]"
        )
    return as_texts(y)


def _read_letters(texts: list[str], unknown: str) -> np.ndarray:
    bad = [i for i, text in enumerate(texts) if not isinstance(text, str)]
    if bad:
        raise TypeError(f"the labels of sequence {bad[0]} are {texts[bad[0]]!r}, not a string")
    width = max(1, max(map(len, texts)))
    letters = np.array(texts, dtype=f"<U{width}").view(np.uint32).astype(np.int64)
    labels = letters.reshape(len(texts), width)
    labels[labels == ord(unknown)] = UNKNOWN_LABEL
    # Numpy fills shorter strings up with zeros.
    labels[labels == 0] = NO_LABEL
    return labels
