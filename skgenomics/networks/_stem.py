"""Convolutions that find motifs and shorten a sequence ahead of other layers."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._layers import as_tuple, per_layer
from skgenomics.networks._padding import blank


class Stem(nn.Module):
    """Convolution, batch normalisation, GELU and max-pooling, in as many layers as wanted.

    Parameters
    ----------
    n_channels, length : int
        Size of what comes in.
    filters, kernel_size, pool_size : int or tuple of int
        Sizes of each layer; an empty tuple of filters for no layer at all.
    vocabulary_size : int or None
        Number of token ids, if these come in; they cannot be convolved.
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
                "stem_filters convolve channels, but vocabulary_size says that token ids come in; "
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
            self.stride *= unit.pool.window
            n_channels, length = n_filters, unit.length_out
        self.n_channels_out, self.length_out = n_channels, length

    def forward(self, x, mask):
        if not len(self.units):
            return x, mask
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for unit in self.units:
            maps, mask = unit(maps, mask)
        return maps.squeeze(2), mask
