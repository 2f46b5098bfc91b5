"""Weights that keep near copies of a sequence from ruling a family."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from skgenomics._utils.input_validation import read_sequences
from skgenomics._utils.validation import check_real
from skgenomics.sequences import get_alphabet, most_likely_codes, one_hot

# Letters of one side of a comparison that are held in memory as vectors.
_BLOCK = 1 << 21


class _Reader(BaseEstimator):
    """What reads X, since there is no estimator to remember its form."""


def sequence_weights(X, *, identity: float = 0.8, alphabet: str = "ACGT") -> np.ndarray:
    """Weigh aligned sequences by how many others are like them.

    The weight of a sequence is one divided by the number of sequences, itself included, that have
    the same letter at the share `identity` of its known positions [1]_. The sum of all weights is
    the effective number of sequences.

    Parameters
    ----------
    X : text, uint8 codes or numeric channels
        Sequences that are aligned, position by position; of channels, the largest one of each
        position counts.
    identity : float, default=0.8
        Least share of equal letters, in (0, 1]. Riesselman et al. take 0.8, and 0.99 for viruses.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in their order.

    Returns
    -------
    weights : ndarray of shape (n,)
        In (0, 1].

    Raises
    ------
    ValueError
        If `identity` is out of its range, or X is not what estimators take.

    See Also
    --------
    skgenomics.model_selection.homology_clusters : Clusters of sequences that are not aligned, in
        near-linear time; ``1 / numpy.bincount(clusters)[clusters]`` are weights by their sizes.

    Notes
    -----
    All pairs are compared: the time grows with the square of the number of sequences.

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
        raise ValueError("identity must be above 0: all sequences are identical by 0")
    symbols = get_alphabet(alphabet)
    data = read_sequences(_Reader(), X, alphabet=symbols, reset=True)
    C = symbols.n_symbols
    if data.dtype != np.uint8:
        data = most_likely_codes(data.reshape(len(data), -1, C))
    # A tolerance, since a share of letters such as 0.8 has no exact number of them.
    needed = identity * (data < C).sum(axis=1) - 1e-6
    step = max(1, _BLOCK // (data.shape[1] * C))
    blocks = [slice(start, start + step) for start in range(0, len(data), step)]
    counts = np.zeros(len(data))
    for rows in blocks:
        here = _flat(data[rows], C)
        for others in blocks:
            equal = here @ _flat(data[others], C).T
            counts[rows] += (equal >= needed[rows, np.newaxis]).sum(axis=1)
    return 1 / counts


def _flat(codes: np.ndarray, n_symbols: int) -> np.ndarray:
    return one_hot(codes, n_symbols).reshape(len(codes), -1)
