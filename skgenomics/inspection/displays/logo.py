"""Logos: letters as tall as what they stand for, drawn quickly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_choice
from skgenomics.inspection.displays._common import count_whole_numbers, make_axes, width_of
from skgenomics.sequences import get_alphabet

BASE_COLORS = {"A": "#109648", "C": "#255c99", "G": "#f7b32b", "T": "#d62839", "U": "#d62839"}
_AMINO_ACIDS = {
    "AVLIPMFWG": "#333333",
    "STYCNQ": "#109648",
    "KRH": "#255c99",
    "DE": "#d62839",
}
OTHER_COLOR = "#7f7f7f"
# Space between two letters, as a share of their width.
_GAP = 0.05
# Letters that are shorter than this share of the tallest one cannot be seen.
_MIN_SHARE = 1e-3


def stack_symbols(heights, symbols: str = "ACGT") -> pd.DataFrame:
    """Lay letters on top of each other.

    At each position those of positive height are stacked upwards from zero, the tallest on top,
    and those of negative height downwards, the tallest at the bottom.

    Parameters
    ----------
    heights : array-like of shape (L, C)
        Height of each letter at each position.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the letters in the order of the columns.

    Returns
    -------
    DataFrame
        One row for each letter that can be seen: `position`, `letter`, `bottom` and `top`;
        `is_negative` tells which ones hang below zero.

    Raises
    ------
    ValueError
        If the heights have another shape, or are not finite.

    Examples
    --------
    >>> from skgenomics.inspection.displays.logo import stack_symbols
    >>> stack_symbols([[1.0, 0.0, 2.0, -0.5]])
       position letter  bottom  top  is_negative
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
            f"heights must have the shape (L, {len(symbols)}) for the letters {symbols!r}, got "
            f"{heights.shape}"
        )
    if not np.isfinite(heights).all():
        position, i = np.argwhere(~np.isfinite(heights))[0]
        raise ValueError(
            f"the height of {symbols[i]} at position {position} is {heights[position, i]}; "
            "replace what is not finite"
        )
    return heights, symbols


def _lay_out(heights: np.ndarray, symbols: str) -> dict[str, np.ndarray]:
    """Columns of the table of :func:`stack_symbols`; frames take longer than the drawing."""
    order = abs(heights).argsort(axis=1, kind="stable")
    sizes = np.take_along_axis(heights, order, axis=1)
    up, down = sizes.clip(min=0).cumsum(axis=1), sizes.clip(max=0).cumsum(axis=1)
    is_negative = sizes < 0
    top = np.where(is_negative, down - sizes, up)
    bottom = np.where(is_negative, down, up - sizes)
    seen = abs(sizes) > _MIN_SHARE * abs(sizes).max()
    positions = np.broadcast_to(np.arange(len(heights))[:, np.newaxis], sizes.shape)
    names = np.array(list(symbols), dtype=object)[order]
    columns = {"position": positions, "letter": names, "bottom": bottom, "top": top}
    columns["is_negative"] = is_negative
    return {name: values[seen] for name, values in columns.items()}


def draw_logo(ax, heights, symbols: str = "ACGT", *, colors=None, start: float = 0):
    """Draw letters as tall as what they stand for.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw. Its limits are set to the logo.
    heights : array-like of shape (L, C)
        Height of each letter at each position. Those below zero hang upside down.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the letters in the order of the columns.
    colors : str or dict of letter to color, optional
        One color for all, or that of each letter, grey for the rest; by default the usual ones of
        bases, and for amino acids those of their chemistry.
    start : float, default=0
        Where the first position is on the axis.

    Returns
    -------
    matplotlib.collections.PathCollection
        One path for each letter of the alphabet that occurs, with all its places.

    Raises
    ------
    ValueError
        If the heights have another shape, or are not finite.

    Notes
    -----
    The outline of a letter is made once, and all places of a letter are one path: a logo of a few
    hundred letters takes some milliseconds.

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


def draw_symbols(ax, table, *, colors=None, start: float = 0, is_protein=False):
    """Draw the letters of a table as :func:`stack_symbols` gives it, in one collection."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    names = np.asarray(table["letter"])
    is_negative = np.asarray(table["is_negative"])
    bottom, top = np.asarray(table["bottom"]), np.asarray(table["top"])
    # Upside down from the upper end, or upwards from the lower one.
    origin = np.where(is_negative, top, bottom)[:, np.newaxis]
    scale = np.where(is_negative, bottom - top, top - bottom)[:, np.newaxis]
    left = np.asarray(table["position"])[:, np.newaxis] + start - 0.5
    paths, used = [], []
    for symbol in sorted(set(names)):
        outline, codes = _outline(symbol)
        own = names == symbol
        x = left[own] + outline[:, 0]
        y = origin[own] + scale[own] * outline[:, 1]
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
    """Outline of a letter in the unit square, and the codes of its path.

    A letter that is narrower than E keeps its shape.
    """
    path, box = _text_path(symbol)
    width = max(box.width, _text_path("E")[1].width)
    vertices = np.array(path.vertices)
    # The point that closes a part of an outline is (0, 0), and is not drawn.
    vertices[:, 0] = (vertices[:, 0] - box.x0 + (width - box.width) / 2) / width
    vertices[:, 0] = _GAP / 2 + (1 - _GAP) * vertices[:, 0]
    vertices[:, 1] = (vertices[:, 1] - box.y0) / box.height
    vertices.setflags(write=False)
    return vertices, path.codes


def _text_path(symbol: str):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    # The font that comes with matplotlib is the same everywhere.
    font = FontProperties(family="DejaVu Sans", weight="bold")
    path = TextPath((0, 0), symbol, size=100, prop=font)
    return path, path.get_extents()


class SequenceLogoDisplay:
    """Letters as tall as what they stand for.

    Use :meth:`from_motif` or :meth:`from_matrix` to make one.

    Parameters
    ----------
    heights : ndarray of shape (L, C)
        Height of each letter at each position.
    symbols : str, default="ACGT"
        "dna", "rna", "protein" or the letters in the order of the columns.
    ylabel : str, default=""
        What heights are.
    highest : float, optional
        Upper limit of the axis; by default that of the tallest stack.
    name : str, default=""
        Title.
    start : int, default=0
        Number of the first position.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the logo was drawn.
    figure_ : matplotlib.figure.Figure
        The figure of these.
    logo_ : matplotlib.collections.PathCollection
        The letters.

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
    def from_motif(cls, motif, *, kind: str = "information", background=None, ax=None, colors=None):
        """Draw a motif.

        Parameters
        ----------
        motif : Motif
            The motif.
        kind : {"information", "probability"}, default="information"
            Whether letters share the information of their position, in bits, or the probability 1.
        background : array-like of shape (C,), optional
            Probability of each letter outside of sites, see
            :meth:`~skgenomics.motifs.Motif.information_content`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
        """
        check_choice("kind", kind, ("information", "probability"))
        heights, highest = motif.probabilities, 1.0
        if kind == "information":
            heights = heights * motif.information_content(background)[:, np.newaxis]
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
    ):
        """Draw a matrix as it is.

        Parameters
        ----------
        matrix : array-like of shape (L, C)
            Heights, which may be negative.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the letters in the order of the columns.
        ylabel : str, default=""
            What heights are.
        start : int, default=0
            Number of the first position.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
        """
        display = cls(np.asarray(matrix), symbols=symbols, ylabel=ylabel, start=start)
        return display.plot(ax, colors=colors)

    def plot(self, ax=None, *, colors=None):
        """Draw the logo.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
            The same.
        """
        ax = make_axes(ax, width_of(len(self.heights)), 2.0)
        self.logo_ = draw_logo(ax, self.heights, self.symbols, colors=colors, start=self.start)
        if self.highest is not None:
            ax.set_ylim(0, self.highest)
        ax.set(ylabel=self.ylabel, xlabel="position", title=self.name)
        ax.spines[["top", "right"]].set_visible(False)
        count_whole_numbers(ax.xaxis)
        self.ax_, self.figure_ = ax, ax.figure
        return self
