"""One column for each position."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skgenomics.encoding._base import PositionEncoder
from skgenomics.sequences import check_codes, decode


class OrdinalEncoder(PositionEncoder):
    """Encode sequences as one uint8 code per position.

    Codes are the compact form for the estimators of this package, and the right one for
    samplers that copy rows or count categories: RandomOverSampler, RandomUnderSampler and
    SMOTEN. To a linear or a nearest-neighbour model their order has no meaning; use
    :class:`OneHotEncoder` there, and ahead of SMOTE.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in the order of their codes.
    length : int, optional
        Number of positions that text is padded to, which longer text must not exceed; by default
        the longest sequence seen in fit. Codes and channels have their own length.

    Attributes
    ----------
    length_ : int
        Number of positions, L.
    n_channels_ : int
        Number of letters, C, and the code of unknown letters and padding.
    input_form_ : {"text", "codes", "channels"}
        Form of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a frame with names that are all str.

    See Also
    --------
    OneHotEncoder : One column for each letter at each position.
    KmerCounter : Counts of short words, whatever their position.

    Notes
    -----
    Of channels, the largest one of each position gives the code; only zeros give C.

    Examples
    --------
    >>> from skgenomics import OrdinalEncoder
    >>> encoder = OrdinalEncoder()
    >>> encoder.fit_transform(["ACGT", "gn"])
    array([[0, 1, 2, 3],
           [2, 4, 4, 4]], dtype=uint8)
    >>> encoder.inverse_transform([[3, 2, 1, 0]])
    array(['TGCA'], dtype=object)
    """

    def inverse_transform(self, X):
        """Turn codes into text.

        Parameters
        ----------
        X : array-like of shape (n, L), integers
            Codes.

        Returns
        -------
        X_original : ndarray of shape (n,), object
            Sequences of L letters, as str. C becomes the letter for unknown.

        Raises
        ------
        ValueError
            If X has another number of columns, or numbers that are no codes.
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
