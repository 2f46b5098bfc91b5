"""Scores of texts by any fitted estimator, whatever its alphabet: one number per sequence."""

from __future__ import annotations

import numpy as np

from skgenomics._outputs import Predictor, Reduction
from skgenomics._utils.pipelines import fitted_length, named_alphabet
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.sequences import as_strings, check_codes, encode_ragged, is_text

# Code of what is behind the end of a text.
NOTHING = 255
_SYMBOLS_PER_BATCH = 1 << 20


class TextScore:
    """Score of a fitted estimator of text: one number per sequence.

    A text is kept as codes, with :data:`NOTHING` behind the end of those that are shorter than
    others.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, that takes text.
    target : object, default=None
        As in :class:`~skgenomics.inspection._scores.SequenceScore`.

    Attributes
    ----------
    alphabet : Alphabet
        That of the first step that names one; else DNA, until RNA or proteins are read.
    length : int or None
        Length of the sequences that the estimator was fitted on, if it keeps it.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection._text_scores import TextScore
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> score = TextScore(model.fit(["AAC", "CCA", "GGT", "TTG"], [0, 0, 1, 1]))
    >>> score.read(["ACG", "gg"]).tolist()
    [[0, 1, 2], [2, 2, 255]]
    >>> score.predict(score.read(["AAA", "GGG"])).round(1).tolist()
    [-1.6, 1.6]
    """

    def __init__(self, estimator, target=None):
        self.length = fitted_length(estimator)
        self._predictor = Predictor(estimator)
        self._target = target
        self._reduction: Reduction | None = None
        if self._predictor.outputs is not None:
            self._reduction = self._predictor.outputs.select(target)
        self._is_named = named_alphabet(estimator) is not None
        self.alphabet = named_alphabet(estimator) or get_alphabet("dna")

    @property
    def symbols(self) -> str:
        """Symbols in the order of their codes."""
        return self.alphabet.symbols

    def read(self, X) -> np.ndarray:
        """Encode sequences.

        Parameters
        ----------
        X : text, or uint8 codes of shape (n_samples, n_positions)
            Sequences.

        Returns
        -------
        ndarray of shape (n_samples, n_positions), uint8

        Raises
        ------
        ValueError
            If X is neither, a sequence is empty, or a character is not in the alphabet.
        """
        if not is_text(X):
            return self._read_codes(X)
        if not self._is_named:
            self.alphabet = _guess_alphabet("".join(map(str, as_strings(X))))
        symbols, lengths = encode_ragged(X, self.alphabet)
        if not lengths.all():
            raise ValueError(f"sequence {int(lengths.argmin())} is empty; leave it out")
        codes = np.full((len(lengths), lengths.max()), NOTHING, dtype=np.uint8)
        codes[np.arange(codes.shape[1]) < lengths[:, np.newaxis]] = symbols
        return codes

    def _read_codes(self, X) -> np.ndarray:
        codes = np.asarray(X)
        if codes.dtype != np.uint8 or codes.ndim != 2 or not codes.size:
            raise ValueError(
                f"{type(self._predictor.estimator).__name__} reads text: give sequences as text or "
                f"uint8 codes (n, L), not {codes.dtype} of shape {codes.shape}"
            )
        check_codes(codes, self.alphabet)
        return codes

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Return the score of each sequence.

        Parameters
        ----------
        codes : ndarray of shape (n_samples, n_positions), uint8
            Result of :meth:`read`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        lengths, scores = (codes != NOTHING).sum(axis=1), np.empty(len(codes))
        for length in np.unique(lengths):
            samples = np.flatnonzero(lengths == length)
            size = max(1, _SYMBOLS_PER_BATCH // length)
            for start in range(0, len(samples), size):
                part = samples[start : start + size]
                scores[part] = self._predict(codes[part, :length])
        return scores

    def _predict(self, codes: np.ndarray) -> np.ndarray:
        raw = self._predictor.of_codes(codes, self.alphabet)
        if self._reduction is None:
            # The outputs of an estimator of another package are known from now on.
            self._reduction = self._predictor.outputs.select(self._target)
        return self._reduction(raw)


def _guess_alphabet(text: str) -> Alphabet:
    """Guess what a text is written in, for estimators without an alphabet."""
    upper = text.upper()
    n_nucleic = sum(map(upper.count, "ACGTUN"))
    symbols = "ACGU" if "U" in upper else "ACGT"
    if n_nucleic < 0.9 * len(text):
        symbols = get_alphabet("protein").symbols
    # Such an estimator may tell upper from lower case.
    return get_alphabet(symbols.lower() if text.islower() else symbols)
