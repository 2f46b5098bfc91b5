"""Language models that guess hidden letters from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._docstrings import documented
from skgenomics.language_models._base import LanguageModel
from skgenomics.language_models._docstrings import with_texts
from skgenomics.language_models._masking import Masking
from skgenomics.language_models._nets import MaskedNet
from skgenomics.sequences import as_strings, is_text


@documented
@with_texts
@dataclass(kw_only=True, eq=False, repr=False)
class MaskedLanguageModel(LanguageModel):
    """Language model that learns from unlabelled sequences to guess hidden letters.

    It reads both sides of what is hidden, as BERT does. What it learns serves as an embedding
    (:meth:`transform`), as a start for estimators with few labels (``pretrained=``), and for
    scores of variants without any label.

    Parameters
    ----------
    network : str, default="transformer"
        "transformer", "resnet", "cnn", "rnn" or "longconv", see :class:`TransformerClassifier` and
        so on; an estimator that starts from the model has to be of the same kind. "resnet" is a
        dilated network of the kind of GPN [2]_, and learns fastest without a GPU.
    network_params : dict, default=None
        Settings of its body, as of that estimator, which replace the defaults; nothing may be
        pooled.
    masking_rate : float, default=0.15
        Share of the letters that the network is asked for in a training step.
    hidden_share : float, default=0.8
        Share of these that are hidden.
    replaced_share : float, default=0.1
        Share of these that are replaced by random letters; the rest is left as it is [1]_.
    span : int, default=1
        Letters side by side that are asked for at once; k for overlapping k-mers [3]_.
    n_passes : int or None, default=8
        Into how many masks likelihoods and predictions split a sequence: each hides every
        `n_passes`-th position. None hides one position at a time, which is exact but takes as many
        passes as there are positions.
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
    CausalLanguageModel : Guesses each letter from those before it.

    Notes
    -----
    A hidden letter reads as an unknown one, so that networks with and without hidden letters are
    the same; unknown letters are never asked for. In mixtures of letters the loss is the
    cross-entropy to the mixture. In channels that are no letters all channels of a position are
    hidden at once, and the loss is half of the squared error, so that scores are log-likelihoods of
    normal distributions with a variance of one, up to a constant: scale signals beforehand.

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
    >>> chances = model.predict_masked(["ACGACGANGACGACGA"])
    >>> "ACGT"[chances[0, 7].argmax()]
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
        """Guess letters from those around them.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`transform`.
        positions : {"unknown", "all"}, default="unknown"
            What to guess: unknown letters, such as "N" in DNA, or tokens that are `mask_token`; or
            every position, hidden in its turn with every `n_passes`-th other one.

        Returns
        -------
        ndarray of shape (n, L, C)
            Probabilities of the letters or tokens; of signals the values. Positions that are not
            guessed have what they are. Zero at the padding of text.
        """
        check_is_fitted(self)
        check_choice("positions", positions, ("unknown", "all"))
        real = self._real_positions(X)

        def compute(x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
            wanted = self.net_.contents.unknown(x) if positions == "unknown" else real
            n_passes = 1 if positions == "unknown" else self.n_passes
            return self.net_.predict(x, wanted & real, n_passes, real)

        return self._map(X, compute, real)

    def _real_positions(self, X) -> np.ndarray:
        """Which positions are none of padding, as far as X tells: bool of shape (n, L)."""
        data = self._read(X, reset=False)
        if self.vocabulary_size is not None:
            return data != 0
        width = data.shape[1] if data.dtype == np.uint8 else data.shape[1] // self.n_channels_
        lengths = np.full(len(data), width)
        if is_text(X):
            lengths = np.array([len(text) for text in as_strings(X)])
        return np.arange(width) < lengths[:, np.newaxis]

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
                "are more than 1 in sum"
            )
        check_integer("span", self.span, 1)
        if self.n_passes is not None:
            check_integer("n_passes", self.n_passes, 1)
