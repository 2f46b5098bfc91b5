"""Convolution towers with transformers as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import HIDDEN_LAYERS, AttentionMixin, NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.conv_transformer import ConvTransformer


@dataclass(kw_only=True, eq=False, repr=False)
class ConvTransformerSettings(AttentionMixin, NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.ConvTransformer`."""

    _network_class = ConvTransformer
    _rare: ClassVar[dict[str, Any]] = {
        "divisible_by": 8,
        "position_dropout": 0.01,
        "n_position_features": None,
        "flat_channels": 16,
        "activation": "gelu",
        "stochastic_depth": 0.0,
        **HIDDEN_LAYERS,
    }

    d_model: int = 96
    n_layers: int = 2
    n_heads: int = 4
    d_key: int = 16
    n_downsamplings: int = 3
    stem_kernel_size: int = 15
    kernel_size: int = 5
    pool: str = "attention"
    dropout: float = 0.2
    attention_dropout: float = 0.05
    head_pool: str | int | tuple = ("max", "mean")


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ConvTransformerClassifier(ConvTransformerSettings, ClassifierTargets, SequenceEstimator):
    """Convolution tower with a transformer on top that classifies sequences.

    Convolutions halve the sequence several times, and a transformer relates what is left over long
    distances, as in Enformer [1]_.

    Parameters
    ----------
    {conv transformer}
    {head conv transformer}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    {receptive field}
    {fitted}

    See Also
    --------
    ConvTransformerRegressor : The same network for real targets.

    References
    ----------
    .. [1] Avsec et al., Effective gene expression prediction from sequence by integrating
       long-range interactions, Nature Methods 18, 2021.

    Examples
    --------
    >>> from skgenomics import ConvTransformerClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = ConvTransformerClassifier(
    ...     d_model=32, n_downsamplings=1, max_iter=30, random_state=0
    ... ).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ConvTransformerRegressor(ConvTransformerSettings, RegressorTargets, SequenceEstimator):
    """Convolution tower with a transformer on top that predicts real numbers from sequences.

    Parameters
    ----------
    {conv transformer}
    {head conv transformer}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    {receptive field}
    {fitted}

    See Also
    --------
    ConvTransformerClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import ConvTransformerRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> regressor = ConvTransformerRegressor(d_model=32, n_downsamplings=2, max_iter=10)
    >>> regressor.fit(X, y).predict(X).shape
    (32,)
    """
