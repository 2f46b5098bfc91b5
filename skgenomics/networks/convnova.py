"""ConvNova: dilated convolutions, gated by those of a second branch."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import ChannelNorm, check_sizes
from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

_MAX_DILATION = 1024
_STEM_WIDTH = 9
_EPSILON = 1e-5


class ConvNovaTrunk(Trunk):
    """Two branches of dilated convolutions, of which the second one gates the first one.

    Each layer convolves the normalized features of both branches. The sigmoid of the second result
    gates the first one, and is the residual of the second branch.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    d_model : int, default=128
        Number of channels of each branch.
    n_layers : int, default=5
        Number of layers.
    kernel_size : int, default=9
        Width of the filters, an odd number.
    dilation : int, default=4
        Base of the dilations, which are 1, 1 and its powers from 1 on, up to 1024.
    expansion : int, default=2
        Factor of the number of hidden units of the dense layers after the last convolution.
    feedforward : bool, default=False
        Whether each layer ends with a dense layer, as in pretraining.
    dropout : float, default=0.0
        Dropout rate ahead of each convolution.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range.

    References
    ----------
    Bo et al. (2025), Revisiting convolution architecture in the realm of DNA foundation models,
    ICLR.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        d_model: int = 128,
        n_layers: int = 5,
        kernel_size: int = 9,
        dilation: int = 4,
        expansion: int = 2,
        feedforward: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        sizes = {
            "d_model": d_model,
            "n_layers": n_layers,
            "kernel_size": kernel_size,
            "dilation": dilation,
            "expansion": expansion,
        }
        for name, size in sizes.items():
            check_sizes(name, (size,))
        self.stem = _convolution(n_channels, d_model, _STEM_WIDTH, 1)
        self.gate_stem = _convolution(n_channels, d_model, _STEM_WIDTH, 1)
        self.receptive_field = _STEM_WIDTH
        self.blocks = nn.ModuleList()
        for i in range(n_layers):
            step = 1 if i < 2 else min(_MAX_DILATION, dilation ** (i - 2))
            self.blocks.append(GatedBlock(d_model, kernel_size, step, feedforward, dropout))
            self.receptive_field += step * (kernel_size - 1)
        n_hidden = expansion * d_model
        self.dense = nn.Sequential(
            nn.Linear(d_model, n_hidden),
            nn.GELU(),
            nn.Linear(n_hidden, n_hidden),
            nn.LayerNorm(n_hidden),
            nn.Linear(n_hidden, n_hidden),
            nn.GELU(),
            nn.Linear(n_hidden, d_model),
            nn.LayerNorm(d_model),
        )
        self.n_features, self.length_out = d_model, length

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        gates = blank(F.gelu(self.gate_stem(maps)), mask)
        maps = blank(F.gelu(self.stem(maps)), mask)
        for block in self.blocks:
            maps, gates = block(maps, gates, mask)
        maps = maps.squeeze(2)
        maps = maps + self.dense(maps.transpose(1, 2)).transpose(1, 2)
        return blank(maps, mask), mask


class ConvNova(SequenceNetwork):
    """ConvNova, which classifies sequences by dilated convolutions with gates.

    Its head is ``head_pool="mean"``.
    """

    trunk_class = ConvNovaTrunk


class GatedBlock(nn.Module):
    """Layer of both branches of :class:`ConvNovaTrunk`."""

    def __init__(
        self, d_model: int, kernel_size: int, dilation: int, feedforward: bool, dropout: float
    ):
        super().__init__()
        self.norm = ChannelNorm(d_model, eps=_EPSILON)
        self.gate_norm = ChannelNorm(d_model, eps=_EPSILON)
        self.conv = _convolution(d_model, d_model, kernel_size, dilation)
        self.gate = _convolution(d_model, d_model, kernel_size, dilation)
        self.dropout = nn.Dropout(dropout)
        self.feedforward = None
        if feedforward:
            self.feedforward = nn.Sequential(
                nn.Linear(d_model, d_model), nn.GELU(), nn.LayerNorm(d_model)
            )

    def forward(self, maps, gates, mask):
        """Compute the feature maps of both branches, (batch, d_model, 1, length)."""
        gate = self.gate(self.gate_norm(self.dropout(gates), mask)).sigmoid()
        new = F.gelu(self.conv(self.norm(self.dropout(maps), mask)))
        maps, gates = maps + new * gate, gates + gate
        if self.feedforward is not None:
            maps = maps + self.feedforward(maps.movedim(1, -1)).movedim(-1, 1)
        return blank(maps, mask), blank(gates, mask)


def _convolution(n_channels: int, n_filters: int, width: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(n_channels, n_filters, (1, width), dilation=(1, dilation), padding="same")
