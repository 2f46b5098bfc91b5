"""Numba loops that count GC, soft-masked and unknown bases and dinucleotides in windows.

Imported only when a background is drawn.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BLOCK = 64
GC, SOFT_MASKED, UNKNOWN = 0, 1, 2
_KNOWN = np.zeros(256, dtype=np.bool_)
_KNOWN[list(b"ACGTUSacgtus")] = True
_CODES = np.full(256, 4, dtype=np.int64)
_CODES[list(b"ACGTUacgtu")] = [0, 1, 2, 3, 3] * 2


@njit(cache=True, nogil=True)
def cumulate(symbols):
    """Compute cumulative counts at each block of 64 bases, shape (n_blocks + 1, 3)."""
    totals = np.zeros((len(symbols) // BLOCK + 1, 3), dtype=np.int64)
    for block in range(len(totals) - 1):
        totals[block + 1] = totals[block]
        _add(symbols[block * BLOCK : (block + 1) * BLOCK], totals[block + 1])
    return totals


@njit(cache=True, nogil=True)
def count(symbols, totals, starts, ends):
    """Count symbols in each window in time independent of its length; shape (n_samples, 3)."""
    counts = np.zeros((len(starts), 3), dtype=np.int64)
    before = np.zeros(3, dtype=np.int64)
    for i in range(len(starts)):
        _count_before(symbols, totals, ends[i], counts[i])
        _count_before(symbols, totals, starts[i], before)
        counts[i] -= before
    return counts


@njit(cache=True, nogil=True)
def _count_before(symbols, totals, end, counts):
    block = end // BLOCK
    counts[:] = totals[block]
    _add(symbols[block * BLOCK : end], counts)


@njit(cache=True, nogil=True)
def _add(symbols, counts):
    gc, soft_masked, unknown = 0, 0, 0
    for symbol in symbols:
        upper = symbol & 0xDF
        # S stands for C or G.
        gc += (upper == 67) | (upper == 71) | (upper == 83)
        soft_masked += symbol >= 97
        unknown += not _KNOWN[symbol]
    counts[GC] += gc
    counts[SOFT_MASKED] += soft_masked
    counts[UNKNOWN] += unknown


@njit(cache=True, nogil=True)
def dinucleotide_frequencies(symbols, starts, ends, minus):
    """Compute the frequencies of the 16 dinucleotides on the strand of each window."""
    frequencies = np.zeros((len(starts), 16))
    for i in range(len(starts)):
        n_pairs = 0
        for j in range(starts[i], ends[i] - 1):
            first, second = _CODES[symbols[j]], _CODES[symbols[j + 1]]
            if first == 4 or second == 4:
                continue
            if minus[i]:
                first, second = 3 - second, 3 - first
            frequencies[i, 4 * first + second] += 1
            n_pairs += 1
        frequencies[i] /= max(n_pairs, 1)
    return frequencies
