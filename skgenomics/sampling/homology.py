"""Under-sampling that preserves the diversity of sequences."""

from __future__ import annotations

import numpy as np
from imblearn.under_sampling.base import BaseUnderSampler
from sklearn.utils import check_random_state, column_or_1d

from skgenomics.sampling._base import SequenceSampler
from skgenomics.sampling._rows import Rows


class HomologyUnderSampler(SequenceSampler, BaseUnderSampler):
    """Under-sample classes by removing redundant sequences first.

    One sequence of each cluster of similar sequences is kept, then further ones are drawn at random
    until the target size is reached; if there are more clusters than that, a random subset of them
    is kept. Redundant sequences are thus removed first, and rare ones are kept.

    Parameters
    ----------
    similarity : float, default=0.9
        Minimum estimated identity of two sequences to be linked, as in
        :func:`skgenomics.model_selection.homology_clusters`.
    k : int or None, default=None
        Length of the k-mers that similarity is estimated from; None for the default of
        :func:`skgenomics.model_selection.homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        When True, a sequence and its reverse complement are the same; "auto" is True for nucleic
        alphabets.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    sampling_strategy : float, str, dict or callable, default="auto"
        Target sizes of the classes, as in imbalanced-learn; "auto" reduces all classes to the size
        of the smallest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of clusters and sequences.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of sequences to keep of each under-sampled class.
    sample_indices_ : ndarray of shape (n_new,)
        Indices of the samples of X that are kept, in ascending order.
    n_clusters_ : dict
        Number of clusters of each under-sampled class.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X; defined only if they are all strings.
    input_form_ : {"text", "codes", "channels"}
        Format of X.

    See Also
    --------
    imblearn.under_sampling.RandomUnderSampler : Under-sampling regardless of similarity.
    skgenomics.model_selection.homology_clusters : Clusters of similar sequences.

    Notes
    -----
    Keeping one sequence of each cluster is redundancy reduction as by CD-HIT [1]_, here restricted
    to the classes that are too large and, in a pipeline, to the training samples. Channels that are
    mixtures are compared by their most likely symbols.

    References
    ----------
    .. [1] Li, W. and Godzik, A. (2006). Cd-hit: a fast program for clustering and comparing large
       sets of protein or nucleotide sequences. Bioinformatics 22(13), 1658-1659.

    Examples
    --------
    >>> from skgenomics.sampling import HomologyUnderSampler
    >>> X = ["ACGTTGCA", "ACGTTGCA", "GGGCCCAA", "ACGTTGCA", "TATATACC", "GATTACAA"]
    >>> sampler = HomologyUnderSampler(random_state=0)
    >>> sampler.fit_resample(X, [0, 0, 0, 0, 1, 1], clusters=[1, 1, 2, 1, 3, 4])
    (['GGGCCCAA', 'ACGTTGCA', 'TATATACC', 'GATTACAA'], [0, 0, 1, 1])
    """

    def __init__(
        self,
        *,
        similarity=0.9,
        k=None,
        reverse_complement="auto",
        alphabet="ACGT",
        sampling_strategy="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.similarity = similarity
        self.k = k
        self.reverse_complement = reverse_complement
        self.alphabet = alphabet
        self.random_state = random_state

    def fit_resample(self, X, y, *, clusters=None):
        """Under-sample classes.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences as text of shape (n_samples,) or (n_samples, 1); as uint8 codes of shape
            (n_samples, L); or as channels of shape (n_samples, L * C), (n_samples, L, C) or
            (n_samples, C, L).
        y : array-like of shape (n_samples,)
            Class labels, or indicators of shape (n_samples, n_classes) with a single 1 per sample.
        clusters : array-like of shape (n_samples,) or None, default=None
            Known clusters of the sequences, such as families, of any type; None to compute them.
            In a pipeline they are passed by
            ``fit(X, y, homologyundersampler__clusters=clusters)``.

        Returns
        -------
        X_resampled : same type as X
            The sequences that are kept, in their order. The index of a Series or DataFrame starts
            from 0.
        y_resampled : same type as y
            Class labels of the sequences that are kept.

        Raises
        ------
        ValueError
            If a parameter is out of range, X is empty, not finite, of a wrong shape, or holds a
            symbol or a code that is not in the alphabet, if y has one class only, or if
            there is not one cluster per sequence.
        TypeError
            If text holds elements that are not strings.
        """
        return super().fit_resample(X, y, clusters=clusters)

    def _fit_resample(self, rows: Rows, y: np.ndarray, *, clusters=None):
        random_state = check_random_state(self.random_state)
        if clusters is not None:
            clusters = column_or_1d(clusters)
            if len(clusters) != len(rows):
                raise ValueError(
                    f"clusters has {len(clusters)} entries for {len(rows)} sequences; give one "
                    "for each"
                )
        self.n_clusters_, kept = {}, []
        for label in np.unique(y):
            members = np.flatnonzero(y == label)
            if label in self.sampling_strategy_:
                own = self._cluster(rows, members, random_state, clusters)
                self.n_clusters_[label] = len(np.unique(own))
                members = members[_thin(own, self.sampling_strategy_[label], random_state)]
            kept.append(members)
        self.sample_indices_ = np.sort(np.concatenate(kept))
        return rows.select(self.sample_indices_), y[self.sample_indices_]

    def _cluster(self, rows: Rows, members, random_state, clusters) -> np.ndarray:
        if clusters is not None:
            return clusters[members]
        from skgenomics.model_selection import homology_clusters

        return homology_clusters(
            rows.texts(members),
            similarity=self.similarity,
            k=self.k,
            reverse_complement=self.reverse_complement,
            alphabet=self.alphabet,
            random_state=random_state.randint(2**31 - 1),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.sampler_tags.sample_indices = True
        return tags


def _thin(clusters: np.ndarray, n_kept: int, random_state) -> np.ndarray:
    """Draw `n_kept` indices into an array of clusters, one of each cluster before any second."""
    order = random_state.permutation(len(clusters))
    first = np.unique(clusters[order], return_index=True)[1]
    # Large clusters tend to come early in this order: clusters are permuted independently of it.
    kept_first = random_state.permutation(order[first])
    return np.concatenate([kept_first, np.delete(order, first)])[:n_kept]
