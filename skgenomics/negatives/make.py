"""Positives and their negatives as one labeled set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics._utils.validation import check_choice, check_integer, warn_user
from skgenomics.negatives.background import matched_background, open_genome
from skgenomics.negatives.shuffling import dinucleotide_shuffle, like_text, to_upper
from skgenomics.sequences import Alphabet, as_strings, get_alphabet, is_text

_METHODS = ("shuffle", "matched")
_COORDINATES = ["chrom", "start", "end"]


def make_negatives(
    X,
    *,
    method: str = "shuffle",
    ratio: int = 1,
    k: int = 2,
    alphabet: str | Alphabet = "ACGT",
    genome=None,
    match: Sequence[str] = ("gc", "repeats"),
    exclude: pd.DataFrame | None = None,
    random_state=None,
) -> Bunch:
    """Add composition-matched negatives to positive sequences or intervals.

    Parameters
    ----------
    X : array-like of str, ndarray of uint8 codes, or DataFrame of intervals
        Positives: sequences to shuffle, or intervals with the columns `chrom`, `start`, `end` and
        optionally `strand` for a matched background.
    method : {"shuffle", "matched"}, default="shuffle"
        "shuffle" for shuffles of the positives by :func:`dinucleotide_shuffle`; "matched" for loci
        drawn by :func:`matched_background`.
    ratio : int, default=1
        Number of negatives per positive.
    k : int, default=2
        Length of the k-mers whose counts shuffles preserve.
    alphabet : str or Alphabet, default="ACGT"
        Alphabet of the sequences.
    genome : Genome, str, Path or None, default=None
        Genome of the intervals, or path of its FASTA file.
    match : sequence of {"gc", "repeats", "dinucleotides"}, default=("gc", "repeats")
        Properties to match in addition to the length.
    exclude : DataFrame or None, default=None
        Regions without negatives, such as weaker peaks, with the columns `chrom`, `start`, `end`.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffles or draws.

    Returns
    -------
    Bunch
        `X`: positives, then negatives, of the type of `X`; the index of a Series or DataFrame
        starts from 0. Text is in upper case. Intervals have the columns `chrom` (as in the genome),
        `start`, `end` and, if given, `strand`.

        `y`: ndarray of int, 1 for positives and 0 for negatives.

        `groups`: ndarray of int, the index of the positive that a sample is or is derived from.
        With ``GroupKFold`` a positive and its negatives are in the same fold.

    Raises
    ------
    ValueError
        If the method does not apply to X, or as raised by the underlying functions.

    Warns
    -----
    UserWarning
        If shuffles are dropped because they equal a positive, as short or low-complexity sequences
        do; or as issued by :func:`matched_background`.

    Examples
    --------
    >>> from skgenomics.negatives import make_negatives
    >>> data = make_negatives(["ACAGACGATTACA", "GGATTACCAGTAT"], ratio=2, random_state=0)
    >>> len(data.X), data.y.tolist(), data.groups.tolist()
    (6, [1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 1, 1])
    """
    check_choice("method", method, _METHODS)
    check_integer("ratio", ratio, 1)
    if method == "matched":
        positives, negatives, sources = _match(
            X, genome, n_per_interval=ratio, match=match, exclude=exclude, random_state=random_state
        )
    else:
        if isinstance(X, pd.DataFrame) and set(_COORDINATES) <= set(X.columns):
            raise ValueError(
                "X holds intervals, which have no sequence to shuffle; set method='matched', or "
                "shuffle the output of skgenomics.genome.IntervalEncoder"
            )
        alphabet = get_alphabet(alphabet)
        positives = like_text(X, to_upper(as_strings(X), alphabet)) if is_text(X) else X
        shuffled = dinucleotide_shuffle(
            positives, k=k, alphabet=alphabet, n_shuffles=ratio, random_state=random_state
        )
        new = _find_new(positives, shuffled, k)
        negatives, sources = _take(shuffled, new), new // ratio
    n_positives = len(positives)
    return Bunch(
        X=_join(positives, negatives),
        y=np.repeat([1, 0], [n_positives, len(negatives)]),
        groups=np.append(np.arange(n_positives), sources),
    )


def _match(X, genome, **settings) -> tuple:
    if genome is None:
        raise ValueError("method='matched' needs the genome that the intervals are in")
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            "method='matched' needs a DataFrame of intervals with the columns 'chrom', 'start' and "
            f"'end', got {type(X).__name__}"
        )
    genome = open_genome(genome)
    negatives = matched_background(X, genome, **settings)
    columns = [*_COORDINATES, *(["strand"] if "strand" in X else [])]
    names = {name: genome.resolve(str(name)) for name in X["chrom"].unique()}
    positives = X[columns].assign(chrom=X["chrom"].map(names))
    return positives, negatives[columns], negatives["source"]


def _find_new(positives, shuffled, k: int) -> np.ndarray:
    """Rows of the shuffles that equal no positive; a warning counts the others."""
    known = set(_keys(positives))
    is_new = np.array([key not in known for key in _keys(shuffled)])
    if not is_new.any():
        raise ValueError(
            f"every shuffle with k={k} equals a positive: sequences this short or simple have no "
            "other. Set a smaller k"
        )
    if not is_new.all():
        first = (~is_new).argmax() // (len(shuffled) // len(positives))
        warn_user(
            f"{(~is_new).sum()} of {len(is_new)} shuffles equal a positive and are left out, first "
            f"that of sequence {first}: few shuffles have the same {k}-mer counts. Set a "
            "smaller k, or leave such sequences out"
        )
    return np.flatnonzero(is_new)


def _keys(X) -> list:
    return as_strings(X) if is_text(X) else [row.tobytes() for row in np.asarray(X)]


def _take(X, rows: np.ndarray):
    if isinstance(X, pd.Series | pd.DataFrame):
        return X.iloc[rows]
    return X[rows] if isinstance(X, np.ndarray) else type(X)(X[row] for row in rows)


def _join(positives, negatives):
    if isinstance(positives, pd.Series | pd.DataFrame):
        return pd.concat([positives, negatives], ignore_index=True)
    if isinstance(positives, np.ndarray):
        return np.concatenate([positives, negatives])
    return positives + negatives
