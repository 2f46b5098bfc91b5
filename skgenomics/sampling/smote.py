"""SMOTE for sequences: crossovers of similar sequences."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from skgenomics._utils.validation import check_integer
from skgenomics.encoding import KmerCounter
from skgenomics.sampling._base import SequenceOverSampler, change_rows, draw_parents
from skgenomics.sampling._rows import Rows, move


class SequenceSMOTE(SequenceOverSampler):
    """Over-sample classes by crossovers of sequences and their nearest neighbors.

    SMOTE [1]_ interpolates between a point and one of its neighbors of the same class. Sequences
    cannot be interpolated, so a new one is a crossover of the two at random positions: every symbol
    comes from a real sequence and stays near its original position.

    Parameters
    ----------
    k_neighbors : int, default=5
        Number of nearest neighbors of the same class from which the second sequence is drawn.
    k : int or tuple (min_k, max_k), default=4
        Length of the k-mers whose counts define the similarity of sequences.
    n_crossovers : int, default=1
        Number of positions at which the new sequence switches between its parents.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    sampling_strategy : float, str, dict or callable, default="auto"
        Target sizes of the classes, as in imbalanced-learn; "auto" enlarges all classes to the size
        of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of sequences and positions.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences for each enlarged class.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X.

    See Also
    --------
    imblearn.over_sampling.SMOTE : Mixtures of symbols, on the output of OneHotEncoder.
    MutationOverSampler : Recombination of any sequences of a class.

    Notes
    -----
    The distance is that of the normalized spectrum kernel: Euclidean distance of k-mer counts
    scaled to unit length, so that it does not depend on the lengths of sequences. Channels that are
    mixtures are compared by their most likely symbols. Crossover positions are drawn uniformly
    within a sequence, never at its ends; several may coincide. In sequences of unequal lengths they
    are at the same fraction of each length. All sequences of a class are used equally often as the
    first parent, in random order. A sequence of length 1 can only be copied.

    References
    ----------
    .. [1] Chawla, N. V., Bowyer, K. W., Hall, L. O. and Kegelmeyer, W. P. (2002). SMOTE:
       synthetic minority over-sampling technique. Journal of Artificial Intelligence Research
       16, 321-357.

    Examples
    --------
    >>> from skgenomics.sampling import SequenceSMOTE
    >>> X = ["TTTTTTTT", "TTTGTTTT", "TCTTTTTT", "AACAAGAA", "CCCCGCCC"]
    >>> sampler = SequenceSMOTE(k_neighbors=1, k=2, random_state=0)
    >>> X, y = sampler.fit_resample(X, [0, 0, 0, 1, 1])
    >>> X[5]
    'CCCCGGAA'
    """

    def __init__(
        self,
        k_neighbors=5,
        *,
        k=4,
        n_crossovers=1,
        alphabet="ACGT",
        sampling_strategy="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.k_neighbors = k_neighbors
        self.k = k
        self.n_crossovers = n_crossovers
        self.alphabet = alphabet
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_integer("k_neighbors", self.k_neighbors, 1)
        check_integer("n_crossovers", self.n_crossovers, 1)

    def _enlarge(self, rows: Rows, members, n_new, label, random_state):
        neighbors = self._neighbors(rows, members, label)
        firsts = draw_parents(np.arange(len(members)), n_new, random_state)
        seconds = neighbors[firsts, random_state.randint(neighbors.shape[1], size=n_new)]
        firsts, seconds = members[firsts], members[seconds]
        fractions = np.sort(random_state.random_sample((n_new, self.n_crossovers)), axis=1)

        def change(values: np.ndarray, block: slice) -> tuple[np.ndarray, np.ndarray]:
            lengths = rows.lengths[firsts[block]], rows.lengths[seconds[block]]
            return _cross(values, rows.take(seconds[block]), *lengths, fractions[block])

        return change_rows(rows, firsts, change), None

    def _neighbors(self, rows: Rows, members: np.ndarray, label) -> np.ndarray:
        n = len(members)
        if n == 1:
            raise ValueError(
                f"class {label} has only 1 sequence, and SMOTE needs at least 2; use "
                "MutationOverSampler or ReverseComplementOverSampler, or leave the class out of "
                "sampling_strategy"
            )
        if n <= self.k_neighbors:
            raise ValueError(
                f"class {label} has {n} sequences, so k_neighbors={self.k_neighbors} is too "
                f"large: each has {n - 1} others; set k_neighbors to at most {n - 1}"
            )
        counter = KmerCounter(self.k, alphabet=self.alphabet)
        counts = normalize(counter.fit_transform(rows.texts(members)), copy=False)
        search = NearestNeighbors(n_neighbors=self.k_neighbors, algorithm="brute").fit(counts)
        return search.kneighbors(return_distance=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags


def _cross(
    first: np.ndarray,
    second: np.ndarray,
    first_lengths: np.ndarray,
    second_lengths: np.ndarray,
    fractions: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Alternate between two sequences, switching at the given fractions of their lengths.

    Parameters
    ----------
    first, second : ndarray of shape (n_samples, width, ...)
        Elements of the parents.
    first_lengths, second_lengths : ndarray of shape (n_samples,)
        Lengths of the parents.
    fractions : ndarray of shape (n_samples, n_crossovers)
        Crossover positions as fractions of the lengths, in ascending order.

    Returns
    -------
    crossed : ndarray of shape (n_samples, width, ...)
        Elements of the new sequences.
    lengths : ndarray of shape (n_samples,)
        Lengths of the new sequences.
    """
    cuts = [_cuts(fractions, first_lengths), _cuts(fractions, second_lengths)]
    positions = np.arange(first.shape[1])
    crossed = first.copy()
    offsets = np.zeros(len(first), dtype=np.int64)
    for i in range(fractions.shape[1] + 1):
        # Segment i lies between cuts i and i + 1 of the parent that provides it.
        values, own = (first, second)[i % 2], cuts[i % 2]
        sizes = own[:, i + 1] - own[:, i]
        inside = (positions >= offsets[:, None]) & (positions < (offsets + sizes)[:, None])
        sources = positions - offsets[:, None] + own[:, i, None]
        crossed[inside] = move(values, np.where(inside, sources, 0))[inside]
        offsets += sizes
    return crossed, offsets


def _cuts(fractions: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Compute the limits of the segments, both ends included, (n_samples, n_crossovers + 2)."""
    lengths = lengths[:, None]
    positions = 1 + np.floor(fractions * (lengths - 1)).astype(np.int64)
    return np.hstack([np.zeros_like(lengths), np.minimum(positions, lengths), lengths])
