"""Where attributions pile up: spans of a sequence that count more than scattered letters would."""

from __future__ import annotations

import numpy as np


def find_seqlets(
    actual: np.ndarray, known: np.ndarray, width: int, fdr: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans whose sum of attributions is far from zero, none of which overlap.

    The null are the same attributions in random order within each sequence; of either sign those
    sums count among which the share of null ones is at most `fdr`.

    Parameters
    ----------
    actual : ndarray of shape (n, L)
        Attributions of the letters that are there.
    known : ndarray of bool of shape (n, L)
        Where letters are known.
    width : int
        Width of a span, at most L.
    fdr : float
        False discovery rate.
    rng : RandomState
        Source of the order.

    Returns
    -------
    rows, starts : ndarray of int of shape (n_seqlets,)
    sums : ndarray of shape (n_seqlets,)
        From the one that is farthest from zero on.
    """
    sums = _window_sums(actual, width)
    null = _window_sums(_shuffle_known(actual, known, rng), width)
    passes = np.zeros(sums.shape, dtype=bool)
    for sign in (1, -1):
        passes |= sign * sums >= _threshold(sign * sums, sign * null, fdr)
    return _pick(sums, passes, width)


def _window_sums(values: np.ndarray, width: int) -> np.ndarray:
    totals = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    return totals[:, width:] - totals[:, :-width]


def _shuffle_known(actual: np.ndarray, known: np.ndarray, rng) -> np.ndarray:
    """The values at known positions of each row in random order."""
    keys = np.where(known, rng.random_sample(actual.shape), np.inf)
    drawn = np.take_along_axis(actual, np.argsort(keys, axis=1), axis=1)
    shuffled = np.zeros_like(actual)
    # Those drawn first fill the known places from left to right.
    n_known = known.sum(axis=1, keepdims=True)
    shuffled[known] = drawn[np.arange(actual.shape[1]) < n_known]
    return shuffled


def _threshold(sums: np.ndarray, null: np.ndarray, fdr: float) -> float:
    """The least sum above which the share of null sums is at most `fdr`; infinite if none is."""
    observed = np.sort(sums[sums > 0])[::-1]
    null = np.sort(null[null > 0])
    n_null = len(null) - np.searchsorted(null, observed, side="left")
    rates = (n_null + 1) / np.arange(1, len(observed) + 1)
    below = np.flatnonzero(rates <= fdr)
    return observed[below[-1]] if len(below) else np.inf


def _pick(sums: np.ndarray, passes: np.ndarray, width: int):
    """The largest sums first; windows that overlap one that is taken are out."""
    left = np.where(passes, np.abs(sums), 0.0)
    rows, starts = [], []
    active = np.flatnonzero(left.any(axis=1))
    places = np.arange(sums.shape[1])
    while len(active):
        best = left[active].argmax(axis=1)
        rows.append(active)
        starts.append(best)
        left[active] *= np.abs(places - best[:, np.newaxis]) >= width
        active = active[left[active].any(axis=1)]
    if not rows:
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    rows, starts = np.concatenate(rows), np.concatenate(starts)
    order = np.argsort(-np.abs(sums[rows, starts]), kind="stable")
    rows, starts = rows[order], starts[order]
    return rows, starts, sums[rows, starts]
