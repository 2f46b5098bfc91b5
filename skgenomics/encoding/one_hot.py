"""One column for each letter at each position."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skgenomics.encoding._base import PositionEncoder
from skgenomics.sequences import decode, get_alphabet, one_hot


class OneHotEncoder(PositionEncoder):
    """Encode sequences as flat one-hot vectors in float32.

    The output is a plain matrix that every scikit-learn classifier and every imbalanced-learn
    sampler takes: the C columns of the first position, then those of the second, and so on.
    The estimators of this package read it as well, mixtures made by SMOTE included.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in the order of their channels.
    length : int, optional
        Number of positions that text is padded to, which longer text must not exceed; by default
        the longest sequence seen in fit. Codes and channels have their own length.

    Attributes
    ----------
    length_ : int
        Number of positions, L.
    n_channels_ : int
        Number of letters, C.
    input_form_ : {"text", "codes", "channels"}
        Form of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.

    See Also
    --------
    OrdinalEncoder : One column per position: 16 times smaller.
    KmerCounter : Counts of short words, whatever their position.

    Notes
    -----
    Unknown letters and padding are zeros. Channels pass through, as float32.

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
        """Turn one-hot vectors, or mixtures, into text: the largest channel of each position.

        Parameters
        ----------
        X : array-like of shape (n, L * C)
            Channels.

        Returns
        -------
        X_original : ndarray of shape (n,), object
            Sequences of L letters, as str. Positions of only zeros, such as padding, become the
            letter for unknown.
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
