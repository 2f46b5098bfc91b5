"""What experiments on sequences share: scores of codes, random motifs and random backgrounds."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import check_integer, check_real
from skgenomics.alphabets import IUPAC_BASES, Alphabet, get_alphabet
from skgenomics.inspection._scores import NoPositionsError, SequenceScore
from skgenomics.inspection._text_scores import NOTHING, TextScore
from skgenomics.motifs import Motif
from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import encode, most_likely_codes


def symbol_score(estimator, target=None) -> CodesScore | TextScore:
    """What says how an estimator scores sequences of letters: its network, or else its methods."""
    try:
        score = SequenceScore(estimator, target)
    except NoPositionsError:
        return TextScore(estimator, target)
    if score.symbols is not None:
        return CodesScore(score)
    if score.steps:
        # Such as counts of k-mers, which the network takes for signals.
        return TextScore(estimator, target)
    raise ValueError(
        f"{type(score.estimator).__name__} was fitted on signals; this needs sequences of letters"
    )


class CodesScore:
    """Scores of codes by the network of a deep estimator, like those of a :class:`TextScore`."""

    def __init__(self, score: SequenceScore):
        self._score = score
        self.symbols = score.symbols
        self.length = score.estimator.length_

    def read(self, X) -> np.ndarray:
        """Sequences as codes, shape (n, L)."""
        data = self._score.read(X)
        if data.dtype == np.uint8:
            return data
        return most_likely_codes(data.reshape(len(data), -1, len(self.symbols)))

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """The score of each row of codes, shape (n,)."""
        return self._score.predict(codes).astype(np.float64)


def as_motif(motif, symbols: str) -> tuple[str, np.ndarray]:
    """Name of a motif, and its probabilities of shape (width, C).

    A motif is a consensus, IUPAC letters included, a :class:`~skgenomics.motifs.Motif`, or
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
        raise ValueError("a motif is empty; give at least one letter")
    if alphabet.is_nucleic:
        return motif, _chances(motif, alphabet)
    codes = encode([motif], alphabet)[0]
    if codes.max() >= alphabet.n_symbols:
        raise ValueError(f"motif {motif!r} has an ambiguous letter; give probabilities instead")
    return motif, np.eye(alphabet.n_symbols)[codes]


def _plain(alphabet: Alphabet) -> str:
    """Letters of an alphabet, in which RNA and DNA are alike."""
    return alphabet.symbols.upper().replace("U", "T") if alphabet.is_nucleic else alphabet.symbols


def _chances(consensus: str, alphabet: Alphabet) -> np.ndarray:
    """Equal chances of the bases that each IUPAC letter stands for, shape (width, C)."""
    strange = [symbol for symbol in consensus if symbol.upper() not in IUPAC_BASES]
    if strange:
        raise ValueError(f"motif {consensus!r} has the letter {strange[0]!r}, which is not IUPAC")
    named = [[c in IUPAC_BASES[x] for c in _plain(alphabet)] for x in consensus.upper()]
    return np.array(named) / np.sum(named, axis=1, keepdims=True)


def draw_sites(probabilities: np.ndarray, n: int, rng: np.random.RandomState) -> np.ndarray:
    """Codes of n random instances of a motif, shape (n, width)."""
    u = rng.random_sample((n, len(probabilities), 1))
    # The last sum may fall short of 1 by rounding.
    return (u >= probabilities.cumsum(axis=1)[:, :-1]).sum(axis=2).astype(np.uint8)


def turn_codes(codes: np.ndarray, symbols: str) -> np.ndarray:
    """Sites on the other strand."""
    return get_alphabet(symbols).complement[codes[:, ::-1]]


def insert(codes: np.ndarray, sites: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Copies of rows of codes with a site written into each."""
    codes = codes.copy()
    columns = np.reshape(starts, (-1, 1)) + np.arange(sites.shape[1])
    codes[np.arange(len(codes))[:, np.newaxis], columns] = sites
    return codes


def lengths_of(codes: np.ndarray, n_symbols: int) -> np.ndarray:
    """Number of letters of each row, without the padding at its end."""
    return codes.shape[1] - (codes < n_symbols)[:, ::-1].argmax(axis=1)


def make_backgrounds(score, X, n: int, shuffle: bool, gc_content: float, rng) -> np.ndarray:
    """Codes of backgrounds: given ones, shuffles of these, or random ones."""
    check_integer("n_backgrounds", n, 1)
    if X is None:
        check_real("gc_content", gc_content, 0, 1)
        return _random_backgrounds(score, n, gc_content, rng)
    codes = score.read(X)
    if shuffle:
        rows = rng.permutation(np.resize(rng.permutation(len(codes)), n))
        return _shuffle(codes[rows], score.symbols, rng)
    return codes if len(codes) <= n else codes[np.sort(rng.permutation(len(codes))[:n])]


def _shuffle(codes: np.ndarray, symbols: str, rng) -> np.ndarray:
    known = np.minimum(codes, len(symbols)).astype(np.uint8)
    shuffled = dinucleotide_shuffle(known, alphabet=symbols, random_state=rng)
    return np.where(codes == NOTHING, codes, shuffled)


def _random_backgrounds(score, n: int, gc_content: float, rng) -> np.ndarray:
    if score.length is None:
        raise ValueError(
            "the estimator keeps no length of its sequences; give `backgrounds` of a length"
        )
    alphabet = get_alphabet(score.symbols)
    chances = None
    if alphabet.is_nucleic:
        chances = [gc_content / 2 if c in "CG" else (1 - gc_content) / 2 for c in _plain(alphabet)]
    drawn = rng.choice(alphabet.n_symbols, size=(n, score.length), p=chances)
    return drawn.astype(np.uint8)
