"""Rules for functions of each position by itself, and for sums and products of maps."""

from __future__ import annotations

from collections.abc import Callable

import torch

from skgenomics.inspection.mutations._local.maps import Base, Edited, EditedMaps, rule
from skgenomics.inspection.mutations._local.shapes import common_windows, widen

_ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish"),
    *("tanh", "sigmoid", "logsigmoid", "softplus", "softsign", "hardtanh", "hardswish"),
    *("hardsigmoid", "hardshrink", "softshrink", "tanhshrink"),
    *("exp", "expm1", "log", "log1p", "sqrt", "square", "abs", "neg", "sin", "cos", "erf"),
    *("clamp", "clip", "pow", "float", "double"),
)


@rule(*_ACTIVATIONS)
def _activate(function, x, *args, **kwargs):
    settings = (*args, *kwargs.values())
    if not isinstance(x, EditedMaps) or any(_is_tensor(value) for value in settings):
        return NotImplemented
    key = (function, *args, *kwargs.items())
    return _each(x, lambda maps: function(maps, *args, **kwargs), key)


@rule("batch_norm")
def _batch_norm(function, x, mean, var, weight=None, bias=None, training=False, *args, **kwargs):
    if not isinstance(x, EditedMaps) or x.axes not in ("ncl", "nc1l") or training or mean is None:
        return NotImplemented

    def normalize(maps):
        flat = maps.reshape(-1, maps.shape[-1])
        done = function(flat, mean, var, weight, bias, False, *args, **kwargs)
        return done.view(maps.shape)

    return _each(x, normalize, ("batch_norm", mean, var, weight, bias, *args, *kwargs.items()))


@rule("layer_norm")
def _layer_norm(function, x, shape, *args, **kwargs):
    if not isinstance(x, EditedMaps) or x.axis(-1) != "c" or len(shape) != 1:
        return NotImplemented
    key = ("layer_norm", *args, *kwargs.items())
    return _each(x, lambda maps: function(maps, shape, *args, **kwargs), key)


def _each(x: EditedMaps, function: Callable, key: tuple) -> EditedMaps:
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
    """A function of maps and of what is the same for all edits."""
    if isinstance(other, Edited):
        return NotImplemented
    if not isinstance(other, torch.Tensor):
        return _each(x, lambda maps: function(maps, other), (function, other))
    table = _as_table(x, other)
    if table is None:
        return NotImplemented
    at_windows = table
    if len(table) > 1:
        at_windows = table[x.windows.positions]
    base = Base(function(x.base.maps, table))
    return x.like(base, values=function(x.values, at_windows))


def _as_table(x: EditedMaps, other: torch.Tensor) -> torch.Tensor | None:
    """Values by position and channel, shape (1 or length, 1 or channels); None if rows differ."""
    if other.dim() > x.dim():
        return None
    other = other[(None,) * (x.dim() - other.dim())]
    if (
        any(size not in (1, whole) for size, whole in zip(other.shape, x.shape, strict=True))
        or not (other == other[:1]).all()
    ):
        return None
    places = [place for place, axis in enumerate(x.axes) if axis in "lc"]
    table = other[0].reshape([other.shape[place] for place in places])
    return table if x.axes.index("l") < x.axes.index("c") else table.T


def _is_tensor(value) -> bool:
    return isinstance(value, torch.Tensor | Edited)
