"""The logo of a motif, or of any matrix."""

from __future__ import annotations

import numpy as np

from skgenomics.checks import check_choice
from skgenomics.inspection.displays._common import count_whole_numbers, make_axes, width_of
from skgenomics.inspection.logos import draw_logo


class SequenceLogoDisplay:
    """Letters as tall as what they stand for.

    Use :meth:`from_motif` or :meth:`from_matrix` to make one.

    Parameters
    ----------
    heights : ndarray of shape (L, C)
        Height of each letter at each position.
    letters : str, default="ACGT"
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
        letters: str = "ACGT",
        ylabel: str = "",
        highest: float | None = None,
        name: str = "",
        start: int = 0,
    ):
        self.heights = heights
        self.letters = letters
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
            See :func:`~skgenomics.inspection.logos.draw_logo`.

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
        display = cls(heights, letters=motif.alphabet, ylabel=ylabel, highest=highest, name=name)
        return display.plot(ax, colors=colors)

    @classmethod
    def from_matrix(
        cls,
        matrix,
        *,
        letters: str = "ACGT",
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
        letters : str, default="ACGT"
            "dna", "rna", "protein" or the letters in the order of the columns.
        ylabel : str, default=""
            What heights are.
        start : int, default=0
            Number of the first position.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.logos.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
        """
        display = cls(np.asarray(matrix), letters=letters, ylabel=ylabel, start=start)
        return display.plot(ax, colors=colors)

    def plot(self, ax=None, *, colors=None):
        """Draw the logo.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.logos.draw_logo`.

        Returns
        -------
        SequenceLogoDisplay
            The same.
        """
        ax = make_axes(ax, width_of(len(self.heights)), 2.0)
        self.logo_ = draw_logo(ax, self.heights, self.letters, colors=colors, start=self.start)
        if self.highest is not None:
            ax.set_ylim(0, self.highest)
        ax.set(ylabel=self.ylabel, xlabel="position", title=self.name)
        ax.spines[["top", "right"]].set_visible(False)
        count_whole_numbers(ax.xaxis)
        self.ax_, self.figure_ = ax, ax.figure
        return self
