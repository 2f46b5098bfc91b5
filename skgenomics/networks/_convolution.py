"""One convolution with what belongs to it: pooling, normalisation and activation in any order."""

from __future__ import annotations

from numbers import Integral

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import (
    check_sizes,
    make_activation,
    make_normalization,
)
from skgenomics.networks._padding import blank, span_after_window

_STEPS = ("conv", "pool", "norm", "act")
# The first pooling leaves about so many positions, if its size is "auto".
_POSITIONS_AFTER_POOL = 40
_MAX_AUTO_POOL = 8


class ConvUnit(nn.Module):
    """A convolution, with pooling, normalisation and activation before or after it.

    Maps have the shape (batch, channels, 1, length): convolutions on CPUs are several times faster
    in 2-D with the channels last.

    Parameters
    ----------
    n_channels, length : int
        Size of what comes in.
    n_filters, kernel_size, dilation : int
        Sizes of the convolution.
    padding : {"same", "valid"} or int
        An int pads both ends with that many zeros.
    bias : bool
        Whether the convolution has a bias.
    pool_size : int or "auto"
        Window and stride of the pooling; 1 for none; "auto" leaves about 40 positions, with a
        window of 8 at most.
    pool : {"max", "mean"}
        Kind of the pooling.
    ceil_mode : bool
        Whether an incomplete last window is pooled too, or dropped.
    normalization, activation : str or None
        By their names in :mod:`skgenomics.networks._layers`.
    order : str
        Steps in their order: "conv", "pool", "norm" and "act", joined by "-". A step that is not
        named is not done.

    Attributes
    ----------
    length_out : int
        Length of what comes out.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        n_filters: int,
        kernel_size: int,
        dilation: int = 1,
        padding="same",
        bias: bool = True,
        pool_size: int | str = 1,
        pool: str = "max",
        ceil_mode: bool = True,
        normalization: str | None = None,
        activation: str | None = "relu",
        order: str = "conv-pool-norm-act",
    ):
        super().__init__()
        self.steps = _read_order(order)
        sizes = {"n_filters": n_filters, "kernel_size": kernel_size, "dilation": dilation}
        for name, size in sizes.items():
            check_sizes(name, (size,))
        self.span = dilation * (kernel_size - 1) + 1
        self.n_zeros = _n_zeros(padding, self.span)
        if pool_size == "auto":
            pool_size = min(max(1, round(length / _POSITIONS_AFTER_POOL)), _MAX_AUTO_POOL)
        check_sizes("pool_size", (pool_size,))
        self.pool, self.length_out = None, length
        for step in self.steps:
            if step == "conv":
                self.length_out = self._length_after_conv(self.length_out)
            elif step == "pool":
                # A window wider than what is left would be an error; it covers all that there is.
                self.pool = Pool(pool, min(pool_size, self.length_out), ceil_mode)
                self.length_out = self.pool.length_out(self.length_out)
        self.conv = nn.Conv2d(
            n_channels,
            n_filters,
            (1, kernel_size),
            padding="same" if padding == "same" else (0, self.n_zeros // 2),
            dilation=(1, dilation),
            bias=bias,
        )
        self.norm = self.act = None
        if "norm" in self.steps:
            comes_first = self.steps.index("norm") < self.steps.index("conv")
            self.norm = make_normalization(normalization, n_channels if comes_first else n_filters)
        if "act" in self.steps and activation is not None:
            self.act = make_activation(activation)

    def widen(self, field: int, stride: int) -> tuple[int, int]:
        """Positions of the sequence that one position sees, and how far apart two of them are,
        after this unit, given those before it.
        """
        for step in self.steps:
            if step == "conv":
                field += (self.span - 1) * stride
            elif step == "pool":
                field += (self.pool.window - 1) * stride
                stride *= self.pool.window
        return field, stride

    def _length_after_conv(self, length: int) -> int:
        n_left = length + self.n_zeros - self.span + 1
        if n_left < 1:
            raise ValueError(
                f"a convolution that spans {self.span} positions has only {length} left at its "
                "layer; choose smaller kernels, dilations or pools, or padding='same'"
            )
        return n_left

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        for step in self.steps:
            if step == "conv":
                x = self.conv(x)
                mask = span_after_window(mask, x.shape[-1], self.n_zeros - self.span + 1)
            elif step == "pool":
                x, mask = self.pool(x, mask)
            elif step == "norm" and self.norm is not None:
                x = self.norm(x, mask)
            elif step == "act" and self.act is not None:
                x = self.act(x)
        return blank(x, mask), mask


def _read_order(order: str) -> tuple[str, ...]:
    steps = tuple(order.split("-"))
    if "conv" not in steps or len(set(steps)) < len(steps) or not set(steps) <= set(_STEPS):
        raise ValueError(
            f"the order of a block is made of {_STEPS} joined by '-', each once at the most and "
            f"'conv' among them, got {order!r}"
        )
    return steps


def _n_zeros(padding, span: int) -> int:
    """Zeros that are put around a sequence, at both ends together."""
    if padding == "same":
        return span - 1
    if padding == "valid":
        return 0
    if isinstance(padding, Integral) and padding >= 0:
        return 2 * padding
    raise ValueError(f"padding must be 'same', 'valid' or an integer >= 0, got {padding!r}")


class Pool(nn.Module):
    """Maximum or mean of windows, over the real positions in them.

    Parameters
    ----------
    kind : {"max", "mean"}
    window : int
        Size and stride of the windows.
    ceil_mode : bool
        Whether an incomplete last window is pooled too, or dropped.
    """

    def __init__(self, kind: str, window: int, ceil_mode: bool):
        super().__init__()
        if kind not in ("max", "mean"):
            raise ValueError(f"pool must be one of ['max', 'mean'], got {kind!r}")
        self.kind, self.window, self.ceil_mode = kind, window, ceil_mode

    def length_out(self, length: int) -> int:
        return -(-length // self.window) if self.ceil_mode else length // self.window

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        if self.window == 1:
            return x, mask
        if mask is None:
            return self._pool(x), None
        share = F.avg_pool1d(mask[:, None].to(x.dtype), self.window, ceil_mode=self.ceil_mode)[:, 0]
        pooled_mask = share > 0 if self.ceil_mode else share == 1
        if self.kind == "max":
            pooled = self._pool(blank(x, mask, torch.finfo(x.dtype).min))
        else:
            pooled = self._pool(blank(x, mask)) / share.clamp(min=1e-6)[:, None, None]
        return blank(pooled, pooled_mask), pooled_mask

    def _pool(self, x: torch.Tensor) -> torch.Tensor:
        pool = F.max_pool2d if self.kind == "max" else F.avg_pool2d
        return pool(x, (1, self.window), ceil_mode=self.ceil_mode)


def pool_windows(module: nn.Module) -> tuple[int, ...]:
    """Windows of pooling in the units of the first list of them: those of a stem, if there is one.

    They tell what "auto" came to.
    """
    for child in module.modules():
        units = list(child) if isinstance(child, nn.ModuleList) else []
        units = [getattr(unit, "unit", unit) for unit in units]
        if units and all(isinstance(unit, ConvUnit) for unit in units):
            return tuple(1 if unit.pool is None else unit.pool.window for unit in units)
    return ()
