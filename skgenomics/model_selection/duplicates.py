"""Samples whose sequence occurs more than once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.model_selection._frames import get_sequences
from skgenomics.model_selection._homology_search import both_strands, read_distinct


def find_duplicates(
    X,
    y=None,
    *,
    reverse_complement: bool | str = "auto",
    alphabet: str | Alphabet = "ACGT",
    column: str = "sequence",
) -> pd.DataFrame:
    """Find samples with the same sequence, and those with conflicting labels.

    Parameters
    ----------
    X : array-like or DataFrame of n_samples
        Sequences as text, codes or channels, or a DataFrame that contains them in `column`.
    y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
        Labels to compare.
    reverse_complement : bool or "auto", default="auto"
        When True, compare both strands; "auto" does so for nucleic alphabets.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        Name of the column of sequences if X is a DataFrame with several columns.

    Returns
    -------
    DataFrame
        One row for each sample of X whose sequence occurs more than once, with the columns ``row``
        (its index, from 0), ``first`` (index of the first sample with that sequence), ``strand``
        ("+", or "-" for the reverse complement of the first one) and ``conflict`` (True if the
        labels of the sequence differ; False without y). Sorted by ``first`` and ``row``.

    Raises
    ------
    ValueError
        If X holds no sequences, or y has another length.

    Examples
    --------
    >>> from skgenomics.model_selection import find_duplicates
    >>> find_duplicates(["AAAC", "CCAT", "aaac", "GTTT"], [1, 0, 1, 0])
       row  first strand  conflict
    0    0      0      +      True
    1    2      0      +      True
    2    3      0      -      True
    """
    alphabet = get_alphabet(alphabet)
    both = both_strands(reverse_complement, alphabet)
    distinct = read_distinct([get_sequences(X, column)], alphabet, both)
    n = len(distinct.index)
    _, first, inverse, sizes = np.unique(
        distinct.index, return_index=True, return_inverse=True, return_counts=True
    )
    first = first[inverse]
    is_other = distinct.is_reverse != distinct.is_reverse[first]
    frame = pd.DataFrame(
        {
            "row": np.arange(n),
            "first": first,
            "strand": np.where(is_other, "-", "+"),
            "conflict": _conflicts(y, first),
        }
    )
    return frame[sizes[inverse] > 1].sort_values(["first", "row"], ignore_index=True)


def _conflicts(y, first: np.ndarray) -> np.ndarray:
    """Tell if labels differ among the samples of one sequence; missing labels do not count."""
    if y is None:
        return np.zeros(len(first), dtype=bool)
    labels = pd.DataFrame(np.asarray(y))
    if len(labels) != len(first):
        raise ValueError(f"y has {len(labels)} labels, but X has {len(first)} rows")
    n_values = labels.groupby(first).transform("nunique")
    return (n_values > 1).any(axis=1).to_numpy()
