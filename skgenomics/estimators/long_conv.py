"""Long convolutions as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import HIDDEN_LAYERS, NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.long_conv import LongConv


@dataclass(kw_only=True, eq=False, repr=False)
class LongConvSettings(NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.LongConv`."""

    _network_class = LongConv
    _rare: ClassVar[dict[str, Any]] = {
        "short_kernel_size": 3,
        "filter_layers": 3,
        "n_position_features": 5,
        "frequency": 10.0,
        "stochastic_depth": 0.0,
        "flat_channels": 16,
        "activation": "gelu",
        "bidirectional": True,
        **HIDDEN_LAYERS,
    }

    vocabulary_size: int | None = None
    stem_filters: int | str | tuple[int, ...] = "auto"
    stem_kernel_size: int | tuple[int, ...] = 9
    stem_pool_size: int | str | tuple[int | str, ...] = "auto"
    d_model: int = 64
    n_layers: int = 2
    order: int = 2
    filter_units: int = 64
    d_feedforward: int | None = None
    dropout: float = 0.1
    head_pool: str | int | tuple = ("max", "mean")


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class LongConvClassifier(LongConvSettings, ClassifierTargets, SequenceEstimator):
    """Network of long convolutions that classifies sequences.

    Filters are as long as the sequence, are computed by a small network of the distance, and are
    applied by Fourier transforms, so that contexts of 10 kb to a megabase cost little more
    than n log n [1]_.

    Parameters
    ----------
    {long conv}
    {head long conv}
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
    LongConvRegressor : The same network for real targets.

    References
    ----------
    .. [1] Nguyen et al., HyenaDNA: long-range genomic sequence modeling at single nucleotide
       resolution, NeurIPS 2023.

    Examples
    --------
    >>> from skgenomics import LongConvClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = LongConvClassifier(d_model=32, max_iter=10, random_state=0).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class LongConvRegressor(LongConvSettings, RegressorTargets, SequenceEstimator):
    """Network of long convolutions that predicts real numbers from sequences.

    Parameters
    ----------
    {long conv}
    {head long conv}
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
    LongConvClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import LongConvRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> LongConvRegressor(d_model=32, max_iter=10).fit(X, y).predict(X).shape
    (32,)
    """
