"""Numba loops of KmerTokenizer, imported on first use.

Token ids are those of the special tokens, then the k-mers from `first_kmer`, then single symbols in
the order of their codes; for k=1 the symbols are the k-mers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from skgenomics.encoding._tokens import END, PAD, START, UNKNOWN


@njit(cache=True, nogil=True)
def tokenize(codes, lengths, stride, split, k, n_symbols, first_kmer):
    """Tokenize sequences; return the concatenated tokens and the number of tokens of each."""
    tokens = np.empty(len(codes), dtype=np.int32)
    n_tokens = np.zeros(len(lengths), dtype=np.int64)
    first_symbol = first_kmer + (n_symbols**k if k > 1 else 0)
    start, filled = 0, 0
    for i in range(len(lengths)):
        sequence = codes[start : start + lengths[i]]
        begin, position = filled, 0
        while position + k <= len(sequence):
            kmer = _kmer_at(sequence, position, k, n_symbols)
            if kmer >= 0:
                tokens[filled] = first_kmer + kmer
            else:
                tokens[filled] = first_symbol + sequence[position] if split else UNKNOWN
            position += 1 if kmer < 0 and split else stride
            filled += 1
        # The last of overlapping k-mers has covered symbols beyond the start of the next one.
        if not split and filled > begin:
            position += k - stride
        for code in sequence[position:]:
            tokens[filled] = first_symbol + code
            filled += 1
        n_tokens[i] = filled - begin
        start += lengths[i]
    return tokens[:filled], n_tokens


@njit(cache=True, nogil=True)
def _kmer_at(sequence, position, k, n_symbols):
    """Encode the k-mer at a position as a number; -1 if a symbol is unknown."""
    kmer = 0
    for code in sequence[position : position + k]:
        if code >= n_symbols:
            return -1
        kmer = kmer * n_symbols + code
    return kmer


@njit(cache=True, nogil=True)
def detokenize(tokens, stride, k, n_symbols, first_kmer):
    """Decode tokens to codes, one row per sequence, and the length of each row."""
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
                # For k=1 the symbols are the k-mers, so only the unknown symbol remains here.
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
