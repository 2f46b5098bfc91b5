"""Sei: residual and dilated convolutions, summarized along the sequence by splines."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import BSpline
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import as_tuple, check_sizes

_DEGREE = 3


class SeiTrunk(nn.Module):
    """Convolutions of :class:`Sei`; its feature map has a quarter of a quarter of the positions."""

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters: tuple[int, ...],
        kernel_size: int,
        pool_size: int,
        dilated_kernel_size: int,
        dilation: tuple[int, ...],
    ):
        super().__init__()
        self.pool_size = pool_size
        self.linear, self.curved = nn.ModuleList(), nn.ModuleList()
        for n_out in n_filters:
            # Two convolutions without an activation, and two with one.
            self.linear.append(
                nn.Sequential(
                    _conv(n_channels, n_out, kernel_size), _conv(n_out, n_out, kernel_size)
                )
            )
            self.curved.append(
                nn.Sequential(
                    _conv(n_out, n_out, kernel_size),
                    nn.ReLU(),
                    _conv(n_out, n_out, kernel_size),
                    nn.ReLU(),
                )
            )
            n_channels = n_out
        self.dilated = nn.ModuleList(
            _conv(n_channels, n_channels, dilated_kernel_size, step) for step in dilation
        )
        self.pooled_dropout, self.dilated_dropout = nn.Dropout(0.2), nn.Dropout(0.1)
        self.n_features = n_channels
        self.length_out = length // pool_size ** (len(n_filters) - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the feature map (batch, n_features, length_out) of (batch, channels, length)."""
        maps = x
        new, straight = maps, maps
        for i, (linear, curved) in enumerate(zip(self.linear, self.curved, strict=True)):
            if i:
                maps = self.pooled_dropout(F.max_pool1d(new + straight, self.pool_size))
            straight = linear(maps)
            new = curved(self.pooled_dropout(straight) if i else straight)
        total = new
        for i, conv in enumerate(self.dilated):
            # The first dilated convolution alone reads the sum with the straight branch.
            source = total + straight if i == 0 else total
            total = total + conv(self.dilated_dropout(source)).relu()
        return total


class Sei(nn.Module):
    """Sei, which predicts chromatin profiles of a sequence.

    Residual convolutions with pooling and dilated ones give a feature map, whose products with the
    functions of a spline basis are the input of two dense layers. The network reads sequences of
    the length that it was built for.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_outputs : int
        Number of outputs.
    n_filters : tuple of int, default=(480, 640, 960)
        Number of filters of each stage, with pooling between the stages.
    kernel_size, pool_size : int, default=9, 4
        Width of the filters, and window of the pooling.
    dilated_kernel_size : int, default=5
        Width of the dilated filters.
    dilation : tuple of int, default=(2, 4, 8, 16, 25)
        Dilation of each of them.
    n_splines : int, default=16
        Number of functions of the spline basis, at least 4.
    hidden_units : int, default=1000
        Number of units of the dense layer; that of the outputs in the paper.
    dropout : float, default=0.5
        Dropout rate ahead of the spline basis.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range, or nothing is left of a sequence.

    References
    ----------
    Chen, Wong, Troyanskaya and Zhou (2022), A sequence-based global map of regulatory activity for
    deciphering human genetics, Nature Genetics 54.
    """

    basis: torch.Tensor

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_filters=(480, 640, 960),
        kernel_size: int = 9,
        pool_size: int = 4,
        dilated_kernel_size: int = 5,
        dilation=(2, 4, 8, 16, 25),
        n_splines: int = 16,
        hidden_units: int = 1000,
        dropout: float = 0.5,
    ):
        super().__init__()
        check_sizes("n_filters", as_tuple(n_filters))
        check_sizes("dilation", as_tuple(dilation))
        sizes = {"pool_size": pool_size, "hidden_units": hidden_units, "n_splines": n_splines}
        for name, size in sizes.items():
            check_sizes(name, (size,))
        if n_splines <= _DEGREE:
            raise ValueError(f"n_splines must be at least {_DEGREE + 1}, got {n_splines}")
        self.trunk = SeiTrunk(
            n_channels,
            length,
            n_filters=as_tuple(n_filters),
            kernel_size=kernel_size,
            pool_size=pool_size,
            dilated_kernel_size=dilated_kernel_size,
            dilation=as_tuple(dilation),
        )
        if self.trunk.length_out < 2:
            raise ValueError(
                f"pool_size={pool_size} leaves {self.trunk.length_out} of {length} positions, but "
                "splines need 2 at least"
            )
        basis = torch.from_numpy(spline_basis(self.trunk.length_out, n_splines)).float()
        self.register_buffer("basis", basis, persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(self.trunk.n_features * n_splines, hidden_units)
        self.output = nn.Linear(hidden_units, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the outputs of a batch.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            One-hot sequences.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Outputs without a final activation.
        """
        maps = self.dropout(self.trunk(x))
        return self.output(self.hidden((maps @ self.basis).flatten(1)).relu())


def spline_basis(length: int, n_splines: int) -> np.ndarray:
    """Evaluate cubic B-splines at equally spaced positions.

    Parameters
    ----------
    length : int
        Number of positions.
    n_splines : int
        Number of functions, at least 4; inner knots are equally spaced too.

    Returns
    -------
    ndarray of shape (length, n_splines)
        Values, whose sum at each position is 1.
    """
    inner = np.linspace(0, length - 1, n_splines - _DEGREE + 1)
    knots = np.concatenate([[0] * _DEGREE, inner, [length - 1] * _DEGREE])
    return BSpline.design_matrix(np.arange(length), knots, _DEGREE).toarray()


def _conv(n_channels: int, n_filters: int, width: int, dilation: int = 1) -> nn.Conv1d:
    return nn.Conv1d(n_channels, n_filters, width, padding="same", dilation=dilation)
