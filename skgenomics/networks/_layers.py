"""Layers that all architectures share, and checks of their sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral

import numpy as np
import torch
from torch import nn

from skgenomics.networks._padding import blank


class Exponential(nn.Module):
    """Exponential function, which makes the filters of a first layer interpretable."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the exponential of each value."""
        return x.exp()


class SigmoidGELU(nn.Module):
    """Approximation of GELU by a sigmoid, as in the published code of Basenji and Enformer."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the activation."""
        return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "exp": Exponential,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "gelu_sigmoid": SigmoidGELU,
    "gelu_tanh": partial(nn.GELU, approximate="tanh"),
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}


def per_layer(name: str, value, n_layers: int) -> tuple:
    """Return one value per layer: a scalar is repeated, a sequence must have that length."""
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
    if not all(isinstance(size, Integral) and int(size) >= 1 for size in sizes):
        raise ValueError(f"{name} must be made of positive integers, got {sizes}")


def as_tuple(value) -> tuple:
    """Convert a sequence to a tuple, and a scalar to a tuple of one element."""
    return tuple(value) if isinstance(value, list | tuple | np.ndarray) else (value,)


def make_activation(name: str) -> nn.Module:
    """Build an activation by its name."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]()


def make_normalization(
    name: str | None, n_channels: int, epsilon: float = 1e-5
) -> nn.Module | None:
    """Build a normalization over channels by its name; None for none."""
    if name is None:
        return None
    if name == "batch":
        return BatchNorm(n_channels, eps=epsilon)
    if name == "layer":
        return ChannelNorm(n_channels, eps=epsilon)
    raise ValueError(f"normalization must be None, 'batch' or 'layer', got {name!r}")


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization of (batch, channels, ...).

    Torch refuses a batch with a single value per channel in training, since its variance is zero;
    here the running statistics replace those of such a batch.
    """

    def _check_input_dim(self, x: torch.Tensor) -> None:
        """Accept any number of axes."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Normalize feature maps; padding is left out of the statistics of a batch."""
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
        is_real = mask.view(mask.shape[0], *(1,) * (x.dim() - 3), -1).expand(last.shape[:-1])
        if not is_real.any():
            return torch.zeros_like(x)
        result = torch.zeros_like(last)
        result[is_real] = self(last[is_real])
        return result.movedim(-1, 1)


class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of (batch, channels, ...) at each position."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Normalize feature maps; padding stays zero."""
        # The bias would fill padding with values that the next convolution reads.
        return blank(super().forward(x.movedim(1, -1)).movedim(-1, 1), mask)


def dense_layers(
    n_inputs: int,
    units: Sequence[int],
    *,
    normalization: str | None,
    activation: str,
    dropout: float | Sequence[float],
    normalization_epsilon: float = 1e-5,
) -> tuple[nn.Sequential, int]:
    """Build hidden layers, and return them with the number of their outputs.

    The first dropout rate applies to the input, and each of the others to the output of a layer.
    """
    check_sizes("hidden_units", tuple(units))
    rates = per_layer("hidden_dropout", dropout, len(units) + 1)
    layers: list[nn.Module | None] = [nn.Dropout(rates[0])]
    for n_outputs, rate in zip(units, rates[1:], strict=True):
        layers += [
            nn.Linear(n_inputs, n_outputs),
            make_normalization(normalization, n_outputs, normalization_epsilon),
            make_activation(activation),
            nn.Dropout(rate),
        ]
        n_inputs = n_outputs
    return nn.Sequential(*(layer for layer in layers if layer is not None)), n_inputs


class StochasticDepth(nn.Module):
    """Stochastic depth: drop a residual branch for a random part of the samples.

    Parameters
    ----------
    rate : float
        Probability of dropping the branch of a sample, in [0, 1).

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
            raise ValueError(f"stochastic_depth must be a rate in [0, 1), got {rate!r}")
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop samples of (batch, ...) in training, and scale up the others."""
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand(x.shape[0], *(1,) * (x.dim() - 1), device=x.device) >= self.rate
        return x * keep / (1 - self.rate)


def depth_rates(last: float, n_layers: int) -> list[float]:
    """Return rates that grow linearly with depth, up to that of the last layer."""
    return [last * (i + 1) / n_layers for i in range(n_layers)]


def crop_middle(x: torch.Tensor, length: int) -> torch.Tensor:
    """Return the central positions of a feature map."""
    start = (x.shape[-1] - length) // 2
    return x[..., start : start + length]
