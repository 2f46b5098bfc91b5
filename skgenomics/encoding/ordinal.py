"""Ordinal encoding of sequences."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skgenomics.encoding._base import PositionEncoder
from skgenomics.sequences import check_codes, decode


class OrdinalEncoder(PositionEncoder):
    """Encode sequences as one uint8 code per position.

    Codes are the compact format of the estimators of this package. They suit samplers that copy
    samples or count categories: RandomOverSampler, RandomUnderSampler and SMOTEN. Linear and
    nearest-neighbor models and SMOTE would treat their order as meaningful; use
    :class:`OneHotEncoder` there.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    length : int or None, default=None
        Number of positions to pad text to, which is also its maximum length; None for the length of
        the longest sequence seen in fit. Codes and channels keep their length.

    Attributes
    ----------
    length_ : int
        Number of positions, L.
    n_channels_ : int
        Number of symbols, C, which is also the code of unknown symbols; that of padding is C + 1.
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.

    See Also
    --------
    OneHotEncoder : One column for each symbol at each position.
    KmerCounter : Counts of k-mers, independent of their position.

    Notes
    -----
    Channels are encoded by the largest one of each position; a position of zeros has the code C.

    The estimators of this package ignore padding, and nothing else: to them the codes of sequences
    of unequal length are what the text is.

    Examples
    --------
    >>> from skgenomics import OrdinalEncoder
    >>> encoder = OrdinalEncoder()
    >>> encoder.fit_transform(["ACGT", "gn"])
    array([[0, 1, 2, 3],
           [2, 4, 5, 5]], dtype=uint8)
    >>> encoder.inverse_transform([[3, 2, 1, 0]])
    array(['TGCA'], dtype=object)
    """

    def inverse_transform(self, X):
        """Decode codes as text.

        Parameters
        ----------
        X : array-like of int of shape (n_samples, L)
            Codes.

        Returns
        -------
        X_original : ndarray of shape (n_samples,), object
            Sequences as str. C is written as the unknown symbol; padding is left out.

        Raises
        ------
        ValueError
            If X has another number of columns, or numbers that are not codes.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.int64, ensure_non_negative=True)
        self._check_width(X, self.length_)
        check_codes(X, self.alphabet)
        return decode(X, self.alphabet)

    def _compute(self, data: np.ndarray) -> np.ndarray:
        return self._codes(data)

    def _output_names(self) -> list[str]:
        return [str(i) for i in range(self.length_)]
