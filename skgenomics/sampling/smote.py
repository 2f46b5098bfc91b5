"""SMOTE for sequences: crossovers of similar ones."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from skgenomics._utils.validation import check_integer
from skgenomics.encoding import KmerCounter
from skgenomics.sampling._base import SequenceOverSampler, change_rows, draw_parents
from skgenomics.sampling._rows import Rows, move


class SequenceSMOTE(SequenceOverSampler):
    """Enlarge classes by crossovers of sequences and their nearest neighbours in the class.

    SMOTE [1]_ puts a new point between a point and one of its neighbours. Between two
    sequences there is no point, so here the new one changes over from one to the other at random
    places: every letter comes from a real sequence, and stays about where it was.

    Parameters
    ----------
    k_neighbors : int, default=5
        Number of neighbours in the same class among which the second sequence is drawn.
    k : int or tuple (min_k, max_k), default=4
        Length of the words whose counts tell how similar two sequences are.
    n_crossovers : int, default=1
        Number of places where the new sequence changes over to the other one of the two.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in their order.
    sampling_strategy : float, str, dict or callable, default="auto"
        How far to enlarge which classes, as in imbalanced-learn; "auto" brings all classes to the
        size of the largest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of sequences and places.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new sequences of each class that is enlarged.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if it was a frame with names that are all str.
    input_form_ : {"text", "codes", "channels"}
        Form of X.

    See Also
    --------
    imblearn.over_sampling.SMOTE : On the output of OneHotEncoder it makes mixtures of letters.
    MutationOverSampler : Also recombines sequences that are not similar.

    Notes
    -----
    The distance is that of the vectors of k-mer counts scaled to length 1, so that it does not
    depend on the lengths of the sequences; it is the one of the normalised spectrum kernel. Of
    channels that are mixtures the most likely letters count. Places are drawn uniformly within a
    sequence, never at its ends; several may coincide. In sequences of unequal lengths they are
    at the same share of each length. The sequences of a class are taken equally often, in random
    order, as the first of the two. A sequence of one letter can only be copied, and columns of
    channels behind the last whole position are those of the first sequence.

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
        shares = np.sort(random_state.random_sample((n_new, self.n_crossovers)), axis=1)

        def change(values: np.ndarray, block: slice) -> tuple[np.ndarray, np.ndarray]:
            lengths = rows.lengths[firsts[block]], rows.lengths[seconds[block]]
            return _cross(values, rows.take(seconds[block]), *lengths, shares[block])

        return change_rows(rows, firsts, change), None

    def _neighbors(self, rows: Rows, members: np.ndarray, label) -> np.ndarray:
        n = len(members)
        if n == 1:
            raise ValueError(
                f"class {label} has only 1 sequence, and SMOTE needs 2 at least; use "
                "MutationOverSampler or ReverseComplementOverSampler, or leave the class out of "
                "sampling_strategy"
            )
        if n <= self.k_neighbors:
            raise ValueError(
                f"class {label} has {n} sequences, so k_neighbors={self.k_neighbors} is too "
                f"large: each has {n - 1} others; set k_neighbors to {n - 1} at most"
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
    shares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Take turns between two sequences, changing over at the given shares of their lengths.

    Arrays of shape (n, width, ...), (n, width, ...), (n,), (n,) and (n, n_crossovers); returns
    the elements of the new sequences, (n, width, ...), and their lengths, (n,).
    """
    cuts = [_cuts(shares, first_lengths), _cuts(shares, second_lengths)]
    positions = np.arange(first.shape[1])
    crossed = first.copy()
    offsets = np.zeros(len(first), dtype=np.int64)
    for i in range(shares.shape[1] + 1):
        # Segment i is that between cuts i and i + 1 of the sequence whose turn it is.
        values, own = (first, second)[i % 2], cuts[i % 2]
        sizes = own[:, i + 1] - own[:, i]
        inside = (positions >= offsets[:, None]) & (positions < (offsets + sizes)[:, None])
        sources = positions - offsets[:, None] + own[:, i, None]
        crossed[inside] = move(values, np.where(inside, sources, 0))[inside]
        offsets += sizes
    return crossed, offsets


def _cuts(shares: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Places at shares of the lengths, both ends included, shape (n, n_crossovers + 2)."""
    lengths = lengths[:, None]
    places = 1 + np.floor(shares * (lengths - 1)).astype(np.int64)
    return np.hstack([np.zeros_like(lengths), np.minimum(places, lengths), lengths])
