"""Choose the samples to train on and those to score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_TRAIN = {"train", "training"}
_DEV = {"dev", "valid", "val", "validation"}
_TEST = {"test", "testing"}
_CHROMOSOMES = ("chrom", "chromosome", "chr")


class Fold(NamedTuple):
    """Indices of samples.

    Attributes
    ----------
    train, test : ndarray of int
        Samples to fit and to score.
    dev : ndarray of int or None
        Samples to stop early on.
    """

    train: np.ndarray
    test: np.ndarray
    dev: np.ndarray | None = None


Folds = list[Fold]


def choose_folds(
    data, n_folds: int | None, seed: int, group_by: str | None = None, alphabet: str = "ACGT"
) -> tuple[str, Folds]:
    """Choose how to evaluate: a description, and the samples of each fold.

    A number of folds or a grouping given by the user has precedence, then the column "split", then
    "fold", then five folds.
    """
    if group_by is not None:
        return _grouped_folds(data, n_folds or 5, seed, group_by, alphabet)
    if n_folds is None and data.split is not None:
        fold = split_rows(data.split)
        words = "train rows to fit" + ("" if fold.dev is None else ", dev rows to stop early")
        return f"column split: {words}, test rows to score", [fold]
    if n_folds is None and data.fold is not None:
        names = np.unique(data.fold)
        if len(names) < 2:
            raise ValueError(f"the column 'fold' has only {names[0]!r}; it needs two folds or more")
        folds = [
            Fold(np.flatnonzero(data.fold != x), np.flatnonzero(data.fold == x)) for x in names
        ]
        return f"column fold: each of {len(names)} left out once", folds
    return _cross_validation(data, 5 if n_folds is None else n_folds, seed)


def split_rows(split: np.ndarray) -> Fold:
    """Find the samples to train on, to stop early on and to score in a column "split"."""
    parts = np.array([str(part).strip().lower() for part in split])
    is_train, is_dev, is_test = (np.isin(parts, list(part)) for part in (_TRAIN, _DEV, _TEST))
    is_unknown = ~(is_train | is_dev | is_test)
    if is_unknown.any():
        raise ValueError(
            f"the column 'split' has {str(split[is_unknown][0])!r}; it may have train, dev and test"
        )
    if not is_train.any() or not is_test.any():
        raise ValueError("the column 'split' needs both train and test rows")
    dev = np.flatnonzero(is_dev) if is_dev.any() else None
    return Fold(np.flatnonzero(is_train), np.flatnonzero(is_test), dev)


def _grouped_folds(data, n_folds, seed, group_by, alphabet) -> tuple[str, Folds]:
    """Make folds without chromosomes, or similar sequences, in common."""
    from skgenomics.model_selection import ChromosomeKFold, HomologyKFold

    y = data.y.astype(str) if data.task == "classification" else data.y
    if group_by == "homology":
        splitter = HomologyKFold(n_folds, alphabet=alphabet, shuffle=True, random_state=seed)
        name, groups = f"{n_folds} folds, similar sequences kept together", _own_groups(data)
    else:
        splitter = ChromosomeKFold(n_folds, shuffle=True, random_state=seed)
        name, groups = f"{n_folds} folds, chromosomes kept together", _chromosomes(data)
    return name, [Fold(*rows) for rows in splitter.split(data.X, y, groups)]


def _own_groups(data) -> np.ndarray | None:
    """Find the groups that the user gave; by default those of intervals are their chromosomes."""
    from skgenomics.genome.chromosomes import chromosome_key

    if data.groups is None or data.frame is None or "chrom" not in data.frame:
        return data.groups
    keys = ([chromosome_key(str(name)) for name in x] for x in (data.groups, data.frame["chrom"]))
    given, chromosomes = map(np.array, keys)
    return None if np.array_equal(given, chromosomes) else data.groups


def _chromosomes(data) -> np.ndarray:
    columns = [] if data.frame is None else data.frame.columns
    name = next((name for name in _CHROMOSOMES if name in columns), None)
    if name is None:
        raise ValueError(
            "--group-by chromosome needs a column of chromosomes, one of "
            f"{', '.join(map(repr, _CHROMOSOMES))}; there is none"
        )
    return data.frame[name].to_numpy(object)


def _cross_validation(data, n_folds: int, seed: int) -> tuple[str, Folds]:
    from sklearn import model_selection as ms

    stratified = data.task == "classification"
    name = f"{n_folds} folds" + (", stratified" if stratified else "")
    if data.groups is not None:
        splitter = ms.StratifiedGroupKFold if stratified else ms.GroupKFold
        name += ", groups kept together"
    else:
        splitter = ms.StratifiedKFold if stratified else ms.KFold
    folds = splitter(n_folds, shuffle=True, random_state=seed)
    labels = data.y.astype(str) if stratified else None
    return name, [Fold(*rows) for rows in folds.split(data.X, labels, data.groups)]
