"""Residual convolutional network, dilated or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import nn

from skgenomics.networks._convolution import ConvUnit, Pool
from skgenomics.networks._heads import masked_mean
from skgenomics.networks._layers import (
    StochasticDepth,
    as_tuple,
    crop_middle,
    make_activation,
    make_normalization,
    per_layer,
)
from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

_SQUEEZE = 4


class ResNetTrunk(Trunk):
    """A stem of convolutions, followed by residual blocks.

    Hyperparameters of the stem and of the blocks are scalars, or tuples with one value for each.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_blocks : int or None, default=None
        Number of residual blocks; None for the length of the longest tuple.
    n_filters : int or tuple of int, default=64
        Number of filters of each block.
    kernel_size, dilation : int or tuple of int
        Width of the filters, and distance between the positions that a filter reads.
    padding : {"same", "valid"}, default="same"
        Padding of all convolutions; "valid" crops the shortcuts too.
    bias : bool, default=True
        Whether convolutions have a bias.
    pool_size : int or tuple of int, default=1
        Window and stride of a pooling ahead of each block; 1 for none.
    pool : {"max", "mean"}, default="max"
        Type of pooling.
    block_order : str, default="norm-act-conv"
        Order of the steps around each convolution, see
        :class:`~skgenomics.networks._convolution.ConvUnit`: "norm-act-conv" is pre-activation
        (He et al., 2016), "conv-act" the block of BPNet.
    convs_per_block : int, default=2
        Number of convolutions in a block.
    bottleneck : int or None, default=None
        Number of filters of a convolution in each block, followed by one of width 1 with
        `n_filters`; None for blocks without a bottleneck.
    stem_filters, stem_kernel_size, stem_pool_size : int, "auto" or tuple of these
        Sizes of the stem, as in a :class:`~skgenomics.networks.cnn.CNNTrunk`.
    stem_order : str, default="conv-pool"
        Order of the steps in the stem.
    final_steps : str, default="norm-act"
        Steps after the last block: "norm-act", "norm", "act" or "" for none.
    skip_every : int or None, default=None
        Number of blocks after each of which a skip connection, a convolution of width 1, leads to
        the end of the trunk, where all of them are summed, as in SpliceAI; None for none.
    squeeze_excitation : bool, default=False
        Whether a block weights its channels by a function of their means (Hu et al., 2018).
    stochastic_depth : float, default=0.0
        Rate at which the last block is dropped in training; the rate grows linearly with depth.
    dropout : float, default=0.0
        Dropout rate of whole channels at the end of each block.
    normalization : {None, "batch", "layer"}, default="batch"
        Normalization of each convolution.
    normalization_epsilon : float, default=1e-5
        Constant added to the variance for numerical stability; the default of Keras is 1e-3.
    activation : str, default="relu"
        One of :data:`skgenomics.networks._layers.ACTIVATIONS`.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, tuples differ in length, or the sequence is too short.
    """

    can_tie_strands = True

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_blocks=None,
        n_filters=64,
        kernel_size=3,
        dilation=1,
        padding="same",
        bias=True,
        pool_size=1,
        pool="max",
        block_order="norm-act-conv",
        convs_per_block=2,
        bottleneck=None,
        stem_filters=64,
        stem_kernel_size=15,
        stem_pool_size=1,
        stem_order="conv-pool",
        final_steps="norm-act",
        skip_every=None,
        squeeze_excitation=False,
        stochastic_depth=0.0,
        dropout=0.0,
        normalization="batch",
        normalization_epsilon=1e-5,
        activation="relu",
    ):
        super().__init__()
        shared = {
            "padding": padding,
            "bias": bias,
            "normalization": normalization,
            "normalization_epsilon": normalization_epsilon,
            "activation": activation,
            "pool": pool,
        }
        self.n_features, self.length_out = n_channels, length
        self.receptive_field, self.stride = 1, 1
        stem = _tabulate(
            None,
            n_filters=stem_filters,
            kernel_size=stem_kernel_size,
            pool_size=stem_pool_size,
        )
        self.stem = nn.ModuleList(
            self._add_unit(order=stem_order, **shared, **settings) for settings in stem
        )
        blocks = _tabulate(
            n_blocks,
            n_filters=n_filters,
            kernel_size=kernel_size,
            dilation=dilation,
            pool_size=pool_size,
        )
        self.blocks, self.skips = nn.ModuleList(), nn.ModuleDict()
        if skip_every:
            if max(as_tuple(pool_size)) > 1:
                raise ValueError(
                    "skip_every sums feature maps, which needs pool_size=1 in all blocks"
                )
            self._add_skip(0)
        for i, settings in enumerate(blocks):
            block = ResidualBlock(
                self.n_features,
                self.length_out,
                order=block_order,
                n_convs=convs_per_block,
                bottleneck=bottleneck,
                squeeze_excitation=squeeze_excitation,
                drop_rate=stochastic_depth * (i + 1) / len(blocks),
                dropout=dropout,
                **shared,
                **settings,
            )
            self._grow(block, settings["n_filters"])
            self.blocks.append(block)
            if skip_every and ((i + 1) % skip_every == 0 or i + 1 == len(blocks)):
                self._add_skip(i + 1)
        self.shortest = self.receptive_field
        self.final = None
        if final_steps:
            norm = make_normalization(normalization, self.n_features, normalization_epsilon)
            self.final = FinalSteps(final_steps, norm, activation)
        if squeeze_excitation:
            self.receptive_field = None

    def _add_unit(self, **settings) -> ConvUnit:
        unit = ConvUnit(self.n_features, self.length_out, **settings)
        self._grow(unit, settings["n_filters"])
        return unit

    def _grow(self, part: ConvUnit | ResidualBlock, n_filters: int) -> None:
        self.n_features, self.length_out = n_filters, part.length_out
        self.receptive_field, self.stride = part.widen(cast(int, self.receptive_field), self.stride)

    def _add_skip(self, n_before: int) -> None:
        first = self.skips["0"].in_channels if self.skips else self.n_features
        if first != self.n_features:
            raise ValueError(
                f"skip_every sums feature maps, but the first has {first} channels and one after "
                f"{n_before} blocks has {self.n_features}; give stem_filters and n_filters one "
                "value"
            )
        self.skips[str(n_before)] = nn.Conv2d(self.n_features, self.n_features, 1)

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for unit in self.stem:
            maps, mask = unit(maps, mask)
        total = self._skip(0, maps)
        for i, block in enumerate(self.blocks):
            maps, mask = block(maps, mask)
            skip = self._skip(i + 1, maps)
            if skip is not None:
                total = crop_middle(total, skip.shape[-1]) + skip
        if total is not None:
            maps = blank(total, mask)
        if self.final is not None:
            maps = self.final(maps, mask)
        return maps.squeeze(2), mask

    def _skip(self, n_before: int, maps: torch.Tensor) -> torch.Tensor | None:
        return self.skips[str(n_before)](maps) if str(n_before) in self.skips else None


class ResNet(SequenceNetwork):
    """Residual network, dilated or not."""

    trunk_class = ResNetTrunk


def _tabulate(n: int | None, **settings) -> list[dict]:
    """Turn scalars and tuples into one dict of hyperparameters per layer."""
    n = n or max(len(as_tuple(value)) for value in settings.values())
    columns = {name: per_layer(name, value, n) for name, value in settings.items()}
    return [{name: values[i] for name, values in columns.items()} for i in range(n)]


class ResidualBlock(nn.Module):
    """Residual block: convolution units whose output is added to the input."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters: int,
        kernel_size: int,
        dilation: int,
        pool_size: int,
        pool: str,
        order: str,
        n_convs: int,
        bottleneck: int | None,
        squeeze_excitation: bool,
        drop_rate: float,
        dropout: float,
        **shared,
    ):
        super().__init__()
        self.pool = Pool(pool, min(pool_size, length), ceil_mode=True)
        self.length_out = self.pool.length_out(length)
        sizes = [(n_filters, kernel_size, dilation)] * n_convs
        if bottleneck is not None:
            sizes = [(bottleneck, kernel_size, dilation), (n_filters, 1, 1)]
        self.units, n_maps = nn.ModuleList(), n_channels
        for filters, kernel, step in sizes:
            unit = ConvUnit(
                n_maps,
                self.length_out,
                n_filters=filters,
                kernel_size=kernel,
                dilation=step,
                order=order,
                **shared,
            )
            self.units.append(unit)
            n_maps, self.length_out = filters, unit.length_out
        self.excitation = SqueezeExcitation(n_filters) if squeeze_excitation else None
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()
        self.depth = StochasticDepth(drop_rate) if drop_rate else nn.Identity()
        self.shortcut: nn.Module = nn.Identity()
        if n_channels != n_filters:
            self.shortcut = nn.Conv2d(n_channels, n_filters, 1, bias=False)

    def widen(self, field: int, stride: int) -> tuple[int, int]:
        """Compute the receptive field and the stride after the block, see ``ConvUnit.widen``."""
        field, stride = field + (self.pool.window - 1) * stride, stride * self.pool.window
        for unit in cast(Iterable[ConvUnit], self.units):
            field, stride = unit.widen(field, stride)
        return field, stride

    def forward(self, x, mask=None):
        """Compute feature maps (batch, n_filters, 1, length_out) and their mask."""
        x, mask = self.pool(x, mask)
        maps = x
        for unit in self.units:
            maps, mask = unit(maps, mask)
        if self.excitation is not None:
            maps = self.excitation(maps, mask)
        maps = self.depth(self.dropout(maps))
        return crop_middle(self.shortcut(x), maps.shape[-1]) + maps, mask


class SqueezeExcitation(nn.Module):
    """Squeeze-and-excitation: weight channels by a small network of their means."""

    def __init__(self, n_channels: int):
        super().__init__()
        n_hidden = 2 * max(1, n_channels // (2 * _SQUEEZE))
        self.weigh = nn.Sequential(
            nn.Linear(n_channels, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_channels)
        )

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Weight the channels of (batch, channels, 1, length)."""
        means = masked_mean(x.squeeze(2), mask)
        return x * self.weigh(means).sigmoid()[:, :, None, None]


class FinalSteps(nn.Module):
    """Normalization and activation after the last block."""

    def __init__(self, steps: str, norm: nn.Module | None, activation: str):
        super().__init__()
        if steps not in ("norm-act", "act", "norm"):
            raise ValueError(f"final_steps must be 'norm-act', 'norm', 'act' or '', got {steps!r}")
        self.norm = norm if "norm" in steps else None
        self.act = make_activation(activation) if "act" in steps else nn.Identity()

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Apply the steps to (batch, channels, 1, length)."""
        if self.norm is not None:
            x = self.norm(x, mask)
        return blank(self.act(x), mask)
