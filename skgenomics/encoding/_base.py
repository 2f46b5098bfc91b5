"""Base classes of the sequence encoders."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from skgenomics._utils.input_validation import read_sequences
from skgenomics.sequences import as_codes


class SequenceTransformer(TransformerMixin, BaseEstimator):
    """Base class of encoders, which read X in `_read` and compute the output in `_compute`.

    A subclass defines `_read(X, reset)`, `_compute(data)` and `_output_names()`.
    """

    def fit(self, X, y=None):
        """Check X and the parameters, and learn the shape of the output.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences as text of shape (n_samples,) or (n_samples, 1); as uint8 codes of shape
            (n_samples, L); or as channels of shape (n_samples, L * C), (n_samples, L, C) or
            (n_samples, C, L).
        y : None, default=None
            Ignored; present by convention.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If a parameter is out of range, or X is empty, not finite, of a wrong shape, or holds
            a symbol or a code that is not in the alphabet.
        TypeError
            If text holds elements that are not strings.
        """
        self._read(X, reset=True)
        return self

    def fit_transform(self, X, y=None):
        """Fit the encoder to X and encode X.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit`.
        y : None, default=None
            Ignored; present by convention.

        Returns
        -------
        X_out : ndarray or sparse matrix of shape (n_samples, n_features_out)
            Encoded sequences, as returned by :meth:`transform`.

        Raises
        ------
        ValueError, TypeError
            As in :meth:`fit`.
        """
        return self._compute(self._read(X, reset=True))

    def transform(self, X):
        """Encode sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences in any of the formats of :meth:`fit`, which may differ from that of fit.

        Returns
        -------
        X_out : ndarray or sparse matrix of shape (n_samples, n_features_out)
            Encoded sequences.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if X has another shape than in fit.
        """
        check_is_fitted(self)
        return self._compute(self._read(X, reset=False))

    def get_feature_names_out(self, input_features=None):
        """Get the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; compared with those seen in fit and otherwise unused.

        Returns
        -------
        feature_names_out : ndarray of shape (n_features_out,), object
            Names of the output columns.
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
    """Base class of encoders that keep positions, so that all sequences have one length."""

    def __init__(self, alphabet: str = "ACGT", *, length: int | None = None) -> None:
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
        return as_codes(data, self.n_channels_)

    def _check_width(self, X: np.ndarray, width: int) -> None:
        if X.shape[1] != width:
            raise ValueError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} encodes sequences of "
                f"length {self.length_} as {width} columns"
            )
