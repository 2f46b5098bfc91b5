"""What the samplers share: reading X, and the imbalanced-learn conventions."""

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
    """A sampler that takes text, codes and channels and gives back what it got.

    To be put in front of an imbalanced-learn base class.  A subclass has the parameters
    `alphabet`, `sampling_strategy` and `random_state`, and gets X as :class:`Rows` in
    ``_fit_resample(rows, y)``, which returns a container like X, and the labels.
    """

    def fit(self, X, y):
        """Check X and y, and count the classes; :meth:`fit_resample` does it all.

        Parameters
        ----------
        X : text, codes or channels
            As in :meth:`fit_resample`.
        y : array-like of shape (n,)
            Class of each sequence.

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
        X : text, codes or channels
            Sequences as str, of shape (n,) or (n, 1); uint8 codes of shape (n, L); or numbers of
            shape (n, L * C), (n, L, C) or (n, C, L).
        y : array-like of shape (n,)
            Class of each sequence; also as an indicator of shape (n, n_classes) with one 1 a row.
        **params : dict
            What else the sampler takes for each row.

        Returns
        -------
        X_resampled : same type as X
            The sequences that are kept, unchanged and in their order, then the new ones. A
            Series or a frame has a new index from 0.
        y_resampled : same type as y
            Their classes.

        Raises
        ------
        ValueError
            If a parameter is out of its range, X is empty, not finite, of a wrong shape, or holds
            a letter or a code that the alphabet does not know, or if y has one class only.
        TypeError
            If text holds something else than strings.
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
    """An over-sampler that makes the new rows of one class after the other, in `_enlarge`."""

    def _fit_resample(self, rows: Rows, y: np.ndarray):
        self._check_parameters()
        random_state = check_random_state(self.random_state)
        parts, labels, parents = [], [y], [np.arange(len(rows))]
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
        """Raise a ValueError if a parameter is out of its range."""

    @abstractmethod
    def _enlarge(
        self, rows: Rows, members: np.ndarray, n_new: int, label, random_state
    ) -> tuple[list, np.ndarray | None]:
        """Make `n_new` rows of a class, and tell from which rows they come if each has only one.

        `members` are the rows of the class; the new rows come in parts as `Rows.finish` and
        `Rows.adopt` make them.
        """


def draw_parents(members: np.ndarray, n: int, random_state) -> np.ndarray:
    """Draw rows in random order, none of them once more before all were drawn equally often."""
    n_passes = -(-n // len(members))
    return np.concatenate([random_state.permutation(members) for _ in range(n_passes)])[:n]


def change_rows(
    rows: Rows,
    parents: np.ndarray,
    change: Callable[[np.ndarray, slice], tuple[np.ndarray, np.ndarray]],
) -> list:
    """Make one new row of each parent, a block at a time.

    `change` takes the elements of some parents, shape (n, width, ...), and their place in
    `parents`, and returns the elements of the new rows and their lengths.
    """
    return [
        rows.finish(*change(rows.take(parents[block]), block), parents[block])
        for block in rows.blocks(len(parents))
    ]


def _is_sparse_frame(X) -> bool:
    return hasattr(X, "iloc") and all("Sparse" in str(dtype) for dtype in np.ravel(X.dtypes))
