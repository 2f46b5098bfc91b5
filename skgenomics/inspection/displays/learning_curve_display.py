"""How training went."""

from __future__ import annotations

import numpy as np

from skgenomics.inspection.displays._common import count_whole_numbers, make_axes


class LearningCurveDisplay:
    """The loss of each epoch, on training and on validation data.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Loss in training.
    validation_loss : array-like of shape (n_epochs,), optional
        Loss on data kept aside.
    name : str, default=""
        Title.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the curves were drawn.
    figure_ : matplotlib.figure.Figure
        The figure of these.
    lines_ : list of matplotlib.lines.Line2D
        The curves.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.inspection.displays import LearningCurveDisplay
    >>> from skgenomics.testing import make_text
    >>> model = CNNClassifier(n_filters=4, max_iter=3).fit(make_text(20, 12), [0, 1] * 10)
    >>> display = LearningCurveDisplay.from_estimator(model)
    >>> len(display.lines_[0].get_ydata()), display.ax_.get_xlabel()
    (3, 'epoch')
    """

    def __init__(self, loss, validation_loss=None, *, name: str = ""):
        self.loss = loss
        self.validation_loss = validation_loss
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **plot_settings):
        """Draw the curves that an estimator keeps.

        Parameters
        ----------
        estimator : object
            A fitted estimator with ``loss_curve_``, or a pipeline that ends in one.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        **plot_settings
            Settings of :meth:`plot`.

        Returns
        -------
        LearningCurveDisplay
        """
        from skgenomics.inspection.experiments.internals import split_steps

        last = split_steps(estimator)[1]
        if not hasattr(last, "loss_curve_"):
            raise ValueError(
                f"{type(last).__name__} has no loss_curve_; it is there once a deep estimator has "
                "been fitted"
            )
        validation = getattr(last, "validation_loss_curve_", None)
        return cls(last.loss_curve_, validation, name=type(last).__name__).plot(ax, **plot_settings)

    def plot(self, ax=None, *, log_scale: bool = False):
        """Draw the curves, and the epoch of the smallest loss on validation data.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        log_scale : bool, default=False
            Whether the axis of losses is logarithmic.

        Returns
        -------
        LearningCurveDisplay
            The same.
        """
        ax = make_axes(ax, 5.0, 3.2)
        validation = [] if self.validation_loss is None else np.asarray(self.validation_loss)
        epochs = np.arange(1, len(self.loss) + 1)
        self.lines_ = ax.plot(epochs, self.loss, color="#255c99", label="training")
        if len(validation):
            # Curves end together: an epoch without validation comes first, if there is one.
            behind = epochs[len(epochs) - len(validation) :]
            self.lines_ += ax.plot(behind, validation, color="#d62839", label="validation")
            best = int(np.nanargmin(validation))
            label = f"best, epoch {behind[best]}"
            ax.plot(behind[best], validation[best], "o", color="#d62839", label=label)
        ax.set(xlabel="epoch", ylabel="loss", title=self.name)
        if log_scale:
            ax.set_yscale("log")
        count_whole_numbers(ax.xaxis)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
