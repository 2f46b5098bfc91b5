"""Base classes of the samplers: reading of X and imbalanced-learn's conventions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_target_type
from sklearn.utils import check_consistent_length, check_random_state

from skgenomics._utils.input_validation import read_numeric, read_ragged
from skgenomics.sampling._rows import ChannelRows, CodeRows, Rows, TextRows
from skgenomics.sequences import get_alphabet, is_text


class SequenceSampler:
    """Mixin of samplers that read text, codes and channels and return the same type.

    It precedes a base class of imbalanced-learn. A subclass has the parameters `alphabet`,
    `sampling_strategy` and `random_state`, and receives X as :class:`Rows` in
    ``_fit_resample(rows, y)``, which returns a container like X and the labels.
    """

    alphabet: str
    n_features_in_: int

    def fit(self, X, y):
        """Check the input and count the classes.

        Use :meth:`fit_resample`, which includes this step.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences, as in :meth:`fit_resample`.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : object
            The sampler.
        """
        return super().fit(X, y)

    def fit_resample(self, X, y, **params):
        """Resample sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Sequences as text of shape (n_samples,) or (n_samples, 1); as uint8 codes of shape
            (n_samples, L); or as channels of shape (n_samples, L * C), (n_samples, L, C) or
            (n_samples, C, L).
        y : array-like of shape (n_samples,)
            Class labels, or indicators of shape (n_samples, n_classes) with a single 1 per sample.
        **params : dict
            Additional arguments of the sampler, one value per sample.

        Returns
        -------
        X_resampled : same type as X
            The original sequences in their order, then the new ones. The index of a Series or
            DataFrame starts from 0.
        y_resampled : same type as y
            Class labels of the resampled sequences.

        Raises
        ------
        ValueError
            If a parameter is out of range, X is empty, not finite, of a wrong shape, or holds a
            symbol or a code that is not in the alphabet, or if y has one class only.
        TypeError
            If text holds elements that are not strings.
        """
        return super().fit_resample(self._read(X), y, **params)

    def _check_X_y(self, X, y) -> tuple[Rows, np.ndarray, bool]:
        y, is_binarized = check_target_type(y, indicate_one_vs_all=True)
        # `fit` passes X as the user gave it.
        rows = X if isinstance(X, Rows) else self._read(X)
        check_consistent_length(rows, y)
        return rows, y, is_binarized

    def _read(self, X) -> Rows:
        alphabet = get_alphabet(self.alphabet)
        if is_text(X):
            read_ragged(self, X, alphabet=alphabet, reset=True)
            return TextRows(X, alphabet)
        dense = X.sparse.to_dense() if _is_sparse_frame(X) else X
        self.input_form_, data = read_numeric(
            self, dense, alphabet, None, allow_table=False, reset=True
        )
        if self.input_form_ == "codes":
            return CodeRows(X, data, alphabet)
        values = np.asarray(dense)
        # Types such as pandas' nullable ones come out as objects.
        values = values if values.dtype.kind in "biuf" else data[:, : self.n_features_in_]
        return ChannelRows(X, values, alphabet)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags


class SequenceOverSampler(SequenceSampler, BaseOverSampler):
    """Base class of over-samplers, which generate the new samples of each class in `_enlarge`."""

    def _fit_resample(self, rows: Rows, y: np.ndarray):
        self._check_parameters()
        random_state = check_random_state(self.random_state)
        parts: list = []
        labels: list[np.ndarray] = [y]
        # All have parents if the sampler has the tag `sample_indices`.
        parents: list = [np.arange(len(rows))]
        for label, n_new in self.sampling_strategy_.items():
            if n_new:
                members = np.flatnonzero(y == label)
                new, origins = self._enlarge(rows, members, n_new, label, random_state)
                parts.extend(new)
                parents.append(origins)
                labels.append(np.full(n_new, label, dtype=y.dtype))
        self.__dict__.pop("sample_indices_", None)
        if self.__sklearn_tags__().sampler_tags.sample_indices:
            self.sample_indices_ = np.concatenate(parents)
        return rows.append(parts), np.concatenate(labels)

    def _check_parameters(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    @abstractmethod
    def _enlarge(
        self, rows: Rows, members: np.ndarray, n_new: int, label, random_state
    ) -> tuple[list, np.ndarray | None]:
        """Generate `n_new` samples of a class, and the index of the parent of each, if it has one.

        `members` are the indices of the class. New samples are returned in parts, as made by
        `Rows.finish` and `Rows.adopt`.
        """


def draw_parents(members: np.ndarray, n: int, random_state) -> np.ndarray:
    """Draw indices in random order, such that their frequencies differ by at most one."""
    n_passes = -(-n // len(members))
    return np.concatenate([random_state.permutation(members) for _ in range(n_passes)])[:n]


def change_rows(
    rows: Rows,
    parents: np.ndarray,
    change: Callable[[np.ndarray, slice], tuple[np.ndarray, np.ndarray]],
) -> list:
    """Derive one new sample from each parent, block by block.

    `change` receives the elements of some parents, shape (n_parents, width, ...), and their slice
    of `parents`; it returns the elements and lengths of the new samples.
    """
    return [
        rows.finish(*change(rows.take(parents[block]), block), parents[block])
        for block in rows.blocks(len(parents))
    ]


def _is_sparse_frame(X) -> bool:
    return hasattr(X, "iloc") and all("Sparse" in str(dtype) for dtype in np.ravel(X.dtypes))
