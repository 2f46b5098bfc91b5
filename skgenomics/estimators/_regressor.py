"""Targets of regressors: one or many real values, some of them missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import torch
from scipy.special import expit
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.metaestimators import available_if

from skgenomics._outputs import ValueOutputs
from skgenomics.estimators._multitask_targets import task_factors
from skgenomics.estimators._targets import as_array, average_one, read_sample_weight
from skgenomics.estimators._training import can_resume
from skgenomics.training.hyperparameters import (
    REGRESSOR_LOSSES,
    CosineMSELoss,
    GaussianLoss,
    QuantileLoss,
)
from skgenomics.training.losses import (
    REGRESSION_LOSSES,
    CosineMSE,
    WeightedLoss,
    choose_loss,
    name_of_loss,
)

# Functions that turn scores into predictions; "identity" for all other losses.
_LINKS = {"poisson": "log", "negative_binomial": "log", "binary_cross_entropy": "logit"}


def _has_quantiles(self) -> bool:
    return name_of_loss(self.loss) == "quantile"


@dataclass(kw_only=True, eq=False, repr=False)
class RegressorTargets(RegressorMixin):
    """Targets and losses of regressors; targets are standardized internally.

    The class that it is mixed into trains a net, and returns raw scores by ``_predict_scores``.
    """

    loss: str | Callable | QuantileLoss | GaussianLoss | CosineMSELoss = "mse"
    task_weights: Sequence[float] | None = None

    _groups: ClassVar[dict[str, Any]] = {"loss": REGRESSOR_LOSSES}

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets; among several, NaN marks a missing one.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X or y is empty, malformed or of different lengths, a target has no value at
            all, or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    @available_if(can_resume)
    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """Train for one more epoch, with a constant learning rate and no early stopping.

        The scale of the targets is that of the first call. The state of the optimizer is kept
        between calls, but is not saved with the estimator.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            As in :meth:`fit`.
        """
        return self._fit(X, y, sample_weight, one_epoch=True)

    def predict(self, X, return_std: bool = False):
        """Predict the targets.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        return_std : bool, default=False
            If True, return the standard deviation of the predicted distribution as well, with
            ``loss="gaussian"`` or ``"negative_binomial"``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Targets in the units of y: expected counts for ``loss="poisson"`` and
            ``"negative_binomial"``, fractions for ``"binary_cross_entropy"``, the quantile nearest
            to the median for ``"quantile"``.
        std : ndarray of the shape of `y`, float64
            Standard deviations in the units of y, only with ``return_std=True``.

        Raises
        ------
        ValueError
            If standard deviations are requested of a network that does not predict them.
        """
        # In double precision, lest a large mean rounds small differences away.
        scores = self._predict_scores(X).astype(np.float64)
        n_targets = len(self.y_mean_)
        first = scores[:, :n_targets]
        if self.link_ != "identity":
            first = np.exp(first) if self.link_ == "log" else expit(first)
        y = first * self.y_scale_ + self.y_mean_
        if not return_std:
            return y if self.multioutput_ else y[:, 0]
        if self.family_ == "gaussian":
            std = np.exp(scores[:, n_targets:] / 2) * self.y_scale_
        elif self.family_ == "negative_binomial":
            std = np.sqrt(y + np.exp(scores[:, n_targets:]) * y**2)
        else:
            raise ValueError(
                "return_std=True needs a network that predicts standard deviations; fit it with "
                "loss='gaussian' or 'negative_binomial', or use a DeepEnsembleRegressor"
            )
        return (y, std) if self.multioutput_ else (y[:, 0], std[:, 0])

    @available_if(_has_quantiles)
    def predict_quantiles(self, X) -> np.ndarray:
        """Predict the quantiles of ``loss="quantile"`` or ``QuantileLoss(...)``.

        Quantiles that cross are sorted.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_targets, n_quantiles), float64
            Quantiles in ascending order, in the units of y.
        """
        scores = self._predict_scores(X).astype(np.float64)
        blocks = scores.reshape(len(scores), -1, len(self.y_mean_))
        quantiles = np.sort(blocks * self.y_scale_ + self.y_mean_, axis=1).transpose(0, 2, 1)
        return quantiles if self.multioutput_ else quantiles[:, 0]

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the coefficient of determination R2.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True targets; among several, NaN marks a missing one.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            R2 of the known values, averaged over the targets.

        Raises
        ------
        ValueError
            If y has no value at all.
        """
        y = self._read_y(y)
        predicted = self.predict(X)
        if y.ndim == 1:
            return r2_score(y, predicted, sample_weight=sample_weight)
        weight = read_sample_weight(sample_weight, len(y))
        known = ~np.isnan(y)
        if not known.any():
            raise ValueError("y has no value at all to compare predictions with")
        scores = [
            r2_score(y[rows, i], predicted[rows, i], sample_weight=weight[rows])
            for i, rows in enumerate(known.T)
            if rows.any()
        ]
        return float(np.mean(scores))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _read_y(self, y) -> np.ndarray:
        y = as_array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            return check_array(y, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y")
        y = column_or_1d(y, warn=True)
        return check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")

    def _learn_targets(self, y, weight, classes) -> None:
        self.multioutput_ = y.ndim == 2
        name = name_of_loss(self.loss)
        self.link_ = _LINKS.get(name, "identity") if isinstance(name, str) else "identity"
        self.family_, n_scores = self._family()
        table = y.reshape(len(y), -1)
        known = ~np.isnan(table)
        if not known.any(axis=0).all():
            raise ValueError(
                f"target {known.any(axis=0).argmin()} of y has no value at all; drop the column"
            )
        _check_range(name, table, known)
        self.n_outputs_ = n_scores * table.shape[1]
        self.target_names_ = list(range(table.shape[1]))
        share = known * weight[:, np.newaxis]
        share /= share.sum(axis=0)
        mean = (np.where(known, table, 0) * share).sum(axis=0)
        spread = np.sqrt((np.where(known, table - mean, 0) ** 2 * share).sum(axis=0))
        if getattr(self, "_is_imported", False):
            # Its outputs are in the units of y already.
            self.y_mean_, self.y_scale_ = np.zeros_like(mean), np.ones_like(mean)
        elif self.link_ == "logit":
            self.y_mean_, self.y_scale_ = np.zeros_like(mean), np.ones_like(mean)
        elif name == "cosine_mse":
            # One scale for all, and no shift: both would change the cosine.
            scale = np.sqrt(np.mean(mean**2 + spread**2)) or 1.0
            self.y_mean_, self.y_scale_ = np.zeros_like(mean), np.full_like(mean, scale)
        elif self.link_ == "log":
            self.y_mean_, self.y_scale_ = np.zeros_like(mean), np.where(mean > 0, mean, 1)
        else:
            is_constant = spread <= 1e-12 * np.abs(mean)
            self.y_mean_, self.y_scale_ = mean, np.where(is_constant, 1, spread)

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        table = y.reshape(len(y), -1)
        n_targets = len(self.y_mean_)
        if table.shape[1] != n_targets:
            raise ValueError(
                f"y has {table.shape[1]} targets, but {type(self).__name__} was fitted on "
                f"{n_targets}"
            )
        known = ~np.isnan(table)
        _check_range(name_of_loss(self.loss), table, known)
        # The negative binomial is a distribution of counts, which have no other unit.
        unit = 1.0 if self.family_ == "negative_binomial" else self.y_scale_
        targets = np.where(known, (table - self.y_mean_) / unit, 0)
        factors = task_factors(self.task_weights, list(range(n_targets)))
        return targets, average_one(known * weight[:, np.newaxis] * factors)

    def _row_sets(self, y) -> list[np.ndarray]:
        if self.multioutput_:
            return [np.ones(len(y), dtype=bool)]
        high = y > np.median(y)
        return [high, ~high]

    def _describe_outputs(self) -> ValueOutputs:
        """Describe what `_predict_scores` returns."""
        return ValueOutputs(
            tuple(self.target_names_),
            scale=tuple(self.y_scale_.tolist()),
            mean=tuple(self.y_mean_.tolist()),
            link=self.link_,
        )

    def _family(self) -> tuple[str, int]:
        """Kind of what is predicted of a target, and the number of its scores."""
        name = name_of_loss(self.loss)
        if name in ("gaussian", "negative_binomial"):
            return name, 2
        if name == "quantile":
            return name, len(self._group("loss")._ascending())
        return "point", 1

    def _make_loss(self) -> WeightedLoss | CosineMSE:
        family, n_scores = self._family()
        if (family, n_scores * len(self.y_mean_)) != (self.family_, self.n_outputs_):
            raise ValueError(
                f"loss={self.loss!r} needs {n_scores} score(s) of each target, unlike that of the "
                "first fit; fit a new network with warm_start=False"
            )
        name = name_of_loss(self.loss)
        if name == "cosine_mse":
            return CosineMSE(self._group("loss").cosine_weight)
        loss = choose_loss(self.loss, REGRESSION_LOSSES)
        if name == "negative_binomial":
            loss = partial(loss, log_unit=torch.from_numpy(np.log(self.y_scale_)))
        return WeightedLoss(loss)


def _check_range(name, table: np.ndarray, known: np.ndarray) -> None:
    """Raise a ValueError if a loss cannot be that of some targets."""
    if name in ("poisson", "negative_binomial") and (table[known] < 0).any():
        raise ValueError(f"y has negative values, but loss={name!r} is for counts; use loss='mse'")
    if name == "binary_cross_entropy" and ((table[known] < 0) | (table[known] > 1)).any():
        outside = table[known][(table[known] < 0) | (table[known] > 1)]
        raise ValueError(
            f"y has the value {outside[0]:g}, but loss='binary_cross_entropy' is for fractions "
            "between 0 and 1, such as PSI; divide percentages by 100, or use loss='mse'"
        )
    if name == "cosine_mse" and table.shape[1] < 2:
        raise ValueError(
            "loss='cosine_mse' compares the values of all targets of a sample, but y has one "
            "target; use loss='mse'"
        )
