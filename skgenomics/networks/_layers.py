"""Building blocks that the architectures share."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import torch
from torch import nn

from skgenomics.networks._padding import blank

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}


def per_layer(name: str, value, n_layers: int) -> tuple:
    """Repeat a scalar for each layer, or check that a sequence has one value per layer."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        return (value,) * n_layers
    if len(value) != n_layers:
        raise ValueError(
            f"{name}={value!r} has {len(value)} values for {n_layers} layers; give one value "
            "for all of them, or one per layer"
        )
    return tuple(value)


def check_sizes(name: str, sizes: tuple) -> None:
    """Raise a ValueError unless all sizes are positive integers."""
    if not all(isinstance(size, Integral) and size >= 1 for size in sizes):
        raise ValueError(f"{name} must be made of positive integers, got {sizes}")


def as_tuple(value) -> tuple:
    """A sequence as a tuple, a scalar as a tuple of one."""
    return tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value,)


def make_activation(name: str) -> nn.Module:
    """Build an activation by its name."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]()


def make_normalization(name: str | None, n_channels: int) -> nn.Module | None:
    """Build a normalisation over channels by its name; None for none."""
    if name is None:
        return None
    if name == "batch":
        return BatchNorm(n_channels)
    if name == "layer":
        return ChannelNorm(n_channels)
    raise ValueError(f"normalization must be None, 'batch' or 'layer', got {name!r}")


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (batch, channels, ...), one value per channel included.

    Torch refuses a batch of a single value per channel in training, since its variance is zero;
    here the running statistics stand in for those of the batch.
    """

    def _check_input_dim(self, x: torch.Tensor) -> None:
        """Any number of axes will do."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Normalise maps; padding takes no part in the statistics of a batch."""
        if mask is not None and not self.training:
            return blank(super().forward(x), mask)
        if mask is not None:
            return self._forward_real(x, mask)
        if self.training and x.numel() == x.shape[1]:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(x)

    def _forward_real(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        last = x.movedim(1, -1)
        places = mask.view(len(mask), *(1,) * (x.dim() - 3), -1).expand(last.shape[:-1])
        if not places.any():
            return torch.zeros_like(x)
        result = torch.zeros_like(last)
        result[places] = self(last[places])
        return result.movedim(-1, 1)


class ChannelNorm(nn.LayerNorm):
    """Normalisation over the channels of (batch, channels, ...), each position by itself."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        # Its offsets would fill padding, which convolutions then see.
        return blank(super().forward(x.movedim(1, -1)).movedim(-1, 1), mask)


def dense_layers(
    n_inputs: int, units: Sequence[int], *, normalization, activation: str, dropout
) -> tuple[nn.Sequential, int]:
    """Hidden layers and the number of features that they give.

    Dropout comes before each layer and, as the last of the rates, before what follows them.
    """
    check_sizes("hidden_units", tuple(units))
    rates = per_layer("hidden_dropout", dropout, len(units) + 1)
    layers = [nn.Dropout(rates[0])]
    for n_outputs, rate in zip(units, rates[1:], strict=True):
        layers += [
            nn.Linear(n_inputs, n_outputs),
            make_normalization(normalization, n_outputs),
            make_activation(activation),
            nn.Dropout(rate),
        ]
        n_inputs = n_outputs
    return nn.Sequential(*(layer for layer in layers if layer is not None)), n_inputs


class StochasticDepth(nn.Module):
    """Drop a residual branch of whole samples, and scale up that of the others.

    Parameters
    ----------
    rate : float
        Share of the samples whose branch is dropped, in [0, 1).

    Raises
    ------
    ValueError
        If the rate is out of range.

    References
    ----------
    Huang et al. (2016), Deep networks with stochastic depth, ECCV.
    """

    def __init__(self, rate: float):
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"stochastic depth needs a rate from 0 to below 1, got {rate!r}")
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand(len(x), *(1,) * (x.dim() - 1), device=x.device) >= self.rate
        return x * keep / (1 - self.rate)


def depth_rates(last: float, n_layers: int) -> list[float]:
    """Rates that grow linearly with depth, up to that of the last layer."""
    return [last * (i + 1) / n_layers for i in range(n_layers)]
