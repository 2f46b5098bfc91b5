"""RC-equivariant layers, which share weights between the two strands (Shrikumar et al., 2017).

Channels are ordered such that the reverse complement of a sequence, or of a feature map, is the
same tensor with the order of channels and of positions reversed.  A convolution commutes with this
operation if its weights do not change when output channels, input channels and positions are all
reversed.  Half of the output channels then determine the other half, so that only one half is
stored: channel i reads the forward strand as channel n - 1 - i reads the reverse strand.
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
    """Reorder channels such that reversing their order complements them.

    Parameters
    ----------
    complement : tuple of int
        Complementary channel of each channel.

    Raises
    ------
    ValueError
        If several channels are their own complements.
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
        """Reorder the channels of (batch, channels, length)."""
        return x[:, self.order]


def split_strands(maps: torch.Tensor, mask: torch.Tensor | None, turn: Callable):
    """Split an equivariant feature map into those of either strand, from 5' to 3'.

    Parameters
    ----------
    maps : Tensor of shape (batch, channels, length)
        Feature map of an equivariant trunk.
    mask : Tensor of bool of shape (batch, length), or None
        Real positions.
    turn : callable
        Reverses positions: of each sequence within its padding
        (:func:`~skgenomics.networks._padding.turn_spans`), or of the whole row
        (:func:`turn_rows`).

    Returns
    -------
    forward, reverse : tuple of Tensor and mask
        Feature map of shape (batch, channels / 2, length) of each strand, with its mask.

    Raises
    ------
    ValueError
        If the number of channels is odd.
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
    """Make the layers of a module RC-equivariant; the module itself is modified.

    Raises
    ------
    ValueError
        If a layer has an odd number of outputs, or a kernel of even width.
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
    """Parametrization of a tensor that does not change when all its axes are reversed."""

    def forward(self, half: torch.Tensor) -> torch.Tensor:
        return torch.cat([half, half.flip(*range(half.dim()))])

    def right_inverse(self, whole: torch.Tensor) -> torch.Tensor:
        return whole[: len(whole) // 2].clone()


def _tie_weights(layer: nn.Conv1d | nn.Conv2d | nn.Linear) -> None:
    if len(layer.weight) % 2:
        raise ValueError(
            f"a layer has {len(layer.weight)} outputs, but sharing weights between strands "
            "needs an even number; choose even n_filters and other sizes"
        )
    if (
        isinstance(layer, nn.Conv1d | nn.Conv2d)
        and layer.padding == "same"
        and layer.kernel_size[-1] % 2 == 0
    ):
        raise ValueError(
            f"kernel_size={layer.kernel_size[-1]} with padding='same' has no middle, but sharing "
            "weights between strands needs one; choose odd kernels"
        )
    _tie_parameters(layer)


def _tie_parameters(layer: nn.Module) -> None:
    for name, _ in list(layer.named_parameters(recurse=False)):
        parametrize.register_parametrization(layer, name, _Mirrored())


class TiedBatchNorm(nn.Module):
    """Batch normalization with shared statistics of each channel and its complement."""

    def __init__(self, norm: BatchNorm):
        super().__init__()
        self.norm = BatchNorm(norm.num_features // 2, eps=norm.eps, momentum=norm.momentum)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Normalize feature maps; padding is left out of the statistics."""
        if not self.training:
            return blank(self._normalize(x), mask)
        # Both halves of the channels become one batch of twice the size.
        half = x.shape[1] // 2
        mask = None if mask is None else torch.cat([mask, mask])
        both = self.norm(torch.cat([x[:, :half], x[:, half:].flip(1)]), mask)
        return torch.cat([both[: x.shape[0]], both[x.shape[0] :].flip(1)], dim=1)

    def _normalize(self, x: torch.Tensor) -> torch.Tensor:
        """Normalize by the running statistics, which a channel shares with its complement."""
        norm = self.norm
        values = norm.running_mean, norm.running_var, norm.weight, norm.bias
        both = [torch.cat([value, value.flip(0)]) for value in values if value is not None]
        return F.batch_norm(x, both[0], both[1], both[2], both[3], eps=norm.eps)


class SymmetricPool(nn.Module):
    """Pooling that is symmetric even if the windows do not divide the length.

    The results of windows that start at either end are then averaged.
    """

    def __init__(self, pool: Pool):
        super().__init__()
        self.pool = pool

    def length_out(self, length: int) -> int:
        """Return the number of windows in a sequence of some length."""
        return self.pool.length_out(length)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None):
        """Pool feature maps and their mask."""
        pooled, pooled_mask = self.pool(x, mask)
        if mask is None and x.shape[-1] % self.pool.window == 0:
            return pooled, pooled_mask
        other, other_mask = self.pool(turn_spans(x, mask), mask)
        return (pooled + turn_spans(other, other_mask)) / 2, pooled_mask
