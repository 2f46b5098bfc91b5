"""Recurrent networks as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import HIDDEN_LAYERS, NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.rnn import RNN


@dataclass(kw_only=True, eq=False, repr=False)
class RNNSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.RNN`."""

    _network_class = RNN
    _rare: ClassVar[dict[str, Any]] = {
        "flat_channels": 16,
        **HIDDEN_LAYERS,
    }

    vocabulary_size: int | None = None
    embedding_size: int | None = 64
    cell: str = "lstm"
    hidden_size: int = 64
    n_layers: int = 1
    bidirectional: bool = True
    dropout: float = 0.1
    head_pool: str | int | tuple = ("max", "mean", "last")


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class RNNClassifier(RNNSettings, ClassifierTargets, SequenceEstimator):
    """Recurrent network that classifies sequences.

    It reads a sequence position by position, in both directions, and so depends on the order of
    elements at any distance; padding is masked.

    Parameters
    ----------
    {rnn}
    {head rnn}
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
    RNNRegressor : The same network for real targets.

    References
    ----------
    .. [1] Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997.
    .. [2] Lanchantin et al., Deep Motif Dashboard: visualizing and understanding genomic sequences
       using deep neural networks, PSB 2017.

    Examples
    --------
    >>> from skgenomics import RNNClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = RNNClassifier(hidden_size=16, max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class RNNRegressor(RNNSettings, RegressorTargets, SequenceEstimator):
    """Recurrent network that predicts real numbers from sequences.

    Parameters
    ----------
    {rnn}
    {head rnn}
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
    RNNClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import RNNRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> RNNRegressor(hidden_size=16, max_iter=10).fit(X, y).predict(X).shape
    (32,)
    """
