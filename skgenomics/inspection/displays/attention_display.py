"""Which positions of a sequence look at which."""

from __future__ import annotations

import numpy as np

from skgenomics.inspection.displays._common import count_whole_numbers, make_axes, one_row

# Letters beside a map can be read up to so many.
_MAX_SYMBOLS = 40


class AttentionDisplay:
    """A heat map of attention: rows look at columns.

    Use :meth:`from_estimator` or :meth:`from_map` to make one.

    Parameters
    ----------
    attention : ndarray of shape (L, L)
        Attention of rows to columns.
    sequence : str, optional
        Letters to write beside the map.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the map was drawn.
    figure_ : matplotlib.figure.Figure
        The figure of these.
    image_ : matplotlib.image.AxesImage
        The map.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics.inspection.displays import AttentionDisplay
    >>> display = AttentionDisplay.from_map([[0.2, 0.8], [0.5, 0.5]], sequence="AC")
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['A', 'C']
    """

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
    ):
        """Draw where a network looks in one sequence.

        Parameters
        ----------
        estimator : object
            A fitted estimator with attention, or a pipeline that ends in one.
        X : str, or one row of what the estimator takes
            The sequence.
        layer, head, rollout
            See :func:`~skgenomics.inspection.attention_map`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        **plot_settings
            Settings of :meth:`plot`.

        Returns
        -------
        AttentionDisplay
        """
        from skgenomics.inspection.experiments.internals import attention_map

        row = one_row(X)
        attention = attention_map(estimator, row, layer=layer, head=head, rollout=rollout)[0]
        text = row[0] if isinstance(row, list) and isinstance(row[0], str) else None
        if text is not None:
            # What stands behind a sequence is padding, and nobody looks at it.
            attention = attention[: len(text), : len(text)]
        return cls(attention, sequence=text).plot(ax, **plot_settings)

    @classmethod
    def from_map(cls, attention, *, sequence: str | None = None, ax=None, **plot_settings):
        """Draw a map that there is already.

        Parameters
        ----------
        attention : array-like of shape (L, L)
            Attention of rows to columns.
        sequence : str, optional
            Letters to write beside the map, up to 40.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        **plot_settings
            Settings of :meth:`plot`.

        Returns
        -------
        AttentionDisplay
        """
        attention = np.asarray(attention, dtype=float)
        if attention.ndim != 2 or len(set(attention.shape)) > 1:
            raise ValueError(f"attention must have the shape (L, L), got {attention.shape}")
        return cls(attention, sequence=sequence).plot(ax, **plot_settings)

    def plot(self, ax=None, *, cmap="Blues", colorbar: bool = True):
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        cmap : str or Colormap, default="Blues"
            Colours.
        colorbar : bool, default=True
            Whether a bar explains the colours.

        Returns
        -------
        AttentionDisplay
            The same.
        """
        ax = make_axes(ax, 5.0, 4.2)
        self.image_ = ax.imshow(self.attention, cmap=cmap, vmin=0, interpolation="nearest")
        ax.set(xlabel="position looked at", ylabel="position that looks")
        n = len(self.attention)
        if self.sequence is not None and len(self.sequence) == n <= _MAX_SYMBOLS:
            symbols = list(self.sequence)
            ax.set(xticks=range(n), yticks=range(n), xticklabels=symbols, yticklabels=symbols)
            ax.tick_params(length=0, labelsize=8 if n <= 30 else 6)
        else:
            count_whole_numbers(ax.xaxis)
            count_whole_numbers(ax.yaxis)
        if colorbar:
            ax.figure.colorbar(self.image_, ax=ax, label="attention")
        self.ax_, self.figure_ = ax, ax.figure
        return self
