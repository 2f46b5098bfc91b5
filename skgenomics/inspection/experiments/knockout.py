"""Contribution of single filters of a network."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import check_scoring
from torch import nn

from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.experiments.internals import check_index


def kernel_knockout(
    estimator, X, y=None, *, layer: int = 0, value: str = "mean", scoring=None, target=None
) -> pd.DataFrame:
    """Measure the contribution of each filter of a convolution by knocking it out.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one, whose network has convolutions.
    X : array-like of shape (n_samples, ...)
        Sequences, as the estimator takes them.
    y : array-like of shape (n_samples, ...) or None, default=None
        Targets, with which the change of a metric is measured too.
    layer : int, default=0
        Index of the convolution in the order of the network's modules, -1 for the last one. The
        first one must read sequences or signals: its filters are motifs.
    value : {"mean", "zero"}, default="mean"
        Output of a filter that is knocked out, before normalization and activation: its mean over
        all positions of X, which keeps the scale of later layers, or zero.
    scoring : str, callable or None, default=None
        The metric, see :func:`sklearn.metrics.check_scoring`; by default the estimator's own.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.

    Returns
    -------
    DataFrame
        One row per filter, in order: `filter`; `effect`, the mean over sequences of the score minus
        that without the filter; `absolute_effect`, the mean of its absolute values; and with `y`
        the `metric_drop`, the metric minus that without the filter. Filters that are tied to a
        filter of the reverse strand are knocked out with it and have one row.

    Raises
    ------
    ValueError
        If the network does not begin with a convolution, there is no such layer, or a parameter is
        invalid.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.experiments.knockout import kernel_knockout
    >>> data = make_motif_classification(200, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(n_filters=16, max_iter=3, random_state=0).fit(data.X, data.y)
    >>> table = kernel_knockout(model, data.X[:50], data.y[:50])
    >>> table.columns.tolist(), len(table)
    (['filter', 'effect', 'absolute_effect', 'metric_drop'], 16)
    """
    check_choice("value", value, ("mean", "zero"))
    steps, last = split_steps(estimator)
    for step in steps:
        X = step.transform(X)
    SequenceScore(last, target)
    # Hooks are set on a copy, so that the estimator stays as it is.
    last = copy.deepcopy(last)
    score = SequenceScore(last, target)
    conv = _find_convolution(score, layer)
    data = score.read(X)
    is_tied = getattr(score.network, "strand_order", None) is not None
    n: int = conv.out_channels
    filters = [[i, n - 1 - i] for i in range(n // 2)] if is_tied else [[i] for i in range(n)]
    metric = check_scoring(last, scoring)
    level = _mean_output(score, conv, data) if value == "mean" else torch.zeros(n)
    before = score.predict(data)
    metric_before = None if y is None else metric(last, X, y)
    rows = []
    for i, channels in enumerate(filters):
        handle = conv.register_forward_hook(_Constant(channels, level))
        effects = before - score.predict(data)
        drop = [] if y is None else [metric_before - metric(last, X, y)]
        handle.remove()
        rows.append((i, effects.mean(), abs(effects).mean(), *drop))
    columns = ["filter", "effect", "absolute_effect"] + ([] if y is None else ["metric_drop"])
    return pd.DataFrame(rows, columns=columns)


def _find_convolution(score: SequenceScore, layer: int) -> nn.Conv1d | nn.Conv2d:
    found = [m for m in score.network.modules() if isinstance(m, nn.Conv1d | nn.Conv2d)]
    name = type(score.network).__name__
    if not found:
        raise ValueError(f"{name} has no convolution, so it has no filters to look at; take a CNN")
    index = check_index("layer", layer, len(found))
    conv = found[index]
    reads_sequence = conv.in_channels == score.n_channels and conv.kernel_size[-1] > 1
    if index == 0 and not reads_sequence:
        raise ValueError(
            f"{name} does not begin with a convolution over the sequence, whose filters are "
            f"motifs; take a CNN, a network with a stem, or one of the {len(found)} convolutions "
            "by `layer`"
        )
    return conv


class _Constant:
    """Forward hook that sets some channels of a convolution to a constant."""

    def __init__(self, channels: list[int], level: torch.Tensor):
        self.channels, self.level = channels, level

    def __call__(self, module, inputs, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        shape = (1, -1, *(1,) * (output.dim() - 2))
        output[:, self.channels] = self.level[self.channels].to(output).view(shape)
        return output


def _mean_output(
    score: SequenceScore, conv: nn.Conv1d | nn.Conv2d, data: np.ndarray
) -> torch.Tensor:
    """Return the mean output of each filter over sequences and positions."""
    sums, counts = [], []

    def collect(module, inputs, output):
        positions = output.transpose(0, 1).flatten(1).double()
        sums.append(positions.sum(dim=1).cpu())
        counts.append(positions.shape[1])

    handle = conv.register_forward_hook(collect)
    score.predict(data)
    handle.remove()
    return torch.stack(sums).sum(dim=0) / sum(counts)
