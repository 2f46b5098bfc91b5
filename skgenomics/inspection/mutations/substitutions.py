"""Effects of single substitutions and of pairs of changes on a score."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.inspection.mutations._edits import (
    Edits,
    NetworkScore,
    TextEdits,
    find_score,
)


def mutagenesis(
    estimator,
    X,
    *,
    target=None,
    start: int | None = None,
    end: int | None = None,
    batch_size: int | str = "auto",
    verbose: int = 0,
    sequence_column: str | None = None,
) -> np.ndarray:
    """Compute the effect of every single substitution on a score.

    For a network only what a substitution can change is recomputed, layer by layer; the result
    equals a prediction for each mutated sequence up to rounding.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one; or any other
        fitted estimator of text, which predicts the mutated texts.
    X : array-like of shape (n_samples, ...)
        Sequences as text, uint8 codes or channels, as the estimator takes them; text for an
        estimator that is not deep or that reads tokens or k-mers. A frame for an estimator of
        several columns: the sequence is edited, other columns are kept.
    target : object, default=None
        Output to score: a class, task, target or track by name, (task, class), (label, position),
        (track, bin), "total" or "profile" of a profile, or a callable, see
        :func:`~skgenomics.inspection.attribute`. By default the second of two classes, or the
        only target.
    start, end : int or None, default=None
        First position to mutate, and the position behind the last one; by default all positions.
    batch_size : int or "auto", default="auto"
        Number of mutated sequences per batch.
    verbose : int, default=0
        1 reports the progress.
    sequence_column : str or None, default=None
        Column of a frame X that is edited; by default the only one of sequences.

    Returns
    -------
    ndarray of shape (n_samples, end - start, n_symbols)
        Score of the sequence with a symbol at a position, minus the score of the sequence itself;
        symbols in the order of the alphabet. Scores are log-odds, logarithms of rates, or
        predictions in the units of y. Exactly 0 for the symbol that is present, and in padding:
        before the first known symbol and behind the last one. An unknown symbol in between has no
        entry of its own; each symbol is compared with it.

    Raises
    ------
    ValueError
        If there is no such target, `start` or `end` is out of range, or the estimator reads
        signals.

    References
    ----------
    Zhou and Troyanskaya (2015), Predicting effects of noncoding variants with deep learning-based
    sequence model, Nature Methods 12. Nair et al. (2022), fastISM: performant in silico saturation
    mutagenesis for convolutional neural networks, Bioinformatics 38.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.mutations.substitutions import mutagenesis
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> model = model.fit(["AAAC", "AACC", "GGGT", "GGTT"], [0, 0, 1, 1])
    >>> effects = mutagenesis(model, ["AC"])
    >>> effects.shape
    (1, 2, 4)
    >>> bool(effects[0, 0, 0] == 0), bool(effects[0, 0, 2] > 0)
    (True, True)
    """
    score = find_score(estimator, X, target, sequence_column)
    length = score.codes.shape[1]
    start, end = _check_range(start, end, length)
    batch_size = check_batch_size(batch_size)
    where = score.is_real.copy()
    where[:, :start] = where[:, end:] = False
    edits = _substitutions(score.codes, where, score.n_symbols)
    effects = np.zeros((*score.codes.shape, score.n_symbols))
    index = edits.rows, edits.start, edits.codes[:, 0]
    effects[index] = edit_effects(score, edits, batch_size, verbose)
    return effects[:, start:end]


def epistasis(
    estimator,
    X,
    *,
    positions=None,
    change: str = "unknown",
    target=None,
    batch_size: int | str = "auto",
    verbose: int = 0,
) -> np.ndarray:
    r"""Compute how far the effects of two changes deviate from additivity.

    For the changes a and b this is f(ab) - f(a) - f(b) + f(0), where f is the score of the sequence
    with these changes.

    Parameters
    ----------
    estimator : object
        As in :func:`mutagenesis`.
    X : array-like of shape (n_samples, ...)
        As in :func:`mutagenesis`.
    positions : array-like of int of shape (n_positions,) or None, default=None
        Positions to change in pairs; by default all. Time grows with the square of their number.
    change : {"unknown", "symbols"}, default="unknown"
        Change of a position: "unknown" replaces it by the unknown symbol (N), which gives one
        number per pair of positions; "symbols" replaces it by each other symbol, which gives one
        number per pair of symbols.
    target : object, default=None
        As in :func:`mutagenesis`.
    batch_size : int or "auto", default="auto"
        As in :func:`mutagenesis`.
    verbose : int, default=0
        1 reports the progress.

    Returns
    -------
    ndarray of shape (n_samples, n_positions, n_positions, ...)
        Symmetric; zero for a position with itself, for symbols that are present, and in padding.
        "symbols" adds two axes of length n_symbols: ``[i, p, q, a, b]`` is for symbol a at the
        p-th and b at the q-th of the positions.

    Raises
    ------
    ValueError
        If a position is out of range or listed twice, or as in :func:`mutagenesis`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.mutations.substitutions import epistasis
    >>> model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    >>> model = model.fit(["TATA", "TTAT", "GCGC", "GGCC"], [1, 1, 0, 0])
    >>> pairs = epistasis(model, ["TACC"])
    >>> pairs.shape
    (1, 4, 4)
    >>> bool(abs(pairs[0, 0, 1]) > 0.1), bool(abs(pairs[0, 0, 3]) < 1e-6)
    (True, True)
    """
    check_choice("change", change, ("unknown", "symbols"))
    score = find_score(estimator, X, target)
    positions = _check_positions(positions, score.codes.shape[1])
    batch_size = check_batch_size(batch_size)
    where = np.zeros(score.codes.shape, dtype=bool)
    where[:, positions] = score.is_real[:, positions]
    n_symbols = score.n_symbols
    make = _substitutions if change == "symbols" else _masked
    edits = make(score.codes, where, n_symbols)
    single = edit_effects(score, edits, batch_size, 0)
    first, second = _pairs(edits)
    both = _effects_of_second(score, edits, first, second, batch_size, verbose)
    return _arrange(edits, first, second, both - single[second], positions, score, change)


def check_batch_size(batch_size: int | str) -> int | str:
    """Raise a ValueError unless it is "auto" or a positive integer."""
    if batch_size != "auto":
        check_integer("batch_size", batch_size, 1)
    return batch_size


def edit_effects(
    score: NetworkScore | TextEdits, edits: Edits, batch_size: int | str, verbose: int
) -> np.ndarray:
    """Compute the score of each edited sequence minus that of the original, shape (n_edits,)."""
    before = score.predict()
    after = score.predict_edits(edits, batch_size, _Progress(len(edits), verbose))
    return after - before[edits.rows]


class _Progress:
    """Report of the progress, after every tenth of the edits."""

    def __init__(self, n: int, verbose: int):
        self.n, self.verbose, self.reported = n, verbose, 0

    def __call__(self, done: int) -> None:
        tenth = 10 * done // max(1, self.n)
        if self.verbose and tenth > self.reported:
            self.reported = tenth
            print(f"{done:,} of {self.n:,} edits")


def _check_range(start: int | None, end: int | None, length: int) -> tuple[int, int]:
    start, end = 0 if start is None else start, length if end is None else end
    check_integer("start", start, 0)
    check_integer("end", end, 1)
    if not start < end <= length:
        raise ValueError(
            f"start={start} and end={end} must be positions of sequences of length {length}, "
            "start before end"
        )
    return start, end


def _check_positions(positions, length: int) -> np.ndarray:
    if positions is None:
        return np.arange(length)
    positions = np.asarray(positions)
    if positions.ndim != 1 or positions.dtype.kind not in "iu":
        raise ValueError(f"positions must be a list of integers, got {positions!r}")
    invalid = (positions < 0) | (positions >= length)
    if invalid.any():
        raise ValueError(
            f"positions must lie between 0 and {length - 1}, got {positions[invalid][0]}"
        )
    if len(np.unique(positions)) < len(positions):
        raise ValueError("positions must be distinct, but one is listed twice")
    return positions


def _substitutions(codes: np.ndarray, where: np.ndarray, n_symbols: int) -> Edits:
    """Make all substitutions by a symbol other than the one that is present."""
    is_other = codes[..., np.newaxis] != np.arange(n_symbols)
    rows, start, symbols = np.nonzero(is_other & where[..., np.newaxis])
    return Edits(rows, start, symbols.astype(np.uint8)[:, np.newaxis])


def _masked(codes: np.ndarray, where: np.ndarray, n_symbols: int) -> Edits:
    """Make all substitutions of a known symbol by the unknown one."""
    rows, start = np.nonzero(where & (codes != n_symbols))
    return Edits(rows, start, np.full((len(rows), 1), n_symbols, dtype=np.uint8))


def _pairs(edits: Edits) -> tuple[np.ndarray, np.ndarray]:
    """Pair the edits of each sequence, the second one at a later position."""
    n_in_row = np.bincount(edits.rows)
    ends = np.cumsum(n_in_row)[edits.rows]
    order = edits.rows * (edits.start.max(initial=0) + 1) + edits.start
    later = np.searchsorted(order, order, side="right")
    counts = ends - later
    first = np.repeat(np.arange(len(edits)), counts)
    shift = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, later[first] + shift


def _effects_of_second(score, edits: Edits, first, second, batch_size, verbose) -> np.ndarray:
    """Compute the effect of each second edit on the sequence with the first one."""
    changed = score.edited(edits)
    later = Edits(first, edits.start[second], edits.codes[second])
    return edit_effects(changed, later, batch_size, verbose)


def _arrange(edits: Edits, first, second, values, positions, score, change: str) -> np.ndarray:
    n, n_positions, n_symbols = len(score.codes), len(positions), score.n_symbols
    index = np.zeros(score.codes.shape[1], dtype=int)
    index[positions] = np.arange(n_positions)
    rows, p, q = edits.rows[first], index[edits.start[first]], index[edits.start[second]]
    if change == "unknown":
        result = np.zeros((n, n_positions, n_positions))
        result[rows, p, q] = result[rows, q, p] = values
        return result
    result = np.zeros((n, n_positions, n_positions, n_symbols, n_symbols))
    a, b = edits.codes[first, 0], edits.codes[second, 0]
    result[rows, p, q, a, b] = result[rows, q, p, b, a] = values
    return result
