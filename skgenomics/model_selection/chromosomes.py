"""Cross-validation that keeps chromosomes whole."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable

from skgenomics._utils.validation import check_integer
from skgenomics.model_selection._folds import split_whole
from skgenomics.model_selection._frames import chromosome_keys
from skgenomics.model_selection.homology import number_by_appearance

_REMEDY = "Use fewer folds"


class ChromosomeKFold(BaseCrossValidator):
    """K folds of whole chromosomes, of like size and with like shares of the classes.

    Neighbours on a chromosome overlap, share domains and duplicates in tandem; a random split has
    them on both sides. The names chr1 and 1 are one chromosome, and so are chrM and MT.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    column : str, default="chrom"
        The column of chromosomes, if X is a frame and no `groups` are given.
    shuffle : bool, default=False
        Whether chromosomes of one size are shuffled before they are put into folds.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling; pass an int for reproducible results.

    See Also
    --------
    LeaveChromosomesOut : Named chromosomes to test.
    HomologyKFold : Similar sequences kept together, wherever they are.

    Notes
    -----
    Paralogs and repeats are on different chromosomes too: :func:`find_leakage` shows them.

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

    # scikit-learn reads this name: `groups` reach the splitter under metadata routing.
    __metadata_request__split = {"groups": True}

    def __init__(self, n_splits=5, *, column="chrom", shuffle=False, random_state=None):
        self.n_splits = n_splits
        self.column = column
        self.shuffle = shuffle
        self.random_state = random_state

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

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows to train on and the rows to test.

        Parameters
        ----------
        X : object with n rows
            A frame with the column of chromosomes, or anything if `groups` are given.
        y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
            Labels; classes and indicators are stratified.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each row.

        Yields
        ------
        train, test : ndarray of int
            Numbers of the rows.

        Raises
        ------
        ValueError
            If chromosomes are missing, or there are fewer of them than folds.

        Warns
        -----
        UserWarning
            If a large chromosome makes the folds unequal, or a class is missing in a fold.
        """
        check_integer("n_splits", self.n_splits, 2)
        X, y, groups = indexable(X, y, groups)
        chromosomes = _chromosomes(X, groups, self.column)
        codes = number_by_appearance(chromosome_keys(chromosomes).to_numpy())
        rng = check_random_state(self.random_state) if self.shuffle else None
        yield from split_whole(codes, y, self.n_splits, rng, kind="chromosome", remedy=_REMEDY)


class LeaveChromosomesOut(BaseCrossValidator):
    """Test on each chromosome in turn, or on the sets of chromosomes that are named.

    Parameters
    ----------
    chromosomes : list of str or list of lists of str or None, default=None
        The chromosomes to test in each split, such as ``[["chr8"], ["chr1", "chrX"]]``; a name by
        itself is a set of one, and chr8 is also found as 8. By default each chromosome of the data
        in turn. All other rows are trained on.
    column : str, default="chrom"
        The column of chromosomes, if X is a frame and no `groups` are given.

    See Also
    --------
    ChromosomeKFold : Folds of like size.

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

    # scikit-learn reads this name: `groups` reach the splitter under metadata routing.
    __metadata_request__split = {"groups": True}

    def __init__(self, chromosomes=None, *, column="chrom"):
        self.chromosomes = chromosomes
        self.column = column

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : frame or None, default=None
            Needed, or `groups`, unless the chromosomes are named in advance.
        y : object
            Ignored.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each row.

        Returns
        -------
        int
        """
        if self.chromosomes is not None:
            return len(self._named_sets())
        return chromosome_keys(_chromosomes(X, groups, self.column)).nunique()

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows to train on and the rows to test.

        Parameters
        ----------
        X : object with n rows
            A frame with the column of chromosomes, or anything if `groups` are given.
        y : object
            Ignored.
        groups : array-like of shape (n_samples,) or None, default=None
            Chromosome of each row.

        Yields
        ------
        train, test : ndarray of int
            Numbers of the rows.

        Raises
        ------
        ValueError
            If chromosomes are missing, a named one is not among them, or a set leaves no row to
            train on.
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
    """Name of the chromosome of each row, as str."""
    if groups is None:
        if not hasattr(X, "columns") or column not in X.columns:
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
