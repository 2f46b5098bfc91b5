"""What happens inside of networks: along a sequence, and in attention."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.inspection._scores import SequenceReader, SequenceScore
from skgenomics.networks import AttentionRNN, HierarchicalAttentionRNN


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
        What to look at, see :class:`~skgenomics.inspection._scores.SequenceScore`.

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
        A fitted estimator with attention, or a pipeline that ends in one: a Transformer or
        ConvTransformer, or one whose network is :class:`~skgenomics.networks.AttentionRNN`, as that
        of DeepLoc, or :class:`~skgenomics.networks.HierarchicalAttentionRNN`, as that of
        AttentiveChrome; these have one layer with one head.
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
    ndarray of shape (n, L, L), (n, 1, L) or (n, C, L), float32
        Rows are what looks, and sum to 1: the positions of a transformer, the whole sequence in
        DeepLoc, each signal in AttentiveChrome. Columns are the positions that are looked at. Where
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
    if not hasattr(last, "attention_maps"):
        raise ValueError(
            f"{type(last).__name__} has no attention between positions; take a Transformer or "
            "ConvTransformer, or `attribute` to see which positions matter"
        )
    for step in steps:
        X = step.transform(X)
    maps = last.attention_maps(X)
    last_layer = check_place("layer", layer, len(maps)) if layer is not None else len(maps) - 1
    merged = [_merge_heads(layer_maps, head) for layer_maps in maps]
    if rollout:
        result = _roll_out(merged[: last_layer + 1])
    else:
        result = np.mean(merged, axis=0) if layer is None else merged[last_layer]
    return _widen(result, last.length_, last.network_.trunk.stride)


@torch.no_grad()
def _summary_attention(reader: SequenceReader, X) -> np.ndarray:
    """Weights of the positions in what stands for a sequence, or for each signal of it."""
    maps = []
    for _, x in reader.batches(reader.read(X)):
        found = reader.network.attention(x)
        found = found[0] if isinstance(found, tuple) else found[:, np.newaxis]
        maps.append(found.cpu().numpy())
    return np.concatenate(maps)


def check_place(name: str, place, n: int) -> int:
    """Where something is among so many, counted from the end if it is negative."""
    if isinstance(place, bool) or not isinstance(place, int | np.integer) or not -n <= place < n:
        raise ValueError(f"{name} must be an integer in [{-n}, {n - 1}], got {place!r}")
    return int(place) % n


def _merge_heads(maps: np.ndarray, head) -> np.ndarray:
    if isinstance(head, str):
        check_choice("head", head, ("mean", "max"))
        return maps.mean(axis=1) if head == "mean" else maps.max(axis=1)
    return maps[:, check_place("head", head, maps.shape[1])]


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
