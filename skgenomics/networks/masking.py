"""Which positions are real, where padding stands in front of or behind a sequence."""

from __future__ import annotations

import torch


def real_span(x: torch.Tensor) -> torch.Tensor | None:
    """Tell real positions from padding.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length)
        One-hot sequences; zeros where a letter is unknown and in the padding.

    Returns
    -------
    Tensor of bool of shape (batch, length), or None
        True from the first known letter of a sequence to its last one; None if that is everywhere.
    """
    known = x.any(dim=1)
    if bool((known[:, 0] & known[:, -1]).all()):
        return None
    from_start = known.cummax(dim=1).values
    from_end = known.flip(1).cummax(dim=1).values.flip(1)
    return from_start & from_end


def blank(x: torch.Tensor, mask: torch.Tensor | None, value: float = 0.0) -> torch.Tensor:
    """Set padding to a value.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, ..., length)
    mask : Tensor of bool of shape (batch, length), or None
    """
    if mask is None:
        return x
    return x.masked_fill(~mask.view(len(mask), *(1,) * (x.dim() - 2), -1), value)


def span_after_window(
    mask: torch.Tensor | None, length_out: int, shift: int = 0
) -> torch.Tensor | None:
    """Mask of what a window that slides over the real positions gives, as if there were no padding.

    Parameters
    ----------
    mask : Tensor of bool of shape (batch, length), or None
    length_out : int
        Length of the result.
    shift : int
        How many more (fewer, if negative) positions come out than go in: the zeros that are put
        around a sequence, less the reach of the window.
    """
    if mask is None:
        return None
    length = mask.shape[1]
    first = mask.int().argmax(dim=1, keepdim=True)
    last = length - 1 - mask.flip(1).int().argmax(dim=1, keepdim=True)
    places = torch.arange(length_out, device=mask.device)
    return (places >= first) & (places <= last + shift) & mask.any(dim=1, keepdim=True)
