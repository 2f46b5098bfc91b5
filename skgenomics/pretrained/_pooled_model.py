"""A pretrained model as a torch module that converts tokens to one embedding per sequence."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from skgenomics.pretrained._tokenization import PADDING, SequenceTokens
from skgenomics.training.batches import n_batches

POOLINGS = ("mean", "cls", "last", "max")
# Configuration entries with the maximum number of tokens of a model.
_LIMITS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
_POSITIONS = ("position_embeddings", "embed_positions", "wpe")
# Tokenizers without a limit report a number of at least this size.
_NO_LIMIT = 10**9


class PooledModel(nn.Module):
    """A model of tokens whose hidden states are pooled.

    Parameters
    ----------
    model : torch.nn.Module
        Model of transformers without head.
    tokens : SequenceTokens
        Its tokenizer.
    pooling : {"mean", "cls", "last", "max"}
        Pooling of the hidden states of a sequence.
    layer : int
        Index of the hidden states: 0 for the input of the first layer, -1 for the last ones.
    chunk : int
        Maximum number of windows that pass through the model at once.

    Raises
    ------
    ValueError
        If pooling is "cls" and the tokenizer puts no token in front of sequences.
    """

    def __init__(
        self, model: nn.Module, tokens: SequenceTokens, *, pooling: str, layer: int, chunk: int
    ):
        super().__init__()
        if pooling == "cls" and not tokens.prefix:
            raise ValueError(
                "pooling='cls' needs a token in front of the sequence, but the tokenizer of this "
                "checkpoint puts none there; use pooling='mean' or 'last'"
            )
        self.model = model
        self.pooling, self.layer, self.chunk, self.pad = pooling, layer, chunk, tokens.pad
        self.n_prefix, self.n_suffix = len(tokens.prefix), len(tokens.suffix)
        accepted = inspect.signature(self._trunk().forward).parameters
        # The first output of a model that takes labels are the logits of its head.
        self.asks_for_states = layer != -1 or "labels" in accepted

    def _trunk(self) -> nn.Module:
        """Give the module whose hidden states are pooled."""
        return self.model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embed tokens of shape (batch, n_windows, n_tokens) as (batch, hidden_size)."""
        windows = tokens.flatten(0, 1)
        is_real = windows[:, 0] != PADDING
        pooled = torch.cat([self._pool(part) for part in windows[is_real].split(self.chunk)])
        # Average over the windows of each sequence, which differ in number.
        sequence = torch.arange(len(tokens), device=tokens.device)
        sequence = sequence.repeat_interleave(tokens.shape[1])[is_real]
        sums = pooled.new_zeros(len(tokens), pooled.shape[1]).index_add(0, sequence, pooled)
        return sums / sequence.bincount(minlength=len(tokens)).unsqueeze(1)

    def token_states(self, tokens: torch.Tensor) -> torch.Tensor:
        """Compute hidden states (batch, n_tokens, hidden_size) of tokens (batch, n_tokens)."""
        lengths = (tokens != PADDING).sum(dim=1)
        return self._run(self._trunk(), tokens, lengths, self._hidden_states)

    def _pool(self, windows: torch.Tensor) -> torch.Tensor:
        lengths = (windows != PADDING).sum(dim=1)
        windows = windows[:, : lengths.max()]
        hidden = self._run(self._trunk(), windows, lengths, self._hidden_states)
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "last":
            return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]
        index = torch.arange(windows.shape[1], device=windows.device)
        is_special = (index < self.n_prefix) | (index >= (lengths - self.n_suffix).unsqueeze(1))
        is_special = is_special.unsqueeze(2)
        if self.pooling == "max":
            return hidden.masked_fill(is_special, -torch.inf).amax(dim=1)
        return (hidden * ~is_special).sum(dim=1) / (~is_special).sum(dim=1)

    def _run(
        self, model: nn.Module, windows: torch.Tensor, lengths: torch.Tensor, select: Callable
    ) -> torch.Tensor:
        """Run a model and select an output of shape (batch, n_tokens, size)."""
        accepted = inspect.signature(model.forward).parameters
        has_kwargs = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
        options: dict[str, Any] = {"return_dict": True} if "return_dict" in accepted else {}
        if self.asks_for_states and ("output_hidden_states" in accepted or has_kwargs):
            options["output_hidden_states"] = True
        if "attention_mask" in accepted:
            mask = windows != PADDING
            tokens = windows.masked_fill(~mask, self.pad).long()
            return select(model(tokens, attention_mask=mask.long(), **options))
        # A model without attention mask would read padding as sequence.
        parts = [(lengths == n).nonzero().squeeze(1) for n in lengths.unique()]
        outputs = [select(model(windows[i, : lengths[i[0]]].long(), **options)) for i in parts]
        padded = [nn.functional.pad(x, (0, 0, 0, windows.shape[1] - x.shape[1])) for x in outputs]
        return torch.cat(padded)[torch.cat(parts).argsort()]

    def _hidden_states(self, output: Any) -> torch.Tensor:
        if not self.asks_for_states:
            return output if isinstance(output, torch.Tensor) else output[0]
        states = getattr(output, "hidden_states", None)
        if states is None:
            raise ValueError(
                f"layer={self.layer} needs the hidden states of all layers, which "
                f"{type(self._trunk()).__name__} does not return; use layer=-1"
            )
        if not -len(states) <= self.layer < len(states):
            raise ValueError(
                f"layer={self.layer}, but the checkpoint has {len(states)} hidden states: 0 is "
                f"the input of the first layer, {len(states) - 1} or -1 the last one"
            )
        return states[self.layer]


class LanguageHeadModel(PooledModel):
    """A model with a language-model head, whose logits are available next to pooled states."""

    def _trunk(self) -> nn.Module:
        trunk: Any = self.model.base_model
        return trunk

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        """Compute logits (batch, n_tokens, vocabulary_size) of tokens (batch, n_tokens)."""
        lengths = (tokens != PADDING).sum(dim=1)
        return self._run(self.model, tokens, lengths, _select_logits)


def _select_logits(output: Any) -> torch.Tensor:
    return output.logits if hasattr(output, "logits") else output[0]


def embedding_size(module: PooledModel, tokens: SequenceTokens, limit: int | None) -> int:
    """Determine the size of the embeddings of a model by a forward pass."""
    room = len(tokens.probe()) if limit is None else limit - tokens.n_special
    row = tokens.add_special_tokens(tokens.encode([tokens.probe()])[0][:room])
    return apply(module.eval(), row[np.newaxis, np.newaxis], batch_size=1).shape[1]


@torch.no_grad()
def apply(module: nn.Module, tokens: np.ndarray, *, batch_size: int) -> np.ndarray:
    """Apply a module to tokens batch by batch, in its present mode.

    Sequences of a similar number of tokens share a batch, which minimizes padding.

    Parameters
    ----------
    module : torch.nn.Module
        Module that maps (batch, n_windows, n_tokens) to (batch, size).
    tokens : ndarray of shape (n_samples, n_windows, n_tokens), dtype int32
        Result of :func:`~skgenomics.pretrained._tokenization.stack_windows`.
    batch_size : int
        Maximum number of sequences in a batch.

    Returns
    -------
    ndarray of shape (n_samples, size), dtype float32
        Outputs in the order of `tokens`.
    """
    device = next(module.parameters()).device
    order = np.argsort((tokens != PADDING).sum(axis=(1, 2)), kind="stable")
    batches = np.array_split(order, n_batches(len(tokens), batch_size))
    parts = [module(torch.from_numpy(tokens[rows]).to(device)).cpu().numpy() for rows in batches]
    return np.concatenate(parts)[np.argsort(order)]


def find_limit(model: nn.Module, tokenizer, max_tokens: int | None) -> int | None:
    """Find the maximum number of tokens of a model, special ones included.

    Parameters
    ----------
    model : torch.nn.Module
        The model.
    tokenizer : transformers.PreTrainedTokenizerBase
        Its tokenizer.
    max_tokens : int or None
        Choice of the user, which replaces that of the configuration.

    Returns
    -------
    int or None
        Maximum number of tokens; None if it is not limited.

    Raises
    ------
    ValueError
        If the model has fewer position embeddings than `max_tokens`.
    """
    n_positions = [
        _count_positions(module)
        for name, module in model.named_modules()
        if name.endswith(_POSITIONS) and isinstance(module, nn.Embedding)
    ]
    if max_tokens is not None:
        if n_positions and max_tokens > min(n_positions):
            raise ValueError(
                f"max_tokens={max_tokens}, but the checkpoint has embeddings of "
                f"{min(n_positions)} positions only"
            )
        return max_tokens
    limits = [getattr(model.config, name, None) for name in _LIMITS]
    limits += [tokenizer.model_max_length, *n_positions]
    return min((n for n in limits if isinstance(n, int) and 0 < n < _NO_LIMIT), default=None)


def _count_positions(module: nn.Embedding) -> int:
    # Models derived from RoBERTa count positions from behind the padding index.
    first = 0 if module.padding_idx is None else module.padding_idx + 1
    return module.num_embeddings - first
