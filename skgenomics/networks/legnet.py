"""LegNet: inverted bottlenecks with squeeze-and-excitation, for short regulatory sequences."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._convolution import ConvUnit, Pool
from skgenomics.networks._heads import masked_mean
from skgenomics.networks._layers import BatchNorm, as_tuple, check_sizes, per_layer
from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

_EXPANSION = 4
_VARIANTS = ("mpra", "dream")


class LegNetTrunk(Trunk):
    """Blocks of EfficientNetV2, each concatenated with its input and read by a convolution.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_filters : int or tuple of int, default=(80, 96, 112, 128)
        Number of filters of each block.
    kernel_size : int, default=9
        Width of the filters of the blocks, an odd number.
    pool_size : int or tuple of int, default=2
        Window and stride of the max pooling after each block; 1 for none.
    stem_filters, stem_kernel_size : int, default=64, 11
        Number and width of the filters of the first convolution.
    variant : {"mpra", "dream"}, default="mpra"
        "mpra" is the network for human reporter assays: a block has four times the channels of its
        input, each of which is filtered by itself, and a pointwise convolution to twice the
        channels follows the last block. "dream" is the network of the DREAM 2022 challenge: a
        block has four times the channels of its output, which are filtered in pairs.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, or tuples differ in length.

    References
    ----------
    Penzar et al. (2023), LegNet: a best-in-class deep learning model for short DNA regulatory
    regions, Bioinformatics 39.

    Agarwal et al. (2025), Massively parallel characterization of transcriptional regulatory
    elements, Nature 639.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters=(80, 96, 112, 128),
        kernel_size: int = 9,
        pool_size=2,
        stem_filters: int = 64,
        stem_kernel_size: int = 11,
        variant: str = "mpra",
    ):
        super().__init__()
        if variant not in _VARIANTS:
            raise ValueError(f"variant must be one of {list(_VARIANTS)}, got {variant!r}")
        filters = as_tuple(n_filters)
        check_sizes("n_filters", filters)
        pools = per_layer("pool_size", pool_size, len(filters))
        is_mpra = variant == "mpra"
        self.stem = _local(n_channels, length, stem_filters, stem_kernel_size)
        self.n_features, self.length_out = stem_filters, length
        self.blocks = nn.ModuleList()
        for n_out, window in zip(filters, pools, strict=True):
            block = LegNetBlock(
                self.n_features, self.length_out, n_out, kernel_size, window, is_mpra
            )
            self.blocks.append(block)
            self.n_features, self.length_out = n_out, block.pool.length_out(self.length_out)
            self.stride *= block.pool.window
        self.mapper = None
        if is_mpra:
            self.mapper = ConvUnit(
                self.n_features,
                self.length_out,
                n_filters=2 * self.n_features,
                kernel_size=1,
                normalization="batch",
                order="norm-conv",
            )
            self.n_features *= 2

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        maps, mask = self.stem(maps, mask)
        for block in self.blocks:
            maps, mask = block(maps, mask)
        if self.mapper is not None:
            maps, mask = self.mapper(maps, mask)
        return maps.squeeze(2), mask


class LegNet(SequenceNetwork):
    """LegNet, for the activity of promoters and enhancers in reporter assays.

    Its head is ``head_pool="mean"``, with a hidden layer in the variant "mpra".
    """

    trunk_class = LegNetTrunk


def _local(n_channels: int, length: int, n_filters: int, kernel_size: int) -> ConvUnit:
    return ConvUnit(
        n_channels,
        length,
        n_filters=n_filters,
        kernel_size=kernel_size,
        bias=False,
        normalization="batch",
        activation="silu",
        order="conv-norm-act",
    )


class LegNetBlock(nn.Module):
    """An inverted bottleneck, concatenated with its input, a convolution and pooling."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_filters: int,
        kernel_size: int,
        pool_size: int,
        is_mpra: bool,
    ):
        super().__init__()
        n_inner = _EXPANSION * (n_channels if is_mpra else n_filters)
        n_squeezed = max(1, (n_inner if is_mpra else n_channels) // _EXPANSION)
        self.expand = _local(n_channels, length, n_inner, 1)
        self.depthwise = nn.Conv2d(
            n_inner,
            n_inner,
            (1, kernel_size),
            padding="same",
            groups=n_inner if is_mpra else n_inner // 2,
            bias=False,
        )
        self.depthwise_norm = BatchNorm(n_inner)
        self.squeeze = nn.Linear(n_inner, n_squeezed)
        self.excite = nn.Linear(n_squeezed, n_inner)
        self.project = _local(n_inner, length, n_channels, 1)
        self.local = _local(2 * n_channels, length, n_filters, kernel_size)
        self.pool = Pool("max", min(pool_size, length), ceil_mode=False)

    def forward(self, x, mask=None):
        """Compute feature maps (batch, n_filters, 1, length_out) and their mask."""
        inner, _ = self.expand(x, mask)
        inner = blank(F.silu(self.depthwise_norm(self.depthwise(inner), mask)), mask)
        means = masked_mean(inner.squeeze(2), mask)
        weights = self.excite(F.silu(self.squeeze(means))).sigmoid()
        inner, _ = self.project(inner * weights[:, :, None, None], mask)
        maps, mask = self.local(torch.cat([inner, x], dim=1), mask)
        return self.pool(maps, mask)
