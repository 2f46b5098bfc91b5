"""Sequence logos."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_choice
from skgenomics.inspection.displays._common import Display, logo_width, make_axes
from skgenomics.motifs import Motif
from skgenomics.sequences import get_alphabet

if TYPE_CHECKING:
    from matplotlib.collections import PathCollection

BASE_COLORS = {"A": "#109648", "C": "#255c99", "G": "#f7b32b", "T": "#d62839", "U": "#d62839"}
_AMINO_ACIDS = {
    "AVLIPMFWG": "#333333",
    "STYCNQ": "#109648",
    "KRH": "#255c99",
    "DE": "#d62839",
}
OTHER_COLOR = "#7f7f7f"
# Space between two symbols, relative to their width.
_GAP = 0.05
# Minimum height of a symbol relative to the tallest one: shorter ones are invisible.
_MIN_RELATIVE_HEIGHT = 1e-3


def stack_symbols(heights, symbols: str = "ACGT") -> pd.DataFrame:
    """Stack the symbols of each position.

    Symbols of positive height are stacked upwards from zero, the tallest on top; those of negative
    height downwards, the tallest at the bottom.

    Parameters
    ----------
    heights : array-like of shape (L, C)
        Height of each symbol at each position.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of the columns.

    Returns
    -------
    DataFrame
        One row for each visible symbol, with columns "position", "symbol", "bottom", "top" and
        "is_negative", which is True below zero.

    Raises
    ------
    ValueError
        If the heights do not have shape (L, C) or are not finite.

    Examples
    --------
    >>> from skgenomics.inspection.displays.logo import stack_symbols
    >>> stack_symbols([[1.0, 0.0, 2.0, -0.5]])
       position symbol  bottom  top  is_negative
    0         0      A     0.0  1.0        False
    1         0      G     1.0  3.0        False
    2         0      T    -0.5  0.0         True
    """
    heights, symbols = _check_heights(heights, symbols)
    table = pd.DataFrame(_lay_out(heights, symbols))
    return table.sort_values(["position", "is_negative"], kind="stable", ignore_index=True)


def _check_heights(heights, symbols: str) -> tuple[np.ndarray, str]:
    symbols = get_alphabet(symbols).symbols
    heights = np.asarray(heights, dtype=float)
    if heights.ndim != 2 or heights.shape[1] != len(symbols) or not heights.size:
        raise ValueError(
            f"heights must have the shape (L, {len(symbols)}) for the symbols {symbols!r}, got "
            f"{heights.shape}"
        )
    if not np.isfinite(heights).all():
        position, i = np.argwhere(~np.isfinite(heights))[0]
        raise ValueError(
            f"the height of {symbols[i]} at position {position} is {heights[position, i]}; "
            "replace values that are not finite"
        )
    return heights, symbols


def _lay_out(heights: np.ndarray, symbols: str) -> dict[str, np.ndarray]:
    """Compute the columns of :func:`stack_symbols`.

    Not as a DataFrame: creating one takes longer than drawing the logo.
    """
    order = abs(heights).argsort(axis=1, kind="stable")
    sizes = np.take_along_axis(heights, order, axis=1)
    up, down = sizes.clip(min=0).cumsum(axis=1), sizes.clip(max=0).cumsum(axis=1)
    is_negative = sizes < 0
    top = np.where(is_negative, down - sizes, up)
    bottom = np.where(is_negative, down, up - sizes)
    is_visible = abs(sizes) > _MIN_RELATIVE_HEIGHT * abs(sizes).max()
    positions = np.broadcast_to(np.arange(len(heights))[:, np.newaxis], sizes.shape)
    names = np.array(list(symbols), dtype=object)[order]
    columns = {"position": positions, "symbol": names, "bottom": bottom, "top": top}
    columns["is_negative"] = is_negative
    return {name: values[is_visible] for name, values in columns.items()}


def draw_logo(
    ax, heights, symbols: str = "ACGT", *, colors=None, start: float = 0
) -> PathCollection:
    """Draw a sequence logo.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on. Their limits are set to the logo.
    heights : array-like of shape (L, C)
        Height of each symbol at each position. Symbols of negative height are upside down.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of the columns.
    colors : str, dict or None, default=None
        One color for all symbols, or the color of each symbol, gray for those left out. None for
        the usual colors of bases, and for colors of residues by their chemical properties.
    start : float, default=0
        Coordinate of the first position.

    Returns
    -------
    matplotlib.collections.PathCollection
        One path for each symbol of the alphabet that occurs, with all its occurrences.

    Raises
    ------
    ValueError
        If the heights do not have shape (L, C) or are not finite.

    See Also
    --------
    SequenceLogoDisplay : Logo with axis labels and a title.

    Notes
    -----
    The outline of a symbol is computed once, and all its occurrences are one path, so that a logo
    of some hundred positions takes a few milliseconds.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from skgenomics.inspection.displays.logo import draw_logo
    >>> ax = Figure().add_subplot()
    >>> len(draw_logo(ax, [[1.0, 0, 0, 0], [0, 0, 0, 2.0]]).get_paths())
    2
    >>> [float(x) for x in ax.get_xlim()]
    [-0.5, 1.5]
    """
    heights, symbols = _check_heights(heights, symbols)
    table = _lay_out(heights, symbols)
    is_protein = not get_alphabet(symbols).is_nucleic
    collection = draw_symbols(ax, table, colors=colors, start=start, is_protein=is_protein)
    ax.set_xlim(start - 0.5, start + len(heights) - 0.5)
    lowest, highest = table["bottom"].min(initial=0), table["top"].max(initial=0)
    if lowest < highest:
        ax.set_ylim(1.05 * lowest, 1.05 * highest)
    if lowest < 0:
        ax.axhline(0, color="black", linewidth=0.5, zorder=0)
    return collection


def draw_symbols(
    ax, table, *, colors=None, start: float = 0, is_protein: bool = False
) -> PathCollection:
    """Draw the symbols of a table, as returned by :func:`stack_symbols`, as one collection."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    names = np.asarray(table["symbol"])
    is_negative = np.asarray(table["is_negative"])
    bottom, top = np.asarray(table["bottom"]), np.asarray(table["top"])
    # Negative symbols are drawn from their upper end downwards, which turns them upside down.
    origin = np.where(is_negative, top, bottom)[:, np.newaxis]
    scale = np.where(is_negative, bottom - top, top - bottom)[:, np.newaxis]
    left = np.asarray(table["position"])[:, np.newaxis] + start - 0.5
    paths, used = [], []
    for symbol in sorted(set(names)):
        outline, codes = _outline(symbol)
        mask = names == symbol
        x = left[mask] + outline[:, 0]
        y = origin[mask] + scale[mask] * outline[:, 1]
        vertices = np.stack([x, y], axis=2).reshape(-1, 2)
        paths.append(Path(vertices, np.tile(codes, len(x))))
        used.append(_color(symbol, colors, is_protein))
    collection = PathCollection(paths, facecolors=used, edgecolors="none", linewidths=0)
    ax.add_collection(collection, autolim=False)
    return collection


def _color(symbol: str, colors, is_protein: bool):
    if isinstance(colors, str):
        return colors
    if colors is not None:
        return colors.get(symbol, OTHER_COLOR)
    if not is_protein:
        return BASE_COLORS.get(symbol.upper(), OTHER_COLOR)
    return next((c for group, c in _AMINO_ACIDS.items() if symbol.upper() in group), OTHER_COLOR)


@lru_cache(maxsize=128)
def _outline(symbol: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of a symbol in the unit square, and its path codes.

    Symbols are stretched to the full width, except for those narrower than an E, such as I.
    """
    path, box = _text_path(symbol)
    width = max(box.width, _text_path("E")[1].width)
    vertices = np.array(path.vertices)
    # CLOSEPOLY vertices are (0, 0) and are ignored, so that scaling them does no harm.
    vertices[:, 0] = (vertices[:, 0] - box.x0 + (width - box.width) / 2) / width
    vertices[:, 0] = _GAP / 2 + (1 - _GAP) * vertices[:, 0]
    vertices[:, 1] = (vertices[:, 1] - box.y0) / box.height
    vertices.setflags(write=False)
    return vertices, path.codes


def _text_path(symbol: str):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    # The font that is shipped with matplotlib, hence the same on every machine.
    font = FontProperties(family="DejaVu Sans", weight="bold")
    path = TextPath((0, 0), symbol, size=100, prop=font)
    return path, path.get_extents()


class SequenceLogoDisplay(Display):
    """Sequence logo of a motif or a matrix.

    It is recommended to use :meth:`from_motif` or :meth:`from_matrix` to create a display. All
    parameters are stored as attributes.

    Parameters
    ----------
    heights : ndarray of shape (L, C)
        Height of each symbol at each position.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of the columns.
    ylabel : str, default=""
        Label of the y-axis.
    highest : float or None, default=None
        Upper limit of the y-axis; None for the height of the tallest stack.
    name : str, default=""
        Title.
    start : int, default=0
        Number of the first position.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes with the logo.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.
    logo_ : matplotlib.collections.PathCollection
        Symbols of the logo.

    See Also
    --------
    draw_logo : Draw a logo without labels.
    MotifDisplay : Logos of a motif and a similar one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics.inspection.displays import SequenceLogoDisplay
    >>> from skgenomics.motifs import Motif
    >>> motif = Motif("TA", [[0, 0, 0, 1], [0.7, 0.1, 0.1, 0.1]])
    >>> display = SequenceLogoDisplay.from_motif(motif)
    >>> display.ax_.get_ylabel(), display.ax_.get_title()
    ('bits', 'TA')
    """

    logo_: PathCollection

    def __init__(
        self,
        heights,
        *,
        symbols: str = "ACGT",
        ylabel: str = "",
        highest: float | None = None,
        name: str = "",
        start: int = 0,
    ):
        self.heights = heights
        self.symbols = symbols
        self.ylabel = ylabel
        self.highest = highest
        self.name = name
        self.start = start

    @classmethod
    def from_motif(
        cls, motif: Motif, *, kind: str = "information", background=None, ax=None, colors=None
    ) -> SequenceLogoDisplay:
        """Plot a motif.

        Parameters
        ----------
        motif : Motif
            Motif to plot.
        kind : {"information", "probability"}, default="information"
            Height of a stack: the information content of the position in bits, or one. Symbols take
            a fraction of it that is their probability.
        background : array-like of shape (C,) or None, default=None
            Probability of each symbol outside of sites, see
            :meth:`~skgenomics.motifs.Motif.information_content`.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
            Object that stores the plotted values.
        """
        check_choice("kind", kind, ("information", "probability"))
        heights = motif.probabilities
        highest: float | None = 1.0
        if kind == "information":
            heights = heights * motif.information_content(background)[:, np.newaxis]
            # With a background, a position may have more than log2(C) bits.
            highest = None if background is not None else float(np.log2(heights.shape[1]))
        name = f"{motif.name} {motif.alt_name}".strip()
        ylabel = "bits" if kind == "information" else kind
        display = cls(heights, symbols=motif.alphabet, ylabel=ylabel, highest=highest, name=name)
        return display.plot(ax, colors=colors)

    @classmethod
    def from_matrix(
        cls,
        matrix,
        *,
        symbols: str = "ACGT",
        ylabel: str = "",
        start: int = 0,
        ax=None,
        colors=None,
    ) -> SequenceLogoDisplay:
        """Plot a matrix of heights.

        Parameters
        ----------
        matrix : array-like of shape (L, C)
            Height of each symbol at each position, which may be negative.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the symbols in the order of the columns.
        ylabel : str, default=""
            Label of the y-axis.
        start : int, default=0
            Number of the first position.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
            Object that stores the plotted values.
        """
        display = cls(np.asarray(matrix), symbols=symbols, ylabel=ylabel, start=start)
        return display.plot(ax, colors=colors)

    def plot(self, ax=None, *, colors=None) -> SequenceLogoDisplay:
        """Plot the logo.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
            The display itself.
        """
        ax = make_axes(ax, logo_width(len(self.heights)), 2.0)
        self.logo_ = draw_logo(ax, self.heights, self.symbols, colors=colors, start=self.start)
        if self.highest is not None:
            ax.set_ylim(0, self.highest)
        ax.set(ylabel=self.ylabel, xlabel="position", title=self.name)
        return self._finish(ax, has_positions=True)
