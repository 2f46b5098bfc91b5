"""Effects of replaced windows, deletions and insertions at each position on a score."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from skgenomics._utils.validation import check_integer
from skgenomics.inspection.mutations._edits import Edits, find_score
from skgenomics.inspection.mutations.substitutions import check_batch_size, edit_effects
from skgenomics.sequences import encode

# Positions of a batch of sequences that are scored as a whole.
_BATCH_POSITIONS = 1 << 16


def substitute_windows(
    estimator,
    X,
    *,
    replacement: str = "unknown",
    width: int | None = None,
    step: int = 1,
    n_repeats: int = 10,
    target=None,
    batch_size: int | str = "auto",
    random_state=None,
    verbose: int = 0,
) -> np.ndarray:
    """Compute the effect of replacing a window, at each position of a sequence.

    Parameters
    ----------
    estimator : object
        As in :func:`~skgenomics.inspection.mutagenesis`.
    X : array-like of shape (n_samples, ...)
        As in :func:`~skgenomics.inspection.mutagenesis`.
    replacement : str, default="unknown"
        Replacement of a window: "unknown" symbols (N); "shuffle", its own symbols in random
        order; or a sequence, such as a motif (as in Basset).
    width : int or None, default=None
        Length of a window; by default that of the replacement, else 8.
    step : int, default=1
        Distance between the starts of windows.
    n_repeats : int, default=10
        Number of shuffles, whose effects are averaged.
    target : object, default=None
        As in :func:`~skgenomics.inspection.mutagenesis`.
    batch_size : int or "auto", default="auto"
        As in :func:`~skgenomics.inspection.mutagenesis`.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffles.
    verbose : int, default=0
        1 reports the progress.

    Returns
    -------
    ndarray of shape (n_samples, n_windows)
        Score with the window that starts at position ``i * step`` replaced, minus the score of the
        sequence. Zero for windows that reach into padding.

    Raises
    ------
    ValueError
        If `width` does not fit the replacement or the sequences, or the replacement has symbols
        that are not in the alphabet.

    References
    ----------
    Kelley, Snoek and Rinn (2016), Basset: learning the regulatory code of the accessible genome
    with deep convolutional neural networks, Genome Research 26.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.mutations.segments import substitute_windows
    >>> model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    >>> model = model.fit(["TATA", "TTAT", "GCGC", "GGCC"], [1, 1, 0, 0])
    >>> int(substitute_windows(model, ["GGTATACC"], width=4).argmin())
    2
    """
    score = find_score(estimator, X, target)
    check_integer("step", step, 1)
    check_integer("n_repeats", n_repeats, 1)
    batch_size = check_batch_size(batch_size)
    symbols = None
    if replacement not in ("unknown", "shuffle"):
        symbols = _read_symbols("replacement", replacement, score)
    width = _choose_width(width, symbols, score.codes.shape[1])
    rows, start = _windows(score, width, step)
    n_repeats = n_repeats if replacement == "shuffle" else 1
    rows, start = np.repeat(rows, n_repeats), np.repeat(start, n_repeats)
    present = score.codes[rows[:, np.newaxis], start[:, np.newaxis] + np.arange(width)]
    if replacement == "shuffle":
        order = check_random_state(random_state).random_sample(present.shape).argsort(axis=1)
        codes = np.take_along_axis(present, order, axis=1)
    else:
        codes = np.broadcast_to(score.n_symbols if symbols is None else symbols, present.shape)
    edits = Edits(rows, start, codes.astype(np.uint8))
    changed = (codes != present).any(axis=1)
    effects = np.zeros(len(edits))
    effects[changed] = edit_effects(score, edits[changed], batch_size, verbose)
    means = effects.reshape(-1, n_repeats).mean(axis=1)
    result = np.zeros((len(score.codes), (score.codes.shape[1] - width) // step + 1))
    result[rows[::n_repeats], start[::n_repeats] // step] = means
    return result


def deletions(
    estimator, X, *, width: int = 1, flank: str = "", target=None, batch_size: int | str = "auto"
) -> np.ndarray:
    """Compute the effect of a deletion at each position of a sequence.

    The sequence behind a deletion moves to the left.

    Parameters
    ----------
    estimator : object
        As in :func:`~skgenomics.inspection.mutagenesis`.
    X : array-like of shape (n_samples, ...)
        As in :func:`~skgenomics.inspection.mutagenesis`.
    width : int, default=1
        Number of symbols to delete.
    flank : str, default=""
        Sequence that follows every sequence and fills its end; by default none, so that the
        sequence gets shorter.
    target : object, default=None
        As in :func:`~skgenomics.inspection.mutagenesis`.
    batch_size : int or "auto", default="auto"
        As in :func:`~skgenomics.inspection.mutagenesis`.

    Returns
    -------
    ndarray of shape (n_samples, n_positions - width + 1)
        Score of the sequence without the symbols from each position on, minus the score of the
        sequence. Zero where these reach into padding.

    Raises
    ------
    ValueError
        If a deletion would leave nothing of a sequence.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.mutations.segments import deletions
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> model = model.fit(["AAAC", "AACC", "GGGT", "GGTT"], [0, 0, 1, 1])
    >>> (deletions(model, ["ACG"]) > 0).tolist()
    [[True, True, False]]
    """
    score = find_score(estimator, X, target)
    check_integer("width", width, 1)
    length = score.codes.shape[1]
    if width >= length:
        raise ValueError(f"width={width} leaves nothing of sequences of length {length}")
    symbols = _read_symbols("flank", flank, score) if flank else np.empty(0, dtype=np.uint8)
    rows, start = _windows(score, width, 1)
    is_gone = score.is_real.sum(axis=1) == width
    if is_gone.any() and not len(symbols):
        i = int(is_gone.argmax())
        raise ValueError(f"width={width} leaves nothing of sequence {i}, which is as long")

    def delete(part: slice) -> np.ndarray:
        _, last = _ends(score)
        end = last[rows[part], np.newaxis] + 1
        source = np.arange(length) + width * (np.arange(length) >= start[part, np.newaxis])
        codes = np.take_along_axis(score.codes[rows[part]], source.clip(max=length - 1), axis=1)
        codes[source >= end] = _end_code(score)
        beyond = source - end
        filled = (beyond >= 0) & (beyond < min(len(symbols), width))
        codes[filled] = symbols[beyond[filled]]
        return codes

    result = np.zeros((len(score.codes), length - width + 1))
    result[rows, start] = _effects(score, rows, delete, batch_size)
    return result


def insertions(
    estimator, X, inserted: str, *, target=None, batch_size: int | str = "auto"
) -> np.ndarray:
    """Compute the effect of an insertion at each position of a sequence.

    The sequence behind an insertion moves to the right. For an estimator of sequences of one
    length it is cut at its end.

    Parameters
    ----------
    estimator : object
        As in :func:`~skgenomics.inspection.mutagenesis`.
    X : array-like of shape (n_samples, ...)
        As in :func:`~skgenomics.inspection.mutagenesis`.
    inserted : str
        Sequence to insert, such as a motif.
    target : object, default=None
        As in :func:`~skgenomics.inspection.mutagenesis`.
    batch_size : int or "auto", default="auto"
        As in :func:`~skgenomics.inspection.mutagenesis`.

    Returns
    -------
    ndarray of shape (n_samples, n_positions)
        Score with the insertion before each position, minus the score of the sequence. Zero in
        padding.

    Raises
    ------
    ValueError
        If the insertion is longer than the sequences, or has symbols that are not in the alphabet.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.inspection.mutations.segments import insertions
    >>> model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    >>> model = model.fit(["TATA", "TTAT", "GCGC", "GGCC"], [1, 1, 0, 0])
    >>> (insertions(model, ["GGCC"], "TATA") > 0).tolist()
    [[True, True, True, True]]
    """
    score = find_score(estimator, X, target)
    symbols = _read_symbols("inserted", inserted, score)
    n, width = len(score.codes), len(symbols)
    length = score.codes.shape[1] + width
    longest = score.limit or length
    if width > longest:
        raise ValueError(f"inserted has length {width}, but sequences have length {longest}")
    rows, start = np.nonzero(score.is_real)
    padded = np.full((n, length), _end_code(score), dtype=np.uint8)
    padded[:, : score.codes.shape[1]] = score.codes

    def insert(part: slice) -> np.ndarray:
        ahead = np.arange(length) - start[part, np.newaxis]
        source = np.arange(length) - width * (ahead >= width)
        codes = np.take_along_axis(padded[rows[part]], source, axis=1)
        within = (ahead >= 0) & (ahead < width)
        codes[within] = symbols[ahead[within]]
        return codes[:, :longest]

    result = np.zeros(score.codes.shape)
    result[rows, start] = _effects(score, rows, insert, batch_size)
    return result


def _read_symbols(name: str, text: str, score) -> np.ndarray:
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} must be a sequence of at least one symbol, got {text!r}")
    try:
        return encode([text], score.alphabet)[0]
    except ValueError as error:
        raise ValueError(f"{name}={text!r}: {error}") from error


def _choose_width(width: int | None, symbols: np.ndarray | None, length: int) -> int:
    if symbols is not None:
        if width not in (None, len(symbols)):
            raise ValueError(
                f"width={width}, but the replacement has length {len(symbols)}; leave width=None"
            )
        width = len(symbols)
    width = min(8, length) if width is None else width
    check_integer("width", width, 1)
    if width > length:
        raise ValueError(f"windows of length {width} do not fit into sequences of length {length}")
    return width


def _windows(score, width: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples and starts of all windows that do not reach into padding."""
    where = score.is_real
    n_starts = where.shape[1] - width + 1
    rows, start = np.nonzero(where[:, :n_starts:step] & where[:, width - 1 :: step])
    return rows, start * step


def _ends(score) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last position of each sequence."""
    where = score.is_real
    return where.argmax(axis=1), where.shape[1] - 1 - where[:, ::-1].argmax(axis=1)


def _end_code(score) -> int:
    """Return the code that stands behind the end of a sequence."""
    return score.n_symbols + 1


def _effects(score, rows: np.ndarray, make, batch_size: int | str) -> np.ndarray:
    """Compute the score of each edited sequence, batch by batch, minus that of the original."""
    checked = check_batch_size(batch_size)
    size = max(1, _BATCH_POSITIONS // score.codes.shape[1]) if checked == "auto" else int(checked)
    parts = [slice(i, i + size) for i in range(0, len(rows), size)]
    after = [score.predict(make(part), rows[part]) for part in parts]
    return np.concatenate([*after, np.empty(0)]) - score.predict()[rows]
