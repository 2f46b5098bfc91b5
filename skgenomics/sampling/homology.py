"""Under-sampling that keeps the variety of sequences."""

from __future__ import annotations

import numpy as np
from imblearn.under_sampling.base import BaseUnderSampler
from sklearn.utils import check_random_state, column_or_1d

from skgenomics.sampling._base import SequenceSampler
from skgenomics.sampling._rows import Rows


class HomologyUnderSampler(SequenceSampler, BaseUnderSampler):
    """Thin large classes out, first where sequences are similar to each other.

    Of each cluster of similar sequences one is kept, then more at random until there are as many
    as asked for; if there are more clusters than that, so many of them are drawn. So redundant
    sequences go first, and rare kinds stay.

    Parameters
    ----------
    similarity : float, default=0.9
        How similar two sequences must be to be linked, as in
        :func:`skgenomics.model_selection.homology_clusters`.
    k : int, optional
        Length of the words that similarity is estimated from; by default as there.
    reverse_complement : bool or "auto", default="auto"
        Whether the other strand counts as the same sequence; "auto" says yes for nucleic acids.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the letters in their order.
    sampling_strategy : float, str, dict or callable, default="auto"
        How far to thin which classes out, as in imbalanced-learn; "auto" brings all classes to the
        size of the smallest one.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice of clusters and sequences.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of sequences to keep of each class that is thinned out.
    sample_indices_ : ndarray of shape (n_new,)
        Rows of X that are kept, in their order.
    n_clusters_ : dict
        Number of clusters of each class that is thinned out.
    n_features_in_ : int
        Number of columns of X; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if it was a frame with names that are all str.
    input_form_ : {"text", "codes", "channels"}
        Form of X.

    See Also
    --------
    imblearn.under_sampling.RandomUnderSampler : Takes no notice of similarity.
    skgenomics.model_selection.homology_clusters : The clusters.

    Notes
    -----
    Keeping one sequence of each cluster is what redundancy reduction by CD-HIT [1]_ does; it is
    done here for the classes that are too large, and on the training rows alone if the sampler
    is a step of a pipeline. Of channels that are mixtures the most likely letters count.

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
        """Thin classes out.

        Parameters
        ----------
        X : text, codes or channels
            Sequences as str, of shape (n,) or (n, 1); uint8 codes of shape (n, L); or numbers of
            shape (n, L * C), (n, L, C) or (n, C, L).
        y : array-like of shape (n,)
            Class of each sequence; also as an indicator of shape (n, n_classes) with one 1 a row.
        clusters : array-like of shape (n,), optional
            Cluster of each sequence, of any type, where they are known, such as families. In a
            pipeline, ``fit(X, y, homologyundersampler__clusters=clusters)`` hands them on.

        Returns
        -------
        X_resampled : same type as X
            The sequences that are kept, in their order. A Series or a frame has a new index from
            0.
        y_resampled : same type as y
            Their classes.

        Raises
        ------
        ValueError
            If a parameter is out of its range, X is empty, not finite, of a wrong shape, or holds
            a letter or a code that the alphabet does not know, if y has one class only, or if
            there is not one cluster per sequence.
        TypeError
            If text holds something else than strings.
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
    """Draw so many places of an array of clusters, of each cluster one before any second one."""
    order = random_state.permutation(len(clusters))
    places = np.unique(clusters[order], return_index=True)[1]
    # Large clusters come early in the order, so the clusters have an order of their own.
    firsts = random_state.permutation(order[places])
    return np.concatenate([firsts, np.delete(order, places)])[:n_kept]
