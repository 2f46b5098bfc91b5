"""How scores change when windows of a sequence are hidden."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from sklearn.base import is_classifier

from skgenomics.genome._responses import Response
from skgenomics.inspection.gradients import BATCH_POSITIONS
from skgenomics.inspection.scores import SequenceScore
from skgenomics.sequences import encode_ragged

_UNKNOWN = 4


def occlude(score: SequenceScore, data: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Hide windows of what a deep estimator reads.

    Letters are replaced by equal shares of all of them, signals by zeros.

    Parameters
    ----------
    score : SequenceScore
    data : ndarray
        What :meth:`SequenceScore.read` gave.
    window : int
        Positions of a window.

    Returns
    -------
    effects : ndarray of shape (n, L)
        By how much scores fall, on average over the windows that hide a position.
    scores : ndarray of shape (n,)
    """
    scores, effects = score.predict(data), []
    for i in range(len(data)):
        x = score.to_channels(data[i : i + 1])
        hidden = x.any(dim=1, keepdim=True).to(x.dtype) / x.shape[1]
        hidden = torch.zeros_like(x) if score.letters is None else hidden

        def predict(masks: np.ndarray, x=x, hidden=hidden) -> np.ndarray:
            where = torch.from_numpy(masks).to(x.device)[:, None]
            with torch.no_grad():
                return score(torch.where(where, hidden, x)).cpu().numpy()

        effects.append(_mean_effects(predict, scores[i], x.shape[2], window))
    return np.stack(effects), scores


def occlude_text(estimator, X, target, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hide windows of DNA by N, for any estimator of text.

    Returns
    -------
    effects : ndarray of shape (n, L)
        As in :func:`occlude`, with zeros behind shorter sequences.
    scores : ndarray of shape (n,)
        Log-odds of the class, or the prediction.
    codes : ndarray of shape (n, L), uint8
    """
    rows = _split_text(X)
    predict = _text_score(estimator, rows, target)
    scores = np.concatenate([predict(row[np.newaxis]) for row in rows])
    effects = np.zeros((len(rows), max(map(len, rows))))
    for i, row in enumerate(rows):

        def predict_hidden(masks: np.ndarray, row=row) -> np.ndarray:
            return predict(np.where(masks, np.uint8(_UNKNOWN), row))

        effects[i, : len(row)] = _mean_effects(predict_hidden, scores[i], len(row), window)
    return effects, scores, _stack(rows)


def score_text(estimator, X, target) -> tuple[np.ndarray, np.ndarray]:
    """Codes of DNA, and the scores of any estimator of text: log-odds or predictions."""
    rows = _split_text(X)
    predict = _text_score(estimator, rows, target)
    return _stack(rows), np.concatenate([predict(row[np.newaxis]) for row in rows])


def _split_text(X) -> list[np.ndarray]:
    letters, lengths = encode_ragged(X)
    rows = np.split(letters, np.cumsum(lengths)[:-1])
    for i, row in enumerate(rows):
        if not len(row):
            raise ValueError(f"sequence {i} is empty; leave it out")
    return rows


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    codes = np.full((len(rows), max(map(len, rows))), _UNKNOWN, dtype=np.uint8)
    for i, row in enumerate(rows):
        codes[i, : len(row)] = row
    return codes


def _text_score(estimator, rows: list[np.ndarray], target) -> Callable[[np.ndarray], np.ndarray]:
    """What gives one number for each row of codes."""
    response = Response(estimator, "auto", target)
    response.learn(rows[0][np.newaxis])
    if len(response.names) > 1:
        what = "class" if is_classifier(estimator) else "target"
        raise ValueError(f"target must name a {what} out of {list(response.names)}")

    def predict(codes: np.ndarray) -> np.ndarray:
        values, log_odds = response.finish(response.scores(codes))
        return np.where(np.isnan(log_odds), values, log_odds)[:, 0]

    return predict


def _mean_effects(predict: Callable, score: float, length: int, window: int) -> np.ndarray:
    """Mean fall of the score over all windows that hide each position."""
    window = min(window, length)
    n_windows = length - window + 1
    places, total, count = np.arange(length), np.zeros(length), np.zeros(length)
    size = max(1, BATCH_POSITIONS // length)
    for start in range(0, n_windows, size):
        starts = np.arange(start, min(start + size, n_windows))[:, np.newaxis]
        masks = (places >= starts) & (places < starts + window)
        total += (score - predict(masks)) @ masks
        count += masks.sum(axis=0)
    return total / count
