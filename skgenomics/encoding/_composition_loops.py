"""Numba loops of CompositionEncoder, imported on first use.

Sequences are passed as concatenated codes with their lengths. The functions release the GIL and
are cached on disk, since their compilation takes longer than most data sets.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def mean_of_symbols(codes, lengths, values):
    """Average the values of the known symbols of each sequence."""
    out = np.zeros((len(lengths), values.shape[1]), dtype=np.float32)
    start = 0
    for i in range(len(lengths)):
        counts = np.zeros(len(values))
        for code in codes[start : start + lengths[i]]:
            if code < len(values):
                counts[code] += 1
        if counts.sum():
            out[i] = (counts @ values) / counts.sum()
        start += lengths[i]
    return out


@njit(cache=True, nogil=True)
def pseudo_composition(codes, lengths, distances, n_tiers, weight):
    """Compute dinucleotide frequencies and correlations at lags up to `n_tiers`; rows sum to 1."""
    n_steps = len(distances)
    out = np.zeros((len(lengths), n_steps + n_tiers), dtype=np.float32)
    start = 0
    for i in range(len(lengths)):
        steps = _steps(codes[start : start + lengths[i]], n_steps)
        row = np.zeros(n_steps + n_tiers)
        n_known = 0
        for step in steps:
            if step >= 0:
                row[step] += 1
                n_known += 1
        # The row is normalized as a whole below, so the frequencies alone need not sum to 1.
        row[:n_steps] /= max(n_known, 1)
        for tier in range(1, n_tiers + 1):
            row[n_steps + tier - 1] = weight * _mean_distance(steps, distances, tier)
        out[i] = row / (1 + row[n_steps:].sum())
        start += lengths[i]
    return out


@njit(cache=True, nogil=True)
def auto_covariances(codes, lengths, properties, max_lag):
    """Compute the auto-covariance of each property at the lags 1 to `max_lag`."""
    n_steps, n_properties = properties.shape
    out = np.zeros((len(lengths), n_properties * max_lag), dtype=np.float32)
    start = 0
    for i in range(len(lengths)):
        steps = _steps(codes[start : start + lengths[i]], n_steps)
        for j in range(n_properties):
            for lag in range(1, max_lag + 1):
                out[i, j * max_lag + lag - 1] = _covariance(steps, properties[:, j], lag)
        start += lengths[i]
    return out


@njit(cache=True, nogil=True)
def _steps(codes, n_steps):
    """Encode the dinucleotide at each position as a number; -1 if a base is unknown."""
    n_symbols = int(np.sqrt(n_steps))
    steps = np.full(max(len(codes) - 1, 0), -1, dtype=np.int64)
    for j in range(len(steps)):
        if codes[j] < n_symbols and codes[j + 1] < n_symbols:
            steps[j] = codes[j] * n_symbols + codes[j + 1]
    return steps


@njit(cache=True, nogil=True)
def _mean_distance(steps, distances, gap):
    total, n_pairs = 0.0, 0
    for j in range(len(steps) - gap):
        if steps[j] >= 0 and steps[j + gap] >= 0:
            total += distances[steps[j], steps[j + gap]]
            n_pairs += 1
    return total / max(n_pairs, 1)


@njit(cache=True, nogil=True)
def _covariance(steps, values, lag):
    total, n_known = 0.0, 0
    for step in steps:
        if step >= 0:
            total += values[step]
            n_known += 1
    # Two passes: the mean is subtracted before the products, where one pass would cancel digits.
    mean = total / max(n_known, 1)
    total, n_pairs = 0.0, 0
    for j in range(len(steps) - lag):
        if steps[j] >= 0 and steps[j + lag] >= 0:
            total += (values[steps[j]] - mean) * (values[steps[j + lag]] - mean)
            n_pairs += 1
    return total / max(n_pairs, 1)
