"""Base class of the tokenizers: special tokens and padding to one length."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skgenomics._utils.input_validation import read_ragged
from skgenomics.encoding._base import SequenceTransformer

PAD, UNKNOWN, START, END, MASK = range(5)
_SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class SequenceTokenizer(SequenceTransformer):
    """Base class of tokenizers, which encode sequences as token ids padded to one length.

    A subclass has the parameters `alphabet`, `special_tokens` and `length`, and defines
    `_check_parameters()`, `_learn(codes, lengths)`, `_tokenize(codes, lengths)`, `_texts(tokens)`
    and `vocabulary_size_`.
    """

    def inverse_transform(self, X):
        """Decode token ids as text.

        Parameters
        ----------
        X : array-like of int of shape (n_samples, n_tokens)
            Token ids; the number of columns may differ from that of :meth:`transform`. Padding and
            the tokens that start and end a sequence are skipped.

        Returns
        -------
        X_original : ndarray of shape (n_samples,), object
            Sequences as str.

        Raises
        ------
        ValueError
            If X holds numbers that are not token ids.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.int64, ensure_non_negative=True)
        if X.max() >= self.vocabulary_size_:
            raise ValueError(
                f"X holds {X.max()}, but {type(self).__name__} was fitted with "
                f"{self.vocabulary_size_} tokens, numbered from 0"
            )
        texts = np.empty(len(X), dtype=object)
        texts[:] = self._texts(X)
        return texts

    def _read(self, X, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        """Read X as concatenated token ids and the number of tokens of each sequence."""
        if reset:
            self._check_layout()
            self._check_parameters()
        codes, lengths = read_ragged(self, X, alphabet=self.alphabet, reset=reset)
        if reset:
            self._learn(codes, lengths)
        tokens, n_tokens = self._tokenize(codes, lengths)
        if reset:
            self.n_features_out_ = self.length or self._default_length(n_tokens, lengths)
        self._check_fits(n_tokens)
        return tokens, n_tokens

    def _check_layout(self) -> None:
        is_integer = isinstance(self.length, Integral) and not isinstance(self.length, bool)
        if self.length is not None and not (is_integer and self.length > 0):
            raise ValueError(f"length must be None or a positive integer, got {self.length!r}")
        if self.special_tokens not in (True, False):
            raise ValueError(f"special_tokens must be True or False, got {self.special_tokens!r}")

    def _default_length(self, n_tokens: np.ndarray, lengths: np.ndarray) -> int:
        return max(1, int(n_tokens.max()) + self._n_frame_tokens())

    def _check_fits(self, n_tokens: np.ndarray) -> None:
        longest = int(n_tokens.max()) + self._n_frame_tokens()
        if longest > self.n_features_out_:
            raise ValueError(
                f"sequence {int(n_tokens.argmax())} has {longest} tokens, but at most "
                f"{self.n_features_out_} are expected; crop it, or set `length` to at least "
                f"{longest}"
            )

    def _n_frame_tokens(self) -> int:
        """Count the tokens that start and end a sequence."""
        return 2 if self.special_tokens else 0

    def _special_tokens(self) -> list[str]:
        return list(_SPECIAL_TOKENS if self.special_tokens else _SPECIAL_TOKENS[:2])

    def _compute(self, data) -> np.ndarray:
        tokens, n_tokens = data
        first = 1 if self.special_tokens else 0
        columns = np.arange(self.n_features_out_)
        ends = n_tokens[:, np.newaxis] + first
        X = np.zeros((len(n_tokens), self.n_features_out_), dtype=np.int32)
        X[(columns >= first) & (columns < ends)] = tokens
        if self.special_tokens:
            X[:, 0] = START
            X[columns == ends] = END
        return X

    def _output_names(self) -> list[str]:
        return [f"token{i}" for i in range(self.n_features_out_)]
