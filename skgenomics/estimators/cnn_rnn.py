"""Convolutional and recurrent networks as estimators."""

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
from skgenomics.networks.cnn_rnn import CNNRNN


@dataclass(kw_only=True, eq=False, repr=False)
class CNNRNNSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.CNNRNN`."""

    _network_class = CNNRNN
    _rare: ClassVar[dict[str, Any]] = {
        "bias": True,
        "pool": "max",
        "ceil_mode": True,
        "block_order": "conv-pool-norm-act",
        "embedding_size": None,
        "flat_channels": 16,
        "dilation": 1,
        "padding": "same",
        "residual": True,
        "activation": "relu",
        "bidirectional": True,
        "freeze_motifs": False,
        **HIDDEN_LAYERS,
    }

    n_filters: int | tuple[int, ...] = (128, 64)
    kernel_size: int | tuple[int, ...] = (9, 5)
    pool_size: int | str | tuple[int | str, ...] = ("auto", 1)
    dropout: float | tuple[float, ...] = 0.1
    normalization: str | None = "batch"
    motifs: str | PathLike | Sequence[Motif] | None = None
    cell: str = "lstm"
    hidden_size: int = 64
    n_layers: int = 1
    recurrent_dropout: float = 0.3
    head_pool: str | int | tuple = "auto"


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNRNNClassifier(CNNRNNSettings, ClassifierTargets, SequenceEstimator):
    """Convolutional network with a recurrent one on top that classifies sequences.

    Convolutions find motifs, and a recurrent network reads their order and spacing, as in DanQ
    [1]_.

    Parameters
    ----------
    {cnn rnn}
    {head cnn rnn}
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
    CNNRNNRegressor : The same network for real targets.

    References
    ----------
    .. [1] Quang and Xie, DanQ: a hybrid convolutional and recurrent deep neural network for
       quantifying the function of DNA sequences, Nucleic Acids Research 44, 2016.

    Examples
    --------
    >>> from skgenomics import CNNRNNClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = CNNRNNClassifier(n_filters=16, max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNRNNRegressor(CNNRNNSettings, RegressorTargets, SequenceEstimator):
    """Convolutional network with a recurrent one on top that predicts real numbers from sequences.

    Parameters
    ----------
    {cnn rnn}
    {head cnn rnn}
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
    CNNRNNClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import CNNRNNRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> CNNRNNRegressor(n_filters=16, max_iter=10).fit(X, y).predict(X).shape
    (32,)
    """
