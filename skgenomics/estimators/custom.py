"""Estimators around a torch module of the user's own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.estimators._training import check_accepted
from skgenomics.networks.cnn import CNN

# Arguments that are passed on to a network only if it names them.
_SIZES = {"n_channels", "length", "n_outputs"}


@dataclass(kw_only=True, eq=False, repr=False)
class OwnNetwork:
    """Hyperparameters of an estimator around a network of the user's own."""

    network: Callable[..., nn.Module] | nn.Module = field(default=CNN, kw_only=False)
    network_params: dict[str, Any] | None = None

    def _network(self):
        return self._build_network

    def _network_params(self):
        return dict(self.network_params or {})

    def _chosen_settings(self) -> set[str]:
        return set(self.network_params or {})

    def _build_network(self, **settings) -> nn.Module:
        if isinstance(self.network, nn.Module):
            return copy.deepcopy(self.network)
        if not callable(self.network):
            raise ValueError(
                f"network must be a torch module, or what builds one, got {self.network!r}"
            )
        named = inspect.signature(self.network).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in named.values())
        check_accepted(self.network, settings.keys() - _SIZES, "network_params")
        return self.network(
            **{k: v for k, v in settings.items() if k not in _SIZES or takes_all or k in named}
        )


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(OwnNetwork, ClassifierTargets, SequenceEstimator):
    """A torch module of your own as a classifier of sequences.

    Parameters
    ----------
    {network}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    {fitted}

    See Also
    --------
    CNNClassifier : A network that is there already.

    Examples
    --------
    >>> from torch import nn
    >>> from skgenomics import SequenceClassifier
    >>> class Linear(nn.Sequential):
    ...     def __init__(self, n_channels, length, n_outputs):
    ...         super().__init__(nn.Flatten(), nn.Linear(n_channels * length, n_outputs))
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0, 0, 1, 1] * 8
    >>> SequenceClassifier(network=Linear, random_state=0).fit(X, y).score(X, y)
    1.0
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(OwnNetwork, RegressorTargets, SequenceEstimator):
    """A torch module of your own as a regressor on sequences.

    Parameters
    ----------
    {network}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    {fitted}

    See Also
    --------
    CNNRegressor : A network that is there already.

    Examples
    --------
    >>> from skgenomics import SequenceRegressor
    >>> from skgenomics.networks import CNN
    >>> X, y = ["ACGT", "ACGA", "TTGT", "TTGA"] * 8, [0.0, 0.1, 1.0, 1.1] * 8
    >>> regressor = SequenceRegressor(network=CNN, network_params={"kernel_size": 3}, max_iter=5)
    >>> regressor.fit(X, y).predict(X).shape
    (32,)
    """
