"""Stem: convolutions that detect motifs and shorten a sequence."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._layers import as_tuple, per_layer
from skgenomics.networks._padding import blank


class Stem(nn.Module):
    """Layers of convolution, batch normalization, GELU and max pooling.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    filters : int or tuple of int
        Number of filters of each layer; an empty tuple for no layers.
    kernel_size, pool_size : int or tuple of int
        Width of the filters, and window of the pooling of each layer.
    vocabulary_size : int or None, default=None
        Number of token ids if the input is tokens, which cannot be convolved.

    Raises
    ------
    ValueError
        If both `filters` and `vocabulary_size` are given, or tuples differ in length.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        filters,
        kernel_size,
        pool_size,
        vocabulary_size: int | None = None,
    ):
        super().__init__()
        filters = as_tuple(filters)
        if vocabulary_size is not None and filters:
            raise ValueError(
                "stem_filters convolve channels, but with vocabulary_size the input is token ids; "
                "set only one of them"
            )
        kernel_sizes = per_layer("stem_kernel_size", kernel_size, len(filters))
        pool_sizes = per_layer("stem_pool_size", pool_size, len(filters))
        self.units, self.stride = nn.ModuleList(), 1
        for n_filters, kernel, pool in zip(filters, kernel_sizes, pool_sizes, strict=True):
            unit = ConvUnit(
                n_channels,
                length,
                n_filters=n_filters,
                kernel_size=kernel,
                pool_size=pool,
                normalization="batch",
                activation="gelu",
                order="conv-norm-act-pool",
            )
            self.units.append(unit)
            self.stride *= 1 if unit.pool is None else unit.pool.window
            n_channels, length = n_filters, unit.length_out
        self.n_channels_out, self.length_out = n_channels, length

    def forward(self, x, mask):
        """Compute feature maps (batch, n_channels_out, length_out) and their mask."""
        if not len(self.units):
            return x, mask
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for unit in self.units:
            maps, mask = unit(maps, mask)
        return maps.squeeze(2), mask
