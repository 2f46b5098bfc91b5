"""Layers of transformers that act on each position alone: embedding and feed-forward."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes, make_activation


class InputEmbedding(nn.Module):
    """Embedding of channels by a linear map, or of token ids by a table.

    Parameters
    ----------
    n_channels : int
        Number of channels of a position; ignored for token ids.
    d_model : int
        Dimension of the model.
    vocabulary_size : int or None, default=None
        Number of token ids; None for channels.
    """

    def __init__(self, n_channels: int, d_model: int, vocabulary_size: int | None = None):
        super().__init__()
        self.takes_tokens = vocabulary_size is not None
        self.layer: nn.Module
        if vocabulary_size is None:
            self.layer = nn.Linear(n_channels, d_model)
        else:
            check_sizes("vocabulary_size", (vocabulary_size,))
            self.layer = make_table(vocabulary_size, d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Embed (batch, channels, length) or (batch, length); gives (batch, length, d_model)."""
        if not self.takes_tokens:
            return self.layer(x.transpose(1, 2))
        if x.is_floating_point() or x.dim() != 2:
            raise ValueError(
                "a network with a vocabulary_size takes integer token ids of shape (batch, "
                f"length), got {x.dtype} of shape {tuple(x.shape)}; leave vocabulary_size=None "
                "for one-hot sequences"
            )
        return self.layer(x)


def make_table(n_rows: int, d_model: int) -> nn.Embedding:
    """Build an embedding whose vectors have a norm of about one at initialization."""
    table = nn.Embedding(n_rows, d_model)
    nn.init.normal_(table.weight, std=d_model**-0.5)
    return table


class FeedForward(nn.Module):
    """Two linear layers with an activation between them.

    Parameters
    ----------
    d_model, d_hidden : int
        Dimension of the input and output, and of the hidden layer.
    activation : str, default="gelu"
        "swiglu" (the product of a linear map and the SiLU of another), or one of
        :data:`skgenomics.networks._layers.ACTIVATIONS`.
    dropout : float, default=0.0
        Dropout rate of the hidden layer.
    bias : bool, default=True
        Whether the layers have biases.

    References
    ----------
    Shazeer (2020), GLU variants improve transformer, arXiv 2002.05202.
    """

    def __init__(
        self,
        d_model: int,
        d_hidden: int,
        *,
        activation: str = "gelu",
        dropout: float = 0.0,
        bias: bool = True,
    ):
        super().__init__()
        check_sizes("d_feedforward", (d_hidden,))
        self.gated = activation == "swiglu"
        self.widen = nn.Linear(d_model, 2 * d_hidden if self.gated else d_hidden, bias=bias)
        self.activation = make_activation("silu" if self.gated else activation)
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(d_hidden, d_model, bias=bias)
        init_linear(self.widen, self.narrow)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Transform (batch, length, d_model)."""
        hidden = self.widen(x)
        if self.gated:
            gate, hidden = hidden.chunk(2, dim=-1)
            hidden = self.activation(gate) * hidden
        else:
            hidden = self.activation(hidden)
        return self.narrow(self.dropout(hidden))


def init_linear(*layers: nn.Linear) -> None:
    """Initialize linear layers as usual in transformers: Glorot uniform weights, zero biases."""
    for layer in layers:
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
