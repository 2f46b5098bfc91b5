"""Shared parts of experiments: scores of codes, motif instances and random backgrounds."""

from __future__ import annotations

import numpy as np
from sklearn.utils import _safe_indexing

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.alphabets import IUPAC_BASES, Alphabet, get_alphabet
from skgenomics.inspection._scores import NoPositionsError, SequenceScore, find_sequence_score
from skgenomics.inspection._text_scores import TextScore
from skgenomics.motifs import Motif
from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import as_codes, encode


def symbol_score(
    estimator, target=None, sequence_column: str | None = None
) -> CodesScore | TextScore:
    """Choose how sequences are scored: by the network of an estimator, or by its methods."""
    try:
        score = find_sequence_score(estimator, target)
    except NoPositionsError:
        return TextScore(estimator, target, sequence_column=sequence_column)
    if score.symbols is not None:
        return CodesScore(score)
    if score.steps:
        # Encoders such as k-mer counters, whose output the network reads as signals.
        return TextScore(estimator, target, sequence_column=sequence_column)
    raise ValueError(
        f"{type(score.estimator).__name__} was fitted on signals; this needs sequences"
    )


class CodesScore:
    """Scores of codes by the network of a deep estimator, like those of a :class:`TextScore`."""

    def __init__(self, score: SequenceScore):
        self._score = score
        self.symbols = score.symbols
        self.length = score.estimator.length_

    def read(self, X) -> np.ndarray:
        """Encode sequences, of shape (n_samples, n_positions)."""
        return as_codes(self._score.read(X), len(self.symbols))

    def predict(self, codes: np.ndarray, samples: np.ndarray | None = None) -> np.ndarray:
        """Return the score of each sequence, of shape (n_samples,), whatever its sample."""
        return self._score.predict(codes).astype(np.float64)


def as_motif(motif, symbols: str) -> tuple[str, np.ndarray]:
    """Return the name of a motif, and its probabilities of shape (width, n_symbols).

    A motif is a consensus, IUPAC codes included, a :class:`~skgenomics.motifs.Motif`, or
    probabilities.
    """
    alphabet = get_alphabet(symbols)
    if isinstance(motif, Motif):
        if _plain(get_alphabet(motif.alphabet)) != _plain(alphabet):
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {motif.alphabet!r}, but the estimator "
                f"reads {symbols!r}"
            )
        return motif.name, motif.probabilities
    if not isinstance(motif, str):
        return "motif", Motif("motif", motif, alphabet=symbols).probabilities
    if not motif:
        raise ValueError("a motif is empty; give at least one symbol")
    if alphabet.is_nucleic:
        return motif, _consensus_probabilities(motif, alphabet)
    codes = encode([motif], alphabet)[0]
    if codes.max() >= alphabet.n_symbols:
        raise ValueError(f"motif {motif!r} has an ambiguous symbol; give probabilities instead")
    return motif, np.eye(alphabet.n_symbols)[codes]


def _plain(alphabet: Alphabet) -> str:
    """Return the symbols of an alphabet, with U as T for RNA."""
    return alphabet.symbols.upper().replace("U", "T") if alphabet.is_nucleic else alphabet.symbols


def _consensus_probabilities(consensus: str, alphabet: Alphabet) -> np.ndarray:
    """Give equal probabilities to the bases of each IUPAC code, of shape (width, n_symbols)."""
    unknown = [symbol for symbol in consensus if symbol.upper() not in IUPAC_BASES]
    if unknown:
        raise ValueError(
            f"motif {consensus!r} has the symbol {unknown[0]!r}, which is not an IUPAC code"
        )
    named = [[c in IUPAC_BASES[x] for c in _plain(alphabet)] for x in consensus.upper()]
    return np.array(named) / np.sum(named, axis=1, keepdims=True)


def draw_sites(probabilities: np.ndarray, n: int, rng: np.random.RandomState) -> np.ndarray:
    """Draw n random instances of a motif, as codes of shape (n, width)."""
    u = rng.random_sample((n, len(probabilities), 1))
    # The last sum may fall short of 1 by rounding.
    return (u >= probabilities.cumsum(axis=1)[:, :-1]).sum(axis=2).astype(np.uint8)


def reverse_sites(codes: np.ndarray, symbols: str) -> np.ndarray:
    """Return the reverse complement of motif instances."""
    return get_alphabet(symbols).complement[codes[:, ::-1]]


def insert(codes: np.ndarray, sites: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Copy sequences and write a motif instance into each."""
    codes = codes.copy()
    columns = np.reshape(starts, (-1, 1)) + np.arange(sites.shape[1])
    codes[np.arange(len(codes))[:, np.newaxis], columns] = sites
    return codes


def lengths_of(codes: np.ndarray, n_symbols: int) -> np.ndarray:
    """Return the length of each sequence, without the padding at its end."""
    return (codes <= n_symbols).sum(axis=1)


def make_backgrounds(score, X, n: int, shuffle: bool, gc_content: float, rng) -> np.ndarray:
    """Return codes of backgrounds: given ones, shuffles of these, or random ones."""
    check_integer("n_backgrounds", n, 1)
    if X is None:
        check_real("gc_content", gc_content, 0, 1)
        return _random_backgrounds(score, n, gc_content, rng)
    n_given = len(X)
    if shuffle:
        rows = rng.permutation(np.resize(rng.permutation(n_given), n))
        return _shuffle(score.read(_safe_indexing(X, rows)), score.symbols, rng)
    if n_given <= n:
        return score.read(X)
    return score.read(_safe_indexing(X, np.sort(rng.permutation(n_given)[:n])))


def _shuffle(codes: np.ndarray, symbols: str, rng) -> np.ndarray:
    return np.asarray(dinucleotide_shuffle(codes, alphabet=symbols, random_state=rng))


def _random_backgrounds(score, n: int, gc_content: float, rng) -> np.ndarray:
    if isinstance(score, TextScore) and score.reads_frames:
        raise ValueError(
            "the estimator reads other columns beside the sequence: give `backgrounds` as a frame "
            "with these columns"
        )
    if score.length is None:
        raise ValueError(
            "the estimator does not know the length of its sequences; give `backgrounds`"
        )
    alphabet = get_alphabet(score.symbols)
    probabilities = None
    if alphabet.is_nucleic:
        probabilities = [
            gc_content / 2 if c in "CG" else (1 - gc_content) / 2 for c in _plain(alphabet)
        ]
    drawn = rng.choice(alphabet.n_symbols, size=(n, score.length), p=probabilities)
    return drawn.astype(np.uint8)
