"""Reading y."""

from __future__ import annotations

import numpy as np


def as_array(y) -> np.ndarray:
    """Turn y into an array; missing values of pandas' own types in several columns become NaN."""
    if hasattr(y, "columns") and y.shape[1] > 1:
        return y.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(y)


def check_labelled(y: np.ndarray, what: str = "y") -> None:
    """Refuse the labels -1, 0, 1 and so on, of which -1 is scikit-learn's sign of none.

    Raises
    ------
    ValueError
        If these are the labels; -1 and 1 are two classes like any others.
    """
    if y.dtype.kind not in "if" or y.min(initial=0) != -1:
        return
    labels = np.unique(y)
    if len(labels) > 2 and np.array_equal(labels, np.arange(-1, len(labels) - 1)):
        raise ValueError(
            f"{what} has the label -1 in {(y == -1).sum()} rows beside the labels from 0 to "
            f"{labels[-1]:g}, and scikit-learn marks by it what has no label. Leave these rows "
            "out, or learn from them too by SemiSupervisedVAE, SelfTrainingClassifier or "
            "`pretrained`; if it is a class, give it a name such as 'down'"
        )


def find_places(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Places of values among the sorted ones that are known, -1 for any other."""
    places = np.searchsorted(known, values).clip(max=len(known) - 1)
    return np.where(known[places] == values, places, -1)


def encode_labels(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Places of labels among the classes; a ValueError for a strange label."""
    places = find_places(y, classes)
    strange = places < 0
    if strange.any():
        raise ValueError(
            f"y has the label {y[strange][:1].tolist()[0]!r}, which is none of the classes "
            f"{classes.tolist()} of the first fit; fit anew, or name all classes in `classes` at "
            "the first partial_fit"
        )
    return places
