"""Rules for functions that combine all positions of a sequence into features."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.inspection.mutations._local.edited_maps import Base, Edited, EditedMaps, rule

# Up to this number of weights of an edit, those of all edits are gathered into one batched product;
# for more, edits are grouped by position.
_MAX_GATHERED_WEIGHTS = 1024


class EditedFeatures(Edited):
    """Features of edited sequences side by side, flattened feature maps among them.

    Parameters
    ----------
    parts : list of Tensor, EditedMaps or EditedFeatures
        Features of shape (n_edits, n_features), and feature maps that are flattened channel by
        channel.
    """

    def __init__(self, parts: list):
        self.parts: list = []
        for part in parts:
            self.parts += part.parts if isinstance(part, EditedFeatures) else [part]

    @property
    def shape(self) -> torch.Size:
        n_features = sum(part.shape[1:].numel() for part in self.parts)
        return torch.Size((len(self.parts[0]), n_features))

    @property
    def dtype(self) -> torch.dtype:
        return self.parts[0].dtype

    @property
    def device(self) -> torch.device:
        return self.parts[0].device

    def dense(self) -> torch.Tensor:
        tensors = [part.dense() if isinstance(part, Edited) else part for part in self.parts]
        return torch.cat([tensor.flatten(1) for tensor in tensors], dim=1)


@rule("linear")
def _linear(function, x, weight, bias=None):
    if isinstance(x, EditedMaps):
        return _linear_over_channels(x, weight, bias)
    if not isinstance(x, EditedFeatures):
        return NotImplemented
    # A linear layer of concatenated features is the sum of a layer of each part.
    pieces = weight.split([part.shape[1:].numel() for part in x.parts], dim=1)
    result = 0 if bias is None else bias
    for i, (part, piece) in enumerate(zip(x.parts, pieces, strict=True)):
        is_maps = isinstance(part, EditedMaps)
        result = result + (
            _linear_over_positions(part, piece, (weight, i)) if is_maps else F.linear(part, piece)
        )
    return result


def _linear_over_channels(x: EditedMaps, weight, bias):
    if x.axis(-1) != "c":
        return NotImplemented
    base = x.base.recall(
        ("linear", weight, bias), lambda: Base(F.linear(x.base.maps, weight, bias))
    )
    return x.like(base, change=F.linear(x.change, weight))


def _linear_over_positions(x: EditedMaps, piece: torch.Tensor, key: tuple) -> torch.Tensor:
    """Apply a linear layer to flattened feature maps: that of the original plus the change.

    `piece` is a new view in each batch; `key`, the whole weight and the number of
    the part, identifies it in the memory of the base.
    """
    maps, windows = x.base.maps, x.windows
    by_position = x.base.recall(
        ("by position", *key),
        lambda: piece.view(len(piece), x.n_channels, windows.length).permute(2, 1, 0).contiguous(),
    )
    base = x.base.recall(("flat", *key), lambda: maps.flatten(1) @ by_position.flatten(0, 1))
    return base.index_select(0, windows.rows) + _weighted_change(x, by_position)


def _weighted_change(x: EditedMaps, weight: torch.Tensor) -> torch.Tensor:
    """Multiply the change by the weights (length, channels, outputs) of its positions.

    Each edit needs the weights of its own window. Few of them are gathered for each edit; else
    edits that start at the same position, such as the three substitutions of a base in all
    sequences, share one product.

    Returns
    -------
    Tensor of shape (n_edits, outputs)
    """
    change, windows = x.change, x.windows
    n, width, n_channels = change.shape
    n_outputs = weight.shape[-1]
    if width * n_channels * n_outputs <= _MAX_GATHERED_WEIGHTS:
        # Positions outside are clipped to the ends, where the change is zero.
        gathered = weight[windows.positions].view(n, width * n_channels, n_outputs)
        return (change.reshape(n, 1, -1) @ gathered).squeeze(1)
    order = windows.start.argsort(stable=True)
    starts, counts = windows.start[order].unique_consecutive(return_counts=True)
    parts = []
    groups = change[order].split(counts.tolist())
    for start, group in zip(starts.tolist(), groups, strict=True):
        first, last = max(start, 0), max(min(start + width, windows.length), max(start, 0))
        inside = group[:, first - start : last - start].flatten(1)
        parts.append(inside @ weight[first:last].flatten(0, 1))
    result = change.new_empty(n, n_outputs)
    result[order] = torch.cat(parts)
    return result


@rule("mean", "sum")
def _sum(function, x, dim=None, keepdim=False, **kwargs):
    if kwargs or not _reduces_positions(x, dim):
        return NotImplemented
    base = x.base.recall(("sum",), lambda: x.base.maps.sum(dim=1))
    sums = base.index_select(0, x.windows.rows) + x.change.sum(dim=1)
    if function.__name__ == "mean":
        sums = sums / x.windows.length
    return _restore_axes(x, sums, keepdim)


@rule("amax")
def _amax(function, x, dim=(), keepdim=False):
    return _max_of_positions(x, keepdim) if _reduces_positions(x, dim) else NotImplemented


@rule("adaptive_max_pool1d", "adaptive_max_pool2d")
def _adaptive_max_pool(function, x, size, return_indices=False):
    is_one = size in (1, (1,), (1, 1), [1], [1, 1])
    if return_indices or not is_one or not isinstance(x, EditedMaps) or x.axis(-1) != "l":
        return NotImplemented
    return _max_of_positions(x, True)


@rule("adaptive_avg_pool1d")
def _adaptive_mean_pool(function, x, size):
    """Average bins: each position has a fixed weight in each bin, which the identity reveals."""
    size = size[0] if isinstance(size, tuple | list) else size
    if not isinstance(x, EditedMaps) or x.axes != "ncl":
        return NotImplemented
    length, device = x.windows.length, x.device
    weights = F.adaptive_avg_pool1d(torch.eye(length, dtype=x.dtype, device=device), size)
    base = x.base.recall(("bins", size), lambda: function(x.base.maps.transpose(1, 2), size))
    change = x.change.transpose(1, 2) @ weights[x.windows.positions]
    return base.index_select(0, x.windows.rows) + change


def _max_of_positions(x: EditedMaps, keepdim: bool) -> torch.Tensor:
    """Compute the maximum over all positions.

    A maximum cannot be updated by a change, since the original one may lie in the window. It is the
    largest of three: within the window, before it and after it. The last two are running maxima of
    the original sequences, computed once.
    """
    windows, values = x.windows, x.values
    if windows.outside is not None:
        values = values.masked_fill(windows.outside[..., None], -torch.inf)
    before, after = (
        x.base.recall(("running max", flip), lambda flip=flip: _running_max(x.base, flip))
        for flip in (False, True)
    )
    n_before = windows.start.clamp(0, windows.length)
    n_after = windows.length - (windows.start + windows.width).clamp(0, windows.length)
    row_start = windows.rows * (windows.length + 1)
    largest = values.amax(dim=1)
    for running, count in ((before, n_before), (after, n_after)):
        largest = torch.maximum(largest, running.index_select(0, row_start + count))
    return _restore_axes(x, largest, keepdim)


def _running_max(base: Base, flip: bool) -> torch.Tensor:
    """Compute the maximum of the first (or last) 0, 1, ..., length positions.

    Returns
    -------
    Tensor of shape (n * (length + 1), channels)
    """
    maps = base.maps.flip(1) if flip else base.maps
    of_none = maps.new_full((len(maps), 1, maps.shape[2]), -torch.inf)
    return torch.cat([of_none, maps.cummax(dim=1).values], dim=1).flatten(0, 1)


def _reduces_positions(x, dim) -> bool:
    """Return True if a reduction covers the positions and no other axis (but those of size one)."""
    if not isinstance(x, EditedMaps):
        return False
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    if None in dims or not dims:
        return False
    axes = "".join(x.axis(d) for d in dims)
    return axes.replace("1", "") == "l"


def _restore_axes(x: EditedMaps, features: torch.Tensor, keepdim: bool) -> torch.Tensor:
    """Give features (n_edits, channels) the axes that a reduction of positions leaves."""
    sizes = [1 if axis == "l" else size for axis, size in zip(x.axes, x.shape, strict=True)]
    features = features.view(sizes)
    return features if keepdim else features.squeeze(x.axes.index("l"))
