"""A motif beside what it is like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.inspection.displays._common import make_axes, width_of
from skgenomics.inspection.displays.logo import draw_logo
from skgenomics.motifs import Motif, read_motifs
from skgenomics.sequences import get_alphabet


class MotifDisplay:
    """The logo of a motif above that of its match, side by side as they fit.

    Use :meth:`from_motifs` or :meth:`from_matches` to make one.

    Parameters
    ----------
    motif : Motif
        The motif, above.
    match : Motif
        What it is like, below.
    offset : int, default=0
        Where in the match the motif starts; negative if that is in front of it.
    strand : {"+", "-"}, default="+"
        Whether the match is turned around for that.
    p_value : float, optional
        Chance of a match that is as good.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What both logos share.
    axes_ : tuple of matplotlib.axes.Axes
        Those of the motif and of the match.
    figure_ : matplotlib.figure.Figure
        The figure of these.

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
    def from_motifs(cls, motif: Motif, match: Motif, *, ax=None, colors=None):
        """Draw two motifs as they fit best, on either strand where there are two.

        Parameters
        ----------
        motif, match : Motif
            The motifs, of one alphabet.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
        """
        symbols = [
            get_alphabet(m.alphabet).symbols.upper().replace("U", "T") for m in (motif, match)
        ]
        if symbols[0] != symbols[1]:
            raise ValueError(
                f"motif {motif.name!r} has the letters {symbols[0]!r}, but {match.name!r} has "
                f"{symbols[1]!r}; only motifs of one alphabet can be compared"
            )
        offset, strand = _align(motif, match)
        return cls(motif, match, offset=offset, strand=strand).plot(ax, colors=colors)

    @classmethod
    def from_matches(
        cls, matches: pd.DataFrame, motifs, database, *, row: int = 0, ax=None, colors=None
    ):
        """Draw a row of the table of :func:`~skgenomics.inspection.match_motifs`.

        Parameters
        ----------
        matches : DataFrame
            The table.
        motifs, database : str, Path, or list of Motif
            What it was made of.
        row : int, default=0
            Row of the table, from 0.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
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

    def plot(self, ax=None, *, colors=None):
        """Draw both logos.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure. Both logos are put into these.
        colors : str or dict, optional
            See :func:`~skgenomics.inspection.displays.logo.draw_logo`.

        Returns
        -------
        MotifDisplay
            The same.
        """
        check_choice("strand", self.strand, ("+", "-"))
        match = self.match if self.strand == "+" else self.match.reverse_complement()
        first = min(0, -self.offset)
        last = max(self.motif.width, match.width - self.offset)
        ax = make_axes(ax, max(4.0, width_of(last - first) / 2), 3.0)
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
        self.ax_, self.axes_, self.figure_ = ax, (upper, lower), ax.figure
        return self

    def _describe_match(self) -> str:
        name = _full_name(self.match)
        if self.strand == "-":
            name += " (reverse complement)"
        return name if self.p_value is None else f"{name}, p = {self.p_value:.1e}"


def _full_name(motif: Motif) -> str:
    return f"{motif.name} {motif.alt_name}".strip()


def _find(name: str, motifs, what: str) -> Motif:
    motifs = read_motifs(motifs) if isinstance(motifs, str | Path) else motifs
    for motif in motifs:
        if motif.name == name:
            return motif
    raise ValueError(f"{what} holds no motif {name!r}; give those that the table was made of")


def _align(motif: Motif, match: Motif) -> tuple[int, str]:
    """Offset and strand at which columns are most alike: the largest sum of products."""
    strands = [("+", match)]
    if get_alphabet(match.alphabet).is_nucleic:
        strands.append(("-", match.reverse_complement()))
    best = (-np.inf, 0, "+")
    for strand, turned in strands:
        a, b = (m.probabilities - 1 / m.probabilities.shape[1] for m in (motif, turned))
        products = a @ b.T
        for offset in range(1 - motif.width, match.width):
            best = max(best, (products.trace(offset), offset, strand), key=lambda x: x[0])
    return best[1], best[2]
