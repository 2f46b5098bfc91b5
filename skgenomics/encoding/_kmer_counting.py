"""Numba loops of KmerCounter and GappedKmerCounter, imported on first use.

Sequences are passed as concatenated codes with their lengths. A k-mer is identified by the number
that its codes form in base C; `columns` maps these numbers to output columns and is empty where
both are the same.
"""

from __future__ import annotations

import numpy as np
from numba import njit

COUNT, FREQUENCY, SQRT = 0, 1, 2


@njit(cache=True, nogil=True)
def count_dense(codes, lengths, k, n_symbols, columns, n_columns, weighting, out, first):
    """Write weighted counts to `n_columns` columns of float32 `out`, from column `first`."""
    found = np.empty(lengths.max(), dtype=np.int32)
    # Integers are exact beyond 2**24, and one row of counters stays in the cache.
    tally = np.zeros(n_columns, dtype=np.int32)
    start = 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_symbols, columns, found)
        for column in found[:n_found]:
            tally[column] += 1
        _weigh(tally, n_found, weighting, out[i, first : first + n_columns])
        tally[:] = 0
        start += lengths[i]


@njit(cache=True, nogil=True)
def count_sparse(codes, lengths, k, n_symbols, columns, n_columns, weighting):
    """Count k-mers into the arrays data, indices and indptr of a CSR matrix with sorted indices."""
    data = np.empty(len(codes), dtype=np.float32)
    indices = np.empty(len(codes), dtype=np.int32)
    indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    found, spare = np.empty((2, lengths.max()), dtype=np.int32)
    counts = np.empty(lengths.max(), dtype=np.int32)
    start, filled = 0, 0
    for i in range(len(lengths)):
        n_found = _find_kmers(codes[start : start + lengths[i]], k, n_symbols, columns, found)
        ordered = _sort(found[:n_found], spare[:n_found], n_columns)
        n_distinct = _count_runs(ordered, indices[filled:], counts)
        end = filled + n_distinct
        _weigh(counts[:n_distinct], n_found, weighting, data[filled:end])
        indptr[i + 1] = filled = end
        start += lengths[i]
    return data[:filled].copy(), indices[:filled].copy(), indptr


@njit(cache=True, nogil=True)
def _find_kmers(codes, k, n_symbols, columns, found):
    """Write the column of each k-mer without unknown symbols to `found`; return their number."""
    n_kmers = n_symbols**k
    n_found, run, kmer = 0, 0, 0
    for i in range(len(codes)):
        symbol = np.int64(codes[i])
        if symbol >= n_symbols:
            run, kmer = 0, 0
            continue
        run += 1
        # Rolling update: append a symbol, then drop the one that left the window. The time does
        # not depend on k.
        kmer = kmer * n_symbols + symbol
        if run > k:
            kmer -= codes[i - k] * n_kmers
        if run >= k:
            found[n_found] = columns[kmer] if len(columns) else kmer
            n_found += 1
    return n_found


@njit(cache=True, nogil=True)
def _sort(values, spare, n_columns):
    """Sort numbers below `n_columns` by radix sort; return the array that holds the result.

    One pass per byte of `n_columns`: for the lengths and columns that occur here, two or three
    linear passes are faster than a comparison sort. The buffers are swapped after each pass.
    """
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
    """Write each distinct number and its count; return the number of distinct ones."""
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


@njit(cache=True, nogil=True)
def count_gapped_dense(codes, lengths, patterns, n_symbols, columns, weighting, out):
    """Write weighted counts of gapped k-mers to float32 `out`, one row per sequence.

    A row of `patterns` holds the k informative positions of a word; patterns are in lexicographic
    order.
    """
    tally = np.zeros(out.shape[1], dtype=np.int32)
    touched = np.empty(out.shape[1], dtype=np.int32)
    changes = _first_changes(patterns)
    start = 0
    for i in range(len(lengths)):
        sequence = codes[start : start + lengths[i]]
        n_found, n_touched = _tally_gapped(
            sequence, patterns, changes, n_symbols, columns, tally, touched
        )
        _weigh(tally, n_found, weighting, out[i])
        # There may be millions of columns, of which a sequence has few: only these are reset.
        tally[touched[:n_touched]] = 0
        start += lengths[i]


@njit(cache=True, nogil=True)
def count_gapped_sparse(codes, lengths, patterns, n_symbols, columns, n_columns, weighting):
    """Count k-mers into the arrays data, indices and indptr of a CSR matrix with sorted indices."""
    tally = np.zeros(n_columns, dtype=np.int32)
    max_distinct = min(n_columns, lengths.max() * len(patterns))
    touched, spare = np.empty((2, max_distinct), dtype=np.int32)
    changes = _first_changes(patterns)
    data, indices = np.empty(1024, dtype=np.float32), np.empty(1024, dtype=np.int32)
    indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    start, filled = 0, 0
    for i in range(len(lengths)):
        sequence = codes[start : start + lengths[i]]
        n_found, n_touched = _tally_gapped(
            sequence, patterns, changes, n_symbols, columns, tally, touched
        )
        ordered = _sort(touched[:n_touched], spare[:n_touched], n_columns)
        end = filled + n_touched
        if end > len(data):
            data, indices = _grow(data, end), _grow(indices, end)
        indices[filled:end] = ordered
        _weigh(tally[ordered], n_found, weighting, data[filled:end])
        tally[ordered] = 0
        indptr[i + 1] = filled = end
        start += lengths[i]
    return data[:filled].copy(), indices[:filled].copy(), indptr


@njit(cache=True, nogil=True)
def _tally_gapped(codes, patterns, changes, n_symbols, columns, tally, touched):
    """Count all patterns of all words in `tally`; return the total and the distinct number.

    `touched` receives the distinct columns in order of first appearance. Consecutive patterns
    share a prefix of positions, whose partial k-mer is kept in `prefixes` and not recomputed.
    """
    n_patterns, k = patterns.shape
    word_length = patterns.max() + 1
    n_kmers = n_symbols**k
    prefixes = np.zeros(k + 1, dtype=np.int64)
    n_found, n_touched, run = 0, 0, 0
    for end in range(1, len(codes) + 1):
        run = run + 1 if codes[end - 1] < n_symbols else 0
        if run < word_length:
            continue
        for p in range(n_patterns):
            for j in range(changes[p], k):
                symbol = codes[end - word_length + patterns[p, j]]
                prefixes[j + 1] = prefixes[j] * n_symbols + symbol
            column = p * n_kmers + prefixes[k]
            if len(columns):
                column = columns[column]
            if tally[column] == 0:
                touched[n_touched] = column
                n_touched += 1
            tally[column] += 1
        n_found += n_patterns
    return n_found, n_touched


@njit(cache=True, nogil=True)
def _first_changes(patterns):
    """Find the first index at which each pattern differs from the one before it."""
    changes = np.zeros(len(patterns), dtype=np.int64)
    for p in range(1, len(patterns)):
        while patterns[p, changes[p]] == patterns[p - 1, changes[p]]:
            changes[p] += 1
    return changes


@njit(cache=True, nogil=True)
def _grow(values, n):
    """Copy values to an array with room for 1.5 times `n`, so that growing is amortized."""
    grown = np.empty(n + n // 2, dtype=values.dtype)
    grown[: len(values)] = values
    return grown
