"""Shuffled sequences that keep the k-mer composition of the original."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_integer
from skgenomics.sequences import (
    Alphabet,
    as_strings,
    check_codes,
    encode_ragged,
    get_alphabet,
    is_text,
    unpadded_lengths,
)


def dinucleotide_shuffle(
    X, *, k: int = 2, alphabet: str | Alphabet = "ACGT", n_shuffles: int = 1, random_state=None
):
    """Shuffle sequences uniformly while preserving their k-mer counts.

    The usual background of motifs: with ``k=2`` a shuffle preserves the dinucleotide counts of its
    sequence, and thus its GC content and CpG frequency, but not its longer words. All sequences
    with the same k-mer counts and the same ends are equally likely.

    Parameters
    ----------
    X : text of shape (n_samples,) or (n_samples, 1), or uint8 codes of shape (n_samples, L)
        List, array, Series or DataFrame of sequences, which may have any length.
    k : int, default=2
        Length of the k-mers whose counts are preserved: 1 for single symbols, 2 for dinucleotides
        and so on. Counts of shorter words and the first and last ``k - 1`` symbols are preserved
        too.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    n_shuffles : int, default=1
        Number of shuffles of each sequence.
    random_state : int, RandomState instance or None, default=None
        Seed. Shuffle j of sample i depends on the seed, i and j, but not on other samples.

    Returns
    -------
    X_shuffled : same type as X, of n_samples * n_shuffles
        Shuffled sequences, those of one sequence in a row. A Series or DataFrame keeps its names
        and its index, with each label `n_shuffles` times.

    Raises
    ------
    ValueError
        If X is neither text nor codes, or holds a symbol or code that is not in the alphabet.
    TypeError
        If an element of text is not a string.

    Notes
    -----
    A shuffle is a random Euler walk on the graph of (k - 1)-mers [1]_, made exactly uniform by
    Wilson's random spanning tree [2]_. Memory is linear in the length of a sequence for any k, and
    so is the time, except for contrived sequences.

    Unknown symbols are shuffled like others: ambiguity codes of text and the code C are preserved.
    Padding stays at the end of a sequence. Text
    is returned in upper case, unless both cases are symbols of the alphabet, since soft-masking
    does not apply to shuffled positions.

    A short sequence, or a large k, may have no other shuffle than itself.

    References
    ----------
    .. [1] Altschul and Erickson, "Significance of nucleotide sequence alignments: a method for
       random sequence permutation that preserves dinucleotide and codon usage",
       Mol. Biol. Evol. 2, 1985.
    .. [2] Wilson, "Generating random spanning trees more quickly than the cover time",
       STOC 1996.

    Examples
    --------
    >>> from skgenomics.negatives import dinucleotide_shuffle
    >>> dinucleotide_shuffle(["ACAGACGATTACA", "CCCC"], n_shuffles=2, random_state=0)
    ['ATTACACGAGACA', 'AGACGACACATTA', 'CCCC', 'CCCC']
    """
    alphabet = get_alphabet(alphabet)
    check_integer("k", k, 1)
    check_integer("n_shuffles", n_shuffles, 1)
    if is_text(X):
        texts = to_upper(as_strings(X), alphabet)
        return like_text(X, _shuffle_texts(texts, k, n_shuffles, random_state))
    codes = np.asarray(X)
    if codes.dtype != np.uint8 or codes.ndim != 2:
        raise ValueError(
            "X must be text or uint8 codes of shape (n_samples, length), got numbers of type "
            f"{codes.dtype} and shape {codes.shape}; shuffle the sequences before they are encoded"
        )
    check_codes(codes, alphabet)
    shuffled = _shuffle_codes(codes, alphabet, k, n_shuffles, random_state)
    if isinstance(X, pd.DataFrame):
        return pd.DataFrame(shuffled, index=X.index.repeat(n_shuffles), columns=X.columns)
    return shuffled


def to_upper(texts: list[str], alphabet: Alphabet) -> list[str]:
    """Check the symbols of texts, and convert them to upper case unless case is significant."""
    if any(text != "" for text in texts):
        encode_ragged(texts, alphabet)
    return texts if alphabet.is_case_sensitive else [text.upper() for text in texts]


def like_text(X, texts: list[str]):
    """Put texts into the kind of container that X is, each row of X as often as texts need."""
    n_copies = len(texts) // len(X)
    if isinstance(X, pd.Series):
        # New sequences are not among the categories.
        dtype = object if isinstance(X.dtype, pd.CategoricalDtype) else X.dtype
        return pd.Series(texts, index=X.index.repeat(n_copies), name=X.name, dtype=dtype)
    if isinstance(X, pd.DataFrame):
        return like_text(X.iloc[:, 0], texts).to_frame().set_axis(X.columns, axis=1)
    if isinstance(X, list | tuple):
        rows = [[text] for text in texts] if isinstance(X[0], list | tuple) else texts
        return type(X)(rows)
    dtype = X.dtype if isinstance(X, np.ndarray) else object
    return np.array(texts, dtype=dtype).reshape((-1, 1) if np.ndim(X) == 2 else -1)


def _shuffle_texts(texts: list[str], k: int, n_shuffles: int, random_state) -> list[str]:
    texts = [text for text in texts for _ in range(n_shuffles)]
    symbols = np.frombuffer(bytearray("".join(texts).encode("ascii")), dtype=np.uint8)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(lengths)
    _shuffle(symbols, ends - lengths, lengths, k, n_shuffles, random_state)
    text = symbols.tobytes().decode("ascii")
    bounds = pairwise([0, *ends.tolist()])
    return [text[start:end] for start, end in bounds]


def _shuffle_codes(
    codes: np.ndarray, alphabet: Alphabet, k: int, n_shuffles: int, random_state
) -> np.ndarray:
    shuffled = np.repeat(codes, n_shuffles, axis=0)
    if not shuffled.size:
        return shuffled
    n, length = shuffled.shape
    lengths = unpadded_lengths(shuffled, alphabet)
    starts = np.arange(n) * length
    _shuffle(shuffled.reshape(-1), starts, lengths, k, n_shuffles, random_state)
    return shuffled


def _shuffle(symbols, starts, lengths, k, n_shuffles, random_state) -> None:
    from skgenomics.negatives._shuffling import shuffle

    seed = check_random_state(random_state).randint(2**63 - 1, dtype=np.int64)
    shuffle(symbols, starts, lengths, k, n_shuffles, np.uint64(seed))
