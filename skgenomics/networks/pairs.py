"""Networks whose outputs belong to pairs of positions: contacts and interaction maps."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._convolution import ConvUnit
from skgenomics.networks._layers import as_tuple, check_sizes, make_activation, make_normalization
from skgenomics.networks._padding import blank
from skgenomics.networks.per_position import _PositionNetwork

PAIR_FEATURES = ("mean", "product", "concat", "outer")
PAIR_BLOCKS = ("bottleneck", "plain")


class _Unit2d(nn.Module):
    """Activation, 2-D convolution without bias, and normalization.

    Parameters
    ----------
    n_channels, n_filters, kernel_size, dilation : int
        Sizes of the convolution.
    settings : dict
        `activation`, `normalization` and `normalization_epsilon`.
    """

    def __init__(
        self, n_channels: int, n_filters: int, kernel_size: int, dilation: int, settings: dict
    ):
        super().__init__()
        self.act = make_activation(settings["activation"])
        normalization = settings["normalization"]
        self.conv = nn.Conv2d(
            n_channels,
            n_filters,
            kernel_size,
            dilation=dilation,
            padding="same",
            bias=normalization is None,
        )
        epsilon = settings["normalization_epsilon"]
        self.norm = make_normalization(normalization, n_filters, epsilon) or nn.Identity()

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Compute (batch, n_filters, L, L) of (batch, n_channels, L, L)."""
        return self.norm(self.conv(_hide_pairs(self.act(x), mask)))


class _Block2d(nn.Module):
    """Residual block: two convolutions and dropout.

    The first one is dilated and may be a bottleneck; the second one is pointwise behind a
    bottleneck, and like the first one otherwise.
    """

    def __init__(
        self,
        n_filters: int,
        bottleneck: int | None,
        kernel_size: int,
        dilation: int,
        dropout: float,
        settings: dict,
    ):
        super().__init__()
        n_inner = n_filters if bottleneck is None else bottleneck
        self.narrow = _Unit2d(n_filters, n_inner, kernel_size, dilation, settings)
        last = (kernel_size, dilation) if bottleneck is None else (1, 1)
        self.wide = _Unit2d(n_inner, n_filters, *last, settings)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Add what the block computes to its input."""
        return x + self.dropout(self.wide(self.narrow(x, mask), mask))


class PairNetwork(_PositionNetwork):
    """Outputs for each pair of positions or bins; symmetric in the two.

    The feature map of a trunk is averaged in bins. A pair has the features of both bins, combined
    without regard to their order, and the logarithm of their distance; a residual network of
    dilated 2-D convolutions reads the map of all pairs, which is made symmetric after each block.
    Memory is proportional to the number of sequences in a batch, and to the square of the number of
    bins.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of outputs per pair.
    n_bins, bin_size : int
        Number of bins, in the middle of the sequence, and of positions per bin.
    trunk : str, default="resnet"
        Name of an architecture.
    projection_filters, projection_kernel_size : int or None, int
        Filters of a 1-D convolution ahead of the pairs; None for none.
    pair_features : {"mean", "product", "concat", "outer"}, default="mean"
        Combination of the features of two bins: their mean, their product, both the mean and the
        product; or those of either bin and of the one midway, one after another, as in
        RaptorX-Contact.
    pair_block : {"bottleneck", "plain"}, default="bottleneck"
        Block of a dilated convolution with fewer filters and a pointwise one, as in Akita; or of
        two dilated convolutions, as in RaptorX-Contact.
    pair_filters, pair_bottleneck, pair_kernel_size : int
        Filters of the first 2-D convolution and of bottlenecks, and their width.
    pair_dilation : tuple of int, default=(1, 2, 4, 8)
        Dilation of each block.
    pair_dropout : float, default=0.1
        Dropout of whole channels at the end of each block.
    pair_normalization, pair_activation : str or None
        Normalization and activation of the projection and of the 2-D convolutions.
    **settings
        Hyperparameters of the trunk, and `hidden_filters` and `complement`.

    Raises
    ------
    ValueError
        If the bins do not fit the positions of the trunk.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        n_bins: int,
        bin_size: int = 1,
        trunk: str = "resnet",
        projection_filters: int | None = None,
        projection_kernel_size: int = 1,
        pair_features: str = "mean",
        pair_block: str = "bottleneck",
        pair_filters: int = 32,
        pair_bottleneck: int = 16,
        pair_kernel_size: int = 3,
        pair_dilation=(1, 2, 4, 8),
        pair_dropout: float = 0.1,
        pair_normalization: str | None = "batch",
        pair_activation: str = "relu",
        **settings,
    ):
        super().__init__(n_channels, length, trunk=trunk, **settings)
        self.pair_features, self.bin_size = pair_features, bin_size
        if bin_size % self.trunk.stride:
            raise ValueError(
                f"bin_size={bin_size} is not a multiple of the {self.trunk.stride} positions that "
                "the network pools; choose other pool sizes"
            )
        self.window = bin_size // self.trunk.stride
        spare = self.trunk.length_out // self.window - n_bins
        if spare < 0 or spare % 2:
            raise ValueError(
                f"y has {n_bins} bins of {bin_size} positions, to be taken from the middle of "
                f"{self.trunk.length_out * self.trunk.stride}: there must be as many, or 2 more, 4 "
                "more, and so on"
            )
        self.crop = spare // 2
        shared = {
            "activation": pair_activation,
            "normalization": pair_normalization,
            "normalization_epsilon": settings.get("normalization_epsilon", 1e-5),
        }
        self.projection = None
        if projection_filters is not None:
            self.projection = ConvUnit(
                self.n_features,
                self.trunk.length_out,
                n_filters=projection_filters,
                kernel_size=projection_kernel_size,
                bias=pair_normalization is None,
                order="act-conv-norm",
                **shared,
            )
            self.n_features = projection_filters
        n_parts = {"concat": 2, "outer": 3}.get(pair_features, 1)
        n_features = n_parts * self.n_features + 1
        check_sizes("pair_filters", (pair_filters,))
        bottleneck = pair_bottleneck if pair_block == "bottleneck" else None
        self.first = _Unit2d(n_features, pair_filters, pair_kernel_size, 1, shared)
        self.blocks = nn.ModuleList(
            _Block2d(pair_filters, bottleneck, pair_kernel_size, dilation, pair_dropout, shared)
            for dilation in as_tuple(pair_dilation)
        )
        self.output = nn.Conv2d(pair_filters, n_outputs, 1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute outputs of pairs.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.

        Returns
        -------
        Tensor of shape (batch, n_outputs, n_bins * n_bins)
            Outputs of bins i and j at the index ``i * n_bins + j``.
        """
        here, *there = [self._score(*strand) for strand in self._strands(x, mask)]
        for scores in there:
            here = (here + self.turn_strand(scores)) / 2
        return here

    def _score(self, maps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        if self.projection is not None:
            maps, mask = self.projection(maps.unsqueeze(2), mask)
            maps = maps.squeeze(2)
        maps = blank(maps, mask)
        if self.window > 1:
            maps = F.avg_pool1d(maps, self.window)
            # A bin is real if it has no padding at all.
            mask = None if mask is None else mask.unfold(1, self.window, self.window).all(dim=2)
        pair_mask = None if mask is None else mask[:, None, :, None] & mask[:, None, None, :]
        pairs = _symmetrize(self.first(self._combine(maps), pair_mask))
        for block in self.blocks:
            pairs = _symmetrize(block(pairs, pair_mask))
        end = pairs.shape[-1] - self.crop
        pairs = pairs[..., self.crop : end, self.crop : end]
        return _symmetrize(self.output(pairs)).flatten(2)

    def _combine(self, maps: torch.Tensor) -> torch.Tensor:
        """Features of all pairs, (batch, n_pair_features, n_bins, n_bins)."""
        rows, columns = maps.unsqueeze(3), maps.unsqueeze(2)
        positions = torch.arange(maps.shape[-1], device=maps.device)
        parts = []
        if self.pair_features == "outer":
            midway = maps[:, :, (positions[:, None] + positions) // 2]
            parts += [rows.expand_as(midway), midway, columns.expand_as(midway)]
        if self.pair_features in ("mean", "concat"):
            parts.append((rows + columns) / 2)
        if self.pair_features in ("product", "concat"):
            parts.append(rows * columns)
        distance = (positions[:, None] - positions).abs().to(maps.dtype).log1p()
        parts.append(distance.expand(maps.shape[0], 1, -1, -1))
        return torch.cat(parts, dim=1)

    def turn_strand(self, scores: torch.Tensor) -> torch.Tensor:
        """Reverse both axes of the pairs, see the base class."""
        return scores.flip(-1)


def _symmetrize(x: torch.Tensor) -> torch.Tensor:
    """Mean of a map and its transpose; the sum of two floats does not depend on their order."""
    return (x + x.transpose(2, 3)) / 2


def _hide_pairs(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    return x if mask is None else x * mask
