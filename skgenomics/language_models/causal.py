"""Causal language models, which predict each symbol from those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.language_models._base import LanguageModel
from skgenomics.language_models._docstrings import documented
from skgenomics.language_models._nets import CausalNet
from skgenomics.language_models._vocabulary import Signals
from skgenomics.sequences import decode, encode


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class CausalLanguageModel(LanguageModel):
    """Language model that is trained to predict the next symbol of unlabeled sequences.

    It reads sequences from start to end, like GPT and HyenaDNA [1]_, so that likelihoods are exact
    and new sequences can be sampled.

    Parameters
    ----------
    network : {"longconv", "rnn", "transformer"}, default="longconv"
        Architecture, as in :class:`LongConvClassifier` and the other sequence classifiers. Each of
        them sees only what precedes a position.
    network_params : dict or None, default=None
        Hyperparameters of the trunk, named as in that classifier, which replace the defaults.
        Convolutions in front of the trunk and pooling are not available, since they would look
        ahead.
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
    MaskedLanguageModel : Model that predicts masked symbols from both flanks.

    Notes
    -----
    With ``reverse_complement="average"`` a log-likelihood is the mean of those of both strands.
    The losses of mixtures of symbols and of signals are those of :class:`MaskedLanguageModel`.

    References
    ----------
    .. [1] Nguyen et al., HyenaDNA: long-range genomic sequence modeling at single nucleotide
       resolution, NeurIPS 2023.
    .. [2] Benegas et al., DNA language models are powerful predictors of genome-wide variant
       effects, PNAS 120, 2023.

    Examples
    --------
    >>> from skgenomics.language_models import CausalLanguageModel
    >>> X = ["ACGACGACGACGACGA", "GACGACGACGACGACG", "CGACGACGACGACGAC"] * 40
    >>> model = CausalLanguageModel(
    ...     network="rnn", network_params={"hidden_size": 16}, max_iter=20, random_state=0
    ... ).fit(X)
    >>> model.transform(X).shape
    (120, 16)
    >>> model.sample(1, 12, prompt="ACG", random_state=0)
    array(['ACGACGACGACG'], dtype=object)
    """

    network: str = "longconv"

    _net_class = CausalNet
    _is_causal = True
    _causal_params: ClassVar[dict[str, Any]] = {
        "bidirectional": False,
        "causal": True,
        "stem_filters": (),
    }
    _networks: ClassVar[dict[str, dict[str, Any]]] = {
        "longconv": {"d_model": 64, "n_layers": 2, "dropout": 0.0},
        "rnn": {"embedding_size": 32, "hidden_size": 128},
        "transformer": {"d_model": 64, "n_layers": 2, "n_heads": 4, "dropout": 0.0},
    }

    def sample(
        self,
        n_samples: int = 1,
        length: int | None = None,
        *,
        prompt: str | np.ndarray | None = None,
        temperature: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> np.ndarray:
        """Sample sequences symbol by symbol.

        Parameters
        ----------
        n_samples : int, default=1
            Number of sequences.
        length : int or None, default=None
            Length of each sequence, the prompt included; None for `length_`.
        prompt : str, array-like of shape (n_prompt,) or None, default=None
            Beginning of all sequences, as text, or as token ids for a model of tokens.
        temperature : float, default=1.0
            Divisor of the logits: below 1 probable symbols are sampled even more often, above 1
            less often.
        random_state : int, RandomState instance or None, default=None
            Seed of the sampling; pass an int for reproducible sequences.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, length)
            Sequences as text, or as token ids for a model of tokens.

        Raises
        ------
        ValueError
            If the prompt is longer than `length` or not made of symbols or tokens of the model, or
            the model was fitted on signals.
        """
        check_is_fitted(self)
        if isinstance(self._vocabulary(), Signals):
            raise ValueError("only sequences and tokens can be sampled, but X of fit held signals")
        length = self.length_ if length is None else length
        check_integer("n_samples", n_samples, 1)
        check_integer("length", length, 1)
        check_real("temperature", temperature, 0, inclusive=False)
        start = self._read_prompt(prompt)
        if len(start) > length:
            raise ValueError(f"the prompt has length {len(start)}, more than length={length}")
        unknown = self.n_channels_ if self.vocabulary_size is None else self.mask_token
        codes = np.full((n_samples, length), unknown, dtype=start.dtype)
        codes[:, : len(start)] = start
        seed = check_random_state(random_state).randint(2**31 - 1)
        self.net_.generate(codes, len(start), temperature, seed)
        return codes if self.vocabulary_size is not None else decode(codes, self.alphabet)

    def _read_prompt(self, prompt) -> np.ndarray:
        """Read a prompt as codes or token ids."""
        if self.vocabulary_size is None:
            if not isinstance(prompt, str | None):
                raise ValueError(f"prompt must be a str, got {prompt!r}")
            return encode([prompt], self.alphabet)[0] if prompt else np.empty(0, np.uint8)
        tokens = np.asarray([] if prompt is None else prompt)
        if tokens.ndim != 1 or not np.isin(tokens, np.arange(self.vocabulary_size)).all():
            raise ValueError(
                f"prompt must be a list of token ids from 0 to {self.vocabulary_size - 1}, got "
                f"{prompt!r}"
            )
        return tokens.astype(np.int32)
