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
    # Most batches have no padding, and two positions tell so.
    if bool(x[..., [0, -1]].any(dim=1).all()):
        return None
    known = x.any(dim=1)
    from_start = known.cummax(dim=1).values
    from_end = known.flip(1).cummax(dim=1).values.flip(1)
    return from_start & from_end


def move_to_start(
    x: torch.Tensor, mask: torch.Tensor | None, least: int = 1
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Move the real positions of each sequence to the start, and leave common padding out.

    What windows see of a sequence does then not depend on the padding around it.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length), or (batch, length)
    mask : Tensor of bool of shape (batch, length), or None
    least : int
        Positions to keep at the least, up to all that there are.
    """
    if mask is None or not mask.any():
        return x, mask
    length = mask.shape[1]
    first = mask.int().argmax(dim=1, keepdim=True)
    n_real = mask.sum(dim=1, keepdim=True)
    n_kept = min(max(int(n_real.max()), least), length)
    places = torch.arange(n_kept, device=mask.device)
    sources = (places + first).clamp(max=length - 1)
    index = sources if x.dim() == 2 else sources[:, None].expand(-1, x.shape[1], -1)
    mask = places < n_real
    return blank(x.gather(-1, index), mask), mask


def turn_spans(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Reverse the order of the real positions of each sequence.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, ..., length)
    mask : Tensor of bool of shape (batch, length), or None
        Real positions, side by side in each row.
    """
    if mask is None:
        return x.flip(-1)
    length = mask.shape[1]
    places = torch.arange(length, device=mask.device)
    first = mask.int().argmax(dim=1, keepdim=True)
    ends = first + mask.sum(dim=1, keepdim=True) - 1
    index = torch.where(mask, first + ends - places, places)
    return x.gather(-1, index.view(len(x), *(1,) * (x.dim() - 2), length).expand_as(x))


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
