"""Pooling of a feature map into the features of a whole sequence."""

from __future__ import annotations

from numbers import Integral

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import as_tuple, check_sizes
from skgenomics.networks._padding import blank

ANY_LENGTH_POOLS = {"max", "mean", "attention", "last", "first"}
HEAD_POOLS = sorted({"flatten"} | ANY_LENGTH_POOLS)


class HeadPool(nn.Module):
    """Pool (batch, channels, length) in one or several ways, and concatenate the results.

    Parameters
    ----------
    ways : str, int or tuple of these
        "max" and "mean" over all positions; "attention" (a softmax-weighted mean); "flatten"
        (all positions); "first" (the first position, such as a [CLS] token); "last" (the final
        state of each direction of a recurrent network); or a number of bins of equal size, each
        of which is averaged.
    n_channels, length : int
        Number of channels and of positions of the feature map.
    flat_channels : int or None, default=None
        Number of channels that a 1x1 convolution leaves for "flatten"; None for all channels.
    n_backward : int, default=0
        Number of channels, the last ones, that are computed from end to start.
    """

    def __init__(
        self,
        ways,
        n_channels: int,
        length: int,
        flat_channels: int | None = None,
        n_backward: int = 0,
    ):
        super().__init__()
        self.ways = as_tuple(ways)
        self.n_backward = n_backward
        if not self.ways:
            raise ValueError("head_pool is empty; name at least one way, such as 'max'")
        self.attention = AttentionPool(n_channels) if "attention" in self.ways else None
        self.projection = None
        if "flatten" in self.ways and flat_channels is not None:
            check_sizes("flat_channels", (flat_channels,))
            self.projection = nn.Conv1d(n_channels, flat_channels, 1)
        n_flat = (flat_channels or n_channels) * length
        self.n_features = sum(_n_features(way, n_channels, n_flat) for way in self.ways)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Pool a feature map; gives (batch, n_features)."""
        return torch.cat([self._pool(x, mask, way) for way in self.ways], dim=1)

    def _pool(self, x: torch.Tensor, mask: torch.Tensor | None, way) -> torch.Tensor:
        if way == "max":
            return masked_max(x, mask)
        if way == "mean":
            return masked_mean(x, mask)
        if way == "attention" and self.attention is not None:
            return self.attention(x, mask)
        if way == "first":
            return _at(x, _first(x, mask))
        if way == "last":
            return self._last(x, mask)
        x = blank(x, mask)
        if way == "flatten":
            return (x if self.projection is None else self.projection(x)).flatten(1)
        return F.adaptive_avg_pool1d(x, way).flatten(1)

    def _last(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        n_forward = x.shape[1] - self.n_backward
        flipped = None if mask is None else mask.flip(1)
        last = x.shape[-1] - 1 - _first(x, flipped)
        forward = _at(x[:, :n_forward], last)
        return torch.cat([forward, _at(x[:, n_forward:], _first(x, mask))], dim=1)


def _n_features(way, n_channels: int, n_flat: int) -> int:
    if isinstance(way, Integral) and int(way) >= 1:
        return int(way) * n_channels
    if way not in HEAD_POOLS:
        raise ValueError(
            f"head_pool takes {HEAD_POOLS}, a number of bins or a tuple of these, got {way!r}"
        )
    return n_flat if way == "flatten" else n_channels


def _first(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Find the first real position of each sequence."""
    if mask is None:
        return torch.zeros(x.shape[0], dtype=torch.long, device=x.device)
    return mask.int().argmax(dim=1)


def _at(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    return x[torch.arange(x.shape[0], device=x.device), :, positions]


def masked_max(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Compute the maximum of each channel over real positions; zero if there are none."""
    if mask is None:
        return x.amax(dim=-1)
    return blank(x, mask, -torch.inf).amax(dim=-1).masked_fill(~mask.any(dim=1, keepdim=True), 0)


def masked_mean(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Compute the mean of each channel over real positions; zero if there are none."""
    if mask is None:
        return x.mean(dim=-1)
    return blank(x, mask).sum(dim=-1) / mask.sum(dim=1, keepdim=True).clamp(min=1)


class AttentionPool(nn.Module):
    """Mean over positions with softmax weights, whose logits are scaled activations."""

    def __init__(self, n_channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_channels, 1))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Average (batch, channels, length) over real positions; gives (batch, channels)."""
        scores = blank(self.weight * x, mask, torch.finfo(x.dtype).min)
        return (blank(x, mask) * scores.softmax(dim=-1)).sum(dim=-1)
