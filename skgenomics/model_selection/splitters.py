"""Cross-validation that keeps similar sequences on one side of every split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable
from sklearn.utils.validation import _num_samples

from skgenomics._utils.validation import check_integer, check_real, warn_user
from skgenomics.model_selection._folds import class_counts, split_whole
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


class _HomologySplitter(BaseCrossValidator):
    """What splitters by homology share: the clusters of the rows."""

    # scikit-learn reads this name: `groups` reach the splitter under metadata routing.
    __metadata_request__split = {"groups": True}

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
        """
        return self.n_splits

    def _clusters(self, X, groups) -> np.ndarray:
        """Cluster of each row, joined with the groups."""
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
            return "Groups join the clusters that they share: leave them out, or use fewer folds"
        return _REMEDY if self.clusters is None else "Use fewer folds"


class HomologyKFold(_HomologySplitter):
    """K folds with similar sequences kept together.

    Sequences are clustered by :func:`homology_clusters`, unless clusters are given, and whole
    clusters are put into folds of like size: no test sequence is similar to one that was trained
    on, on either strand. Folds have like shares of the classes, or of the labels of a
    multi-label y, as far as clusters allow it.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    similarity : float, default=0.9
        Least estimated identity of similar sequences, see :func:`homology_clusters`.
    k : int or None, default=None
        Length of the words that are compared, see :func:`homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        Whether both strands are compared; "auto" does so for nucleic acids.
    clusters : array-like of shape (n_samples,), str or Path or None, default=None
        Cluster of each row, or a file for :func:`read_clusters`, which has the names of the rows:
        the index of X if that is a Series or a frame, else their numbers, from 0.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        The column of sequences, if X is a frame with several.
    shuffle : bool, default=False
        Whether clusters of one size are shuffled before they are put into folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling; pass an int for reproducible results.

    See Also
    --------
    HomologyShuffleSplit : Random splits of this kind.
    ChromosomeKFold : Whole chromosomes kept together.
    find_leakage : What a given split leaks.

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
        """Yield the rows to train on and the rows to test.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or frame
            Sequences; a frame of several columns has them in `column`.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Labels; classes and indicators are stratified.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are kept together as well.

        Yields
        ------
        train, test : ndarray of int
            Numbers of the rows.

        Raises
        ------
        ValueError
            If there are fewer clusters than folds, or a parameter is out of its range.

        Warns
        -----
        UserWarning
            If a large cluster makes the folds unequal, or a class is missing in a fold.
        """
        check_integer("n_splits", self.n_splits, 2)
        X, y, groups = indexable(X, y, groups)
        clusters = self._clusters(X, groups)
        rng = check_random_state(self.random_state) if self.shuffle else None
        remedy = self._remedy(groups)
        yield from split_whole(clusters, y, self.n_splits, rng, kind="cluster", remedy=remedy)


class HomologyShuffleSplit(_HomologySplitter):
    """Random splits with similar sequences kept together.

    As :class:`HomologyKFold`, but each split draws its test clusters anew. Both parts have like
    shares of the classes as far as clusters allow it; a cluster too large for the test part is
    always trained on.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits.
    test_size : float or int, default=0.2
        Share or number of the rows to test; clusters make the part somewhat smaller.
    similarity : float, default=0.9
        Least estimated identity of similar sequences, see :func:`homology_clusters`.
    k : int or None, default=None
        Length of the words that are compared, see :func:`homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        Whether both strands are compared; "auto" does so for nucleic acids.
    clusters : array-like of shape (n_samples,), str or Path or None, default=None
        Cluster of each row, or a file for :func:`read_clusters`; as for :class:`HomologyKFold`.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        The column of sequences, if X is a frame with several.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    See Also
    --------
    HomologyKFold : Each row is tested once.

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
        """Yield the rows to train on and the rows to test.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or frame
            Sequences; a frame of several columns has them in `column`.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Labels; classes and indicators are stratified.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are kept together as well.

        Yields
        ------
        train, test : ndarray of int
            Numbers of the rows.

        Raises
        ------
        ValueError
            If no cluster is small enough for the test part, or a parameter is out of its range.

        Warns
        -----
        UserWarning
            If the test part is less than half as large as asked for.
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
    """Go through the clusters at random, and test those for which all their classes have room."""
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
