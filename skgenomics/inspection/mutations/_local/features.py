"""Rules for what becomes of all positions of a sequence together."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.inspection.mutations._local.maps import Base, Edited, EditedMaps, rule

# Weights of each edit are put together where they are this few; else edits go by their places.
_FEW_WEIGHTS = 1024


class EditedFeatures(Edited):
    """Features of edited sequences side by side, among them maps with all their positions.

    Parameters
    ----------
    parts : list of Tensor, EditedMaps or EditedFeatures
        Features of shape (n_edits, n), and maps that are flattened channel by channel.
    """

    def __init__(self, parts: list):
        self.parts = []
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
        return _linear_by_position(x, weight, bias)
    if not isinstance(x, EditedFeatures):
        return NotImplemented
    pieces = weight.split([part.shape[1:].numel() for part in x.parts], dim=1)
    result = 0 if bias is None else bias
    for place, (part, piece) in enumerate(zip(x.parts, pieces, strict=True)):
        is_maps = isinstance(part, EditedMaps)
        result = result + (_weigh(part, piece, weight, place) if is_maps else F.linear(part, piece))
    return result


def _linear_by_position(x: EditedMaps, weight, bias):
    if x.axis(-1) != "c":
        return NotImplemented
    base = x.base.recall(
        ("linear", weight, bias), lambda: Base(F.linear(x.base.maps, weight, bias))
    )
    return x.like(base, change=F.linear(x.change, weight))


def _weigh(x: EditedMaps, piece: torch.Tensor, weight: torch.Tensor, place: int) -> torch.Tensor:
    """A linear layer over all positions: that of the original, and what the change adds."""
    maps, windows = x.base.maps, x.windows
    by_position = x.base.recall(
        ("by position", weight, place),
        lambda: piece.view(len(piece), x.n_channels, windows.length).permute(2, 1, 0).contiguous(),
    )
    base = x.base.recall(
        ("flat", weight, place), lambda: maps.flatten(1) @ by_position.flatten(0, 1)
    )
    return base.index_select(0, windows.rows) + _weigh_change(x, by_position)


def _weigh_change(x: EditedMaps, weight: torch.Tensor) -> torch.Tensor:
    """Change times weights (length, channels, outputs) of its positions, shape (n, outputs)."""
    change, windows = x.change, x.windows
    n, width, n_channels = change.shape
    n_outputs = weight.shape[-1]
    if width * n_channels * n_outputs <= _FEW_WEIGHTS:
        wanted = weight[windows.positions].view(n, width * n_channels, n_outputs)
        return (change.reshape(n, 1, -1) @ wanted).squeeze(1)
    order = windows.start.argsort(stable=True)
    starts, counts = windows.start[order].unique_consecutive(return_counts=True)
    sorted_change, parts = change[order], []
    edits = sorted_change.split(counts.tolist())
    for start, group in zip(starts.tolist(), edits, strict=True):
        first, last = max(start, 0), max(min(start + width, windows.length), max(start, 0))
        inside = group[:, first - start : last - start].flatten(1)
        parts.append(inside @ weight[first:last].flatten(0, 1))
    result = change.new_empty(n, n_outputs)
    result[order] = torch.cat(parts)
    return result


@rule("mean", "sum")
def _sum(function, x, dim=None, keepdim=False, **kwargs):
    if kwargs or not _goes_over_positions(x, dim):
        return NotImplemented
    base = x.base.recall(("sum",), lambda: x.base.maps.sum(dim=1))
    sums = base.index_select(0, x.windows.rows) + x.change.sum(dim=1)
    if function.__name__ == "mean":
        sums = sums / x.windows.length
    return _reduced(x, sums, keepdim)


@rule("amax")
def _amax(function, x, dim=(), keepdim=False):
    return _highest(x, keepdim) if _goes_over_positions(x, dim) else NotImplemented


@rule("adaptive_max_pool1d", "adaptive_max_pool2d")
def _adaptive_max(function, x, size, return_indices=False):
    is_one = size in (1, (1,), (1, 1), [1], [1, 1])
    if return_indices or not is_one or not isinstance(x, EditedMaps) or x.axis(-1) != "l":
        return NotImplemented
    return _highest(x, True)


@rule("adaptive_avg_pool1d")
def _adaptive_mean(function, x, size):
    """Means of bins, by the share of each position in them."""
    size = size[0] if isinstance(size, tuple | list) else size
    if not isinstance(x, EditedMaps) or x.axes != "ncl":
        return NotImplemented
    length, device = x.windows.length, x.device
    shares = F.adaptive_avg_pool1d(torch.eye(length, dtype=x.dtype, device=device), size)
    base = x.base.recall(("bins", size), lambda: function(x.base.maps.transpose(1, 2), size))
    added = x.change.transpose(1, 2) @ shares[x.windows.positions]
    return base.index_select(0, x.windows.rows) + added


def _highest(x: EditedMaps, keepdim: bool) -> torch.Tensor:
    """The largest value of all positions: in the window, ahead of it, or behind it."""
    windows, values = x.windows, x.values
    if windows.outside is not None:
        values = values.masked_fill(windows.outside[..., None], -torch.inf)
    ahead, behind = (
        x.base.recall(("highest", turned), lambda turned=turned: _running_max(x.base, turned))
        for turned in (False, True)
    )
    start = windows.start.clamp(0, windows.length)
    rest = windows.length - (windows.start + windows.width).clamp(0, windows.length)
    shift = windows.rows * (windows.length + 1)
    highest = values.amax(dim=1)
    for running, places in ((ahead, start), (behind, rest)):
        highest = torch.maximum(highest, running.index_select(0, shift + places))
    return _reduced(x, highest, keepdim)


def _running_max(base: Base, turned: bool) -> torch.Tensor:
    """Largest value of the first (or last) 0, 1, ... positions, all sequences end to end."""
    maps = base.maps.flip(1) if turned else base.maps
    nothing = maps.new_full((len(maps), 1, maps.shape[2]), -torch.inf)
    return torch.cat([nothing, maps.cummax(dim=1).values], dim=1).flatten(0, 1)


def _goes_over_positions(x, dim) -> bool:
    if not isinstance(x, EditedMaps):
        return False
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    if None in dims or not dims:
        return False
    axes = "".join(x.axis(d) for d in dims)
    return axes.replace("1", "") == "l"


def _reduced(x: EditedMaps, features: torch.Tensor, keepdim: bool) -> torch.Tensor:
    """Features (n, channels) with what is left of the axes."""
    sizes = [1 if axis == "l" else size for axis, size in zip(x.axes, x.shape, strict=True)]
    features = features.view(sizes)
    return features if keepdim else features.squeeze(x.axes.index("l"))
