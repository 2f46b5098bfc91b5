"""Code that displays share: axes, ticks, and the one sequence that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgenomics.inspection.experiments._random_sequences import lengths_of
from skgenomics.sequences import encode, get_alphabet, is_text

if TYPE_CHECKING:
    from typing import Self

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_WIDTH = 24.0


class Display:
    """Base class of displays.

    A display holds what it draws; :meth:`plot` of a subclass draws it and ends with
    :meth:`_finish`, which sets the fitted attributes.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Figure that contains them.
    """

    ax_: Axes
    figure_: Figure

    def _finish(self, ax, *, has_positions: bool = False, has_frame: bool = False) -> Self:
        """Style the axes, store them and return the display."""
        if has_positions:
            integer_ticks(ax.xaxis)
        if not has_frame:
            ax.spines[["top", "right"]].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def make_axes(ax, width: float, height: float):
    """Return the axes that are given, or new ones of a size in inches."""
    # Imported here: matplotlib is optional, and slow to load.
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def logo_width(n_positions: int) -> float:
    """Return the width in inches at which symbols side by side are legible."""
    return float(np.clip(1.0 + 0.14 * n_positions, 4.0, _MAX_WIDTH))


def integer_ticks(axis) -> None:
    """Put ticks at integers only: positions have no fractions."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def as_single(X):
    """Return X as a container of one sequence; raise ValueError if it has several."""
    if isinstance(X, str):
        return [X]
    if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "uif":
        return X[np.newaxis]
    if len(X) != 1:
        raise ValueError(f"a display shows one sequence, got {len(X)}; pass one, such as X[:1]")
    return X


def encode_single(X, symbols: str) -> np.ndarray:
    """Encode one sequence as codes of shape (L,)."""
    X = as_single(X)
    if is_text(X):
        return encode(X, symbols)[0]
    codes = np.asarray(X)
    if codes.dtype != np.uint8 or codes.ndim != 2:
        raise ValueError(
            "X must be one sequence as text or uint8 codes, got numbers of type "
            f"{codes.dtype} and shape {codes.shape}"
        )
    return codes[0]


def slice_positions(
    values, codes: np.ndarray, symbols: str, start: int | None, end: int | None, name: str
) -> tuple[np.ndarray, np.ndarray, int]:
    """Select the positions of a sequence to draw.

    Parameters
    ----------
    values : array-like of shape (L, C) or (1, L, C)
        Values of each symbol at each position.
    codes : ndarray of shape (L,)
        Sequence.
    symbols : str
        Symbols in the order of the columns.
    start, end : int or None
        Half-open range; None for the whole sequence without the padding at its end.
    name : str
        Name of the values in error messages.

    Returns
    -------
    values : ndarray of shape (n_positions, C)
        Values in the range.
    codes : ndarray of shape (n_positions,)
        Codes in the range.
    start : int
        First position.
    """
    values = np.asarray(values, dtype=float)
    values = values[0] if values.ndim == 3 and len(values) == 1 else values
    if values.shape != (len(codes), len(symbols)):
        raise ValueError(
            f"{name} must have the shape (L, C) = ({len(codes)}, {len(symbols)}) for this "
            f"sequence, got {values.shape}"
        )
    first = 0 if start is None else start
    last = int(lengths_of(codes[np.newaxis], len(symbols))[0]) if end is None else end
    if not 0 <= first < last <= len(codes):
        raise ValueError(
            f"start and end must be 0 <= start < end <= {len(codes)}, got {first} and {last}"
        )
    return values[first:last], codes[first:last], first


def symbols_of(alphabet: str) -> str:
    """Return the symbols of an alphabet or of its name."""
    return get_alphabet(alphabet).symbols
