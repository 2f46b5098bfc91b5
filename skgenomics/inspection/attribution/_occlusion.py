"""Occlusion: drop of a score when windows of a sequence are hidden."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from skgenomics._utils.input_validation import sequence_length
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection._text_scores import TextScore

# Positions of a batch that is run through a network: activations of this size fit in the cache.
_BATCH_POSITIONS = 1 << 16


def occlude(score: SequenceScore, data: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Hide windows of the input of a network.

    Symbols are replaced by equal probabilities of all of them, signals by zeros.

    Parameters
    ----------
    score : SequenceScore
        Score to explain.
    data : ndarray of shape (n, L) or (n, L * C)
        Output of :meth:`SequenceScore.read`.
    window : int
        Number of positions in a window.

    Returns
    -------
    effects : ndarray of shape (n, L)
        Mean drop of the score over the windows that hide a position.
    scores : ndarray of shape (n,)
        Scores of the sequences.
    """
    length = sequence_length(data, score.n_channels)
    scores, effects = score.predict(data), np.zeros((len(data), length))
    for i in range(len(data)):
        x, mask = score.to_channels(data[i : i + 1]), score.mask(data[i : i + 1])
        hidden = x.any(dim=1, keepdim=True).to(x.dtype) / x.shape[1]
        hidden = torch.zeros_like(x) if score.symbols is None else hidden

        # Windows end with the sequence.
        n_real = length if mask is None else int(mask.sum())

        def predict(windows: np.ndarray, x=x, hidden=hidden, mask=mask) -> np.ndarray:
            windows = np.pad(windows, ((0, 0), (0, length - windows.shape[1])))
            where = torch.from_numpy(windows).to(x.device)[:, None]
            real = None if mask is None else mask.expand(len(windows), -1)
            with torch.no_grad():
                return score(torch.where(where, hidden, x), real).cpu().numpy()

        effects[i, :n_real] = _mean_effects(predict, scores[i], n_real, window)
    return effects, scores


def occlude_text(score: TextScore, codes: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Hide windows of text by unknown symbols, for any estimator that takes text.

    Parameters
    ----------
    score : TextScore
        Score to explain.
    codes : ndarray of shape (n, L)
        Output of :meth:`TextScore.read`.
    window : int
        Number of positions in a window.

    Returns
    -------
    effects : ndarray of shape (n, L)
        As in :func:`occlude`, zero after the end of shorter sequences.
    scores : ndarray of shape (n,)
        Scores of the sequences.
    """
    scores, effects = score.predict(codes), np.zeros(codes.shape)
    unknown = np.uint8(score.alphabet.n_symbols)
    for i, length in enumerate((codes <= unknown).sum(axis=1)):

        def predict(masks: np.ndarray, row=codes[i, :length], i=i) -> np.ndarray:
            return score.predict(np.where(masks, unknown, row), np.full(len(masks), i))

        effects[i, :length] = _mean_effects(predict, scores[i], length, window)
    return effects, scores


def _mean_effects(predict: Callable, score: float, length: int, window: int) -> np.ndarray:
    """Average the drop of the score over all windows that hide each position, shape (L,)."""
    if not length:
        return np.zeros(0)
    window = min(window, length)
    n_windows = length - window + 1
    positions, total, count = np.arange(length), np.zeros(length), np.zeros(length)
    size = max(1, _BATCH_POSITIONS // length)
    for start in range(0, n_windows, size):
        starts = np.arange(start, min(start + size, n_windows))[:, np.newaxis]
        masks = (positions >= starts) & (positions < starts + window)
        total += (score - predict(masks)) @ masks
        count += masks.sum(axis=0)
    return total / count
