"""Language models that guess each letter from those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.estimators._docstrings import documented
from skgenomics.language_models._base import LanguageModel
from skgenomics.language_models._docstrings import with_texts
from skgenomics.language_models._nets import CausalNet
from skgenomics.language_models._vocabulary import Signals
from skgenomics.sequences import decode, encode


@documented
@with_texts
@dataclass(kw_only=True, eq=False, repr=False)
class CausalLanguageModel(LanguageModel):
    """Language model that learns from unlabelled sequences to guess the next letter.

    It reads sequences from their start to their end, as GPT and HyenaDNA do, so that likelihoods
    are exact and new sequences can be drawn.

    Parameters
    ----------
    network : str, default="longconv"
        "longconv", "rnn" or "transformer", see :class:`LongConvClassifier` and so on; all of them
        look at what comes before a position, and nothing else.
    network_params : dict, default=None
        Settings of its body, as of that estimator, which replace the defaults; convolutions ahead
        of it and pooling would look ahead.
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
    MaskedLanguageModel : Guesses letters from both sides.

    Notes
    -----
    With ``reverse_complement="average"`` a log-likelihood is the mean of those of both strands.
    The loss of mixtures of letters and of signals is as in :class:`MaskedLanguageModel`.

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
    _one_sided: ClassVar[dict[str, Any]] = {
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
        """Draw sequences, letter by letter.

        Parameters
        ----------
        n_samples : int, default=1
            Number of sequences.
        length : int, optional
            Letters of each, those of the prompt included; by default `length_`.
        prompt : str, or array-like of int of shape (m,), optional
            What all of them begin with: letters, or token ids for a model of tokens.
        temperature : float, default=1.0
            Below one, likely letters are drawn even more often; above it, less often.
        random_state : int, RandomState instance or None, default=None
            Seed of the letters.

        Returns
        -------
        ndarray of str of shape (n_samples,), or of token ids (n_samples, length)

        Raises
        ------
        ValueError
            If the prompt is longer than `length` or no letters or tokens of the model, or the
            model was fitted on signals.
        """
        check_is_fitted(self)
        if isinstance(self._contents(), Signals):
            raise ValueError("only letters and tokens can be drawn, but X of fit held signals")
        length = self.length_ if length is None else length
        check_integer("n_samples", n_samples, 1)
        check_integer("length", length, 1)
        check_real("temperature", temperature, 0, inclusive=False)
        given = self._read_prompt(prompt)
        if len(given) > length:
            raise ValueError(f"the prompt has {len(given)} letters, more than length={length}")
        unknown = self.n_channels_ if self.vocabulary_size is None else self.mask_token
        codes = np.full((n_samples, length), unknown, dtype=given.dtype)
        codes[:, : len(given)] = given
        seed = check_random_state(random_state).randint(2**31 - 1)
        self.net_.continue_rows(codes, len(given), temperature, seed)
        return codes if self.vocabulary_size is not None else decode(codes, self.alphabet)

    def _read_prompt(self, prompt) -> np.ndarray:
        """Codes or token ids of a prompt, (m,)."""
        if self.vocabulary_size is None:
            if not isinstance(prompt, str | None):
                raise ValueError(f"prompt must be a str of letters, got {prompt!r}")
            return encode([prompt], self.alphabet)[0] if prompt else np.empty(0, np.uint8)
        tokens = np.asarray([] if prompt is None else prompt)
        if tokens.ndim != 1 or not np.isin(tokens, np.arange(self.vocabulary_size)).all():
            raise ValueError(
                f"prompt must be a list of token ids from 0 to {self.vocabulary_size - 1}, got "
                f"{prompt!r}"
            )
        return tokens.astype(np.int32)
