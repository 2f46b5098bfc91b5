"""Masked language models, which predict masked symbols from both flanks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.language_models._base import LanguageModel
from skgenomics.language_models._docstrings import documented
from skgenomics.language_models._masking import Masking
from skgenomics.language_models._nets import MaskedNet


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MaskedLanguageModel(LanguageModel):
    """Language model that is trained to predict masked symbols of unlabeled sequences.

    It reads both flanks of a masked position, like BERT [1]_. The fitted model gives embeddings
    (:meth:`transform`), initializes estimators that have few labels (``pretrained=``), and scores
    variants without any label.

    Parameters
    ----------
    network : {"transformer", "resnet", "cnn", "rnn", "longconv"}, default="transformer"
        Architecture, as in :class:`TransformerClassifier` and the other sequence classifiers. An
        estimator that starts from the model must have the same one. "resnet" is a dilated network
        like that of GPN [2]_, and learns fastest without a GPU.
    network_params : dict or None, default=None
        Hyperparameters of the trunk, named as in that classifier, which replace the defaults.
        Pooling along the sequence is not available.
    masking_rate : float, default=0.15
        Fraction of the symbols to predict in a training step.
    hidden_share : float, default=0.8
        Fraction of the symbols to predict that are masked.
    replaced_share : float, default=0.1
        Fraction of the symbols to predict that are replaced by random ones; the rest is left
        unchanged [1]_.
    span : int, default=1
        Number of adjacent symbols that are masked together; k for overlapping k-mers [3]_.
    n_passes : int or None, default=8
        Number of masks that likelihoods and predictions use for a sequence: each of them masks
        every `n_passes`-th position. None masks one position at a time, which is exact [4]_ but
        takes one forward pass per position.
    {corpus}
    {shared}
    {transfer}
    {optimization}

    Attributes
    ----------
    {fitted model}
    {fitted net}

    See Also
    --------
    CausalLanguageModel : Model that predicts each symbol from those before it.

    Notes
    -----
    A masked symbol is encoded like an unknown one, so that the network is the same with and without
    masks; unknown symbols are never predicted. For mixtures of symbols the loss is the
    cross-entropy to the mixture. For signals all channels of a position are masked together, and
    the loss is half of the squared error, so that scores are log-likelihoods of normal
    distributions with unit variance, up to a constant: standardize signals beforehand.

    References
    ----------
    .. [1] Devlin et al., BERT: pre-training of deep bidirectional transformers for language
       understanding, NAACL 2019.
    .. [2] Benegas et al., DNA language models are powerful predictors of genome-wide variant
       effects, PNAS 120, 2023.
    .. [3] Ji et al., DNABERT: pre-trained bidirectional encoder representations from transformers
       model for DNA-language in genome, Bioinformatics 37, 2021.
    .. [4] Salazar et al., Masked language model scoring, ACL 2020.

    Examples
    --------
    >>> from skgenomics.language_models import MaskedLanguageModel
    >>> X = ["ACGACGACGACGACGA", "GACGACGACGACGACG", "CGACGACGACGACGAC"] * 40
    >>> model = MaskedLanguageModel(
    ...     network_params={"d_model": 16, "stem_filters": 16}, max_iter=20, random_state=0
    ... ).fit(X)
    >>> model.transform(X).shape
    (120, 16)
    >>> model.perplexity(X) < 1.5
    True
    >>> proba = model.predict_masked(["ACGACGANGACGACGA"])
    >>> "ACGT"[proba[0, 7].argmax()]
    'C'
    """

    network: str = "transformer"
    masking_rate: float = 0.15
    hidden_share: float = 0.8
    replaced_share: float = 0.1
    span: int = 1
    n_passes: int | None = 8

    _net_class = MaskedNet
    _networks: ClassVar[dict[str, dict[str, Any]]] = {
        "resnet": {
            "n_filters": 64,
            "kernel_size": 9,
            "dilation": (1, 2, 4, 8, 16, 32),
            "convs_per_block": 1,
            "bottleneck": 64,
            "stem_filters": 64,
            "stem_kernel_size": 9,
            "normalization": "layer",
            "activation": "gelu",
        },
        "cnn": {
            "n_filters": (128, 128, 128, 128),
            "kernel_size": 9,
            "residual": True,
            "normalization": "layer",
            "activation": "gelu",
        },
        "rnn": {"embedding_size": 32, "hidden_size": 64, "n_layers": 2},
        "transformer": {
            "stem_filters": 64,
            "stem_pool_size": 1,
            "d_model": 64,
            "n_layers": 2,
            "n_heads": 4,
            "dropout": 0.0,
        },
        "longconv": {"d_model": 64, "n_layers": 2, "dropout": 0.0},
    }

    def predict_masked(self, X, positions: str = "unknown") -> np.ndarray:
        """Predict symbols from their flanks.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.
        positions : {"unknown", "all"}, default="unknown"
            Positions to predict: those of unknown symbols, such as "N" in DNA, or of tokens equal
            to `mask_token`; or all of them, each masked along with every `n_passes`-th other one.

        Returns
        -------
        ndarray of shape (n_samples, length, n_outputs)
            Probabilities of the symbols or tokens; for signals the values. Positions that are not
            predicted repeat their content. Zero at the padding of text.
        """
        check_is_fitted(self)
        check_choice("positions", positions, ("unknown", "all"))

        def compute(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
            real = torch.ones_like(x[:, 0] if x.dim() == 3 else x, dtype=torch.bool)
            real = real if mask is None else mask
            wanted = self.net_.vocabulary.unknown(x) if positions == "unknown" else real
            n_passes = 1 if positions == "unknown" else self.n_passes
            return self.net_.predict(x, mask, wanted & real, n_passes)

        return self._map(X, compute)

    def _make_net(self, device):
        net = super()._make_net(device)
        net.masking = Masking(self.masking_rate, self.span, self.hidden_share, self.replaced_share)
        return net

    def _check_settings(self) -> None:
        super()._check_settings()
        check_real("masking_rate", self.masking_rate, 0, 1, inclusive=False)
        check_real("hidden_share", self.hidden_share, 0, 1)
        check_real("replaced_share", self.replaced_share, 0, 1)
        if self.hidden_share + self.replaced_share > 1 + 1e-9:
            raise ValueError(
                f"hidden_share={self.hidden_share!r} and replaced_share={self.replaced_share!r} "
                "add up to more than 1"
            )
        check_integer("span", self.span, 1)
        if self.n_passes is not None:
            check_integer("n_passes", self.n_passes, 1)
