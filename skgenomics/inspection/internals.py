"""What happens inside of networks: along a sequence, in attention, and filter by filter."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics.checks import check_choice
from skgenomics.inspection.scores import SequenceScore

__all__ = ["attention_map", "kernel_knockout", "temporal_output"]


def temporal_output(estimator, X, *, target=None) -> Bunch:
    """Score what a network has seen up to each position, from either end.

    Made for recurrent networks, whose state grows with what they read [1]_; it is true of any
    network that the rest of the sequence is then unknown to it.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one.
    X : text, uint8 codes or numeric channels
        Sequences, as the estimator takes them.
    target : object, optional
        What to look at, see :class:`~skgenomics.inspection.scores.SequenceScore`.

    Returns
    -------
    Bunch
        ``forward`` and ``backward``, ndarrays of shape (n, L): the score of the sequence up to and
        with each position, and of the sequence from each position on. The last column of the one
        and the first of the other are the score of the whole sequence.

    References
    ----------
    .. [1] Lanchantin, J., Singh, R., Wang, B. and Qi, Y. (2017). Deep Motif Dashboard: visualizing
       and understanding genomic sequences using deep neural networks. Pacific Symposium on
       Biocomputing 22.

    Examples
    --------
    >>> from skgenomics import RNNClassifier
    >>> from skgenomics.inspection.internals import temporal_output
    >>> from skgenomics.testing import make_text
    >>> X = make_text(20, 10)
    >>> model = RNNClassifier(max_iter=1, random_state=0).fit(X, [0, 1] * 10)
    >>> result = temporal_output(model, X[:3])
    >>> result.forward.shape
    (3, 10)
    >>> bool(abs(result.forward[:, -1] - result.backward[:, 0]).max() < 1e-5)
    True
    """
    score = SequenceScore(estimator, target)
    data = score.read(X)
    length = score.estimator.length_
    seen = torch.ones(length, length).tril()
    forward, backward = np.empty((2, len(data), length))
    for i in range(len(data)):
        x = score.to_channels(data[i : i + 1])
        for result, window in ((forward, seen), (backward, seen.T)):
            result[i] = _in_parts(score, x * window[:, None].to(x))
    return Bunch(forward=forward, backward=backward)


@torch.no_grad()
def _in_parts(score: SequenceScore, x: torch.Tensor) -> np.ndarray:
    size = max(1, (1 << 16) // x.shape[-1])
    return torch.cat([score(part) for part in x.split(size)]).cpu().numpy()


def attention_map(
    estimator,
    X,
    *,
    layer: int | None = None,
    head: int | str = "mean",
    rollout: bool = False,
) -> np.ndarray:
    """Show which positions look at which, in the positions of the sequence.

    Parameters
    ----------
    estimator : object
        A fitted estimator with attention, such as :class:`~skgenomics.TransformerClassifier`, or a
        pipeline that ends in one.
    X : text, uint8 codes, numeric channels or token ids
        Sequences, as the estimator takes them; they are read on the strand that is given.
    layer : int, optional
        The layer to look at, -1 for the last one; by default the mean over all layers. With
        `rollout` the last layer of the path; by default the last one.
    head : "mean", "max" or int, default="mean"
        What to make of the heads: their mean, their maximum (which no longer sums to 1), or one
        of them.
    rollout : bool, default=False
        Whether to follow attention down through the layers to the first one [1]_: their maps are
        mixed with the identity, half and half, for what goes around attention, and multiplied.

    Returns
    -------
    ndarray of shape (n, L, L), float32
        Rows are the positions that look, and sum to 1; columns those that are looked at. Where
        convolutions and pooling have joined positions, each of them gets an even share. L is the
        length of the sequences, or the number of tokens. Nobody looks at padding.

    Raises
    ------
    ValueError
        If the network has no attention, or there is no such layer or head.

    References
    ----------
    .. [1] Abnar, S. and Zuidema, W. (2020). Quantifying attention flow in transformers. ACL.

    Examples
    --------
    >>> from skgenomics import TransformerClassifier
    >>> from skgenomics.inspection.internals import attention_map
    >>> from skgenomics.testing import make_text
    >>> X = make_text(20, 12)
    >>> model = TransformerClassifier(d_model=8, n_heads=2, n_layers=2, max_iter=1)
    >>> maps = attention_map(model.fit(X, [0, 1] * 10), X[:3], rollout=True)
    >>> maps.shape, bool(abs(maps.sum(axis=2) - 1).max() < 1e-5)
    ((3, 12, 12), True)
    """
    steps, last = split_steps(estimator)
    check_is_fitted(last)
    if not hasattr(last, "attention_maps"):
        raise ValueError(
            f"{type(last).__name__} has no attention between positions; take a Transformer or "
            "ConvTransformer, or `attribute` to see which positions matter"
        )
    for step in steps:
        X = step.transform(X)
    maps = last.attention_maps(X)
    last_layer = _check_place("layer", layer, len(maps)) if layer is not None else len(maps) - 1
    merged = [_merge_heads(layer_maps, head) for layer_maps in maps]
    if rollout:
        result = _roll_out(merged[: last_layer + 1])
    else:
        result = np.mean(merged, axis=0) if layer is None else merged[last_layer]
    return _widen(result, last.length_, last.network_.trunk.stride)


def split_steps(estimator) -> tuple[list, object]:
    """The transformers ahead of the last step of a pipeline, and that step."""
    for name in ("best_estimator_", "estimator_"):
        if hasattr(estimator, name):
            return split_steps(getattr(estimator, name))
    if not hasattr(estimator, "steps"):
        return [], estimator
    *steps, last = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    ahead, last = split_steps(last)
    return [step for step in steps if hasattr(step, "transform")] + ahead, last


def _check_place(name: str, place, n: int) -> int:
    if isinstance(place, bool) or not isinstance(place, int | np.integer) or not -n <= place < n:
        raise ValueError(f"{name} must be an integer in [{-n}, {n - 1}], got {place!r}")
    return int(place) % n


def _merge_heads(maps: np.ndarray, head) -> np.ndarray:
    if isinstance(head, str):
        check_choice("head", head, ("mean", "max"))
        return maps.mean(axis=1) if head == "mean" else maps.max(axis=1)
    return maps[:, _check_place("head", head, maps.shape[1])]


def _roll_out(layers: list[np.ndarray]) -> np.ndarray:
    result = None
    for maps in layers:
        mixed = (maps + np.eye(maps.shape[1], dtype=maps.dtype)) / 2
        mixed /= mixed.sum(axis=2, keepdims=True)
        result = mixed if result is None else mixed @ result
    return result


def _widen(maps: np.ndarray, length: int, stride: int) -> np.ndarray:
    """Maps between windows to maps between the positions in them."""
    places = np.minimum(np.arange(length) // stride, maps.shape[1] - 1)
    shares = 1 / np.bincount(places, minlength=maps.shape[1])
    return maps[:, places][:, :, places] * shares[places].astype(maps.dtype)


def kernel_knockout(
    estimator, X, y=None, *, value: str = "mean", scoring=None, target=None
) -> pd.DataFrame:
    """Measure what each filter of the first convolution is worth, by switching it off.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one, whose network begins with a
        convolution over letters or signals.
    X : text, uint8 codes or numeric channels
        Sequences, as the estimator takes them.
    y : array-like, optional
        Targets; with these the change of a metric is measured too.
    value : {"mean", "zero"}, default="mean"
        What the filter gives instead, ahead of normalisation and activation: its mean over all
        positions of X, which keeps the scale of what follows, or zero.
    scoring : str or callable, optional
        The metric, see :func:`sklearn.metrics.check_scoring`; by default the estimator's own.
    target : object, optional
        What to look at, see :class:`~skgenomics.inspection.scores.SequenceScore`.

    Returns
    -------
    DataFrame
        A row for each filter, in their order: `filter`; `effect`, the mean over sequences of the
        score less that without the filter; `absolute_effect`, the mean of its absolute values;
        and with `y` the `metric_drop`, the metric less that without the filter. Filters that share
        their weights with the other strand are switched off on both, and have one row.

    Raises
    ------
    ValueError
        If the network does not begin with a convolution, or a setting is unknown.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.internals import kernel_knockout
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
    conv = first_convolution(score.network, score.n_channels)
    data = score.read(X)
    is_tied = getattr(score.network, "strand_order", None) is not None
    n = conv.out_channels
    filters = [(i, n - 1 - i) for i in range(n // 2)] if is_tied else [(i,) for i in range(n)]
    metric = None if y is None else check_scoring(last, scoring)
    level = _mean_output(score, conv, data) if value == "mean" else torch.zeros(n)
    before = score.predict(data)
    metric_before = None if y is None else metric(last, X, y)
    rows = []
    for i, channels in enumerate(filters):
        handle = conv.register_forward_hook(_Constant(list(channels), level))
        effects = before - score.predict(data)
        drop = [] if y is None else [metric_before - metric(last, X, y)]
        handle.remove()
        rows.append((i, effects.mean(), abs(effects).mean(), *drop))
    columns = ["filter", "effect", "absolute_effect"] + ([] if y is None else ["metric_drop"])
    return pd.DataFrame(rows, columns=columns)


def first_convolution(network: nn.Module, n_channels: int) -> nn.Module:
    """The convolution that reads the sequence itself."""
    conv = next((m for m in network.modules() if isinstance(m, nn.Conv1d | nn.Conv2d)), None)
    if conv is None or conv.in_channels != n_channels or conv.kernel_size[-1] == 1:
        raise ValueError(
            f"{type(network).__name__} does not begin with a convolution over the sequence, so it "
            "has no filters to look at; take a CNN, or a network with a stem"
        )
    return conv


class _Constant:
    """A hook that lets some channels of a convolution give a constant."""

    def __init__(self, channels: list[int], level: torch.Tensor):
        self.channels, self.level = channels, level

    def __call__(self, module, inputs, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        shape = (1, -1, *(1,) * (output.dim() - 2))
        output[:, self.channels] = self.level[self.channels].to(output).view(shape)
        return output


def _mean_output(score: SequenceScore, conv: nn.Module, data: np.ndarray) -> torch.Tensor:
    """Mean over sequences and positions of what each filter gives."""
    sums, counts = [], []

    def collect(module, inputs, output):
        positions = output.transpose(0, 1).flatten(1).double()
        sums.append(positions.sum(dim=1).cpu())
        counts.append(positions.shape[1])

    handle = conv.register_forward_hook(collect)
    score.predict(data)
    handle.remove()
    return torch.stack(sums).sum(dim=0) / sum(counts)
