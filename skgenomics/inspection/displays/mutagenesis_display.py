"""Heat map of in-silico mutagenesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgenomics.inspection.displays._common import (
    Display,
    as_single,
    encode_single,
    logo_width,
    make_axes,
    slice_positions,
    symbols_of,
)
from skgenomics.inspection.displays.logo import draw_logo, draw_symbols
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.sequences import one_hot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.image import AxesImage

# Height of a symbol relative to its cell.
_SYMBOL_HEIGHT = 0.8
# Height of the heat map below a logo, relative to both.
_MAP_HEIGHT = 0.58


class MutagenesisDisplay(Display):
    """Heat map of in-silico mutagenesis, symbols by positions.

    It is recommended to use :meth:`from_estimator` or :meth:`from_effects` to create a display. All
    parameters are stored as attributes.

    Parameters
    ----------
    effects : ndarray of shape (L, C)
        Change of the score by the substitution of each symbol at each position.
    codes : ndarray of uint8 of shape (L,)
        Sequence.
    symbols : str, default="ACGT"
        Symbols in the order of the columns.
    start : int, default=0
        Number of the first position.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes with the heat map; with a logo, they are inset in the axes that were passed.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.
    image_ : matplotlib.image.AxesImage
        Heat map.
    symbols_ : matplotlib.collections.PathCollection
        Observed symbols in their cells.
    logo_ax_ : matplotlib.axes.Axes or None
        Axes of the logo above.

    See Also
    --------
    skgenomics.inspection.mutagenesis : Effects of substitutions in many sequences.
    AttributionDisplay : Sequence logo of attribution scores.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics.inspection.displays import MutagenesisDisplay
    >>> effects = [[0, -1.0, -2.0, -3.0], [0.5, 0.5, 0.5, 0]]
    >>> display = MutagenesisDisplay.from_effects(effects, "AT")
    >>> display.importance.tolist()
    [2.0, -0.5]
    """

    image_: AxesImage
    symbols_: PathCollection
    logo_ax_: Axes | None

    def __init__(self, effects, codes, *, symbols: str = "ACGT", start: int = 0):
        self.effects = effects
        self.codes = codes
        self.symbols = symbols
        self.start = start

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        target=None,
        start: int | None = None,
        end: int | None = None,
        sequence_column: str | None = None,
        ax=None,
        **plot_settings,
    ) -> MutagenesisDisplay:
        """Score all single substitutions of one sequence, and plot their effects.

        Parameters
        ----------
        estimator : object
            Fitted estimator, see :func:`~skgenomics.inspection.mutagenesis`.
        X : str or array-like of shape (1,) or (1, n_features)
            Sequence as text or codes, or a frame of one row for an estimator of several columns.
        target : object, default=None
            Output to explain, see :func:`~skgenomics.inspection.attribute`.
        start, end : int or None, default=None
            Half-open range of positions to plot; None for the whole sequence.
        sequence_column : str or None, default=None
            Column of the sequence in a frame; by default the only one.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        **plot_settings : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        MutagenesisDisplay
            Object that stores the plotted values.
        """
        from skgenomics.inspection.mutations.substitutions import mutagenesis

        X, score = as_single(X), symbol_score(estimator, target, sequence_column)
        effects = mutagenesis(estimator, X, target=target, sequence_column=sequence_column)
        values, codes, first = slice_positions(
            effects, score.read(X)[0], score.symbols, start, end, "effects"
        )
        display = cls(values, codes, symbols=score.symbols, start=first)
        return display.plot(ax, **plot_settings)

    @classmethod
    def from_effects(
        cls,
        effects,
        X,
        *,
        symbols: str = "ACGT",
        start: int | None = None,
        end: int | None = None,
        ax=None,
        **plot_settings,
    ) -> MutagenesisDisplay:
        """Plot effects that have been computed before.

        Parameters
        ----------
        effects : array-like of shape (L, C) or (1, L, C)
            Change of the score by the substitution of each symbol at each position.
        X : str or array-like of shape (1,) or (1, n_features)
            Sequence as text or codes.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the symbols in the order of the columns.
        start, end : int or None, default=None
            Half-open range of positions to plot; None for the whole sequence.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        **plot_settings : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        MutagenesisDisplay
            Object that stores the plotted values.
        """
        symbols = symbols_of(symbols)
        values, codes, first = slice_positions(
            effects, encode_single(X, symbols), symbols, start, end, "effects"
        )
        return cls(values, codes, symbols=symbols, start=first).plot(ax, **plot_settings)

    @property
    def importance(self) -> np.ndarray:
        """Mean drop of the score over all substitutions of a position, shape (L,)."""
        n_others = len(self.symbols) - 1
        is_known = self.codes < len(self.symbols)
        return np.where(is_known, -self.effects.sum(axis=1) / n_others, 0.0)

    def plot(
        self,
        ax=None,
        *,
        cmap="RdBu_r",
        limit: float | None = None,
        logo: bool = False,
        colorbar: bool = True,
    ) -> MutagenesisDisplay:
        """Plot the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        cmap : str or matplotlib.colors.Colormap, default="RdBu_r"
            Diverging color map, centered on no change.
        limit : float or None, default=None
            Change at both ends of the color map; None for the largest one.
        logo : bool, default=False
            Whether to plot a logo of the :attr:`importance` of each position above.
        colorbar : bool, default=True
            Whether to add a color bar.

        Returns
        -------
        MutagenesisDisplay
            The display itself.
        """
        n, n_symbols = self.effects.shape
        outer = ax = make_axes(ax, logo_width(n), 1.0 + 0.25 * n_symbols + 1.2 * logo)
        if logo:
            outer.set_axis_off()
            ax = outer.inset_axes([0, 0, 1, _MAP_HEIGHT])
        limit = float(abs(self.effects).max()) or 1.0 if limit is None else limit
        extent = (self.start - 0.5, self.start + n - 0.5, n_symbols - 0.5, -0.5)
        self.image_ = ax.imshow(
            self.effects.T,
            aspect="auto",
            interpolation="nearest",
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
            extent=extent,
        )
        self.symbols_ = draw_symbols(ax, self._cells(), colors="black", start=self.start)
        ax.set(xlabel="position", yticks=range(n_symbols), yticklabels=list(self.symbols))
        if colorbar:
            beside_map = {"shrink": _MAP_HEIGHT, "anchor": (0, 0)} if logo else {}
            ax.figure.colorbar(
                self.image_, ax=outer, label="change of score", pad=0.01, **beside_map
            )
        self.logo_ax_ = self._draw_logo(outer, ax) if logo else None
        return self._finish(ax, has_positions=True, has_frame=True)

    def _cells(self) -> pd.DataFrame:
        """Draw the observed symbols in their cells.

        The y-axis of images points downwards, so that the bottom of a cell is the larger number.
        """
        positions = np.flatnonzero(self.codes < len(self.symbols))
        rows = self.codes[positions].astype(float)
        return pd.DataFrame(
            {
                "position": positions,
                "symbol": [self.symbols[code] for code in self.codes[positions]],
                "bottom": rows + _SYMBOL_HEIGHT / 2,
                "top": rows - _SYMBOL_HEIGHT / 2,
                "is_negative": np.zeros(len(rows), dtype=bool),
            }
        )

    def _draw_logo(self, outer, ax):
        above = outer.inset_axes([0, _MAP_HEIGHT + 0.04, 1, 0.96 - _MAP_HEIGHT], sharex=ax)
        channels = one_hot(self.codes[np.newaxis], len(self.symbols), dtype=float)[0]
        heights = channels * self.importance[:, np.newaxis]
        draw_logo(above, heights, self.symbols, start=self.start)
        above.tick_params(labelbottom=False)
        above.set_ylabel("importance")
        above.spines[["top", "right"]].set_visible(False)
        return above
