"""Putting whole groups of rows into folds of like size and with like shares of the classes."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d


def class_counts(y, groups: np.ndarray, *, n_rows: int) -> np.ndarray:
    """Rows of each class in each group, shape (n_groups, n_classes).

    Columns of indicators count as classes; without classes (None, numbers) there is one class.
    """
    n_groups = groups.max() + 1
    weights = _indicators(y, n_rows)
    return np.stack([np.bincount(groups, w, minlength=n_groups) for w in weights.T], axis=1)


def _indicators(y, n_rows: int) -> np.ndarray:
    if y is None:
        return np.ones((n_rows, 1))
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        y = np.nan_to_num(y.astype(float)) if y.dtype.kind in "biufO" else np.ones((n_rows, 1))
        is_indicator = np.isin(y, (0, 1)).all()
        return y if is_indicator else np.ones((n_rows, 1))
    y = column_or_1d(y)
    if type_of_target(y) not in ("binary", "multiclass"):
        return np.ones((n_rows, 1))
    return np.eye(len(np.unique(y)))[np.unique(y, return_inverse=True)[1]]


def spread(counts: np.ndarray, sizes: np.ndarray, n_folds: int, rng=None) -> np.ndarray:
    """Put each group into the fold that has least of its classes, the largest group first.

    Parameters
    ----------
    counts : ndarray of shape (n_groups, n_classes)
        Rows of each class in each group.
    sizes : ndarray of shape (n_groups,)
        Rows of each group.
    n_folds : int
        Number of folds.
    rng : RandomState, optional
        Decides on the order of groups of one size; by default they come in their own order.

    Returns
    -------
    ndarray of shape (n_groups,), int
        Fold of each group.
    """
    order = np.arange(len(sizes)) if rng is None else rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    totals = np.maximum(counts.sum(axis=0), 1)
    wanted = counts / totals**2
    filled = np.zeros((n_folds, counts.shape[1]))
    n_rows = np.zeros(n_folds)
    folds = np.empty(len(sizes), dtype=np.int64)
    # Fewer rows break ties: so small a share of the whole outweighs no row of a class.
    tie_breaker = 1e-6 / max(1, sizes.sum()) ** 3
    for group in order:
        fold = np.argmin(filled @ wanted[group] + tie_breaker * n_rows)
        folds[group] = fold
        filled[fold] += counts[group]
        n_rows[fold] += sizes[group]
    return folds


def check_enough(sizes: np.ndarray, n_folds: int, *, kind: str, remedy: str) -> None:
    """Raise a ValueError if there are fewer groups than folds."""
    if len(sizes) < n_folds:
        raise ValueError(
            f"n_splits={n_folds} needs at least {n_folds} {kind}s, but there are only "
            f"{len(sizes)}; the largest has {sizes.max()} of {sizes.sum()} rows. {remedy}"
        )


def warn_of_uneven(folds: np.ndarray, sizes: np.ndarray, *, kind: str, remedy: str) -> None:
    """Warn if the largest fold is half as large again as it should be."""
    fold_sizes = np.bincount(folds, sizes)
    if fold_sizes.max() > 1.5 * sizes.sum() / len(fold_sizes):
        warnings.warn(
            f"folds are unequal, from {fold_sizes.min():.0f} to {fold_sizes.max():.0f} rows: the "
            f"largest {kind} has {sizes.max()} of {sizes.sum()} rows and stays whole. {remedy}",
            stacklevel=4,
        )


def warn_of_missing_classes(folds: np.ndarray, counts: np.ndarray, *, kind: str) -> None:
    """Warn if a class is in fewer folds than there are, since scores of the others miss it."""
    n_folds = folds.max() + 1
    for label, column in enumerate(counts.T):
        n_with = len(np.unique(folds[column > 0]))
        if 0 < n_with < n_folds:
            warnings.warn(
                f"class number {label} (in sorted order) is in {n_with} of {n_folds} test folds "
                f"only: it has too few {kind}s. Use fewer folds, or scores that bear its absence",
                stacklevel=4,
            )
