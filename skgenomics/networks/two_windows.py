"""Convolutions and a recurrent network over two windows of the genome, such as those of SPEID."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import BatchNorm, as_tuple, check_sizes, dense_layers
from skgenomics.networks._recurrent import Recurrent
from skgenomics.networks.cnn import CNNTrunk

# Default of Keras for batch normalization, in which SPEID was written; torch has 1e-5.
_EPSILON = 1e-3


class TwoWindowsTrunk(nn.Module):
    """Convolutions over each of two windows, and an LSTM over both; see :class:`TwoWindows`."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        first_length: int,
        n_filters: int,
        kernel_size: int,
        pool_size: int,
        hidden_size: int,
        dropout: float,
    ):
        super().__init__()
        check_sizes("first_length", (first_length,))
        if first_length >= length:
            raise ValueError(
                f"first_length={first_length} leaves nothing of {length} positions for the second "
                "window; choose a smaller one"
            )
        self.first_length = first_length
        self.windows = nn.ModuleList(
            CNNTrunk(
                n_channels,
                n_positions,
                n_filters=n_filters,
                kernel_size=kernel_size,
                padding="valid",
                pool_size=pool_size,
                ceil_mode=False,
            )
            for n_positions in (first_length, length - first_length)
        )
        self.found = nn.Sequential(BatchNorm(n_filters, eps=_EPSILON), nn.Dropout(dropout))
        self.recurrent = Recurrent(n_filters, hidden_size)
        self.norm = BatchNorm(self.recurrent.n_features, eps=_EPSILON)
        self.n_features = self.recurrent.n_features
        self.length_out = sum(window.length_out for window in self.windows)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps of shape (batch, n_features, length_out) of sequences (batch, channels, length)."""
        parts = x[..., : self.first_length], x[..., self.first_length :]
        maps = [window(part)[0] for window, part in zip(self.windows, parts, strict=True)]
        return self.norm(self.recurrent(self.found(torch.cat(maps, dim=2))))


class TwoWindows(nn.Module):
    """Scores of pairs of windows, such as an enhancer and a promoter, one after the other.

    Each window has convolutions of its own.  What they find is put side by side along the
    positions, first window first, and a bidirectional LSTM reads it.

    Parameters
    ----------
    n_channels, length : int
        Channels of a position, and positions of both windows together.
    n_outputs : int
        Number of scores.
    first_length : int
        Positions of the first window; the second one has the rest.
    n_filters, kernel_size, pool_size : int
        Sizes of the convolution of each window, and of its pooling.
    hidden_size : int
        Units of a direction of the LSTM.
    hidden_units : int or tuple of int
        Sizes of the layers between the LSTM and the scores.
    dropout, hidden_dropout : float
        Dropout after the convolutions; after the LSTM and after each hidden layer.

    Raises
    ------
    ValueError
        If nothing is left for the second window, or a window is shorter than the kernel.

    References
    ----------
    Singh, Yang, Póczos and Ma (2019), Predicting enhancer-promoter interaction from genomic
    sequence with deep neural networks, Quantitative Biology 7.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        first_length: int = 3000,
        n_filters: int = 200,
        kernel_size: int = 40,
        pool_size: int = 20,
        hidden_size: int = 50,
        hidden_units=800,
        dropout: float = 0.25,
        hidden_dropout: float = 0.5,
    ):
        super().__init__()
        self.trunk = TwoWindowsTrunk(
            n_channels,
            length,
            first_length=first_length,
            n_filters=n_filters,
            kernel_size=kernel_size,
            pool_size=pool_size,
            hidden_size=hidden_size,
            dropout=dropout,
        )
        self.hidden, n_features = dense_layers(
            self.trunk.n_features * self.trunk.length_out,
            as_tuple(hidden_units),
            normalization="batch",
            normalization_epsilon=_EPSILON,
            activation="relu",
            dropout=hidden_dropout,
        )
        self.output = nn.Sequential(
            nn.Linear(n_features, n_outputs), BatchNorm(n_outputs, eps=_EPSILON)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, n_channels, length); gives (batch, n_outputs)."""
        return self.output(self.hidden(self.trunk(x).flatten(1)))
