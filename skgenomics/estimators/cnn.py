"""Convolutional networks as estimators."""

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
from skgenomics.networks.cnn import CNN


@dataclass(kw_only=True, eq=False, repr=False)
class CNNSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.CNN`."""

    _network_class = CNN
    _rare: ClassVar[dict[str, Any]] = {
        "bias": True,
        "pool": "max",
        "ceil_mode": True,
        "block_order": "conv-pool-norm-act",
        "embedding_size": None,
        "flat_channels": 16,
        "normalization_epsilon": 1e-5,
        "freeze_motifs": False,
        **HIDDEN_LAYERS,
    }

    n_filters: int | tuple[int, ...] = (128, 64, 64)
    kernel_size: int | tuple[int, ...] = (9, 5, 3)
    dilation: int | tuple[int, ...] = 1
    padding: str | int | tuple = "same"
    pool_size: int | str | tuple[int | str, ...] = ("auto", 2, 1)
    residual: bool = True
    dropout: float | tuple[float, ...] = 0.1
    normalization: str | None = "batch"
    activation: str | tuple[str | None, ...] | None = "relu"
    motifs: str | PathLike | Sequence[Motif] | None = None
    head_pool: str | int | tuple = "auto"


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNClassifier(CNNSettings, ClassifierTargets, SequenceEstimator):
    """Convolutional network that classifies sequences.

    The defaults serve signals that sit at a fixed position, such as core promoters and splice
    sites, as well as motifs that sit anywhere, such as the sites of transcription factors.
    Published networks are other settings: DeepBind is
    ``CNNClassifier(n_filters=16, kernel_size=24, padding=23, pool_size=1, head_pool="max", ...)``.

    Parameters
    ----------
    {cnn}
    {head cnn}
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
    CNNRegressor : The same network for real targets.
    SequenceClassifier : A network of your own.

    Notes
    -----
    {cnn notes}

    References
    ----------
    .. [1] Zhou et al., Towards a better understanding of reverse-complement equivariance for deep
       learning models in genomics, MLCB 2021.
    .. [2] Alipanahi et al., Predicting the sequence specificities of DNA- and RNA-binding proteins
       by deep learning, Nature Biotechnology 33, 2015.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = CNNClassifier(max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNRegressor(CNNSettings, RegressorTargets, SequenceEstimator):
    """Convolutional network that predicts real numbers from sequences.

    Parameters
    ----------
    {cnn}
    {head cnn}
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
    CNNClassifier : The same network for labels.
    SequenceRegressor : A network of your own.

    Notes
    -----
    {cnn notes}

    References
    ----------
    .. [1] Zhou et al., Towards a better understanding of reverse-complement equivariance for deep
       learning models in genomics, MLCB 2021.
    .. [2] de Almeida et al., DeepSTARR predicts enhancer activity from DNA sequence and enables
       the de novo design of synthetic enhancers, Nature Genetics 54, 2022.

    Examples
    --------
    >>> from skgenomics import CNNRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> regressor = CNNRegressor(max_iter=10, random_state=0).fit(X, y)
    >>> regressor.predict(X).shape
    (32,)
    """
