"""Recurrent network over bases, signals or tokens."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._recurrent import Recurrent
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk


class RNNTrunk(Trunk):
    """Recurrent network over bases, signals or tokens.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    vocabulary_size : int or None, default=None
        Number of token ids, of which 0 is padding, if the input is tokens; None for channels.
    embedding_size : int or None, default=None
        Dimension of a linear embedding of each position; None for `hidden_size` if the input is
        tokens, and otherwise for no embedding.
    cell : {"lstm", "gru"}, default="lstm"
        Type of recurrent unit.
    hidden_size, n_layers : int
        Number of units per direction, and of layers.
    bidirectional : bool, default=True
        Whether to read sequences in both directions.
    dropout : float, default=0.0
        Dropout rate after each layer.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid or out of range.
    """

    can_tie_strands = True

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        vocabulary_size: int | None = None,
        embedding_size: int | None = None,
        cell: str = "lstm",
        hidden_size: int = 64,
        n_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        if vocabulary_size is not None and embedding_size is None:
            embedding_size = hidden_size
        self.takes_tokens = vocabulary_size is not None
        self.embedding = _make_embedding(n_channels, vocabulary_size, embedding_size)
        self.recurrent = Recurrent(
            embedding_size or n_channels,
            hidden_size,
            cell=cell,
            n_layers=n_layers,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.n_features = self.recurrent.n_features
        self.n_backward = self.recurrent.n_backward
        self.length_out = length

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        return self.dropout(self.recurrent(self._embed(x), mask)), mask

    def _embed(self, x: torch.Tensor) -> torch.Tensor:
        if self.takes_tokens:
            return self.embedding(x.long()).transpose(1, 2)
        return self.embedding(x)


class RNN(SequenceNetwork):
    """Recurrent network."""

    trunk_class = RNNTrunk


def _make_embedding(n_channels: int, vocabulary_size: int | None, size: int | None) -> nn.Module:
    if size is None:
        return nn.Identity()
    check_sizes("embedding_size", (size,))
    if vocabulary_size is None:
        return nn.Conv1d(n_channels, size, 1, bias=False)
    check_sizes("vocabulary_size", (vocabulary_size,))
    return nn.Embedding(vocabulary_size, size, padding_idx=0)
