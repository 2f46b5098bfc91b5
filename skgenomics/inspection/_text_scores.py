"""One score of any fitted estimator of text, whatever its alphabet."""

from __future__ import annotations

import numpy as np
from sklearn.base import is_classifier

from skgenomics._outputs import Response
from skgenomics._utils.pipelines import fitted_length, named_alphabet
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.sequences import as_strings, check_codes, encode_ragged, is_text

# Code of what is behind the end of a text.
NOTHING = 255
_SYMBOLS_PER_BATCH = 1 << 20


class TextScore:
    """What any fitted estimator says of texts in one respect: one number for each.

    That is the log-odds of a class or task where there are probabilities, else the score of the
    class or the prediction. A text is kept as codes, with :data:`NOTHING` behind the end of those
    that are shorter than others.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, that takes text.
    target : object, optional
        Class, or number of the task or target, to look at; by default the second of two classes,
        or the only target.

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
        self._response = Response(estimator, "auto", target)
        self._is_named = named_alphabet(estimator) is not None
        self.alphabet = named_alphabet(estimator) or get_alphabet("dna")

    @property
    def symbols(self) -> str:
        """Letters in the order of their codes."""
        return self.alphabet.symbols

    def read(self, X) -> np.ndarray:
        """Sequences as codes, shape (n, L).

        Parameters
        ----------
        X : text or uint8 codes of shape (n, L)

        Raises
        ------
        ValueError
            If X is neither, a sequence is empty, or a letter is not in the alphabet.
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
                f"{type(self._response.estimator).__name__} reads text: give sequences as text or "
                f"uint8 codes (n, L), not {codes.dtype} of shape {codes.shape}"
            )
        check_codes(codes, self.alphabet)
        return codes

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """The score of each row of codes, shape (n,)."""
        self._response.alphabet = self.alphabet
        lengths, scores = (codes != NOTHING).sum(axis=1), np.empty(len(codes))
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            size = max(1, _SYMBOLS_PER_BATCH // length)
            for start in range(0, len(rows), size):
                part = rows[start : start + size]
                scores[part] = self._predict(codes[part, :length])
        return scores

    def _predict(self, codes: np.ndarray) -> np.ndarray:
        if self._response.names is None:
            self._response.learn(codes)
        self._check_one_column()
        values, log_odds = self._response.finish(self._response.scores(codes))
        return np.where(np.isnan(log_odds), values, log_odds)[:, 0]

    def _check_one_column(self) -> None:
        names = self._response.names
        if len(names) > 1:
            what = "class" if is_classifier(self._response.estimator) else "target"
            known = ", ".join(map(repr, np.asarray(names).tolist()))
            raise ValueError(f"target must name a {what} out of {known}: there are several")


def _guess_alphabet(text: str) -> Alphabet:
    """What a text is written in, for estimators that do not say it, as those of scikit-learn."""
    upper = text.upper()
    n_nucleic = sum(map(upper.count, "ACGTUN"))
    symbols = "ACGU" if "U" in upper else "ACGT"
    if n_nucleic < 0.9 * len(text):
        symbols = get_alphabet("protein").symbols
    # Such an estimator may tell upper from lower case.
    return get_alphabet(symbols.lower() if text.islower() else symbols)
