"""The loops behind dinucleotide_shuffle, compiled by numba: imported only when it is called.

A sequence is a walk: its vertices are the (k - 1)-mers, and each k-mer is an
edge.  Walks over the same edges between the same ends are the shuffles.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NONE = np.int32(-1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def shuffle(symbols, starts, lengths, k, n_shuffles, seed):
    """Shuffle and overwrite sequences, one byte per symbol; `n_shuffles` copies follow each other.

    Copy j of sequence i depends on `seed`, i and j alone.
    """
    longest = lengths.max()
    states = np.empty(1, dtype=np.uint64)
    names = np.empty(longest, dtype=np.int32)
    table, keys = np.empty(_table_size(longest), dtype=np.int32), np.empty(longest, dtype=np.int64)
    targets, begins, chosen = np.empty((3, longest + 2), dtype=np.int32)
    last_symbols = np.empty(longest + 1, dtype=np.uint8)
    for i in range(len(starts) // n_shuffles):
        first, length = i * n_shuffles, lengths[i * n_shuffles]
        states[0] = _mix(seed ^ _mix(np.uint64(i)))
        n_words = length - k + 2
        if k == 1:
            for copy in range(first, first + n_shuffles):
                _permute(symbols[starts[copy] : starts[copy] + length], states)
            continue
        if n_words < 3:
            continue
        sequence = symbols[starts[first] : starts[first] + length]
        n_names = _name_words(sequence, k - 1, names, keys, table)
        _collect_edges(sequence, k - 1, names[:n_words], n_names, targets, begins, last_symbols)
        for copy in range(first, first + n_shuffles):
            _order_edges(names[n_words - 1], n_names, targets, begins, chosen, states)
            # `chosen` has done its work: now it counts the edges walked from each vertex.
            chosen[:n_names] = begins[:n_names]
            _walk(names[0], targets, chosen, last_symbols, symbols, starts[copy] + k - 1, n_words)


@njit(cache=True, nogil=True)
def _walk(vertex, targets, following, last_symbols, symbols, position, n_words):
    for index in range(position, position + n_words - 1):
        edge = following[vertex]
        following[vertex] = edge + 1
        vertex = targets[edge]
        symbols[index] = last_symbols[vertex]


@njit(cache=True, nogil=True)
def _collect_edges(sequence, width, words, n_names, targets, begins, last_symbols):
    """Write where the edges lead, those of one vertex side by side from `begins` on."""
    begins[: n_names + 2] = 0
    for word in words[:-1]:
        begins[word + 2] += 1
    for name in range(n_names):
        begins[name + 2] += begins[name + 1]
    # Filling moves begins[name + 1] from where the edges of the vertex begin to where they end.
    for j in range(len(words) - 1):
        index = begins[words[j] + 1]
        targets[index] = words[j + 1]
        begins[words[j] + 1] = index + 1
    for j in range(len(words)):
        last_symbols[words[j]] = sequence[j + width - 1]


@njit(cache=True, nogil=True)
def _order_edges(root, n_names, targets, begins, chosen, states):
    """Put the edges of every vertex in a random order whose last ones make a tree to the root.

    All such orders are equally likely: the tree is Wilson's, the others are free.
    """
    _draw_tree(root, n_names, targets, begins, chosen, states)
    for vertex in range(n_names):
        begin, end = begins[vertex], begins[vertex + 1]
        if vertex != root:
            end -= 1
            edge = chosen[vertex]
            targets[edge], targets[end] = targets[end], targets[edge]
        if end - begin > 1:
            _permute(targets[begin:end], states)


@njit(cache=True, nogil=True)
def _draw_tree(root, n_names, targets, begins, chosen, states):
    """Walk from each vertex into the tree; what is left when loops are cut joins the tree."""
    in_tree = np.zeros(n_names, dtype=np.bool_)
    in_tree[root] = True
    for first in range(n_names):
        vertex = first
        while not in_tree[vertex]:
            begin, n_edges = begins[vertex], begins[vertex + 1] - begins[vertex]
            chosen[vertex] = begin + (_draw(n_edges, states) if n_edges > 1 else 0)
            vertex = targets[chosen[vertex]]
        vertex = first
        while not in_tree[vertex]:
            in_tree[vertex] = True
            vertex = targets[chosen[vertex]]


@njit(cache=True, nogil=True)
def _name_words(sequence, width, names, keys, table):
    """Assign numbers from 0 to the distinct words of length `width`; return their number.

    A word that is too long to be read as an integer is the pair of two shorter ones, which may
    overlap: words of any width take a few passes and no more memory than the sequence.
    """
    for j in range(len(sequence)):
        keys[j] = sequence[j]
    n_symbols = _number(keys[: len(sequence)], 256, names, table)
    done, n_keys = 1, np.int64(n_symbols)
    while done < width and n_keys * n_symbols < 2**48:
        done += 1
        n_keys *= n_symbols
    n_words = len(sequence) - done + 1
    n_names = n_symbols
    if done > 1:
        _read_integers(names[: len(sequence)], done, n_symbols, n_keys, keys)
        n_names = _number(keys[:n_words], n_keys, names, table)
    while done < width:
        step = min(done, width - done)
        n_words -= step
        for j in range(n_words):
            keys[j] = np.int64(names[j]) * n_names + names[j + step]
        n_names = _number(keys[:n_words], np.int64(n_names) * n_names, names, table)
        done += step
    return n_names


@njit(cache=True, nogil=True)
def _read_integers(digits, width, base, n_keys, keys):
    key = np.int64(0)
    highest = n_keys // base
    for j in range(len(digits)):
        if j >= width:
            key -= digits[j - width] * highest
        key = key * base + digits[j]
        if j >= width - 1:
            keys[j - width + 1] = key


@njit(cache=True, nogil=True)
def _number(keys, n_keys, names, table):
    """Assign numbers to distinct keys in order of appearance; return how many there are.

    Keys below the size of the table are slots of it, others are hashed.
    """
    size = _table_size(len(keys))
    slots = table[: n_keys if n_keys <= size else size]
    slots[:] = _NONE
    firsts = np.empty(0 if n_keys <= size else len(keys), dtype=np.int64)
    mask = size - 1
    n_names = np.int32(0)
    for j in range(len(keys)):
        key = keys[j]
        slot = key
        if n_keys > size:
            slot = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(32)) & mask
            while slots[slot] != _NONE and firsts[slots[slot]] != key:
                slot = (slot + 1) & mask
        if slots[slot] == _NONE:
            slots[slot] = n_names
            if n_keys > size:
                firsts[n_names] = key
            n_names += 1
        names[j] = slots[slot]
    return n_names


@njit(cache=True, nogil=True)
def _table_size(n_keys):
    """Compute the smallest power of two that leaves half of the hash table empty."""
    size = 256
    while size < 2 * n_keys:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def _permute(values, states):
    """Fisher and Yates."""
    for j in range(len(values) - 1, 0, -1):
        other = _draw(j + 1, states)
        values[j], values[other] = values[other], values[j]


@njit(cache=True, nogil=True)
def _draw(n, states):
    """Draw an exactly uniform integer below n, which is less than 2**32 (Lemire 2019)."""
    n = np.uint64(n)
    product = _next_32_bits(states) * n
    low = product & np.uint64(0xFFFFFFFF)
    if low < n:
        threshold = np.uint64(0x100000000) % n
        while low < threshold:
            product = _next_32_bits(states) * n
            low = product & np.uint64(0xFFFFFFFF)
    return np.int64(product >> np.uint64(32))


@njit(cache=True, nogil=True)
def _next_32_bits(states):
    """Splitmix64 (Steele et al. 2014), of which the upper half is taken."""
    states[0] += _GOLDEN
    return _mix(states[0]) >> np.uint64(32)


@njit(cache=True, nogil=True)
def _mix(bits):
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
