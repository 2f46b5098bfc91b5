"""Ablation of views: scores without each view, and with each view alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv, cross_val_score
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from skgenomics.metrics import get_scorer
from skgenomics.multiview import _views as table
from skgenomics.multiview._base import MultiViewEstimator


def ablate_views(
    estimator: MultiViewEstimator,
    X,
    y,
    *,
    scoring=None,
    cv=None,
    groups=None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Score an estimator with each of its views left out, and with each view alone.

    Without `cv`, a fitted estimator is scored on X with views treated as missing. This measures how
    much the model relies on each view, and is fair only if missing views occurred in training: in
    the data, by `view_dropout`, or as an ensemble. With `cv`, models of fewer views are trained
    from scratch, which measures the information in the views.

    Parameters
    ----------
    estimator : MultiViewClassifier or MultiViewRegressor
        Estimator with at least two views; fitted, unless `cv` is given.
    X : DataFrame or array-like of shape (n_samples, n_columns)
        Samples; without `cv`, samples that the estimator was not trained on.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Labels or targets.
    scoring : str or callable, default=None
        Scorer or its name; None for the method `score` of the estimator.
    cv : int, splitter or iterable, default=None
        Cross-validation strategy as in :func:`sklearn.model_selection.cross_val_score`; the folds
        are the same for all views.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    n_jobs : int or None, default=None
        Number of folds to run in parallel.

    Returns
    -------
    DataFrame
        Rows for all views ("all"), for all but one ("without x") and for one view ("only x"), with
        the columns `views` (names of the views in use), `n_samples` (number of samples that have
        one of them), `score` on these samples, `all_views` (score of all views on these samples)
        and `difference` of both. With `cv`, scores are means over the folds, and `std` is the
        standard deviation of the score. Scores of views that no sample has are NaN.

    Raises
    ------
    ValueError
        If the estimator has fewer than two views, or is not fitted and `cv` is None; or if a fold
        has no sample with the views to train or to score on.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.datasets import make_multiview
    >>> from skgenomics.multiview import MultiViewClassifier, ablate_views
    >>> data = make_multiview(300, 30, n_bins=4, n_numeric=2, shares=(0, 0, 1), random_state=0)
    >>> model = MultiViewClassifier(views=[
    ...     ("dna", KmerCounter(k=2), LogisticRegression(), "sequence"),
    ...     ("numbers", None, LogisticRegression(), data.views["numeric"]),
    ... ], fusion="ensemble").fit(data.X[:200], data.y[:200])
    >>> result = ablate_views(model, data.X[200:], data.y[200:], scoring="roc_auc")
    >>> bool(result.score["only numbers"] > result.score["only dna"] + 0.3)
    True
    """
    if not isinstance(estimator, MultiViewEstimator):
        raise ValueError(f"ablate_views is for multi-view estimators, not {type(estimator)!r}")
    names = [name for name, *_ in estimator.views]
    if len(names) < 2:
        raise ValueError(f"views has {names} alone: there is nothing to leave out")
    X, y = table.as_table(X), np.asarray(y)
    if cv is None:
        check_is_fitted(estimator)
        present = estimator._select(estimator._check_table(X))[1]
        score = _hide(estimator, X, y, scoring)
    else:
        present = _find_present(estimator, X)
        folds = list(check_cv(cv, y, classifier=is_classifier(estimator)).split(X, y, groups))
        score = _refit(estimator, X, y, scoring, folds, n_jobs)
    # Scores of all views, by the rows that they are of: often the same rows.
    whole = {}
    rows = []
    for label, kept in _subsets(names):
        chosen = np.flatnonzero(present[:, [name in kept for name in names]].any(axis=1))
        key = chosen.tobytes()
        is_whole = kept == names or not len(chosen)
        scores = score(kept, chosen) if len(chosen) else np.array([np.nan])
        if key not in whole:
            whole[key] = scores if is_whole else score(names, chosen)
        row = {"views": kept, "n_samples": len(chosen), "score": scores.mean()}
        row |= {"std": scores.std()} if cv is not None else {}
        row["all_views"] = whole[key].mean()
        row["difference"] = row["score"] - row["all_views"]
        rows.append(pd.Series(row, name=label))
    return pd.DataFrame(rows).infer_objects()


def _subsets(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    yield "all", names
    if len(names) > 2:
        for left_out in names:
            yield f"without {left_out}", [name for name in names if name != left_out]
    for name in names:
        yield f"only {name}", [name]


def _find_present(estimator, X) -> np.ndarray:
    """Mask the views that each sample has, for an estimator that may not be fitted."""
    columns = [table.find_columns(X, columns, name) for name, _, _, columns in estimator.views]
    parts = [_safe_indexing(X, c, axis=1) for c in columns]
    return ~np.column_stack([table.missing_rows(part) for part in parts])


def _hide(estimator, X, y, scoring):
    """Return a function that scores a fitted estimator on a subset of its views."""
    scorer = _find_scorer(estimator, scoring)

    def score(kept: list[str], rows: np.ndarray) -> np.ndarray:
        twin = copy.copy(estimator)
        twin._hidden = frozenset(estimator.columns_) - set(kept)
        return np.array([scorer(twin, _safe_indexing(X, rows), y[rows])])

    return score


def _refit(estimator, X, y, scoring, folds: list, n_jobs):
    """Return a function that fits and scores estimators of a subset of the views on folds."""

    def score(kept: list[str], rows: np.ndarray) -> np.ndarray:
        model = clone(estimator)
        indices = [i for i, (name, *_) in enumerate(model.views) if name in kept]
        model.views = [model.views[i] for i in indices]
        if model.weights is not None:
            model.weights = [model.weights[i] for i in indices]
        return cross_val_score(
            model,
            _safe_indexing(X, rows),
            y[rows],
            scoring=_find_scorer(model, scoring),
            cv=_folds_of(rows, folds, len(y), kept),
            n_jobs=n_jobs,
            error_score="raise",
        )

    return score


def _folds_of(rows: np.ndarray, folds: list, n_rows: int, views: list[str]) -> list:
    """Restrict folds to a subset of the samples, with indices relative to the subset."""
    indices = np.full(n_rows, -1)
    indices[rows] = np.arange(len(rows))
    parts = [[indices[part][indices[part] >= 0] for part in fold] for fold in folds]
    for i, fold in enumerate(parts):
        if not all(map(len, fold)):
            raise ValueError(
                f"fold {i} has no sample with one of the views {views} to train or to score on; "
                "choose other folds"
            )
    return parts


def _find_scorer(estimator, scoring):
    return get_scorer(scoring) if isinstance(scoring, str) else check_scoring(estimator, scoring)
