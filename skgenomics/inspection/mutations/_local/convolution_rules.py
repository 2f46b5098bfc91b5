"""Rules for convolutions and pooling."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.inspection.mutations._local.edited_maps import (
    Base,
    EditedMaps,
    is_wide,
    mask_outside,
    rule,
)
from skgenomics.inspection.mutations._local.windows import Windows

# Up to this width one matrix product computes all taps of a kernel, which are added up afterwards.
# For wider windows that product would need kernel_size times the memory of the output.
_MAX_WIDTH_AT_ONCE = 32


@rule("conv1d", "conv2d")
def _convolve(function, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolve the change: ``conv(x + d) - conv(x) = conv(d)`` without the bias."""
    if not isinstance(x, EditedMaps) or x.axes != ("ncl" if weight.dim() == 3 else "nc1l"):
        return NotImplemented
    if weight.dim() == 4 and weight.shape[2] != 1:
        return NotImplemented
    if groups != 1 or _last(stride) != 1 or not _pads_positions_only(padding):
        return NotImplemented
    n_taps, step = weight.shape[-1], _last(dilation)
    reach = step * (n_taps - 1)
    left = _n_zeros_before(padding, reach)
    x.peak_memory.count(min(x.windows.width, _MAX_WIDTH_AT_ONCE) * weight.shape[0] * n_taps)
    if is_wide(x.windows.shift(0, x.windows.width + reach, x.windows.length)):
        return NotImplemented
    taps = x.base.recall(("taps", weight), lambda: _reversed_taps(weight))
    base = x.base.recall(
        ("conv", weight, bias, padding, step),
        lambda: Base(_convolve_base(function, x, weight, bias, padding=padding, dilation=dilation)),
    )
    # Output i reads inputs i - left ... i - left + reach, so that input j is read by the outputs
    # j + left - reach ... j + left.
    windows = x.windows.shift(left - reach, x.windows.width + reach, base.maps.shape[1])
    change = mask_outside(_scatter(x.change, taps, step), windows)
    return x.like(base, windows=windows, change=change)


def _convolve_base(function, x: EditedMaps, weight, bias, **settings) -> torch.Tensor:
    maps = x.base.maps.transpose(1, 2)
    if weight.dim() == 3:
        return function(maps, weight, bias, **settings).transpose(1, 2)
    maps = function(maps.unsqueeze(2), weight, bias, **settings)
    return maps.squeeze(2).transpose(1, 2)


def _reversed_taps(weight: torch.Tensor) -> torch.Tensor:
    """Arrange a kernel as (channels, taps, filters), the last tap first.

    The first output that reads a position does so with its last tap.
    """
    weight = weight if weight.dim() == 3 else weight.squeeze(2)
    return weight.permute(1, 2, 0).flip(1).contiguous()


def _scatter(change: torch.Tensor, taps: torch.Tensor, step: int) -> torch.Tensor:
    """Add the contribution of each changed position to all outputs that read it.

    This is a full convolution, (n, width, channels) to (n, width + step * (n_taps - 1), filters),
    as matrix products: torch's convolutions are slow for many inputs of a few positions.
    """
    n, width, n_channels = change.shape
    _, n_taps, n_filters = taps.shape
    result = change.new_zeros(n, width + step * (n_taps - 1), n_filters)
    if width > _MAX_WIDTH_AT_ONCE:
        for i in range(n_taps):
            part = result[:, i * step : i * step + width]
            part.baddbmm_(change, taps[:, i].expand(n, -1, -1))
        return result
    parts = change.reshape(-1, n_channels) @ taps.flatten(1)
    parts = parts.view(n, width, n_taps, n_filters)
    if n_taps == 1:
        return parts.squeeze(2)
    if step == 1 and width < n_taps:
        # Fewer additions position by position than tap by tap. A single position (a substitution
        # in the first layer) needs none at all.
        if width == 1:
            return parts.squeeze(1)
        for i in range(width):
            result[:, i : i + n_taps] += parts[:, i]
        return result
    for i in range(n_taps):
        result[:, i * step : i * step + width] += parts[:, :, i]
    return result


def _last(setting) -> int:
    """Return a setting for the position axis, which is the last one."""
    return setting[-1] if isinstance(setting, tuple | list) else setting


def _pads_positions_only(padding) -> bool:
    """Return False if padding would lengthen the axis of size one of a 2-D convolution."""
    is_pair = isinstance(padding, tuple | list) and len(padding) == 2
    return isinstance(padding, str | int) or not is_pair or padding[0] == 0


def _n_zeros_before(padding, reach: int) -> int:
    if padding == "same":
        return reach // 2
    return 0 if padding == "valid" else _last(padding)


@rule("max_pool1d", "max_pool2d")
def _max_pool(function, x, size, stride=None, padding=0, dilation=1, ceil_mode=False, *args, **kw):
    if (
        args
        or any(kw.values())
        or _last(dilation) != 1
        or not _is_plain_pooling(x, size, stride, padding)
    ):
        return NotImplemented
    size = _last(size)
    if size == 1:
        return x
    base = _pool_base(x, "max", size, ceil_mode)
    windows = x.windows.pool(size, base.maps.shape[1])
    if is_wide(windows):
        return NotImplemented
    maps = _values_in_bins(x, windows, size)
    outside = x.windows.relocate(windows.start * size, windows.width * size)
    mask_outside(maps, outside, -torch.inf)
    n, width, n_channels = maps.shape
    values = maps.view(n, width // size, size, n_channels).amax(dim=2)
    return x.like(base, windows=windows, values=values)


@rule("avg_pool1d", "avg_pool2d")
def _mean_pool(function, x, size, stride=None, padding=0, ceil_mode=False, *args, **kwargs):
    if args or kwargs or not _is_plain_pooling(x, size, stride, padding):
        return NotImplemented
    size = _last(size)
    if size == 1:
        return x
    base = _pool_base(x, "mean", size, ceil_mode)
    windows = x.windows.pool(size, base.maps.shape[1])
    if is_wide(windows):
        return NotImplemented
    n, n_channels = len(windows), x.n_channels
    # Means are linear: the change is averaged, and zero elsewhere in the bins.
    maps = x.change.new_zeros(n, windows.width * size, n_channels)
    _write(maps, x.change, x.windows.start - windows.start * size)
    sums = maps.view(n, windows.width, size, n_channels).sum(dim=2)
    # With ceil_mode the last bin may be incomplete.
    n_inside = (x.windows.length - windows.positions * size).clamp(max=size)
    change = mask_outside(sums / n_inside[..., None], windows)
    return x.like(base, windows=windows, change=change)


def _is_plain_pooling(x, size, stride, padding) -> bool:
    """Return True for pooling of positions into adjacent bins that do not overlap."""
    if not isinstance(x, EditedMaps) or x.axes not in ("ncl", "nc1l") or _last(padding) != 0:
        return False
    if stride not in (None, (), []) and _last(stride) != _last(size):
        return False
    return x.axes == "ncl" or (isinstance(size, tuple | list) and size[0] == 1)


def _pool_base(x: EditedMaps, kind: str, size: int, ceil_mode: bool) -> Base:
    pool = F.max_pool1d if kind == "max" else F.avg_pool1d
    return x.base.recall(
        (kind, size, ceil_mode),
        lambda: Base(pool(x.base.maps.transpose(1, 2), size, ceil_mode=ceil_mode).transpose(1, 2)),
    )


def _values_in_bins(x: EditedMaps, windows: Windows, size: int) -> torch.Tensor:
    """Gather the values of all positions of the bins, shape (n, width * size, channels)."""
    start = windows.start * size
    unpooled = x.windows.relocate(start, windows.width * size)
    maps = x.base.flat.index_select(0, unpooled.index).view(len(unpooled), unpooled.width, -1)
    _write(maps, x.values, x.windows.start - start)
    return maps


def _write(maps: torch.Tensor, values: torch.Tensor, start: torch.Tensor) -> None:
    """Write values (n, width, channels) into each row of `maps` from its own start."""
    n, width, n_channels = values.shape
    columns = torch.arange(width, device=values.device) + start[:, None]
    index = columns + torch.arange(n, device=values.device)[:, None] * maps.shape[1]
    maps.view(-1, n_channels).index_copy_(0, index.flatten(), values.reshape(-1, n_channels))
