"""Search for similar sequences in near-linear time.

Sequences are compared as multisets of hashed k-mers ("tokens"). An inverted index lists the
sequences of each token; only pairs that meet on a list are considered. Lists of up to
``_MAX_LISTED`` sequences are counted in full, which is exact. Longer ones, of frequent words, would
take quadratic time: there, each sequence is compared with its neighbors in the order of a MinHash
value only, which similar sequences are likely to share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skgenomics._utils.input_validation import read_ragged
from skgenomics._utils.validation import check_integer, check_real
from skgenomics.alphabets import Alphabet

# Longest list of sequences with a common word whose pairs are all considered.
_MAX_LISTED = 256
_N_NEIGHBOURS = 16
# Maximum number of words in the index (about 1.5 GB); above it, an even sample of them is listed.
_MAX_INDEXED = 60_000_000
_MAX_WORDS = 2**62


class InputReader(BaseEstimator):
    """Estimator that stores the fitted attributes of X for a function that reads X."""


@dataclass(frozen=True)
class Distinct:
    """Distinct sequences, where the reverse complement is the same sequence.

    Attributes
    ----------
    texts : list of bytes
        Codes of each distinct sequence, in the orientation that sorts first.
    index : ndarray of shape (n_samples,), int
        Index in `texts` of each sample.
    is_reverse : ndarray of shape (n_samples,), bool
        True if the sample is the reverse complement of its entry in `texts`.
    """

    texts: list[bytes]
    index: np.ndarray
    is_reverse: np.ndarray


@dataclass(frozen=True)
class Settings:
    """Parameters of the comparison."""

    least_share: float
    k: int
    both_strands: bool
    alphabet: Alphabet
    n_hashes: int
    seed: int


def both_strands(reverse_complement, alphabet: Alphabet) -> bool:
    """Resolve `reverse_complement`; "auto" is True for nucleic alphabets."""
    if isinstance(reverse_complement, str) and reverse_complement == "auto":
        return alphabet.is_nucleic
    if not isinstance(reverse_complement, bool | np.bool_):
        raise ValueError(
            f"reverse_complement must be 'auto', True or False, got {reverse_complement!r}"
        )
    if reverse_complement and not alphabet.is_nucleic:
        raise ValueError(
            "reverse_complement=True needs a nucleic alphabet, got "
            f"{alphabet.symbols!r}; leave reverse_complement='auto'"
        )
    return bool(reverse_complement)


def read_distinct(parts: list, alphabet: Alphabet, both: bool) -> Distinct:
    """Read one or several X and concatenate them; unknown symbols at the ends are removed."""
    table = bytes(alphabet.complement).ljust(256, b"\0") if both else b""
    numbers: dict[bytes, int] = {}
    index, flipped = [], []
    for X in parts:
        codes, lengths = read_ragged(InputReader(), X, alphabet=alphabet, reset=True)
        symbols, start = codes.tobytes(), 0
        unknown = bytes([alphabet.n_symbols])
        for length in lengths.tolist():
            text = symbols[start : start + length].strip(unknown)
            start += length
            other = text.translate(table)[::-1] if both else text
            flipped.append(other < text)
            index.append(numbers.setdefault(min(text, other), len(numbers)))
    return Distinct(list(numbers), np.array(index), np.array(flipped))


def make_settings(
    texts: list[bytes], *, similarity, k, n_hashes, both: bool, alphabet: Alphabet, random_state
) -> Settings:
    """Validate the parameters, and choose k if it is None."""
    check_real("similarity", similarity, 0.0, 1.0)
    if similarity == 0:
        raise ValueError("similarity must be above 0: at 0 all sequences are similar")
    check_integer("n_hashes", n_hashes, 1)
    if k is None:
        k = _usual_k(texts, alphabet)
    check_integer("k", k, 1)
    if alphabet.n_symbols ** min(int(k), 64) > _MAX_WORDS:
        max_k = int(np.log(_MAX_WORDS) / np.log(alphabet.n_symbols))
        raise ValueError(f"k must be at most {max_k} for {alphabet.n_symbols} symbols, got {k}")
    seed = int(check_random_state(random_state).randint(2**31))
    return Settings(float(similarity) ** int(k), int(k), both, alphabet, int(n_hashes), seed)


def _usual_k(texts: list[bytes], alphabet: Alphabet) -> int:
    """Choose k such that unrelated sequences rarely share words and short ones have several."""
    least, most = (6, 12) if alphabet.n_symbols <= 6 else (3, 5)
    return int(np.clip(np.median([len(text) for text in texts]) // 3, least, most))


@dataclass
class Found:
    """Result of a search.

    Attributes
    ----------
    parents : ndarray of shape (n_samples,)
        Union-find forest: sequences of one tree are linked by similar pairs.
    partners, shares : ndarray of shape (n_samples,)
        The most similar sequence of the other side, or -1, and the fraction of common words.
    n_compared : int
        Number of pairs of sequences that were compared.
    """

    parents: np.ndarray
    partners: np.ndarray
    shares: np.ndarray
    n_compared: int


def search(texts: list[bytes], settings: Settings, sides: np.ndarray | None = None) -> Found:
    """Find similar sequences; with `sides` (0 or 1), only pairs of different sides."""
    from skgenomics.model_selection._minhash import (
        make_tokens,
        min_hashes,
        search_frequent,
        search_rare,
    )

    n = len(texts)
    codes = np.frombuffer(b"".join(texts), dtype=np.uint8)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    complement = (
        settings.alphabet.complement[: settings.alphabet.n_symbols]
        if settings.both_strands
        else np.empty(0)
    )
    complement = complement.astype(np.int64)
    seeds = np.random.default_rng(settings.seed).integers(
        2**63, size=settings.n_hashes + 1, dtype=np.uint64
    )
    alphabet_size = settings.alphabet.n_symbols
    tokens, bounds, n_words = make_tokens(
        codes, lengths, settings.k, alphabet_size, complement, seeds[0]
    )
    lists, postings, starts, ends = _index(tokens, bounds)
    sides = np.empty(0, dtype=np.int64) if sides is None else sides.astype(np.int64)
    found = Found(np.arange(n), np.full(n, -1), np.full(n, -1.0), 0)
    state = settings.least_share, sides, found.parents, found.partners, found.shares
    sequences = tokens, bounds, n_words
    found.n_compared = search_rare(*sequences, lists, postings, *state)[0]
    if len(starts):
        sketches = min_hashes(tokens, bounds, seeds[1:])
        found.n_compared += search_frequent(
            *sequences, starts, ends, postings, sketches, _N_NEIGHBOURS, *state
        )
    return found


def _index(tokens: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, ...]:
    """Build the inverted index of the tokens that occur in at least two sequences.

    Returns
    -------
    lists : ndarray of shape (n tokens,)
        Start of the list of a token in `postings`; -1 if it is too long or not sampled, -2 if no
        other sequence has the token.
    postings : ndarray
        Concatenated lists of sequences.
    starts, ends : ndarray
        Limits of the lists that are too long.
    """
    from skgenomics.model_selection._minhash import find_repeated, sort_with_positions

    lists = np.full(len(tokens), -2, dtype=np.int64)
    # With four times as many counters as tokens, few unique tokens collide and are kept in vain.
    positions = find_repeated(tokens, min(30, max(8, len(tokens).bit_length() + 2)))
    if len(positions) > _MAX_INDEXED:
        is_sampled = tokens[positions] < np.uint64(2**64 * (_MAX_INDEXED / len(positions)))
        lists[positions[~is_sampled]] = -1
        positions = positions[is_sampled]
    ordered, order = sort_with_positions(tokens[positions], positions)
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_first)
    sizes = np.diff(starts, append=len(order))
    begins = np.where(sizes == 1, -2, np.where(sizes > _MAX_LISTED, -1, starts))
    lists[order] = np.repeat(begins, sizes)
    owners = np.repeat(np.arange(len(bounds) - 1, dtype=np.int32), np.diff(bounds))
    postings = owners[order]
    is_long = sizes > _MAX_LISTED
    return lists, postings, starts[is_long], (starts + sizes)[is_long]
