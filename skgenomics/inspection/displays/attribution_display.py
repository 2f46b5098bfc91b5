"""How much each letter of a sequence counts."""

from __future__ import annotations

import numpy as np

from skgenomics._utils.validation import check_choice
from skgenomics.inspection.displays._common import (
    as_rows,
    count_whole_numbers,
    cut,
    make_axes,
    one_row,
    one_sequence,
    symbols_of,
    width_of,
)
from skgenomics.inspection.displays.logo import draw_logo
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.sequences import one_hot


class AttributionDisplay:
    """The letters of a sequence as tall as what they count for.

    Use :meth:`from_estimator` or :meth:`from_attributions` to make one.

    Parameters
    ----------
    attributions : ndarray of shape (L, C)
        Hypothetical attributions.
    codes : ndarray of shape (L,), uint8
        The letters that are there.
    symbols : str, default="ACGT"
        Letters in the order of the columns.
    start : int, default=0
        Number of the first position.
    name : str, default="attribution"
        What the heights are.

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
    >>> from skgenomics.inspection.displays import AttributionDisplay
    >>> attributions = [[0.5, -0.1, 0, 0], [0, 0, 0, -0.2]]
    >>> display = AttributionDisplay.from_attributions(attributions, "AT")
    >>> display.actual.tolist()
    [0.5, -0.2]
    """

    def __init__(
        self,
        attributions,
        codes,
        *,
        symbols: str = "ACGT",
        start: int = 0,
        name: str = "attribution",
    ):
        self.attributions = attributions
        self.codes = codes
        self.symbols = symbols
        self.start = start
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        method: str = "integrated_gradients",
        target=None,
        start: int | None = None,
        end: int | None = None,
        ax=None,
        colors=None,
        **settings,
    ):
        """Attribute the score of one sequence to its letters, and draw them.

        Parameters
        ----------
        estimator : object
            A fitted estimator, see :func:`~skgenomics.inspection.attribute`.
        X : str, or text or codes of one row
            The sequence.
        method : str, default="integrated_gradients"
            See :func:`~skgenomics.inspection.attribute`.
        target : object, optional
            What to look at.
        start, end : int, optional
            Positions to draw, half-open; by default the whole sequence.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.
        **settings
            Further settings of :func:`~skgenomics.inspection.attribute`.

        Returns
        -------
        AttributionDisplay
        """
        from skgenomics.inspection.attribution.attribute import attribute

        row, score = one_row(X), symbol_score(estimator, target)
        found = attribute(estimator, row, method=method, target=target, **settings)
        codes = score.read(row)[0]
        part = cut(codes, start, end, score.symbols)
        values = as_rows(found, len(codes), score.symbols, "attributions")
        name = method.replace("_", " ")
        display = cls(values[part], codes[part], symbols=score.symbols, start=part.start, name=name)
        return display.plot(ax, colors=colors)

    @classmethod
    def from_attributions(
        cls,
        attributions,
        X,
        *,
        symbols: str = "ACGT",
        start: int | None = None,
        end: int | None = None,
        ax=None,
        colors=None,
    ):
        """Draw attributions that there are already.

        Parameters
        ----------
        attributions : array-like of shape (L, C) or (1, L, C)
            Hypothetical attributions, in the order of the letters.
        X : str, or text or codes of one row
            The sequence.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the letters in the order of the columns.
        start, end : int, optional
            Positions to draw, half-open; by default the whole sequence.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        AttributionDisplay
        """
        symbols = symbols_of(symbols)
        codes = one_sequence(X, symbols)
        values = as_rows(attributions, len(codes), symbols, "attributions")
        part = cut(codes, start, end, symbols)
        display = cls(values[part], codes[part], symbols=symbols, start=part.start)
        return display.plot(ax, colors=colors)

    @property
    def actual(self) -> np.ndarray:
        """Attributions of the letters that are there, shape (L,); 0 for unknown ones."""
        return self._heights("actual").sum(axis=1)

    def _heights(self, which: str) -> np.ndarray:
        if which == "hypothetical":
            return self.attributions
        hot = one_hot(self.codes[np.newaxis], len(self.symbols), dtype=float)[0]
        return self.attributions * hot

    def plot(self, ax=None, *, which: str = "actual", colors=None):
        """Draw the letters.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        which : {"actual", "hypothetical"}, default="actual"
            Whether the letters that are there are drawn, or what each letter would count for.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        AttributionDisplay
            The same.
        """
        check_choice("which", which, ("actual", "hypothetical"))
        ax = make_axes(ax, width_of(len(self.codes)), 2.0)
        heights = self._heights(which)
        self.logo_ = draw_logo(ax, heights, self.symbols, colors=colors, start=self.start)
        ylabel = self.name if which == "actual" else f"{self.name}\n(hypothetical)"
        ax.set(xlabel="position", ylabel=ylabel)
        ax.spines[["top", "right"]].set_visible(False)
        count_whole_numbers(ax.xaxis)
        self.ax_, self.figure_ = ax, ax.figure
        return self
