"""One copy of an estimator for each task, for estimators that know no missing labels."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.utils.metaestimators import available_if

from skgenomics._outputs import ProbabilityOutputs, ValueOutputs
from skgenomics.estimators._targets import column_names


def _is_classifier(self) -> bool:
    return hasattr(self.estimator, "predict_proba")


class PerTask(MetaEstimatorMixin, BaseEstimator):
    """Fit a copy of an estimator to each column of y, on the rows that have a label there.

    Parameters
    ----------
    estimator : estimator
        A classifier of two classes, 0 and 1, or a regressor.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Fit to y of shape (n, n_tasks), or (n,) for a single task."""
        names = column_names(y)
        y = np.asarray(y, dtype=float)
        self.multioutput_ = y.ndim == 2
        self.multilabel_ = _is_classifier(self)
        n_tasks = y.shape[1] if y.ndim == 2 else 1
        self.target_names_ = list(range(n_tasks)) if names is None else names
        self.estimators_ = [self._fit_task(X, column) for column in y.reshape(len(y), -1).T]
        return self

    def _fit_task(self, X, y):
        known = ~np.isnan(y)
        if not known.any():
            raise ValueError("a task has no label at all among the rows to train on")
        y = y[known]
        if self.multilabel_ and (y == y[0]).all():
            return DummyClassifier().fit(X[known], y)
        return clone(self.estimator).fit(X[known], y)

    @available_if(_is_classifier)
    def predict_proba(self, X) -> np.ndarray:
        """Probability of 1 for each task, shape (n, n_tasks)."""
        return np.column_stack(
            [one.predict_proba(X) @ (one.classes_ == 1) for one in self.estimators_]
        )

    def predict(self, X) -> np.ndarray:
        """Classes 0 and 1, or values, of each task."""
        if self.multilabel_:
            return (self.predict_proba(X) > 0.5).astype(int)
        values = np.column_stack([one.predict(X) for one in self.estimators_])
        return values if self.multioutput_ else values[:, 0]

    def _predict_scores(self, X) -> np.ndarray:
        return self.predict_proba(X) if self.multilabel_ else self.predict(X).reshape(len(X), -1)

    def _describe_outputs(self) -> ProbabilityOutputs | ValueOutputs:
        """Describe what `_predict_scores` returns."""
        names = tuple(self.target_names_)
        if self.multilabel_:
            return ProbabilityOutputs(names, exclusive=False)
        return ValueOutputs(names)
