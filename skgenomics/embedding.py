"""Activations of trained networks: embeddings of samples, as a function and as a transformer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
)
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.pipelines import averaged_members, split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.language_models._base import LanguageModel
from skgenomics.multiview import _views as views
from skgenomics.multiview._base import MultiViewEstimator
from skgenomics.multiview._net import MultiViewDataset
from skgenomics.networks._attention import RelativeAttention, SelfAttention
from skgenomics.networks._layers import ChannelNorm
from skgenomics.networks._transformer_layers import FeedForward, InputEmbedding
from skgenomics.networks.conv_transformer import RelativeTransformerBlock
from skgenomics.networks.imported import ImportedNetwork
from skgenomics.networks.long_conv import GatedLongConv, LongConvBlock
from skgenomics.networks.transformer import TransformerBlock
from skgenomics.persistence import load
from skgenomics.pretrained._fine_tuning import BaseFineTunedModel

_POOLINGS = ("mean", "max", None)
# Names of the module that computes the outputs, whose input is the default embedding.
_OUTPUTS = ("output", "profile")
_MAX_NAMES = 20
# Modules whose output has the axes (batch, positions, features).
_FEATURES_LAST = (
    *(nn.Linear, nn.LayerNorm, nn.Embedding, nn.RNNBase, nn.MultiheadAttention),
    *(nn.TransformerEncoder, nn.TransformerEncoderLayer, InputEmbedding, FeedForward),
    *(SelfAttention, RelativeAttention, TransformerBlock, RelativeTransformerBlock),
    *(GatedLongConv, LongConvBlock),
)


def embed(estimator, X, *, layer: str | None = None, pooling: str | None = "mean") -> np.ndarray:
    """Compute the activations of a layer of a trained network.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator, multi-view model, language model or autoencoder; or a pipeline,
        search or ensemble of such. The embeddings of the members of an ensemble stand side by side.
    X : array-like of shape (n_samples, ...)
        Samples, as the estimator takes them.
    layer : str or None, default=None
        Name of a module of ``estimator.network_``, as in ``named_modules``, whose output is
        returned, such as "trunk". By default the input of the output layer, or the code of an
        autoencoder, or the last hidden states of a language model.
    pooling : {"mean", "max", None}, default="mean"
        Pooling of a feature map over its positions, padding excluded; None for all positions.
        Layers behind the pooling of the network itself have no positions.

    Returns
    -------
    ndarray of shape (n_samples, n_features) or (n_samples, n_positions, n_features)
        Activations. The latter shape is that of a feature map without pooling; positions of
        padding are zero.

    Raises
    ------
    ValueError
        If the estimator holds no network, there is no such layer, or it does not run in a forward
        pass.

    See Also
    --------
    NetworkEmbedder : The same as a transformer, for pipelines.
    PretrainedEmbedder : Embeddings of language models of Hugging Face's transformers.

    Notes
    -----
    Models that average their predictions over both strands have the mean of the activations of both
    strands, unless there is one for each position, which are those of the given strand.

    Examples
    --------
    >>> from skgenomics import CNNClassifier, embed
    >>> from skgenomics.testing import make_text
    >>> X = make_text(20, 30)
    >>> model = CNNClassifier(n_filters=(8, 16), kernel_size=5, hidden_units=12, max_iter=1)
    >>> model = model.fit(X, [0, 1] * 10)
    >>> embed(model, X).shape
    (20, 12)
    >>> embed(model, X, layer="trunk").shape
    (20, 16)
    """
    check_choice("pooling", pooling, _POOLINGS)
    steps, model = split_steps(estimator)
    members, _ = averaged_members(model, underlying=True)
    for step in steps:
        X = step.transform(X)
    if members:
        return np.concatenate(
            [embed(member, X, layer=layer, pooling=pooling) for member in members], axis=-1
        )
    check_is_fitted(model)
    if isinstance(model, SequenceEstimator):
        return _embed_sequences(model, X, _Layer(model.network_, layer, pooling))
    if isinstance(model, MultiViewEstimator):
        return _embed_views(model, X, layer, pooling)
    if isinstance(model, LanguageModel):
        return _embed_by_language_model(model, X, layer, pooling)
    if isinstance(model, BaseFineTunedModel):
        _refuse_layer(model, layer, "use PretrainedEmbedder(layer=...) of its checkpoint")
        trunk: Any = model.network_.trunk
        return model._apply(trunk, model._read(X, reset=False))
    if hasattr(model, "network_") and hasattr(model, "transform"):
        return _embed_by_autoencoder(model, X, layer, pooling)
    if hasattr(model, "inverse_transform"):
        _refuse_layer(model, layer, "embed each member of `estimators_`")
        return model.transform(X)
    raise ValueError(
        f"{type(model).__name__} holds no network of skgenomics, so that there are no activations; "
        "give a deep estimator, or a pipeline, search or ensemble of such. Features of a pipeline "
        "are those of pipeline[:-1].transform"
    )


def _refuse_layer(model, layer: str | None, remedy: str) -> None:
    if layer is not None:
        raise ValueError(
            f"{type(model).__name__} has no layer {layer!r} to look at; leave layer=None, or "
            f"{remedy}"
        )


class _Layer:
    """A layer of a network, and what becomes of its activations in a forward pass.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    name : str or None
        Name of a module; None for the input of the output layer.
    pooling : str or None
        As in :func:`embed`.
    """

    def __init__(self, network: nn.Module, name: str | None, pooling: str | None):
        self.network, self.pooling = network.eval(), pooling
        self.name, self.reads_input = name, name is None
        # An imported module keeps the names of its author.
        root: Any = network.module if isinstance(network, ImportedNetwork) else network
        modules = {key: module for key, module in root.named_modules() if key}
        if name is None:
            self.name = next((key for key in _OUTPUTS if key in modules), None)
        if self.name not in modules:
            given = "no module `output`" if name is None else f"no layer {name!r}"
            shown = ", ".join(list(modules)[:_MAX_NAMES])
            more = ", ..." if len(modules) > _MAX_NAMES else ""
            raise ValueError(
                f"{type(root).__name__} has {given}; set `layer` to one of {shown}{more}"
            )
        self.module = modules[self.name]

    @torch.no_grad()
    def __call__(self, run: Callable[[], Any], n: int, mask: torch.Tensor | None) -> torch.Tensor:
        """Return the activations of a batch of n samples in a forward pass."""
        calls: list[Any] = []
        if self.reads_input:
            hook = self.module.register_forward_pre_hook(lambda _, args: calls.append(args[0]))
        else:
            hook = self.module.register_forward_hook(lambda _, args, out: calls.append(out))
        try:
            run()
        finally:
            hook.remove()
        if not calls:
            raise ValueError(
                f"layer {self.name!r} does not run when {type(self.network).__name__} reads X; "
                "choose another one"
            )
        found = [self._pool(call, mask) for call in calls]
        if len(found[0]) != n:
            raise ValueError(
                f"layer {self.name!r} ran on {len(found[0])} of {n} samples; choose another one"
            )
        # A network that reads both strands calls its head once for each.
        is_repeated = found[0].dim() == 2 and {part.shape for part in found} == {found[0].shape}
        return torch.stack(found).mean(dim=0) if is_repeated else found[0]

    def _pool(self, activations: Any, mask: torch.Tensor | None) -> torch.Tensor:
        """Reduce the output of a module to (batch, features), or (batch, positions, features)."""
        if isinstance(activations, tuple | list):
            activations, *rest = activations
            if rest and (rest[0] is None or getattr(rest[0], "dtype", None) == torch.bool):
                mask = rest[0]
        if activations.dim() <= 2:
            return activations.reshape(len(activations), -1)
        if self._has_features_last():
            activations = activations.movedim(-1, 1)
        is_real = None if mask is None else _spread(mask, activations.shape[2:])
        values = activations.flatten(2)
        if self.pooling is None:
            values = values.transpose(1, 2)
            return values if is_real is None else values.masked_fill(~is_real[..., None], 0)
        if is_real is None:
            return values.mean(dim=2) if self.pooling == "mean" else values.amax(dim=2)
        hidden = ~is_real[:, None]
        if self.pooling == "mean":
            n_real = is_real.sum(dim=1).clamp(min=1)
            return values.masked_fill(hidden, 0).sum(dim=2) / n_real[:, None]
        highest = values.masked_fill(hidden, -torch.inf).amax(dim=2)
        return highest.masked_fill(~is_real.any(dim=1)[:, None], 0)

    def _has_features_last(self) -> bool:
        module = self.module
        while isinstance(module, nn.Sequential) and len(module):
            module = module[0 if self.reads_input else -1]
        return isinstance(module, _FEATURES_LAST) and not isinstance(module, ChannelNorm)


def _spread(mask: torch.Tensor, shape: torch.Size) -> torch.Tensor | None:
    """Turn a mask of positions to one of the flat positions of a feature map; None if unknown."""
    n = shape[-1]
    if n > mask.shape[1]:
        return None
    if n < mask.shape[1]:
        # A position of a pooled map is real if it comes from a real one.
        mask = nn.functional.adaptive_max_pool1d(mask.float(), n).bool()
    if len(shape) == 2 and shape[0] == n and n > 1:
        # Pairs of positions.
        return (mask[:, :, None] & mask[:, None]).flatten(1)
    return mask.reshape(len(mask), *(1,) * (len(shape) - 1), n).expand(-1, *shape).flatten(1)


def _embed_sequences(model: SequenceEstimator, X, layer: _Layer) -> np.ndarray:
    net: Any = model.net_
    data, extra_inputs = model._read_samples(X, reset=False), model._read_extra_inputs(X)

    def compute(x, mask, **extra):
        def read(x, mask):
            return layer(lambda: net._score(x, mask, **extra), len(x), mask)

        found = read(x, mask)
        if net.average_strands and found.dim() == 2:
            found = (found + read(*net.augmentation.other_strand(x, mask))) / 2
        return found.cpu().numpy()

    return np.concatenate(list(net.map_batches(data, compute, extra_inputs)))


def _embed_views(model: MultiViewEstimator, X, layer: str | None, pooling) -> np.ndarray:
    if model.fusion_ == "ensemble":
        return _embed_views_separately(model, X, layer, pooling)
    network: Any = model.net_.module_
    if len(model.columns_) == 1 and layer is None:
        network = network.branches[0]
    chosen, net = _Layer(network, layer, pooling), model.net_
    batches = net.get_iterator(MultiViewDataset(model._read_all(X)))
    parts = [
        chosen(partial(net.infer, batch), len(batch["present"]), None).cpu().numpy()
        for batch, _ in batches
    ]
    return np.concatenate(parts)


def _embed_views_separately(model, X, layer: str | None, pooling) -> np.ndarray:
    """Put the embeddings of all views side by side, with zeros for those that a sample lacks."""
    parts = []
    for name, data, here in model._encode_views(X):
        with views.naming(name):
            if data is None:
                raise ValueError("it is missing in every sample of X, so that it has no embedding")
            found = embed(model.estimators_[name], data, layer=layer, pooling=pooling)
            parts.append(views.put_rows(found, here))
    return np.concatenate(parts, axis=-1)


def _embed_by_language_model(model: LanguageModel, X, layer, pooling) -> np.ndarray:
    net: Any = model.net_
    if layer is None:
        return model._map(X, lambda x, mask: net.embed(x, mask, pooling or "none"))
    chosen = _Layer(net.module_, layer, pooling)
    return model._map(X, lambda x, mask: chosen(lambda: net.embed(x, mask, "mean"), len(x), mask))


def _embed_by_autoencoder(model, X, layer, pooling) -> np.ndarray:
    if layer is None:
        return model.transform(X)
    chosen = _Layer(model.network_, layer, pooling)
    encode = getattr(model, "_encode", model.network_.encode)
    return model._map(
        X,
        lambda x, *mask: chosen(lambda: encode(x, *mask), len(x), mask[0] if mask else None),
    )


class NetworkEmbedder(
    ClassNamePrefixFeaturesOutMixin, MetaEstimatorMixin, TransformerMixin, BaseEstimator
):
    """Activations of a trained network as features of another estimator.

    Parameters
    ----------
    estimator : estimator, str or Path
        A deep estimator, language model or autoencoder, or a pipeline of such, that :meth:`fit`
        trains. A fitted model in :class:`sklearn.frozen.FrozenEstimator`, or a file that
        :func:`~skgenomics.save` wrote, is used as it is.
    layer : str or None, default=None
        Name of a module of the network, see :func:`embed`; by default the input of the output
        layer.
    pooling : {"mean", "max", None}, default="mean"
        Pooling of a feature map over its positions. None keeps all positions, as consecutive
        columns, which another deep estimator reads with ``n_channels=n_channels_out_``.

    Attributes
    ----------
    estimator_ : object
        The fitted estimator.
    n_channels_out_ : int
        Number of features, of each position if positions are kept.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit, if it was a DataFrame with string names.

    See Also
    --------
    embed : The same as a function.
    PretrainedEmbedder : Embeddings of language models of Hugging Face's transformers.

    Notes
    -----
    A trained estimator fits the labels of its own training data better than those of new samples:
    where `fit` trains it on the same samples as the next step, features of these look more
    informative than they are. Models that were trained on other data have no such bias.

    Examples
    --------
    Recurrent network on the feature map of a convolutional one, as in BiRen:

    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import CNNClassifier, NetworkEmbedder, RNNClassifier
    >>> from skgenomics.testing import make_text
    >>> X, y = make_text(20, 30), [0, 1] * 10
    >>> source = CNNClassifier(n_filters=(8, 6), kernel_size=5, pool_size=2, max_iter=1).fit(X, y)
    >>> model = make_pipeline(
    ...     NetworkEmbedder(FrozenEstimator(source), layer="trunk", pooling=None),
    ...     RNNClassifier(n_channels=6, hidden_size=4, max_iter=1),
    ... )
    >>> model.fit(X, y).predict(X).shape
    (20,)
    """

    def __init__(self, estimator, *, layer=None, pooling="mean"):
        self.estimator = estimator
        self.layer = layer
        self.pooling = pooling

    def fit(self, X, y=None, **fit_params):
        """Fit the estimator unless it is frozen, and learn the number of its features.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as the estimator takes them.
        y : array-like or None, default=None
            Targets, as the estimator takes them; ignored for a frozen one.
        **fit_params : dict
            Passed to the `fit` of the estimator.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the estimator holds no network, or there is no such layer.
        """
        check_choice("pooling", self.pooling, _POOLINGS)
        if isinstance(self.estimator, str | PathLike):
            self.estimator_ = load(self.estimator)
        elif isinstance(self.estimator, FrozenEstimator):
            self.estimator_ = self.estimator.estimator
        else:
            self._check_has_targets(y)
            self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        reader = getattr(self.estimator_, "feature_names_in_", None)
        self.__dict__.pop("feature_names_in_", None)
        if reader is not None:
            self.feature_names_in_ = reader
        found = embed(self.estimator_, X, layer=self.layer, pooling=self.pooling)
        self.n_channels_out_ = found.shape[-1]
        self._n_features_out = int(np.prod(found.shape[1:]))
        return self

    def _check_has_targets(self, y) -> None:
        if y is None and get_tags(self.estimator).target_tags.required:
            raise ValueError(
                f"requires y to be passed, but the target y is None: "
                f"{type(self.estimator).__name__} is trained by fit. Wrap a fitted one in "
                "sklearn.frozen.FrozenEstimator to use it as it is"
            )

    def transform(self, X) -> np.ndarray:
        """Compute the activations of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, as the estimator takes them.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Activations; those of a position are consecutive columns if positions are kept.

        Raises
        ------
        ValueError
            If positions are kept, and their number differs from that in fit.
        """
        check_is_fitted(self)
        found = embed(self.estimator_, X, layer=self.layer, pooling=self.pooling)
        found = found.reshape(len(found), -1)
        if found.shape[1] != self._n_features_out:
            raise ValueError(
                f"the feature map has {found.shape[1] // self.n_channels_out_} positions, but had "
                f"{self._n_features_out // self.n_channels_out_} in fit; bring the sequences to "
                "one length by skgenomics.FixedLength, or set pooling='mean'"
            )
        return found

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X in fit."""
        if not hasattr(self, "estimator_"):
            raise AttributeError(f"{type(self).__name__} object has no attribute 'n_features_in_'")
        return self.estimator_.n_features_in_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        if isinstance(self.estimator, str | PathLike):
            tags.input_tags.string = True
            return tags
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        is_frozen = isinstance(self.estimator, FrozenEstimator)
        tags.target_tags.required = inner.target_tags.required and not is_frozen
        return tags
