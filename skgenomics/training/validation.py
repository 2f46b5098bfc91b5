"""The part of the training data that early stopping is judged on."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
)


def validation_rows(
    n: int, labels: np.ndarray | None, groups, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows into a part to train on and a part to validate on.

    Parameters
    ----------
    n : int
        Number of rows.
    labels : ndarray of shape (n,) or None
        Classes to keep in proportion, as far as they are frequent enough.
    groups : array-like of shape (n,) or None
        Rows of one group stay on one side.
    fraction : float
        Share of the rows, or of the groups, to validate on.
    seed : int
        Seed of the split.

    Returns
    -------
    train, valid : ndarray of int

    Raises
    ------
    ValueError
        If there are too few rows or groups for two parts.
    """
    if groups is not None:
        splitter = _group_splitter(labels, groups, fraction, seed)
    elif labels is not None and _can_stratify(labels, fraction):
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    else:
        splitter = ShuffleSplit(1, test_size=fraction, random_state=seed)
    return next(splitter.split(np.empty(n), labels, groups))


def _can_stratify(labels: np.ndarray, fraction: float) -> bool:
    counts = np.unique(labels, return_counts=True)[1]
    n_valid = int(np.ceil(fraction * len(labels)))
    return counts.min() >= 2 and min(n_valid, len(labels) - n_valid) >= len(counts)


def _group_splitter(labels, groups, fraction: float, seed: int):
    n_groups = len(np.unique(np.asarray(groups)))
    if n_groups < 2:
        raise ValueError(
            "early stopping needs at least two groups, one to validate on; all rows are of one "
            "group: pass other groups, or early_stopping=False"
        )
    n_splits = min(max(2, round(1 / fraction)), n_groups)
    if labels is not None and np.unique(labels, return_counts=True)[1].min() >= n_splits:
        return StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    return GroupShuffleSplit(1, test_size=fraction, random_state=seed)
