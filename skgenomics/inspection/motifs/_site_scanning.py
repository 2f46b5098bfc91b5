"""Compiled loops of scan_motifs, imported only when sequences are scanned (numba is slow to load).

Sequences are passed end to end as codes, with their lengths. Scores are integers, so that totals
can index the table of p-values.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_windows(codes, lengths, n_symbols, width):
    """Count windows that contain known symbols only."""
    n_windows = 0
    start = 0
    for length in lengths:
        n_known = 0
        for i in range(start, start + length):
            n_known = n_known + 1 if codes[i] < n_symbols else 0
            if n_known >= width:
                n_windows += 1
        start += length
    return n_windows


@njit(cache=True, nogil=True)
def find_sites(codes, lengths, scores, best_rest, minimum, rows, starts, totals):
    """Write the windows that score at least `minimum`, in order; return their number.

    `scores` has one more column than symbols, for the unknown one, low enough to rule a window out.
    `best_rest` is the best score of the remaining positions: a window is abandoned as soon as even
    that cannot reach the minimum. Sites that do not fit into the arrays are counted only.
    """
    width = len(scores)
    n_found = 0
    start = 0
    for row in range(len(lengths)):
        for i in range(lengths[row] - width + 1):
            total = 0
            for j in range(width):
                if total + best_rest[j] < minimum:
                    break
                total += scores[j, codes[start + i + j]]
            else:
                if total >= minimum:
                    if n_found < len(rows):
                        rows[n_found] = row
                        starts[n_found] = i
                        totals[n_found] = total
                    n_found += 1
        start += lengths[row]
    return n_found


@njit(cache=True, nogil=True)
def score_distribution(scores, background):
    """Compute the probability of each total score of a random window; `scores` are at least 0.

    Dynamic programming over positions: the distribution of the total of one more position is the
    convolution of the distribution so far with that of the position (Staden, 1989).
    """
    probabilities = np.zeros(1)
    probabilities[0] = 1.0
    for row in scores:
        longer = np.zeros(len(probabilities) + row.max())
        for symbol in range(len(row)):
            for total in range(len(probabilities)):
                longer[total + row[symbol]] += probabilities[total] * background[symbol]
        probabilities = longer
    return probabilities
