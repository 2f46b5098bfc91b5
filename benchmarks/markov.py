"""Markov models of sequences, as baselines for language models."""

from __future__ import annotations

import numpy as np

from skgenomics.sequences import reverse_complement

_SYMBOLS = 4
_STRENGTHS = (1.0, 10.0, 100.0, 1000.0)


class Counts:
    """Counts of each base in each context, on both strands of windows of codes (n, L)."""

    def __init__(self, codes: np.ndarray):
        self.strands = codes, reverse_complement(codes)
        self._found: dict[tuple[int, int], np.ndarray] = {}

    def of(self, before: int, after: int) -> np.ndarray:
        """Return counts of shape (4 ** (before + after), 4)."""
        if (before, after) not in self._found:
            n = _SYMBOLS ** (before + after + 1)
            total = np.zeros(n, dtype=np.int64)
            for codes in self.strands:
                context, symbol = _contexts(codes, before, after)
                known = (context >= 0) & (symbol < _SYMBOLS)
                total += np.bincount(context[known] * _SYMBOLS + symbol[known], minlength=n)
            self._found[before, after] = total.reshape(-1, _SYMBOLS)
        return self._found[before, after]


class MarkovModel:
    """Probability of a base given its context, with back-off to shorter contexts.

    The probability given the full context is estimated from the counts plus `strength`
    pseudocounts, which are distributed as the model of the next shorter context predicts.

    Parameters
    ----------
    before, after : int
        Bases of context before and after the base.
    strength : float
        Pseudocount of each order.
    """

    def __init__(self, before: int, after: int = 0, strength: float = 10.0):
        self.before, self.after, self.strength = before, after, strength

    def fit(self, counts: Counts) -> MarkovModel:
        """Estimate probabilities from counts."""
        proba = np.full((1, _SYMBOLS), 1 / _SYMBOLS)
        self.orders = [(min(i, self.before), min(i, self.after)) for i in range(self._depth() + 1)]
        self.proba = []
        for before, after in self.orders:
            found = counts.of(before, after)
            shorter = proba[self._shorten(np.arange(len(found)), before, after)]
            proba = found + self.strength * shorter
            proba /= proba.sum(axis=1, keepdims=True)
            self.proba.append(proba)
        return self

    def log_likelihoods(self, codes: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each known base, with the longest known context."""
        found = np.full(codes.shape, np.nan)
        for (before, after), proba in zip(self.orders, self.proba, strict=True):
            context, symbol = _contexts(codes, before, after)
            known = (context >= 0) & (symbol < _SYMBOLS)
            found[known] = np.log(proba[context[known], symbol[known]])
        return found[codes < _SYMBOLS]

    def perplexity(self, codes: np.ndarray) -> float:
        """Return the exponential of the mean negative log-likelihood."""
        return float(np.exp(-self.log_likelihoods(codes).mean()))

    def _depth(self) -> int:
        return max(self.before, self.after)

    def _shorten(self, context: np.ndarray, before: int, after: int) -> np.ndarray:
        """Return the index of the context without the outermost bases."""
        n = max(before, after)
        if not n:
            return np.zeros_like(context)
        front, back = np.divmod(context, _SYMBOLS**after)
        less_before, less_after = (min(n - 1, size) for size in (self.before, self.after))
        front %= _SYMBOLS**less_before
        back //= _SYMBOLS ** (after - less_after)
        return front * _SYMBOLS**less_after + back


def _contexts(codes: np.ndarray, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the context of each base, -1 if unknown or past the ends."""
    padded = np.pad(codes.astype(np.int64), ((0, 0), (before, after)), constant_values=_SYMBOLS)
    length = codes.shape[1]
    number, known = np.zeros(codes.shape, np.int64), np.ones(codes.shape, bool)
    for shift in [*range(before), *range(before + 1, before + after + 1)]:
        symbols = padded[:, shift : shift + length]
        known &= symbols < _SYMBOLS
        number = number * _SYMBOLS + symbols
    return np.where(known, number, -1), codes


def best_model(train: Counts, dev: np.ndarray, before: int, after: int = 0) -> MarkovModel:
    """Return the model whose pseudocount fits development windows best."""
    models = [MarkovModel(before, after, strength).fit(train) for strength in _STRENGTHS]
    return min(models, key=lambda model: model.perplexity(dev))
