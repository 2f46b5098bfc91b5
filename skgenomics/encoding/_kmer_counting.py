"""The loops behind KmerCounter, compiled by numba: imported only when k-mers are counted.

Sequences come end to end as codes, with their lengths.  `columns` holds the column of each
k-mer, or is empty where that is the k-mer itself, read as a number.
"""

from __future__ import annotations

import numpy as np
from numba import njit

COUNT, FREQUENCY, SQRT = 0, 1, 2


@njit(cache=True, nogil=True)
def count_dense(codes, lengths, k, n_letters, columns, weighting, out):
    """Fill float32 `out`, one row per sequence and one column per k-mer."""
    found = np.empty(lengths.max(), dtype=np.int32)
    # Counted apart, in integers: they stay in the cache, and exact beyond 2**24.
    tally = np.zeros(out.shape[1], dtype=np.int32)
    start = 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_letters, columns, found)
        for column in found[:n_found]:
            tally[column] += 1
        _weigh(tally, n_found, weighting, out[i])
        tally[:] = 0
        start += lengths[i]


@njit(cache=True, nogil=True)
def count_sparse(codes, lengths, k, n_letters, columns, weighting, n_columns):
    """Return data, indices and indptr of a CSR matrix, the indices of a row in order."""
    data = np.empty(len(codes), dtype=np.float32)
    indices = np.empty(len(codes), dtype=np.int32)
    indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    found = np.empty(lengths.max(), dtype=np.int32)
    tally = np.zeros(n_columns, dtype=np.int32)
    start, filled = 0, 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_letters, columns, found)
        n_distinct = _tally_distinct(found[:n_found], tally)
        distinct = found[:n_distinct]
        distinct.sort()
        end = filled + n_distinct
        indices[filled:end] = distinct
        _weigh(tally[distinct], n_found, weighting, data[filled:end])
        tally[distinct] = 0
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
def _tally_distinct(found, tally):
    """Count, and bring the distinct columns to the front of `found`; return their number."""
    n_distinct = 0
    for column in found:
        if tally[column] == 0:
            found[n_distinct] = column
            n_distinct += 1
        tally[column] += 1
    return n_distinct


@njit(cache=True, nogil=True)
def _weigh(counts, n_found, weighting, out):
    total = np.float32(n_found if weighting == FREQUENCY and n_found else 1)
    for j in range(len(counts)):
        out[j] = np.float32(counts[j]) / total
    if weighting == SQRT:
        for j in range(len(out)):
            out[j] = np.sqrt(out[j])
