"""Selective state spaces (Mamba) in both directions and on both strands, as in Caduceus."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._padding import blank, turn_spans
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

# Initial range of the step sizes.
_MIN_STEP, _MAX_STEP = 1e-3, 0.1
_EPSILON = 1e-5


class StateSpaceTrunk(Trunk):
    """Layers of selective state spaces that read a sequence in both directions.

    The trunk is RC-equivariant on demand: both strands are then read by the same weights.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence; other lengths work too.
    d_model : int, default=64
        Dimension of the model.
    n_layers : int, default=2
        Number of layers.
    d_state : int, default=16
        Number of states of each inner channel.
    expansion : int, default=2
        Number of inner channels per channel of the model.
    kernel_size : int, default=4
        Width of the depthwise convolution ahead of the state space.
    bidirectional : bool, default=True
        Whether a second state space reads the sequence from its end. Both share their
        projections, which have most of the parameters.
    dropout : float, default=0.0
        Dropout rate of each residual branch.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range.

    Notes
    -----
    The recurrence is computed in plain torch, in chunks of about the square root of the length:
    twice that number of steps, each over all chunks at once. Time and memory are proportional to
    ``batch * length * expansion * d_model * d_state``; training keeps about 24 bytes for each of
    these, in each layer and direction. The authors' kernels for GPUs do not keep the states, and
    need some 16 times less.

    References
    ----------
    Gu and Dao (2023), Mamba: linear-time sequence modeling with selective state spaces,
    arXiv:2312.00752.

    Schiff et al. (2024), Caduceus: bi-directional equivariant long-range DNA sequence modeling,
    ICML.
    """

    can_tie_strands = True

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        d_model: int = 64,
        n_layers: int = 2,
        d_state: int = 16,
        expansion: int = 2,
        kernel_size: int = 4,
        bidirectional: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        sizes = {
            "d_model": d_model,
            "n_layers": n_layers,
            "d_state": d_state,
            "expansion": expansion,
            "kernel_size": kernel_size,
        }
        for name, size in sizes.items():
            check_sizes(name, (size,))
        self.embedding = nn.Linear(n_channels, d_model, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(
            StateSpaceBlock(d_model, d_state, expansion, kernel_size, bidirectional, dropout)
            for _ in range(n_layers)
        )
        self.final_norm = nn.RMSNorm(d_model, eps=_EPSILON)
        self.n_features, self.length_out, self.reads_both = d_model, length, False

    def tie(self) -> int:
        """Read both strands by the same weights, see :meth:`Trunk.tie`."""
        self.reads_both = True
        return self.n_features

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps = self._read(x, mask)
        if self.reads_both:
            # Channels in reverse order are those of the complement.
            reverse = self._read(turn_spans(x.flip(1), mask), mask)
            maps = torch.cat([maps, turn_spans(reverse, mask).flip(1)], dim=1)
        return maps, mask

    def _read(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        maps = self.embedding(blank(x, mask).transpose(1, 2))
        for block in self.blocks:
            maps = block(maps, mask)
        return blank(self.final_norm(maps).transpose(1, 2), mask)


class StateSpace(SequenceNetwork):
    """Selective state spaces in both directions, for long sequences.

    With ``reverse_complement="tied"`` it is the network of Caduceus-PS, whose head is
    ``head_pool="mean"``.
    """

    trunk_class = StateSpaceTrunk


class StateSpaceBlock(nn.Module):
    """State spaces in one or both directions, in a residual branch with normalization."""

    def __init__(
        self,
        d_model: int,
        d_state: int,
        expansion: int,
        kernel_size: int,
        bidirectional: bool,
        dropout: float,
    ):
        super().__init__()
        n_inner = expansion * d_model
        self.norm = nn.RMSNorm(d_model, eps=_EPSILON)
        self.project = nn.Linear(d_model, 2 * n_inner, bias=False)
        rank = math.ceil(d_model / 16)
        self.directions = nn.ModuleList(
            SelectiveStateSpace(n_inner, d_state, rank, kernel_size)
            for _ in range(1 + bidirectional)
        )
        self.out = nn.Linear(n_inner, d_model, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Transform (batch, length, d_model)."""
        inner, gate = self.project(self.norm(x)).transpose(1, 2).chunk(2, dim=1)
        gate = F.silu(gate)
        total = self.directions[0](inner, mask)
        for backward in self.directions[1:]:
            total = total + turn_spans(backward(turn_spans(inner, mask), mask), mask)
        return x + self.dropout(self.out(blank(total * gate, mask).transpose(1, 2)))


class SelectiveStateSpace(nn.Module):
    """State space whose step size, input and output depend on the position.

    Parameters
    ----------
    n_channels, d_state, rank, kernel_size : int
        Number of channels, of states per channel and of features that the step sizes depend on,
        and width of the convolution.
    """

    def __init__(self, n_channels: int, d_state: int, rank: int, kernel_size: int):
        super().__init__()
        self.d_state, self.rank = d_state, rank
        self.conv = nn.Conv1d(
            n_channels, n_channels, kernel_size, groups=n_channels, padding=kernel_size - 1
        )
        self.select = nn.Linear(n_channels, rank + 2 * d_state, bias=False)
        self.step = nn.Linear(rank, n_channels)
        self.log_decay = nn.Parameter(torch.arange(1.0, d_state + 1).log().repeat(n_channels, 1))
        self.passing = nn.Parameter(torch.ones(n_channels))
        nn.init.uniform_(self.step.weight, -(rank**-0.5), rank**-0.5)
        with torch.no_grad():
            steps = torch.empty(n_channels).uniform_(math.log(_MIN_STEP), math.log(_MAX_STEP))
            # The inverse of softplus.
            self.step.bias.copy_(torch.log(torch.expm1(steps.exp())))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Filter (batch, n_channels, length) from the start on."""
        x = blank(F.silu(self.conv(x)[..., : x.shape[-1]]), mask).transpose(1, 2)
        step, entry, reading = self.select(x).split([self.rank, self.d_state, self.d_state], dim=2)
        steps = F.softplus(self.step(step))
        y = selective_scan(x, steps, -self.log_decay.exp(), entry, reading)
        return (y + self.passing * x).transpose(1, 2)


def selective_scan(
    x: torch.Tensor,
    steps: torch.Tensor,
    decay: torch.Tensor,
    entry: torch.Tensor,
    reading: torch.Tensor,
) -> torch.Tensor:
    """Compute the outputs of diagonal state spaces with varying steps.

    A state is multiplied by ``exp(steps * decay)`` at each position, which then adds
    ``steps * entry * x``. An output is the sum of the states, weighted by `reading`.

    Parameters
    ----------
    x, steps : Tensor of shape (batch, length, channels)
        Inputs and step sizes.
    decay : Tensor of shape (channels, states)
        Negative rates of the states.
    entry, reading : Tensor of shape (batch, length, states)
        Weights of the inputs and of the outputs.

    Returns
    -------
    Tensor of shape (batch, length, channels)
    """
    length = x.shape[1]
    size = max(1, round(length**0.5))
    # Steps of zero change no state.
    padding = (0, 0, 0, -length % size)
    x, steps, entry, reading = (
        F.pad(part, padding).unflatten(1, (-1, size)) for part in (x, steps, entry, reading)
    )
    factors = (steps[..., None] * decay).exp()
    new = (steps * x)[..., None] * entry[..., None, :]
    # States of each chunk as if it were the first one, for all chunks at once.
    states = [new[:, :, 0]]
    for i in range(1, size):
        states.append(factors[:, :, i] * states[-1] + new[:, :, i])
    # States at the start of each chunk.
    spans = (steps.sum(dim=2)[..., None] * decay).exp()
    starts = [torch.zeros_like(spans[:, 0])]
    for i in range(spans.shape[1] - 1):
        starts.append(spans[:, i] * starts[-1] + states[-1][:, i])
    decayed = (steps.cumsum(dim=2)[..., None] * decay).exp()
    every = torch.stack(states, dim=2) + decayed * torch.stack(starts, dim=1)[:, :, None]
    return (every * reading[..., None, :]).sum(dim=-1).flatten(1, 2)[:, :length]
