"""Dense autoencoders of numeric features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

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
    """Dense encoder to a code, and a decoder whose layers mirror it.

    The attribute ``hidden`` holds the layers that a multilayer perceptron can start from: the
    hidden ones, and the code itself if it has their activation. Only the encoder is normalized.

    Parameters
    ----------
    n_inputs, n_components : int
        Number of input features, and dimension of the code.
    hidden_units : int or tuple of int, default=()
        Sizes of the layers between the input and the code.
    hidden_activation : str, default="relu"
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the encoder.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout rate before the hidden layers and after each of them.
    latent_activation : str or None, default=None
        Activation of the code; None for none.
    output_activation : str or None, default=None
        Activation of the reconstruction; None for none.
    tied_weights : bool, default=False
        Whether the decoder uses the transposed weights of the encoder.
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
        """List the layers of the encoder that have parameters, from the input to the code."""
        kinds = nn.Linear | BatchNorm | ChannelNorm
        parts = (self.hidden, self.code)
        return [module for part in parts for module in part.modules() if isinstance(module, kinds)]

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Encode (batch, n_inputs) as (batch, n_components)."""
        return self.code(self.hidden(x))

    def decode_scores(self, code: torch.Tensor) -> torch.Tensor:
        """Decode (batch, n_components) without the output activation."""
        linear = [layer for layer in self.encoder_layers() if isinstance(layer, nn.Linear)]
        for i, (ours, theirs) in enumerate(zip(self.decoder, linear[::-1], strict=True)):
            code = self.activation(code) if i else code
            if self.tied_weights:
                code = F.linear(code, theirs.weight.t(), cast(Bias, ours).bias)
            else:
                code = ours(code)
        return code

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Decode (batch, n_components) as a reconstruction (batch, n_inputs)."""
        return self.output(self.decode_scores(code))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the reconstruction without the output activation, and the code."""
        code = self.encode(x)
        return self.decode_scores(code), code


class DenoisingNetwork(DenseAutoencoder):
    """Dense autoencoder whose input is corrupted in training.

    Parameters
    ----------
    n_inputs, n_components : int
        As in :class:`DenseAutoencoder`.
    corruption : {"masking", "gaussian", "salt"}, default="masking"
        Type of :class:`Corruption`.
    corruption_rate : float, default=0.1
        Rate of :class:`Corruption`.
    **settings
        Hyperparameters of :class:`DenseAutoencoder`.
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
        """Compute the reconstruction of corrupted input, and its code."""
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
    """Build the hidden layers and the code layer, which is the identity if it is one of them."""
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
    """Bias of a layer of the decoder with tied weights."""

    def __init__(self, n_outputs: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_outputs))


class Corruption(nn.Module):
    """Corruption of numeric features in training [1]_.

    Parameters
    ----------
    n_inputs : int
        Number of features.
    kind : {"masking", "gaussian", "salt"}
        Type of corruption: values set to zero, Gaussian noise, or values set to the minimum or the
        maximum of their feature with equal probability.
    rate : float
        Fraction of the values that are corrupted, or standard deviation of the Gaussian noise.

    References
    ----------
    .. [1] Vincent et al., Stacked denoising autoencoders, JMLR 11, 2010.
    """

    kinds = ("masking", "gaussian", "salt")
    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, n_inputs: int, kind: str, rate: float):
        super().__init__()
        self.kind, self.rate = kind, rate
        if kind == "salt":
            self.register_buffer("low", torch.zeros(n_inputs))
            self.register_buffer("high", torch.ones(n_inputs))

    def learn(self, low: np.ndarray, high: np.ndarray) -> None:
        """Set the range of each feature."""
        if self.kind == "salt":
            self.low.copy_(torch.from_numpy(low))
            self.high.copy_(torch.from_numpy(high))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Corrupt (batch, n_inputs) in training."""
        if not self.training:
            return x
        if self.kind == "gaussian":
            return x + self.rate * torch.randn_like(x)
        changed = torch.rand_like(x) < self.rate
        if self.kind == "masking":
            return x.masked_fill(changed, 0)
        extremes = torch.where(torch.rand_like(x) < 0.5, self.low, self.high)
        return torch.where(changed, extremes, x)
