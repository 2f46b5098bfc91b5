"""The loops behind KmerCounter, compiled by numba: imported only when k-mers are counted.

Sequences come end to end as codes, with their lengths.  `columns` holds the column of each
k-mer, or is empty where that is the k-mer itself, read as a number.
"""

from __future__ import annotations

import numpy as np
from numba import njit

COUNT, FREQUENCY, SQRT = 0, 1, 2


@njit(cache=True, nogil=True)
def count_dense(codes, lengths, k, n_letters, columns, n_columns, weighting, out, first):
    """Fill `n_columns` columns of float32 `out` from `first` on, one row per sequence."""
    found = np.empty(lengths.max(), dtype=np.int32)
    # Counted apart, in integers: they stay in the cache, and exact beyond 2**24.
    tally = np.zeros(n_columns, dtype=np.int32)
    start = 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_letters, columns, found)
        for column in found[:n_found]:
            tally[column] += 1
        _weigh(tally, n_found, weighting, out[i, first : first + n_columns])
        tally[:] = 0
        start += lengths[i]


@njit(cache=True, nogil=True)
def count_sparse(codes, lengths, k, n_letters, columns, n_columns, weighting):
    """Return data, indices and indptr of a CSR matrix, the indices of a row in order."""
    data = np.empty(len(codes), dtype=np.float32)
    indices = np.empty(len(codes), dtype=np.int32)
    indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    found, spare = np.empty((2, lengths.max()), dtype=np.int32)
    counts = np.empty(lengths.max(), dtype=np.int32)
    start, filled = 0, 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_letters, columns, found)
        ordered = _sort(found[:n_found], spare[:n_found], n_columns)
        n_distinct = _count_runs(ordered, indices[filled:], counts)
        end = filled + n_distinct
        _weigh(counts[:n_distinct], n_found, weighting, data[filled:end])
        indptr[i + 1] = filled = end
        start += lengths[i]
    return data[:filled].copy(), indices[:filled].copy(), indptr


@njit(cache=True, nogil=True)
def _find_kmers(codes, k, n_letters, columns, found):
    """Write the column of each k-mer without unknown letters to `found`; return their number."""
    n_kmers = n_letters**k
    n_found, run, kmer = 0, 0, 0
    for i in range(len(codes)):
        letter = np.int64(codes[i])
        if letter >= n_letters:
            run, kmer = 0, 0
            continue
        run += 1
        kmer = kmer * n_letters + letter
        if run > k:
            kmer -= codes[i - k] * n_kmers
        if run >= k:
            found[n_found] = columns[kmer] if len(columns) else kmer
            n_found += 1
    return n_found


@njit(cache=True, nogil=True)
def _sort(values, spare, n_columns):
    """Radix sort of numbers below `n_columns`, byte by byte; return the array that holds them."""
    shift = 0
    while (n_columns - 1) >> shift:
        ends = np.zeros(257, dtype=np.int64)
        for value in values:
            ends[((value >> shift) & 255) + 1] += 1
        for byte in range(256):
            ends[byte + 1] += ends[byte]
        for value in values:
            byte = (value >> shift) & 255
            spare[ends[byte]] = value
            ends[byte] += 1
        values, spare = spare, values
        shift += 8
    return values


@njit(cache=True, nogil=True)
def _count_runs(ordered, distinct, counts):
    """Write each distinct number and how often it occurs; return how many there are."""
    n_distinct = 0
    for j in range(len(ordered)):
        if j == 0 or ordered[j] != ordered[j - 1]:
            distinct[n_distinct] = ordered[j]
            counts[n_distinct] = 0
            n_distinct += 1
        counts[n_distinct - 1] += 1
    return n_distinct


@njit(cache=True, nogil=True)
def _weigh(counts, n_found, weighting, out):
    total = np.float32(n_found if weighting == FREQUENCY and n_found else 1)
    for j in range(len(counts)):
        out[j] = np.float32(counts[j]) / total
    if weighting == SQRT:
        for j in range(len(out)):
            out[j] = np.sqrt(out[j])
