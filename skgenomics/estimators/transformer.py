"""Transformers as estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._heads import HIDDEN_LAYERS, AttentionMixin, NetworkSettings
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.networks.transformer import Transformer


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerSettings(AttentionMixin, NetworkSettings):
    """Hyperparameters of :class:`~skgenomics.networks.Transformer`."""

    _network_class = Transformer
    _rare: ClassVar[dict[str, Any]] = {
        "max_positions": None,
        "norm_first": True,
        "attention_dropout": 0.0,
        "bias": True,
        "n_segments": 0,
        "embedding_norm": False,
        "final_norm": True,
        "stochastic_depth": 0.0,
        "flat_channels": 16,
        "activation": "gelu",
        **HIDDEN_LAYERS,
    }

    vocabulary_size: int | None = None
    stem_filters: int | str | tuple[int, ...] = "auto"
    stem_kernel_size: int | tuple[int, ...] = 9
    stem_pool_size: int | str | tuple[int | str, ...] = "auto"
    d_model: int = 64
    n_layers: int = 2
    n_heads: int = 4
    d_feedforward: int | None = None
    positions: str | None = "rotary"
    dropout: float = 0.1
    head_pool: str | int | tuple = ("max", "mean")


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class TransformerClassifier(TransformerSettings, ClassifierTargets, SequenceEstimator):
    """Transformer that classifies sequences.

    Each position attends to all others. Sequences go through convolutions first; token ids, such
    as those of :class:`~skgenomics.KmerTokenizer` and :class:`~skgenomics.BPETokenizer`, need
    `vocabulary_size`.

    Parameters
    ----------
    {transformer}
    {head transformer}
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
    TransformerRegressor : The same network for real targets.

    References
    ----------
    .. [1] Vaswani et al., Attention is all you need, NeurIPS 2017.
    .. [2] Ji et al., DNABERT: pretrained bidirectional encoder representations from transformers
       model for DNA-language in genome, Bioinformatics 37, 2021.

    Examples
    --------
    >>> from skgenomics import TransformerClassifier
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> classifier = TransformerClassifier(
    ...     d_model=32, n_layers=1, max_iter=10, random_state=0
    ... ).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class TransformerRegressor(TransformerSettings, RegressorTargets, SequenceEstimator):
    """Transformer that predicts real numbers from sequences.

    Parameters
    ----------
    {transformer}
    {head transformer}
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
    TransformerClassifier : The same network for labels.

    Examples
    --------
    >>> from skgenomics import TransformerRegressor
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> TransformerRegressor(d_model=32, n_layers=1, max_iter=10).fit(X, y).predict(X).shape
    (32,)
    """
