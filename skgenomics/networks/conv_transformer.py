"""Convolution tower with a transformer on top, as in Enformer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._attention import RelativeAttention, blank_maps, visible_keys
from skgenomics.networks._convolution import ConvUnit, Pool
from skgenomics.networks._layers import (
    StochasticDepth,
    check_sizes,
    depth_rates,
    make_activation,
)
from skgenomics.networks._padding import blank
from skgenomics.networks._positional_encoding import relative_position_features
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._transformer_layers import FeedForward
from skgenomics.networks._trunks import Trunk

# Exponential, central-mask and gamma features, each with and without the sign of a distance.
_FEATURE_FAMILIES = 6


class ConvTransformerTrunk(Trunk):
    """Convolution tower and transformer with relative positions, as in Enformer.

    A stage of the tower is a convolution, a pointwise convolution that is added to its own input,
    and pooling of pairs of positions; batch normalization and an activation come before each
    convolution but the first one.  A last pointwise convolution doubles the channels.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    d_model : int, default=96
        Number of channels after the tower, and dimension of the transformer; an even number.
    n_layers, n_heads : int
        Number of transformer layers, and of attention heads per layer; the values of a head have
        the dimension ``d_model / n_heads``.
    d_key : int, default=64
        Dimension of the queries and keys of a head.
    n_downsamplings : int, default=7
        Number of stages of the tower, each of which halves the length; a single last position is
        pooled alone.
    divisible_by : int, default=8
        Divisor of the numbers of channels of the stages, which grow geometrically from
        ``d_model / 2`` to `d_model`.
    stem_kernel_size, kernel_size : int
        Kernel size of the convolution of the first stage, and of the other stages.
    pool : {"attention", "max"}, default="attention"
        Pooling of pairs of positions: a mean with learned softmax weights, or the maximum.
    dropout : float, default=0.4
        Dropout rate of the residual branches of the transformer; an eighth of it is applied after
        the last convolution.
    attention_dropout, position_dropout : float
        Dropout rates of the attention maps and of the relative positional encoding.
    n_position_features : int or None, default=None
        Dimension of the relative positional encoding, a multiple of 6; None for the dimension of
        the values of a head, rounded up to such a multiple.
    stochastic_depth : float, default=0.0
        Rate at which the last layer is dropped in training; the rate grows linearly with depth.
    activation : str, default="gelu"
        Activation of the convolutions; that of the published code is "gelu_sigmoid".

    Raises
    ------
    ValueError
        If a hyperparameter is invalid.

    Notes
    -----
    Enformer's trunk has ``d_model=1536, n_layers=11, n_heads=8, divisible_by=128, dropout=0.4``.
    The relative positional encoding is scaled to the `length` given here and
    not to the length of each sequence, so that padding changes nothing.

    References
    ----------
    Avsec et al. (2021), Effective gene expression prediction from sequence by integrating
    long-range interactions, Nature Methods 18.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        d_model: int = 96,
        n_layers: int = 2,
        n_heads: int = 4,
        d_key: int = 64,
        n_downsamplings: int = 7,
        divisible_by: int = 8,
        stem_kernel_size: int = 15,
        kernel_size: int = 5,
        pool: str = "attention",
        dropout: float = 0.4,
        attention_dropout: float = 0.05,
        position_dropout: float = 0.01,
        n_position_features: int | None = None,
        stochastic_depth: float = 0.0,
        activation: str = "gelu",
    ):
        super().__init__()
        check_sizes("n_layers and n_downsamplings", (n_layers, n_downsamplings))
        self.stages = nn.ModuleList()
        for i, channels in enumerate(tower_channels(d_model, n_downsamplings, divisible_by)):
            kernel = kernel_size if i else stem_kernel_size
            order = "norm-act-conv" if i else "conv"
            self.stages.append(
                TowerStage(n_channels, length, channels, kernel, order, pool, activation)
            )
            n_channels, length = channels, -(-length // 2)
        self.n_features, self.length_out = 2 * d_model, length
        self.stride = 2**n_downsamplings
        self.n_position_features = _count_features(n_position_features, d_model, n_heads)
        self.blocks = nn.ModuleList(
            RelativeTransformerBlock(
                d_model,
                n_heads,
                d_key=d_key,
                n_position_features=self.n_position_features,
                dropout=dropout,
                attention_dropout=attention_dropout,
                position_dropout=position_dropout,
                drop_rate=rate,
            )
            for rate in depth_rates(stochastic_depth, n_layers)
        )
        self.pointwise = _conv_unit(d_model, length, 2 * d_model, 1, "norm-act-conv", activation)
        self.last = nn.Sequential(nn.Dropout(dropout / 8), make_activation(activation))

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        x, mask = self._convolve(x, mask)
        features, visible = self._position_features(x), visible_keys(mask)
        for block in self.blocks:
            x = block(x, features, visible)
        maps, mask = self.pointwise(blank(x.transpose(1, 2), mask).unsqueeze(2), mask)
        return self.last(maps.squeeze(2)), mask

    def attention_maps(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> list[torch.Tensor]:
        """Compute the attention maps of all layers.

        Call it in evaluation mode, since dropout is applied as in ``forward``.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or signals; or token ids.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding.

        Returns
        -------
        list of Tensor of shape (batch, n_heads, length_out, length_out)
            One per layer. Rows are queries and sum to 1; the attention to padding is 0, so that the
            rows of a sequence without any real position are 0.
        """
        x, mask = self._convolve(x, mask)
        features, visible = self._position_features(x), visible_keys(mask)
        maps = []
        for block in cast(Iterable[RelativeTransformerBlock], self.blocks):
            maps.append(blank_maps(block.attention_map(x, features, visible), mask))
            x = block(x, features, visible)
        return maps

    def _convolve(self, x, mask):
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for stage in self.stages:
            maps, mask = stage(maps, mask)
        return maps.squeeze(2).transpose(1, 2), mask

    def _position_features(self, x: torch.Tensor) -> torch.Tensor:
        n = x.shape[1]
        distances = torch.arange(1 - n, n, dtype=x.dtype, device=x.device)
        return relative_position_features(distances, self.n_position_features, self.length_out)


class ConvTransformer(SequenceNetwork):
    """Convolution tower with a transformer on top."""

    trunk_class = ConvTransformerTrunk


def tower_channels(d_model: int, n_stages: int, divisible_by: int) -> list[int]:
    """Return the numbers of channels of the stages, the last of which has `d_model`."""
    check_sizes("divisible_by", (divisible_by,))
    if d_model % 2:
        raise ValueError(f"d_model must be even, since the tower starts with half, got {d_model}")
    first = d_model // 2
    if n_stages < 3:
        return [first, d_model][-n_stages:]
    growth = [2 ** (i / (n_stages - 2)) for i in range(n_stages - 2)]
    rounded = [max(1, round(first * factor / divisible_by)) * divisible_by for factor in growth]
    return [first, *rounded, d_model]


def _count_features(n_features: int | None, d_model: int, n_heads: int) -> int:
    if n_features is None:
        return math.ceil(d_model / n_heads / _FEATURE_FAMILIES) * _FEATURE_FAMILIES
    check_sizes("n_position_features", (n_features,))
    if n_features % _FEATURE_FAMILIES:
        raise ValueError(
            f"n_position_features must be a multiple of {_FEATURE_FAMILIES}, got {n_features}"
        )
    return n_features


def _conv_unit(
    n_channels: int, length: int, n_filters: int, kernel_size: int, order: str, activation: str
) -> ConvUnit:
    return ConvUnit(
        n_channels,
        length,
        n_filters=n_filters,
        kernel_size=kernel_size,
        normalization="batch",
        activation=activation,
        order=order,
    )


class TowerStage(nn.Module):
    """Stage of the tower: convolution, residual pointwise convolution, and pooling of pairs."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_filters: int,
        kernel_size: int,
        order: str,
        pool: str,
        activation: str,
    ):
        super().__init__()
        if pool not in ("attention", "max"):
            raise ValueError(f"pool must be 'attention' or 'max', got {pool!r}")
        self.conv = _conv_unit(n_channels, length, n_filters, kernel_size, order, activation)
        self.pointwise = _conv_unit(n_filters, length, n_filters, 1, "norm-act-conv", activation)
        self.pool = PairAttentionPool(n_filters) if pool == "attention" else Pool("max", 2, True)

    def forward(self, maps, mask):
        """Compute feature maps (batch, n_filters, 1, ceil(length / 2)) and their mask."""
        maps, mask = self.conv(maps, mask)
        return self.pool(maps + self.pointwise(maps, mask)[0], mask)


class PairAttentionPool(nn.Module):
    """Mean of pairs of positions with softmax weights for each channel.

    The logits are a linear map of the channels of a position, initialized at twice the identity,
    which favors the larger of two values.
    """

    def __init__(self, n_channels: int):
        super().__init__()
        self.logits = nn.Conv2d(n_channels, n_channels, 1, bias=False)
        with torch.no_grad():
            self.logits.weight.copy_(2 * torch.eye(n_channels)[..., None, None])

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Pool (batch, channels, 1, length), where a last position may be alone."""
        logits = self.logits(x)
        never = torch.finfo(logits.dtype).min
        weights = _pairs(blank(logits, mask, never), never).softmax(dim=-1)
        pooled = (_pairs(x) * weights).sum(dim=-1)
        return pooled, None if mask is None else _pairs(mask).any(dim=-1)


def _pairs(x: torch.Tensor, fill: float = 0) -> torch.Tensor:
    """Split the last axis into pairs; a single last position is padded with a value."""
    return F.pad(x, (0, x.shape[-1] % 2), value=fill).unflatten(-1, (-1, 2))


class RelativeTransformerBlock(nn.Module):
    """Relative attention and a feed-forward network, each in a residual branch."""

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        d_key: int,
        n_position_features: int,
        dropout: float,
        attention_dropout: float,
        position_dropout: float,
        drop_rate: float,
    ):
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model)
        self.attention = RelativeAttention(
            d_model,
            n_heads,
            d_key,
            n_position_features,
            dropout=attention_dropout,
            position_dropout=position_dropout,
        )
        self.feedforward_norm = nn.LayerNorm(d_model)
        self.feedforward = FeedForward(d_model, 2 * d_model, activation="relu", dropout=dropout)
        self.drop = nn.Sequential(nn.Dropout(dropout), StochasticDepth(drop_rate))

    def forward(self, x, features, visible):
        """Transform (batch, length, d_model)."""
        x = x + self.drop(self.attention(self.attention_norm(x), features, visible))
        return x + self.drop(self.feedforward(self.feedforward_norm(x)))

    def attention_map(self, x, features, visible) -> torch.Tensor:
        """Compute the attention maps of the layer: (batch, heads, length, length)."""
        return self.attention.maps(self.attention_norm(x), features, visible)
