"""Cross-validation that keeps similar sequences on the same side of each split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.utils import check_random_state, indexable
from sklearn.utils.validation import _num_samples

from skgenomics._utils.validation import check_integer, check_real, warn_user
from skgenomics.model_selection._folds import GroupSplitter, class_counts, split_whole
from skgenomics.model_selection._frames import get_sequences
from skgenomics.model_selection.homology import (
    homology_clusters,
    join_labels,
    number_by_appearance,
    read_clusters,
)

_REMEDY = (
    "Raise `similarity`, use fewer folds, or find out what the cluster is "
    "(skgenomics.model_selection.homology_clusters)"
)


class _HomologySplitter(GroupSplitter):
    """Base class of splitters by homology, which provides the clusters of the samples."""

    def _clusters(self, X, groups) -> np.ndarray:
        """Compute the cluster of each sample, merged with the groups."""
        clusters = self._own_clusters(X)
        if groups is None:
            return clusters
        return join_labels(clusters, np.asarray(groups).ravel())

    def _own_clusters(self, X) -> np.ndarray:
        if self.clusters is None:
            return homology_clusters(
                get_sequences(X, self.column),
                similarity=self.similarity,
                k=self.k,
                reverse_complement=self.reverse_complement,
                alphabet=self.alphabet,
            )
        n = _num_samples(X)
        is_file = isinstance(self.clusters, str | Path)
        if is_file and hasattr(X, "iloc"):
            return read_clusters(self.clusters, ids=X.index)
        clusters = read_clusters(self.clusters) if is_file else np.asarray(self.clusters).ravel()
        if len(clusters) != n:
            raise ValueError(
                f"clusters has {len(clusters)} labels, but X has {n} rows; give one label for "
                "each row. In an inner cross-validation, which has the training rows of an outer "
                "one, pass labels as `groups` under metadata routing, or give the path of a file "
                "with the names that a Series or frame X has as its index"
            )
        if is_file:
            return read_clusters(self.clusters, ids=range(n))
        return number_by_appearance(clusters)

    def _remedy(self, groups) -> str:
        if groups is not None:
            return "Groups merge the clusters that they span: omit them, or use fewer folds"
        return _REMEDY if self.clusters is None else "Use fewer folds"


class HomologyKFold(_HomologySplitter):
    """Stratified, size-balanced K-fold over clusters of similar sequences.

    Sequences are clustered by :func:`homology_clusters`, unless clusters are given, and whole
    clusters are assigned to folds of balanced size: no test sequence is similar to a training
    sequence, on either strand. Folds are stratified by classes, or by the labels of a multi-label
    target, as far as clusters permit.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    similarity : float, default=0.9
        Minimum estimated identity of similar sequences; see :func:`homology_clusters`.
    k : int or None, default=None
        Length of the k-mers that are compared; see :func:`homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        When True, compare both strands; "auto" does so for nucleic alphabets.
    clusters : array-like of shape (n_samples,), str or Path or None, default=None
        Cluster of each sample, or a file for :func:`read_clusters` whose names are the index of X
        if that is a Series or DataFrame, else the indices of the samples, from 0.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        Name of the column of sequences if X is a DataFrame with several columns.
    shuffle : bool, default=False
        When True, shuffle clusters of equal size before they are assigned to folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling; pass an int for reproducible results.

    See Also
    --------
    HomologyShuffleSplit : Random splits over clusters.
    ChromosomeKFold : Folds over whole chromosomes.
    find_leakage : Leakage of a given split.

    Examples
    --------
    >>> from skgenomics.model_selection import HomologyKFold
    >>> X = ["ACCGTTAGCAGGTACCAT", "ATGGTACCTGCTAACGGT", "GGATCCATTACAGTACTG", "TTGACCAGATCCAGCACA"]
    >>> for train, test in HomologyKFold(2).split(X):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    def __init__(
        self,
        n_splits=5,
        *,
        similarity=0.9,
        k=None,
        reverse_complement="auto",
        clusters=None,
        alphabet="ACGT",
        column="sequence",
        shuffle=False,
        random_state=None,
    ):
        self.n_splits = n_splits
        self.similarity = similarity
        self.k = k
        self.reverse_complement = reverse_complement
        self.clusters = clusters
        self.alphabet = alphabet
        self.column = column
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate indices to split data into training and test set.

        Parameters
        ----------
        X : array-like or DataFrame of n_samples
            Sequences as text, codes or channels, or a DataFrame that contains them in `column`.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Target; folds are stratified by classes and indicators.
        groups : array-like of shape (n_samples,) or None, default=None
            Further groups to keep together.

        Yields
        ------
        train : ndarray of int
            Indices of the training samples.
        test : ndarray of int
            Indices of the test samples.

        Raises
        ------
        ValueError
            If there are fewer clusters than folds, or a parameter is out of range.

        Warns
        -----
        UserWarning
            If a large cluster makes folds unequal, or a class is missing from a fold.
        """
        check_integer("n_splits", self.n_splits, 2)
        X, y, groups = indexable(X, y, groups)
        clusters = self._clusters(X, groups)
        rng = check_random_state(self.random_state) if self.shuffle else None
        remedy = self._remedy(groups)
        yield from split_whole(clusters, y, self.n_splits, rng, kind="cluster", remedy=remedy)


class HomologyShuffleSplit(_HomologySplitter):
    """Random splits over clusters of similar sequences.

    Like :class:`HomologyKFold`, but the test clusters of each split are drawn independently. Splits
    are stratified as far as clusters permit; a cluster that is too large for the test set is
    always in the training set.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits.
    test_size : float or int, default=0.2
        Fraction or number of test samples; the test set may be smaller, as clusters are kept whole.
    similarity : float, default=0.9
        Minimum estimated identity of similar sequences; see :func:`homology_clusters`.
    k : int or None, default=None
        Length of the k-mers that are compared; see :func:`homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        When True, compare both strands; "auto" does so for nucleic alphabets.
    clusters : array-like of shape (n_samples,), str or Path or None, default=None
        Cluster of each sample, or a file for :func:`read_clusters`, as for :class:`HomologyKFold`.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        Name of the column of sequences if X is a DataFrame with several columns.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    See Also
    --------
    HomologyKFold : Folds in which each sample is tested once.

    Examples
    --------
    >>> from skgenomics.model_selection import HomologyShuffleSplit
    >>> X = ["ACCGTTAGCAGGTACCAT", "ATGGTACCTGCTAACGGT", "GGATCCATTACAGTACTG", "TTGACCAGATCCAGCACA"]
    >>> splitter = HomologyShuffleSplit(1, test_size=0.5, clusters=[0, 0, 1, 2], random_state=0)
    >>> [test.tolist() for train, test in splitter.split(X)]
    [[2, 3]]
    """

    def __init__(
        self,
        n_splits=5,
        *,
        test_size=0.2,
        similarity=0.9,
        k=None,
        reverse_complement="auto",
        clusters=None,
        alphabet="ACGT",
        column="sequence",
        random_state=None,
    ):
        self.n_splits = n_splits
        self.test_size = test_size
        self.similarity = similarity
        self.k = k
        self.reverse_complement = reverse_complement
        self.clusters = clusters
        self.alphabet = alphabet
        self.column = column
        self.random_state = random_state

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate indices to split data into training and test set.

        Parameters
        ----------
        X : array-like or DataFrame of n_samples
            Sequences as text, codes or channels, or a DataFrame that contains them in `column`.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Target; folds are stratified by classes and indicators.
        groups : array-like of shape (n_samples,) or None, default=None
            Further groups to keep together.

        Yields
        ------
        train : ndarray of int
            Indices of the training samples.
        test : ndarray of int
            Indices of the test samples.

        Raises
        ------
        ValueError
            If no cluster is small enough for the test set, or a parameter is out of range.

        Warns
        -----
        UserWarning
            If the test set is less than half as large as requested.
        """
        check_integer("n_splits", self.n_splits, 1)
        X, y, groups = indexable(X, y, groups)
        clusters = self._clusters(X, groups)
        sizes = np.bincount(clusters)
        n_test = _n_test(self.test_size, len(clusters))
        counts, _ = class_counts(y, clusters, n_rows=len(clusters))
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            is_test = _draw(counts, sizes, n_test, rng)
            _check_drawn(sizes, is_test, n_test)
            yield np.flatnonzero(~is_test[clusters]), np.flatnonzero(is_test[clusters])


def _n_test(test_size, n: int) -> int:
    if isinstance(test_size, int | np.integer) and not isinstance(test_size, bool):
        check_integer("test_size", test_size, 1)
        n_test = int(test_size)
    else:
        check_real("test_size", test_size, 0, 1, inclusive=False)
        n_test = int(np.ceil(test_size * n))
    if n_test >= n:
        raise ValueError(f"test_size={test_size} leaves none of {n} rows to train on")
    return n_test


def _draw(counts: np.ndarray, sizes: np.ndarray, n_test: int, rng) -> np.ndarray:
    """Add clusters to the test set in random order while none of their classes exceeds its size."""
    room = n_test
    class_room = np.ceil(counts.sum(axis=0) * n_test / sizes.sum())
    is_test = np.zeros(len(sizes), dtype=bool)
    for cluster in rng.permutation(len(sizes)):
        if sizes[cluster] <= room and (counts[cluster] <= class_room).all():
            is_test[cluster] = True
            room -= sizes[cluster]
            class_room -= counts[cluster]
    return is_test


def _check_drawn(sizes: np.ndarray, is_test: np.ndarray, n_test: int) -> None:
    n_drawn = int(sizes[is_test].sum())
    words = (
        f"{n_test} of {sizes.sum()} rows are to be tested, but clusters are kept whole and the "
        f"largest of {len(sizes)} has {sizes.max()} rows"
    )
    if n_drawn == 0:
        raise ValueError(f"{words}, so that none can be. Raise `similarity` or `test_size`")
    if n_drawn < n_test / 2:
        warn_user(f"{words}: the test part has only {n_drawn}. Raise `similarity`")
