"""Reading of targets, and weights of samples, classes and single labels."""

from __future__ import annotations

import numpy as np
from sklearn.utils import _safe_indexing, check_array, check_consistent_length

from skgenomics.sequences import is_frame


def as_array(y) -> np.ndarray:
    """Convert y to an array; missing values of pandas' own types in several columns become NaN."""
    if is_frame(y) and y.shape[1] > 1:
        return y.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(y)


def column_names(y) -> list | None:
    """Return the names of the columns of y; None unless it is a frame of several columns."""
    columns = getattr(y, "columns", None)
    return None if columns is None or len(columns) < 2 else list(columns)


def keep_target_names(estimator, names: list | None) -> None:
    """Name the tasks or targets of an estimator by the columns of y, if there are as many.

    Parameters
    ----------
    estimator : object
        An estimator that has learned its targets.
    names : list or None
        Result of :func:`column_names`. The columns of a profile are bins, not tracks.
    """
    if names is not None and len(names) == len(getattr(estimator, "target_names_", ())):
        estimator.target_names_ = names


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


def lookup_indices(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Look up the indices of values among sorted known ones; -1 for unknown values."""
    indices = np.searchsorted(known, values).clip(max=len(known) - 1)
    return np.where(known[indices] == values, indices, -1)


def encode_labels(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Encode labels as class indices.

    Raises
    ------
    ValueError
        If a label was not seen during fit.
    """
    indices = lookup_indices(y, classes)
    is_unknown = indices < 0
    if is_unknown.any():
        raise ValueError(
            f"y has the label {y[is_unknown][:1].tolist()[0]!r}, which is none of the classes "
            f"{classes.tolist()} of the first fit; fit again without warm_start, or name all "
            "classes in `classes` at the first partial_fit"
        )
    return indices


def read_sample_weight(sample_weight, n: int) -> np.ndarray:
    """Check sample weights and convert them to an array of shape (n_samples,), float64.

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
    """Select the samples of positive weight from each table; None stays None."""
    check_consistent_length(weight, *tables)
    rows = np.flatnonzero(weight)
    return [None if table is None else _safe_indexing(table, rows) for table in tables]


def weigh_classes(
    class_weight, codes: np.ndarray, classes, weight: np.ndarray, beta: float = 0.999
) -> np.ndarray:
    """Multiply sample weights by the weights of their classes.

    Parameters
    ----------
    class_weight : None, "balanced", "effective_number" or dict of label to weight
        "balanced" gives every class the same total weight, "effective_number" the weight of Cui et
        al., Class-balanced loss based on effective number of samples, CVPR 2019.
    codes : ndarray of shape (n,), int
        Class index of each sample.
    classes : sequence
        Labels of the classes.
    weight : ndarray of shape (n,)
        Weights of the samples.
    beta : float
        Of the effective number ``(1 - beta**n) / (1 - beta)`` of n samples: 0 weighs all samples
        alike, and near 1 the weights are the balanced ones.

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
    elif class_weight in ("balanced", "effective_number"):
        totals = np.bincount(codes, weight, minlength=len(classes))
        present = totals > 0
        number: np.ndarray
        if class_weight == "effective_number":
            number = (1 - beta ** totals[present]) / (1 - beta)
        else:
            number = totals[present]
        factors = np.ones(len(classes))
        factors[present] = totals.sum() / (present.sum() * number)
    else:
        raise ValueError(
            "class_weight must be None, 'balanced', 'effective_number' or a dict, got "
            f"{class_weight!r}"
        )
    return weight * factors[codes]


def weigh_positives(pos_weight, targets: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Multiply the weights of positives, by one factor or by one for each task.

    Parameters
    ----------
    pos_weight : None, float or sequence of float
        Factors.
    targets : ndarray of shape (n,) or (n, n_tasks)
        1 for positives, 0 for others.
    weight : ndarray of the shape of `targets`
        Weights of the entries.

    Raises
    ------
    ValueError
        If there are neither one nor as many factors as tasks, or one is not above zero.
    """
    if pos_weight is None:
        return weight
    factors = np.asarray(pos_weight, dtype=float)
    n_tasks = targets.shape[1] if targets.ndim == 2 else 1
    if factors.ndim > 1 or factors.size not in (1, n_tasks):
        raise ValueError(
            f"pos_weight must be a number or have one for each of the {n_tasks} tasks, got "
            f"{pos_weight!r}"
        )
    if not (np.isfinite(factors) & (factors > 0)).all():
        raise ValueError(f"pos_weight must be above zero and finite, got {pos_weight!r}")
    return np.where(targets == 1, weight * factors, weight)


def average_one(weight: np.ndarray) -> np.ndarray:
    """Scale weights to a mean of one."""
    total = weight.sum()
    if not total:
        raise ValueError(
            "all weights are zero: y has no label, or class_weight is zero for every class in it"
        )
    return weight * (weight.size / total)
