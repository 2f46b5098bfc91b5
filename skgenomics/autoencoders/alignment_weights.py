"""Weights of aligned sequences that correct for uneven sampling of a family."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from skgenomics._utils.input_validation import read_sequences
from skgenomics._utils.validation import check_real
from skgenomics.sequences import as_codes, get_alphabet, one_hot

# Number of one-hot values of a block of sequences in a comparison.
_BLOCK_SIZE = 1 << 21


class _InputReader(BaseEstimator):
    """Estimator that stores the input format, since a function has none to store it."""


def sequence_weights(X, *, identity: float = 0.8, alphabet: str = "ACGT") -> np.ndarray:
    """Weight aligned sequences by the inverse number of similar ones.

    The weight of a sequence is one divided by the number of sequences, itself included, that agree
    with it at a fraction of at least `identity` of its known positions [1]_. The sum of all weights
    is the effective number of sequences.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, ...)
        Aligned sequences as text, uint8 codes or channels; the largest channel of a position is
        its symbol.
    identity : float, default=0.8
        Minimum fraction of identical symbols of similar sequences, in (0, 1]. Riesselman et al. use
        0.8, and 0.99 for viruses.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein" or the symbols in their order.

    Returns
    -------
    weights : ndarray of shape (n_samples,)
        Weights in (0, 1].

    Raises
    ------
    ValueError
        If `identity` is out of range or X is malformed.

    See Also
    --------
    skgenomics.model_selection.homology_clusters : Clusters of unaligned sequences in near-linear
        time; ``1 / numpy.bincount(clusters)[clusters]`` weights sequences by cluster size.

    Notes
    -----
    All pairs are compared, so that the time is quadratic in the number of sequences.

    References
    ----------
    .. [1] Riesselman et al., Deep generative models of genetic variation capture the effects of
       mutations, Nature Methods 15, 2018.

    Examples
    --------
    >>> from skgenomics.autoencoders import sequence_weights
    >>> sequence_weights(["ACGTACGTAC", "ACGTACGTAA", "TTGGCATCGA"])
    array([0.5, 0.5, 1. ])
    """
    check_real("identity", identity, 0, 1)
    if identity == 0:
        raise ValueError("identity must be above 0: at 0 all sequences are similar")
    symbols = get_alphabet(alphabet)
    data = read_sequences(_InputReader(), X, alphabet=symbols, allow_table=False, reset=True)
    C = symbols.n_symbols
    data = as_codes(data, C)
    # The tolerance absorbs rounding errors of products such as 0.8 * n_known.
    needed = identity * (data < C).sum(axis=1) - 1e-6
    step = max(1, _BLOCK_SIZE // (data.shape[1] * C))
    blocks = [slice(start, start + step) for start in range(0, len(data), step)]
    counts = np.zeros(len(data))
    for rows in blocks:
        one_hot_rows = _flat(data[rows], C)
        for others in blocks:
            n_identical = one_hot_rows @ _flat(data[others], C).T
            counts[rows] += (n_identical >= needed[rows, np.newaxis]).sum(axis=1)
    return 1 / counts


def _flat(codes: np.ndarray, n_symbols: int) -> np.ndarray:
    return one_hot(codes, n_symbols).reshape(len(codes), -1)
