"""Convolutional network over one-hot sequences or signals."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._layers import as_tuple, per_layer
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk


class CNNTrunk(Trunk):
    """A tower of convolution blocks.

    Hyperparameters of a block are scalars, or tuples with one value per block; the longest tuple
    sets the number of blocks.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_filters : int or tuple of int, default=64
        Number of filters of each convolution.
    kernel_size : int or tuple of int, default=15
        Width of the filters.
    dilation : int or tuple of int, default=1
        Distance between the positions that a filter reads.
    padding : {"same", "valid"}, int or tuple of these, default="same"
        Padding of each convolution; an int is the number of zeros at each end.
    bias : bool, default=True
        Whether convolutions have a bias.
    pool_size : int, "auto" or tuple of these, default=1
        Window and stride of the pooling in a block; 1 for no pooling; "auto" leaves about 40
        positions, with a window of at most 8.
    pool : {"max", "mean"}, default="max"
        Type of pooling.
    ceil_mode : bool, default=True
        Whether to pool an incomplete last window, which is dropped otherwise.
    block_order : str, default="conv-pool-norm-act"
        Order of the steps of a block, see :class:`~skgenomics.networks._convolution.ConvUnit`.
    residual : bool, default=False
        Whether to add the input of a block to its output where shapes agree.
    dropout : float or tuple of float, default=0.0
        Dropout rate of whole channels at the end of each block.
    normalization : {None, "batch", "layer"}, default=None
        Normalization in each block.
    activation : str, None or tuple of them, default="relu"
        One of :data:`skgenomics.networks._layers.ACTIVATIONS`.
    embedding_size : int or None, default=None
        Dimension of a linear embedding of each position ahead of the first block; None for none.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, tuples differ in length, or the sequence is too short for
        the kernels.
    """

    can_tie_strands = True

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters=64,
        kernel_size=15,
        dilation=1,
        padding="same",
        bias=True,
        pool_size=1,
        pool="max",
        ceil_mode=True,
        block_order="conv-pool-norm-act",
        residual=False,
        dropout=0.0,
        normalization=None,
        normalization_epsilon=1e-5,
        activation="relu",
        embedding_size=None,
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
        per_block["activation"] = activation
        per_block = {name: per_layer(name, value, n_blocks) for name, value in per_block.items()}
        self.embedding = None
        if embedding_size is not None:
            self.embedding = nn.Conv1d(n_channels, embedding_size, 1, bias=False)
        self.n_features, self.length_out = embedding_size or n_channels, length
        self.receptive_field, self.stride = 1, 1
        self.blocks = nn.ModuleList()
        for i in range(n_blocks):
            settings = {name: values[i] for name, values in per_block.items()}
            block = ConvBlock(
                self.n_features,
                self.length_out,
                dropout=settings.pop("dropout"),
                residual=residual,
                bias=bias,
                pool=pool,
                ceil_mode=ceil_mode,
                normalization=normalization,
                normalization_epsilon=normalization_epsilon,
                order=block_order,
                **settings,
            )
            self.blocks.append(block)
            self.n_features, self.length_out = settings["n_filters"], block.unit.length_out
            self.receptive_field, self.stride = block.unit.widen(self.receptive_field, self.stride)
        self.shortest = self.receptive_field

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        if self.embedding is not None:
            x = self.embedding(x)
        maps = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            maps, mask = block(maps, mask)
        return maps.squeeze(2), mask


class CNN(SequenceNetwork):
    """Convolutional network."""

    trunk_class = CNNTrunk


class ConvBlock(nn.Module):
    """A convolution unit with an optional shortcut, and dropout of whole channels."""

    def __init__(self, n_channels: int, length: int, *, dropout: float, residual: bool, **settings):
        super().__init__()
        self.unit = ConvUnit(n_channels, length, **settings)
        same_shape = (n_channels, length) == (settings["n_filters"], self.unit.length_out)
        self.residual = residual and same_shape
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()

    def forward(self, x, mask=None):
        """Compute feature maps (batch, n_filters, 1, length_out) and their mask."""
        maps, mask = self.unit(x, mask)
        if self.residual:
            maps = maps + x
        return self.dropout(maps), mask
