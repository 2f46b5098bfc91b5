"""What displays share: axes to draw on, and the one sequence that is drawn."""

from __future__ import annotations

import numpy as np

from skgenomics.inspection.experiments._random_sequences import lengths_of
from skgenomics.sequences import encode, get_alphabet, is_text

_MAX_WIDTH = 24.0


def make_axes(ax, width: float, height: float):
    """The axes that are given, or new ones of so many inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def width_of(n_positions: int) -> float:
    """Inches that so many letters side by side need."""
    return float(np.clip(1.0 + 0.14 * n_positions, 4.0, _MAX_WIDTH))


def count_whole_numbers(axis) -> None:
    """Ticks at whole numbers alone, since there is nothing between two positions."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def one_row(X):
    """X as a container of one sequence."""
    if isinstance(X, str):
        return [X]
    if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "uif":
        return X[np.newaxis]
    if len(X) != 1:
        raise ValueError(f"a display shows one sequence, got {len(X)}; take one, such as X[:1]")
    return X


def one_sequence(X, symbols: str) -> np.ndarray:
    """Codes of one sequence of letters, shape (L,)."""
    row = one_row(X)
    if is_text(row):
        return encode(row, symbols)[0]
    codes = np.asarray(row)
    if codes.dtype != np.uint8 or codes.ndim != 2:
        raise ValueError(
            "X must be one sequence as text or uint8 codes, got numbers of type "
            f"{codes.dtype} and shape {codes.shape}"
        )
    return codes[0]


def as_rows(values, n_positions: int, symbols: str, what: str) -> np.ndarray:
    """A matrix (L, C) for a sequence, also of a batch of one."""
    values = np.asarray(values, dtype=float)
    values = values[0] if values.ndim == 3 and len(values) == 1 else values
    if values.shape != (n_positions, len(symbols)):
        raise ValueError(
            f"{what} must have the shape (L, C) = ({n_positions}, {len(symbols)}) for this "
            f"sequence, got {values.shape}"
        )
    return values


def cut(codes: np.ndarray, start: int | None, end: int | None, symbols: str) -> slice:
    """Positions to draw: without the padding at the end, and within `start` and `end`."""
    length = int(lengths_of(codes[np.newaxis], len(symbols))[0])
    start, end = 0 if start is None else start, length if end is None else end
    if not 0 <= start < end <= len(codes):
        raise ValueError(
            f"start and end must be 0 <= start < end <= {len(codes)}, got {start} and {end}"
        )
    return slice(start, end)


def symbols_of(symbols: str) -> str:
    """The letters of an alphabet by its name."""
    return get_alphabet(symbols).symbols
