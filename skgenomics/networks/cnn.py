"""Convolutional network over one-hot sequences or signals."""

from __future__ import annotations

from numbers import Integral

import torch
from torch import nn

from skgenomics.networks.kmers import KmerPath
from skgenomics.networks.layers import (
    HeadPool,
    as_tuple,
    check_sizes,
    dense_layers,
    make_activation,
    make_normalization,
    per_layer,
)

_POOLS = {"max": nn.MaxPool2d, "mean": nn.AvgPool2d}
# The first pooling leaves about so many positions, if its size is "auto".
_POSITIONS_AFTER_POOL = 40
_WIDEST_AUTO_POOL = 8


class CNN(nn.Module):
    """Convolution blocks, a pooling head, hidden layers, and linear paths beside them.

    Each block is a convolution, pooling, normalisation, activation and dropout.  Settings of
    a block are scalars, or tuples with one value per block.

    Parameters
    ----------
    n_channels : int
        Channels of a position: 4 for DNA.
    length : int
        Positions of a sequence.
    n_outputs : int
        Number of scores.
    n_filters, kernel_size, dilation : int or tuple of int
        Sizes of the convolutions; the number of blocks is that of the longest tuple.
    padding : {"same", "valid"}, int or tuple of them
        Padding of each convolution; an int pads both ends with that many zeros.
    pool_size : int, "auto" or tuple of them
        Window and stride of the pooling in a block; 1 for none; "auto" leaves about 40 positions,
        with a window of 8 at most.
    pool : {"max", "mean"}
        Kind of that pooling.
    ceil_mode : bool
        Whether an incomplete last window is pooled too, or dropped.
    pool_first : bool
        Whether pooling comes before normalisation and activation, which is faster, or after.
    residual : bool
        Whether what goes into a block is added to what comes out, where shapes agree.
    dropout : float or tuple of float
        Dropout at the end of each block, of whole channels.
    normalization : {None, "batch", "layer"}
        Normalisation after each convolution.
    activation : str
        One of :data:`skgenomics.networks.layers.ACTIVATIONS`.
    head_pool : str, int or tuple of them
        How positions become features, see :class:`~skgenomics.networks.layers.HeadPool`.
    flat_channels : int or None
        Channels that each position is reduced to for "flatten"; None for all.
    hidden_units : int or tuple of int
        Sizes of the hidden layers; an empty tuple for none.
    hidden_dropout : float or tuple of float
        Dropout before the hidden layers and after each of them: a tuple has one value more than
        there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}
        Normalisation in the hidden layers.
    linear_path : bool
        Whether a linear model of the input, position by position, is added to the scores.
    kmer_path : int
        Length of the longest k-mers of which a linear model of their counts is added to the
        scores, see :class:`~skgenomics.networks.kmers.KmerPath`; 0 for none.

    Raises
    ------
    ValueError
        If a setting is unknown, tuples differ in length, or the sequence is too short for the
        kernels.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_filters=64,
        kernel_size=15,
        dilation=1,
        padding="same",
        pool_size=1,
        pool="max",
        ceil_mode=True,
        pool_first=True,
        residual=False,
        dropout=0.0,
        normalization=None,
        activation="relu",
        head_pool="max",
        flat_channels=None,
        hidden_units=(),
        hidden_dropout=0.0,
        hidden_normalization=None,
        linear_path=False,
        kmer_path=0,
    ):
        super().__init__()
        per_block = {
            "n_filters": n_filters,
            "kernel_size": kernel_size,
            "dilation": dilation,
            "padding": padding,
            "pool_size": pool_size,
            "dropout": dropout,
        }
        n_blocks = max(len(as_tuple(value)) for value in per_block.values())
        per_block = {name: per_layer(name, value, n_blocks) for name, value in per_block.items()}
        blocks, n_maps, n_left = [], n_channels, length
        for i in range(n_blocks):
            block = ConvBlock(
                n_maps,
                n_left,
                **{name: values[i] for name, values in per_block.items()},
                pool=pool,
                ceil_mode=ceil_mode,
                pool_first=pool_first,
                residual=residual,
                normalization=normalization,
                activation=activation,
            )
            blocks.append(block)
            n_maps, n_left = per_block["n_filters"][i], block.length_out
        self.blocks = nn.Sequential(*blocks)
        self.head = HeadPool(head_pool, n_maps, n_left, flat_channels)
        self.hidden, n_features = dense_layers(
            self.head.n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=activation,
            dropout=hidden_dropout,
        )
        self.output = nn.Linear(n_features, n_outputs)
        self.linear_path = None
        if linear_path:
            self.linear_path = nn.Linear(n_channels * length, n_outputs, bias=False)
            nn.init.zeros_(self.linear_path.weight)
        self.kmer_path = None
        if kmer_path:
            check_sizes("kmer_path", (kmer_path,))
            self.kmer_path = KmerPath(n_channels, n_outputs, kmer_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length); gives (batch, n_outputs)."""
        # Convolutions on CPUs are several times faster in 2-D with the channels last.
        maps = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        features = self.head(self.blocks(maps).squeeze(2))
        scores = self.output(self.hidden(features))
        if self.linear_path is not None:
            scores = scores + self.linear_path(x.flatten(1))
        if self.kmer_path is not None:
            scores = scores + self.kmer_path(x)
        return scores


class ConvBlock(nn.Module):
    """Convolution, pooling, normalisation, activation and dropout of (batch, maps, 1, length).

    ``length_out`` is the length of what comes out.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters: int,
        kernel_size: int,
        dilation: int,
        padding,
        pool_size,
        pool: str,
        ceil_mode: bool,
        pool_first: bool,
        residual: bool,
        dropout: float,
        normalization: str | None,
        activation: str,
    ):
        super().__init__()
        if pool_size == "auto":
            pool_size = min(max(1, round(length / _POSITIONS_AFTER_POOL)), _WIDEST_AUTO_POOL)
        sizes = {"n_filters": n_filters, "kernel_size": kernel_size, "dilation": dilation}
        for name, size in (sizes | {"pool_size": pool_size}).items():
            check_sizes(name, (size,))
        n_left = _conv_length(length, kernel_size, dilation, padding)
        # A window wider than what is left would be an error; it covers all that there is.
        window = min(pool_size, n_left)
        self.length_out = -(-n_left // window) if ceil_mode else n_left // window
        self.residual = residual and (n_channels, length) == (n_filters, self.length_out)
        pooling = [_make_pool(pool, window, ceil_mode)]
        rest = [make_normalization(normalization, n_filters), make_activation(activation)]
        layers = [
            nn.Conv2d(
                n_channels,
                n_filters,
                (1, kernel_size),
                padding=(0, int(padding)) if isinstance(padding, Integral) else padding,
                dilation=(1, dilation),
            ),
            *(pooling + rest if pool_first else rest + pooling),
        ]
        self.layers = nn.Sequential(*(layer for layer in layers if layer is not None))
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.layers(x)
        if self.residual:
            maps = maps + x
        return self.dropout(maps)


def _conv_length(length: int, kernel_size: int, dilation: int, padding) -> int:
    if padding == "same":
        return length
    if padding != "valid" and not (isinstance(padding, Integral) and padding >= 0):
        raise ValueError(f"padding must be 'same', 'valid' or an integer >= 0, got {padding!r}")
    span = dilation * (kernel_size - 1) + 1
    n_left = length + 2 * (0 if padding == "valid" else padding) - span + 1
    if n_left < 1:
        raise ValueError(
            f"a convolution with kernel_size={kernel_size} and dilation={dilation} spans {span} "
            f"positions, but only {length} are left at that layer; choose smaller kernels or "
            "pools, or padding='same'"
        )
    return n_left


def _make_pool(kind: str, window: int, ceil_mode: bool) -> nn.Module | None:
    if kind not in _POOLS:
        raise ValueError(f"pool must be one of {sorted(_POOLS)}, got {kind!r}")
    return _POOLS[kind]((1, window), ceil_mode=ceil_mode) if window > 1 else None
