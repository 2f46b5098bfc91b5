"""From a few numbers to a sequence: decoders of auto-encoders."""

from __future__ import annotations

from numbers import Real

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import (
    as_tuple,
    check_sizes,
    dense_layers,
    make_activation,
    make_normalization,
    per_layer,
)
from skgenomics.networks._recurrent import Recurrent

# Each gate of a sparse dense decoder opens so many hidden units, DeepSequence's "patterns".
_UNITS_PER_GATE = 4
_GATE_SCALE = 4.0


class Decoder(nn.Module):
    """Turns latent vectors (batch, n_components) into scores (batch, n_channels, length)."""

    def penalty(self) -> torch.Tensor | float:
        """Minus the logarithm of the prior of its weights, up to a constant."""
        return 0.0


class DenseDecoder(Decoder):
    """Hidden layers, and from the last one a linear map to all positions.

    That map is a product: each position has a few features of its own, and all positions
    share what letters these features stand for [1]_.

    Parameters
    ----------
    n_components, n_channels, length : int
        Size of what comes in, and of a sequence.
    hidden_units : int or tuple of int
        Sizes of the hidden layers.
    activation : str
        Activation of the hidden layers.
    dropout : float or tuple of float
        Dropout before and after each hidden layer.
    symbol_features : int or None
        Features of a position; None for a map straight to letters.
    sparsity : float or None
        Prior probability that a group of four hidden units has anything to say about a position;
        None for no such gates.

    References
    ----------
    .. [1] Riesselman et al., Deep generative models of genetic variation capture the effects of
       mutations, Nature Methods 15, 2018.
    """

    def __init__(
        self,
        n_components: int,
        n_channels: int,
        length: int,
        *,
        hidden_units=(64, 128),
        activation: str = "relu",
        dropout=0.0,
        symbol_features: int | None = None,
        sparsity: float | None = None,
    ):
        super().__init__()
        self.hidden, n_features = dense_layers(
            n_components,
            as_tuple(hidden_units),
            normalization=None,
            activation=activation,
            dropout=dropout,
        )
        check_sizes("symbol_features", () if symbol_features is None else (symbol_features,))
        n_rows = symbol_features or n_channels
        self.features = nn.Linear(n_features, n_rows * length, bias=False)
        self.symbols = None
        if symbol_features is not None:
            self.symbols = nn.Conv1d(n_rows, n_channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(n_channels, length))
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.gates = None if sparsity is None else Gates(n_features, length, sparsity)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        hidden, length = self.hidden(z), self.bias.shape[1]
        weight = self.features.weight.unflatten(0, (-1, length))
        if self.gates is not None:
            weight = weight * self.gates().T
        maps = F.linear(hidden, weight.flatten(0, 1)).unflatten(1, (-1, length))
        maps = maps if self.symbols is None else self.symbols(maps)
        return self.log_scale.exp() * (maps + self.bias[None])

    def penalty(self) -> torch.Tensor | float:
        return 0.0 if self.gates is None else self.gates.penalty()


class Gates(nn.Module):
    """Which groups of hidden units have a say at which position, as shares from 0 to 1.

    The logits have a Gaussian prior, under which a share is above one half with probability
    `sparsity`.
    """

    def __init__(self, n_features: int, length: int, sparsity: float):
        super().__init__()
        if not isinstance(sparsity, Real) or not 0 < sparsity < 1:
            raise ValueError(f"sparsity must be None or a number in (0, 1), got {sparsity!r}")
        self.n_features = n_features
        self.prior_mean = _GATE_SCALE * float(torch.special.ndtri(torch.tensor(float(sparsity))))
        self.logits = nn.Parameter(torch.zeros(-(-n_features // _UNITS_PER_GATE), length))

    def forward(self) -> torch.Tensor:
        """Shares, shape (n_features, length)."""
        return self.logits.sigmoid().repeat_interleave(_UNITS_PER_GATE, 0)[: self.n_features]

    def penalty(self) -> torch.Tensor:
        return ((self.logits - self.prior_mean) / _GATE_SCALE).square().sum() / 2


class ConvDecoder(Decoder):
    """Short maps that grow: each block doubles the positions and has a convolution.

    Parameters
    ----------
    n_components, n_channels, length : int
        Size of what comes in, and of a sequence.
    n_filters, kernel_size : int or tuple of int
        Sizes of the convolutions; as many blocks as the longer of both has values.
    hidden_units : int or tuple of int
        Sizes of hidden layers ahead of the blocks.
    normalization : {None, "batch", "layer"}
        Normalization in each block.
    activation : str
        Activation of all layers.
    """

    def __init__(
        self,
        n_components: int,
        n_channels: int,
        length: int,
        *,
        n_filters=(64, 64),
        kernel_size=5,
        hidden_units=(),
        normalization: str | None = None,
        activation: str = "relu",
    ):
        super().__init__()
        n_blocks = max(len(as_tuple(n_filters)), len(as_tuple(kernel_size)))
        filters = per_layer("n_filters", n_filters, n_blocks)
        kernels = per_layer("kernel_size", kernel_size, n_blocks)
        check_sizes("n_filters", filters)
        check_sizes("kernel_size", kernels)
        *self.lengths, self.first_length = [-(-length // 2**i) for i in range(n_blocks + 1)]
        units = (*as_tuple(hidden_units), filters[0] * self.first_length)
        self.hidden, _ = dense_layers(
            n_components, units, normalization=None, activation=activation, dropout=0.0
        )
        inputs = (filters[0], *filters)
        self.blocks = nn.ModuleList(
            _conv_block(inputs[i], filters[i], kernels[i], normalization, activation)
            for i in range(n_blocks)
        )
        self.output = nn.Conv1d(filters[-1], n_channels, 1)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        maps = self.hidden(z).unflatten(1, (-1, self.first_length))
        for block, length in zip(self.blocks, reversed(self.lengths), strict=True):
            maps = block(F.interpolate(maps, length))
        return self.output(maps)


def _conv_block(
    n_inputs: int, n_filters: int, kernel_size: int, normalization: str | None, activation: str
) -> nn.Sequential:
    layers = [
        nn.Conv1d(n_inputs, n_filters, kernel_size, padding="same"),
        make_normalization(normalization, n_filters),
        make_activation(activation),
    ]
    return nn.Sequential(*(layer for layer in layers if layer is not None))


class RecurrentDecoder(Decoder):
    """A recurrent network that reads the latent vector at each position [1]_.

    Parameters
    ----------
    n_components, n_channels, length : int
        Size of what comes in, and of a sequence.
    cell : {"gru", "lstm"}
        Kind of unit.
    hidden_size, n_layers : int
        Units of a layer, and layers.
    hidden_units : int or tuple of int
        Sizes of hidden layers ahead of it.
    activation : str
        Activation of the hidden layers.

    References
    ----------
    .. [1] Gómez-Bombarelli et al., Automatic chemical design using a data-driven continuous
       representation of molecules, ACS Central Science 4, 2018.
    """

    def __init__(
        self,
        n_components: int,
        n_channels: int,
        length: int,
        *,
        cell: str = "gru",
        hidden_size: int = 64,
        n_layers: int = 1,
        hidden_units=(),
        activation: str = "relu",
    ):
        super().__init__()
        self.length = length
        self.hidden, n_features = dense_layers(
            n_components,
            as_tuple(hidden_units),
            normalization=None,
            activation=activation,
            dropout=0.0,
        )
        self.recurrent = Recurrent(
            n_features, hidden_size, cell=cell, n_layers=n_layers, bidirectional=False
        )
        self.output = nn.Conv1d(hidden_size, n_channels, 1)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        maps = self.hidden(z)[:, :, None].expand(-1, -1, self.length)
        return self.output(self.recurrent(maps))


DECODERS = {"mlp": DenseDecoder, "cnn": ConvDecoder, "rnn": RecurrentDecoder}
