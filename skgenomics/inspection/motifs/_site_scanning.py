"""The loops behind scan_motifs, compiled by numba: imported only when sequences are scanned.

Sequences come end to end as codes, with their lengths. Scores are integers.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_windows(codes, lengths, n_symbols, width):
    """Number of windows of known letters."""
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
def find_sites(codes, lengths, scores, best_rest, least, rows, starts, totals):
    """Write windows that score at least `least`, in order; return how many there are.

    `scores` has a column more than letters, for the unknown one, low enough to rule a window out.
    `best_rest` is the best score of the positions from each one on. Sites that the arrays at the
    end don't hold are counted only.
    """
    width = len(scores)
    n_found = 0
    start = 0
    for row in range(len(lengths)):
        for i in range(lengths[row] - width + 1):
            total = 0
            for j in range(width):
                if total + best_rest[j] < least:
                    break
                total += scores[j, codes[start + i + j]]
            else:
                if total >= least:
                    if n_found < len(rows):
                        rows[n_found] = row
                        starts[n_found] = i
                        totals[n_found] = total
                    n_found += 1
        start += lengths[row]
    return n_found


@njit(cache=True, nogil=True)
def score_distribution(scores, background):
    """Chance of each total of random letters; `scores` are at least 0."""
    chances = np.zeros(1)
    chances[0] = 1.0
    for row in scores:
        longer = np.zeros(len(chances) + row.max())
        for symbol in range(len(row)):
            for total in range(len(chances)):
                longer[total + row[symbol]] += chances[total] * background[symbol]
        chances = longer
    return chances
