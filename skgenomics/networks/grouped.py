"""Networks of independent units: ExplaiNN, and the branches of Malinois."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import BatchNorm, as_tuple, check_sizes, per_layer
from skgenomics.networks.cnn import CNNTrunk


class _Grouped(nn.Module):
    """Dense layers of several groups, none of which sees the others.

    Parameters
    ----------
    n_groups, n_inputs, n_outputs : int
        Number of groups, and of inputs and outputs of each one.
    """

    def __init__(self, n_groups: int, n_inputs: int, n_outputs: int):
        super().__init__()
        self.conv = nn.Conv1d(n_groups * n_inputs, n_groups * n_outputs, 1, groups=n_groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute (batch, n_groups * n_outputs) of (batch, n_groups * n_inputs)."""
        return self.conv(x[:, :, None])[:, :, 0]


class ExplaiNN(nn.Module):
    """Linear combination of small networks that have one filter each.

    A unit consists of a convolution with a single filter, an exponential activation, pooling and
    two dense layers. The contribution of a unit to an output is the product of its output and of a
    weight of the last layer, :meth:`unit_outputs` and ``output.weight``.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_outputs : int
        Number of outputs.
    n_filters : int, default=100
        Number of units.
    kernel_size : int, default=19
        Width of the filters.
    pool_size : int, default=7
        Window and stride of the max pooling.
    unit_size : int, default=100
        Number of hidden neurons of a unit.
    dropout : float, default=0.3
        Dropout rate of the hidden neurons.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range, or a sequence is shorter than a filter and a window.

    References
    ----------
    Novakovsky et al. (2023), ExplaiNN: interpretable and transparent neural networks for genomics,
    Genome Biology 24.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_filters: int = 100,
        kernel_size: int = 19,
        pool_size: int = 7,
        unit_size: int = 100,
        dropout: float = 0.3,
    ):
        super().__init__()
        check_sizes("n_filters and unit_size", (n_filters, unit_size))
        self.trunk = CNNTrunk(
            n_channels,
            length,
            n_filters=n_filters,
            kernel_size=kernel_size,
            padding="valid",
            pool_size=pool_size,
            ceil_mode=False,
            block_order="conv-norm-act-pool",
            normalization="batch",
            activation="exp",
        )
        self.hidden = _Grouped(n_filters, self.trunk.length_out, unit_size)
        self.hidden_norm = BatchNorm(n_filters * unit_size)
        self.dropout = nn.Dropout(dropout)
        self.unit = _Grouped(n_filters, unit_size, 1)
        self.unit_norm = BatchNorm(n_filters)
        self.output = nn.Linear(n_filters, n_outputs)

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
        return self.output(self.unit_outputs(x))

    def unit_outputs(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the outputs of all units.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            One-hot sequences.

        Returns
        -------
        Tensor of shape (batch, n_filters)
            Nonnegative output of each unit.
        """
        maps, _ = self.trunk(x)
        hidden = self.dropout(self.hidden_norm(self.hidden(maps.flatten(1))).relu())
        return self.unit_norm(self.unit(hidden)).relu()


class Malinois(nn.Module):
    """Three convolutions and a dense layer, followed by a branch of dense layers for each output.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_outputs : int
        Number of outputs, such as cell types.
    n_filters, kernel_size, pool_size : tuple of int
        Number and width of the filters of the convolutions, and windows of the poolings.
    hidden_units : int, default=1000
        Number of units of the dense layer.
    branch_units : int or tuple of int, default=(140, 140, 140)
        Sizes of the hidden layers of each branch.
    dropout, branch_dropout : float
        Dropout rates after the dense layer, and after each hidden layer of a branch but the last
        one, which has no activation either.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range, or a sequence is too short.

    References
    ----------
    Gosai et al. (2024), Machine-guided design of cell-type-targeting cis-regulatory elements,
    Nature 634.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_filters=(300, 200, 200),
        kernel_size=(19, 11, 7),
        pool_size=(3, 4, 4),
        hidden_units: int = 1000,
        branch_units=(140, 140, 140),
        dropout: float = 0.116,
        branch_dropout: float = 0.576,
    ):
        super().__init__()
        filters = as_tuple(n_filters)
        pools = per_layer("pool_size", pool_size, len(filters))
        check_sizes("pool_size", pools)
        check_sizes("hidden_units", (hidden_units,))
        branches = as_tuple(branch_units)
        check_sizes("branch_units", branches)
        if not branches:
            raise ValueError("branch_units is empty; name at least one size")
        self.trunk = CNNTrunk(
            n_channels,
            length,
            n_filters=filters,
            kernel_size=kernel_size,
            pool_size=(*pools[:-1], 1),
            ceil_mode=False,
            block_order="conv-norm-act-pool",
            normalization="batch",
        )
        self.last_pool = pools[-1]
        n_pooled = (self.trunk.length_out + 2) // self.last_pool
        if not n_pooled:
            raise ValueError(
                f"nothing is left of {length} positions by pool_size={pool_size}; choose smaller "
                "windows"
            )
        self.hidden = nn.Linear(filters[-1] * n_pooled, hidden_units)
        self.hidden_norm = BatchNorm(hidden_units)
        self.dropout = nn.Dropout(dropout)
        self.branch_dropout = nn.Dropout(branch_dropout)
        self.n_outputs = n_outputs
        sizes = (hidden_units, *branches)
        self.branches = nn.ModuleList(
            _Grouped(n_outputs, n_in, n_out)
            for n_in, n_out in zip(sizes[:-1], branches, strict=True)
        )
        self.output = _Grouped(n_outputs, branches[-1], 1)

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
        maps, _ = self.trunk(x)
        # Activations are not negative, so that the zeros at both ends change no maximum.
        maps = F.max_pool1d(F.pad(maps, (1, 1)), self.last_pool)
        hidden = self.dropout(self.hidden_norm(self.hidden(maps.flatten(1))).relu())
        branches = hidden.repeat(1, self.n_outputs)
        for i, layer in enumerate(self.branches):
            branches = layer(branches if i == 0 else self.branch_dropout(branches.relu()))
        return self.output(branches)
