"""Multi-view classifier and regressor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from scipy.special import logit
from sklearn.utils.validation import check_is_fitted

from skgenomics._outputs import Mixture, ValueOutputs, describe_outputs
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.multiview._docstrings import documented
from skgenomics.multiview._late_fusion import predict_view_proba

# Probabilities are clipped so that log-odds stay finite.
_MIN_PROBA = 1e-12


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MultiViewClassifier(ClassifierTargets, MultiViewEstimator):
    """Classifier on several views of each sample, such as sequence and signal.

    A view consists of columns of X, an encoder that transforms them, and a network. The networks
    are fused into one model [1]_ [2]_. Views may be missing in some of the samples.

    Parameters
    ----------
    {views}
    {classifier}
    {optimization}

    Attributes
    ----------
    {fitted classifier}
    {fitted views}
    {fitted net}

    See Also
    --------
    MultiViewRegressor : The same for real targets.
    skgenomics.multiview.ablate_views : Scores without each view, and with it alone.
    skgenomics.zoo.make : "DeepCpG" and "FactorNet" are published networks of several views.

    Notes
    -----
    {notes}

    References
    ----------
    .. [1] Angermueller et al., DeepCpG: accurate prediction of single-cell DNA methylation states
       using deep learning, Genome Biology 18, 2017.
    .. [2] Quang and Xie, FactorNet: a deep learning framework for predicting cell type specific
       transcription factor binding from nucleotide-resolution sequential data, Methods 166, 2019.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skgenomics import CNNClassifier, MLPClassifier
    >>> from skgenomics.multiview import MultiViewClassifier
    >>> X = pd.DataFrame({"sequence": ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC"] * 12,
    ...                   "distance": [20.0, 900.0, 30.0] * 12})
    >>> y = ["near", "far", "near"] * 12
    >>> model = MultiViewClassifier(views=[
    ...     ("dna", None, CNNClassifier(n_filters=8), "sequence"),
    ...     ("position", StandardScaler(), MLPClassifier(n_channels=1), ["distance"]),
    ... ], max_iter=20, random_state=0)
    >>> model.fit(X, y).predict(X[:2])
    array(['near', 'far'], dtype='<U4')
    >>> X.loc[0, "distance"] = None  # the sequence is left
    >>> model.predict_proba(X[:1]).shape
    (1, 2)
    >>> model.set_params(dna__network__n_filters=16).views[0][2].n_filters
    16
    """

    def predict_proba(self, X) -> np.ndarray:
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of all views, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_tasks)
            Probabilities of the classes; for an indicator matrix the probability that each task
            is 1.
        """
        check_is_fitted(self)
        if self.fusion_ != "ensemble":
            return super().predict_proba(X)
        return self._average(X, self._predict_view)

    def _predict_view(self, estimator, data) -> np.ndarray:
        return predict_view_proba(estimator, data, self.classes_, self.multilabel_)

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        if self.fusion_ != "ensemble":
            return super()._predict_scores(X)
        return self._as_scores(self.predict_proba(X))

    def _as_scores(self, predictions: np.ndarray) -> np.ndarray:
        proba = predictions.astype(np.float64).clip(_MIN_PROBA, 1 - _MIN_PROBA)
        if self.multilabel_:
            return logit(proba)
        return logit(proba[:, 1:]) if self._is_binary else np.log(proba)

    def _make_mixture(self, estimator, weights: list[float]) -> Callable:
        own = describe_outputs(estimator)
        if own.names != self._describe_outputs().names:
            raise ValueError(
                f"the estimator of the view knows the classes {list(own.names)} only, so that its "
                "prediction cannot be explained; use method='occlusion' or 'mutagenesis'"
            )
        return Mixture([own] * len(weights), weights)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MultiViewRegressor(RegressorTargets, MultiViewEstimator):
    """Regressor on several views of each sample, such as sequence and signal.

    A view consists of columns of X, an encoder that transforms them, and a network. The networks
    are fused into one model. Views may be missing in some of the samples.

    Parameters
    ----------
    {views}
    {regressor}
    {optimization}

    Attributes
    ----------
    {fitted regressor}
    {fitted views}
    {fitted net}

    See Also
    --------
    MultiViewClassifier : The same for labels, with published examples.

    Notes
    -----
    {notes}

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics import CNNRegressor, MLPRegressor
    >>> from skgenomics.multiview import MultiViewRegressor
    >>> X = pd.DataFrame({"sequence": ["ACGTTATAAAGC", "GGCTATAAATCC"] * 12,
    ...                   "level": [0.5, 2.0] * 12})
    >>> y = [1.0, 3.0] * 12
    >>> model = MultiViewRegressor(views=[
    ...     ("dna", None, CNNRegressor(n_filters=8), "sequence"),
    ...     ("level", None, MLPRegressor(n_channels=1), ["level"]),
    ... ], max_iter=5, random_state=0)
    >>> model.fit(X, y).predict(X).shape
    (24,)
    """

    def predict(self, X, return_std: bool = False):
        """Predict the targets.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of all views, as in :meth:`fit`.
        return_std : bool, default=False
            If True, return the standard deviation of the predicted distribution as well, with
            ``loss="gaussian"`` or ``"negative_binomial"``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Targets in the units of y.
        std : ndarray of the shape of `y`, float64
            Standard deviations, only with ``return_std=True``.

        Raises
        ------
        ValueError
            If standard deviations are requested of networks that do not predict them.
        """
        check_is_fitted(self)
        if self.fusion_ != "ensemble":
            return super().predict(X, return_std)
        if return_std:
            raise ValueError(
                "return_std=True needs one network that predicts standard deviations; choose "
                "another fusion than 'ensemble'"
            )
        return self._average(X, self._predict_view)

    def _predict_view(self, estimator, data) -> np.ndarray:
        return estimator.predict(data)

    def _predict_scores(self, X) -> np.ndarray:
        check_is_fitted(self)
        if self.fusion_ != "ensemble":
            return super()._predict_scores(X)
        return self._as_scores(self.predict(X))

    def _as_scores(self, predictions: np.ndarray) -> np.ndarray:
        return predictions.reshape(len(predictions), -1)

    def _make_mixture(self, estimator, weights: list[float]) -> Callable:
        outputs = cast(ValueOutputs, describe_outputs(estimator))
        columns = [outputs.select(name) for name in outputs.names]
        shares = np.asarray(weights) / np.sum(weights)

        def mix(raws: list[torch.Tensor]) -> torch.Tensor:
            values = [column(raws[0]) for column in columns]
            if outputs.link == "log":
                values = [value.exp() for value in values]
            total = torch.stack(values, dim=1) * float(shares[0])
            return total if len(raws) == 1 else total + raws[1] * float(shares[1])

        return mix

    def _describe_outputs(self) -> ValueOutputs:
        if self.fusion_ != "ensemble":
            return super()._describe_outputs()
        return ValueOutputs(tuple(self.target_names_))
