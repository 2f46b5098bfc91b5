"""Fully connected networks as estimators."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.mlp import MLP


@dataclass(kw_only=True, eq=False, repr=False)
class MLPSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.MLP`."""

    _network_class = MLP

    hidden_units: int | tuple[int, ...] = (256, 64)
    hidden_dropout: float | tuple[float, ...] = (0.1, 0.5, 0.5)
    hidden_normalization: str | None = "batch"
    hidden_activation: str = "relu"


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MLPClassifier(MLPSettings, ClassifierTargets, SequenceEstimator):
    """Multi-layer perceptron that classifies sequences, or rows of a table.

    All positions go side by side into the first hidden layer. For a table, such as gene
    expression, set ``n_channels=1``.

    Parameters
    ----------
    {head mlp}
    {classifier}
    {input}
    {training}

    Attributes
    ----------
    {fitted classifier}
    {fitted}

    See Also
    --------
    MLPRegressor : The same network for real targets.
    CNNClassifier : A network that finds motifs wherever they are.

    Examples
    --------
    >>> from skgenomics import MLPClassifier
    >>> X = [[0.0, 1.2, 0.1], [0.1, 1.0, 0.0], [2.1, 0.1, 0.2], [1.9, 0.0, 0.1]] * 8
    >>> y = ["low", "low", "high", "high"] * 8
    >>> classifier = MLPClassifier(n_channels=1, max_iter=20, random_state=0).fit(X, y)
    >>> classifier.predict([[2.0, 0.1, 0.1]])
    array(['high'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MLPRegressor(MLPSettings, RegressorTargets, SequenceEstimator):
    """Multi-layer perceptron that predicts real numbers from sequences, or from rows of a table.

    D-GEX [1]_, which predicts the expression of 9,520 genes from that of 943, is
    ``MLPRegressor(n_channels=1, hidden_units=(9000, 9000, 9000), hidden_activation="tanh", ...)``.

    Parameters
    ----------
    {head mlp}
    {regressor}
    {input}
    {training}

    Attributes
    ----------
    {fitted regressor}
    {fitted}

    See Also
    --------
    MLPClassifier : The same network for labels.

    References
    ----------
    .. [1] Chen et al., Gene expression inference with deep learning, Bioinformatics 32, 2016.

    Examples
    --------
    >>> from skgenomics import MLPRegressor
    >>> X = [[0.0, 1.2], [0.1, 1.0], [2.1, 0.1], [1.9, 0.0]] * 8
    >>> y = [0.1, 0.2, 2.0, 1.8] * 8
    >>> MLPRegressor(n_channels=1, max_iter=20, random_state=0).fit(X, y).predict(X).shape
    (32,)
    """
