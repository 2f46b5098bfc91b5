"""Convolutional network over one-hot sequences or signals."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks.layers import (
    HeadPool,
    as_tuple,
    dense_layers,
    make_activation,
    make_normalization,
    per_layer,
)


class CNN(nn.Module):
    """Convolution blocks, a pooling head, hidden layers, and a linear path beside them.

    Each block is a convolution, normalisation, activation, pooling and dropout.  Settings of
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
    pool_size : int or tuple of int
        Window and stride of the pooling that ends a block; 1 for none.
    pool : {"max", "mean"}
        Kind of that pooling.
    ceil_mode : bool
        Whether an incomplete last window is pooled too, or dropped.
    dropout : float or tuple of float
        Dropout at the end of each block.
    normalization : {None, "batch", "layer"}
        Normalisation after each convolution.
    activation : str
        One of :data:`skgenomics.networks.layers.ACTIVATIONS`.
    head_pool : str, int or tuple of them
        How positions become features, see :class:`~skgenomics.networks.layers.HeadPool`.
    hidden_units : int or tuple of int
        Sizes of the hidden layers; an empty tuple for none.
    hidden_dropout : float or tuple of float
        Dropout after each hidden layer; without hidden layers, before the scores.
    hidden_normalization : {None, "batch", "layer"}
        Normalisation in the hidden layers.
    linear_path : bool
        Whether a linear model of the input, position by position, is added to the scores.

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
        dropout=0.0,
        normalization=None,
        activation="relu",
        head_pool="max",
        hidden_units=(),
        hidden_dropout=0.0,
        hidden_normalization=None,
        linear_path=False,
    ):
        super().__init__()
        settings = {
            "n_filters": n_filters,
            "kernel_size": kernel_size,
            "dilation": dilation,
            "padding": padding,
            "pool_size": pool_size,
            "dropout": dropout,
        }
        n_blocks = max(len(as_tuple(value)) for value in settings.values())
        settings = {name: per_layer(name, value, n_blocks) for name, value in settings.items()}
        blocks, n_maps, n_left = [], n_channels, length
        for i in range(n_blocks):
            block = ConvBlock(
                n_maps,
                n_left,
                **{name: values[i] for name, values in settings.items()},
                pool=pool,
                ceil_mode=ceil_mode,
                normalization=normalization,
                activation=activation,
            )
            blocks.append(block)
            n_maps, n_left = settings["n_filters"][i], block.length_out
        self.blocks = nn.Sequential(*blocks)
        self.head = HeadPool(head_pool, n_maps, n_left)
        units = as_tuple(hidden_units)
        self.hidden = dense_layers(
            self.head.n_features,
            units,
            normalization=hidden_normalization,
            activation=activation,
            dropout=hidden_dropout,
        )
        if not units and hidden_dropout:
            self.hidden.append(nn.Dropout(hidden_dropout))
        self.output = nn.Linear(units[-1] if units else self.head.n_features, n_outputs)
        self.linear_path = nn.Linear(n_channels * length, n_outputs, bias=False) if linear_path else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length); gives (batch, n_outputs)."""
        scores = self.output(self.hidden(self.head(self.blocks(x))))
        if self.linear_path is not None:
            scores = scores + self.linear_path(x.flatten(1))
        return scores


class ConvBlock(nn.Sequential):
    """Convolution, normalisation, activation, pooling, dropout; ``length_out`` is what is left."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters: int,
        kernel_size: int,
        dilation: int,
        padding,
        pool_size: int,
        pool: str,
        ceil_mode: bool,
        dropout: float,
        normalization: str | None,
        activation: str,
    ):
        convolution = nn.Conv1d(
            n_channels, n_filters, kernel_size, padding=padding, dilation=dilation
        )
        n_left = _conv_length(length, kernel_size, dilation, padding)
        # A window wider than what is left would be an error; it covers all that there is.
        window = min(pool_size, n_left)
        layers = [
            convolution,
            make_normalization(normalization, n_filters),
            make_activation(activation),
            _make_pool(pool, window, ceil_mode) if window > 1 else None,
            nn.Dropout(dropout) if dropout else None,
        ]
        super().__init__(*(layer for layer in layers if layer is not None))
        self.length_out = -(-n_left // window) if ceil_mode else n_left // window


def _conv_length(length: int, kernel_size: int, dilation: int, padding) -> int:
    if padding == "same":
        return length
    if padding != "valid" and not (isinstance(padding, int) and padding >= 0):
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


def _make_pool(kind: str, window: int, ceil_mode: bool) -> nn.Module:
    if kind == "max":
        return nn.MaxPool1d(window, ceil_mode=ceil_mode)
    if kind == "mean":
        return nn.AvgPool1d(window, ceil_mode=ceil_mode)
    raise ValueError(f"pool must be 'max' or 'mean', got {kind!r}")
