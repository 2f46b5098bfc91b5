"""Sharing weights between the two strands (Shrikumar et al., 2017).

Channels are laid out in pairs such that reading the other strand turns around the order of all
channels and the order of all positions.  A layer is equivariant if its weights are the same after
turning around all their axes, so that it needs to store one half of them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from skgenomics.networks._convolution import Pool
from skgenomics.networks._layers import BatchNorm, ChannelNorm
from skgenomics.networks._padding import blank, turn_spans
from skgenomics.networks._recurrent import Recurrent


class StrandOrder(nn.Module):
    """Put complementary channels at mirrored places.

    Parameters
    ----------
    complement : tuple of int
        Channel that pairs with each channel.
    """

    def __init__(self, complement: tuple[int, ...]):
        super().__init__()
        first = [i for i, other in enumerate(complement) if i < other]
        own = [i for i, other in enumerate(complement) if i == other]
        self.order = [*first, *own, *(complement[i] for i in reversed(first))]
        if len(own) > 1:
            raise ValueError(
                f"channels {own} are their own complements, but at most one may be so where "
                "weights are shared between strands"
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.order]


def split_strands(maps: torch.Tensor, mask: torch.Tensor | None, turn: Callable):
    """Features of either strand, each read in its own direction, with its mask.

    `turn` turns positions around: those of a sequence within its padding
    (:func:`~skgenomics.networks._padding.turn_spans`), or those of the whole row
    (:func:`turn_rows`).
    """
    if maps.shape[1] % 2:
        raise ValueError(
            f"{maps.shape[1]} channels cannot be split between the strands; use "
            "reverse_complement='average'"
        )
    half = maps.shape[1] // 2
    there = turn(maps[:, half:].flip(1), mask)
    there_mask = mask if turn is turn_spans or mask is None else mask.flip(1)
    return (maps[:, :half], mask), (there, there_mask)


def turn_rows(maps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Reverse the order of all positions, padding included."""
    return maps.flip(-1)


def tie_strands(module: nn.Module) -> None:
    """Make the layers of a module equivariant, in place.

    Raises
    ------
    ValueError
        If a layer has an odd number of outputs, or its window has no middle.
    """
    for name, layer in module.named_children():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            _tie_weights(layer)
        elif isinstance(layer, BatchNorm):
            setattr(module, name, TiedBatchNorm(layer))
        elif isinstance(layer, ChannelNorm):
            _tie_parameters(layer)
        elif isinstance(layer, Pool):
            setattr(module, name, SymmetricPool(layer))
        elif isinstance(layer, Recurrent):
            layer.tie()
        else:
            tie_strands(layer)


class _Mirrored(nn.Module):
    """One half of a tensor, and the same turned around in all its axes."""

    def forward(self, half: torch.Tensor) -> torch.Tensor:
        return torch.cat([half, half.flip(*range(half.dim()))])

    def right_inverse(self, whole: torch.Tensor) -> torch.Tensor:
        return whole[: len(whole) // 2].clone()


def _tie_weights(layer: nn.Module) -> None:
    if len(layer.weight) % 2:
        raise ValueError(
            f"a layer has {len(layer.weight)} outputs, but sharing weights between strands "
            "needs an even number; choose even n_filters and other sizes"
        )
    if getattr(layer, "padding", None) == "same" and layer.kernel_size[-1] % 2 == 0:
        raise ValueError(
            f"kernel_size={layer.kernel_size[-1]} with padding='same' has no middle, but sharing "
            "weights between strands needs one; choose odd kernels"
        )
    _tie_parameters(layer)


def _tie_parameters(layer: nn.Module) -> None:
    for name, _ in list(layer.named_parameters(recurse=False)):
        parametrize.register_parametrization(layer, name, _Mirrored())


class TiedBatchNorm(nn.Module):
    """Batch normalization with the statistics of each channel and its partner taken together."""

    def __init__(self, norm: BatchNorm):
        super().__init__()
        self.norm = BatchNorm(norm.num_features // 2, eps=norm.eps, momentum=norm.momentum)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        if not self.training:
            return blank(self._normalize(x), mask)
        half = x.shape[1] // 2
        mask = None if mask is None else torch.cat([mask, mask])
        both = self.norm(torch.cat([x[:, :half], x[:, half:].flip(1)]), mask)
        return torch.cat([both[: x.shape[0]], both[x.shape[0] :].flip(1)], dim=1)

    def _normalize(self, x: torch.Tensor) -> torch.Tensor:
        """Normalize by the running statistics, those of a channel for its partner too."""
        norm = self.norm
        values = norm.running_mean, norm.running_var, norm.weight, norm.bias
        both = [torch.cat([value, value.flip(0)]) for value in values]
        return F.batch_norm(x, *both, eps=norm.eps)


class SymmetricPool(nn.Module):
    """Pooling whose windows are laid from both ends, where they leave a rest."""

    def __init__(self, pool: Pool):
        super().__init__()
        self.pool = pool

    def length_out(self, length: int) -> int:
        return self.pool.length_out(length)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None):
        pooled, pooled_mask = self.pool(x, mask)
        if mask is None and x.shape[-1] % self.pool.window == 0:
            return pooled, pooled_mask
        other, other_mask = self.pool(turn_spans(x, mask), mask)
        return (pooled + turn_spans(other, other_mask)) / 2, pooled_mask
