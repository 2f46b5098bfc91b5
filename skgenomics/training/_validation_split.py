"""The part of the training data that early stopping is judged on."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import _safe_indexing

# Number of random splits. Groups differ in size, so the split nearest to `fraction` is taken.
_GROUP_SPLITS = 50


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
        Share of the rows to validate on; with groups, as near to it as they allow.
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
    if n < 2:
        raise ValueError(
            f"early stopping needs a part of the data to validate on, but there is n_samples={n}; "
            "pass early_stopping=False"
        )
    if groups is not None:
        return _split_groups(labels, np.asarray(groups), fraction, seed)
    if labels is not None and _can_stratify(labels, fraction):
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    else:
        splitter = ShuffleSplit(1, test_size=fraction, random_state=seed)
    return next(splitter.split(np.empty(n), labels))


def labelled_validation_rows(
    has_label: np.ndarray, labels: np.ndarray | None, groups, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows as :func:`validation_rows` does, with those that have no label to train on.

    Parameters
    ----------
    has_label : ndarray of bool of shape (n,)
        Which of the rows have a label at all.
    labels, groups, fraction, seed
        As in :func:`validation_rows`.
    """
    labeled = np.flatnonzero(has_label)
    train, valid = validation_rows(
        len(labeled),
        None if labels is None else labels[labeled],
        None if groups is None else _safe_indexing(groups, labeled),
        fraction,
        seed,
    )
    train = np.concatenate([labeled[train], np.flatnonzero(~has_label)])
    return np.sort(train), labeled[valid]


def is_splitter(value: Any) -> bool:
    """Tell whether a value is a cross-validation splitter."""
    return hasattr(value, "split") and not isinstance(value, str | bytes)


def splitter_rows(
    splitter: Any, X: np.ndarray, labels: np.ndarray | None, groups, has_label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Split samples by the first split of a cross-validation splitter.

    Parameters
    ----------
    splitter : object
        Splitter such as :class:`sklearn.model_selection.PredefinedSplit`.
    X : ndarray of shape (n_samples, ...)
        Samples.
    labels : ndarray of shape (n_samples,) or None
        Classes, for splitters that keep them in proportion.
    groups : array-like of shape (n_samples,) or None
        Groups, for splitters that keep them together.
    has_label : ndarray of bool of shape (n_samples,)
        Samples without any label are not validated on.

    Returns
    -------
    train, valid : ndarray of int

    Raises
    ------
    ValueError
        If the splitter is for another number of samples, or one of the parts is empty.
    """
    n = len(X)
    name = type(splitter).__name__
    folds = getattr(splitter, "test_fold", None)
    if folds is not None and len(folds) != n:
        raise ValueError(
            f"validation_fraction={name} is for {len(folds)} samples, but there are {n}; behind "
            "samplers and in cross-validation pass validation_data to fit instead"
        )
    train, valid = next(iter(splitter.split(X, labels, groups)), (np.empty(0), np.empty(0)))
    train, valid = np.asarray(train, dtype=int), np.asarray(valid, dtype=int)
    if max(train.max(initial=-1), valid.max(initial=-1)) >= n:
        raise ValueError(f"validation_fraction={name} splits more samples than the {n} that exist")
    valid = valid[has_label[valid]]
    if not len(train) or not len(valid):
        raise ValueError(
            f"validation_fraction={name} leaves {len(train)} samples to train on and {len(valid)} "
            "with a label to validate on; both need some"
        )
    return train, valid


def _can_stratify(labels: np.ndarray, fraction: float) -> bool:
    counts = np.unique(labels, return_counts=True)[1]
    n_valid = int(np.ceil(fraction * len(labels)))
    return counts.min() >= 2 and min(n_valid, len(labels) - n_valid) >= len(counts)


def _split_groups(labels, groups: np.ndarray, fraction: float, seed: int):
    groups = np.unique(groups.astype(str), return_inverse=True)[1]
    if groups.max() == 0:
        raise ValueError(
            "early stopping needs at least two groups, one to validate on; all rows are of one "
            "group: pass other groups, or early_stopping=False"
        )
    splitter = GroupShuffleSplit(_GROUP_SPLITS, test_size=fraction, random_state=seed)
    splits = list(splitter.split(groups, groups=groups))
    best = min(splits, key=lambda rows: _distance(labels, rows[0], rows[1], fraction))
    if not np.isfinite(_distance(labels, best[0], best[1], fraction)):
        raise ValueError(
            "early stopping finds no groups to keep aside that leave every class to train on; "
            "pass other groups, or early_stopping=False"
        )
    return best


def _distance(labels, train: np.ndarray, valid: np.ndarray, fraction: float) -> float:
    """How far a split is from the share of rows, and of each class, that is asked for."""
    share = len(valid) / (len(train) + len(valid))
    if labels is None:
        return abs(share - fraction)
    codes = np.unique(labels, return_inverse=True)[1]
    counts = [np.bincount(codes[rows], minlength=codes.max() + 1) for rows in (train, valid)]
    if not counts[0].all():
        return np.inf
    classes = abs(counts[0] / len(train) - counts[1] / len(valid)).sum()
    return abs(share - fraction) + 0.1 * classes
