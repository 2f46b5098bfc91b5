"""Mixtures of symbols as the input of a pretrained model, so that its output has gradients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import nn

from skgenomics.alphabets import Alphabet
from skgenomics.pretrained._pooled_model import PooledModel
from skgenomics.pretrained._tokenization import SequenceTokens
from skgenomics.sequences import decode

_PROBE_LENGTH = 30
_N_PROBES = 8


class MixtureEmbedding:
    """Word embeddings of a pretrained model as a function of one-hot sequences.

    The embedding of a token of `k` positions is the mean of those of all words of length `k`, each
    weighted by the product of the proportions of its symbols. Of a one-hot sequence it is that of
    its word. Tokens with an unknown symbol keep theirs.

    Parameters
    ----------
    trunk : PooledModel
        The model.
    tokens : SequenceTokens
        Its tokenizer.
    make_windows : callable
        Function of lists of token ids that arranges them as the input of the model.

    Raises
    ------
    ValueError
        If the borders of tokens depend on the symbols, as those of byte pairs do.
    """

    def __init__(
        self,
        trunk: PooledModel,
        tokens: SequenceTokens,
        make_windows: Callable[[list[list[int]]], np.ndarray],
    ):
        self.tokens, self.make_windows = tokens, make_windows
        self.embedding = _find_embedding(trunk.model)
        self.words = _complete_words(tokens)
        self._check_borders()

    def _check_borders(self) -> None:
        symbols = list(self.tokens.alphabet.symbols.upper())
        drawn = np.random.default_rng(0).choice(symbols, (_N_PROBES, _PROBE_LENGTH))
        texts = ["".join(row) for row in drawn]
        spans = [self._spans(text)[1] for text in texts]
        lengths = {int(length) for length in np.diff(spans[0], axis=1).ravel()}
        if lengths <= self.words.keys() and all(np.array_equal(s, spans[0]) for s in spans):
            return
        raise ValueError(
            f"the borders of the tokens of {type(self.tokens.tokenizer).__name__} depend on the "
            "symbols, as those of byte pairs do, so that there are no gradients by position"
        )

    def _spans(self, text: str) -> tuple[list[int], np.ndarray]:
        row = list(self.tokens.encode([text])[0])
        return row, self.tokens.spans(text, row)

    def run(
        self, network: nn.Module, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Apply a network of tokens to mixtures of symbols.

        Parameters
        ----------
        network : torch.nn.Module
            Network that has the model as its part.
        x : Tensor of shape (batch, n_symbols, length)
            Proportions of the symbols at each position; all zero at unknown ones.
        mask : Tensor of bool of shape (batch, length) or None, default=None
            False at padding; None if there is none.

        Returns
        -------
        Tensor
            Output of the network.
        """
        with self.embedded(x, mask) as (windows, _):
            return network(windows)

    @contextlib.contextmanager
    def embedded(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> Iterator[tuple[torch.Tensor, list[np.ndarray]]]:
        """Let the model look up mixtures of symbols within a block.

        Parameters
        ----------
        x : Tensor of shape (batch, n_symbols, length)
            Proportions of the symbols at each position, as in :meth:`run`.
        mask : Tensor of bool of shape (batch, length) or None, default=None
            False at padding; None if there is none.

        Yields
        ------
        windows : Tensor of int of shape (batch, n_windows, n_tokens)
            Tokens, of which mixtures have ids of their own.
        spans : list of ndarray of shape (n_tokens, 2)
            Start and end of the tokens of each sequence.
        """
        vocabulary = self.embedding(torch.arange(_n_rows(self.embedding), device=x.device))
        vectors, n_ids = [vocabulary], len(vocabulary)
        sequences = [self._spans(text) for text in channels_to_text(x, mask, self.tokens.alphabet)]
        is_known = x.detach().any(dim=1).cpu().numpy()
        for length, words in self.words.items():
            found = [
                (i, token, spans[token, 0])
                for i, (_, spans) in enumerate(sequences)
                for token in np.flatnonzero(np.diff(spans, axis=1) == length)
                if is_known[i, spans[token, 0] : spans[token, 1]].all()
            ]
            if not found:
                continue
            samples, _, starts = np.array(found).T
            vectors.append(_mix(x, samples, starts, length) @ vocabulary[words])
            # Each mixture has an id of its own behind those of the vocabulary.
            for new_id, (i, token, _) in enumerate(found, start=n_ids):
                sequences[i][0][token] = new_id
            n_ids += len(found)
        windows = torch.from_numpy(self.make_windows([row for row, _ in sequences])).to(x.device)
        with _replaced(self.embedding, torch.cat(vectors)):
            yield windows, [spans for _, spans in sequences]


def channels_to_text(x: torch.Tensor, mask: torch.Tensor | None, alphabet: Alphabet) -> list[str]:
    """Give the text of one-hot sequences in upper case, or the major symbols of mixtures.

    Parameters
    ----------
    x : Tensor of shape (batch, n_symbols, length)
        Proportions of the symbols at each position; all zero at unknown ones.
    mask : Tensor of bool of shape (batch, length) or None
        False at padding, which stands behind sequences; None if there is none.
    alphabet : Alphabet
        Their alphabet.

    Returns
    -------
    list of str
    """
    x = x.detach()
    codes = torch.where(x.any(dim=1), x.argmax(dim=1), alphabet.n_symbols)
    if mask is not None:
        codes = codes.masked_fill(~mask, alphabet.padding_code)
    return [text.upper() for text in decode(codes.to(torch.uint8).cpu().numpy(), alphabet)]


def _mix(x: torch.Tensor, samples: np.ndarray, starts: np.ndarray, length: int) -> torch.Tensor:
    """Compute the proportions (n, n_words) of all words of a length at some positions."""
    proportions = x[samples, :, starts]
    for offset in range(1, length):
        here = x[samples, :, starts + offset]
        proportions = (proportions.unsqueeze(2) * here.unsqueeze(1)).flatten(1)
    return proportions


def _complete_words(tokens: SequenceTokens) -> dict[int, list[int]]:
    """Find the lengths of which the vocabulary has all words, and their ids in order."""
    symbols, known = tokens.alphabet.symbols.upper(), tokens.words()
    numbers: dict[int, int] = {}
    for word in known:
        numbers[len(word)] = numbers.get(len(word), 0) + 1
    complete = [length for length, n in numbers.items() if n == len(symbols) ** length]
    return {
        length: [known["".join(word)] for word in product(symbols, repeat=length)]
        for length in complete
    }


def _find_embedding(model: Any) -> nn.Module:
    """Find the layer that turns ids of tokens into vectors."""
    with contextlib.suppress(NotImplementedError, AttributeError):
        embedding = model.get_input_embeddings()
        if isinstance(embedding, nn.Module):
            return embedding
    return next(module for module in model.modules() if isinstance(module, nn.Embedding))


def _n_rows(embedding: Any) -> int:
    return int(embedding.weight.shape[0])


@contextlib.contextmanager
def _replaced(embedding: nn.Module, vectors: torch.Tensor) -> Iterator[None]:
    """Let a layer of word embeddings look up other vectors."""
    embedding.forward = lambda ids: nn.functional.embedding(ids, vectors)
    try:
        yield
    finally:
        del embedding.forward
