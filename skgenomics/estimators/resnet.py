"""Residual networks as estimators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import HIDDEN_LAYERS, NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.motifs import Motif
from skgenomics.networks.resnet import ResNet


@dataclass(kw_only=True, eq=False, repr=False)
class ResNetSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.ResNet`."""

    _network_class = ResNet
    _rare: ClassVar[dict[str, Any]] = {
        "padding": "same",
        "bias": True,
        "pool_size": 1,
        "pool": "max",
        "block_order": "norm-act-conv",
        "convs_per_block": 2,
        "bottleneck": None,
        "stem_order": "conv-pool",
        "final_steps": "norm-act",
        "skip_every": None,
        "squeeze_excitation": False,
        "stochastic_depth": 0.0,
        "activation": "relu",
        "flat_channels": 16,
        "freeze_motifs": False,
        **HIDDEN_LAYERS,
    }

    n_blocks: int | None = None
    n_filters: int | tuple[int, ...] = 64
    kernel_size: int | tuple[int, ...] = 3
    dilation: int | tuple[int, ...] = (1, 2, 4)
    stem_filters: int | tuple[int, ...] = 64
    stem_kernel_size: int | tuple[int, ...] = 9
    stem_pool_size: int | str | tuple[int | str, ...] = "auto"
    dropout: float = 0.1
    normalization: str | None = "batch"
    motifs: str | PathLike | Sequence[Motif] | None = None
    head_pool: str | int | tuple = "auto"


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ResNetClassifier(ResNetSettings, ClassifierTargets, SequenceEstimator):
    """Residual network that classifies sequences.

    Blocks of convolutions, dilated ones if so set, are added to what they start from (He et al.,
    2016), so that many of them train as well as few, and see far.

    Parameters
    ----------
    {resnet}
    {head resnet}
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
    ResNetRegressor : The same network for real targets.
    SequenceLabeler : A label for each position.

    References
    ----------
    .. [1] He et al., Identity mappings in deep residual networks, ECCV 2016.

    Examples
    --------
    >>> from skgenomics import ResNetClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = ResNetClassifier(n_filters=16, max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ResNetRegressor(ResNetSettings, RegressorTargets, SequenceEstimator):
    """Residual network that predicts real numbers from sequences.

    Parameters
    ----------
    {resnet}
    {head resnet}
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
    ResNetClassifier : The same network for labels.
    ProfileRegressor : A signal along the sequence.

    References
    ----------
    .. [1] He et al., Identity mappings in deep residual networks, ECCV 2016.

    Examples
    --------
    >>> from skgenomics import ResNetRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> ResNetRegressor(n_filters=16, max_iter=10, random_state=0).fit(X, y).predict(X).shape
    (32,)
    """
