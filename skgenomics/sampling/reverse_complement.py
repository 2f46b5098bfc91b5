"""Over-sampling by the other strand."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import warn_user
from skgenomics.sampling._base import SequenceOverSampler, change_rows, draw_parents
from skgenomics.sampling._rows import Rows, move
from skgenomics.sequences import get_alphabet


class ReverseComplementOverSampler(SequenceOverSampler):
    """Enlarge classes by the reverse complements of their sequences.

    For double-stranded DNA whose label does not depend on the strand, these are new and real
    sequences, not variations. Each sequence of a class gives its reverse complement once, in
    random order; if that is not enough, copies of the originals follow, then the reverse
    complements again, and so on, so that both strands stay about equally frequent.

    Parameters
    ----------
    alphabet : str, default="ACGT"
        "dna", "rna", or nucleic letters in their order; proteins have no other strand.
    sampling_strategy : float, str, dict or callable, default="auto"
        How far to enlarge which classes, as in imbalanced-learn; "auto" brings all classes to the
        size of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the order in which sequences are taken.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences of each class that is enlarged.
    sample_indices_ : ndarray of shape (n_new,)
        Row of X that each row of the result comes from.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if it was a frame with names that are all str.
    input_form_ : {"text", "codes", "channels"}
        Form of X.

    Warns
    -----
    UserWarning
        If reverse complements equal their originals (palindromes), so that they are plain
        copies; it says how many.

    See Also
    --------
    MutationOverSampler : For labels that depend on the strand, and proteins.

    Notes
    -----
    Padding stays at the end of a sequence. Columns of channels behind the last whole position
    are copied. Both strands as training data are the usual alternative to a network that reads
    both strands by itself [1]_.

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
        # Raises the error that says which alphabets have one.
        _ = get_alphabet(self.alphabet).complement

    def _enlarge(self, rows: Rows, members, n_new, label, random_state):
        parents = draw_parents(members, n_new, random_state)
        turned = (np.arange(n_new) // len(members)) % 2 == 0
        n_copies = 0

        def change(values: np.ndarray, block: slice) -> tuple[np.ndarray, np.ndarray]:
            nonlocal n_copies
            lengths, is_turned = rows.lengths[parents[block]], turned[block]
            others = _other_strand(rows, values[is_turned], lengths[is_turned])
            same = others == values[is_turned]
            n_copies += int(same.all(axis=tuple(range(1, same.ndim))).sum())
            values[is_turned] = others
            return values, lengths

        new = change_rows(rows, parents, change)
        if n_copies:
            warn_user(
                f"{n_copies} of the {turned.sum()} reverse complements made for class {label} "
                "equal their originals, so that they are plain copies"
            )
        return new, parents

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = True
        return tags


def _other_strand(rows: Rows, values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    positions = np.arange(rows.width)
    mirrored = lengths[:, None] - 1 - positions
    return rows.complement(move(values, np.where(mirrored >= 0, mirrored, positions)))
