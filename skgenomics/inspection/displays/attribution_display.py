"""Sequence logo of attribution scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgenomics._utils.validation import check_choice
from skgenomics.inspection.displays._common import (
    Display,
    as_single,
    encode_single,
    logo_width,
    make_axes,
    slice_positions,
    symbols_of,
)
from skgenomics.inspection.displays.logo import draw_logo
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.sequences import one_hot

if TYPE_CHECKING:
    from matplotlib.collections import PathCollection


class AttributionDisplay(Display):
    """Sequence logo of attribution scores.

    It is recommended to use :meth:`from_estimator` or :meth:`from_attributions` to create a
    display. All parameters are stored as attributes.

    Parameters
    ----------
    attributions : ndarray of shape (L, C)
        Hypothetical contribution scores.
    codes : ndarray of uint8 of shape (L,)
        Sequence.
    symbols : str, default="ACGT"
        Symbols in the order of the columns.
    start : int, default=0
        Number of the first position.
    name : str, default="attribution"
        Label of the y-axis.

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
    skgenomics.inspection.attribute : Attributions of many sequences.
    MutagenesisDisplay : Heat map of the effects of substitutions.

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

    logo_: PathCollection

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
    ) -> AttributionDisplay:
        """Attribute the prediction for one sequence to its positions, and plot the result.

        Parameters
        ----------
        estimator : object
            Fitted estimator, see :func:`~skgenomics.inspection.attribute`.
        X : str or array-like of shape (1,) or (1, n_features)
            Sequence as text or codes, or a frame of one row for an estimator of several columns.
        method : str, default="integrated_gradients"
            Attribution method, see :func:`~skgenomics.inspection.attribute`.
        target : object, default=None
            Output to explain, see :func:`~skgenomics.inspection.attribute`.
        start, end : int or None, default=None
            Half-open range of positions to plot; None for the whole sequence.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.
        **settings : dict
            Further parameters of :func:`~skgenomics.inspection.attribute`.

        Returns
        -------
        AttributionDisplay
            Object that stores the plotted values.
        """
        from skgenomics.inspection.attribution.attribute import attribute

        X = as_single(X)
        score = symbol_score(estimator, target, settings.get("sequence_column"))
        read = score.read(X)[0]
        attributions = attribute(estimator, X, method=method, target=target, **settings)
        # A network may read padding behind the text.
        values, codes, first = slice_positions(
            attributions.values[:, : len(read)], read, score.symbols, start, end, "attributions"
        )
        name = method.replace("_", " ")
        display = cls(values, codes, symbols=score.symbols, start=first, name=name)
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
    ) -> AttributionDisplay:
        """Plot attributions that have been computed before.

        Parameters
        ----------
        attributions : array-like of shape (L, C) or (1, L, C)
            Hypothetical contribution scores, in the order of `symbols`.
        X : str or array-like of shape (1,) or (1, n_features)
            Sequence as text or codes.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the symbols in the order of the columns.
        start, end : int or None, default=None
            Half-open range of positions to plot; None for the whole sequence.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        AttributionDisplay
            Object that stores the plotted values.
        """
        symbols = symbols_of(symbols)
        values, codes, first = slice_positions(
            attributions, encode_single(X, symbols), symbols, start, end, "attributions"
        )
        return cls(values, codes, symbols=symbols, start=first).plot(ax, colors=colors)

    @property
    def actual(self) -> np.ndarray:
        """Attributions of the observed symbols, shape (L,); 0 for unknown ones."""
        return self._heights("actual").sum(axis=1)

    def _heights(self, which: str) -> np.ndarray:
        if which == "hypothetical":
            return self.attributions
        channels = one_hot(self.codes[np.newaxis], len(self.symbols), dtype=float)[0]
        return self.attributions * channels

    def plot(self, ax=None, *, which: str = "actual", colors=None) -> AttributionDisplay:
        """Plot the logo.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        which : {"actual", "hypothetical"}, default="actual"
            Scores to plot: those of the observed symbols, or the hypothetical contribution scores
            of all symbols.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        AttributionDisplay
            The display itself.
        """
        check_choice("which", which, ("actual", "hypothetical"))
        ax = make_axes(ax, logo_width(len(self.codes)), 2.0)
        heights = self._heights(which)
        self.logo_ = draw_logo(ax, heights, self.symbols, colors=colors, start=self.start)
        ylabel = self.name if which == "actual" else f"{self.name}\n(hypothetical)"
        ax.set(xlabel="position", ylabel=ylabel)
        return self._finish(ax, has_positions=True)
