"""Effects of variants along the genome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer, warn_user
from skgenomics.inspection.displays._common import Display, make_axes
from skgenomics.inspection.displays.logo import BASE_COLORS, OTHER_COLOR

if TYPE_CHECKING:
    from matplotlib.collections import PathCollection

_REQUIRED_COLUMNS = ("chrom", "pos", "ref_allele", "alt_allele")


class VariantDisplay(Display):
    """Effects of variants by position, in the color of the alternative allele.

    It is recommended to use :meth:`from_estimator` or :meth:`from_table` to create a display. All
    parameters are stored as attributes.

    Parameters
    ----------
    table : DataFrame
        Variants with their effects, sorted by chromosome.
    column : str, default="delta"
        Name of the column of effects.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes with the effects.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.
    points_ : dict of str to matplotlib.collections.PathCollection
        Points of each alternative base, and those of "other" alleles.

    See Also
    --------
    skgenomics.genome.score_variants : Effects of variants as a table.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from skgenomics.inspection.displays import VariantDisplay
    >>> table = pd.DataFrame({
    ...     "chrom": ["1", "1"], "pos": [100, 130], "id": ["rs1", "."],
    ...     "ref_allele": ["A", "G"], "alt_allele": ["C", "GT"], "delta": [0.4, -0.1],
    ... })
    >>> display = VariantDisplay.from_table(table, n_labels=1)
    >>> sorted(display.points_), display.ax_.texts[0].get_text()
    (['C', 'other'], 'rs1')
    """

    points_: dict[str, PathCollection]

    def __init__(self, table: pd.DataFrame, *, column: str = "delta"):
        self.table = table
        self.column = column

    @classmethod
    def from_estimator(
        cls,
        estimator,
        variants,
        fasta,
        *,
        column: str | None = None,
        ax=None,
        n_labels: int = 5,
        **settings,
    ) -> VariantDisplay:
        """Score variants, and plot their effects.

        Parameters
        ----------
        estimator : object
            Fitted estimator, see :func:`~skgenomics.genome.score_variants`.
        variants : str, Path or DataFrame
            Variants, see :func:`~skgenomics.genome.score_variants`.
        fasta : str, Path or Genome
            Reference genome, see :func:`~skgenomics.genome.score_variants`.
        column : str or None, default=None
            Column of effects, see :meth:`from_table`.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        n_labels : int, default=5
            Number of labels, see :meth:`plot`.
        **settings : dict
            Further parameters of :func:`~skgenomics.genome.score_variants`.

        Returns
        -------
        VariantDisplay
            Object that stores the plotted values.
        """
        from skgenomics.genome import score_variants

        table = score_variants(estimator, variants, fasta, **settings)
        return cls.from_table(table, column=column, ax=ax, n_labels=n_labels)

    @classmethod
    def from_table(
        cls, table: pd.DataFrame, *, column: str | None = None, ax=None, n_labels: int = 5
    ) -> VariantDisplay:
        """Plot a table of :func:`~skgenomics.genome.score_variants`.

        Parameters
        ----------
        table : DataFrame
            Table of variants and their effects.
        column : str or None, default=None
            Name of the column of effects; None for "log_odds" if it has values, else "delta".
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        n_labels : int, default=5
            Number of labels, see :meth:`plot`.

        Returns
        -------
        VariantDisplay
            Object that stores the plotted values.

        Raises
        ------
        ValueError
            If a column is missing, there are several columns of effects, or all effects are
            missing.

        Warns
        -----
        UserWarning
            If variants have no finite effect; they are left out.
        """
        column = _choose_column(table, column)
        effects = table[column].to_numpy(dtype=float)
        is_finite = np.isfinite(effects)
        if not is_finite.any():
            raise ValueError(f"column {column!r} has no finite values, so there is nothing to plot")
        if not is_finite.all():
            warn_user(
                f"{(~is_finite).sum()} of {len(table)} variants have no {column} and are left out"
            )
        display = cls(table[is_finite].reset_index(drop=True), column=column)
        return display.plot(ax, n_labels=n_labels)

    def plot(self, ax=None, *, n_labels: int = 5) -> VariantDisplay:
        """Plot the effects.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        n_labels : int, default=5
            Number of variants to label, those with the largest absolute effects.

        Returns
        -------
        VariantDisplay
            The display itself.
        """
        check_integer("n_labels", n_labels, 0)
        ax = make_axes(ax, 8.0, 3.2)
        x, ticks = self._coordinates()
        effects = self.table[self.column].to_numpy(dtype=float)
        alleles = self.table["alt_allele"].astype(str).str.upper()
        kinds = np.where(alleles.isin([*"ACGT"]) & self._is_single_base(), alleles, "other")
        ax.axhline(0, color="black", linewidth=0.5, zorder=0)
        ax.vlines(x, 0, effects, color="#cccccc", linewidth=0.8, zorder=1)
        self.points_ = {}
        for kind in sorted(set(kinds)):
            mask = kinds == kind
            color = BASE_COLORS.get(kind, OTHER_COLOR)
            self.points_[kind] = ax.scatter(x[mask], effects[mask], s=16, color=color, label=kind)
        for i in abs(effects).argsort(kind="stable")[::-1][:n_labels]:
            shift, align = (4, "bottom") if effects[i] >= 0 else (-4, "top")
            ax.annotate(
                self._name(i),
                (x[i], effects[i]),
                (0, shift),
                textcoords="offset points",
                ha="center",
                va=align,
                fontsize="small",
            )
        ax.set(ylabel=self.column.replace("_", " "))
        self._label_positions(ax, ticks)
        ax.margins(y=0.15)
        ax.legend(title="alt", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        return self._finish(ax)

    def _is_single_base(self) -> np.ndarray:
        return (self.table["ref_allele"].astype(str).str.len() == 1).to_numpy()

    def _coordinates(self) -> tuple[np.ndarray, dict[str, float]]:
        """Return the x-coordinates of the variants and of the chromosome labels.

        A single chromosome keeps its positions. Several are laid end to end, each from its first to
        its last variant: to scale, most of a genome-wide plot would be empty.
        """
        positions = self.table["pos"].to_numpy(dtype=float)
        chroms = self.table["chrom"].astype(str).to_numpy()
        names = list(dict.fromkeys(chroms))
        if len(names) == 1:
            return positions, {names[0]: 0.0}
        spans = {name: np.ptp(positions[chroms == name]) for name in names}
        gap = max(1.0, 0.03 * sum(spans.values()))
        x, ticks, end = np.empty(len(chroms)), {}, 0.0
        for name in names:
            mask = chroms == name
            x[mask] = end + positions[mask] - positions[mask].min()
            ticks[name] = end + spans[name] / 2
            end += spans[name] + gap
        return x, ticks

    def _label_positions(self, ax, ticks: dict[str, float]) -> None:
        if len(ticks) == 1:
            ax.set_xlabel(f"position on {next(iter(ticks))}")
            ax.xaxis.set_major_formatter("{x:,.0f}")
            return
        ax.set_xticks(list(ticks.values()), list(ticks))
        ax.set_xlabel("chromosome")

    def _name(self, i: int) -> str:
        row = self.table.iloc[i]
        name = row.get("id", ".")
        if isinstance(name, str) and name not in ("", "."):
            return name
        return f"{row['chrom']}:{row['pos']} {row['ref_allele']}>{row['alt_allele']}"


def _choose_column(table: pd.DataFrame, column: str | None) -> str:
    missing = [name for name in _REQUIRED_COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(
            f"the table has no column {missing[0]!r}; pass a table made by score_variants"
        )
    if column is not None:
        if column not in table.columns:
            raise ValueError(f"the table has no column {column!r}; it has {list(table.columns)}")
        return column
    if "log_odds" in table.columns and table["log_odds"].notna().any():
        return "log_odds"
    if "delta" in table.columns:
        return "delta"
    names = [name for name in table.columns if str(name).startswith(("delta", "log_odds"))]
    raise ValueError(f"column must name the effects to plot, one of {names}")
