"""Assignment of whole groups to folds of balanced size and class frequencies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.multiclass import type_of_target

from skgenomics._utils.validation import warn_user

# More distinct values than this, or than half of the samples, are not classes but values.
_MAX_CLASSES = 200


class GroupSplitter(BaseCrossValidator):
    """Base class of splitters that keep groups together, which scikit-learn passes to them."""

    n_splits: int

    # scikit-learn reads this name: `groups` reach the splitter under metadata routing.
    __metadata_request__split = {"groups": True}

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored; present for compatibility.

        Returns
        -------
        int
            Number of splits.
        """
        return self.n_splits


def class_counts(y, groups: np.ndarray, *, n_rows: int) -> tuple[np.ndarray, list[str]]:
    """Count the samples of each class in each group, shape (n_groups, n_classes).

    Also returns the names of the classes. Indicator columns count as classes, missing labels as
    none; without classes (None, numbers) all samples are of one class.
    """
    n_groups = groups.max() + 1
    indicators = _indicators(y)
    if indicators is None:
        indicators = np.ones((n_rows, 1), dtype=bool), ["all rows"]
    weights, names = indicators
    counts = [np.bincount(groups, column, minlength=n_groups) for column in weights.T]
    return np.stack(counts, axis=1), names


def _indicators(y) -> tuple[np.ndarray, list[str]] | None:
    """Make an indicator column for each class, and its name; None if y holds no classes."""
    y = np.empty((0, 0, 0)) if y is None else np.asarray(y)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim == 1:
        return _classes(y)
    if y.ndim != 2 or y.dtype.kind not in "biufO":
        return None
    y = np.nan_to_num(y.astype(float))
    names = [f"label {i}" for i in range(y.shape[1])]
    return (y == 1, names) if np.isin(y, (0, 1)).all() else None


def _classes(y: np.ndarray) -> tuple[np.ndarray, list[str]] | None:
    rows = np.flatnonzero(~pd.isna(y))
    if not len(rows) or type_of_target(y[rows]) not in ("binary", "multiclass"):
        return None
    classes, codes = np.unique(y[rows], return_inverse=True)
    if len(classes) > max(2, min(_MAX_CLASSES, len(y) / 2)):
        return None
    indicators = np.zeros((len(y), len(classes)), dtype=bool)
    indicators[rows, codes] = True
    return indicators, [f"class {label!r}" for label in classes.tolist()]


def spread(counts: np.ndarray, sizes: np.ndarray, n_folds: int, rng=None) -> np.ndarray:
    """Assign each group to the fold that has the fewest samples of its classes, greedily.

    Groups are assigned in order of decreasing size: small ones can even out what large ones leave.

    Parameters
    ----------
    counts : ndarray of shape (n_groups, n_classes)
        Number of samples of each class in each group.
    sizes : ndarray of shape (n_groups,)
        Number of samples of each group.
    n_folds : int
        Number of folds.
    rng : RandomState or None, default=None
        Random order of groups of equal size; None keeps their order.

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
    # Ties go to the fold with fewer samples. The weight is so small that all samples together
    # never outweigh one sample of a class.
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
    """Warn if the largest fold exceeds 1.5 times its intended size."""
    fold_sizes = np.bincount(folds, sizes)
    if fold_sizes.max() > 1.5 * sizes.sum() / len(fold_sizes):
        warn_user(
            f"folds are unequal, from {fold_sizes.min():.0f} to {fold_sizes.max():.0f} rows: the "
            f"largest {kind} has {sizes.max()} of {sizes.sum()} rows and stays whole. {remedy}"
        )


def warn_of_missing_classes(
    folds: np.ndarray, counts: np.ndarray, names: list[str], *, kind: str
) -> None:
    """Warn if a class is missing from some folds, whose scores then do not cover it."""
    n_folds = folds.max() + 1
    n_with = np.array([len(np.unique(folds[column > 0])) for column in counts.T])
    missing = np.flatnonzero((n_with > 0) & (n_with < n_folds))
    if not len(missing):
        return
    first = missing[0]
    others = f", as {len(missing) - 1} more are missing in some," if len(missing) > 1 else ""
    warn_user(
        f"{names[first]} is in {n_with[first]} of {n_folds} test folds only{others} for want of "
        f"{kind}s. Use fewer folds, or scores that tolerate its absence"
    )


def split_whole(labels: np.ndarray, y, n_folds: int, rng, *, kind: str, remedy: str):
    """Generate stratified folds that keep the samples of each group together.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,), int
        Group of each sample, numbered from 0.
    y : array-like or None
        Target to stratify by.
    n_folds : int
        Number of folds.
    rng : RandomState or None
        Source of the order of groups of equal size; None for the order of the data.
    kind, remedy : str
        Name of the groups, and advice against too few or too large ones, for messages.

    Yields
    ------
    train, test : ndarray of int
        Indices of the samples.
    """
    sizes = np.bincount(labels)
    check_enough(sizes, n_folds, kind=kind, remedy=remedy)
    counts, names = class_counts(y, labels, n_rows=len(labels))
    folds = spread(counts, sizes, n_folds, rng)
    warn_of_uneven(folds, sizes, kind=kind, remedy=remedy)
    warn_of_missing_classes(folds, counts, names, kind=kind)
    fold_of_row = folds[labels]
    for fold in range(n_folds):
        yield np.flatnonzero(fold_of_row != fold), np.flatnonzero(fold_of_row == fold)
