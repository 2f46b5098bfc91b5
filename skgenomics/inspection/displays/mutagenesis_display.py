"""What every single change of a sequence does to its score."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
from skgenomics.inspection.displays.logo import draw_logo, draw_symbols
from skgenomics.inspection.experiments._random_sequences import symbol_score
from skgenomics.sequences import one_hot

# Share of a cell that its letter takes.
_SYMBOL = 0.8
# Share of the height that the heat map takes below a logo.
_MAP = 0.58


class MutagenesisDisplay:
    """A heat map of in-silico mutagenesis: letters by positions.

    Use :meth:`from_estimator` or :meth:`from_effects` to make one.

    Parameters
    ----------
    effects : ndarray of shape (L, C)
        Change of the score with each letter at each position.
    codes : ndarray of shape (L,), uint8
        The letters that are there.
    symbols : str, default="ACGT"
        Letters in the order of the columns.
    start : int, default=0
        Number of the first position.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the heat map was drawn: within the axes that were given, if a logo shares these.
    figure_ : matplotlib.figure.Figure
        The figure of these.
    image_ : matplotlib.image.AxesImage
        The heat map.
    symbols_ : matplotlib.collections.PathCollection
        The letters that are there, in their cells.
    logo_ax_ : matplotlib.axes.Axes or None
        The axes of the logo above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics.inspection.displays import MutagenesisDisplay
    >>> effects = [[0, -1.0, -2.0, -3.0], [0.5, 0.5, 0.5, 0]]
    >>> display = MutagenesisDisplay.from_effects(effects, "AT")
    >>> display.worth.tolist()
    [2.0, -0.5]
    """

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
        ax=None,
        **plot_settings,
    ):
        """Score every single change of one sequence, and draw what it does.

        Parameters
        ----------
        estimator : object
            A fitted estimator, see :func:`~skgenomics.inspection.mutagenesis`.
        X : str, or text or codes of one row
            The sequence.
        target : object, optional
            What to look at.
        start, end : int, optional
            Positions to draw, half-open; by default the whole sequence.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        **plot_settings
            Settings of :meth:`plot`.

        Returns
        -------
        MutagenesisDisplay
        """
        from skgenomics.inspection.mutations.substitutions import mutagenesis

        row, score = one_row(X), symbol_score(estimator, target)
        codes = score.read(row)[0]
        part = cut(codes, start, end, score.symbols)
        effects = mutagenesis(estimator, row, target=target)
        effects = as_rows(effects, len(codes), score.symbols, "effects")
        display = cls(effects[part], codes[part], symbols=score.symbols, start=part.start)
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
    ):
        """Draw effects that there are already.

        Parameters
        ----------
        effects : array-like of shape (L, C) or (1, L, C)
            Change of the score with each letter at each position.
        X : str, or text or codes of one row
            The sequence.
        symbols : str, default="ACGT"
            "dna", "rna", "protein" or the letters in the order of the columns.
        start, end : int, optional
            Positions to draw, half-open; by default the whole sequence.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        **plot_settings
            Settings of :meth:`plot`.

        Returns
        -------
        MutagenesisDisplay
        """
        symbols = symbols_of(symbols)
        codes = one_sequence(X, symbols)
        effects = as_rows(effects, len(codes), symbols, "effects")
        part = cut(codes, start, end, symbols)
        display = cls(effects[part], codes[part], symbols=symbols, start=part.start)
        return display.plot(ax, **plot_settings)

    @property
    def worth(self) -> np.ndarray:
        """What the score loses on average when a position is changed, shape (L,)."""
        n_others = len(self.symbols) - 1
        is_known = self.codes < len(self.symbols)
        return np.where(is_known, -self.effects.sum(axis=1) / n_others, 0.0)

    def plot(self, ax=None, *, cmap="RdBu_r", limit=None, logo: bool = False, colorbar=True):
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        cmap : str or Colormap, default="RdBu_r"
            Colours; the middle one is no change.
        limit : float, optional
            Change at the ends of the colours; by default the largest one.
        logo : bool, default=False
            Whether a logo above shows what the letters that are there are worth, see :attr:`worth`.
        colorbar : bool, default=True
            Whether a bar explains the colours.

        Returns
        -------
        MutagenesisDisplay
            The same.
        """
        n, n_symbols = self.effects.shape
        place = ax = make_axes(ax, width_of(n), 1.0 + 0.25 * n_symbols + 1.2 * logo)
        if logo:
            place.set_axis_off()
            ax = place.inset_axes([0, 0, 1, _MAP])
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
        count_whole_numbers(ax.xaxis)
        if colorbar:
            share = {"shrink": _MAP, "anchor": (0, 0)} if logo else {}
            ax.figure.colorbar(self.image_, ax=place, label="change of score", pad=0.01, **share)
        self.logo_ax_ = self._draw_logo(place, ax) if logo else None
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _cells(self) -> pd.DataFrame:
        """The letters that are there, each in its cell; rows count downwards."""
        positions = np.flatnonzero(self.codes < len(self.symbols))
        rows = self.codes[positions].astype(float)
        return pd.DataFrame(
            {
                "position": positions,
                "letter": [self.symbols[code] for code in self.codes[positions]],
                "bottom": rows + _SYMBOL / 2,
                "top": rows - _SYMBOL / 2,
                "is_negative": np.zeros(len(rows), dtype=bool),
            }
        )

    def _draw_logo(self, place, ax):
        above = place.inset_axes([0, _MAP + 0.04, 1, 0.96 - _MAP], sharex=ax)
        hot = one_hot(self.codes[np.newaxis], len(self.symbols), dtype=float)[0]
        draw_logo(above, hot * self.worth[:, np.newaxis], self.symbols, start=self.start)
        above.tick_params(labelbottom=False)
        above.set_ylabel("worth")
        above.spines[["top", "right"]].set_visible(False)
        return above
