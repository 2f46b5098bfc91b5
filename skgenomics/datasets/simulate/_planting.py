"""Shared parts of simulations: backgrounds, motifs as matrices, and positions of instances."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
import pandas as pd

from skgenomics.alphabets import IUPAC_BASES, get_alphabet


def check_number(name: str, value, minimum, kind: type, maximum=float("inf")) -> None:
    """Raise a ValueError unless the value is a number of the given type in a range."""
    if not isinstance(value, kind) or isinstance(value, bool) or not minimum <= value <= maximum:
        what = "an integer" if kind is Integral else "a number"
        raise ValueError(f"{name} must be {what} in [{minimum}, {maximum}], got {value!r}")


def check_sizes(n_samples, length, conservation, gc_content) -> None:
    """Raise a ValueError unless the common parameters of all simulations are in range."""
    check_number("n_samples", n_samples, 1, Integral)
    check_number("length", length, 1, Integral)
    check_number("conservation", conservation, 0, Real, maximum=1)
    check_number("gc_content", gc_content, 0, Real, maximum=1)


def as_matrices(motifs: Sequence, conservation: float) -> list[np.ndarray]:
    """Convert motifs to matrices of shape (width, 4)."""
    if isinstance(motifs, str):
        raise ValueError(f"motifs must be a sequence of motifs, got one string: [{motifs!r}]")
    return [as_matrix(i, motif, conservation) for i, motif in enumerate(motifs)]


def as_matrix(i: int, motif, conservation: float) -> np.ndarray:
    """Convert a consensus or a matrix to the probabilities of A, C, G and T at each position."""
    if isinstance(motif, str):
        return np.array([_base_probabilities(i, symbol, conservation) for symbol in motif.upper()])
    matrix = np.asarray(motif, dtype=float)
    if matrix.ndim != 2 or matrix.shape[1] != 4 or not len(matrix):
        raise ValueError(
            f"motif {i} must be a string or a matrix of shape (width, 4), got one of shape "
            f"{matrix.shape}"
        )
    if (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1, atol=1e-3):
        raise ValueError(f"motif {i} must have rows of probabilities that sum to 1")
    return matrix / matrix.sum(axis=1, keepdims=True)


def _base_probabilities(i: int, symbol: str, conservation: float) -> np.ndarray:
    if symbol not in IUPAC_BASES:
        raise ValueError(f"motif {i} has the symbol {symbol!r}, which is not an IUPAC code of DNA")
    is_named = np.array([base in IUPAC_BASES[symbol] for base in "ACGT"])
    n_named = is_named.sum()
    if n_named == 4:
        return np.full(4, 0.25)
    return np.where(is_named, conservation / n_named, (1 - conservation) / (4 - n_named))


def exact_classes(
    n_samples: int,
    n_classes: int,
    weights,
    name: str = "weights",
    what: str = "the background and one per motif",
) -> np.ndarray:
    """Assign classes in order, in numbers proportional to the weights."""
    weights = np.full(n_classes, 1 / n_classes) if weights is None else np.asarray(weights, float)
    if weights.shape != (n_classes,) or (weights < 0).any() or not np.isclose(weights.sum(), 1):
        raise ValueError(
            f"{name} must be {n_classes} fractions that sum to 1 ({what}), got {weights.tolist()}"
        )
    ends = np.rint(np.cumsum(weights) * n_samples).astype(int)
    return np.repeat(np.arange(n_classes), np.diff(ends, prepend=0))


def draw_starts(i: int, n: int, width: int, length: int, position, rng) -> np.ndarray:
    """Draw the first positions of n instances of motif i."""
    last = length - width
    if last < 0:
        raise ValueError(f"motif {i} has {width} positions, more than the {length} of a sequence")
    if position == "anywhere":
        return rng.randint(last + 1, size=n)
    start = last // 2 if position == "fixed" else position
    if not isinstance(start, Integral) or not 0 <= int(start) <= last:
        raise ValueError(
            f"position must be 'anywhere', 'fixed' or an integer in [0, {last}] (motif {i} has "
            f"{width} positions), got {position!r}"
        )
    return np.full(n, start)


def draw_instances(matrix: np.ndarray, reverse: np.ndarray, rng) -> np.ndarray:
    """Draw the codes of one instance for each entry of `reverse`, (n, width)."""
    u = rng.random_sample((len(reverse), len(matrix), 1))
    # The last sum may fall short of 1 by rounding.
    codes = (u >= matrix.cumsum(axis=1)[:, :3]).sum(axis=2)
    complement = get_alphabet("dna").complement
    return np.where(reverse[:, np.newaxis], complement[codes[:, ::-1]], codes)


def draw_background(n_samples: int, length: int, gc_content: float, rng) -> np.ndarray:
    """Draw the codes of random bases, (n_samples, length)."""
    at, gc = (1 - gc_content) / 2, gc_content / 2
    return rng.choice(4, size=(n_samples, length), p=[at, gc, gc, at]).astype(np.uint8)


def draw_slots(n_samples: int, n_motifs: int, maximum: int, rng) -> np.ndarray:
    """Draw motifs of each sequence in random order: 0 to `maximum` of each, -1 in empty slots."""
    counts = rng.randint(maximum + 1, size=(n_samples, n_motifs))
    is_taken = np.arange(maximum) < counts[:, :, np.newaxis]
    slots = np.where(is_taken, np.arange(n_motifs)[:, np.newaxis], -1).reshape(n_samples, -1)
    return np.take_along_axis(slots, rng.random_sample(slots.shape).argsort(axis=1), axis=1)


def lay_out(slots: np.ndarray, widths: Sequence[int] | np.ndarray, length: int, rng) -> np.ndarray:
    """Draw the first positions of the motifs in the slots, in order and without overlaps."""
    taken = np.append(widths, 0)[slots]
    free = length - taken.sum(axis=1, keepdims=True)
    gaps = np.sort((rng.random_sample(slots.shape) * (free + 1)).astype(int), axis=1)
    return gaps + taken.cumsum(axis=1) - taken


def plant(
    codes: np.ndarray, slots: np.ndarray, starts: np.ndarray, matrices, both_strands: bool, rng
) -> pd.DataFrame:
    """Write an instance into the codes for each slot, and return a frame of the instances."""
    filled = np.nonzero(slots >= 0)
    rows, kinds, positions = filled[0], slots[filled], starts[filled]
    reverse = rng.random_sample(len(rows)) < 0.5 * both_strands
    for i, matrix in enumerate(matrices):
        own = kinds == i
        columns = positions[own, np.newaxis] + np.arange(len(matrix))
        codes[rows[own, np.newaxis], columns] = draw_instances(matrix, reverse[own], rng)
    strands = np.where(reverse, "-", "+")
    return pd.DataFrame({"row": rows, "motif": kinds, "position": positions, "strand": strands})


def check_fit(matrices, maximum: int, length: int) -> None:
    """Raise a ValueError unless the maximum number of instances fits into a sequence."""
    needed = maximum * sum(map(len, matrices))
    if needed > length:
        raise ValueError(
            f"up to {maximum} instances of {len(matrices)} motifs take {needed} positions, more "
            f"than the {length} of a sequence"
        )
