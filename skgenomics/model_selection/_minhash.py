"""Numba loops of the homology search, imported on first use.

A sequence is represented by the set of its tokens: hashed k-mers, where the second occurrence of a
k-mer is another token than the first, so that sets of tokens compare like multisets of k-mers.
Tokens are concatenated over sequences and sorted within each; those of sequence i are
``tokens[bounds[i]:bounds[i + 1]]``. Sorted tokens are intersected by merging, without hash tables.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Words that repeat a unit of up to this length (poly-A, microsatellites) say nothing of homology.
MAX_PERIOD = 3


@njit(cache=True, nogil=True)
def mix(value):
    """Hash a number to 64 bits by the finalizer of SplitMix64.

    The function is a bijection: two different k-mers never collide, so that counts of common
    tokens are exact, and hashes are uniform, so that thresholds and prefixes of them sample evenly.
    """
    value = np.uint64(value)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def make_tokens(codes, lengths, k, n_symbols, complement, seed):
    """Compute tokens, their bounds and the number of words of each sequence.

    Words of low complexity count as words but have no token. With a `complement`, a word and its
    reverse complement are the same; if it is empty, words are those of one strand.
    """
    n = len(lengths)
    max_tokens = 0
    for length in lengths:
        max_tokens += max(0, length - k + 1)
    tokens = np.empty(max_tokens, dtype=np.uint64)
    bounds = np.zeros(n + 1, dtype=np.int64)
    n_words = np.zeros(n, dtype=np.int64)
    start, filled = 0, 0
    for i in range(n):
        own = tokens[filled:]
        sequence = codes[start : start + lengths[i]]
        n_words[i], n_own = _hash_words(sequence, k, n_symbols, complement, seed, own)
        _tell_repeats_apart(own[:n_own])
        filled += n_own
        bounds[i + 1] = filled
        start += lengths[i]
    return tokens[:filled].copy(), bounds, n_words


@njit(cache=True, nogil=True)
def _hash_words(codes, k, n_symbols, complement, seed, out):
    """Write the hash of each word to `out`; return the numbers of words and of hashes.

    Words with an unknown symbol are skipped.
    """
    top = np.int64(n_symbols) ** (k - 1)
    forward, backward, run = np.int64(0), np.int64(0), 0
    periods = np.zeros(MAX_PERIOD + 1, dtype=np.int64)
    n_words, n_hashes = 0, 0
    for i in range(len(codes)):
        symbol = np.int64(codes[i])
        for period in range(1, MAX_PERIOD + 1):
            same = i >= period and codes[i - period] == codes[i]
            periods[period] = periods[period] + 1 if same else 0
        if symbol >= n_symbols:
            run, forward, backward = 0, 0, 0
            continue
        run += 1
        # Rolling updates of the word on both strands. The smaller number of the two represents
        # both, so that a sequence and its reverse complement have the same tokens.
        forward = (forward % top) * n_symbols + symbol
        if len(complement):
            backward = backward // n_symbols + complement[symbol] * top
        if run < k:
            continue
        n_words += 1
        if not _is_repeat(periods, k):
            word = min(forward, backward) if len(complement) else forward
            out[n_hashes] = mix(np.uint64(word) ^ seed)
            n_hashes += 1
    return n_words, n_hashes


@njit(cache=True, nogil=True)
def _is_repeat(periods, k):
    """Tell if the last k symbols consist of at least two copies of a short unit."""
    for period in range(1, MAX_PERIOD + 1):
        if k >= 2 * period and periods[period] >= k - period:
            return True
    return False


@njit(cache=True, nogil=True)
def _tell_repeats_apart(hashes):
    """Sort an array of hashes, and rehash repeated ones with their occurrence."""
    hashes.sort()
    occurrence = np.uint64(0)
    previous = np.uint64(0)
    found = False
    for j in range(len(hashes)):
        value = hashes[j]
        occurrence = occurrence + np.uint64(1) if j and value == previous else np.uint64(0)
        previous = value
        if occurrence:
            hashes[j] = mix(value + occurrence * np.uint64(0x9E3779B97F4A7C15))
            found = True
    if found:
        hashes.sort()


@njit(cache=True, nogil=True)
def find_repeated(tokens, n_bits):
    """Find the positions of tokens that occur at least twice, and of few others.

    Most tokens occur once and need not be sorted. Tokens are counted by their first `n_bits` bits,
    which few different ones have in common: a counting filter with one byte per bucket.
    """
    shift = np.uint64(64 - n_bits)
    counts = np.zeros(1 << n_bits, dtype=np.uint8)
    for token in tokens:
        counts[token >> shift] = min(2, counts[token >> shift] + 1)
    n_kept = 0
    for token in tokens:
        n_kept += counts[token >> shift] == 2
    positions = np.empty(n_kept, dtype=np.int64)
    n_kept = 0
    for t in range(len(tokens)):
        if counts[tokens[t] >> shift] == 2:
            positions[n_kept] = t
            n_kept += 1
    return positions


@njit(cache=True, nogil=True)
def sort_with_positions(tokens, positions):
    """Sort tokens together with their positions, stably.

    A least-significant-digit radix sort of 11 bits per pass: 2048 counters fit into the L1 cache,
    and six passes cover 64 bits. It takes half the time of NumPy's stable sort.
    """
    tokens = tokens.copy()
    spare, spare_positions = np.empty_like(tokens), np.empty_like(positions)
    low = np.uint64(2047)
    for shift in range(0, 64, 11):
        ends = np.zeros(2049, dtype=np.int64)
        for token in tokens:
            ends[((token >> np.uint64(shift)) & low) + np.uint64(1)] += 1
        for digit in range(2048):
            ends[digit + 1] += ends[digit]
        for t in range(len(tokens)):
            digit = (tokens[t] >> np.uint64(shift)) & low
            spare[ends[digit]], spare_positions[ends[digit]] = tokens[t], positions[t]
            ends[digit] += 1
        tokens, spare = spare, tokens
        positions, spare_positions = spare_positions, positions
    return tokens, positions


@njit(cache=True, nogil=True)
def min_hashes(tokens, bounds, seeds):
    """Compute the MinHash values of each sequence, shape (n_sequences, n_seeds)."""
    n = len(bounds) - 1
    result = np.full((n, len(seeds)), np.uint64(0xFFFFFFFFFFFFFFFF), dtype=np.uint64)
    for i in range(n):
        for token in tokens[bounds[i] : bounds[i + 1]]:
            for h in range(len(seeds)):
                value = mix(token ^ seeds[h])
                if value < result[i, h]:
                    result[i, h] = value
    return result


@njit(cache=True, nogil=True)
def count_common(a, b):
    """Count the common tokens of two sorted arrays."""
    if len(a) > len(b):
        a, b = b, a
    # A merge reads both arrays; binary search pays off where one is much shorter.
    if 8 * len(a) < len(b):
        return _count_common_by_search(a, b)
    i, j, n_common = 0, 0, 0
    # Branch-free merge: comparisons are added up, since mispredicted branches would dominate.
    while i < len(a) and j < len(b):
        n_common += a[i] == b[j]
        step = a[i] <= b[j]
        j += a[i] >= b[j]
        i += step
    return n_common


@njit(cache=True, nogil=True)
def _count_common_by_search(few, many):
    n_common = 0
    low = 0
    for token in few:
        low += np.searchsorted(many[low:], token)
        if low == len(many):
            break
        n_common += many[low] == token
    return n_common


@njit(cache=True, nogil=True)
def find_root(parents, i):
    """Find the root of the tree of i (union-find with path halving)."""
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@njit(cache=True, nogil=True)
def _is_open(a, b, sides, parents):
    """Tell if the similarity of a and b can change the result.

    Sequences that are linked already need no comparison, which saves most of them in large
    clusters.
    """
    if len(sides):
        return sides[a] != sides[b]
    return find_root(parents, a) != find_root(parents, b)


@njit(cache=True, nogil=True)
def _record(a, b, share, sides, parents, partners, shares):
    """Join the trees of two similar sequences, or update the best partners across sides."""
    if not len(sides):
        root_a, root_b = find_root(parents, a), find_root(parents, b)
        parents[max(root_a, root_b)] = min(root_a, root_b)
        return
    _keep_best(a, b, share, partners, shares)
    _keep_best(b, a, share, partners, shares)


@njit(cache=True, nogil=True)
def _keep_best(one, other, share, partners, shares):
    # Ties go to the first sequence, so that the result does not depend on the order of pairs.
    if share > shares[one] or (share == shares[one] and other < partners[one]):
        shares[one], partners[one] = share, other


@njit(cache=True, nogil=True)
def _compare(a, b, tokens, bounds, n_words, least_share):
    """Compute the fraction of common words; -1 if it is below the minimum."""
    n_common = count_common(tokens[bounds[a] : bounds[a + 1]], tokens[bounds[b] : bounds[b + 1]])
    n_least = min(n_words[a], n_words[b])
    return n_common / n_least if n_common >= _n_needed(n_least, least_share) else -1.0


@njit(cache=True, nogil=True)
def _n_needed(n_least, least_share):
    # Without the tolerance, rounding errors could require one word too many.
    return max(1, int(np.ceil(least_share * n_least - 1e-9)))


@njit(cache=True, nogil=True)
def search_rare(
    tokens, bounds, n_words, lists, postings, least_share, sides, parents, partners, shares
):
    """Compare all pairs that share a rare token; return the numbers of pairs met and compared.

    ``lists[t]`` is the start of the list of the sequences with token t in `postings`, in ascending
    order, or -1 if the list is not kept. Common tokens are counted along the lists, so that a full
    comparison is needed only if tokens without a list could decide.
    """
    n = len(bounds) - 1
    counts = np.zeros(n, dtype=np.int32)
    touched = np.empty(n, dtype=np.int32)
    n_hidden = np.zeros(n, dtype=np.int64)
    n_met, n_compared = 0, 0
    for a in range(n):
        n_touched = 0
        for t in range(bounds[a], bounds[a + 1]):
            position = lists[t]
            if position < 0:
                n_hidden[a] += position == -1
                continue
            while postings[position] < a:
                b = postings[position]
                position += 1
                if counts[b] == 0:
                    touched[n_touched] = b
                    n_touched += 1
                counts[b] += 1
        n_met += n_touched
        for b in touched[:n_touched]:
            n_common, n_least = counts[b], min(n_words[a], n_words[b])
            counts[b] = 0
            needed = _n_needed(n_least, least_share)
            # Tokens without a list may be common too: this is the upper bound of their number.
            n_unseen = min(n_hidden[a], n_hidden[b])
            if n_common + n_unseen < needed or not _is_open(a, b, sides, parents):
                continue
            share = n_common / n_least
            if n_unseen:
                n_compared += 1
                share = _compare(a, b, tokens, bounds, n_words, least_share)
            if share >= 0:
                _record(a, b, share, sides, parents, partners, shares)
    return n_met, n_compared


@njit(cache=True, nogil=True)
def search_frequent(
    tokens, bounds, n_words, starts, ends, postings, sketches, n_neighbours, least_share, sides,
    parents, partners, shares,
):  # fmt: skip
    """Compare neighbors among sequences that share a frequent token; return the number of pairs.

    The sequences of each list, ``postings[starts[j]:ends[j]]``, are sorted by one of their MinHash
    values, which similar sequences probably have in common, and each is compared with the nearest
    ones before it (of the other side, if there are sides). A ring buffer holds these.
    """
    n_compared = 0
    n_sides = 2 if len(sides) else 1
    recent = np.empty((n_sides, n_neighbours), dtype=np.int64)
    for j in range(len(starts)):
        members = postings[starts[j] : ends[j]]
        keys = np.empty(len(members), dtype=np.uint64)
        for m in range(len(members)):
            keys[m] = sketches[members[m], j % sketches.shape[1]]
        n_seen = np.zeros(n_sides, dtype=np.int64)
        for m in np.argsort(keys, kind="mergesort"):
            a = members[m]
            own = sides[a] if len(sides) else 0
            other = 1 - own if len(sides) else 0
            for r in range(min(n_seen[other], n_neighbours)):
                b = recent[other, r]
                if _is_open(a, b, sides, parents):
                    n_compared += 1
                    share = _compare(a, b, tokens, bounds, n_words, least_share)
                    if share >= 0:
                        _record(a, b, share, sides, parents, partners, shares)
            recent[own, n_seen[own] % n_neighbours] = a
            n_seen[own] += 1
    return n_compared
