"""Deep ensembles: networks that differ by their random seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from skgenomics._outputs import Mixture, Outputs, Predictor, ProbabilityOutputs, ValueOutputs
from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_integer
from skgenomics.estimators._multitask_targets import mean_score
from skgenomics.estimators._targets import as_array, column_names
from skgenomics.estimators.labeler import SequenceLabeler
from skgenomics.estimators.multitask import MultiTaskEstimator
from skgenomics.estimators.pairs import PairLabeler, PairRegressor
from skgenomics.estimators.profile import ProfileRegressor
from skgenomics.uncertainty.decomposition import decompose_uncertainty

# Estimators whose targets are not one number or class per sample and column.
_LABELS = (SequenceLabeler, PairLabeler, MultiTaskEstimator)
_SIGNALS = (ProfileRegressor, PairRegressor)


class _BaseDeepEnsemble(MetaEstimatorMixin, BaseEstimator):
    """Base class of ensembles whose members differ only by their seeds."""

    def __init__(
        self,
        estimator: Any,
        *,
        n_estimators: int = 5,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Fit the members, each on all samples.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.
        **fit_params : dict
            Other keyword arguments of ``estimator.fit``, such as ``groups``.

        Returns
        -------
        self : object
            The fitted ensemble.

        Raises
        ------
        ValueError
            If `estimator` is of the wrong kind or has no ``random_state``, or its ``fit`` refuses
            the data.
        """
        check_integer("n_estimators", self.n_estimators, 1)
        self._check_kind()
        last = split_steps(self.estimator, template=True)[1]
        is_special = isinstance(last, (*_LABELS, *_SIGNALS))
        shape = () if is_special else _as_dense(y).shape
        self._has_columns = len(shape) == 2 and shape[1] > 1
        n_targets = shape[1] if self._has_columns else 1
        self.target_names_ = column_names(y) or list(range(n_targets))
        if sample_weight is not None:
            fit_params["sample_weight"] = sample_weight
        rng = check_random_state(self.random_state)
        members = [seed_estimator(clone(self.estimator), rng) for _ in range(self.n_estimators)]
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit)(member, X, y, fit_params) for member in members
        )
        if is_special:
            _, fitted = self._split_first(None)
            names = getattr(fitted, "tasks_", None) or getattr(fitted, "target_names_", None)
            self.target_names_ = list(fitted.classes_ if names is None else names)
        return self

    def predict_members(self, X) -> np.ndarray:
        """Predict with each member.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_estimators, n_samples, ...)
            Class probabilities of a classifier, predictions of a regressor.
        """
        check_is_fitted(self)
        return np.stack([self._predict_member(member, X) for member in self.estimators_])

    def _split_first(self, X) -> tuple[Any, Any]:
        """Return X as the final estimator of the first member reads it, and that estimator."""
        steps, last = split_steps(self.estimators_[0])
        for step in steps if X is not None else ():
            X = step.transform(X)
        return X, last

    def _predictors(self) -> list[Predictor]:
        check_is_fitted(self)
        return [Predictor(member) for member in self.estimators_]

    def _predict_scores(self, X) -> np.ndarray:
        predictors = self._predictors()
        members = [predictor.outputs for predictor in predictors if predictor.outputs is not None]
        if len(members) < len(predictors):
            return self._to_table(X)
        mixture = Mixture(members, [1.0] * len(members))
        return mixture([predictor(X) for predictor in predictors])

    def _describe_outputs(self) -> Outputs:
        """Describe what `_predict_scores` returns."""
        members = [p.outputs for p in self._predictors() if p.outputs is not None]
        if len(members) < len(self.estimators_):
            return self._describe_table()
        return Mixture(members, [1.0] * len(members)).outputs

    def _to_table(self, X) -> np.ndarray:
        """Predict by members of other packages, of shape (n_samples, n_outputs)."""
        raise NotImplementedError

    def _describe_table(self) -> Outputs:
        """Describe what `_to_table` returns."""
        raise NotImplementedError

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X; 1 for text."""
        return self._first_member().n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if X was a DataFrame with string names."""
        return self._first_member().feature_names_in_

    def _first_member(self):
        if "estimators_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.estimators_[0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        # Labels of positions, signals and tasks are no targets of classifiers and regressors.
        tags.estimator_type = inner.estimator_type
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        if tags.classifier_tags is not None and inner.classifier_tags is not None:
            tags.classifier_tags.multi_label = inner.classifier_tags.multi_label
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        tags.non_deterministic = inner.non_deterministic
        return tags


class DeepEnsembleClassifier(ClassifierMixin, _BaseDeepEnsemble):
    """Ensemble of classifiers that differ by their random seeds [1]_.

    Each member is fitted on all samples, and their probabilities are averaged.
    :class:`sklearn.ensemble.BaggingClassifier` with ``bootstrap=False`` is similar, but reads text
    of shape (n_samples, 1) only, and supports neither multi-label targets nor uncertainties.

    Parameters
    ----------
    estimator : estimator or Pipeline
        Classifier with a ``random_state``; also a :class:`~skgenomics.SequenceLabeler`, a
        :class:`~skgenomics.PairLabeler` or a :class:`~skgenomics.MultiTaskEstimator`, whose
        predictions are averaged position by position, pair by pair and task by task.
    n_estimators : int, default=5
        Number of members.
    n_jobs : int or None, default=None
        Number of processes that fit members in parallel.
    random_state : int, RandomState instance or None, default=None
        Seed from which the seeds of the members are drawn; pass an int for reproducible results.

    Attributes
    ----------
    target_names_ : list
        Names of the tasks, targets or tracks: columns of a DataFrame y, else their numbers; labels
        of a labeler.
    estimators_ : list of estimators
        Fitted members.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    mc_dropout : Predictions of one network with random dropout.

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel and Blundell (2017), Simple and scalable predictive uncertainty
           estimation using deep ensembles, NeurIPS.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.uncertainty import DeepEnsembleClassifier
    >>> data = make_motif_classification(60, 30, random_state=0)
    >>> network = CNNClassifier(n_filters=8, kernel_size=5, max_iter=2)
    >>> ensemble = DeepEnsembleClassifier(network, n_estimators=3, random_state=0)
    >>> ensemble.fit(data.X, data.y).predict_proba(data.X).shape
    (60, 2)
    >>> sorted(ensemble.uncertainty(data.X))
    ['aleatoric', 'epistemic', 'total']
    """

    @property
    def classes_(self) -> np.ndarray:
        """Class labels of the members."""
        return self._first_member().classes_

    def predict_members(self, X) -> Any:
        """Predict with each member.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_estimators, n_samples, ...) or list
            Class probabilities of each member; a list of those of each member for a
            :class:`~skgenomics.MultiTaskEstimator`, which returns them by task.
        """
        if self._is_multitask:
            check_is_fitted(self)
            return [self._predict_member(member, X) for member in self.estimators_]
        return super().predict_members(X)

    def predict_proba(self, X) -> Any:
        """Predict class probabilities, averaged over the members.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), (n_samples, n_tasks) or \
                (n_samples, n_positions, n_classes), or (n_samples, n_bins, n_bins, n_classes), or \
                dict or list by task
            Probabilities of the classes, of the positive class of each task, or of the labels of
            each position or pair; by task as of :class:`~skgenomics.MultiTaskEstimator`.
        """
        if self._is_multitask:
            last = self._split_first(None)[1]
            return last._to_proba(last._split_tasks(self._predict_scores(X)))
        return self.predict_members(X).mean(axis=0)

    def predict_log_proba(self, X) -> Any:
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_tasks)
            Logarithms of :meth:`predict_proba`, the averaged probabilities.
        """
        proba = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            if isinstance(proba, dict):
                return {task: np.log(values) for task, values in proba.items()}
            if isinstance(proba, list):
                return [None if values is None else np.log(values) for values in proba]
            return np.log(proba)

    def predict(self, X) -> Any:
        """Predict the most probable class of each sequence, or 0 or 1 for each task.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks), or DataFrame
            Class labels, or an indicator matrix for multi-label targets; for estimators of
            positions and of several tasks what these return.
        """
        if self._is_multitask:
            last = self._split_first(None)[1]
            return last._to_predictions(last._split_tasks(self._predict_scores(X)), X)
        proba = self.predict_proba(X)
        if self._is_labeler:
            return self._split_first(None)[1]._to_labels(*self._most_probable(proba))
        if self._has_columns:
            return (proba > 0.5).astype(int)
        # Of pairs beyond the end of a sequence, which are NaN, the first one.
        return self.classes_[proba.argmax(axis=-1 if self._is_pairs else 1)]

    @property
    def _is_pairs(self) -> bool:
        return isinstance(split_steps(self.estimator, template=True)[1], PairLabeler)

    @property
    def _is_multitask(self) -> bool:
        return isinstance(split_steps(self.estimator, template=True)[1], MultiTaskEstimator)

    @property
    def _is_labeler(self) -> bool:
        return isinstance(split_steps(self.estimator, template=True)[1], SequenceLabeler)

    def _most_probable(self, proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return indices of labels, and which positions are not padding."""
        return proba.argmax(axis=2), np.asarray((proba > 0).any(axis=2))

    def uncertainty(self, X) -> Any:
        """Compute the uncertainty of each prediction and its two sources.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        dict of str to ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Entries "total", "aleatoric" and "epistemic", as of :func:`decompose_uncertainty`; a
            dict of such dicts by task for a :class:`~skgenomics.MultiTaskEstimator`.
        """
        if self._is_multitask:
            tasks = self._split_first(None)[1].classes_
            by_task = [self._as_dict(member) for member in self.predict_members(X)]
            return {t: decompose_uncertainty(np.stack([m[t] for m in by_task])) for t in tasks}
        return decompose_uncertainty(self.predict_members(X), multilabel=self._has_columns)

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            True labels; NaN marks a missing label of a multi-label target.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        float
            Accuracy; for multi-label targets the fraction of samples whose known labels are all
            predicted correctly; for estimators of positions and of several tasks their own score.
        """
        if self._is_multitask:
            read, last = self._split_first(X)
            scores = last._split_tasks(self._predict_scores(X))
            return mean_score(last._answers(scores, read, y, sample_weight))
        if self._is_labeler:
            read, last = self._split_first(X)
            codes, _ = self._most_probable(self.predict_proba(X))
            return last._score_codes(codes, read, y, sample_weight)
        if self._is_pairs:
            read, last = self._split_first(X)
            return last._score_pairs(self.predict_proba(X), read, y, sample_weight)
        if not self._has_columns:
            return super().score(X, y, sample_weight)
        y = _as_dense(y).astype(float)
        is_correct = ((self.predict(X) == y) | np.isnan(y)).all(axis=1)
        return float(np.average(is_correct, weights=sample_weight))

    def _as_dict(self, values) -> dict:
        """Return the values of classification tasks by name."""
        if isinstance(values, dict):
            return values
        values = values if isinstance(values, list) else [values]
        return dict(zip(self.target_names_, values, strict=True))

    def _to_table(self, X) -> np.ndarray:
        return self.predict_proba(X)

    def _describe_table(self) -> ProbabilityOutputs:
        if not self._has_columns:
            return ProbabilityOutputs(tuple(self.classes_.tolist()))
        return ProbabilityOutputs(tuple(self.target_names_), exclusive=False)

    def _check_kind(self) -> None:
        if isinstance(split_steps(self.estimator, template=True)[1], _LABELS):
            return
        if not is_classifier(self.estimator) or not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                "estimator must be a classifier with predict_proba, a SequenceLabeler, a "
                f"PairLabeler or a MultiTaskEstimator, got {self.estimator!r:.80}; use "
                "DeepEnsembleRegressor for regressors"
            )

    def _predict_member(self, member, X) -> np.ndarray:
        return member.predict_proba(X)


class DeepEnsembleRegressor(RegressorMixin, _BaseDeepEnsemble):
    """Ensemble of regressors that differ by their random seeds [1]_.

    Each member is fitted on all samples. Predictions are averaged, and their standard deviation is
    a measure of uncertainty.

    Parameters
    ----------
    estimator : estimator or Pipeline
        Regressor with a ``random_state``; also a :class:`~skgenomics.ProfileRegressor` or a
        :class:`~skgenomics.PairRegressor`.
    n_estimators : int, default=5
        Number of members.
    n_jobs : int or None, default=None
        Number of processes that fit members in parallel.
    random_state : int, RandomState instance or None, default=None
        Seed from which the seeds of the members are drawn; pass an int for reproducible results.

    Attributes
    ----------
    target_names_ : list
        Names of the targets or tracks: columns of a DataFrame y, else their numbers.
    estimators_ : list of estimators
        Fitted members.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    ConformalRegressor : Prediction intervals with a guaranteed coverage.

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel and Blundell (2017), Simple and scalable predictive uncertainty
           estimation using deep ensembles, NeurIPS.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> from skgenomics.uncertainty import DeepEnsembleRegressor
    >>> X = ["ACGTACGTAC", "TTTTTTTTAA", "CCCCCCGGGG", "ACACACACAC"] * 10
    >>> y = [1.0, 2.0, 3.0, 4.0] * 10
    >>> network = CNNRegressor(n_filters=4, kernel_size=3, max_iter=2)
    >>> ensemble = DeepEnsembleRegressor(network, n_estimators=3, random_state=0).fit(X, y)
    >>> mean, spread = ensemble.predict(X, return_std=True)
    >>> mean.shape, spread.shape
    ((40,), (40,))
    """

    def predict(self, X, return_std: bool = False):
        """Predict the targets, averaged over the members.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        return_std : bool, default=False
            If True, return the standard deviation over the members as well.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Mean predictions.
        std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Standard deviations, only with ``return_std=True``.
        """
        predictions = self.predict_members(X)
        mean = predictions.mean(axis=0)
        return (mean, predictions.std(axis=0)) if return_std else mean

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the coefficient of determination R2.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        y : array-like of shape (n_samples,) or (n_samples, ...)
            True targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        float
            R2, averaged over targets or tracks.
        """
        read, last = self._split_first(X)
        if isinstance(last, ProfileRegressor):
            return last._score_signals(self.predict(X), read, y, sample_weight)
        if isinstance(last, PairRegressor):
            return last._score_pairs(self.predict(X), read, y, sample_weight)
        return super().score(X, y, sample_weight)

    def _to_table(self, X) -> np.ndarray:
        return self.predict(X).reshape(len(X), -1)

    def _describe_table(self) -> ValueOutputs:
        return ValueOutputs(tuple(self.target_names_))

    def _check_kind(self) -> None:
        is_signal = isinstance(split_steps(self.estimator, template=True)[1], _SIGNALS)
        if not is_signal and not is_regressor(self.estimator):
            raise ValueError(
                "estimator must be a regressor of whole sequences, a ProfileRegressor or a "
                f"PairRegressor, got {self.estimator!r:.80}; use DeepEnsembleClassifier for "
                "classifiers, labelers and several tasks"
            )

    def _predict_member(self, member, X) -> np.ndarray:
        return member.predict(X)


def seed_estimator(estimator: Any, rng: np.random.RandomState, *, only_unset: bool = False) -> Any:
    """Set every ``random_state`` of a clone, including those of nested estimators.

    Parameters
    ----------
    estimator : estimator
        Clone, which is modified.
    rng : RandomState
        Source of the seeds.
    only_unset : bool, default=False
        If True, set only those that are None.

    Returns
    -------
    estimator
        The clone.

    Raises
    ------
    ValueError
        If there is no ``random_state``, unless `only_unset`.
    """
    # A pretrained model is not cloned and belongs to the user.
    params = {
        name: value
        for name, value in sorted(estimator.get_params().items())
        if name.split("__")[-1] == "random_state" and "pretrained" not in name.split("__")
    }
    if not params and not only_unset:
        raise ValueError(
            f"{type(estimator).__name__} has no random_state, so that all members would be the "
            "same; an ensemble needs estimators with random initial parameters"
        )
    names = [name for name, value in params.items() if value is None or not only_unset]
    return estimator.set_params(**{name: int(rng.randint(2**31 - 1)) for name in names})


def _as_dense(y) -> np.ndarray:
    return y.toarray() if issparse(y) else as_array(y)


def _fit(member, X, y, fit_params):
    return member.fit(X, y, **fit_params)
