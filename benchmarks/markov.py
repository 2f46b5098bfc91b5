"""Markov models of sequences, as a yardstick for language models."""

from __future__ import annotations

import numpy as np

from skgenomics.sequences import reverse_complement

_SYMBOLS = 4
_STRENGTHS = (1.0, 10.0, 100.0, 1000.0)


class Counts:
    """How often each letter stands in each context, on both strands of windows of codes (n, L)."""

    def __init__(self, codes: np.ndarray):
        self.strands = codes, reverse_complement(codes)
        self._found: dict[tuple[int, int], np.ndarray] = {}

    def of(self, before: int, behind: int) -> np.ndarray:
        """Counts of shape (4 ** (before + behind), 4)."""
        if (before, behind) not in self._found:
            n = _SYMBOLS ** (before + behind + 1)
            total = np.zeros(n, dtype=np.int64)
            for codes in self.strands:
                context, symbol = _contexts(codes, before, behind)
                known = (context >= 0) & (symbol < _SYMBOLS)
                total += np.bincount(context[known] * _SYMBOLS + symbol[known], minlength=n)
            self._found[before, behind] = total.reshape(-1, _SYMBOLS)
        return self._found[before, behind]


class MarkovModel:
    """Letter given the letters around it, by counts of both strands that back off to shorter ones.

    The chance of a letter with its full context is that of the counts, with `strength` more
    letters that are spread as the model with less context says.

    Parameters
    ----------
    before, behind : int
        Letters of context in front of the letter and behind it.
    strength : float
        Pseudocount of each order.
    """

    def __init__(self, before: int, behind: int = 0, strength: float = 10.0):
        self.before, self.behind, self.strength = before, behind, strength

    def fit(self, counts: Counts) -> MarkovModel:
        """Turn counts into chances."""
        chances = np.full((1, _SYMBOLS), 1 / _SYMBOLS)
        self.orders = [(min(i, self.before), min(i, self.behind)) for i in range(self._depth() + 1)]
        self.chances = []
        for before, behind in self.orders:
            found = counts.of(before, behind)
            shorter = chances[self._shorten(np.arange(len(found)), before, behind)]
            chances = found + self.strength * shorter
            chances /= chances.sum(axis=1, keepdims=True)
            self.chances.append(chances)
        return self

    def log_likelihoods(self, codes: np.ndarray) -> np.ndarray:
        """Log-likelihood of each known letter, with as much context as there is."""
        found = np.full(codes.shape, np.nan)
        for (before, behind), chances in zip(self.orders, self.chances, strict=True):
            context, symbol = _contexts(codes, before, behind)
            known = (context >= 0) & (symbol < _SYMBOLS)
            found[known] = np.log(chances[context[known], symbol[known]])
        return found[codes < _SYMBOLS]

    def perplexity(self, codes: np.ndarray) -> float:
        """Exponential of the mean negative log-likelihood."""
        return float(np.exp(-self.log_likelihoods(codes).mean()))

    def _depth(self) -> int:
        return max(self.before, self.behind)

    def _shorten(self, context: np.ndarray, before: int, behind: int) -> np.ndarray:
        """Number of the context with one letter less on each side that had grown by one."""
        n = max(before, behind)
        if not n:
            return np.zeros_like(context)
        front, back = np.divmod(context, _SYMBOLS**behind)
        less_before, less_behind = (min(n - 1, size) for size in (self.before, self.behind))
        front %= _SYMBOLS**less_before
        back //= _SYMBOLS ** (behind - less_behind)
        return front * _SYMBOLS**less_behind + back


def _contexts(codes: np.ndarray, before: int, behind: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of the letters around each letter, -1 where one is unknown or beyond the ends."""
    padded = np.pad(codes.astype(np.int64), ((0, 0), (before, behind)), constant_values=_SYMBOLS)
    length = codes.shape[1]
    number, known = np.zeros(codes.shape, np.int64), np.ones(codes.shape, bool)
    for shift in [*range(before), *range(before + 1, before + behind + 1)]:
        symbols = padded[:, shift : shift + length]
        known &= symbols < _SYMBOLS
        number = number * _SYMBOLS + symbols
    return np.where(known, number, -1), codes


def best_model(train: Counts, dev: np.ndarray, before: int, behind: int = 0) -> MarkovModel:
    """The model whose pseudocount suits development windows best."""
    models = [MarkovModel(before, behind, strength).fit(train) for strength in _STRENGTHS]
    return min(models, key=lambda model: model.perplexity(dev))
