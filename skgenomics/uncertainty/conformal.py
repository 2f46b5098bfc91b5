"""Conformal prediction intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone, is_regressor
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import (
    _safe_indexing,
    check_array,
    check_random_state,
    column_or_1d,
    get_tags,
    indexable,
)
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from skgenomics._utils.validation import check_choice, check_real
from skgenomics.estimators._targets import read_sample_weight, take_weighted_rows
from skgenomics.uncertainty.ensembles import DeepEnsembleRegressor, seed_estimator


class ConformalRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Regressor with prediction intervals by split conformal prediction [1]_.

    The prediction errors on a held-out calibration set determine the width of the intervals.
    Whatever the regressor, an interval contains the target of a new exchangeable sample with at
    least the requested probability. Groups (homologous sequences, genes) are held out as a whole,
    since errors on sequences similar to training sequences would be too small.

    Parameters
    ----------
    estimator : estimator or Pipeline
        Regressor of a single target.
    width : {"constant", "std"}, default="constant"
        Width of the intervals: the same for all samples, or proportional to the standard deviation
        from ``estimator.predict(X, return_std=True)``, as of a :class:`DeepEnsembleRegressor`.
    calibration_fraction : float, default=0.2
        Fraction of the samples in the calibration set.
    random_state : int, RandomState instance or None, default=None
        Seed of the split, and of every ``random_state`` of `estimator` that is None; pass an int
        for reproducible results.

    Attributes
    ----------
    estimator_ : estimator
        Regressor, fitted on the samples outside of the calibration set.
    residuals_ : ndarray of shape (n_calibration,)
        Sorted absolute errors on the calibration set, divided by the standard deviation with
        ``width="std"``.
    calibration_weight_ : ndarray of shape (n_calibration,)
        Weights of the samples of `residuals_`.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    DeepEnsembleRegressor : Regressor with a standard deviation of its predictions.

    References
    ----------
    .. [1] Lei et al. (2018), Distribution-free predictive inference for regression, Journal of the
           American Statistical Association 113.
    .. [2] Barber et al. (2023), Conformal prediction beyond exchangeability, Annals of Statistics
           51.

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

    def __init__(
        self,
        estimator: BaseEstimator,
        *,
        width: str = "constant",
        calibration_fraction: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.estimator = estimator
        self.width = width
        self.calibration_fraction = calibration_fraction
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, groups=None):
        """Fit the regressor and compute its errors on the calibration set.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights, which `estimator` has to accept. Errors on the calibration set are
            weighted too, the new sample having the weight one (Barber et al., 2023): a weight of
            two equals two samples, and a weight of zero removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are not split between training and calibration. They are passed on if
            ``estimator.fit`` accepts ``groups``.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ValueError
            If `estimator` is not a regressor or accepts no weights, y has several columns or NaN,
            there is a single group, or a parameter is out of range.
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
        weight = read_sample_weight(sample_weight, len(y))
        X, y, weight, groups = take_weighted_rows(weight, X, y, weight, groups)
        rng = check_random_state(self.random_state)
        train, calibration = self._split(len(y), groups, rng)
        prefix, last = _last_step(self.estimator)
        fit_params = {}
        if sample_weight is not None:
            if not has_fit_parameter(last, "sample_weight"):
                raise ValueError(f"{type(last).__name__} accepts no sample_weight; leave it out")
            fit_params[f"{prefix}sample_weight"] = weight[train]
        if groups is not None and _takes_groups(last):
            fit_params[f"{prefix}groups"] = _safe_indexing(groups, train)
        self.estimator_ = seed_estimator(clone(self.estimator), rng, only_unset=True)
        self.estimator_.fit(_safe_indexing(X, train), y[train], **fit_params)
        mean, scale = self._predict(_safe_indexing(X, calibration))
        errors = np.abs(y[calibration] - mean) / scale
        order = np.argsort(errors, kind="stable")
        self.residuals_, self.calibration_weight_ = errors[order], weight[calibration][order]
        return self

    def predict(self, X) -> np.ndarray:
        """Predict the target.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples,)
            Predictions of `estimator_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def predict_interval(self, X, coverage: float = 0.9) -> np.ndarray:
        """Predict intervals that contain the target with a given probability.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences in any format that `estimator` accepts.
        coverage : float, default=0.9
            Probability that an interval contains the target, in (0, 1).

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Lower and upper bounds.

        Raises
        ------
        ValueError
            If the calibration set is too small for the coverage.
        """
        check_is_fitted(self)
        check_real("coverage", coverage, 0, 1, inclusive=False)
        # Of n + 1 exchangeable errors, that of the new sample has each rank with equal probability.
        totals = np.cumsum(self.calibration_weight_)
        rank = int(np.searchsorted(totals, coverage * (totals[-1] + 1) - 1e-9))
        if rank == len(totals):
            raise ValueError(
                f"coverage={coverage} needs at least {_n_needed(coverage)} "
                f"calibration samples, but there are {totals[-1]:g}; raise calibration_fraction"
            )
        mean, scale = self._predict(X)
        half = self.residuals_[rank] * scale
        return np.stack([mean - half, mean + half], axis=1)

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X; 1 for text."""
        return self._fitted_estimator().n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if X was a DataFrame with string names."""
        return self._fitted_estimator().feature_names_in_

    def _fitted_estimator(self):
        if "estimator_" not in vars(self):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.estimator_

    def _split(self, n: int, groups, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        if groups is not None and len(np.unique(groups)) < 2:
            raise ValueError(
                "groups has one group only, so that none can be held out; leave groups=None"
            )
        splitter = ShuffleSplit if groups is None else GroupShuffleSplit
        splits = splitter(1, test_size=self.calibration_fraction, random_state=rng)
        return next(splits.split(np.empty(n), groups=groups))

    def _predict(self, X) -> tuple[np.ndarray, np.ndarray]:
        if self.width == "constant":
            mean = self.estimator_.predict(X)
            return mean, np.ones(len(mean))
        try:
            mean, scale = self.estimator_.predict(X, return_std=True)
        except TypeError:
            raise ValueError(
                "width='std' needs an estimator whose predict accepts return_std, unlike "
                f"{type(self.estimator_).__name__}; wrap it in a DeepEnsembleRegressor"
            ) from None
        return mean, np.maximum(scale, np.finfo(np.float32).eps)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _last_step(estimator) -> tuple[str, Any]:
    """Return the prefix of fit parameters for the last step of a pipeline, and that step."""
    steps = getattr(estimator, "steps", None)
    return ("", estimator) if steps is None else (f"{steps[-1][0]}__", steps[-1][1])


def _takes_groups(estimator) -> bool:
    if isinstance(estimator, DeepEnsembleRegressor):
        return _takes_groups(estimator.estimator)
    return has_fit_parameter(estimator, "groups")


def _n_needed(coverage: float) -> int:
    """Compute the minimum size of the calibration set for a coverage."""
    return int(np.ceil(coverage / (1 - coverage) - 1e-9))
