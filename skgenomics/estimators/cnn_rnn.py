"""Convolutional and recurrent networks as estimators."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.estimators.cnn import CNNSettings
from skgenomics.networks.cnn_rnn import CNNRNN


@dataclass(kw_only=True, eq=False, repr=False)
class CNNRNNSettings(CNNSettings):
    """Hyper-parameters of :class:`~skgenomics.networks.CNNRNN`."""

    _network_class = CNNRNN

    n_filters: int | tuple[int, ...] = (128, 64)
    kernel_size: int | tuple[int, ...] = (9, 5)
    pool_size: int | str | tuple[int | str, ...] = ("auto", 1)
    cell: str = "lstm"
    hidden_size: int = 64
    n_layers: int = 1
    bidirectional: bool = True
    recurrent_dropout: float = 0.3


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CNNRNNClassifier(CNNRNNSettings, ClassifierTargets, SequenceEstimator):
    """Convolutional network with a recurrent one on top that classifies sequences.

    Convolutions find motifs, and a recurrent network reads their order and spacing, as in DanQ
    [1]_.

    Parameters
    ----------
    {cnn rnn}
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
    CNNRNNClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import CNNRNNRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> CNNRNNRegressor(n_filters=16, max_iter=10).fit(X, y).predict(X).shape
    (32,)
    """
