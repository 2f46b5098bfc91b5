"""What every single substitution of a letter, and every pair of them, does to a score."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.inspection.mutations._edits import (
    Edits,
    NetworkScore,
    TextEdits,
    find_score,
    inside,
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
) -> np.ndarray:
    """Compute how a score changes when each letter is replaced by each other one.

    Of a network, only what an edit can change is computed anew, layer by layer; the result is that
    of a prediction for each edited sequence, up to rounding.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one; or any other
        fitted estimator of text, which is asked for predictions of edited texts.
    X : text, uint8 codes or channels of shape (n, ...)
        Sequences as the estimator takes them; text for an estimator that is not deep or reads
        tokens or k-mers.
    target : object, optional
        Class, task, label or track that is scored, see
        :class:`~skgenomics.inspection._scores.SequenceScore`. By default the second of two classes,
        or the only target.
    start, end : int, optional
        Positions from `start` up to, but without, `end` are changed; by default all.
    batch_size : int or "auto"
        Edited sequences that are computed at once.
    verbose : int, default=0
        1 shows how many of the edits are done.

    Returns
    -------
    ndarray of shape (n, end - start, C)
        Score of the sequence with a letter at a position, less that of the sequence as it is, in
        the order of the alphabet. Scores are log-odds, or predictions in their own units.
        Exactly 0 for the letter that is there, and in the padding: what is ahead of the first
        known letter or behind the last one. An unknown letter in between has no value of its own;
        each letter is compared with it.

    Raises
    ------
    ValueError
        If the target is none that there is, `start` or `end` is out of range, or the estimator
        reads signals.

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
    score = find_score(estimator, X, target)
    length = score.codes.shape[1]
    start, end = _check_range(start, end, length)
    batch_size = check_batch_size(batch_size)
    where = inside(score.is_known)
    where[:, :start] = where[:, end:] = False
    edits = _substitutions(score.codes, where, score.n_symbols)
    effects = np.zeros((*score.codes.shape, score.n_symbols))
    places = edits.rows, edits.start, edits.codes[:, 0]
    effects[places] = edit_effects(score, edits, batch_size, verbose)
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
    """Compute how far the effects of two changes are from adding up.

    Of the changes a and b this is f(ab) - f(a) - f(b) + f(0), where f is the score of the sequence
    with these changes.

    Parameters
    ----------
    estimator, X, target, batch_size, verbose
        As in :func:`mutagenesis`.
    positions : array-like of int of shape (P,), optional
        Positions to change two of; by default all, which takes P / 2 times as long as changing
        each of them.
    change : {"unknown", "letters"}
        What a change is: the letter becomes unknown (N), which gives one number for two positions;
        or each other letter, which gives one for two letters.

    Returns
    -------
    ndarray of shape (n, P, P) or (n, P, P, C, C)
        Symmetric: ``[i, p, q, a, b]`` is for letter a at the p-th and b at the q-th of the
        positions. Zero for a position with itself, for letters that are there, and in the padding.

    Raises
    ------
    ValueError
        If a position is out of range or named twice, or as :func:`mutagenesis`.

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
    check_choice("change", change, ("unknown", "letters"))
    score = find_score(estimator, X, target)
    positions = _check_positions(positions, score.codes.shape[1])
    batch_size = check_batch_size(batch_size)
    where = np.zeros(score.codes.shape, dtype=bool)
    where[:, positions] = inside(score.is_known)[:, positions]
    n_symbols = score.n_symbols
    make = _substitutions if change == "letters" else _hidden
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
    """Score of each edited sequence, less that of the sequence, shape (n_edits,)."""
    before = score.predict()
    after = score.predict_edits(edits, batch_size, _Progress(len(edits), verbose))
    return after - before[edits.rows]


class _Progress:
    """Tells every tenth of the edits that is done, and the last one."""

    def __init__(self, n: int, verbose: int):
        self.n, self.verbose, self.told = n, verbose, 0

    def __call__(self, done: int) -> None:
        tenth = 10 * done // max(1, self.n)
        if self.verbose and tenth > self.told:
            self.told = tenth
            print(f"{done:,} of {self.n:,} edits")


def _check_range(start: int | None, end: int | None, length: int) -> tuple[int, int]:
    start, end = 0 if start is None else start, length if end is None else end
    check_integer("start", start, 0)
    check_integer("end", end, 1)
    if not start < end <= length:
        raise ValueError(
            f"start={start} and end={end} must be positions of sequences of {length} letters, "
            "start before end"
        )
    return start, end


def _check_positions(positions, length: int) -> np.ndarray:
    if positions is None:
        return np.arange(length)
    positions = np.asarray(positions)
    if positions.ndim != 1 or positions.dtype.kind not in "iu":
        raise ValueError(f"positions must be a list of integers, got {positions!r}")
    strange = (positions < 0) | (positions >= length)
    if strange.any():
        raise ValueError(
            f"positions go from 0 to {length - 1}, but {positions[strange][0]} is among them"
        )
    if len(np.unique(positions)) < len(positions):
        raise ValueError("positions has a position twice")
    return positions


def _substitutions(codes: np.ndarray, where: np.ndarray, n_symbols: int) -> Edits:
    """All single letters that differ from those that are there."""
    is_other = codes[..., np.newaxis] != np.arange(n_symbols)
    rows, start, symbols = np.nonzero(is_other & where[..., np.newaxis])
    return Edits(rows, start, symbols.astype(np.uint8)[:, np.newaxis])


def _hidden(codes: np.ndarray, where: np.ndarray, n_symbols: int) -> Edits:
    """All single letters made unknown."""
    rows, start = np.nonzero(where & (codes != n_symbols))
    return Edits(rows, start, np.full((len(rows), 1), n_symbols, dtype=np.uint8))


def _pairs(edits: Edits) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of edits of one sequence, the second one at a later position."""
    n_in_row = np.bincount(edits.rows)
    ends = np.cumsum(n_in_row)[edits.rows]
    place = edits.rows * (edits.start.max(initial=0) + 1) + edits.start
    later = np.searchsorted(place, place, side="right")
    counts = ends - later
    first = np.repeat(np.arange(len(edits)), counts)
    shift = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, later[first] + shift


def _effects_of_second(score, edits: Edits, first, second, batch_size, verbose) -> np.ndarray:
    """Effect of each second edit on the sequence that has the first one."""
    changed = score.edited(edits)
    later = Edits(first, edits.start[second], edits.codes[second])
    return edit_effects(changed, later, batch_size, verbose)


def _arrange(edits: Edits, first, second, values, positions, score, change: str) -> np.ndarray:
    n, n_places, n_symbols = len(score.codes), len(positions), score.n_symbols
    place = np.zeros(score.codes.shape[1], dtype=int)
    place[positions] = np.arange(n_places)
    rows, p, q = edits.rows[first], place[edits.start[first]], place[edits.start[second]]
    if change == "unknown":
        result = np.zeros((n, n_places, n_places))
        result[rows, p, q] = result[rows, q, p] = values
        return result
    result = np.zeros((n, n_places, n_places, n_symbols, n_symbols))
    a, b = edits.codes[first, 0], edits.codes[second, 0]
    result[rows, p, q, a, b] = result[rows, q, p, b, a] = values
    return result
