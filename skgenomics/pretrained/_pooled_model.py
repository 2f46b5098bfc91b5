"""A published model as a torch module that turns tokens into one vector per sequence."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import nn

from skgenomics.pretrained._tokenization import PADDING, SequenceTokens
from skgenomics.training.batches import n_batches

POOLINGS = ("mean", "cls", "last", "max")
# Where configurations have the most tokens that a model was made for.
_LIMITS = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
_POSITIONS = ("position_embeddings", "embed_positions", "wpe")
# Tokenizers without a limit have a number of this size.
_NO_LIMIT = 10**9


class PooledModel(nn.Module):
    """A model of tokens whose hidden states are pooled.

    Parameters
    ----------
    model : torch.nn.Module
        A model of transformers without head.
    tokens : SequenceTokens
        Its tokenizer.
    pooling : {"mean", "cls", "last", "max"}
        What becomes of the hidden states of a sequence.
    layer : int
        Which hidden states: 0 for those that go into the first layer, -1 for the last ones.
    chunk : int
        Most windows that go through the model at once.

    Raises
    ------
    ValueError
        If there is no such layer, or no token in front of sequences for "cls".
    """

    def __init__(
        self, model: nn.Module, tokens: SequenceTokens, *, pooling: str, layer: int, chunk: int
    ):
        super().__init__()
        if pooling == "cls" and not tokens.prefix:
            raise ValueError(
                "pooling='cls' takes the state of a token in front of the sequence, but the "
                "tokenizer of this checkpoint puts none there; use pooling='mean' or 'last'"
            )
        self.model = model
        self.pooling, self.layer, self.chunk, self.pad = pooling, layer, chunk, tokens.pad
        self.n_prefix, self.n_suffix = len(tokens.prefix), len(tokens.suffix)
        accepted = inspect.signature(model.forward).parameters
        self.takes_mask = "attention_mask" in accepted
        # A model that takes labels gives the scores of its head first.
        self.asks_for_states = layer != -1 or "labels" in accepted
        has_others = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
        self.takes_wish = "output_hidden_states" in accepted or has_others
        self.takes_form = "return_dict" in accepted

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Turn tokens of shape (batch, n_windows, n_tokens) into vectors (batch, hidden size)."""
        windows = tokens.flatten(0, 1)
        is_real = windows[:, 0] != PADDING
        pooled = torch.cat([self._pool(part) for part in windows[is_real].split(self.chunk)])
        owners = torch.arange(len(tokens), device=tokens.device)
        owners = owners.repeat_interleave(tokens.shape[1])[is_real]
        sums = pooled.new_zeros(len(tokens), pooled.shape[1]).index_add(0, owners, pooled)
        return sums / owners.bincount(minlength=len(tokens)).unsqueeze(1)

    def _pool(self, windows: torch.Tensor) -> torch.Tensor:
        lengths = (windows != PADDING).sum(dim=1)
        windows = windows[:, : lengths.max()]
        hidden = self._hidden(windows, lengths)
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "last":
            return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]
        places = torch.arange(windows.shape[1], device=windows.device)
        is_symbol = (places >= self.n_prefix) & (places < (lengths - self.n_suffix).unsqueeze(1))
        is_symbol = is_symbol.unsqueeze(2)
        if self.pooling == "max":
            return hidden.masked_fill(~is_symbol, -torch.inf).amax(dim=1)
        return (hidden * is_symbol).sum(dim=1) / is_symbol.sum(dim=1)

    def _hidden(self, windows: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Hidden states, of shape (batch, n_tokens, hidden size)."""
        if self.takes_mask or (lengths == lengths[0]).all():
            return self._run(windows)
        # A model without mask would read padding as letters.
        parts = [(lengths == n).nonzero().squeeze(1) for n in lengths.unique()]
        states = [self._run(windows[rows, : lengths[rows[0]]]) for rows in parts]
        padded = [nn.functional.pad(s, (0, 0, 0, windows.shape[1] - s.shape[1])) for s in states]
        return torch.cat(padded)[torch.cat(parts).argsort()]

    def _run(self, windows: torch.Tensor) -> torch.Tensor:
        mask = windows != PADDING
        arguments = {"attention_mask": mask.long()} if self.takes_mask else {}
        arguments |= {"return_dict": True} if self.takes_form else {}
        if self.asks_for_states and self.takes_wish:
            arguments["output_hidden_states"] = True
        output = self.model(windows.masked_fill(~mask, self.pad).long(), **arguments)
        if self.asks_for_states:
            return self._choose_layer(output)
        return output if isinstance(output, torch.Tensor) else output[0]

    def _choose_layer(self, output: Any) -> torch.Tensor:
        states = getattr(output, "hidden_states", None)
        if states is None:
            raise ValueError(
                f"layer={self.layer} needs the states of all layers, which "
                f"{type(self.model).__name__} does not give; use layer=-1"
            )
        if not -len(states) <= self.layer < len(states):
            raise ValueError(
                f"layer={self.layer}, but the checkpoint has {len(states)} hidden states: 0 is "
                f"what goes into the first layer, {len(states) - 1} or -1 the last one"
            )
        return states[self.layer]


def count_hidden(module: PooledModel, tokens: SequenceTokens, limit: int | None) -> int:
    """Size of the vectors of a model, found by trying."""
    room = len(tokens.probe()) if limit is None else limit - tokens.n_special
    row = tokens.frame(tokens.encode([tokens.probe()])[0][:room])
    return apply(module.eval(), row[np.newaxis, np.newaxis], batch_size=1).shape[1]


@torch.no_grad()
def apply(module: nn.Module, tokens: np.ndarray, *, batch_size: int) -> np.ndarray:
    """What a module makes of rows of tokens, in the mode that it is in.

    Rows of a similar number of tokens go together, so that little is spent on padding.

    Parameters
    ----------
    module : torch.nn.Module
        Takes tensors of shape (batch, n_windows, n_tokens), gives (batch, size).
    tokens : ndarray of shape (n, n_windows, n_tokens), int32
        What :func:`~skgenomics.pretrained._tokenization.stack_windows` gives.
    batch_size : int
        Most rows in a batch.

    Returns
    -------
    ndarray of shape (n, size), float32
        In the order of `tokens`.
    """
    device = next(module.parameters()).device
    order = np.argsort((tokens != PADDING).sum(axis=(1, 2)), kind="stable")
    batches = np.array_split(order, n_batches(len(tokens), batch_size))
    parts = [module(torch.from_numpy(tokens[rows]).to(device)).cpu().numpy() for rows in batches]
    return np.concatenate(parts)[np.argsort(order)]


def find_limit(model: nn.Module, tokenizer, max_tokens: int | None) -> int | None:
    """Most tokens that a model reads at a time, special ones included; None for any number.

    Parameters
    ----------
    model : torch.nn.Module
        The model.
    tokenizer : transformers.PreTrainedTokenizerBase
        Its tokenizer.
    max_tokens : int or None
        What the user wants instead of what the checkpoint says.

    Raises
    ------
    ValueError
        If the model has no vector for so many positions.
    """
    firm = [_n_positions(m) for name, m in model.named_modules() if name.endswith(_POSITIONS)]
    firm = [n for n in firm if n is not None]
    if max_tokens is not None:
        if firm and max_tokens > min(firm):
            raise ValueError(
                f"max_tokens={max_tokens}, but the checkpoint has embeddings of {min(firm)} "
                "positions only"
            )
        return max_tokens
    said = [getattr(model.config, name, None) for name in _LIMITS]
    said += [tokenizer.model_max_length, *firm]
    said = [n for n in said if isinstance(n, int) and 0 < n < _NO_LIMIT]
    return min(said, default=None)


def _n_positions(module: nn.Module) -> int | None:
    if not isinstance(module, nn.Embedding):
        return None
    # Models in the tradition of RoBERTa count positions from behind that of padding.
    first = 0 if module.padding_idx is None else module.padding_idx + 1
    return module.num_embeddings - first
