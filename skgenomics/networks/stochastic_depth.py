"""Residual branches that are left out at random while a network trains."""

from __future__ import annotations

import torch
from torch import nn


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
