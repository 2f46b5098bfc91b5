"""Auto-encoders of rows of numbers: dense layers to a code, and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import (
    BatchNorm,
    ChannelNorm,
    as_tuple,
    check_sizes,
    dense_layers,
    make_activation,
    per_layer,
)
from skgenomics.networks.mlp import InputTrunk


class DenseAutoencoder(nn.Module):
    """Dense layers to a code, and the same sizes in reverse order back to the input.

    The attribute ``hidden`` holds the layers that a multi-layer perceptron can take over: the
    hidden ones, and the code itself where it has the activation of the others. Only the encoder
    is normalized.

    Parameters
    ----------
    n_inputs, n_components : int
        Columns of the input, and units of the code.
    hidden_units : int or tuple of int
        Sizes of the layers between the input and the code.
    hidden_activation : str
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}
        Normalization ahead of the activations of the encoder.
    hidden_dropout : float or tuple of float
        Dropout before the hidden layers and after each of them.
    latent_activation : str or None
        Activation of the code; None for none.
    output_activation : str or None
        What turns scores into the reconstruction; None for nothing.
    tied_weights : bool
        Whether the decoder uses the weights of the encoder, transposed.
    """

    def __init__(
        self,
        n_inputs: int,
        n_components: int,
        *,
        hidden_units: int | Sequence[int] = (),
        hidden_activation: str = "relu",
        hidden_normalization: str | None = None,
        hidden_dropout: float | Sequence[float] = 0.0,
        latent_activation: str | None = None,
        output_activation: str | None = None,
        tied_weights: bool = False,
    ):
        super().__init__()
        check_sizes("n_components", (n_components,))
        units = as_tuple(hidden_units)
        self.trunk = InputTrunk(1, n_inputs)
        self.hidden, self.code = make_encoder(
            n_inputs,
            n_components,
            units,
            activations=(hidden_activation, latent_activation),
            normalization=hidden_normalization,
            dropout=hidden_dropout,
        )
        sizes = (n_components, *units[::-1], n_inputs)
        self.tied_weights = tied_weights
        self.decoder = nn.ModuleList(
            Bias(b) if tied_weights else nn.Linear(a, b) for a, b in pairwise(sizes)
        )
        self.activation = make_activation(hidden_activation)
        self.output = (
            nn.Identity() if output_activation is None else make_activation(output_activation)
        )

    def encoder_layers(self) -> list[nn.Module]:
        """Layers of the encoder that have weights, from the input to the code."""
        kinds = nn.Linear | BatchNorm | ChannelNorm
        parts = (self.hidden, self.code)
        return [module for part in parts for module in part.modules() if isinstance(module, kinds)]

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Code (batch, n_components) of rows (batch, n_inputs)."""
        return self.code(self.hidden(x))

    def decode_scores(self, code: torch.Tensor) -> torch.Tensor:
        """Reconstruction (batch, n_inputs) ahead of the output's activation."""
        linear = [layer for layer in self.encoder_layers() if isinstance(layer, nn.Linear)]
        for place, (ours, theirs) in enumerate(zip(self.decoder, linear[::-1], strict=True)):
            code = self.activation(code) if place else code
            code = F.linear(code, theirs.weight.t(), ours.bias) if self.tied_weights else ours(code)
        return code

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Reconstruction (batch, n_inputs) of a code."""
        return self.output(self.decode_scores(code))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (batch, n_inputs) of the reconstruction, and the code (batch, n_components)."""
        code = self.encode(x)
        return self.decode_scores(code), code


class DenoisingNetwork(DenseAutoencoder):
    """Auto-encoder of rows that are damaged while it is trained.

    Parameters
    ----------
    n_inputs, n_components : int
        As in :class:`DenseAutoencoder`.
    corruption, corruption_rate
        Kind and rate of :class:`Corruption`.
    **settings
        Further settings of :class:`DenseAutoencoder`.
    """

    def __init__(
        self,
        n_inputs: int,
        n_components: int,
        *,
        corruption: str = "masking",
        corruption_rate: float = 0.1,
        **settings,
    ):
        super().__init__(n_inputs, n_components, **settings)
        self.noise = Corruption(n_inputs, corruption, corruption_rate)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return super().forward(self.noise(x))


def make_encoder(
    n_inputs: int,
    n_components: int,
    units: tuple[int, ...],
    *,
    activations: tuple[str, str | None],
    normalization: str | None,
    dropout: float | Sequence[float],
) -> tuple[nn.Sequential, nn.Module]:
    """Hidden layers, and what makes the code of them; nothing if the code is one of them."""
    hidden_activation, latent_activation = activations
    rates = per_layer("hidden_dropout", dropout, len(units) + 1)
    if latent_activation is not None and (not units or latent_activation == hidden_activation):
        layers, _ = dense_layers(
            n_inputs,
            (*units, n_components),
            normalization=normalization,
            activation=latent_activation,
            dropout=(*rates, 0.0),
        )
        return layers, nn.Identity()
    layers, n_features = dense_layers(
        n_inputs, units, normalization=normalization, activation=hidden_activation, dropout=rates
    )
    if latent_activation is None:
        return layers, nn.Linear(n_features, n_components)
    code, _ = dense_layers(
        n_features,
        (n_components,),
        normalization=normalization,
        activation=latent_activation,
        dropout=0.0,
    )
    return layers, code


class Bias(nn.Module):
    """What a layer of the decoder has of its own where weights are tied."""

    def __init__(self, n_outputs: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_outputs))


class Corruption(nn.Module):
    """Noise on rows of numbers, in training only.

    Parameters
    ----------
    n_inputs : int
        Number of columns.
    kind : {"masking", "gaussian", "salt"}
        Entries set to zero; Gaussian noise on all of them; or entries set to the smallest or the
        largest value of their column, either with the same chance [1]_.
    rate : float
        Share of the entries that are changed, or the standard deviation of Gaussian noise.

    References
    ----------
    .. [1] Vincent et al., Stacked denoising autoencoders, JMLR 11, 2010.
    """

    kinds = ("masking", "gaussian", "salt")

    def __init__(self, n_inputs: int, kind: str, rate: float):
        super().__init__()
        self.kind, self.rate = kind, rate
        if kind == "salt":
            self.register_buffer("low", torch.zeros(n_inputs))
            self.register_buffer("high", torch.ones(n_inputs))

    def learn(self, low: np.ndarray, high: np.ndarray) -> None:
        """Take over the range of each column."""
        if self.kind == "salt":
            self.low.copy_(torch.from_numpy(low))
            self.high.copy_(torch.from_numpy(high))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        if self.kind == "gaussian":
            return x + self.rate * torch.randn_like(x)
        changed = torch.rand_like(x) < self.rate
        if self.kind == "masking":
            return x.masked_fill(changed, 0)
        extremes = torch.where(torch.rand_like(x) < 0.5, self.low, self.high)
        return torch.where(changed, extremes, x)
