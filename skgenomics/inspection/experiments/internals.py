"""Views inside of networks: scores along a sequence, and attention."""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.inspection._scores import SequenceReader, SequenceScore
from skgenomics.networks import AttentionRNN, HierarchicalAttentionRNN


def temporal_output(estimator, X, *, target=None) -> Bunch:
    """Score the prefixes and suffixes of sequences.

    Made for recurrent networks, whose state accumulates what they read [1]_. For any network the
    rest of the sequence is blank.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, or a pipeline that ends in one.
    X : array-like of shape (n_samples, ...)
        Sequences, as the estimator takes them.
    target : object, default=None
        Output to score, see :func:`~skgenomics.inspection.attribute`.

    Returns
    -------
    Bunch
        ``forward`` and ``backward``, ndarrays of shape (n_samples, n_positions): the score of the
        sequence up to and including each position, and from each position on. The last column of
        `forward` and the first of `backward` are the score of the whole sequence.

    References
    ----------
    .. [1] Lanchantin, J., Singh, R., Wang, B. and Qi, Y. (2017). Deep Motif Dashboard: visualizing
       and understanding genomic sequences using deep neural networks. Pacific Symposium on
       Biocomputing 22.

    Examples
    --------
    >>> from skgenomics import RNNClassifier
    >>> from skgenomics.inspection.experiments.internals import temporal_output
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
    length = sequence_length(data, score.n_channels)
    seen = torch.ones(length, length).tril()
    forward, backward = np.empty((2, len(data), length))
    for i in range(len(data)):
        x, mask = score.to_channels(data[i : i + 1]), score.mask(data[i : i + 1])
        for result, window in ((forward, seen), (backward, seen.T)):
            result[i] = _in_parts(score, x * window[:, None].to(x), mask)
    return Bunch(forward=forward, backward=backward)


@torch.no_grad()
def _in_parts(score: SequenceScore, x: torch.Tensor, mask: torch.Tensor | None) -> np.ndarray:
    size = max(1, (1 << 16) // x.shape[-1])
    scores = [
        score(part, None if mask is None else mask.expand(len(part), -1)) for part in x.split(size)
    ]
    return torch.cat(scores).cpu().numpy()


def attention_map(
    estimator,
    X,
    *,
    layer: int | None = None,
    head: int | str = "mean",
    rollout: bool = False,
) -> np.ndarray:
    r"""Return attention weights between positions of the sequence.

    Parameters
    ----------
    estimator : object
        A fitted estimator with attention, or a pipeline that ends in one: a Transformer or
        ConvTransformer, or one whose network is :class:`~skgenomics.networks.AttentionRNN`, as in
        DeepLoc, or :class:`~skgenomics.networks.HierarchicalAttentionRNN`, as in AttentiveChrome;
        these have one layer with one head.
    X : array-like of shape (n_samples, ...)
        Sequences as text, codes, channels or token ids. They are read on the given strand.
    layer : int or None, default=None
        Index of the layer, -1 for the last one; by default the mean over all layers. With
        `rollout` the last layer of the path; by default the last one.
    head : {"mean", "max"} or int, default="mean"
        Combination of the heads: their mean, their maximum (which no longer sums to 1), or a
        single head.
    rollout : bool, default=False
        True follows attention down to the first layer [1]_: the weights of each layer are averaged
        with the identity, for the residual connection, and multiplied.

    Returns
    -------
    ndarray of shape (n_samples, n_queries, n_positions)
        Queries by keys, float32; each query sums to 1. Queries are the positions of a transformer,
        the whole sequence in DeepLoc (one), each signal in AttentiveChrome; keys are positions.
        Where convolutions and pooling have merged positions, each gets an equal share. Padding
        gets no attention. Token ids have one position per token.

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
    >>> from skgenomics.inspection.experiments.internals import attention_map
    >>> from skgenomics.testing import make_text
    >>> X = make_text(20, 12)
    >>> model = TransformerClassifier(d_model=8, n_heads=2, n_layers=2, max_iter=1)
    >>> maps = attention_map(model.fit(X, [0, 1] * 10), X[:3], rollout=True)
    >>> maps.shape, bool(abs(maps.sum(axis=2) - 1).max() < 1e-5)
    ((3, 12, 12), True)
    """
    steps, last = split_steps(estimator)
    check_is_fitted(last)
    if isinstance(getattr(last, "network_", None), AttentionRNN | HierarchicalAttentionRNN):
        if layer not in (None, 0, -1) or rollout:
            raise ValueError(f"{type(last.network_).__name__} has one layer only; leave layer=None")
        return _summary_attention(SequenceReader(estimator), X)
    if getattr(last, "attention_maps", None) is None:
        raise ValueError(
            f"{type(last).__name__} has no attention between positions; take a Transformer or "
            "ConvTransformer, or `attribute` to see which positions matter"
        )
    for step in steps:
        X = step.transform(X)
    data = last._read(X, reset=False)
    n_positions = (
        data.shape[1] if data.dtype == np.int32 else sequence_length(data, last.n_channels_)
    )
    maps = last.attention_maps(X)
    last_layer = check_index("layer", layer, len(maps)) if layer is not None else len(maps) - 1
    merged = [_merge_heads(layer_maps, head) for layer_maps in maps]
    if rollout:
        result = _roll_out(merged[: last_layer + 1])
    else:
        result = np.mean(merged, axis=0) if layer is None else merged[last_layer]
    return _widen(result, n_positions, last.network_.trunk.stride)


@torch.no_grad()
def _summary_attention(reader: SequenceReader, X) -> np.ndarray:
    """Return the weights of the positions in the summary of a sequence or of each signal."""
    maps = []
    for _, x, mask in reader.batches(reader.read(X)):
        found = reader.network.attention(x) if mask is None else reader.network.attention(x, mask)
        found = found[0] if isinstance(found, tuple) else found[:, np.newaxis]
        maps.append(found.cpu().numpy())
    return np.concatenate(maps)


def check_index(name: str, index, n: int) -> int:
    """Check an index, which counts from the end if it is negative."""
    if isinstance(index, bool) or not isinstance(index, int | np.integer) or not -n <= index < n:
        raise ValueError(f"{name} must be an integer in [{-n}, {n - 1}], got {index!r}")
    return int(index) % n


def _merge_heads(maps: np.ndarray, head) -> np.ndarray:
    if isinstance(head, str):
        check_choice("head", head, ("mean", "max"))
        return maps.mean(axis=1) if head == "mean" else maps.max(axis=1)
    return maps[:, check_index("head", head, maps.shape[1])]


def _roll_out(layers: list[np.ndarray]) -> np.ndarray:
    mixed = [_with_identity(maps) for maps in layers]
    return reduce(lambda below, above: above @ below, mixed)


def _with_identity(maps: np.ndarray) -> np.ndarray:
    """Average attention weights with the identity, which stands for the residual connection."""
    mixed = (maps + np.eye(maps.shape[1], dtype=maps.dtype)) / 2
    return mixed / mixed.sum(axis=2, keepdims=True)


def _widen(maps: np.ndarray, length: int, stride: int) -> np.ndarray:
    """Spread weights between windows over the positions in them."""
    window = np.minimum(np.arange(length) // stride, maps.shape[1] - 1)
    shares = 1 / np.bincount(window, minlength=maps.shape[1])
    return maps[:, window][:, :, window] * shares[window].astype(maps.dtype)
