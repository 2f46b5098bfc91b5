"""Rows whose sequence occurs more than once."""

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
    """Find rows with the same sequence, and those among them whose labels disagree.

    Parameters
    ----------
    X : text, uint8 codes, numeric channels or frame
        Sequences; a frame of several columns has them in `column`.
    y : array-like of shape (n_samples,) or (n_samples, T) or None, default=None
        Labels.
    reverse_complement : bool or "auto", default="auto"
        Whether the other strand of a sequence counts too; "auto" says so for nucleic acids.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.
    column : str, default="sequence"
        The column of sequences, if X is a frame with several columns.

    Returns
    -------
    DataFrame
        A row for each row of X whose sequence occurs more than once, with the columns ``row`` (its
        number, from 0), ``first`` (number of the first row with that sequence), ``strand`` ("+",
        or "-" for the reverse complement of the first row) and ``conflict`` (whether labels of
        the sequence disagree; False without y). Sorted by ``first`` and ``row``.

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
    is_other = distinct.is_other_strand != distinct.is_other_strand[first]
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
    """Whether a label differs among the rows of one sequence; missing labels do not count."""
    if y is None:
        return np.zeros(len(first), dtype=bool)
    labels = pd.DataFrame(np.asarray(y))
    if len(labels) != len(first):
        raise ValueError(f"y has {len(labels)} labels, but X has {len(first)} rows")
    n_values = labels.groupby(first).transform("nunique")
    return (n_values > 1).any(axis=1).to_numpy()
