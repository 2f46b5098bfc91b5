"""Scores of texts by any fitted estimator, whatever its alphabet: one number per sequence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics._outputs import Predictor, Reduction
from skgenomics._utils.pipelines import (
    averaged_members,
    first_step,
    fitted_length,
    named_alphabet,
    split_steps,
)
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.inspection._scores import (
    NoPositionsError,
    encode_padded,
    find_view,
    reads_frames,
)
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.sequences import (
    as_strings,
    check_codes,
    decode,
    is_text,
    unpadded_lengths,
)

_SYMBOLS_PER_BATCH = 1 << 20


class TextScore:
    """Score of a fitted estimator of text: one number per sequence.

    A text is kept as codes, with padding behind the end of those that are shorter than others. Of
    a frame of several columns, for an estimator such as :class:`~skgenomics.MultiViewClassifier`,
    one column is the sequence; the others stay as they are.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, that takes text.
    target : object, default=None
        As in :class:`~skgenomics.inspection._scores.SequenceScore`.
    sequence_column : str or None, default=None
        Column of the sequence in a frame; by default the only one of text.

    Attributes
    ----------
    alphabet : Alphabet
        That of the first step that names one; else DNA, until RNA or proteins are read.
    length : int or None
        Length of the sequences that the estimator was fitted on, if it keeps it.
    reads_frames : bool
        True if the estimator reads other columns beside the sequence.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection._text_scores import TextScore
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> score = TextScore(model.fit(["AAC", "CCA", "GGT", "TTG"], [0, 0, 1, 1]))
    >>> score.read(["ACG", "gg"]).tolist()
    [[0, 1, 2], [2, 2, 5]]
    >>> score.predict(score.read(["AAA", "GGG"])).round(1).tolist()
    [-1.6, 1.6]
    """

    def __init__(self, estimator, target=None, *, sequence_column: str | None = None):
        if getattr(first_step(estimator), "input_form_", None) == "images":
            raise ValueError(
                f"{type(estimator).__name__} reads images, but this needs what reads sequences"
            )
        self.length = fitted_length(estimator)
        self._predictor = Predictor(estimator)
        self._target = target
        self.reads_frames = reads_frames(estimator)
        self._frame: pd.DataFrame | None = None
        self._column = sequence_column
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
        X : text, DataFrame, or uint8 codes of shape (n_samples, n_positions)
            Sequences, or a frame one column of which holds sequences.

        Returns
        -------
        ndarray of shape (n_samples, n_positions), uint8

        Raises
        ------
        ValueError
            If X is neither, a sequence is empty, or a character is not in the alphabet.
        """
        is_frame = isinstance(X, pd.DataFrame)
        if self.reads_frames and not is_frame:
            raise ValueError(
                f"{type(self._predictor.estimator).__name__} reads other columns beside the "
                "sequence: give sequences as a frame with these columns, whose values are kept, "
                f"not as {type(X).__name__}"
            )
        if is_frame and (X.shape[1] > 1 or self.reads_frames):
            self._column = find_sequence_column(self._predictor.estimator, X, self._column)
            self._frame = X
            X = X[self._column]
        if not is_text(X):
            return self._read_codes(X)
        if not self._is_named:
            self.alphabet = _guess_alphabet("".join(map(str, as_strings(X))))
        return encode_padded(X, self.alphabet)

    def _read_codes(self, X) -> np.ndarray:
        codes = np.asarray(X)
        if codes.dtype != np.uint8 or codes.ndim != 2 or not codes.size:
            raise ValueError(
                f"{type(self._predictor.estimator).__name__} reads text: give sequences as text or "
                f"uint8 codes (n, L), not {codes.dtype} of shape {codes.shape}"
            )
        check_codes(codes, self.alphabet)
        return codes

    def predict(self, codes: np.ndarray, samples: np.ndarray | None = None) -> np.ndarray:
        """Return the score of each sequence.

        Parameters
        ----------
        codes : ndarray of shape (n_samples, n_positions), uint8
            Result of :meth:`read`, edited or not.
        samples : ndarray of int of shape (n_samples,) or None, default=None
            Row of the frame from which each sequence comes, whose other columns it keeps. By
            default all rows in order.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        rows = self._find_rows(len(codes), samples)
        lengths = unpadded_lengths(codes, self.alphabet)
        scores = np.empty(len(codes))
        for length in np.unique(lengths):
            index = np.flatnonzero(lengths == length)
            size = max(1, _SYMBOLS_PER_BATCH // length)
            for start in range(0, len(index), size):
                part = index[start : start + size]
                scores[part] = self._predict(codes[part, :length], rows[part])
        return scores

    def _find_rows(self, n: int, samples: np.ndarray | None) -> np.ndarray:
        if samples is not None or self._frame is None:
            return np.arange(n) if samples is None else samples
        if n != len(self._frame):
            raise ValueError(
                f"{n} sequences are predicted with the other columns of {len(self._frame)} samples"
            )
        return np.arange(n)

    def _predict(self, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        if self._frame is None:
            raw = self._predictor.of_codes(codes, self.alphabet)
        else:
            frame = self._frame.iloc[rows].reset_index(drop=True)
            frame[self._column] = decode(codes, self.alphabet)
            raw = self._predictor(frame)
        if self._reduction is None:
            # The outputs of an estimator of another package are known from now on.
            assert self._predictor.outputs is not None
            self._reduction = self._predictor.outputs.select(self._target)
        return self._reduction(raw)


def find_sequence_column(estimator, X: pd.DataFrame, sequence_column: str | None = None):
    """Return the column of a frame that holds the sequences to edit.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    X : DataFrame
        Samples.
    sequence_column : str or None, default=None
        The column; by default that of the estimator, or else the only one of text.

    Returns
    -------
    str or int

    Raises
    ------
    ValueError
        If X has no such column, or several columns of text and none is named.
    """
    names = list(X.columns)
    if sequence_column is None:
        sequence_column = _own_column(estimator)
    if sequence_column is not None:
        if sequence_column not in names:
            raise ValueError(
                f"X has no column {sequence_column!r}, the sequence_column; it has {names[:12]}"
            )
        return sequence_column
    found = [name for name in names if is_text(X[name])]
    if len(found) != 1:
        raise ValueError(
            "X must have one column of text, whose sequence is edited, but it has "
            f"{len(found)} of {len(names)} columns: {found[:12]}; name one as sequence_column"
        )
    return found[0]


def _own_column(estimator):
    """Return the column of sequences of an estimator that names one."""
    last = split_steps(estimator)[1]
    if isinstance(last, MultiViewEstimator):
        try:
            column = last.columns_[find_view(last)]
        except NoPositionsError:
            return None
        return column[0] if isinstance(column, list) else column
    members, _ = averaged_members(last, underlying=True)
    if members:
        return _own_column(members[0])
    inputs = getattr(last, "input_names_", None)
    return inputs[0] if inputs else getattr(last, "sequence_column", None)


def _guess_alphabet(text: str) -> Alphabet:
    """Guess what a text is written in, for estimators without an alphabet."""
    upper = text.upper()
    n_nucleic = sum(map(upper.count, "ACGTUN"))
    symbols = "ACGU" if "U" in upper else "ACGT"
    if n_nucleic < 0.9 * len(text):
        symbols = get_alphabet("protein").symbols
    # Such an estimator may tell upper from lower case.
    return get_alphabet(symbols.lower() if text.islower() else symbols)
