"""Validation of parameters, with errors that name the parameter and its valid values."""

from __future__ import annotations

import inspect
import warnings
from numbers import Integral, Real
from types import FrameType
from typing import Any


def check_choice(name: str, value: Any, choices: tuple) -> None:
    """Raise a ValueError unless the value is one of the choices."""
    if not any(value is choice or value == choice for choice in choices):
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def check_integer(name: str, value: Any, minimum: int) -> None:
    """Raise a ValueError unless the value is an integer >= `minimum`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}, got {value!r}")


def check_real(
    name: str, value: Any, minimum: float, maximum: float = float("inf"), *, inclusive: bool = True
) -> None:
    """Raise a ValueError unless the value is a number in the range.

    The ends of the range are valid if `inclusive`.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and (minimum <= value <= maximum if inclusive else minimum < value < maximum):
        return
    bounds = f"in [{minimum}, {maximum}]" if inclusive else f"in ({minimum}, {maximum})"
    raise ValueError(f"{name} must be a number {bounds}, got {value!r}")


# scikit-learn wraps `transform` and calls it from `fit_transform` and pipelines.
_PACKAGES = ("skgenomics", "sklearn", "imblearn", "joblib")


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning that points to the user's line that called this package or scikit-learn."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_back is not None and _package(frame) in _PACKAGES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]
