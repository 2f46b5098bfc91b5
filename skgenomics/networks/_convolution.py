"""Convolution, pooling, normalization and activation in any order."""

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
# Approximate number of positions after the first pooling, if its size is "auto".
_POSITIONS_AFTER_POOL = 40
_MAX_AUTO_POOL = 8


class ConvUnit(nn.Module):
    """A convolution, with pooling, normalization and activation before or after it.

    Feature maps have the shape (batch, channels, 1, length), because on CPUs 2-D convolutions with
    channels last are several times faster than 1-D ones.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of the input.
    n_filters, kernel_size : int
        Number of filters of the convolution, and their width.
    dilation : int, default=1
        Distance between the positions that a filter reads.
    padding : {"same", "valid"} or int, default="same"
        Padding of the convolution; an int is the number of zeros at each end.
    bias : bool, default=True
        Whether the convolution has a bias.
    pool_size : int or "auto", default=1
        Window and stride of the pooling; 1 for no pooling; "auto" leaves about 40 positions, with
        a window of at most 8.
    pool : {"max", "mean"}, default="max"
        Type of pooling.
    ceil_mode : bool, default=True
        Whether to pool an incomplete last window, which is dropped otherwise.
    normalization, activation : str or None
        Names of :func:`~skgenomics.networks._layers.make_normalization` and of
        :data:`~skgenomics.networks._layers.ACTIVATIONS`.
    normalization_epsilon : float, default=1e-5
        Constant added to the variance for numerical stability.
    order : str, default="conv-pool-norm-act"
        Order of the steps "conv", "pool", "norm" and "act", joined by "-". A step that is not named
        is left out.

    Attributes
    ----------
    length_out : int
        Number of positions of the output.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, or the input is too short for the kernel.
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
        normalization_epsilon: float = 1e-5,
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
        window = pool_size
        if isinstance(window, str):
            window = min(max(1, round(length / _POSITIONS_AFTER_POOL)), _MAX_AUTO_POOL)
        check_sizes("pool_size", (window,))
        self.pool: Pool | None = None
        self.length_out = length
        for step in self.steps:
            if step == "conv":
                self.length_out = self._length_after_conv(self.length_out)
            elif step == "pool":
                # A window wider than what is left would be an error; it covers all that there is.
                self.pool = Pool(pool, min(window, self.length_out), ceil_mode)
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
            n_normalized = n_channels if comes_first else n_filters
            self.norm = make_normalization(normalization, n_normalized, normalization_epsilon)
        if "act" in self.steps and activation is not None:
            self.act = make_activation(activation)

    def widen(self, field: int, stride: int) -> tuple[int, int]:
        """Compute the receptive field and the stride after this unit.

        Parameters
        ----------
        field, stride : int
            Receptive field and stride of the input, in positions of the sequence.

        Returns
        -------
        field, stride : int
            Receptive field and stride of the output.
        """
        for step in self.steps:
            if step == "conv":
                field += (self.span - 1) * stride
            elif step == "pool" and self.pool is not None:
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
        """Apply the steps to feature maps and their mask."""
        for step in self.steps:
            if step == "conv":
                x = self.conv(x)
                mask = span_after_window(mask, x.shape[-1], self.n_zeros - self.span + 1)
            elif step == "pool" and self.pool is not None:
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
            f"the order of a block is made of {_STEPS} joined by '-', each at most once and "
            f"'conv' among them, got {order!r}"
        )
    return steps


def _n_zeros(padding, span: int) -> int:
    """Return the number of zeros around a sequence, summed over both ends."""
    if padding == "same":
        return span - 1
    if padding == "valid":
        return 0
    if isinstance(padding, Integral) and int(padding) >= 0:
        return 2 * int(padding)
    raise ValueError(f"padding must be 'same', 'valid' or an integer >= 0, got {padding!r}")


class Pool(nn.Module):
    """Maximum or mean over the real positions of each window.

    Parameters
    ----------
    kind : {"max", "mean"}
        Type of pooling.
    window : int
        Size and stride of the windows.
    ceil_mode : bool
        Whether to pool an incomplete last window, which is dropped otherwise.
    """

    def __init__(self, kind: str, window: int, ceil_mode: bool):
        super().__init__()
        if kind not in ("max", "mean"):
            raise ValueError(f"pool must be one of ['max', 'mean'], got {kind!r}")
        self.kind, self.window, self.ceil_mode = kind, window, ceil_mode

    def length_out(self, length: int) -> int:
        """Return the number of windows in a sequence of some length."""
        return -(-length // self.window) if self.ceil_mode else length // self.window

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Pool feature maps and their mask."""
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
    """Return the pooling windows of the stem or tower, with "auto" resolved.

    They are those of the first list of convolution units in the module.
    """
    for child in module.modules():
        parts = list(child) if isinstance(child, nn.ModuleList) else []
        parts = [getattr(part, "unit", part) for part in parts]
        units = [part for part in parts if isinstance(part, ConvUnit)]
        if units and len(units) == len(parts):
            return tuple(1 if unit.pool is None else unit.pool.window for unit in units)
    return ()
