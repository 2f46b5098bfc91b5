"""The loops behind MotifScanner, compiled by numba: imported only when sequences are scanned.

Sequences come end to end as codes, with their lengths; the scores of all motifs come one below
the other, with their widths.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MAX, SUM, COUNT = 0, 1, 2


@njit(cache=True, nogil=True)
def scan(codes, lengths, scores, other_strand, widths, worst, thresholds, summary):
    """Summary of the scores of each motif at all positions, one row per sequence."""
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
            if len(other_strand):
                n_found = _score(sequence, runs, other_strand[row:end], found, n_found)
            out[i, j] = _summarize(found[:n_found], worst[j], thresholds[j], summary)
            row = end
        start += lengths[i]
    return out


@njit(cache=True, nogil=True)
def _runs_of_known(sequence, n_symbols):
    """Number of known letters in a row from each position on."""
    runs = np.zeros(len(sequence) + 1, dtype=np.int64)
    for i in range(len(sequence) - 1, -1, -1):
        if sequence[i] < n_symbols:
            runs[i] = runs[i + 1] + 1
    return runs


@njit(cache=True, nogil=True)
def _score(sequence, runs, scores, found, n_found):
    """Write the score of each site to `found` from `n_found` on; return the new number."""
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
    best = found.max()
    return best if summary == MAX else best + np.log2(np.exp2(found - best).sum())
