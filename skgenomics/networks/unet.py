"""U-Net: convolutions at several resolutions, with connections between those of the same one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from skgenomics.networks._convolution import ConvUnit, Pool
from skgenomics.networks._layers import as_tuple, check_sizes, per_layer
from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk


class UNetTrunk(Trunk):
    """Two convolutions at each resolution, on the way down and on the way back up.

    The feature map has a position for each one of the sequence. Sequences of unequal length are
    pooled from their starts, and interpolation stops at their ends, so that padding changes
    nothing.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_filters : int or tuple of int, default=(64, 128, 256, 512)
        Number of filters at each resolution, from the full one down; one more level, below the
        last one, has as many filters as that. On the way up a level has the filters of the next
        finer one.
    kernel_size, dilation : int or tuple of int, default=3, 1
        Width of the filters, and distance between the positions that a filter reads: one value, or
        one for each of the two convolutions of all levels in turn, down and up, which are 18 for
        four values of `n_filters`.
    pool : {"max", "mean"}, default="max"
        Type of pooling of pairs of positions.
    upsample : {"linear", "nearest"}, default="linear"
        Interpolation of the coarser feature map.
    dropout : float, default=0.0
        Dropout rate of whole channels after each level.
    normalization : {None, "batch", "layer"}, default="batch"
        Normalization after each convolution.
    activation : str, default="relu"
        One of :data:`skgenomics.networks._layers.ACTIVATIONS`.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, or a tuple has another number of values.

    References
    ----------
    Ronneberger, Fischer and Brox (2015), U-Net: convolutional networks for biomedical image
    segmentation, MICCAI.

    Xu et al. (2025), Specialized foundation models struggle to beat supervised baselines, ICLR.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters=(64, 128, 256, 512),
        kernel_size=3,
        dilation=1,
        pool: str = "max",
        upsample: str = "linear",
        dropout: float = 0.0,
        normalization: str | None = "batch",
        activation: str = "relu",
    ):
        super().__init__()
        filters = as_tuple(n_filters)
        check_sizes("n_filters", filters)
        if upsample not in ("linear", "nearest"):
            raise ValueError(f"upsample must be 'linear' or 'nearest', got {upsample!r}")
        self.upsample = upsample
        n_convolutions = 2 * (2 * len(filters) + 1)
        kernels = iter(per_layer("kernel_size", kernel_size, n_convolutions))
        dilations = iter(per_layer("dilation", dilation, n_convolutions))
        shared: dict[str, Any] = {
            "dropout": dropout,
            "normalization": normalization,
            "activation": activation,
        }
        self.pool = Pool(pool, 2, ceil_mode=True)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        lengths, n_maps = [], n_channels
        for n_out in (*filters, filters[-1]):
            sizes = [(next(kernels), next(dilations)) for _ in range(2)]
            self.down.append(DoubleConv(n_maps, length, n_out, sizes, **shared))
            lengths.append(length)
            length, n_maps = self.pool.length_out(length), n_out
        finer = (filters[0], *filters[:-1])
        for n_skipped, n_out, width in zip(
            reversed(filters), reversed(finer), reversed(lengths[:-1]), strict=True
        ):
            sizes = [(next(kernels), next(dilations)) for _ in range(2)]
            self.up.append(DoubleConv(n_skipped + n_maps, width, n_out, sizes, **shared))
            n_maps = n_out
        self.n_features, self.length_out = n_maps, lengths[0]

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        start = None
        if mask is not None:
            # Windows of the pooling begin at the first real position, wherever that is.
            start = mask.int().argmax(dim=1, keepdim=True)
            x, mask = _roll(x, start), _roll(mask, start)
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        skipped = []
        for i, level in enumerate(self.down):
            if i:
                maps, mask = self.pool(maps, mask)
            maps = level(maps, mask)
            skipped.append((maps, mask))
        skipped.pop()
        for level in self.up:
            coarse = _double(maps, mask, self.upsample == "linear")
            maps, mask = skipped.pop()
            both = torch.cat([maps, coarse[..., : maps.shape[-1]]], dim=1)
            # Interpolation fills padding beside the last real position.
            maps = level(blank(both, mask), mask)
        maps = maps.squeeze(2)
        if start is None:
            return maps, None
        return _roll(maps, -start), _roll(mask, -start)


class UNet(SequenceNetwork):
    """U-Net: convolutions at several resolutions."""

    trunk_class = UNetTrunk


class DoubleConv(nn.Module):
    """Two convolutions, each with normalization and activation."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_filters: int,
        sizes: list[tuple[int, int]],
        *,
        dropout: float,
        normalization: str | None,
        activation: str,
    ):
        super().__init__()
        widths = [n_channels, n_filters, n_filters]
        self.units = nn.ModuleList(
            ConvUnit(
                n_in,
                length,
                n_filters=n_out,
                kernel_size=kernel,
                dilation=step,
                normalization=normalization,
                activation=activation,
                order="conv-norm-act",
            )
            for (n_in, n_out), (kernel, step) in zip(pairwise(widths), sizes, strict=True)
        )
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()

    def forward(self, maps, mask):
        """Compute feature maps (batch, n_filters, 1, length)."""
        for unit in self.units:
            maps, _ = unit(maps, mask)
        return self.dropout(maps)


def _roll(x: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Rotate the positions of each sample to the left, by a number of positions of its own."""
    n = x.shape[-1]
    index = (torch.arange(n, device=x.device) + start) % n
    return x.gather(-1, index if x.dim() == 2 else index[:, None].expand(-1, x.shape[1], -1))


def _double(x: torch.Tensor, mask: torch.Tensor | None, is_linear: bool) -> torch.Tensor:
    """Interpolate feature maps (batch, channels, 1, length) to twice the number of positions.

    Each position becomes two, a quarter of a step to either side. Beyond the ends, and beyond the
    last real position, the outermost value is repeated.
    """
    if not is_linear:
        return x.repeat_interleave(2, dim=-1)
    left = torch.cat([x[..., :1], x[..., :-1]], dim=-1)
    right = torch.cat([x[..., 1:], x[..., -1:]], dim=-1)
    if mask is not None:
        after = torch.cat([mask[:, 1:], mask[:, -1:]], dim=1)
        right = torch.where(after[:, None, None], right, x)
    both = torch.stack([0.75 * x + 0.25 * left, 0.75 * x + 0.25 * right], dim=-1)
    return both.flatten(-2)
