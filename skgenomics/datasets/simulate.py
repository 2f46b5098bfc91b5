"""Random sequences with planted motifs, whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skgenomics.sequences import decode, get_alphabet

_IUPAC = dict(
    zip("ACGTURYSWKM", ["A", "C", "G", "T", "T", "AG", "CT", "CG", "AT", "GT", "AC"], strict=True)
)
_IUPAC |= {"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}


def make_motif_classification(
    n_samples: int = 1000,
    length: int = 100,
    *,
    motifs: Sequence = ("GGGACTTTCC",),
    weights: Sequence[float] | None = None,
    position: str | int = "anywhere",
    both_strands: bool = True,
    conservation: float = 0.9,
    gc_content: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate random DNA, some of it with a planted motif.

    Class 0 is background alone; each sequence of class i has one instance of motif i - 1, drawn
    from its position weight matrix. The background may hold a motif by chance, as genomes do.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.
    length : int, default=100
        Letters of each sequence.
    motifs : sequence of str or array-like of shape (width, 4), default=("GGGACTTTCC",)
        One motif for each class but the first: a consensus, IUPAC ambiguity letters included; or
        the chances of A, C, G and T at each position, which add up to 1.
    weights : sequence of float, optional
        Share of each class, the background first; by default all are the same. Numbers of
        sequences are exact but for rounding.
    position : {"anywhere", "fixed"} or int, default="anywhere"
        Where motifs start: at any place, in the middle of the sequence, or at that position,
        counted from 0.
    both_strands : bool, default=True
        Whether a motif lies on either strand with the same chance, or on the forward one only.
    conservation : float, default=0.9
        Chance that a planted letter is one that the consensus names. 1 plants the consensus.
    gc_content : float, default=0.5
        Share of G and C in the background.
    random_state : int, RandomState or None, default=None
        Seed; the same one gives the same data.

    Returns
    -------
    Bunch
        ``X``: sequences, object array of str, shape (n_samples,). ``y``: classes, shape
        (n_samples,). ``positions``: the first position of the planted motif in the sequence as
        it is, or -1. ``strands``: "+", "-", or "." where nothing is planted. ``motifs``: list of
        the position weight matrices, shape (width, 4).

    Raises
    ------
    ValueError
        If a setting is out of range, or a motif does not fit into the sequence.

    Examples
    --------
    >>> from skgenomics.datasets import make_motif_classification
    >>> data = make_motif_classification(
    ...     200, 30, motifs=["GATAAG"], weights=[0.95, 0.05], conservation=1, random_state=0
    ... )
    >>> int(data.y.sum())
    10
    >>> i = data.y.argmax()
    >>> str(data.strands[i]), data.X[i][data.positions[i] :][:6]
    ('+', 'GATAAG')
    """
    _check_number("n_samples", n_samples, 1, Integral)
    _check_number("length", length, 1, Integral)
    _check_number("conservation", conservation, 0, Real, most=1)
    _check_number("gc_content", gc_content, 0, Real, most=1)
    if isinstance(motifs, str):
        raise ValueError(f"motifs must be a sequence of motifs, got one string: [{motifs!r}]")
    matrices = [_as_matrix(i, motif, conservation) for i, motif in enumerate(motifs)]
    rng = check_random_state(random_state)
    y = rng.permutation(_classes(n_samples, len(matrices) + 1, weights))
    at, gc = (1 - gc_content) / 2, gc_content / 2
    codes = rng.choice(4, size=(n_samples, length), p=[at, gc, gc, at]).astype(np.uint8)
    positions = np.full(n_samples, -1)
    strands = np.full(n_samples, ".")
    for i, matrix in enumerate(matrices):
        rows = np.flatnonzero(y == i + 1)
        starts = _draw_starts(i, len(rows), len(matrix), length, position, rng)
        reverse = rng.random_sample(len(rows)) < 0.5 * both_strands
        columns = starts[:, np.newaxis] + np.arange(len(matrix))
        codes[rows[:, np.newaxis], columns] = _draw_instances(matrix, reverse, rng)
        positions[rows] = starts
        strands[rows] = np.where(reverse, "-", "+")
    return Bunch(X=decode(codes), y=y, positions=positions, strands=strands, motifs=matrices)


def _check_number(name: str, value, least, kind: type, most=float("inf")) -> None:
    if not isinstance(value, kind) or isinstance(value, bool) or not least <= value <= most:
        what = "an integer" if kind is Integral else "a number"
        raise ValueError(f"{name} must be {what} in [{least}, {most}], got {value!r}")


def _as_matrix(i: int, motif, conservation: float) -> np.ndarray:
    if isinstance(motif, str):
        return np.array([_letter_chances(i, letter, conservation) for letter in motif.upper()])
    matrix = np.asarray(motif, dtype=float)
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise ValueError(
            f"motif {i} must be a string or a matrix of shape (width, 4), got one of shape "
            f"{matrix.shape}"
        )
    if (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1, atol=1e-3):
        raise ValueError(f"motif {i} must have rows of chances that add up to 1")
    return matrix / matrix.sum(axis=1, keepdims=True)


def _letter_chances(i: int, letter: str, conservation: float) -> np.ndarray:
    if letter not in _IUPAC:
        raise ValueError(f"motif {i} has the letter {letter!r}, which is no IUPAC letter of DNA")
    is_named = np.array([base in _IUPAC[letter] for base in "ACGT"])
    n_named = is_named.sum()
    if n_named == 4:
        return np.full(4, 0.25)
    return np.where(is_named, conservation / n_named, (1 - conservation) / (4 - n_named))


def _classes(n_samples: int, n_classes: int, weights) -> np.ndarray:
    """Classes in their order, as many of each as its weight says."""
    weights = np.full(n_classes, 1 / n_classes) if weights is None else np.asarray(weights, float)
    if weights.shape != (n_classes,) or (weights < 0).any() or not np.isclose(weights.sum(), 1):
        raise ValueError(
            f"weights must be {n_classes} shares that add up to 1 (the background and one per "
            f"motif), got {weights.tolist()}"
        )
    ends = np.rint(np.cumsum(weights) * n_samples).astype(int)
    return np.repeat(np.arange(n_classes), np.diff(ends, prepend=0))


def _draw_starts(i: int, n: int, width: int, length: int, position, rng) -> np.ndarray:
    last = length - width
    if last < 0:
        raise ValueError(f"motif {i} has {width} positions, more than the {length} of a sequence")
    if position == "anywhere":
        return rng.randint(last + 1, size=n)
    start = last // 2 if position == "fixed" else position
    if not isinstance(start, Integral) or not 0 <= start <= last:
        raise ValueError(
            f"position must be 'anywhere', 'fixed' or an integer in [0, {last}] (motif {i} has "
            f"{width} positions), got {position!r}"
        )
    return np.full(n, start)


def _draw_instances(matrix: np.ndarray, reverse: np.ndarray, rng) -> np.ndarray:
    """Codes of one instance for each entry of `reverse`, shape (n, width)."""
    u = rng.random_sample((len(reverse), len(matrix), 1))
    # The last sum may fall short of 1 by rounding.
    codes = (u >= matrix.cumsum(axis=1)[:, :3]).sum(axis=2)
    complement = get_alphabet("dna").complement
    return np.where(reverse[:, np.newaxis], complement[codes[:, ::-1]], codes)
