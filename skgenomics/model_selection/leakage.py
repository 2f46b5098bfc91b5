"""Leakage between training and test sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_choice
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.model_selection._frames import find_overlaps, find_sequences, has_intervals
from skgenomics.model_selection._homology_search import (
    both_strands,
    make_settings,
    read_distinct,
    search,
)

_KINDS = ("exact", "reverse_complement", "near_duplicate", "overlap")
_DESCRIPTIONS = {
    "exact": "are training sequences",
    "reverse_complement": "are reverse complements of training sequences",
    "near_duplicate": "are near duplicates of training sequences",
    "overlap": "overlap training intervals",
}


@dataclass(frozen=True, eq=False)
class LeakageReport:
    """Leakage of a split, as returned by :func:`find_leakage`.

    Each frame has one row for each test sample concerned, with the columns ``test`` and ``train``:
    the indices, from 0, of the test sample and of a training sample that leaks into it. A test
    sample is in only one of the first three frames, the first that applies.

    Parameters
    ----------
    exact : DataFrame
        Test samples whose sequence is that of a training sample; ``n_train`` is the number of
        these training samples.
    reverse_complement : DataFrame
        Test samples whose reverse complement is a training sequence; ``n_train`` as above.
    near_duplicate : DataFrame
        Test samples similar to a training sample, of which the most similar one is given;
        ``similarity`` is the estimated identity.
    overlap : DataFrame
        Test intervals that overlap training intervals on either strand; ``n_train`` is their
        number and ``overlap`` the number of positions in common with the one given.
    n_train : int
        Number of training samples.
    n_test : int
        Number of test samples.
    leaking_train : ndarray of int
        Indices of all training samples that leak, in ascending order; the frames name only one of
        them for each test sample.
    kinds : tuple of str
        Kinds of leakage that were searched for, which depend on the columns of both sets.

    Examples
    --------
    >>> from skgenomics.model_selection import find_leakage
    >>> report = find_leakage(["ACGTTGCA", "AAACCCGA"], ["TCGGGTTT", "CCCATGTG"])
    >>> print(report)
    1 of 2 test rows (50.0 %) leak, 1 of 2 training rows leak into them
      0 are training sequences
      1 are reverse complements of training sequences
      0 are near duplicates of training sequences
    >>> report.rows_to_drop("train").tolist()
    [1]
    """

    exact: pd.DataFrame
    reverse_complement: pd.DataFrame
    near_duplicate: pd.DataFrame
    overlap: pd.DataFrame
    n_train: int
    n_test: int
    leaking_train: np.ndarray
    kinds: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of test samples of each kind."""
        return {kind: len(getattr(self, kind)) for kind in _KINDS}

    def rows_to_drop(self, part: str = "test") -> np.ndarray:
        """List the samples to drop so that none of the detected leakage remains.

        Parameters
        ----------
        part : {"test", "train"}, default="test"
            Set to drop samples from.

        Returns
        -------
        ndarray of int
            Indices of the samples, in ascending order.

        Examples
        --------
        >>> from skgenomics.model_selection import find_leakage
        >>> find_leakage(["ACGT", "AAAC"], ["CCCC", "aaac"]).rows_to_drop("test")
        array([1])
        """
        check_choice("part", part, ("test", "train"))
        if part == "train":
            return self.leaking_train.copy()
        return np.unique(np.concatenate([getattr(self, kind)["test"] for kind in _KINDS]))

    def to_frame(self) -> pd.DataFrame:
        """Combine all frames into one.

        Returns
        -------
        DataFrame
            Columns ``kind``, ``test``, ``train``, ``n_train``, ``similarity`` and ``overlap``, with
            missing values in columns that a kind does not have.

        Examples
        --------
        >>> from skgenomics.model_selection import find_leakage
        >>> find_leakage(["ACGT", "AAAC"], ["aaac"]).to_frame()[["kind", "test", "train"]]
            kind  test  train
        0  exact     0      1
        """
        columns = ["kind", "test", "train", "n_train", "similarity", "overlap"]
        frames = [getattr(self, kind).assign(kind=kind) for kind in _KINDS]
        frames = [frame for frame in frames if len(frame)]
        if not frames:
            return pd.DataFrame(columns=columns)
        return pd.concat(frames, ignore_index=True).reindex(columns=columns)

    def __str__(self) -> str:
        n_leaking = len(self.rows_to_drop("test"))
        lines = [
            f"{n_leaking} of {self.n_test} test rows ({n_leaking / self.n_test:.1%}) leak, "
            f"{len(self.leaking_train)} of {self.n_train} training rows leak into them"
        ]
        lines[0] = lines[0].replace("%)", " %)")
        lines += [f"  {self.counts[kind]} {_DESCRIPTIONS[kind]}" for kind in self.kinds]
        return "\n".join(lines)

    __repr__ = __str__


def find_leakage(
    X_train,
    X_test,
    *,
    similarity: float = 0.9,
    k: int | None = None,
    n_hashes: int = 32,
    reverse_complement: bool | str = "auto",
    alphabet: str | Alphabet = "ACGT",
    column: str = "sequence",
    random_state=0,
) -> LeakageReport:
    """Find test samples that occur, exactly or nearly, among the training samples.

    Parameters
    ----------
    X_train, X_test : array-like or DataFrame
        Sequences as text, codes or channels; or DataFrames with the columns ``chrom``, ``start``
        and ``end`` (0-based, half-open), a column of sequences, or both.
    similarity : float, default=0.9
        Minimum estimated identity of near duplicates; see :func:`homology_clusters`.
    k : int or None, default=None
        Length of the k-mers; see :func:`homology_clusters`. The default depends on the lengths of
        all sequences together.
    n_hashes : int, default=32
        Number of MinHash values; see :func:`homology_clusters`.
    reverse_complement : bool or "auto", default="auto"
        When True, compare both strands; "auto" does so for nucleic alphabets.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        Name of the column of sequences if X is a DataFrame with several columns.
    random_state : int, RandomState instance or None, default=0
        Seed of the hash functions; see :func:`homology_clusters`.

    Returns
    -------
    LeakageReport
        Leaking samples by kind.

    Raises
    ------
    ValueError
        If there is nothing to compare, or a parameter is out of range.

    See Also
    --------
    find_duplicates : Samples that occur twice in one set.
    HomologyKFold : Splits without such leakage.

    Notes
    -----
    Case, T or U, and unknown symbols at the ends are ignored. All ambiguity codes are the same
    unknown symbol. The names ``chr1`` and ``1`` are the same chromosome.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics.model_selection import find_leakage
    >>> train = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [100, 0], "end": [200, 50]})
    >>> test = pd.DataFrame({"chrom": ["1", "chr2"], "start": [150, 50], "end": [250, 90]})
    >>> find_leakage(train, test).overlap
       test  train  n_train  overlap
    0     0      0        1       50
    """
    alphabet = get_alphabet(alphabet)
    both = both_strands(reverse_complement, alphabet)
    are_intervals = has_intervals(X_train), has_intervals(X_test)
    sequences = tuple(find_sequences(X, column) for X in (X_train, X_test))
    has_positions, has_sequences = all(are_intervals), all(x is not None for x in sequences)
    if not has_positions and not has_sequences:
        raise ValueError(
            "there is nothing to compare: both X must be sequences, or frames with the column "
            f"{column!r} (see `column`) or with the columns 'chrom', 'start' and 'end'"
        )
    leaks = []
    exact, reverse, near = (_empty(name) for name in ("n_train", "n_train", "similarity"))
    if has_sequences:
        distinct = read_distinct(list(sequences), alphabet, both)
        settings = make_settings(
            distinct.texts, similarity=similarity, k=k, n_hashes=n_hashes, both=both,
            alphabet=alphabet, random_state=random_state,
        )  # fmt: skip
        n_train = len(X_train)
        exact, reverse, from_same = _same(distinct, n_train)
        near, from_near = _near(distinct, n_train, settings)
        seen = np.concatenate([exact["test"], reverse["test"]])
        near = near[~near["test"].isin(seen)].reset_index(drop=True)
        leaks += [from_same, from_near]
    overlap = _empty("n_train", "overlap")
    if has_positions:
        overlap, from_overlap = find_overlaps(X_train, X_test)
        leaks.append(from_overlap)
    return LeakageReport(
        exact,
        reverse,
        near,
        overlap,
        n_train=len(X_train),
        n_test=len(X_test),
        leaking_train=np.flatnonzero(np.any(leaks, axis=0)),
        kinds=_KINDS[:3] * has_sequences + _KINDS[3:] * has_positions,
    )


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=np.int64) for name in ("test", "train", *columns)})


def _same(distinct, n_train: int) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Find test samples that are training sequences, or reverse complements of these."""
    # Sequence and orientation in one number: equal numbers are equal text.
    written = 2 * distinct.index + distinct.is_reverse
    exact = _matches(written[:n_train], written[n_train:])
    either = _matches(distinct.index[:n_train], distinct.index[n_train:])
    other = either[~either["test"].isin(exact["test"])].reset_index(drop=True)
    return exact, other, np.isin(distinct.index[:n_train], distinct.index[n_train:])


def _matches(train: np.ndarray, test: np.ndarray) -> pd.DataFrame:
    labels, first, sizes = np.unique(train, return_index=True, return_counts=True)
    index = np.minimum(np.searchsorted(labels, test), len(labels) - 1)
    rows = np.flatnonzero(labels[index] == test)
    found = index[rows]
    return pd.DataFrame({"test": rows, "train": first[found], "n_train": sizes[found]})


def _near(distinct, n_train: int, settings) -> tuple[pd.DataFrame, np.ndarray]:
    """Find test samples similar to other training sequences, and a mask of the latter."""
    parts = [distinct.index[:n_train], distinct.index[n_train:]]
    used, first = zip(*(np.unique(part, return_index=True) for part in parts), strict=True)
    texts = [distinct.texts[i] for i in np.concatenate(used)]
    sides = np.repeat([0, 1], [len(used[0]), len(used[1])])
    found = search(texts, settings, sides)
    partners, n_used = found.partners, len(used[0])
    in_test = np.searchsorted(used[1], parts[1]) + n_used
    rows = np.flatnonzero(partners[in_test] >= 0)
    own = in_test[rows]
    identity = found.shares[own] ** (1 / settings.k)
    near = pd.DataFrame({"test": rows, "train": first[0][partners[own]], "similarity": identity})
    return near, partners[np.searchsorted(used[0], parts[0])] >= 0
