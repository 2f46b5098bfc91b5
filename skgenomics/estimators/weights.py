"""Weights of samples, classes and single labels."""

from __future__ import annotations

import numpy as np
from sklearn.utils import _safe_indexing, check_array, check_consistent_length


def read_sample_weight(sample_weight, n: int) -> np.ndarray:
    """Check sample weights and turn them into an array of shape (n,), float64.

    Raises
    ------
    ValueError
        If they have another shape, are negative, not finite, or all zero.
    """
    if sample_weight is None:
        return np.ones(n)
    if np.isscalar(sample_weight):
        sample_weight = np.full(n, sample_weight)
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have the shape ({n},), got {weight.shape}")
    if weight.min() < 0:
        raise ValueError(
            f"sample_weight[{weight.argmin()}] is {weight.min()}: weights must not be negative"
        )
    if not weight.any():
        raise ValueError("sample_weight is zero everywhere: at least one weight must be positive")
    return weight


def take_weighted_rows(weight: np.ndarray, *tables) -> list:
    """Rows of positive weight of each table; None stays None."""
    check_consistent_length(weight, *tables)
    rows = np.flatnonzero(weight)
    return [None if table is None else _safe_indexing(table, rows) for table in tables]


def weigh_classes(class_weight, codes: np.ndarray, classes, weight: np.ndarray) -> np.ndarray:
    """Multiply sample weights by the weights of their classes.

    Parameters
    ----------
    class_weight : None, "balanced" or dict of label to weight
        "balanced" gives every class the same total weight.
    codes : ndarray of shape (n,), int
        Class of each sample as a place in `classes`.
    classes : sequence
        Labels of the classes.
    weight : ndarray of shape (n,)
        Weights of the samples.

    Raises
    ------
    ValueError
        If `class_weight` is of another kind, or names a label that is no class.
    """
    if class_weight is None:
        return weight
    if isinstance(class_weight, dict):
        unknown = [label for label in class_weight if label not in list(classes)]
        if unknown:
            raise ValueError(
                f"class_weight has the label {unknown[0]!r}, but the classes are "
                f"{np.asarray(classes).tolist()}"
            )
        factors = np.array([class_weight.get(label, 1.0) for label in classes], dtype=float)
        if not np.isfinite(factors).all() or factors.min() < 0:
            raise ValueError(f"class_weight must be finite and not negative, got {class_weight}")
    elif class_weight == "balanced":
        totals = np.bincount(codes, weight, minlength=len(classes))
        present = totals > 0
        factors = np.ones(len(classes))
        factors[present] = totals.sum() / (present.sum() * totals[present])
    else:
        raise ValueError(f"class_weight must be None, 'balanced' or a dict, got {class_weight!r}")
    return weight * factors[codes]


def average_one(weight: np.ndarray) -> np.ndarray:
    """Scale weights to a mean of one."""
    total = weight.sum()
    if not total:
        raise ValueError(
            "all weights are zero: y has no label, or class_weight is zero for every class in it"
        )
    return weight * (weight.size / total)
