"""Logos of a motif and a similar one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.inspection.displays._common import Display, logo_width, make_axes
from skgenomics.inspection.displays.logo import draw_logo
from skgenomics.motifs import Motif, read_motifs
from skgenomics.sequences import get_alphabet

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class MotifDisplay(Display):
    """Logo of a motif above the aligned logo of its match.

    It is recommended to use :meth:`from_motifs` or :meth:`from_matches` to create a display. All
    parameters are stored as attributes.

    Parameters
    ----------
    motif : Motif
        Motif to plot above.
    match : Motif
        Similar motif to plot below.
    offset : int, default=0
        Position in the match at which the motif starts, negative before its first position.
    strand : {"+", "-"}, default="+"
        "-" if the match is reverse-complemented.
    p_value : float or None, default=None
        P-value of the match.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that contain both logos.
    axes_ : tuple of matplotlib.axes.Axes
        Axes of the motif and of the match.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.

    See Also
    --------
    skgenomics.inspection.match_motifs : Similar motifs of a database.
    SequenceLogoDisplay : Logo of one motif.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from skgenomics.inspection.displays import MotifDisplay
    >>> from skgenomics.motifs import Motif
    >>> gata, agata = (Motif(x, np.eye(4)[["ACGT".index(c) for c in x]]) for x in ("GATA", "AGATA"))
    >>> display = MotifDisplay.from_motifs(gata, agata.reverse_complement())
    >>> display.offset, display.strand
    (1, '-')
    """

    axes_: tuple[Axes, Axes]

    def __init__(
        self,
        motif: Motif,
        match: Motif,
        *,
        offset: int = 0,
        strand: str = "+",
        p_value: float | None = None,
    ):
        self.motif = motif
        self.match = match
        self.offset = offset
        self.strand = strand
        self.p_value = p_value

    @classmethod
    def from_motifs(cls, motif: Motif, match: Motif, *, ax=None, colors=None) -> MotifDisplay:
        """Plot two motifs at their best alignment, over both strands of nucleic acids.

        Parameters
        ----------
        motif, match : Motif
            Motifs of one alphabet.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
            Object that stores the plotted values.
        """
        symbols = [
            get_alphabet(m.alphabet).symbols.upper().replace("U", "T") for m in (motif, match)
        ]
        if symbols[0] != symbols[1]:
            raise ValueError(
                f"motif {motif.name!r} has the alphabet {symbols[0]!r}, but {match.name!r} has "
                f"{symbols[1]!r}; only motifs of one alphabet can be compared"
            )
        offset, strand = _align(motif, match)
        return cls(motif, match, offset=offset, strand=strand).plot(ax, colors=colors)

    @classmethod
    def from_matches(
        cls, matches: pd.DataFrame, motifs, database, *, row: int = 0, ax=None, colors=None
    ) -> MotifDisplay:
        """Plot a row of a table of :func:`~skgenomics.inspection.match_motifs`.

        Parameters
        ----------
        matches : DataFrame
            Table of matches.
        motifs, database : str, Path, or list of Motif
            Motifs that were passed to :func:`~skgenomics.inspection.match_motifs`.
        row : int, default=0
            Index of the row.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
            Object that stores the plotted values.
        """
        check_integer("row", row, 0)
        if row >= len(matches):
            raise ValueError(f"row must be in [0, {len(matches) - 1}], got {row}")
        found = matches.iloc[row]
        display = cls(
            _find(found["motif"], motifs, "motifs"),
            _find(found["match"], database, "database"),
            offset=int(found["offset"]),
            strand=str(found["strand"]),
            p_value=float(found["p_value"]),
        )
        return display.plot(ax, colors=colors)

    def plot(self, ax=None, *, colors=None) -> MotifDisplay:
        """Plot both logos.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes in which both logos are placed. If None, a new figure and axes are created.
        colors : str, dict or None, default=None
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
            The display itself.
        """
        check_choice("strand", self.strand, ("+", "-"))
        match = self.match if self.strand == "+" else self.match.reverse_complement()
        first = min(0, -self.offset)
        last = max(self.motif.width, match.width - self.offset)
        ax = make_axes(ax, max(4.0, logo_width(last - first) / 2), 3.0)
        ax.set_axis_off()
        upper, lower = (ax.inset_axes([0, bottom, 1, 0.38]) for bottom in (0.56, 0))
        for part, motif, start in ((upper, self.motif, 0), (lower, match, -self.offset)):
            heights = motif.probabilities * motif.information_content()[:, np.newaxis]
            draw_logo(part, heights, motif.alphabet, colors=colors, start=start)
            part.set(
                xlim=(first - 0.5, last - 0.5),
                ylim=(0, np.log2(heights.shape[1])),
                ylabel="bits",
                xticks=[],
            )
            part.spines[["top", "right"]].set_visible(False)
        upper.set_title(_full_name(self.motif), fontsize="medium")
        lower.set_title(self._describe_match(), fontsize="medium")
        self.axes_ = upper, lower
        return self._finish(ax)

    def _describe_match(self) -> str:
        name = _full_name(self.match)
        if self.strand == "-":
            name += " (reverse complement)"
        return name if self.p_value is None else f"{name}, p = {self.p_value:.1e}"


def _full_name(motif: Motif) -> str:
    return f"{motif.name} {motif.alt_name}".strip()


def _find(name: str, motifs, parameter: str) -> Motif:
    motifs = read_motifs(motifs) if isinstance(motifs, str | Path) else motifs
    for motif in motifs:
        if motif.name == name:
            return motif
    raise ValueError(
        f"{parameter} has no motif {name!r}; pass the motifs that the table was made of"
    )


def _align(motif: Motif, match: Motif) -> tuple[int, str]:
    """Return the offset and the strand of the best alignment.

    Its score is the sum of the products of aligned columns, relative to a uniform background. The
    products of all pairs of columns are one matrix whose diagonals are the alignments.
    """
    strands = [("+", match)]
    if get_alphabet(match.alphabet).is_nucleic:
        strands.append(("-", match.reverse_complement()))
    best = (-np.inf, 0, "+")
    for strand, stranded in strands:
        a, b = (m.probabilities - 1 / m.probabilities.shape[1] for m in (motif, stranded))
        products = a @ b.T
        for offset in range(1 - motif.width, match.width):
            best = max(best, (products.trace(offset), offset, strand), key=lambda x: x[0])
    return best[1], best[2]
