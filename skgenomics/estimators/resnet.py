"""Residual networks as estimators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.motifs import Motif
from skgenomics.networks.resnet import ResNet


@dataclass(kw_only=True, eq=False, repr=False)
class ResNetSettings(NetworkSettings):
    """Hyper-parameters of :class:`~skgenomics.networks.ResNet`."""

    _network_class = ResNet

    n_blocks: int | None = None
    n_filters: int | tuple[int, ...] = 64
    kernel_size: int | tuple[int, ...] = 3
    dilation: int | tuple[int, ...] = (1, 2, 4)
    padding: str = "same"
    bias: bool = True
    pool_size: int | tuple[int, ...] = 1
    pool: str = "max"
    block_order: str = "norm-act-conv"
    convs_per_block: int = 2
    bottleneck: int | None = None
    stem_filters: int | tuple[int, ...] = 64
    stem_kernel_size: int | tuple[int, ...] = 9
    stem_pool_size: int | str | tuple[int | str, ...] = "auto"
    stem_order: str = "conv-pool"
    final_steps: str = "norm-act"
    skip_every: int | None = None
    squeeze_excitation: bool = False
    stochastic_depth: float = 0.0
    dropout: float = 0.1
    normalization: str | None = "batch"
    activation: str = "relu"
    motifs: str | PathLike | Sequence[Motif] | None = None
    freeze_motifs: bool = False
    head_pool: str | int | tuple = ("max", "mean", "flatten")
    flat_channels: int | None = 16


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class ResNetClassifier(ResNetSettings, ClassifierTargets, SequenceEstimator):
    """Residual network that classifies sequences.

    Blocks of convolutions, dilated ones if so set, are added to what they start from (He et al.,
    2016), so that many of them train as well as few, and see far.

    Parameters
    ----------
    {resnet}
    {head}
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
    {head}
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

    Examples
    --------
    >>> from skgenomics import ResNetRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> ResNetRegressor(n_filters=16, max_iter=10, random_state=0).fit(X, y).predict(X).shape
    (32,)
    """
