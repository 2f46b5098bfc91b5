"""Learning curve: training and validation loss by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgenomics._utils.pipelines import split_steps
from skgenomics.inspection.displays._common import Display, integer_ticks, make_axes

if TYPE_CHECKING:
    from matplotlib.lines import Line2D


class LearningCurveDisplay(Display):
    """Training and validation loss of each epoch.

    It is recommended to use :meth:`from_estimator` to create a display. All parameters are stored
    as attributes.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Training loss.
    validation_loss : array-like of shape (n_epochs,) or None, default=None
        Validation loss.
    name : str, default=""
        Title.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes with the curves.
    figure_ : matplotlib.figure.Figure
        Figure that contains the axes.
    lines_ : list of matplotlib.lines.Line2D
        Curves.

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

    lines_: list[Line2D]

    def __init__(self, loss, validation_loss=None, *, name: str = ""):
        self.loss = loss
        self.validation_loss = validation_loss
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **plot_settings) -> LearningCurveDisplay:
        """Plot the curves recorded by an estimator.

        Parameters
        ----------
        estimator : object
            Fitted estimator with ``loss_curve_``, or a pipeline that ends in one.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        **plot_settings : dict
            Further parameters of :meth:`plot`.

        Returns
        -------
        LearningCurveDisplay
            Object that stores the plotted values.
        """
        last = split_steps(estimator)[1]
        if not hasattr(last, "loss_curve_"):
            raise ValueError(
                f"{type(last).__name__} has no loss_curve_; deep estimators record one in fit"
            )
        validation = getattr(last, "validation_loss_curve_", None)
        return cls(last.loss_curve_, validation, name=type(last).__name__).plot(ax, **plot_settings)

    def plot(self, ax=None, *, log_scale: bool = False) -> LearningCurveDisplay:
        """Plot the curves, and mark the epoch of the smallest validation loss.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to plot on. If None, a new figure and axes are created.
        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.

        Returns
        -------
        LearningCurveDisplay
            The display itself.
        """
        ax = make_axes(ax, 5.0, 3.2)
        epochs = np.arange(1, len(self.loss) + 1)
        self.lines_ = ax.plot(epochs, self.loss, color="#255c99", label="training")
        validation = np.asarray([] if self.validation_loss is None else self.validation_loss)
        if len(validation):
            # Both curves end at the same epoch; epochs without validation can only come first.
            validated = epochs[len(epochs) - len(validation) :]
            self.lines_ += ax.plot(validated, validation, color="#d62839", label="validation")
            best = int(np.nanargmin(validation))
            label = f"best, epoch {validated[best]}"
            ax.plot(validated[best], validation[best], "o", color="#d62839", label=label)
        ax.set(xlabel="epoch", ylabel="loss", title=self.name)
        if log_scale:
            ax.set_yscale("log")
        integer_ticks(ax.xaxis)
        ax.legend()
        return self._finish(ax, has_frame=True)
