"""Several networks from different random weights, whose mean predicts better than each of them."""

from __future__ import annotations

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

from skgenomics._outputs import ProbabilityOutputs, ValueOutputs
from skgenomics._utils.validation import check_integer
from skgenomics.estimators._targets import as_array, column_names
from skgenomics.uncertainty.decomposition import decompose_uncertainty


class _DeepEnsemble(MetaEstimatorMixin, BaseEstimator):
    """Members that differ by their seeds alone."""

    def __init__(self, estimator, *, n_estimators=5, n_jobs=None, random_state=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Train the members, each on all of the data.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as `estimator` takes them.
        y : array-like of shape (n,) or (n, n_tasks)
            Targets.
        sample_weight : array-like of shape (n,), optional
            Weights of the sequences.
        **fit_params : dict
            What else ``fit`` of the members gets, such as ``groups``.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If `estimator` is of the wrong kind or has no ``random_state``, or a member refuses the
            data.
        """
        check_integer("n_estimators", self.n_estimators, 1)
        self._check_kind()
        shape = _as_dense(y).shape
        self._has_columns = len(shape) == 2 and shape[1] > 1
        n_targets = shape[1] if self._has_columns else 1
        self.target_names_ = column_names(y) or list(range(n_targets))
        if sample_weight is not None:
            fit_params["sample_weight"] = sample_weight
        rng = check_random_state(self.random_state)
        members = [_reseed(clone(self.estimator), rng) for _ in range(self.n_estimators)]
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit)(member, X, y, fit_params) for member in members
        )
        return self

    def predict_members(self, X) -> np.ndarray:
        """Predictions of the members, one by one.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as `estimator` takes them.

        Returns
        -------
        ndarray of shape (n_estimators, n, ...)
            Probabilities of a classifier, predictions of a regressor.
        """
        check_is_fitted(self)
        return np.stack([self._predict_member(member, X) for member in self.estimators_])

    @property
    def n_features_in_(self) -> int:
        """Columns of X; 1 for text."""
        return self._first_member().n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if X was a frame."""
        return self._first_member().feature_names_in_

    def _first_member(self):
        if not hasattr(self, "estimators_"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.estimators_[0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        if tags.classifier_tags is not None and inner.classifier_tags is not None:
            tags.classifier_tags.multi_label = inner.classifier_tags.multi_label
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        tags.non_deterministic = inner.non_deterministic
        return tags


class DeepEnsembleClassifier(ClassifierMixin, _DeepEnsemble):
    """Mean of several classifiers that differ by their random seeds [1]_.

    Each member is trained on all of the data. :class:`sklearn.ensemble.BaggingClassifier` with
    ``bootstrap=False`` does much the same for text of shape (n, 1), but not for several labels, and
    it keeps no account of where its members disagree.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A classifier with a ``random_state``.
    n_estimators : int, default=5
        Number of members.
    n_jobs : int or None, default=None
        Processes that train the members.
    random_state : int, RandomState instance or None, default=None
        Seed of the seeds of the members.

    Attributes
    ----------
    estimators_ : list
        The fitted members.
    classes_ : ndarray
        Labels, as the members have them.
    n_features_in_ : int
        Columns of X; 1 for text.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    mc_dropout : A sample of predictions from one network.

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
        """Labels, as the members have them."""
        return self._first_member().classes_

    def predict_proba(self, X) -> np.ndarray:
        """Mean of the probabilities of the members.

        Returns
        -------
        ndarray of shape (n, n_classes) or (n, n_tasks)
        """
        return self.predict_members(X).mean(axis=0)

    def predict(self, X) -> np.ndarray:
        """Most likely class of each sequence; of an indicator matrix 0 or 1 per task.

        Returns
        -------
        ndarray of shape (n,) or (n, n_tasks)
        """
        chances = self.predict_proba(X)
        if self._has_columns:
            return (chances > 0.5).astype(int)
        return self.classes_[chances.argmax(axis=1)]

    def uncertainty(self, X) -> dict:
        """Uncertainty of each prediction and where it comes from.

        Returns
        -------
        dict of str to ndarray of shape (n,) or (n, n_tasks)
            What :func:`decompose_uncertainty` gives.
        """
        return decompose_uncertainty(self.predict_members(X), multilabel=self._has_columns)

    def score(self, X, y, sample_weight=None) -> float:
        """Accuracy; for an indicator matrix the share of rows whose known labels are all right."""
        if not self._has_columns:
            return super().score(X, y, sample_weight)
        y = _as_dense(y).astype(float)
        right = ((self.predict(X) == y) | np.isnan(y)).all(axis=1)
        return float(np.average(right, weights=sample_weight))

    def _predict_scores(self, X) -> np.ndarray:
        return self.predict_proba(X)

    def _describe_outputs(self) -> ProbabilityOutputs:
        """Describe what `_predict_scores` returns."""
        if not self._has_columns:
            return ProbabilityOutputs(tuple(self.classes_.tolist()))
        return ProbabilityOutputs(tuple(self.target_names_), exclusive=False)

    def _check_kind(self) -> None:
        if not is_classifier(self.estimator) or not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                "estimator must be a classifier of whole sequences with predict_proba, got "
                f"{self.estimator!r:.80}; use DeepEnsembleRegressor for regressors"
            )

    def _predict_member(self, member, X) -> np.ndarray:
        return member.predict_proba(X)


class DeepEnsembleRegressor(RegressorMixin, _DeepEnsemble):
    """Mean of several regressors that differ by their random seeds [1]_, and their spread.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A regressor with a ``random_state``.
    n_estimators : int, default=5
        Number of members.
    n_jobs : int or None, default=None
        Processes that train the members.
    random_state : int, RandomState instance or None, default=None
        Seed of the seeds of the members.

    Attributes
    ----------
    estimators_ : list
        The fitted members.
    n_features_in_ : int
        Columns of X; 1 for text.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    See Also
    --------
    ConformalRegressor : Intervals that hold the target as often as they claim to.

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
        """Mean prediction of the members.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as `estimator` takes them.
        return_std : bool, default=False
            Whether the standard deviation over the members is given too.

        Returns
        -------
        mean : ndarray of shape (n,) or (n, n_targets)
        std : ndarray of the same shape
            Only with `return_std`.
        """
        predictions = self.predict_members(X)
        mean = predictions.mean(axis=0)
        return (mean, predictions.std(axis=0)) if return_std else mean

    def _predict_scores(self, X) -> np.ndarray:
        return self.predict(X).reshape(len(X), -1)

    def _describe_outputs(self) -> ValueOutputs:
        """Describe what `_predict_scores` returns."""
        return ValueOutputs(tuple(self.target_names_))

    def _check_kind(self) -> None:
        if not is_regressor(self.estimator):
            raise ValueError(
                f"estimator must be a regressor of whole sequences, got {self.estimator!r:.80}; "
                "use DeepEnsembleClassifier for classifiers"
            )

    def _predict_member(self, member, X) -> np.ndarray:
        return member.predict(X)


def _reseed(estimator, rng: np.random.RandomState):
    """Give a clone, and all that it holds, seeds of its own."""
    # A model to start from is no clone, but that of the user.
    paths = [name.split("__") for name in estimator.get_params()]
    names = ["__".join(p) for p in paths if p[-1] == "random_state" and "pretrained" not in p]
    if not names:
        raise ValueError(
            f"{type(estimator).__name__} has no random_state, so that all members would be the "
            "same; an ensemble needs estimators that start from random weights"
        )
    return estimator.set_params(**{name: int(rng.randint(2**31 - 1)) for name in sorted(names)})


def _as_dense(y) -> np.ndarray:
    return y.toarray() if issparse(y) else as_array(y)


def _fit(member, X, y, fit_params):
    return member.fit(X, y, **fit_params)
