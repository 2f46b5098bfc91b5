"""Numba loops of MotifScanner, imported on first use.

Sequences are passed as concatenated codes with their lengths, and the log-odds of all motifs as one
matrix, row after row, with the width of each motif.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MAX, SUM, COUNT = 0, 1, 2


@njit(cache=True, nogil=True)
def scan(codes, lengths, scores, reverse_scores, widths, worst, thresholds, summary):
    """Summarize the scores of each motif at all positions, one row per sequence."""
    out = np.empty((len(lengths), len(widths)), dtype=np.float32)
    found = np.empty(2 * lengths.max())
    start = 0
    for i in range(len(lengths)):
        sequence = codes[start : start + lengths[i]]
        runs = _runs_of_known(sequence, scores.shape[1])
        row = 0
        for j in range(len(widths)):
            end = row + widths[j]
            n_found = _score(sequence, runs, scores[row:end], found, 0)
            if len(reverse_scores):
                n_found = _score(sequence, runs, reverse_scores[row:end], found, n_found)
            out[i, j] = _summarize(found[:n_found], worst[j], thresholds[j], summary)
            row = end
        start += lengths[i]
    return out


@njit(cache=True, nogil=True)
def _runs_of_known(sequence, n_symbols):
    """Count the consecutive known symbols from each position.

    A site is scored only if the run at its start covers the width, one comparison instead of one
    for each of its positions.
    """
    runs = np.zeros(len(sequence) + 1, dtype=np.int64)
    for i in range(len(sequence) - 1, -1, -1):
        if sequence[i] < n_symbols:
            runs[i] = runs[i + 1] + 1
    return runs


@njit(cache=True, nogil=True)
def _score(sequence, runs, scores, found, n_found):
    """Write the score of each site to `found`, from index `n_found`; return the new number."""
    for i in range(len(sequence) - len(scores) + 1):
        if runs[i] >= len(scores):
            total = 0.0
            for j in range(len(scores)):
                total += scores[j, sequence[i + j]]
            found[n_found] = total
            n_found += 1
    return n_found


@njit(cache=True, nogil=True)
def _summarize(found, worst, threshold, summary):
    if summary == COUNT:
        return float((found >= threshold).sum())
    if len(found) == 0:
        return worst
    # Log-sum-exp in base 2: subtracting the maximum keeps high scores from overflowing.
    best = found.max()
    return best if summary == MAX else best + np.log2(np.exp2(found - best).sum())
