"""Heat map of the attention between positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgenomics.inspection.displays._common import Display, as_single, integer_ticks, make_axes

if TYPE_CHECKING:
    from matplotlib.image import AxesImage

# Longest sequence whose symbols are legible next to the map.
_MAX_SYMBOLS = 40


class AttentionDisplay(Display):
    """Heat map of attention, from rows (queries) to columns (keys).

    It is recommended to use :meth:`from_estimator` or :meth:`from_map` to create a display. All
    parameters are stored as attributes.

    Parameters
    ----------
    attention : ndarray of shape (L, L)
        Attention of each position to each position.
    sequence : str or None, default=None
        Sequence to write next to the map.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes with the map.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.
    image_ : matplotlib.image.AxesImage
        Heat map.

    See Also
    --------
    skgenomics.inspection.attention_map : Attention of many sequences.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics.inspection.displays import AttentionDisplay
    >>> display = AttentionDisplay.from_map([[0.2, 0.8], [0.5, 0.5]], sequence="AC")
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['A', 'C']
    """

    image_: AxesImage

    def __init__(self, attention, *, sequence: str | None = None):
        self.attention = attention
        self.sequence = sequence

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        layer: int | None = None,
        head: int | str = "mean",
        rollout: bool = False,
        ax=None,
        **plot_settings,
    ) -> AttentionDisplay:
        """Plot the attention of a network for one sequence.

        Parameters
        ----------
        estimator : object
            Fitted estimator with attention, or a pipeline that ends in one.
        X : str or array-like of shape (1,) or (1, n_features)
            Sequence.
        layer : int or None, default=None
            Attention layer, see :func:`~skgenomics.inspection.attention_map`.
        head : int or str, default="mean"
            Attention head, see :func:`~skgenomics.inspection.attention_map`.
        rollout : bool, default=False
            Whether to multiply the layers, see :func:`~skgenomics.inspection.attention_map`.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        **plot_settings : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        AttentionDisplay
            Object that stores the plotted values.
        """
        from skgenomics.inspection.experiments.internals import attention_map

        X = as_single(X)
        attention = attention_map(estimator, X, layer=layer, head=head, rollout=rollout)[0]
        text = X[0] if isinstance(X, list) and isinstance(X[0], str) else None
        if text is not None:
            # Positions after the end of the sequence are padding, to which nothing attends.
            attention = attention[: len(text), : len(text)]
        return cls(attention, sequence=text).plot(ax, **plot_settings)

    @classmethod
    def from_map(
        cls, attention, *, sequence: str | None = None, ax=None, **plot_settings
    ) -> AttentionDisplay:
        """Plot a map that has been computed before.

        Parameters
        ----------
        attention : array-like of shape (L, L)
            Attention of each position (row) to each position (column).
        sequence : str or None, default=None
            Sequence to write next to the map, if it has at most 40 positions.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        **plot_settings : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        AttentionDisplay
            Object that stores the plotted values.
        """
        attention = np.asarray(attention, dtype=float)
        if attention.ndim != 2 or len(set(attention.shape)) > 1:
            raise ValueError(f"attention must have the shape (L, L), got {attention.shape}")
        return cls(attention, sequence=sequence).plot(ax, **plot_settings)

    def plot(self, ax=None, *, cmap="Blues", colorbar: bool = True) -> AttentionDisplay:
        """Plot the map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        cmap : str or matplotlib.colors.Colormap, default="Blues"
            Color map.
        colorbar : bool, default=True
            Whether to add a color bar.

        Returns
        -------
        AttentionDisplay
            The display itself.
        """
        ax = make_axes(ax, 5.0, 4.2)
        self.image_ = ax.imshow(self.attention, cmap=cmap, vmin=0, interpolation="nearest")
        ax.set(xlabel="key position", ylabel="query position")
        n = len(self.attention)
        if self.sequence is not None and len(self.sequence) == n <= _MAX_SYMBOLS:
            symbols = list(self.sequence)
            ax.set(xticks=range(n), yticks=range(n), xticklabels=symbols, yticklabels=symbols)
            ax.tick_params(length=0, labelsize=8 if n <= 30 else 6)
        else:
            integer_ticks(ax.xaxis)
            integer_ticks(ax.yaxis)
        if colorbar:
            ax.figure.colorbar(self.image_, ax=ax, label="attention")
        return self._finish(ax, has_frame=True)
