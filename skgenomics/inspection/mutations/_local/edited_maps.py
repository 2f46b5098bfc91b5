"""Feature maps of edited sequences, stored as differences from the original ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import torch

from skgenomics.inspection._dispatch import (
    UnsupportedOperationError,
    function_name,
    is_in_place,
)
from skgenomics.inspection.mutations._local.windows import Windows

# Windows that cover a larger fraction of a sequence cost as much as the whole sequence, since
# gathering them is slower per position.
_MAX_WINDOW_FRACTION = 0.6
# Channels that a dense tensor is counted with at least: the layers after it may widen it.
_MIN_CHANNELS = 64

# Rules by the name of the torch function, see `rule`.
RULES: dict[str, Callable] = {}


class Base:
    """Feature maps of the original sequences, with a memory of the outputs of layers.

    Parameters
    ----------
    maps : Tensor of shape (n, length, channels)
        Feature maps. Channels come last, so that a window is one contiguous block.
    """

    def __init__(self, maps: torch.Tensor):
        self.maps = maps.contiguous()
        self._memory: dict[Hashable, tuple] = {}

    @property
    def flat(self) -> torch.Tensor:
        """Positions of all sequences end to end, shape (n * length, channels)."""
        return self.maps.flatten(0, 1)

    def recall(self, key: tuple, compute: Callable):
        """Return the result of `compute`, from memory if it was computed for the same key before.

        All batches of edits of the same sequences share a base, so that a layer is applied to the
        original sequences once. Tensors in a key are compared by identity. The key itself is stored
        too: it keeps them alive, since the `id` of a collected tensor would be reused.
        """
        hashable = tuple(id(x) if isinstance(x, torch.Tensor | Base) else x for x in key)
        if hashable not in self._memory:
            self._memory[hashable] = compute(), key
        return self._memory[hashable][0]


def _operator(name: str) -> Callable:
    """Make an operator method that dispatches like the torch function of that name."""
    function = getattr(torch.Tensor, name)
    return lambda self, *args: call(function, (self, *args), {})


class Edited:
    """Stand-in for a tensor, which becomes that tensor where no rule applies."""

    def dense(self) -> torch.Tensor:
        """Compute the tensor."""
        raise NotImplementedError

    @property
    def shape(self) -> torch.Size:
        raise NotImplementedError

    def dim(self) -> int:
        return len(self.shape)

    ndim = property(dim)

    def size(self, dim: int | None = None):
        return self.shape if dim is None else self.shape[dim]

    def __len__(self) -> int:
        return self.shape[0]

    def __getattr__(self, name: str):
        """Dispatch methods of tensors, such as ``x.flatten(1)``."""
        if name.startswith("__"):
            # Protocols such as pickling and numpy's conversion must not be forwarded.
            raise AttributeError(name)
        function = getattr(torch.Tensor, name)
        if not callable(function):
            return getattr(self.dense(), name)
        return lambda *args, **kwargs: call(function, (self, *args), kwargs)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        """Dispatch functions of torch, such as ``F.conv1d(x, weight)``."""
        return call(function, args, kwargs or {})

    # Python looks operators up on the class and never asks __getattr__.
    __add__ = _operator("__add__")
    __radd__ = _operator("__radd__")
    __sub__ = _operator("__sub__")
    __rsub__ = _operator("__rsub__")
    __mul__ = _operator("__mul__")
    __rmul__ = _operator("__rmul__")
    __truediv__ = _operator("__truediv__")
    __rtruediv__ = _operator("__rtruediv__")
    __matmul__ = _operator("__matmul__")
    __rmatmul__ = _operator("__rmatmul__")
    __pow__ = _operator("__pow__")
    __neg__ = _operator("__neg__")
    __invert__ = _operator("__invert__")
    __getitem__ = _operator("__getitem__")
    __setitem__ = _operator("__setitem__")
    __lt__ = _operator("__lt__")
    __le__ = _operator("__le__")
    __gt__ = _operator("__gt__")
    __ge__ = _operator("__ge__")
    __eq__ = _operator("__eq__")
    __ne__ = _operator("__ne__")
    # A class that defines __eq__ is unhashable otherwise; tensors are hashed by identity too.
    __hash__ = object.__hash__


def call(function: Callable, args: tuple, kwargs: dict):
    """Apply a torch function to edited tensors: by its rule, or else to the full tensors."""
    name = function_name(function)
    if is_in_place(function) or name == "setitem" or kwargs.get("inplace"):
        # Edited maps share tensors with each other and with the base.
        raise UnsupportedOperationError(name)
    rule = RULES.get(name)
    if rule is not None:
        result = rule(function, *args, **kwargs)
        if result is not NotImplemented:
            return result
    return function(*_make_dense(args), **_make_dense(kwargs))


def _make_dense(value):
    if isinstance(value, Edited):
        return value.dense()
    if isinstance(value, tuple | list):
        return type(value)(map(_make_dense, value))
    if isinstance(value, dict):
        return {name: _make_dense(part) for name, part in value.items()}
    return value


class PeakMemory:
    """Number of elements of the largest intermediate tensor, for one edit."""

    def __init__(self):
        self.largest = 1

    def count(self, n: int) -> None:
        """Record a tensor of `n` elements."""
        self.largest = max(self.largest, n)


class EditedMaps(Edited):
    """Feature maps of many edited sequences.

    Parameters
    ----------
    base : Base
        Feature maps of the original sequences.
    windows : Windows
        Positions where each edit differs.
    peak_memory : PeakMemory
        Record of the size of tensors.
    values : Tensor of shape (n_edits, width, channels) or None, default=None
        Content of the windows; arbitrary past the ends of a sequence.
    change : Tensor of shape (n_edits, width, channels) or None, default=None
        Difference of `values` from the original; zero past the ends. Exactly one of `values` and
        `change` is passed, the other one is computed when it is needed.
    axes : str, default="ncl"
        Axes of the tensor that this stands for: edits "n", channels "c", positions "l", and "1" for
        an axis of size one. Reordering axes changes this string and moves no data.
    """

    def __init__(
        self,
        base: Base,
        windows: Windows,
        peak_memory: PeakMemory,
        *,
        values: torch.Tensor | None = None,
        change: torch.Tensor | None = None,
        axes: str = "ncl",
    ):
        self.base, self.windows, self.peak_memory, self.axes = base, windows, peak_memory, axes
        self._values, self._change = values, change
        self._dense: torch.Tensor | None = None
        stored = self.values if change is None else change
        peak_memory.count(stored.shape[1] * stored.shape[2])

    @property
    def n_channels(self) -> int:
        return self.base.maps.shape[2]

    @property
    def shape(self) -> torch.Size:
        sizes = {"n": len(self.windows), "c": self.n_channels, "l": self.windows.length, "1": 1}
        return torch.Size(sizes[axis] for axis in self.axes)

    @property
    def dtype(self) -> torch.dtype:
        return self.base.maps.dtype

    @property
    def device(self) -> torch.device:
        return self.base.maps.device

    @property
    def original(self) -> torch.Tensor:
        """Content of the windows in the original sequences."""
        maps = self.base.flat.index_select(0, self.windows.index)
        return maps.view(len(self.windows), self.windows.width, -1)

    @property
    def values(self) -> torch.Tensor:
        if self._values is None:
            # `original` is a fresh copy, so that adding to it saves an allocation.
            self._values = self.original.add_(self.change)
        return self._values

    @property
    def change(self) -> torch.Tensor:
        if self._change is None:
            self._change = mask_outside(self.values - self.original, self.windows)
        return self._change

    def axis(self, dim: int) -> str:
        """Return the meaning of an axis."""
        return self.axes[dim]

    def like(self, base, *, windows=None, values=None, change=None, axes=None):
        """Wrap the output of a layer; a dense tensor if the windows have become too wide."""
        windows, axes = windows or self.windows, axes or self.axes
        maps = EditedMaps(base, windows, self.peak_memory, values=values, change=change, axes=axes)
        # Windows that were not moved have passed this test before.
        return maps.dense() if windows is not self.windows and is_wide(windows) else maps

    def view(self, axes: str) -> EditedMaps:
        """Return the same feature maps with other axes."""
        maps = EditedMaps.__new__(EditedMaps)
        maps.__dict__.update(self.__dict__)
        maps.axes, maps._dense = axes, None
        return maps

    def dense(self) -> torch.Tensor:
        if self._dense is None:
            self.peak_memory.count(self.windows.length * max(self.n_channels, _MIN_CHANNELS))
            self._dense = self._permute(self._fill())
        return self._dense

    def _fill(self) -> torch.Tensor:
        """Copy the windows into the original feature maps, shape (n_edits, length, channels)."""
        windows, values = self.windows, self.values
        maps = self.base.maps.index_select(0, windows.rows)
        edits = torch.arange(len(windows), device=self.device)[:, None]
        index, values = (edits * windows.length + windows.positions).flatten(), values.flatten(0, 1)
        if windows.outside is not None:
            inside = ~windows.outside.flatten()
            index, values = index[inside], values[inside]
        maps.flatten(0, 1).index_copy_(0, index, values)
        return maps

    def _permute(self, maps: torch.Tensor) -> torch.Tensor:
        """Permute (n_edits, length, channels) to the order of `axes`."""
        stored = {"n": 0, "l": 1, "c": 2}
        maps = maps.permute([stored[axis] for axis in self.axes if axis != "1"])
        for dim, axis in enumerate(self.axes):
            maps = maps.unsqueeze(dim) if axis == "1" else maps
        return maps


def is_wide(windows: Windows) -> bool:
    """Return True if windows are so wide that the whole sequence is no more expensive."""
    return windows.width > _MAX_WINDOW_FRACTION * windows.length


def mask_outside(maps: torch.Tensor, windows: Windows, value: float = 0.0) -> torch.Tensor:
    """Overwrite positions past the ends of a sequence."""
    if windows.outside is not None:
        maps.masked_fill_(windows.outside[..., None], value)
    return maps


def rule(*names: str) -> Callable:
    """Register a rule for the torch functions of these names.

    A rule gets the function and its arguments, and returns the result or NotImplemented.
    """

    def register(function: Callable) -> Callable:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register
