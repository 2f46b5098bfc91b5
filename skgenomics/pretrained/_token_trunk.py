"""A pretrained model of tokens as the trunk of a network whose scores belong to positions."""

from __future__ import annotations

import numpy as np
import torch

from skgenomics.networks._trunks import Trunk
from skgenomics.pretrained._mixtures import MixtureEmbedding, channels_to_text
from skgenomics.pretrained._pooled_model import PooledModel
from skgenomics.pretrained._tokenization import SequenceTokens, stack_windows


class TokenTrunk(Trunk):
    """Hidden states of a pretrained model at each position of one-hot sequences.

    The feature map at a position is the mean of the hidden states of the tokens that span it.

    Parameters
    ----------
    model : PooledModel
        The model.
    tokens : SequenceTokens
        Its tokenizer.
    length : int
        Number of positions of a sequence.
    hidden_size : int
        Size of the hidden states.
    limit : int or None
        Maximum number of tokens of a sequence, special ones included; None for no limit.
    name : str
        Name of the checkpoint, for errors.
    """

    def __init__(
        self,
        model: PooledModel,
        tokens: SequenceTokens,
        length: int,
        hidden_size: int,
        limit: int | None,
        name: str,
    ):
        super().__init__()
        self.model, self.tokens, self.limit, self.name = model, tokens, limit, name
        self.length_out, self.n_features = length, hidden_size
        self.mixtures: MixtureEmbedding | None = None
        try:
            self.mixtures = MixtureEmbedding(model, tokens, self._make_windows)
        except ValueError as error:
            self.why_no_gradients = str(error)

    def _make_windows(self, rows: list[list[int]]) -> np.ndarray:
        return stack_windows(rows, self.tokens, self.limit, splits=False, name=self.name)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compute the feature map.

        Parameters
        ----------
        x : Tensor of shape (batch, n_symbols, length)
            One-hot sequences or proportions of the symbols; all zero at unknown ones.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which may stand in front of a sequence or behind it.

        Returns
        -------
        features : Tensor of shape (batch, hidden_size, length)
            The feature map; zeros at padding.
        mask : Tensor of bool of shape (batch, length), or None
            As given.

        Raises
        ------
        ValueError
            If a sequence has too many tokens or an unknown symbol that the tokenizer drops, or
            gradients or proportions are asked for that the tokens do not have.
        """
        if type(x) is not torch.Tensor:
            raise ValueError(
                f"the tokens of {self.name!r} are found outside of tensors, so that neither "
                "DeepLIFT nor an exported graph can follow them; use "
                "method='integrated_gradients' for attributions, and save the estimator instead"
            )
        if mask is None:
            return self._run(x, None), None
        # Padding in front, as of reverse complements, goes behind for the tokenizer.
        index = torch.arange(x.shape[2], device=x.device) + mask.int().argmax(dim=1, keepdim=True)
        index = index % x.shape[2]
        features = self._run(x.gather(2, index.unsqueeze(1).expand_as(x)), mask.gather(1, index))
        back = index.argsort(dim=1).unsqueeze(1).expand_as(features)
        return features.gather(2, back), mask

    def _run(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        if not x.requires_grad and ((x == 0) | (x == 1)).all():
            texts = channels_to_text(x, mask, self.tokens.alphabet)
            self._check_symbols(texts)
            rows = self.tokens.encode(texts)
            spans = [self.tokens.spans(text, row) for text, row in zip(texts, rows, strict=True)]
            windows = torch.from_numpy(self._make_windows(rows)).to(x.device)
            return self._spread(self.model.token_states(windows[:, 0]), spans, x.shape[2])
        if self.mixtures is None:
            raise ValueError(
                f"{self.why_no_gradients}, and no mixtures of symbols; use `mutagenesis`, which "
                "substitutes symbols"
            )
        with self.mixtures.embedded(x, mask) as (windows, spans):
            return self._spread(self.model.token_states(windows[:, 0]), spans, x.shape[2])

    def _check_symbols(self, texts: list[str]) -> None:
        unknown = self.tokens.alphabet.unknown_symbol
        if self.tokens.drops_unknown and any(unknown in text for text in texts):
            raise ValueError(
                f"a sequence has an unknown symbol, which the tokenizer of {self.name!r} would "
                "drop; replace such symbols, or exclude the sequence"
            )

    def _spread(self, states: torch.Tensor, spans: list[np.ndarray], length: int) -> torch.Tensor:
        """Average the states (batch, n_tokens, size) of tokens over those at each position."""
        n_prefix, n_tokens = len(self.tokens.prefix), states.shape[1]
        sources, targets = [], []
        for i, span in enumerate(spans):
            widths = np.diff(span, axis=1).ravel()
            token = np.repeat(np.arange(len(span)), widths)
            offsets = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
            sources.append(i * n_tokens + n_prefix + token)
            targets.append(i * length + span[token, 0] + offsets)
        source, target = (
            torch.from_numpy(np.concatenate(parts)).to(states.device)
            for parts in (sources, targets)
        )
        shape = len(spans) * length, states.shape[2]
        sums = states.new_zeros(shape).index_add(0, target, states.flatten(0, 1)[source])
        numbers = target.bincount(minlength=len(sums)).clamp(min=1).unsqueeze(1)
        return (sums / numbers).view(len(spans), length, -1).transpose(1, 2)
