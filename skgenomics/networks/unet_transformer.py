"""Convolution tower, transformer, and interpolation back to a finer resolution, as in Borzoi."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import torch
from torch import nn

from skgenomics.networks._attention import visible_keys
from skgenomics.networks._convolution import ConvUnit, Pool
from skgenomics.networks._layers import BatchNorm, check_sizes, make_activation
from skgenomics.networks._padding import blank
from skgenomics.networks._trunks import Trunk
from skgenomics.networks.conv_transformer import RelativeTransformerBlock

# Default of Keras for normalization, where torch has 1e-5.
_EPSILON = 1e-3


class UNetTransformerTrunk(Trunk):
    """Convolution tower and transformer, whose output is interpolated to a finer resolution.

    Each interpolation adds the feature map of the tower at that resolution.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    stem_filters, stem_kernel_size : int, default=320, 11
        Number and width of the filters of the first convolution.
    tower_filters : int, default=384
        Number of filters of the next stage of the tower; those of the others grow geometrically up
        to `d_model`.
    d_model : int, default=768
        Number of filters of the last stage, and dimension of the transformer.
    divisible_by : int, default=16
        Divisor of the numbers of filters of the stages.
    n_downsamplings : int, default=7
        Number of stages, the first one included, each of which halves the length.
    n_upsamplings : int, default=2
        Number of interpolations, each of which doubles the length.
    kernel_size, upsample_kernel_size : int, default=5, 3
        Width of the filters of the tower, and of the depthwise ones after each interpolation.
    n_layers, n_heads, d_key : int, default=8, 4, 64
        Number of layers of the transformer and of heads, and dimension of the keys of a head; its
        values have the dimension ``d_model / n_heads``.
    n_position_features : int, default=32
        Dimension of the relative positional encoding, an even number.
    upsample_conv : bool, default=False
        Whether a pointwise convolution precedes each interpolation.
    final_filters : int or None, default=None
        Number of filters of a pointwise convolution at the end; None for none.
    dropout : float, default=0.2
        Dropout rate of the residual branches of the transformer; half of it is applied after the
        last convolution.
    attention_dropout, position_dropout : float, default=0.05, 0.01
        Dropout rates of the attention maps and of the relative positional encoding.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range.

    References
    ----------
    Linder et al. (2025), Predicting RNA-seq coverage from DNA sequence as a unifying model of gene
    regulation, Nature Genetics 57.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        stem_filters: int = 320,
        stem_kernel_size: int = 11,
        tower_filters: int = 384,
        d_model: int = 768,
        divisible_by: int = 16,
        n_downsamplings: int = 7,
        n_upsamplings: int = 2,
        kernel_size: int = 5,
        upsample_kernel_size: int = 3,
        n_layers: int = 8,
        n_heads: int = 4,
        d_key: int = 64,
        n_position_features: int = 32,
        upsample_conv: bool = False,
        final_filters: int | None = None,
        dropout: float = 0.2,
        attention_dropout: float = 0.05,
        position_dropout: float = 0.01,
    ):
        super().__init__()
        check_sizes("stem_filters, d_model", (stem_filters, d_model))
        check_sizes("n_layers", (n_layers,))
        if not 0 <= n_upsamplings < n_downsamplings:
            raise ValueError(
                f"n_upsamplings must be less than n_downsamplings={n_downsamplings}, got "
                f"{n_upsamplings!r}"
            )
        if n_position_features < 2 or n_position_features % 2:
            raise ValueError(
                f"n_position_features must be an even number, got {n_position_features!r}"
            )
        widths = _grow(tower_filters, d_model, n_downsamplings - 1, divisible_by)
        self.pool = Pool("max", 2, ceil_mode=True)
        self.stem = ConvUnit(
            n_channels, length, n_filters=stem_filters, kernel_size=stem_kernel_size, order="conv"
        )
        lengths = [-(-length // 2)]
        self.tower = nn.ModuleList()
        for n_in, n_out in pairwise((stem_filters, *widths)):
            self.tower.append(_unit(n_in, lengths[-1], n_out, kernel_size))
            lengths.append(-(-lengths[-1] // 2))
        self.n_position_features, self.n_attended = n_position_features, lengths[-1]
        self.blocks = nn.ModuleList(
            RelativeTransformerBlock(
                d_model,
                n_heads,
                d_key=d_key,
                n_position_features=n_position_features,
                dropout=dropout,
                attention_dropout=attention_dropout,
                position_dropout=position_dropout,
                drop_rate=0.0,
            )
            for _ in range(n_layers)
        )
        for block in cast(Iterable[RelativeTransformerBlock], self.blocks):
            block.attention_norm.eps = block.feedforward_norm.eps = _EPSILON
        self.ups = nn.ModuleList(
            UpsampleBlock(d_model, widths[-1 - i], upsample_kernel_size, upsample_conv)
            for i in range(n_upsamplings)
        )
        self.n_features, self.final = d_model, None
        self.length_out = lengths[-1 - n_upsamplings]
        if final_filters is not None:
            self.final = _unit(d_model, self.length_out, final_filters, 1)
            self.n_features = final_filters
        self.last = nn.Sequential(nn.Dropout(dropout / 2), make_activation("gelu_tanh"))
        self.stride = 2 ** (n_downsamplings - n_upsamplings)

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps = blank(x, mask).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        maps, mask = self.pool(*self.stem(maps, mask))
        skipped = []
        for unit in self.tower:
            maps, mask = unit(maps, mask)
            skipped.append((maps, mask))
            maps, mask = self.pool(maps, mask)
        maps = maps.squeeze(2).transpose(1, 2)
        features, visible = self._position_features(maps), visible_keys(mask)
        for block in self.blocks:
            maps = block(maps, features, visible)
        maps = blank(maps.transpose(1, 2), mask).unsqueeze(2)
        for up in self.ups:
            finer, finer_mask = skipped.pop()
            maps, mask = up(maps, mask, finer, finer_mask), finer_mask
        if self.final is not None:
            maps, mask = self.final(maps, mask)
            maps = self.last(maps)
        return maps.squeeze(2), mask

    def _position_features(self, maps: torch.Tensor) -> torch.Tensor:
        """Encode distances by windows of growing width, on both sides and on either one."""
        n, n_widths = maps.shape[1], self.n_position_features // 2
        distances = torch.arange(1 - n, n, dtype=maps.dtype, device=maps.device)[:, None]
        exponents = torch.arange(1, n_widths + 1, dtype=maps.dtype, device=maps.device) / n_widths
        widths = (self.n_attended + 1) ** exponents - 1
        inside = (widths > distances.abs()).to(maps.dtype)
        return torch.cat([inside, distances.sign() * inside], dim=1)


class UpsampleBlock(nn.Module):
    """Doubling of the positions, sum with a finer feature map, and a separable convolution."""

    def __init__(self, d_model: int, n_finer: int, kernel_size: int, has_conv: bool):
        super().__init__()
        self.norm = BatchNorm(d_model, eps=_EPSILON)
        self.act = make_activation("gelu_tanh")
        self.conv = nn.Conv2d(d_model, d_model, 1) if has_conv else nn.Identity()
        self.finer = _unit(n_finer, 1, d_model, 1)
        self.depthwise = nn.Conv2d(
            d_model, d_model, (1, kernel_size), groups=d_model, padding="same", bias=False
        )
        self.pointwise = nn.Conv2d(d_model, d_model, 1)

    def forward(self, maps, mask, finer, finer_mask):
        """Compute feature maps (batch, d_model, 1, length) of the finer resolution."""
        maps = self.conv(self.act(self.norm(maps, mask)))
        maps = maps.repeat_interleave(2, dim=-1)[..., : finer.shape[-1]]
        maps = blank(maps + self.finer(finer, finer_mask)[0], finer_mask)
        return blank(self.pointwise(self.depthwise(maps)), finer_mask)


def _grow(first: int, last: int, n: int, divisor: int) -> list[int]:
    """Return numbers of filters that grow geometrically, and are multiples of a divisor."""
    check_sizes("tower_filters, d_model, divisible_by", (first, last, divisor))
    if n == 1:
        return [last]
    factor = (last / first) ** (1 / (n - 1))
    steps = [first * factor**i for i in range(n)]
    return [*(max(1, round(step / divisor)) * divisor for step in steps[:-1]), last]


def _unit(n_channels: int, length: int, n_filters: int, kernel_size: int) -> ConvUnit:
    return ConvUnit(
        n_channels,
        length,
        n_filters=n_filters,
        kernel_size=kernel_size,
        normalization="batch",
        normalization_epsilon=_EPSILON,
        activation="gelu_tanh",
        order="norm-act-conv",
    )
