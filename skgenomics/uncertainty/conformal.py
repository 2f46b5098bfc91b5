"""Prediction intervals that hold the target as often as they claim to."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone, is_regressor
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import _safe_indexing, check_array, column_or_1d, get_tags, indexable
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from skgenomics._utils.validation import check_choice, check_real
from skgenomics.uncertainty.ensembles import DeepEnsembleRegressor


class ConformalRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Regressor with prediction intervals by split conformal prediction [1]_.

    A part of the data is kept aside; how far off the predictions are there gives the width of the
    intervals. Whatever the regressor, the intervals hold the target of a new sample of the same
    kind with at least the probability that is asked for. With groups (homologous sequences, genes)
    whole groups are kept aside, or the errors would be those on sequences already seen.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A regressor of one target.
    width : {"constant", "std"}, default="constant"
        Whether all intervals are of one width, or each follows the standard deviation that
        ``estimator.predict(X, return_std=True)`` gives, as that of a
        :class:`DeepEnsembleRegressor` does.
    calibration_fraction : float, default=0.2
        Share of the samples that is kept aside.
    random_state : int, RandomState instance or None, default=None
        Seed of the split.

    Attributes
    ----------
    estimator_ : estimator
        The regressor, fitted on the part that was not kept aside.
    residuals_ : ndarray of shape (n_calibration,)
        Absolute errors on the part kept aside, in units of the standard deviation with
        ``width="std"``, sorted.
    n_features_in_ : int
        Columns of X; 1 for text.
    feature_names_in_ : ndarray of str
        Names of the columns, if X was a frame.

    References
    ----------
    .. [1] Lei et al. (2018), Distribution-free predictive inference for regression, Journal of the
           American Statistical Association 113.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skgenomics.uncertainty import ConformalRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3))
    >>> y = X[:, 0] + rng.normal(size=400)
    >>> model = ConformalRegressor(Ridge(), random_state=0).fit(X[:200], y[:200])
    >>> low, high = model.predict_interval(X[200:], coverage=0.9).T
    >>> bool(((low <= y[200:]) & (y[200:] <= high)).mean() > 0.85)
    True
    """

    def __init__(self, estimator, *, width="constant", calibration_fraction=0.2, random_state=None):
        self.estimator = estimator
        self.width = width
        self.calibration_fraction = calibration_fraction
        self.random_state = random_state

    def fit(self, X, y, groups=None):
        """Train on one part of the data, and learn from the other how far off predictions are.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as `estimator` takes them.
        y : array-like of shape (n,)
            Target.
        groups : array-like of shape (n,), optional
            Sequences of one group stay on one side; `estimator` gets those of its part, if its
            ``fit`` takes ``groups``.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If `estimator` is no regressor, y has several columns or NaN, all samples are of one
            group, or a setting is out of range.
        """
        check_choice("width", self.width, ("constant", "std"))
        check_real("calibration_fraction", self.calibration_fraction, 0, 1, inclusive=False)
        if not is_regressor(self.estimator):
            raise ValueError(
                f"estimator must be a regressor, got {self.estimator!r:.80}; probabilities of "
                "classifiers are calibrated by sklearn.calibration.CalibratedClassifierCV"
            )
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        y = column_or_1d(y, warn=True)
        y = check_array(y, dtype="numeric", ensure_2d=False, input_name="y")
        X, y, groups = indexable(X, y, groups)
        train, kept = self._split(len(y), groups)
        fit_params = {}
        if groups is not None and _takes_groups(self.estimator):
            fit_params["groups"] = _safe_indexing(groups, train)
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(_safe_indexing(X, train), y[train], **fit_params)
        mean, scale = self._predict(_safe_indexing(X, kept))
        self.residuals_ = np.sort(np.abs(y[kept] - mean) / scale)
        return self

    def predict(self, X) -> np.ndarray:
        """Predict the target.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def predict_interval(self, X, coverage: float = 0.9) -> np.ndarray:
        """Intervals that hold the target with a given probability.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as `estimator` takes them.
        coverage : float, default=0.9
            Probability, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n, 2)
            Lower and upper ends.

        Raises
        ------
        ValueError
            If too few samples were kept aside to tell for so high a coverage.
        """
        check_is_fitted(self)
        check_real("coverage", coverage, 0, 1, inclusive=False)
        n = len(self.residuals_)
        # The share of n + 1, since the new sample is as likely to be the worst one as all others.
        rank = int(np.ceil(coverage * (n + 1) - 1e-9))
        if rank > n:
            raise ValueError(
                f"coverage={coverage} needs at least {_n_needed(coverage)} "
                f"samples kept aside, but there are {n}; raise calibration_fraction"
            )
        mean, scale = self._predict(X)
        half = self.residuals_[max(rank, 1) - 1] * scale
        return np.stack([mean - half, mean + half], axis=1)

    @property
    def n_features_in_(self) -> int:
        """Columns of X; 1 for text."""
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if X was a frame."""
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.estimator_.feature_names_in_

    def _split(self, n: int, groups) -> tuple[np.ndarray, np.ndarray]:
        if groups is not None and len(np.unique(groups)) < 2:
            raise ValueError(
                "groups has one group only, so that none can be kept aside; leave groups=None"
            )
        splitter = ShuffleSplit if groups is None else GroupShuffleSplit
        splits = splitter(
            1, test_size=self.calibration_fraction, random_state=self.random_state
        ).split(np.empty(n), groups=groups)
        return next(splits)

    def _predict(self, X) -> tuple[np.ndarray, np.ndarray]:
        if self.width == "constant":
            mean = self.estimator_.predict(X)
            return mean, np.ones(len(mean))
        try:
            mean, scale = self.estimator_.predict(X, return_std=True)
        except TypeError:
            raise ValueError(
                f"width='std' needs a predict that takes return_std, which "
                f"{type(self.estimator_).__name__} has not; put it into a DeepEnsembleRegressor"
            ) from None
        return mean, np.maximum(scale, np.finfo(np.float32).eps)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _takes_groups(estimator) -> bool:
    if isinstance(estimator, DeepEnsembleRegressor):
        return _takes_groups(estimator.estimator)
    return has_fit_parameter(estimator, "groups")


def _n_needed(coverage: float) -> int:
    """Fewest samples kept aside that tell for a coverage."""
    return int(np.ceil(coverage / (1 - coverage) - 1e-9))
