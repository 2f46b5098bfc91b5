"""Decision thresholds for each label, tuned by cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import KFold, check_cv
from sklearn.utils import _safe_indexing, check_array, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_method_params, _num_samples, check_is_fitted

from skgenomics._utils.validation import check_choice, check_real, warn_user


def _delegates(method: str):
    """Tell whether the fitted classifier, or the one to fit, has a method."""

    def has_method(self) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return available_if(has_method)


class LabelThresholdsClassifierCV(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Choose the decision threshold of each label by cross-validation.

    The rarer a label, the further below 0.5 is the probability that is best taken for a yes.
    Scikit-learn's TunedThresholdClassifierCV moves the threshold of two classes; this takes several
    labels, each with its own threshold and with missing values, and controls the false discovery
    rate, too.

    Parameters
    ----------
    estimator : classifier
        Classifier of two classes or of several labels that has `predict_proba`, or a pipeline.
    objective : {"f1", "mcc", "fdr"}, default="f1"
        What the thresholds are chosen for: the F1 score or the Matthews correlation coefficient of
        each label, or as many predicted positives as a false discovery rate of at most `max_fdr`
        permits.
    max_fdr : float, default=0.05
        Highest false discovery rate, in (0, 1); for `objective="fdr"`.
    cv : int, splitter, iterable of splits or None, default=None
        Cross-validation whose held-out probabilities the thresholds are chosen on. A number of
        folds is stratified for two classes, and shuffled by `random_state` for several labels; None
        for 5. A splitter may hold out a part of the samples only, as PredefinedSplit does.
    n_jobs : int or None, default=None
        Number of folds fitted in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seed of shuffled folds of several labels.

    Attributes
    ----------
    estimator_ : classifier
        The classifier fitted on all samples.
    classes_ : ndarray of shape (2,)
        Classes, negative and positive; 0 and 1 for several labels.
    thresholds_ : ndarray of shape (n_labels,)
        Least probability of a positive prediction; one for two classes. Infinite where no threshold
        keeps the false discovery rate, so that nothing is predicted positive.
    best_scores_ : ndarray of shape (n_labels,)
        Score of each label at its threshold over the held-out samples: F1 score, Matthews
        correlation coefficient, or recall for `objective="fdr"`. Optimistic, since the threshold is
        chosen on the same samples.
    n_features_in_ : int
        Number of features; defined only if the classifier defines it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features; defined only if the classifier defines them.

    See Also
    --------
    sklearn.model_selection.TunedThresholdClassifierCV : One threshold for two classes.
    skgenomics.metrics.recall_at_fdr_score : Recall at a false discovery rate.

    Notes
    -----
    Held-out probabilities of all folds are pooled. Every cut between two neighboring probabilities
    of a label is a candidate, and the threshold lies in the middle of the two [1]_.

    References
    ----------
    .. [1] Z. C. Lipton, C. Elkan, B. Naryanaswamy. Optimal thresholding of classifiers to maximize
       F1 measure. ECML PKDD 2014.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.metrics import f1_score
    >>> from skgenomics import MLPClassifier
    >>> from skgenomics.model_selection import LabelThresholdsClassifierCV
    >>> X, Y = make_multilabel_classification(300, n_classes=4, n_labels=1, random_state=0)
    >>> base = MLPClassifier(n_channels=1, max_iter=5, random_state=0)
    >>> model = LabelThresholdsClassifierCV(base, cv=3, random_state=0).fit(X, Y)
    >>> model.thresholds_.shape, model.predict(X).shape
    ((4,), (300, 4))
    >>> bool(f1_score(Y, model.predict(X), average="macro") > 0.5)
    True
    """

    def __init__(
        self,
        estimator,
        *,
        objective: str = "f1",
        max_fdr: float = 0.05,
        cv=None,
        n_jobs: int | None = None,
        random_state=None,
    ):
        self.estimator = estimator
        self.objective = objective
        self.max_fdr = max_fdr
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, groups=None, **params) -> LabelThresholdsClassifierCV:
        """Choose the thresholds, and fit the classifier on all samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the classifier.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Two classes, or labels 0, 1 and NaN where missing, if the classifier takes these.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups of the samples, for splitters that keep them together.
        **params : dict
            Parameters of the classifier's `fit`, such as `sample_weight`, which weights the
            choice of the thresholds as well.

        Returns
        -------
        LabelThresholdsClassifierCV
            The fitted instance.

        Raises
        ------
        ValueError
            If there are more than two classes, a fold lacks a class, or a parameter is invalid.
        """
        check_choice("objective", self.objective, ("f1", "mcc", "fdr"))
        check_real("max_fdr", self.max_fdr, 0, 1, inclusive=False)
        X, y, groups = indexable(X, y, groups)
        labels, self.classes_ = self._read_labels(y)
        positive = self.classes_[1] if labels.shape[1] == 1 else None
        splits = list(self._splitter(y, labels).split(X, y, groups))
        proba = Parallel(n_jobs=self.n_jobs)(
            delayed(_predict_fold)(clone(self.estimator), X, y, train, test, params, positive)
            for train, test in splits
        )
        held_out = np.concatenate([test for _, test in splits])
        weight = params.get("sample_weight")
        weight = np.ones(len(labels)) if weight is None else np.asarray(weight, dtype=float)
        names = getattr(y, "columns", range(labels.shape[1]))
        chosen = [
            self._choose(column, known, weight[held_out], name)
            for column, known, name in zip(
                np.concatenate(proba).T, labels[held_out].T, names, strict=True
            )
        ]
        self.thresholds_, self.best_scores_ = np.array(chosen, dtype=float).T
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        for name in ("n_features_in_", "feature_names_in_", "target_names_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def _read_labels(self, y) -> tuple[np.ndarray, Any]:
        """Return labels of shape (n_samples, n_labels), and the classes."""
        if np.ndim(y) == 2 and np.shape(y)[1] > 1:
            labels = check_array(y, dtype=float, ensure_all_finite="allow-nan", input_name="y")
            if not np.isin(labels[~np.isnan(labels)], (0, 1)).all():
                raise ValueError("labels of several columns must be 0, 1 or NaN (missing)")
            return labels, np.array([0, 1])
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) != 2:
            raise ValueError(
                f"Only binary classification is supported, and several labels as columns of y: y "
                f"has {len(classes)} class(es); pass a column of 0 and 1 for each of them"
            )
        return (np.ravel(y) == classes[1]).astype(float)[:, None], classes

    def _splitter(self, y, labels: np.ndarray):
        cv = 5 if self.cv is None else self.cv
        if labels.shape[1] > 1 and isinstance(cv, int | np.integer):
            return KFold(int(cv), shuffle=True, random_state=self.random_state)
        return check_cv(cv, np.ravel(y) if labels.shape[1] == 1 else None, classifier=True)

    def _choose(self, proba, labels, weight, name) -> tuple[float, float]:
        """Return the threshold of a label, and its score."""
        known = ~np.isnan(labels) & (weight > 0)
        proba, labels, weight = proba[known], labels[known], weight[known]
        if len(np.unique(labels)) < 2:
            warn_user(f"held-out samples of label {name!r} are all equal; its threshold is 0.5")
            return 0.5, np.nan
        order = np.argsort(-proba, kind="stable")
        proba, labels, weight = proba[order], labels[order], weight[order]
        # Cuts behind the last of equal probabilities, and one ahead of all: nothing positive.
        ends = np.append(np.flatnonzero(np.diff(proba)), len(proba) - 1)
        found = np.append(0.0, np.cumsum(weight * labels)[ends])
        wrong = np.append(0.0, np.cumsum(weight * (1 - labels))[ends])
        missed, right = found[-1] - found, wrong[-1] - wrong
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.objective == "f1":
                scores = 2 * found / (2 * found + wrong + missed)
            elif self.objective == "mcc":
                product = (found + wrong) * (found + missed) * (right + wrong) * (right + missed)
                scores = np.where(
                    product > 0, (found * right - wrong * missed) / np.sqrt(product), 0.0
                )
            else:
                valid = wrong <= self.max_fdr * (found + wrong)
                scores = np.where(valid, found / found[-1], -1.0)
        best = int(np.argmax(scores))
        if best == 0:
            if self.objective == "fdr":
                warn_user(
                    f"no threshold of label {name!r} keeps the false discovery rate of "
                    f"{self.max_fdr}: it is never predicted"
                )
            return np.inf, float(scores[0])
        last = ends[best - 1]
        following = proba[last + 1] if last + 1 < len(proba) else 0.0
        return float(proba[last] + following) / 2, float(scores[best])

    def predict(self, X) -> np.ndarray:
        """Predict the class or the labels by the tuned thresholds.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the classifier.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Classes, or labels 0 and 1 for several labels.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        proba = self.estimator_.predict_proba(X)
        if len(self.thresholds_) > 1:
            return (_positive(self.estimator_, proba, None) >= self.thresholds_).astype(int)
        positive = _positive(self.estimator_, proba, self.classes_[1])[:, 0]
        return self.classes_[(positive >= self.thresholds_[0]).astype(int)]

    @_delegates("predict_proba")
    def predict_proba(self, X):
        """Predict probabilities by the fitted classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the classifier.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Probabilities, as the classifier returns them.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @_delegates("predict_log_proba")
    def predict_log_proba(self, X):
        """Predict log-probabilities by the fitted classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the classifier.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Log-probabilities, as the classifier returns them.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @_delegates("decision_function")
    def decision_function(self, X):
        """Return the scores of the fitted classifier, whose thresholds are not the tuned ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Input of the classifier.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Scores, as the classifier returns them.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.classifier_tags.multi_class = False
        tags.target_tags.multi_output = inner.target_tags.multi_output
        return tags


def _predict_fold(estimator, X, y, train, test, params: dict, positive) -> np.ndarray:
    """Fit on a fold, and return the held-out probabilities, of shape (n_test, n_labels)."""
    params = _check_method_params(X, params, train)
    estimator.fit(_safe_indexing(X, train), _safe_indexing(y, train), **params)
    return _positive(estimator, estimator.predict_proba(_safe_indexing(X, test)), positive)


def _positive(estimator, proba, positive) -> np.ndarray:
    """Return the probabilities of the positive labels, of shape (n_samples, n_labels)."""
    if positive is not None:
        classes = np.asarray(estimator.classes_)
        found = np.flatnonzero(classes == positive)
        if len(classes) < 2 or not len(found):
            raise ValueError(
                f"a training fold has the class {classes[0]!r} only; take fewer folds, or a "
                f"stratified splitter"
            )
        return np.asarray(proba)[:, found]
    if not isinstance(proba, list):
        return np.asarray(proba)
    # Scikit-learn's own classifiers return an array for each label; of one class in a fold it has
    # one column.
    columns = [
        part[:, list(known).index(1)] if 1 in known else np.zeros(_num_samples(part))
        for part, known in zip(proba, estimator.classes_, strict=True)
    ]
    return np.stack(columns, axis=1)
