"""Decoders of autoencoders, from a latent vector to a sequence."""

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

# Hidden units per gate of a sparse dense decoder, as in DeepSequence.
_UNITS_PER_GATE = 4
_GATE_SCALE = 4.0


class Decoder(nn.Module):
    """Base class: maps (batch, n_components) to logits (batch, n_channels, length)."""

    def penalty(self) -> torch.Tensor | float:
        """Return minus the log-prior of the weights, up to a constant."""
        return 0.0


class DenseDecoder(Decoder):
    """Hidden layers and a linear map to all positions.

    The map is factored: it gives a few features of each position, which a second map, shared by all
    positions, turns into logits of symbols [1]_.

    Parameters
    ----------
    n_components, n_channels, length : int
        Dimension of the latent space, and number of channels and of positions of a sequence.
    hidden_units : int or tuple of int, default=(64, 128)
        Sizes of the hidden layers.
    activation : str, default="relu"
        Activation of the hidden layers.
    dropout : float or tuple of float, default=0.0
        Dropout rate before and after each hidden layer.
    symbol_features : int or None, default=None
        Number of features of a position; None for a single map to logits of symbols.
    sparsity : float or None, default=None
        Prior probability that a group of four hidden units affects a position; None for no gates.

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
        """Decode (batch, n_components) into logits (batch, n_channels, length)."""
        hidden, length = self.hidden(z), self.bias.shape[1]
        weight = self.features.weight.unflatten(0, (-1, length))
        if self.gates is not None:
            weight = weight * self.gates().T
        maps = F.linear(hidden, weight.flatten(0, 1)).unflatten(1, (-1, length))
        maps = maps if self.symbols is None else self.symbols(maps)
        return self.log_scale.exp() * (maps + self.bias[None])

    def penalty(self) -> torch.Tensor | float:
        """Return the penalty of the gates."""
        return 0.0 if self.gates is None else self.gates.penalty()


class Gates(nn.Module):
    """Gates between 0 and 1 from groups of hidden units to positions.

    The logits have a Gaussian prior, under which a gate is above one half with probability
    `sparsity`.
    """

    n_features: int
    prior_mean: float
    logits: nn.Parameter

    def __init__(self, n_features: int, length: int, sparsity: float):
        super().__init__()
        if not isinstance(sparsity, Real) or not 0 < sparsity < 1:
            raise ValueError(f"sparsity must be None or a number in (0, 1), got {sparsity!r}")
        self.n_features = n_features
        self.prior_mean = _GATE_SCALE * float(torch.special.ndtri(torch.tensor(float(sparsity))))
        self.logits = nn.Parameter(torch.zeros(-(-n_features // _UNITS_PER_GATE), length))

    def forward(self) -> torch.Tensor:
        """Compute the gates, of shape (n_features, length)."""
        return self.logits.sigmoid().repeat_interleave(_UNITS_PER_GATE, 0)[: self.n_features]

    def penalty(self) -> torch.Tensor:
        """Return minus the log-prior of the logits, up to a constant."""
        return ((self.logits - self.prior_mean) / _GATE_SCALE).square().sum() / 2


class ConvDecoder(Decoder):
    """Blocks of upsampling by a factor of two and a convolution.

    Parameters
    ----------
    n_components, n_channels, length : int
        Dimension of the latent space, and number of channels and of positions of a sequence.
    n_filters, kernel_size : int or tuple of int
        Number and width of the filters; the longer tuple sets the number of blocks.
    hidden_units : int or tuple of int, default=()
        Sizes of the hidden layers ahead of the blocks.
    normalization : {None, "batch", "layer"}, default=None
        Normalization in each block.
    activation : str, default="relu"
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
        """Decode (batch, n_components) into logits (batch, n_channels, length)."""
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
    """Recurrent network that reads the latent vector at each position [1]_.

    Parameters
    ----------
    n_components, n_channels, length : int
        Dimension of the latent space, and number of channels and of positions of a sequence.
    cell : {"gru", "lstm"}, default="gru"
        Type of recurrent unit.
    hidden_size, n_layers : int
        Number of units per layer, and of layers.
    hidden_units : int or tuple of int, default=()
        Sizes of the hidden layers ahead of the recurrent network.
    activation : str, default="relu"
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
        """Decode (batch, n_components) into logits (batch, n_channels, length)."""
        maps = self.hidden(z)[:, :, None].expand(-1, -1, self.length)
        return self.output(self.recurrent(maps))


DECODERS = {"mlp": DenseDecoder, "cnn": ConvDecoder, "rnn": RecurrentDecoder}
