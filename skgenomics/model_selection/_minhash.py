"""The loops behind homology search, compiled by numba: imported only when sequences are compared.

A sequence is the set of its tokens: hashed words of k letters, the second occurrence of a word
being another token than the first, so that sets of tokens compare as multisets of words do.
Tokens of all sequences come end to end, sorted within each; those of sequence i are
``tokens[bounds[i]:bounds[i + 1]]``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# A repeat unit of up to so many letters makes a word of low complexity.
MAX_PERIOD = 3


@njit(cache=True, nogil=True)
def mix(value):
    """Hash a number to 64 bits, one to one (the finalizer of SplitMix64)."""
    value = np.uint64(value)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def make_tokens(codes, lengths, k, n_symbols, complement, seed):
    """Return tokens and their bounds, and the number of words of each sequence.

    Words of low complexity count as words, but have no token.  An empty `complement` stands for
    words of one strand; else a word and its reverse complement are the same.
    """
    n = len(lengths)
    n_most = 0
    for length in lengths:
        n_most += max(0, length - k + 1)
    tokens = np.empty(n_most, dtype=np.uint64)
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
    """Write the hash of each word to `out`; return how many words there are, and how many hashes.

    Words with an unknown letter are no words.
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
    """Whether the last k letters repeat a unit of few letters, at least twice."""
    for period in range(1, MAX_PERIOD + 1):
        if k >= 2 * period and periods[period] >= k - period:
            return True
    return False


@njit(cache=True, nogil=True)
def _tell_repeats_apart(hashes):
    """Sort hashes, and turn the second, third, ... of equal ones into others, in place."""
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
    """Where the tokens are that occur twice or more, and few others.

    Tokens are counted by their first `n_bits` bits, in which few different ones agree.
    """
    shift = np.uint64(64 - n_bits)
    counts = np.zeros(1 << n_bits, dtype=np.uint8)
    for token in tokens:
        counts[token >> shift] = min(2, counts[token >> shift] + 1)
    n_kept = 0
    for token in tokens:
        n_kept += counts[token >> shift] == 2
    places = np.empty(n_kept, dtype=np.int64)
    n_kept = 0
    for t in range(len(tokens)):
        if counts[tokens[t] >> shift] == 2:
            places[n_kept] = t
            n_kept += 1
    return places


@njit(cache=True, nogil=True)
def sort_with_places(tokens, places):
    """Sort tokens and the places they come from, in their order where tokens are equal.

    A radix sort: half the time of a stable sort by comparison.
    """
    tokens = tokens.copy()
    spare, spare_places = np.empty_like(tokens), np.empty_like(places)
    low = np.uint64(2047)
    for shift in range(0, 64, 11):
        ends = np.zeros(2049, dtype=np.int64)
        for token in tokens:
            ends[((token >> np.uint64(shift)) & low) + np.uint64(1)] += 1
        for digit in range(2048):
            ends[digit + 1] += ends[digit]
        for t in range(len(tokens)):
            digit = (tokens[t] >> np.uint64(shift)) & low
            spare[ends[digit]], spare_places[ends[digit]] = tokens[t], places[t]
            ends[digit] += 1
        tokens, spare = spare, tokens
        places, spare_places = spare_places, places
    return tokens, places


@njit(cache=True, nogil=True)
def min_hashes(tokens, bounds, seeds):
    """Smallest hash of the tokens of each sequence under each seed, shape (n_samples, n seeds)."""
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
    """Number of tokens that two sorted arrays have in common."""
    if len(a) > len(b):
        a, b = b, a
    if 8 * len(a) < len(b):
        return _count_common_by_search(a, b)
    i, j, n_common = 0, 0, 0
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
    """Root of the tree of i; the path to it is halved on the way."""
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@njit(cache=True, nogil=True)
def _is_open(a, b, sides, parents):
    """Whether it has to be known if a and b are similar."""
    if len(sides):
        return sides[a] != sides[b]
    return find_root(parents, a) != find_root(parents, b)


@njit(cache=True, nogil=True)
def _record(a, b, share, sides, parents, partners, shares):
    """Join the trees of two similar sequences, or note the most similar of the other side."""
    if not len(sides):
        root_a, root_b = find_root(parents, a), find_root(parents, b)
        parents[max(root_a, root_b)] = min(root_a, root_b)
        return
    _keep_best(a, b, share, partners, shares)
    _keep_best(b, a, share, partners, shares)


@njit(cache=True, nogil=True)
def _keep_best(one, other, share, partners, shares):
    # Of equal ones the first, whatever the order in which pairs are met.
    if share > shares[one] or (share == shares[one] and other < partners[one]):
        shares[one], partners[one] = share, other


@njit(cache=True, nogil=True)
def _compare(a, b, tokens, bounds, n_words, least_share):
    """Share of common words, or -1 where it is below the least one."""
    n_common = count_common(tokens[bounds[a] : bounds[a + 1]], tokens[bounds[b] : bounds[b + 1]])
    n_least = min(n_words[a], n_words[b])
    return n_common / n_least if n_common >= _n_needed(n_least, least_share) else -1.0


@njit(cache=True, nogil=True)
def _n_needed(n_least, least_share):
    # Rounding must not ask for one word more than the share does.
    return max(1, int(np.ceil(least_share * n_least - 1e-9)))


@njit(cache=True, nogil=True)
def search_rare(
    tokens, bounds, n_words, lists, postings, least_share, sides, parents, partners, shares
):
    """Compare all sequences that share a token which few have; return the pairs met and compared.

    ``lists[t]`` is where the list of the sequences with token t begins in `postings`, in their
    order, or -1 if the list is not kept.  Common tokens are counted along the lists, so that a
    full comparison is needed only where tokens without a list could tip the scales.
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
    """Compare sequences that share a token which many have; return how many pairs were compared.

    The sequences of each list, ``postings[starts[j]:ends[j]]``, are put in the order of one of
    their MinHash values, which similar ones have in common, and each is compared with the
    nearest before it (on the other side, if there are sides).
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
