"""Rules for convolutions and pooling windows."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.inspection.mutations._local.maps import (
    Base,
    EditedMaps,
    blank_outside,
    is_wide,
    rule,
)
from skgenomics.inspection.mutations._local.windows import Windows

# Up to this width the products of all taps are made at once, and added up afterwards.
_NARROW = 32


@rule("conv1d", "conv2d")
def _convolve(function, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A convolution of the change, which is what the change does to the result."""
    if not isinstance(x, EditedMaps) or x.axes != ("ncl" if weight.dim() == 3 else "nc1l"):
        return NotImplemented
    if weight.dim() == 4 and weight.shape[2] != 1:
        return NotImplemented
    if groups != 1 or _along(stride) != 1 or not _stays_flat(padding):
        return NotImplemented
    n_taps, step = weight.shape[-1], _along(dilation)
    reach = step * (n_taps - 1)
    left = _n_zeros(padding, reach)
    x.tally.count(min(x.windows.width, _NARROW) * weight.shape[0] * n_taps)
    if is_wide(x.windows.move(0, x.windows.width + reach, x.windows.length)):
        return NotImplemented
    taps = x.base.recall(("taps", weight), lambda: _order_taps(weight))
    base = x.base.recall(
        ("conv", weight, bias, padding, step),
        lambda: Base(_convolve_base(function, x, weight, bias, padding=padding, dilation=dilation)),
    )
    windows = x.windows.move(left - reach, x.windows.width + reach, base.maps.shape[1])
    change = blank_outside(_spread(x.change, taps, step), windows)
    return x.like(base, windows=windows, change=change)


def _convolve_base(function, x: EditedMaps, weight, bias, **settings) -> torch.Tensor:
    maps = x.base.maps.transpose(1, 2)
    if weight.dim() == 3:
        return function(maps, weight, bias, **settings).transpose(1, 2)
    maps = function(maps.unsqueeze(2), weight, bias, **settings)
    return maps.squeeze(2).transpose(1, 2)


def _order_taps(weight: torch.Tensor) -> torch.Tensor:
    """Weights as a matrix (channels, taps, filters), the last tap first."""
    weight = weight if weight.dim() == 3 else weight.squeeze(2)
    return weight.permute(1, 2, 0).flip(1).contiguous()


def _spread(change: torch.Tensor, weight: torch.Tensor, step: int) -> torch.Tensor:
    """What each position of (n, width, channels) adds to the positions that see it."""
    n, width, n_channels = change.shape
    _, n_taps, n_filters = weight.shape
    result = change.new_zeros(n, width + step * (n_taps - 1), n_filters)
    if width > _NARROW:
        for i in range(n_taps):
            part = result[:, i * step : i * step + width]
            part.baddbmm_(change, weight[:, i].expand(n, -1, -1))
        return result
    parts = change.reshape(-1, n_channels) @ weight.flatten(1)
    parts = parts.view(n, width, n_taps, n_filters)
    if n_taps == 1:
        return parts.squeeze(2)
    if step == 1 and width < n_taps:
        if width == 1:
            return parts.squeeze(1)
        for i in range(width):
            result[:, i : i + n_taps] += parts[:, i]
        return result
    for i in range(n_taps):
        result[:, i * step : i * step + width] += parts[:, :, i]
    return result


def _along(setting) -> int:
    """A setting along the positions, which are the last axis."""
    return setting[-1] if isinstance(setting, tuple | list) else setting


def _stays_flat(padding) -> bool:
    """Whether no zeros are put around the axis of a single entry."""
    is_pair = isinstance(padding, tuple | list) and len(padding) == 2
    return isinstance(padding, str | int) or not is_pair or padding[0] == 0


def _n_zeros(padding, reach: int) -> int:
    """Zeros in front of a sequence."""
    if padding == "same":
        return reach // 2
    return 0 if padding == "valid" else _along(padding)


@rule("max_pool1d", "max_pool2d")
def _max_pool(function, x, size, stride=None, padding=0, dilation=1, ceil_mode=False, *args, **kw):
    if (
        args
        or any(kw.values())
        or _along(dilation) != 1
        or not _pools_plainly(x, size, stride, padding)
    ):
        return NotImplemented
    size = _along(size)
    if size == 1:
        return x
    base = _pool_base(x, "max", size, ceil_mode)
    windows = x.windows.pool(size, base.maps.shape[1])
    if is_wide(windows):
        return NotImplemented
    maps = _aligned(x, windows, size)
    outside = x.windows.place(windows.start * size, windows.width * size)
    blank_outside(maps, outside, -torch.inf)
    n, width, n_channels = maps.shape
    values = maps.view(n, width // size, size, n_channels).amax(dim=2)
    return x.like(base, windows=windows, values=values)


@rule("avg_pool1d", "avg_pool2d")
def _mean_pool(function, x, size, stride=None, padding=0, ceil_mode=False, *args, **kwargs):
    if args or kwargs or not _pools_plainly(x, size, stride, padding):
        return NotImplemented
    size = _along(size)
    if size == 1:
        return x
    base = _pool_base(x, "mean", size, ceil_mode)
    windows = x.windows.pool(size, base.maps.shape[1])
    if is_wide(windows):
        return NotImplemented
    n, n_channels = len(windows), x.n_channels
    maps = x.change.new_zeros(n, windows.width * size, n_channels)
    _put(maps, x.change, x.windows.start - windows.start * size)
    sums = maps.view(n, windows.width, size, n_channels).sum(dim=2)
    # An incomplete last window has fewer positions.
    n_inside = (x.windows.length - windows.positions * size).clamp(max=size)
    change = blank_outside(sums / n_inside[..., None], windows)
    return x.like(base, windows=windows, change=change)


def _pools_plainly(x, size, stride, padding) -> bool:
    """Whether windows lie side by side."""
    if not isinstance(x, EditedMaps) or x.axes not in ("ncl", "nc1l") or _along(padding) != 0:
        return False
    if stride not in (None, (), []) and _along(stride) != _along(size):
        return False
    return x.axes == "ncl" or (isinstance(size, tuple | list) and size[0] == 1)


def _pool_base(x: EditedMaps, kind: str, size: int, ceil_mode: bool) -> Base:
    pool = F.max_pool1d if kind == "max" else F.avg_pool1d
    return x.base.recall(
        (kind, size, ceil_mode),
        lambda: Base(pool(x.base.maps.transpose(1, 2), size, ceil_mode=ceil_mode).transpose(1, 2)),
    )


def _aligned(x: EditedMaps, windows: Windows, size: int) -> torch.Tensor:
    """Values in all positions of the pooling windows, shape (n, width, channels)."""
    start = windows.start * size
    fine = x.windows.place(start, windows.width * size)
    maps = x.base.flat.index_select(0, fine.index).view(len(fine), fine.width, -1)
    _put(maps, x.values, x.windows.start - start)
    return maps


def _put(maps: torch.Tensor, values: torch.Tensor, start: torch.Tensor) -> None:
    """Write values from a start in each row."""
    n, width, n_channels = values.shape
    places = torch.arange(width, device=values.device) + start[:, None]
    places = places + torch.arange(n, device=values.device)[:, None] * maps.shape[1]
    maps.view(-1, n_channels).index_copy_(0, places.flatten(), values.reshape(-1, n_channels))
