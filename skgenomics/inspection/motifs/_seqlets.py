"""Seqlets: windows in which attributions concentrate more than scattered ones would."""

from __future__ import annotations

import numpy as np


def find_seqlets(
    actual: np.ndarray, is_known: np.ndarray, width: int, fdr: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find windows that do not overlap and whose sum of attributions is far from zero.

    The null distribution consists of window sums of the same attributions in random order within
    each sequence: how large attributions are is kept, where they are is lost. Positive and negative
    sums get thresholds of their own, above which the estimated share of null sums is at most `fdr`.

    Parameters
    ----------
    actual : ndarray of shape (n, L)
        Attributions of the observed symbols.
    is_known : ndarray of bool of shape (n, L)
        Mask of known symbols.
    width : int
        Width of a window, at most L.
    fdr : float
        False discovery rate.
    rng : RandomState
        Source of the random order.

    Returns
    -------
    rows, starts : ndarray of int of shape (n_seqlets,)
        Sequence and first position of each seqlet.
    sums : ndarray of shape (n_seqlets,)
        Sums of attributions, in decreasing order of their absolute value.
    """
    sums = _window_sums(actual, width)
    null = _window_sums(_shuffle_known(actual, is_known, rng), width)
    passes = np.zeros(sums.shape, dtype=bool)
    for sign in (1, -1):
        passes |= sign * sums >= _threshold(sign * sums, sign * null, fdr)
    return _select(sums, passes, width)


def _window_sums(values: np.ndarray, width: int) -> np.ndarray:
    totals = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    return totals[:, width:] - totals[:, :-width]


def _shuffle_known(actual: np.ndarray, is_known: np.ndarray, rng) -> np.ndarray:
    """Shuffle the values at known positions of each sequence."""
    # Sorting random keys is a random order; infinite keys move unknown positions to the end.
    keys = np.where(is_known, rng.random_sample(actual.shape), np.inf)
    drawn = np.take_along_axis(actual, np.argsort(keys, axis=1), axis=1)
    shuffled = np.zeros_like(actual)
    # Boolean indexing runs row by row on both sides, and both have n_known entries in each row.
    n_known = is_known.sum(axis=1, keepdims=True)
    shuffled[is_known] = drawn[np.arange(actual.shape[1]) < n_known]
    return shuffled


def _threshold(sums: np.ndarray, null: np.ndarray, fdr: float) -> float:
    """Return the smallest sum at which the false discovery rate is met; infinity if none does.

    The rate at a threshold is estimated as (null sums + 1) / (observed sums); the added one keeps
    a rate of zero from following from a small null sample.
    """
    observed = np.sort(sums[sums > 0])[::-1]
    null = np.sort(null[null > 0])
    n_null = len(null) - np.searchsorted(null, observed, side="left")
    rates = (n_null + 1) / np.arange(1, len(observed) + 1)
    passing = np.flatnonzero(rates <= fdr)
    return observed[passing[-1]] if len(passing) else np.inf


def _select(
    sums: np.ndarray, passes: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Select windows greedily by absolute sum, skipping those that overlap a selected one.

    Each iteration selects one window in every sequence that has any left.
    """
    remaining = np.where(passes, np.abs(sums), 0.0)
    row_parts, start_parts = [], []
    active = np.flatnonzero(remaining.any(axis=1))
    columns = np.arange(sums.shape[1])
    while len(active):
        best = remaining[active].argmax(axis=1)
        row_parts.append(active)
        start_parts.append(best)
        remaining[active] *= np.abs(columns - best[:, np.newaxis]) >= width
        active = active[remaining[active].any(axis=1)]
    if not row_parts:
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    rows, starts = np.concatenate(row_parts), np.concatenate(start_parts)
    order = np.argsort(-np.abs(sums[rows, starts]), kind="stable")
    rows, starts = rows[order], starts[order]
    return rows, starts, sums[rows, starts]
