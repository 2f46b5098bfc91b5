"""Convolutions and a recurrent network over two genomic windows, as in SPEID."""

from __future__ import annotations

from typing import cast

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
        self.length_out = sum(cast(CNNTrunk, window).length_out for window in self.windows)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the feature map (batch, n_features, length_out) of (batch, channels, length)."""
        parts = x[..., : self.first_length], x[..., self.first_length :]
        maps = [window(part)[0] for window, part in zip(self.windows, parts, strict=True)]
        return self.norm(self.recurrent(self.found(torch.cat(maps, dim=2))))


class TwoWindows(nn.Module):
    """Outputs for pairs of windows, such as an enhancer followed by a promoter.

    Each window has convolutions of its own.  Their feature maps are concatenated along the
    positions, and a bidirectional LSTM reads the result.

    Parameters
    ----------
    n_channels, length : int
        Number of channels of a position, and of positions of both windows together.
    n_outputs : int
        Number of outputs.
    first_length : int, default=3000
        Length of the first window; the second one has the rest.
    n_filters, kernel_size, pool_size : int
        Number and width of the filters of each window, and window of the pooling.
    hidden_size : int, default=50
        Number of units per direction of the LSTM.
    hidden_units : int or tuple of int, default=800
        Sizes of the hidden layers after the LSTM.
    dropout, hidden_dropout : float
        Dropout rates after the convolutions, and after the LSTM and each hidden layer.

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
        """Compute the outputs (batch, n_outputs) of (batch, n_channels, length)."""
        return self.output(self.hidden(self.trunk(x).flatten(1)))
