"""Masks of real positions, where a sequence is padded in front or behind.

A mask has the shape (batch, length) and is True at real positions; None stands for no padding. It
is an input of a network beside the one-hot sequences, since these are zeros at unknown bases too,
which are real. Only token ids have a padding of their own, 0.
No branch depends on the values of a mask while a network is compiled or exported, and sizes are
taken from ``shape``, since ``len`` fixes the size of the batch in an exported graph.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

import torch
from torch import nn


def find_mask(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor | None:
    """Return a given mask; for token ids without one, find the tokens that are not padding.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
        One-hot sequences or signals; or token ids, of which 0 is padding.
    mask : Tensor of bool of shape (batch, length), or None
        Real positions.

    Returns
    -------
    Tensor of bool of shape (batch, length), or None
        Real positions; None if no position is padding.
    """
    return x != 0 if mask is None and not torch.is_floating_point(x) else mask


def move_to_start(
    x: torch.Tensor, mask: torch.Tensor | None, minimum: int = 1
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Move the real positions of each sequence to the start, and crop common padding.

    Pooling windows then do not depend on the padding in front of a sequence.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length), or (batch, length)
        Sequences or token ids.
    mask : Tensor of bool of shape (batch, length), or None
        Real positions.
    minimum : int, default=1
        Number of positions to keep at least, if there are that many.

    Returns
    -------
    x : Tensor of shape (batch, channels, n_kept), or (batch, n_kept)
        Sequences with padding behind them only.
    mask : Tensor of bool of shape (batch, n_kept), or None
        Real positions.
    """
    if mask is None:
        return x, mask
    length = mask.shape[1]
    first = mask.int().argmax(dim=1, keepdim=True)
    n_real = mask.sum(dim=1, keepdim=True)
    n_kept = length
    # Cropping saves time only. It makes shapes depend on values, which no graph can hold.
    if not torch.compiler.is_compiling():
        n_kept = min(max(int(n_real.max()), minimum), length)
    positions = torch.arange(n_kept, device=mask.device)
    sources = (positions + first).clamp(max=length - 1)
    index = sources if x.dim() == 2 else sources[:, None].expand(-1, x.shape[1], -1)
    mask = positions < n_real
    return blank(x.gather(-1, index), mask), mask


def turn_spans(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Reverse the order of the real positions of each sequence.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, ..., length)
        Sequences or feature maps.
    mask : Tensor of bool of shape (batch, length), or None
        Real positions, which are contiguous in each sequence.

    Returns
    -------
    Tensor of the shape of `x`
        Padding stays where it is.
    """
    if mask is None:
        return x.flip(-1)
    length = mask.shape[1]
    positions = torch.arange(length, device=mask.device)
    first = mask.int().argmax(dim=1, keepdim=True)
    ends = first + mask.sum(dim=1, keepdim=True) - 1
    index = torch.where(mask, first + ends - positions, positions)
    return x.gather(-1, index.view(x.shape[0], *(1,) * (x.dim() - 2), length).expand_as(x))


def blank(x: torch.Tensor, mask: torch.Tensor | None, value: float = 0.0) -> torch.Tensor:
    """Set padding to a value.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, ..., length)
        Sequences or feature maps.
    mask : Tensor of bool of shape (batch, length), or None
        Real positions.
    value : float, default=0.0
        Value at padding.

    Returns
    -------
    Tensor of the shape of `x`
    """
    if mask is None:
        return x
    return x.masked_fill(~mask.view(mask.shape[0], *(1,) * (x.dim() - 2), -1), value)


def span_after_window(
    mask: torch.Tensor | None, length_out: int, shift: int = 0
) -> torch.Tensor | None:
    """Compute the mask behind a sliding window, as if each sequence had no padding.

    Parameters
    ----------
    mask : Tensor of bool of shape (batch, length), or None
        Real positions ahead of the window.
    length_out : int
        Number of positions of the result.
    shift : int, default=0
        Number of positions by which the window lengthens a sequence (shortens it if negative): the
        number of zeros around it, minus the width of the window, plus one.

    Returns
    -------
    Tensor of bool of shape (batch, length_out), or None
    """
    if mask is None:
        return None
    length = mask.shape[1]
    first = mask.int().argmax(dim=1, keepdim=True)
    last = length - 1 - mask.flip(1).int().argmax(dim=1, keepdim=True)
    positions = torch.arange(length_out, device=mask.device)
    return (positions >= first) & (positions <= last + shift) & mask.any(dim=1, keepdim=True)


def takes_mask(module: nn.Module) -> bool:
    """Tell if a module takes a mask of real positions beside the sequences.

    Parameters
    ----------
    module : torch.nn.Module
        A network, or another module that reads sequences.

    Returns
    -------
    bool
        True if ``forward`` has a parameter ``mask``.
    """
    return _has_mask(type(module))  # type: ignore[arg-type]  # mypy takes classes for unhashable


@lru_cache
def _has_mask(module_class: Any) -> bool:
    return "mask" in inspect.signature(module_class.forward).parameters
