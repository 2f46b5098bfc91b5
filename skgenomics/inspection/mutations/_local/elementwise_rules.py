"""Rules for elementwise functions, normalization, and sums and products of feature maps."""

from __future__ import annotations

from collections.abc import Callable

import torch

from skgenomics.inspection.mutations._local.axis_rules import common_windows, widen
from skgenomics.inspection.mutations._local.edited_maps import Base, Edited, EditedMaps, rule

_ELEMENTWISE = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "threshold"),
    *("tanh", "sigmoid", "log_sigmoid", "softplus", "softsign", "hardtanh", "hardswish"),
    *("hardsigmoid", "hardshrink", "softshrink", "tanhshrink"),
    *("exp", "expm1", "log", "log1p", "sqrt", "square", "abs", "neg", "sin", "cos", "erf"),
    *("clamp", "clip", "pow", "float", "double"),
)


@rule(*_ELEMENTWISE)
def _apply_elementwise(function, x, *args, **kwargs):
    settings = (*args, *kwargs.values())
    if not isinstance(x, EditedMaps) or any(_is_tensor(value) for value in settings):
        return NotImplemented
    key = (function, *args, *kwargs.items())
    return _map_values(x, lambda maps: function(maps, *args, **kwargs), key)


@rule("prelu")
def _prelu(function, x, weight):
    if not isinstance(x, EditedMaps) or x.axes not in ("ncl", "nc1l"):
        return NotImplemented
    # Not torch's own function, which expects channels as the second axis.
    return _map_values(
        x, lambda maps: torch.where(maps > 0, maps, weight * maps), (function, weight)
    )


@rule("rrelu")
def _rrelu(function, x, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    if not isinstance(x, EditedMaps) or training:
        return NotImplemented
    return _map_values(
        x, lambda maps: function(maps, lower, upper, False), (function, lower, upper)
    )


@rule("batch_norm")
def _batch_norm(function, x, mean, var, weight=None, bias=None, training=False, *args, **kwargs):
    if not isinstance(x, EditedMaps) or x.axes not in ("ncl", "nc1l") or training or mean is None:
        return NotImplemented

    def normalize(maps):
        flat = maps.reshape(-1, maps.shape[-1])
        normalized = function(flat, mean, var, weight, bias, False, *args, **kwargs)
        return normalized.view(maps.shape)

    return _map_values(
        x, normalize, ("batch_norm", mean, var, weight, bias, *args, *kwargs.items())
    )


@rule("layer_norm")
def _layer_norm(function, x, shape, *args, **kwargs):
    if not isinstance(x, EditedMaps) or x.axis(-1) != "c" or len(shape) != 1:
        return NotImplemented
    key = ("layer_norm", *args, *kwargs.items())
    return _map_values(x, lambda maps: function(maps, shape, *args, **kwargs), key)


def _map_values(x: EditedMaps, function: Callable, key: tuple) -> EditedMaps:
    """Apply a function of single positions to the windows, and once to the originals."""
    base = x.base.recall(key, lambda: Base(function(x.base.maps)))
    return x.like(base, values=function(x.values))


@rule("add", "sub", "mul", "div", "true_divide", "truediv", "radd", "rsub", "rmul", "rtruediv")
def _combine(function, x, y, **kwargs):
    if kwargs:
        return NotImplemented
    if isinstance(x, EditedMaps) and isinstance(y, EditedMaps):
        return _combine_maps(function, x, y)
    if isinstance(x, EditedMaps):
        return _with_constant(x, y, function)
    if isinstance(y, EditedMaps):
        return _with_constant(y, x, lambda maps, constant: function(constant, maps))
    return NotImplemented


def _combine_maps(function: Callable, x: EditedMaps, y: EditedMaps):
    windows = common_windows([x, y]) if x.axes == y.axes else None
    if windows is None or x.n_channels != y.n_channels:
        return NotImplemented
    name = function.__name__.strip("_")
    base = x.base.recall((name, y.base), lambda: Base(function(x.base.maps, y.base.maps)))
    if name in ("add", "sub"):
        # Linear: the changes are added, and a residual connection needs no values.
        change = function(widen(x, windows), widen(y, windows))
        return x.like(base, windows=windows, change=change)
    x, y = (x.like(x.base, windows=windows, change=widen(x, windows)) for x in (x, y))
    if not (isinstance(x, EditedMaps) and isinstance(y, EditedMaps)):
        return NotImplemented
    return x.like(base, values=function(x.values, y.values))


@rule("masked_fill")
def _masked_fill(function, x, mask, value):
    if not isinstance(x, EditedMaps):
        return NotImplemented
    return _with_constant(x, mask, lambda maps, mask: maps.masked_fill(mask, value))


def _with_constant(x: EditedMaps, other, function: Callable):
    """Apply a function of feature maps and of a value that is the same for all edits."""
    if isinstance(other, Edited):
        return NotImplemented
    if not isinstance(other, torch.Tensor):
        return _map_values(x, lambda maps: function(maps, other), (function, other))
    table = _as_table(x, other)
    if table is None:
        return NotImplemented
    at_windows = table
    if len(table) > 1:
        at_windows = table[x.windows.positions]
    base = Base(function(x.base.maps, table))
    return x.like(base, values=function(x.values, at_windows))


def _as_table(x: EditedMaps, other: torch.Tensor) -> torch.Tensor | None:
    """Return a tensor as (1 or length, 1 or channels); None if it differs between edits."""
    if other.dim() > x.dim():
        return None
    other = other[(None,) * (x.dim() - other.dim())]
    if (
        any(size not in (1, whole) for size, whole in zip(other.shape, x.shape, strict=True))
        or not (other == other[:1]).all()
    ):
        return None
    dims = [dim for dim, axis in enumerate(x.axes) if axis in "lc"]
    table = other[0].reshape([other.shape[dim] for dim in dims])
    return table if x.axes.index("l") < x.axes.index("c") else table.T


def _is_tensor(value) -> bool:
    return isinstance(value, torch.Tensor | Edited)
