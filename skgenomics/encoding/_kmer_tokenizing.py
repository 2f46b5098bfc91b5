"""The loops behind KmerTokenizer, compiled by numba: imported only when they are needed.

Tokens are special ones, then the k-mers from `first_kmer` on, then single letters in the order of
their codes; for k=1 these are the k-mers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from skgenomics.encoding._tokens import END, PAD, START, UNKNOWN


@njit(cache=True, nogil=True)
def tokenize(codes, lengths, stride, split, k, n_symbols, first_kmer):
    """Return the tokens of all sequences, end to end, and the number of each."""
    tokens = np.empty(len(codes), dtype=np.int32)
    n_tokens = np.zeros(len(lengths), dtype=np.int64)
    first_symbol = first_kmer + (n_symbols**k if k > 1 else 0)
    start, filled = 0, 0
    for i in range(len(lengths)):
        sequence = codes[start : start + lengths[i]]
        begin, place = filled, 0
        while place + k <= len(sequence):
            kmer = _kmer_at(sequence, place, k, n_symbols)
            if kmer >= 0:
                tokens[filled] = first_kmer + kmer
            else:
                tokens[filled] = first_symbol + sequence[place] if split else UNKNOWN
            place += 1 if kmer < 0 and split else stride
            filled += 1
        # Overlapping k-mers have read some letters beyond the start of the next one.
        if not split and filled > begin:
            place += k - stride
        for code in sequence[place:]:
            tokens[filled] = first_symbol + code
            filled += 1
        n_tokens[i] = filled - begin
        start += lengths[i]
    return tokens[:filled], n_tokens


@njit(cache=True, nogil=True)
def _kmer_at(sequence, place, k, n_symbols):
    """The k-mer as a number, or -1 if it holds an unknown letter."""
    kmer = 0
    for code in sequence[place : place + k]:
        if code >= n_symbols:
            return -1
        kmer = kmer * n_symbols + code
    return kmer


@njit(cache=True, nogil=True)
def detokenize(tokens, stride, k, n_symbols, first_kmer):
    """Return codes, one row per sequence, and how many of each row are filled."""
    n, width = tokens.shape
    codes = np.empty((n, width * k), dtype=np.uint8)
    lengths = np.zeros(n, dtype=np.int64)
    first_symbol = first_kmer + n_symbols**k
    for i in range(n):
        end, after_kmer = 0, False
        for token in tokens[i]:
            if token == PAD or (token in (START, END) and token < first_kmer):
                continue
            if token >= first_symbol:
                # The letters of k=1 are k-mers but for the unknown one.
                codes[i, end] = token - first_symbol if k > 1 else n_symbols
                end, after_kmer = end + 1, False
                continue
            begin = end - (k - stride) if after_kmer else end
            if token < first_kmer:
                codes[i, end : begin + k] = n_symbols
            else:
                _write_kmer(codes[i, begin : begin + k], token - first_kmer, n_symbols)
            end, after_kmer = begin + k, True
        lengths[i] = end
    return codes, lengths


@njit(cache=True, nogil=True)
def _write_kmer(codes, kmer, n_symbols):
    for j in range(len(codes) - 1, -1, -1):
        codes[j] = kmer % n_symbols
        kmer //= n_symbols
