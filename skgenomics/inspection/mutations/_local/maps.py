"""A tensor of edited sequences that stores what differs from the original ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import torch

from skgenomics.inspection.mutations._local.windows import Windows

# Windows that cover more of a sequence than this are no cheaper than all of it.
_MAX_WIDTH_SHARE = 0.6
# What a dense map is counted as at the least, since the layers behind it may widen it.
_MIN_CHANNELS = 64

RULES: dict[str, Callable] = {}


class UnsupportedOperationError(Exception):
    """A function changes its input in place, which copies of it would not notice."""


class Base:
    """Maps of the original sequences, and what layers made of them, to be computed once.

    Parameters
    ----------
    maps : Tensor of shape (n, length, channels)
    """

    def __init__(self, maps: torch.Tensor):
        self.maps = maps.contiguous()
        self._derived: dict[Hashable, tuple] = {}

    @property
    def flat(self) -> torch.Tensor:
        """All positions of all sequences end to end."""
        return self.maps.flatten(0, 1)

    def recall(self, key: tuple, compute: Callable):
        """What `compute` gives, from memory if it was computed for the same key.

        Tensors in the key are told apart by identity, and kept alive as long as the memory.
        """
        known = tuple(id(part) if isinstance(part, torch.Tensor | Base) else part for part in key)
        if known not in self._derived:
            self._derived[known] = compute(), key
        return self._derived[known][0]


class Edited:
    """Something that stands for a tensor, and becomes one where no rule knows better."""

    rules: dict[str, Callable]

    def dense(self) -> torch.Tensor:
        """The tensor."""
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
        if name.startswith("__"):
            raise AttributeError(name)
        function = getattr(torch.Tensor, name)
        if not callable(function):
            return getattr(self.dense(), name)
        return lambda *args, **kwargs: call(function, (self, *args), kwargs)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return call(function, args, kwargs or {})


def _operator(name: str) -> Callable:
    function = getattr(torch.Tensor, name)
    return lambda self, *args: call(function, (self, *args), {})


for _name in (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "matmul", "rmatmul"),
    *("pow", "neg", "getitem", "setitem", "eq", "ne", "lt", "le", "gt", "ge", "invert"),
):
    setattr(Edited, f"__{_name}__", _operator(f"__{_name}__"))
# Comparisons make a class unhashable.
Edited.__hash__ = object.__hash__


def call(function: Callable, args: tuple, kwargs: dict):
    """What a function gives for edited tensors: by its rule, else computed in full."""
    name = getattr(function, "__name__", "")
    plain = name.strip("_")
    is_in_place = name.endswith("_") and not name.startswith("__")
    if is_in_place or plain == "setitem" or kwargs.get("inplace"):
        raise UnsupportedOperationError(name)
    rule = RULES.get(plain)
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
    """How many numbers the largest tensor on the way has for one edit."""

    def __init__(self):
        self.largest = 1

    def count(self, n: int) -> None:
        self.largest = max(self.largest, n)


class EditedMaps(Edited):
    """Maps of many edited sequences.

    Parameters
    ----------
    base : Base
        Maps of the original sequences.
    windows : Windows
        Where the edited ones differ.
    tally : PeakMemory
        Is told how large tensors are.
    values : Tensor of shape (n_edits, width, channels), optional
        What is in the windows; anything past the ends of a sequence.
    change : Tensor of shape (n_edits, width, channels), optional
        By how much that differs from the original; zero past the ends. One of both is given, the
        other one follows.
    axes : str
        Order of the axes of the tensor that this stands for: edits "n", channels "c", positions
        "l" and axes "1" of a single entry.
    """

    def __init__(self, base, windows, tally, *, values=None, change=None, axes="ncl"):
        self.base, self.windows, self.tally, self.axes = base, windows, tally, axes
        self._values, self._change, self._dense = values, change, None
        stored = values if change is None else change
        tally.count(stored.shape[1] * stored.shape[2])

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
        """What the original sequences have in the windows."""
        maps = self.base.flat.index_select(0, self.windows.index)
        return maps.view(len(self.windows), self.windows.width, -1)

    @property
    def values(self) -> torch.Tensor:
        if self._values is None:
            self._values = self.original.add_(self._change)
        return self._values

    @property
    def change(self) -> torch.Tensor:
        if self._change is None:
            change = self._values - self.original
            self._change = blank_outside(change, self.windows)
        return self._change

    def axis(self, dim: int) -> str:
        """Meaning of an axis."""
        return self.axes[dim]

    def like(self, base, *, windows=None, values=None, change=None, axes=None):
        """Maps that a layer made of these; a tensor, if the windows cover too much."""
        windows, axes = windows or self.windows, axes or self.axes
        maps = EditedMaps(base, windows, self.tally, values=values, change=change, axes=axes)
        # What was not moved was found to be small enough before.
        return maps.dense() if windows is not self.windows and is_wide(windows) else maps

    def view(self, axes: str) -> EditedMaps:
        """The same with its axes in another order."""
        maps = EditedMaps.__new__(EditedMaps)
        maps.__dict__.update(self.__dict__)
        maps.axes, maps._dense = axes, None
        return maps

    def dense(self) -> torch.Tensor:
        if self._dense is None:
            self.tally.count(self.windows.length * max(self.n_channels, _MIN_CHANNELS))
            self._dense = self._order(self._fill())
        return self._dense

    def _fill(self) -> torch.Tensor:
        """All positions of all edits, shape (n_edits, length, channels)."""
        windows, values = self.windows, self.values
        maps = self.base.maps.index_select(0, windows.rows)
        edits = torch.arange(len(windows), device=self.device)[:, None]
        index, values = (edits * windows.length + windows.positions).flatten(), values.flatten(0, 1)
        if windows.outside is not None:
            inside = ~windows.outside.flatten()
            index, values = index[inside], values[inside]
        maps.flatten(0, 1).index_copy_(0, index, values)
        return maps

    def _order(self, maps: torch.Tensor) -> torch.Tensor:
        """Bring (n_edits, length, channels) to the axes."""
        places = {"n": 0, "l": 1, "c": 2}
        maps = maps.permute([places[axis] for axis in self.axes if axis != "1"])
        for place, axis in enumerate(self.axes):
            maps = maps.unsqueeze(place) if axis == "1" else maps
        return maps


def is_wide(windows: Windows) -> bool:
    """Whether so much of a sequence is changed that one computes all of it."""
    return windows.width > _MAX_WIDTH_SHARE * windows.length


def blank_outside(maps: torch.Tensor, windows: Windows, value: float = 0.0) -> torch.Tensor:
    """Set what is past the ends of a sequence, in place."""
    if windows.outside is not None:
        maps.masked_fill_(windows.outside[..., None], value)
    return maps


def rule(*names: str) -> Callable:
    """Register what is done for the functions of these names; it may give NotImplemented."""

    def register(function: Callable) -> Callable:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register
