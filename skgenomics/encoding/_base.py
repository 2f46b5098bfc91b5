"""What the encoders share: reading X, and the scikit-learn conventions of a transformer."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skgenomics._utils.input_validation import read_sequences, sequence_length
from skgenomics.sequences import most_likely_codes


class SequenceTransformer(TransformerMixin, BaseEstimator):
    """A transformer that reads X once, in `_read`, and computes its output in `_compute`.

    A subclass defines `_read(X, reset)`, `_compute(data)` and `_output_names()`.
    """

    def fit(self, X, y=None):
        """Check X and the parameters, and learn the shape of the output.

        Parameters
        ----------
        X : text, codes or channels
            Sequences as str, of shape (n,) or (n, 1); uint8 codes of shape (n, L); or numbers of
            shape (n, L * C), (n, L, C) or (n, C, L).
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If a parameter is out of its range, or X is empty, not finite, of a wrong shape, or
            holds a letter or a code that the alphabet does not know.
        TypeError
            If text holds something else than strings.
        """
        self._read(X, reset=True)
        return self

    def fit_transform(self, X, y=None):
        """Fit to X and encode it, reading it only once.

        Parameters
        ----------
        X : text, codes or channels
            As in :meth:`fit`.
        y : None
            Ignored.

        Returns
        -------
        X_out : array of shape (n, n_features_out)
            As of :meth:`transform`.
        """
        return self._compute(self._read(X, reset=True))

    def transform(self, X):
        """Encode sequences.

        Parameters
        ----------
        X : text, codes or channels
            As in :meth:`fit`, in the same form or in another one.

        Returns
        -------
        X_out : array of shape (n, n_features_out)
            The encoded sequences, one per row.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if X has another shape than in fit.
        """
        check_is_fitted(self)
        return self._compute(self._read(X, reset=False))

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, optional
            Checked against the names seen in fit, and not used otherwise.

        Returns
        -------
        names : ndarray of str objects, shape (n_features_out,)
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features, generate_names=False)
        return np.array(self._output_names(), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class PositionEncoder(SequenceTransformer):
    """A transformer that keeps the positions, so that all sequences have one length."""

    def __init__(self, alphabet="ACGT", *, length=None):
        self.alphabet = alphabet
        self.length = length

    def _read(self, X, *, reset: bool) -> np.ndarray:
        is_integer = isinstance(self.length, Integral) and not isinstance(self.length, bool)
        if self.length is not None and not (is_integer and self.length > 0):
            raise ValueError(f"length must be None or a positive integer, got {self.length!r}")
        return read_sequences(
            self,
            X,
            alphabet=self.alphabet,
            length=self.length,
            allow_table=False,
            reset=reset,
        )

    def _codes(self, data: np.ndarray) -> np.ndarray:
        if data.dtype == np.uint8:
            return data
        shape = len(data), sequence_length(data, self.n_channels_), self.n_channels_
        return most_likely_codes(data.reshape(shape))

    def _check_width(self, X: np.ndarray, width: int) -> None:
        if X.shape[1] != width:
            raise ValueError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} makes {width} of "
                f"sequences of length {self.length_}"
            )
