"""Over-sampling by the reverse strand."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import warn_user
from skgenomics.sampling._base import SequenceOverSampler, change_rows, draw_parents
from skgenomics.sampling._rows import Rows, move
from skgenomics.sequences import get_alphabet


class ReverseComplementOverSampler(SequenceOverSampler):
    """Over-sample classes by the reverse complements of their sequences.

    For double-stranded DNA whose label does not depend on the strand, these are real sequences, not
    perturbed ones. The reverse complement of each sequence of a class is added once, in random
    order; if more are needed, copies of the originals follow, then the reverse complements again,
    and so on, so that both strands stay about equally frequent.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", or the bases in the order of their codes; proteins have no reverse strand.
    sampling_strategy : float, str, dict or callable, default="auto"
        Target sizes of the classes, as in imbalanced-learn; "auto" enlarges all classes to the size
        of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the order of the sequences.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences for each enlarged class.
    sample_indices_ : ndarray of shape (n_new,)
        Index of the sample of X that each resampled one is derived from.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X.

    Warns
    -----
    UserWarning
        If reverse complements equal their originals (palindromes) and are thus plain copies; the
        warning gives their number.

    See Also
    --------
    MutationOverSampler : Over-sampling for strand-specific labels and proteins.

    Notes
    -----
    Padding stays at the end of a sequence. Training on both strands is the usual alternative to a
    network that is equivariant to the reverse complement [1]_.

    References
    ----------
    .. [1] Shrikumar, A., Greenside, P. and Kundaje, A. (2017). Reverse-complement parameter
       sharing improves deep learning models for genomics. bioRxiv, 103663.

    Examples
    --------
    >>> from skgenomics.sampling import ReverseComplementOverSampler
    >>> sampler = ReverseComplementOverSampler(random_state=0)
    >>> X, y = sampler.fit_resample(["AAAC", "CCGC", "ggTA"], [0, 0, 1])
    >>> X, y
    (['AAAC', 'CCGC', 'ggTA', 'TAcc'], [0, 0, 1, 1])
    """

    def __init__(self, *, alphabet="ACGT", sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.alphabet = alphabet
        self.random_state = random_state

    def _check_parameters(self) -> None:
        # Raises an error that names the alphabets that have a complement.
        _ = get_alphabet(self.alphabet).complement

    def _enlarge(self, rows: Rows, members, n_new, label, random_state):
        parents = draw_parents(members, n_new, random_state)
        is_reversed = (np.arange(n_new) // len(members)) % 2 == 0
        n_copies = 0

        def change(values: np.ndarray, block: slice) -> tuple[np.ndarray, np.ndarray]:
            nonlocal n_copies
            lengths, reverse = rows.lengths[parents[block]], is_reversed[block]
            others = _reverse_complement(rows, values[reverse], lengths[reverse])
            same = others == values[reverse]
            n_copies += int(same.all(axis=tuple(range(1, same.ndim))).sum())
            values[reverse] = others
            return values, lengths

        new = change_rows(rows, parents, change)
        if n_copies:
            warn_user(
                f"{n_copies} of the {is_reversed.sum()} reverse complements made for class {label} "
                "equal their originals and are plain copies"
            )
        return new, parents

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = True
        return tags


def _reverse_complement(rows: Rows, values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    positions = np.arange(rows.width)
    mirrored = lengths[:, None] - 1 - positions
    return rows.complement(move(values, np.where(mirrored >= 0, mirrored, positions)))
