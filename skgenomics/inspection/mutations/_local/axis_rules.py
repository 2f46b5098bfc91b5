"""Rules for functions that reorder or slice axes, and for concatenation."""

from __future__ import annotations

import torch

from skgenomics.inspection.mutations._local.edited_maps import Base, EditedMaps, mask_outside, rule
from skgenomics.inspection.mutations._local.position_rules import EditedFeatures
from skgenomics.inspection.mutations._local.windows import Windows


@rule("is_floating_point")
def _is_floating_point(function, x):
    return x.dtype.is_floating_point


@rule("contiguous", "detach", "clone", "dropout", "dropout1d", "dropout2d", "alpha_dropout")
def _identity(function, x, *args, training=False, **kwargs):
    return NotImplemented if training else x


@rule("unsqueeze")
def _unsqueeze(function, x, dim):
    # Own networks run 1-D convolutions as 2-D ones of height one; no other use is common.
    if not isinstance(x, EditedMaps) or dim not in (2, -2) or x.axes != "ncl":
        return NotImplemented
    return x.view("nc1l") if dim == 2 else NotImplemented


@rule("squeeze")
def _squeeze(function, x, dim=None):
    if not isinstance(x, EditedMaps) or dim is None or x.axis(dim) != "1":
        return NotImplemented
    return x.view(x.axes.replace("1", ""))


@rule("transpose")
def _transpose(function, x, first, second):
    if not isinstance(x, EditedMaps):
        return NotImplemented
    axes = list(x.axes)
    axes[first], axes[second] = axes[second], axes[first]
    return x.view("".join(axes)) if axes[0] == "n" else NotImplemented


@rule("movedim")
def _movedim(function, x, source, destination):
    if not isinstance(x, EditedMaps) or not isinstance(source, int):
        return NotImplemented
    axes = list(x.axes)
    axis = axes.pop(source)
    axes.insert(destination % len(x.axes), axis)
    return x.view("".join(axes)) if axes[0] == "n" else NotImplemented


@rule("permute")
def _permute(function, x, *dims):
    if not isinstance(x, EditedMaps):
        return NotImplemented
    dims = dims[0] if len(dims) == 1 else dims
    axes = "".join(x.axes[dim] for dim in dims)
    return x.view(axes) if axes[0] == "n" else NotImplemented


@rule("flip")
def _flip(function, x, *dims):
    if not isinstance(x, EditedMaps) or len(dims) != 1:
        return NotImplemented
    (dim,) = dims if isinstance(dims[0], int) else dims[0]
    if x.axis(dim) == "c":
        base = x.base.recall(("flip c",), lambda: Base(x.base.maps.flip(2)))
        return x.like(base, change=x.change.flip(2))
    if x.axis(dim) == "l":
        base = x.base.recall(("flip l",), lambda: Base(x.base.maps.flip(1)))
        return x.like(base, windows=x.windows.flip(), change=x.change.flip(1))
    return NotImplemented


@rule("getitem")
def _getitem(function, x, index):
    """Take slices of positions or channels, lists of channels, or single positions."""
    if not isinstance(x, EditedMaps) or not isinstance(index, tuple):
        return NotImplemented
    if index[0] is Ellipsis:
        index = (slice(None),) * (x.dim() + 1 - len(index)) + index[1:]
    if len(index) > x.dim():
        return NotImplemented
    for axis, wanted in zip(x.axes, index, strict=False):
        if isinstance(wanted, slice) and wanted == slice(None):
            continue
        if axis == "c" and isinstance(wanted, slice | list):
            x = _take_channels(x, wanted)
        elif axis == "l" and isinstance(wanted, list) and x.axes == "ncl":
            return _take_listed_positions(x, wanted)
        elif axis == "l" and isinstance(wanted, slice) and wanted.step in (None, 1):
            x = _take_position_range(x, *wanted.indices(x.windows.length)[:2])
        else:
            return NotImplemented
        if not isinstance(x, EditedMaps):
            return NotImplemented
    return x


def _take_channels(x: EditedMaps, wanted) -> EditedMaps:
    base = x.base.recall(("channels", str(wanted)), lambda: Base(x.base.maps[..., wanted]))
    return x.like(base, change=x.change[..., wanted])


def _take_listed_positions(x: EditedMaps, positions: list[int]) -> torch.Tensor:
    """Take a few positions of all edits, shape (n_edits, channels, n_positions)."""
    maps = x.base.maps[:, positions].index_select(0, x.windows.rows)
    for i, position in enumerate(positions):
        offset = position % x.windows.length - x.windows.start
        rows = ((offset >= 0) & (offset < x.windows.width)).nonzero().squeeze(1)
        maps[rows, i] += x.change[rows, offset[rows]]
    return maps.transpose(1, 2)


def _take_position_range(x: EditedMaps, start: int, end: int) -> EditedMaps | None:
    if end <= start:
        return None
    base = x.base.recall(("positions", start, end), lambda: Base(x.base.maps[:, start:end]))
    windows = x.windows.shift(-start, x.windows.width, end - start)
    # Not `like`, which may return a dense tensor: `_getitem` may have further axes to index.
    return EditedMaps(
        base, windows, x.peak_memory, change=mask_outside(x.change.clone(), windows), axes=x.axes
    )


@rule("gather")
def _gather(function, x, dim, index):
    """Reorder positions, in the same way for all edits of single positions.

    Networks for padded sequences move the real positions to the front, or reverse them, like this.
    """
    if not isinstance(x, EditedMaps) or x.axis(dim) != "l" or x.windows.width > 1:
        return NotImplemented
    if x.axes != "ncl" or not (index == index[:1, :1]).all():
        return NotImplemented
    order = index[0, 0]
    is_edited = x.windows.start[:, None] == order
    if not (is_edited.sum(dim=1) == 1).all():
        return NotImplemented
    windows = x.windows.relocate(is_edited.int().argmax(dim=1))
    windows = windows.shift(0, 1, len(order))
    return x.like(Base(x.base.maps[:, order]), windows=windows, change=x.change)


@rule("cat", "concat", "concatenate")
def _concatenate(function, parts, dim=0):
    parts = list(parts)
    if all(isinstance(part, EditedMaps) for part in parts):
        has_same_axes = len({part.axes for part in parts}) == 1
        if has_same_axes and parts[0].axis(dim) == "c":
            return _concatenate_channels(parts)
        return NotImplemented
    is_flat = all(part.dim() == 2 for part in parts) and dim in (1, -1)
    if not is_flat or not any(isinstance(part, EditedFeatures) for part in parts):
        return NotImplemented
    return EditedFeatures(parts)


def _concatenate_channels(parts: list[EditedMaps]):
    windows = common_windows(parts)
    if windows is None:
        return NotImplemented
    bases = [part.base for part in parts]
    base = bases[0].recall(
        ("cat", *bases), lambda: Base(torch.cat([part.maps for part in bases], dim=2))
    )
    change = torch.cat([widen(part, windows) for part in parts], dim=2)
    return parts[0].like(base, windows=windows, change=change)


@rule("flatten")
def _flatten(function, x, start_dim=0, end_dim=-1):
    if not isinstance(x, EditedMaps) or start_dim != 1 or end_dim not in (-1, x.dim() - 1):
        return NotImplemented
    if x.axes not in ("ncl", "nc1l"):
        return NotImplemented
    return EditedFeatures([x.view("ncl")])


def common_windows(parts: list[EditedMaps]) -> Windows | None:
    """Return windows that cover those of all feature maps; None if offsets differ by edit."""
    windows: Windows | None = parts[0].windows
    for part in parts[1:]:
        windows = windows and windows.union(part.windows)
    return windows


def widen(x: EditedMaps, windows: Windows) -> torch.Tensor:
    """Pad the change with zeros to wider windows: nothing differs there."""
    before = x.windows.low - windows.low
    after = windows.width - before - x.windows.width
    if not before and not after:
        return x.change
    return torch.nn.functional.pad(x.change, (0, 0, before, after))
