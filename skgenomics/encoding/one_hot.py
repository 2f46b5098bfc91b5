"""One-hot encoding of sequences."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skgenomics.encoding._base import PositionEncoder
from skgenomics.sequences import decode, get_alphabet, one_hot


class OneHotEncoder(PositionEncoder):
    """Encode sequences as flat one-hot vectors.

    The output is a float32 matrix that every scikit-learn classifier and every imbalanced-learn
    sampler accepts: the C columns of the first position, then those of the second, and so on. The
    estimators of this package read it too, including mixtures made by SMOTE.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their channels.
    length : int or None, default=None
        Number of positions to pad text to, which is also its maximum length; None for the length of
        the longest sequence seen in fit. Codes and channels keep their length.

    Attributes
    ----------
    length_ : int
        Number of positions, L.
    n_channels_ : int
        Number of symbols, C.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.

    See Also
    --------
    OrdinalEncoder : One uint8 column per position, 16 times smaller.
    KmerCounter : Counts of k-mers, independent of their position.

    Notes
    -----
    Unknown symbols and padding are zeros, which an estimator cannot tell apart: pass sequences of
    unequal length as text, or encoded by :class:`OrdinalEncoder`. Channels are converted to float32
    and not changed otherwise.

    Examples
    --------
    >>> from skgenomics import OneHotEncoder
    >>> encoder = OneHotEncoder()
    >>> encoder.fit_transform(["AC", "g"])
    array([[1., 0., 0., 0., 0., 1., 0., 0.],
           [0., 0., 1., 0., 0., 0., 0., 0.]], dtype=float32)
    >>> encoder.get_feature_names_out()[:5].tolist()
    ['0A', '0C', '0G', '0T', '1A']
    """

    def inverse_transform(self, X):
        """Decode one-hot vectors or mixtures as text, by the largest channel of each position.

        Parameters
        ----------
        X : array-like of shape (n_samples, L * C)
            Channels.

        Returns
        -------
        X_original : ndarray of shape (n_samples,), object
            Sequences of length L as str. Positions of zeros, such as padding, are written as the
            unknown symbol.

        Raises
        ------
        ValueError
            If X has another number of columns.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float32)
        self._check_width(X, self.length_ * self.n_channels_)
        return decode(self._codes(X), self.alphabet)

    def _compute(self, data: np.ndarray) -> np.ndarray:
        if data.dtype != np.uint8:
            return check_array(data, dtype=np.float32)
        return one_hot(data, self.n_channels_).reshape(len(data), -1)

    def _output_names(self) -> list[str]:
        symbols = get_alphabet(self.alphabet).symbols
        return [f"{i}{symbol}" for i in range(self.length_) for symbol in symbols]
