"""Building blocks that the architectures share."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import torch
from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}
HEAD_POOLS = ("flatten", "max", "mean", "attention")


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
        return nn.GroupNorm(1, n_channels)
    raise ValueError(f"normalization must be None, 'batch' or 'layer', got {name!r}")


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (batch, channels, ...), one value per channel included.

    Torch refuses a batch of a single value per channel in training, since its variance is zero;
    here the running statistics stand in for those of the batch.
    """

    def _check_input_dim(self, x: torch.Tensor) -> None:
        """Any number of axes will do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training and x.numel() == x.shape[1]:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(x)


class AttentionPool(nn.Module):
    """Mean over positions, weighted by a learned softmax of each channel's own activation."""

    def __init__(self, n_channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_channels, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * (self.weight * x).softmax(dim=-1)).sum(dim=-1)


class HeadPool(nn.Module):
    """Turn (batch, channels, length) into features, by one or several ways side by side.

    Parameters
    ----------
    ways : str, int or tuple of them
        "max" and "mean" over all positions, "attention" (a softmax-weighted mean), "flatten"
        (every position), or a number of equal bins, the mean of each of which is kept.
    n_channels, length : int
        Shape of what comes in.
    flat_channels : int or None
        Channels that a 1x1 convolution leaves for "flatten"; None for all of them.
    """

    def __init__(self, ways, n_channels: int, length: int, flat_channels: int | None = None):
        super().__init__()
        self.ways = as_tuple(ways)
        if not self.ways:
            raise ValueError("head_pool is empty; name at least one way, such as 'max'")
        self.attention = AttentionPool(n_channels) if "attention" in self.ways else None
        self.projection = None
        if "flatten" in self.ways and flat_channels is not None:
            check_sizes("flat_channels", (flat_channels,))
            self.projection = nn.Conv1d(n_channels, flat_channels, 1)
        n_flat = (flat_channels or n_channels) * length
        self.n_features = sum(self._n_features(way, n_channels, n_flat) for way in self.ways)

    def _n_features(self, way, n_channels: int, n_flat: int) -> int:
        if isinstance(way, Integral) and way >= 1:
            return way * n_channels
        if way not in HEAD_POOLS:
            raise ValueError(
                f"head_pool takes {HEAD_POOLS}, a number of bins or a tuple of these, got {way!r}"
            )
        return n_flat if way == "flatten" else n_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self._pool(x, way) for way in self.ways], dim=1)

    def _pool(self, x: torch.Tensor, way) -> torch.Tensor:
        if way == "max":
            return x.amax(dim=-1)
        if way == "mean":
            return x.mean(dim=-1)
        if way == "attention":
            return self.attention(x)
        if way == "flatten":
            return (x if self.projection is None else self.projection(x)).flatten(1)
        return nn.functional.adaptive_avg_pool1d(x, way).flatten(1)


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
