"""Recurrent layers that start and end at the real positions of a sequence."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._padding import blank

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """LSTM or GRU over feature maps, from the first to the last real position of each sequence.

    Each direction of each sequence is computed as if the sequence had no padding.  The output is
    zero at padding.

    Parameters
    ----------
    n_inputs : int
        Number of input channels.
    hidden_size : int
        Number of units per direction.
    cell : {"lstm", "gru"}, default="lstm"
        Type of recurrent unit.
    n_layers : int, default=1
        Number of layers.
    bidirectional : bool, default=True
        Whether to read sequences in both directions. The first half of the output channels is
        computed from start to end, the last half from end to start.
    dropout : float, default=0.0
        Dropout rate between layers.
    tied : bool, default=False
        Whether both directions share their weights, see :meth:`tie`.

    Attributes
    ----------
    n_features : int
        Number of output channels.
    n_backward : int
        Number of output channels, the last ones, that are computed from end to start.

    Raises
    ------
    ValueError
        If `cell` is unknown, a size is not a positive integer, or weights are to be tied in a
        network of one direction.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden_size: int,
        *,
        cell: str = "lstm",
        n_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        tied: bool = False,
    ):
        super().__init__()
        check_sizes("hidden_size", (hidden_size,))
        check_sizes("n_layers", (n_layers,))
        self.n_backward = hidden_size if bidirectional else 0
        self.n_features = hidden_size + self.n_backward
        self.dropout = nn.Dropout(dropout)
        sizes = [n_inputs] + [self.n_features] * (n_layers - 1)
        self.layers = nn.ModuleList(
            RecurrentLayer(size, hidden_size, cell, bidirectional) for size in sizes
        )
        if tied:
            self.tie()

    def tie(self) -> None:
        """Let both directions share the weights of the first one.

        The output for the reverse complement is then the output for the sequence with the order of
        positions and of channels reversed, if the input channels are ordered such that reversing
        them complements the bases, as A, C, G, T are.

        Raises
        ------
        ValueError
            If there is only one direction.
        """
        if not self.n_backward:
            raise ValueError(
                "weights are shared between both directions, but there is only one; set "
                "bidirectional=True"
            )
        self.layers = nn.ModuleList(
            TiedLayer(cast(RecurrentLayer, layer).ahead) for layer in self.layers
        )

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Map (batch, n_inputs, length) to (batch, n_features, length)."""
        maps = self.layers[0](x, mask)
        for layer in self.layers[1:]:
            maps = layer(self.dropout(maps), mask)
        return maps


class RecurrentLayer(nn.Module):
    """One layer of one or two directions, each with weights of its own."""

    def __init__(self, n_inputs: int, hidden_size: int, cell: str, bidirectional: bool):
        super().__init__()
        self.ahead = ForwardRNN(n_inputs, hidden_size, cell)
        self.back = ForwardRNN(n_inputs, hidden_size, cell) if bidirectional else None

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        ahead = self.ahead(x, mask)
        if self.back is None:
            return ahead
        back = self.back(x.flip(2), None if mask is None else mask.flip(1))
        return torch.cat([ahead, back.flip(2)], dim=1)


class TiedLayer(nn.Module):
    """Layer that reads either strand from its 5' to its 3' end with the same weights."""

    def __init__(self, ahead: ForwardRNN):
        super().__init__()
        self.ahead = ahead

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        masks = None if mask is None else torch.cat([mask, mask.flip(1)])
        n = x.shape[0]
        both = self.ahead(torch.cat([x, x.flip(1, 2)]), masks)
        return torch.cat([both[:n], both[n:].flip(1, 2)], dim=1)


class ForwardRNN(nn.Module):
    """One of torch's recurrent modules over (batch, channels, length), from start to end.

    Recurrent weights are initialized orthogonal and forget gates open, so that the state is kept
    over long sequences.
    """

    def __init__(self, n_inputs: int, hidden_size: int, cell: str):
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {sorted(CELLS)}, got {cell!r}")
        self.rnn = CELLS[cell](n_inputs, hidden_size, batch_first=True)
        self._initialize()

    @torch.no_grad()
    def _initialize(self) -> None:
        size = self.rnn.hidden_size
        for gate in self.rnn.weight_ih_l0.split(size):
            nn.init.xavier_uniform_(gate)
        for gate in self.rnn.weight_hh_l0.split(size):
            nn.init.orthogonal_(gate)
        nn.init.zeros_(self.rnn.bias_ih_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        if isinstance(self.rnn, nn.LSTM):
            # Torch has the gates in the order input, forget, cell, output.
            nn.init.ones_(self.rnn.get_parameter("bias_ih_l0")[size : 2 * size])

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        # Padding in front is moved behind, where it comes too late to change the states of real
        # positions. This equals packed sequences, but is several times faster on CPUs.
        rows = x.transpose(1, 2)
        starts = None if mask is None else mask.int().argmax(dim=1)
        # Whether padding is in front cannot be asked of a tensor while the network is exported.
        if starts is None or not (torch.compiler.is_compiling() or starts.any()):
            rows = self._run(rows)
        else:
            rows = _turn(self._run(_turn(rows, starts)), -starts)
        return blank(rows.transpose(1, 2), mask)

    def _run(self, rows: torch.Tensor) -> torch.Tensor:
        # cuDNN keeps what a gradient needs in training mode only, but attributions are gradients
        # in evaluation mode.
        if torch.is_grad_enabled() and not self.training:
            with torch.backends.cudnn.flags(enabled=False):
                return self.rnn(rows)[0]
        return self.rnn(rows)[0]


def _turn(rows: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
    """Roll each row such that the position in `starts` comes first."""
    length = rows.shape[1]
    positions = (torch.arange(length, device=starts.device) + starts[:, None]) % length
    return rows.gather(1, positions[:, :, None].expand_as(rows))
