"""Cross-validation over whole chromosomes."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state, indexable

from skgenomics._utils.validation import check_integer
from skgenomics.model_selection._folds import GroupSplitter, split_whole
from skgenomics.model_selection._frames import chromosome_keys
from skgenomics.model_selection.homology import number_by_appearance
from skgenomics.sequences import is_frame

_REMEDY = "Use fewer folds"


class ChromosomeKFold(GroupSplitter):
    """Stratified, size-balanced K-fold over whole chromosomes.

    Neighboring loci overlap and share domains and tandem duplicates, which a random split puts on
    both sides. Chromosome names are normalized: chr1 and 1 are the same, as are chrM and MT.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    column : str, default="chrom"
        Name of the column of chromosomes, used if `groups` is not given.
    shuffle : bool, default=False
        When True, shuffle chromosomes of equal size before they are assigned to folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling; pass an int for reproducible results.

    See Also
    --------
    LeaveChromosomesOut : Splits by named chromosomes.
    HomologyKFold : Folds of similar sequences, wherever they are.

    Notes
    -----
    Paralogs and repeats occur on different chromosomes: :func:`find_leakage` detects them.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics.model_selection import ChromosomeKFold
    >>> X = pd.DataFrame({"chrom": ["chr1", "chr1", "chr2", "chrX"], "start": [5, 900, 7, 20]})
    >>> for train, test in ChromosomeKFold(2).split(X):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    def __init__(self, n_splits=5, *, column="chrom", shuffle=False, random_state=None):
        self.n_splits = n_splits
        self.column = column
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate indices to split data into training and test set.

        Parameters
        ----------
        X : array-like or DataFrame of n_samples
            DataFrame with the column of chromosomes, or any data if `groups` is given.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Target; folds are stratified by classes and indicators.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each sample.

        Yields
        ------
        train : ndarray of int
            Indices of the training samples.
        test : ndarray of int
            Indices of the test samples.

        Raises
        ------
        ValueError
            If chromosomes are missing, or there are fewer of them than folds.

        Warns
        -----
        UserWarning
            If a large chromosome makes folds unequal, or a class is missing from a fold.
        """
        check_integer("n_splits", self.n_splits, 2)
        X, y, groups = indexable(X, y, groups)
        chromosomes = _chromosomes(X, groups, self.column)
        codes = number_by_appearance(chromosome_keys(chromosomes).to_numpy())
        rng = check_random_state(self.random_state) if self.shuffle else None
        yield from split_whole(codes, y, self.n_splits, rng, kind="chromosome", remedy=_REMEDY)


class LeaveChromosomesOut(GroupSplitter):
    """Leave out each chromosome in turn, or named sets of chromosomes.

    Parameters
    ----------
    chromosomes : list of str or list of lists of str or None, default=None
        Test chromosomes of each split, such as ``[["chr8"], ["chr1", "chrX"]]``; a single name is
        a set of one, and chr8 also matches 8. None for each chromosome of the data in turn. All
        other samples are training samples.
    column : str, default="chrom"
        Name of the column of chromosomes, used if `groups` is not given.

    See Also
    --------
    ChromosomeKFold : Folds of balanced size.

    Examples
    --------
    >>> from skgenomics.model_selection import LeaveChromosomesOut
    >>> chromosomes = ["chr1", "chr8", "chrX", "chr2"]
    >>> splitter = LeaveChromosomesOut(["chr8", ["chr1", "chrX"]])
    >>> for train, test in splitter.split([[0.0]] * 4, groups=chromosomes):
    ...     print(train, test)
    [0 2 3] [1]
    [1 3] [0 2]
    """

    def __init__(self, chromosomes=None, *, column="chrom"):
        self.chromosomes = chromosomes
        self.column = column

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : DataFrame or None, default=None
            Required, unless `groups` or `chromosomes` is given.
        y : object, default=None
            Ignored; present for compatibility.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each sample.

        Returns
        -------
        int
            Number of splits.
        """
        if self.chromosomes is not None:
            return len(self._named_sets())
        return chromosome_keys(_chromosomes(X, groups, self.column)).nunique()

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate indices to split data into training and test set.

        Parameters
        ----------
        X : array-like or DataFrame of n_samples
            DataFrame with the column of chromosomes, or any data if `groups` is given.
        y : object, default=None
            Ignored; present for compatibility.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each sample.

        Yields
        ------
        train : ndarray of int
            Indices of the training samples.
        test : ndarray of int
            Indices of the test samples.

        Raises
        ------
        ValueError
            If chromosomes are missing, a named one does not occur, or a set leaves no training
            samples.
        """
        X, y, groups = indexable(X, y, groups)
        chromosomes = _chromosomes(X, groups, self.column)
        keys = chromosome_keys(chromosomes)
        every = chromosomes[~keys.duplicated()].tolist()
        sets = [[name] for name in every] if self.chromosomes is None else self._named_sets()
        for test_names in sets:
            wanted = chromosome_keys(pd.Series(test_names, dtype=object))
            _check_known(test_names, wanted.isin(keys), every)
            is_test = keys.isin(wanted).to_numpy()
            if is_test.all():
                raise ValueError(
                    f"testing {', '.join(test_names)} leaves no row to train on: X has no other "
                    "chromosomes"
                )
            yield np.flatnonzero(~is_test), np.flatnonzero(is_test)

    def _named_sets(self) -> list[list[str]]:
        if isinstance(self.chromosomes, str) or not len(self.chromosomes):
            raise ValueError(
                "chromosomes must be a list of names or of lists of names, such as "
                f"[['chr8'], ['chr1', 'chrX']], got {self.chromosomes!r}"
            )
        return [
            [str(name) for name in np.atleast_1d(np.asarray(names, dtype=object))]
            for names in self.chromosomes
        ]


def _chromosomes(X, groups, column: str) -> pd.Series:
    """Get the name of the chromosome of each sample."""
    if groups is None:
        if not is_frame(X) or column not in X.columns:
            raise ValueError(
                f"chromosomes are missing: pass them as `groups`, or X as a frame with the column "
                f"{column!r}"
            )
        groups = X[column]
    values = pd.Series(np.asarray(groups).ravel(), dtype=object)
    missing = values.isna()
    if missing.any():
        raise ValueError(
            f"row {missing.argmax()} has no chromosome, as {missing.sum()} of {len(values)} rows "
            "have none; fill them in or drop them"
        )
    return values.astype(str)


def _check_known(wanted: list[str], is_known: pd.Series, names: list[str]) -> None:
    for name in (name for name, known in zip(wanted, is_known, strict=True) if not known):
        nearest = get_close_matches(name, names, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(
            f"no row is on chromosome {name!r}, only on {', '.join(map(repr, names[:30]))}{hint}"
        )
