"""What experiments on sequences share: scores of codes, random motifs and random backgrounds."""

from __future__ import annotations

import numpy as np

from skgenomics.checks import check_integer, check_real
from skgenomics.datasets.simulate._planting import as_matrix, draw_background
from skgenomics.genome._responses import Response, fitted_length
from skgenomics.inspection.scores import NoPositionsError, SequenceScore
from skgenomics.motifs import Motif
from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import encode, get_alphabet, is_text, most_likely_codes

_LETTERS_AT_ONCE = 2_000_000


def letter_score(estimator, target=None) -> NetworkScore | TextScore:
    """What says how an estimator scores sequences of letters: its network, or else its methods."""
    try:
        score = SequenceScore(estimator, target)
    except NoPositionsError:
        return TextScore(estimator, target)
    if score.letters is not None:
        return NetworkScore(score)
    if score.steps:
        # Such as counts of k-mers, which the network takes for signals.
        return TextScore(estimator, target)
    raise ValueError(
        f"{type(score.estimator).__name__} was fitted on signals; this needs sequences of letters"
    )


class NetworkScore:
    """Scores of codes by the network of a deep estimator."""

    def __init__(self, score: SequenceScore):
        self._score = score
        self.letters = score.letters
        self.length = score.estimator.length_

    def read(self, X) -> np.ndarray:
        """Sequences as codes, shape (n, L)."""
        data = self._score.read(X)
        if data.dtype == np.uint8:
            return data
        return most_likely_codes(data.reshape(len(data), -1, len(self.letters)))

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """The score of each row of codes, shape (n,)."""
        return self._score.predict(codes).astype(np.float64)


class TextScore:
    """Scores of codes by any estimator of DNA as text: log-odds where it has them."""

    letters = "ACGT"

    def __init__(self, estimator, target):
        self._response = Response(estimator, "auto", target)
        self.length = fitted_length(estimator)

    def read(self, X) -> np.ndarray:
        """Sequences as codes, shape (n, L)."""
        return encode(X) if is_text(X) else np.asarray(X, dtype=np.uint8)

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """The score of each row of codes, shape (n,)."""
        if self._response.names is None:
            self._learn(codes)
        size = max(1, _LETTERS_AT_ONCE // max(1, codes.shape[1]))
        parts = [self._predict(codes[i : i + size]) for i in range(0, len(codes), size)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _learn(self, codes: np.ndarray) -> None:
        self._response.learn(codes)
        names = self._response.names
        if len(names) > 1:
            known = ", ".join(map(str, names))
            raise ValueError(f"target must name one out of {known}: there are several")

    def _predict(self, codes: np.ndarray) -> np.ndarray:
        values, log_odds = self._response.finish(self._response.scores(codes))
        return np.where(np.isnan(log_odds), values, log_odds)[:, 0]


def as_motif(motif, letters: str) -> tuple[str, np.ndarray]:
    """Name of a motif, and its probabilities of shape (width, C).

    A motif is a consensus, IUPAC letters included, a :class:`~skgenomics.motifs.Motif`, or
    probabilities.
    """
    if isinstance(motif, Motif):
        if get_alphabet(motif.alphabet).letters.replace("U", "T") != letters.replace("U", "T"):
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {motif.alphabet!r}, but the estimator "
                f"reads {letters!r}"
            )
        return motif.name, motif.probabilities
    if not isinstance(motif, str):
        return "motif", Motif("motif", motif, alphabet=letters).probabilities
    if not motif:
        raise ValueError("a motif is empty; give at least one letter")
    alphabet = get_alphabet(letters)
    if alphabet.is_nucleic:
        order = ["ACGT".index(letter) for letter in letters.upper().replace("U", "T")]
        return motif, as_matrix(motif, motif, 1.0)[:, order]
    codes = encode([motif], alphabet)[0]
    if codes.max() >= alphabet.n_letters:
        raise ValueError(f"motif {motif!r} has an ambiguous letter; give probabilities instead")
    return motif, np.eye(alphabet.n_letters)[codes]


def draw_sites(probabilities: np.ndarray, n: int, rng: np.random.RandomState) -> np.ndarray:
    """Codes of n random instances of a motif, shape (n, width)."""
    u = rng.random_sample((n, len(probabilities), 1))
    # The last sum may fall short of 1 by rounding.
    return (u >= probabilities.cumsum(axis=1)[:, :-1]).sum(axis=2).astype(np.uint8)


def turn_codes(codes: np.ndarray, letters: str) -> np.ndarray:
    """Sites on the other strand."""
    return get_alphabet(letters).complement[codes[:, ::-1]]


def insert(codes: np.ndarray, sites: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Copies of rows of codes with a site written into each."""
    codes = codes.copy()
    columns = np.reshape(starts, (-1, 1)) + np.arange(sites.shape[1])
    codes[np.arange(len(codes))[:, np.newaxis], columns] = sites
    return codes


def lengths_of(codes: np.ndarray, n_letters: int) -> np.ndarray:
    """Number of letters of each row, without the padding at its end."""
    return codes.shape[1] - (codes != n_letters)[:, ::-1].argmax(axis=1)


def make_backgrounds(score, X, n: int, shuffle: bool, gc_content: float, rng) -> np.ndarray:
    """Codes of backgrounds: given ones, shuffles of these, or random ones."""
    check_integer("n_backgrounds", n, 1)
    if X is None:
        check_real("gc_content", gc_content, 0, 1)
        return _random_backgrounds(score, n, gc_content, rng)
    codes = score.read(X)
    if shuffle:
        rows = rng.permutation(np.resize(rng.permutation(len(codes)), n))
        return dinucleotide_shuffle(codes[rows], alphabet=score.letters, random_state=rng)
    return codes if len(codes) <= n else codes[np.sort(rng.permutation(len(codes))[:n])]


def _random_backgrounds(score, n: int, gc_content: float, rng) -> np.ndarray:
    if score.length is None:
        raise ValueError(
            "the estimator keeps no length of its sequences; give `backgrounds` of a length"
        )
    if not get_alphabet(score.letters).is_nucleic:
        return rng.randint(len(score.letters), size=(n, score.length)).astype(np.uint8)
    order = ["ACGT".index(letter) for letter in score.letters.upper().replace("U", "T")]
    codes = draw_background(n, score.length, gc_content, rng)
    return np.argsort(order).astype(np.uint8)[codes]
