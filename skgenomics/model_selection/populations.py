"""Removal of confounders from features, and splits by population."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import indexable
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from skgenomics._utils.validation import check_real
from skgenomics.model_selection._folds import GroupSplitter
from skgenomics.sequences import is_frame


class ConfounderResidualizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Subtract from features what confounders predict of them.

    Principal components of population structure, age, or batch covariates are columns of X beside
    the features. A linear regression of each feature on them is fitted in `fit`, that is on the
    training folds alone, and :meth:`transform` returns the residuals, without the confounders.

    Parameters
    ----------
    confounders : list of int or str, or None, default=None
        Columns of X that hold the confounders: numbers, or names if X is a frame. None for no
        confounders, which leaves X as it is.
    alpha : float, default=0.0
        Strength of an L2 penalty on the coefficients, relative to standardized confounders; 0 for
        least squares.

    Attributes
    ----------
    coef_ : ndarray of shape (n_confounders, n_features_out)
        Coefficients of each feature.
    means_ : ndarray of shape (n_confounders,)
        Means of the confounders in fit: features are adjusted to a sample with these.
    confounder_indices_ : ndarray of shape (n_confounders,), int
        Indices of the columns of the confounders.
    n_features_in_ : int
        Number of columns of X in fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.

    See Also
    --------
    confounder_report : Find confounders of sequences.
    skgenomics.DomainAdversarialClassifier : Features of a network that do not tell a domain.
    skgenomics.genome.read_genotypes : Genotypes, whose principal components are confounders.

    Notes
    -----
    Residuals of the training samples are uncorrelated with the confounders exactly; what is not
    linear in them stays. Where labels and confounders are correlated, a part of the signal is
    removed too.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.model_selection import ConfounderResidualizer
    >>> rng = np.random.default_rng(0)
    >>> age = rng.normal(size=(200, 1))
    >>> X = np.hstack([age, 3 * age + rng.normal(size=(200, 2))])
    >>> residuals = ConfounderResidualizer([0]).fit_transform(X)
    >>> residuals.shape
    (200, 2)
    >>> bool(abs(np.corrcoef(residuals[:, 0], age[:, 0])[0, 1]) < 1e-10)
    True
    """

    def __init__(self, confounders: Sequence[int | str] | None = None, *, alpha: float = 0.0):
        self.confounders = confounders
        self.alpha = alpha

    def fit(self, X, y=None):
        """Fit the regression of features on confounders.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Features and confounders.
        y : None, default=None
            Ignored; present by convention.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If X is not finite, a confounder is not a column of X, or no feature is left.
        """
        check_real("alpha", self.alpha, 0)
        data = validate_data(self, X, dtype=[np.float64, np.float32])
        self.confounder_indices_ = self._find_columns(data.shape[1])
        confounders, features = self._split(data)
        if not features.shape[1]:
            raise ValueError("all columns of X are confounders, so that no feature is left")
        self.means_ = confounders.mean(axis=0)
        centered = confounders - self.means_
        scale = centered.std(axis=0)
        scale[scale == 0] = 1
        standard = centered / scale
        outcome = features - features.mean(axis=0)
        if self.alpha:
            gram = standard.T @ standard + self.alpha * np.eye(standard.shape[1])
            weights = np.linalg.solve(gram, standard.T @ outcome)
        else:
            weights = np.linalg.lstsq(standard, outcome, rcond=None)[0]
        self.coef_ = weights / scale[:, np.newaxis]
        return self

    def transform(self, X) -> np.ndarray:
        """Compute the residuals of the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Features and confounders, in the columns of fit.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Features without what the confounders predict, in the order of their columns.
        """
        check_is_fitted(self)
        data = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        confounders, features = self._split(data)
        adjusted = features - (confounders - self.means_) @ self.coef_
        return adjusted.astype(data.dtype, copy=False)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Get the names of the features that are left.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; by default those seen in fit.

        Returns
        -------
        ndarray of shape (n_features_out,), object
            Names of the output columns.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.delete(names, self.confounder_indices_)

    def _find_columns(self, n_columns: int) -> np.ndarray:
        names = getattr(self, "feature_names_in_", None)
        found = []
        for column in self.confounders if self.confounders is not None else ():
            if isinstance(column, str):
                if names is None or column not in names:
                    shown = "no names" if names is None else f"the columns {names.tolist()[:20]}"
                    raise ValueError(f"X has {shown}, but confounders has {column!r}")
                found.append(int(np.flatnonzero(names == column)[0]))
            elif not -n_columns <= column < n_columns:
                raise ValueError(f"confounders has {column!r}, but X has {n_columns} columns")
            else:
                found.append(int(column) % n_columns)
        if len(set(found)) < len(found):
            raise ValueError(f"confounders names a column twice: {self.confounders!r}")
        return np.array(found, dtype=np.intp)

    def _split(self, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = np.delete(data, self.confounder_indices_, axis=1)
        return data[:, self.confounder_indices_].astype(float), features.astype(float)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class LeavePopulationsOut(GroupSplitter):
    """Leave out each population in turn, or named sets of populations.

    Samples of one population share alleles by descent, so that a model may predict the population
    instead of the phenotype. A split by populations shows how it does in another one.

    Parameters
    ----------
    populations : list of str or list of lists of str or None, default=None
        Test populations of each split, such as ``["YRI", ["CEU", "TSI"]]``. None for each
        population of the data in turn.
    column : str, default="population"
        Name of the column of populations, used if `groups` is not given.

    See Also
    --------
    LeaveChromosomesOut : Splits by chromosomes.
    ConfounderResidualizer : Features without population structure.

    Examples
    --------
    >>> from skgenomics.model_selection import LeavePopulationsOut
    >>> populations = ["YRI", "CEU", "CEU", "TSI"]
    >>> splitter = LeavePopulationsOut(["YRI", ["CEU", "TSI"]])
    >>> for train, test in splitter.split([[0.0]] * 4, groups=populations):
    ...     print(train, test)
    [1 2 3] [0]
    [0] [1 2 3]
    """

    def __init__(
        self,
        populations: Sequence[str | Sequence[str]] | None = None,
        *,
        column: str = "population",
    ):
        self.populations = populations
        self.column = column

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : DataFrame or None, default=None
            Required, unless `groups` or `populations` is given.
        y : object, default=None
            Ignored; present for compatibility.
        groups : array-like of shape (n_samples,) or None, default=None
            Population of each sample.

        Returns
        -------
        int
            Number of splits.
        """
        if self.populations is not None:
            return len(self.populations)
        return self._read(X, groups).nunique()

    def split(self, X, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate indices to split data into training and test set.

        Parameters
        ----------
        X : array-like or DataFrame of n_samples
            DataFrame with the column of populations, or any data if `groups` is given.
        y : object, default=None
            Ignored; present for compatibility.
        groups : array-like of shape (n_samples,) or None, default=None
            Population of each sample.

        Yields
        ------
        train : ndarray of int
            Indices of the training samples.
        test : ndarray of int
            Indices of the test samples.

        Raises
        ------
        ValueError
            If populations are missing, a named one does not occur, or a set leaves no training
            samples.
        """
        X, y, groups = indexable(X, y, groups)
        values = self._read(X, groups)
        known = values.unique().tolist()
        sets: Sequence[Any] = known if self.populations is None else self.populations
        for names in sets:
            wanted = [names] if np.isscalar(names) else list(names)
            for name in wanted:
                if name not in known:
                    raise ValueError(
                        f"no sample is of the population {name!r}, only of "
                        f"{', '.join(map(repr, known[:30]))}"
                    )
            is_test = values.isin(wanted).to_numpy()
            if is_test.all():
                raise ValueError(f"testing {wanted} leaves no sample to train on")
            yield np.flatnonzero(~is_test), np.flatnonzero(is_test)

    def _read(self, X, groups) -> pd.Series:
        if groups is None:
            if not is_frame(X) or self.column not in X.columns:
                raise ValueError(
                    "populations are missing: pass them as `groups`, or X as a frame with the "
                    f"column {self.column!r}"
                )
            groups = X[self.column]
        values = pd.Series(np.asarray(groups).ravel(), dtype=object)
        if values.isna().any():
            raise ValueError(f"row {values.isna().argmax()} has no population")
        return values
