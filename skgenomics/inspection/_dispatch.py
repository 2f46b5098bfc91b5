"""Helpers of the two engines that follow a network through torch's ``__torch_function__`` protocol.

DeepLIFT (:mod:`skgenomics.inspection.attribution._deeplift`) and fast mutagenesis
(:mod:`skgenomics.inspection.mutations._local`) send an object through the ``forward`` of any module
and are handed each torch function that is called on it.  Both look functions up by name and refuse
those that write into their input.
"""

from __future__ import annotations

from collections.abc import Callable


class UnsupportedOperationError(ValueError):
    """Error for a torch function of a network that cannot be followed exactly.

    Parameters
    ----------
    operation : str
        Name of the function.
    message : str or None, default=None
        Text of the error; None for one that names the operation only.

    Attributes
    ----------
    operation : str
        Name of the function.
    """

    def __init__(self, operation: str, message: str | None = None):
        super().__init__(message or f"{operation}() cannot be followed exactly")
        self.operation = operation


def function_name(function: Callable) -> str:
    """Return the name of a torch function without underscores around it.

    ``torch.add``, ``Tensor.__add__`` and ``Tensor.add_`` are all "add"; ``Tensor.__iadd__`` is
    "iadd".
    """
    return getattr(function, "__name__", "").strip("_")


def is_in_place(function: Callable) -> bool:
    """Return True for functions such as ``relu_`` that write into their input."""
    name = getattr(function, "__name__", "")
    return name.endswith("_") and not name.startswith("_")
