"""Mixed precision and compilation of training steps."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Backend of torch.compile.
_BACKEND = "inductor"


class Precision:
    """Precision of the forward and backward passes of a training.

    Parameters are float32 in any case, and so is the loss.

    Parameters
    ----------
    name : {"fp32", "bf16", "fp16"}
        Type of the passes. "fp16" scales the gradients, of which small ones would become zero.
    device : str
        Device of the training.
    """

    def __init__(self, name: str, device: str):
        self.dtype = PRECISIONS[name]
        self.kind = torch.device(device).type
        is_scaled = self.dtype == torch.float16
        self.scaler = torch.amp.GradScaler(self.kind) if is_scaled else None

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Make the context of a forward pass.

        Yields
        ------
        None
            Within the block, operations that are safe in the type of the passes use it.
        """
        if self.dtype == torch.float32:
            yield
            return
        try:
            with torch.autocast(self.kind, dtype=self.dtype):
                yield
        finally:
            # Within another autocast, such as the disabled one around a fit, converted parameters
            # would stay as they are at the first step.
            torch.clear_autocast_cache()

    def backward(self, loss: torch.Tensor) -> None:
        """Compute the gradients of a loss, scaled if there is a scaler.

        Parameters
        ----------
        loss : Tensor
            Scalar loss.
        """
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()


def to_float32(outputs: Any) -> Any:
    """Convert tensors of less precision to float32, and leave others as they are.

    Parameters
    ----------
    outputs : Tensor, tuple or other
        Outputs of a forward pass.

    Returns
    -------
    object
        Outputs of the same structure.
    """
    if isinstance(outputs, tuple | list):
        return type(outputs)(map(to_float32, outputs))
    is_low = isinstance(outputs, torch.Tensor) and outputs.dtype in (torch.bfloat16, torch.float16)
    return outputs.float() if is_low else outputs


@contextlib.contextmanager
def compiled(module: nn.Module, device: str) -> Iterator[None]:
    """Compile a module for a block, or warn if there is no compiler.

    Parameters
    ----------
    module : torch.nn.Module
        Network to train. Its parameters and their names stay as they are.
    device : str
        Device of the network.

    Yields
    ------
    None
        Within the block, calls of the module run compiled code.
    """
    reason = _why_not_compiled(torch.device(device).type, _BACKEND)
    if reason is not None:
        warnings.warn(
            f"compile=True has no effect, since torch cannot compile here: {reason}", stacklevel=2
        )
        yield
        return
    module.compile(backend=_BACKEND)
    try:
        # What cannot be compiled runs as it is.
        with torch._dynamo.config.patch(suppress_errors=True):
            yield
    finally:
        module._compiled_call_impl = None


@functools.cache
def _why_not_compiled(kind: str, backend: str) -> str | None:
    """Compile a trivial function; returns the error if that fails."""
    try:
        torch.compile(lambda x: x + 1, backend=backend)(torch.ones(1, device=kind))
    except Exception as error:
        return str(error).strip().split("\n")[0] or type(error).__name__
    return None
