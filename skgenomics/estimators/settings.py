"""Checks of hyper-parameters, with errors that name the parameter and what it may be."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from skgenomics.networks.layers import as_tuple

_PER_LAYER = ("n_filters", "kernel_size", "dilation", "padding", "pool_size", "dropout")


def check_choice(name: str, value, choices: tuple) -> None:
    """Raise a ValueError unless the value is one of the choices."""
    if not any(value is choice or value == choice for choice in choices):
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def check_integer(name: str, value, least: int) -> None:
    """Raise a ValueError unless the value is an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer >= {least}, got {value!r}")


def check_real(
    name: str, value, least: float, most: float = float("inf"), *, inclusive: bool = True
) -> None:
    """Raise a ValueError unless the value is a number in the range; `inclusive` of its ends."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and (least <= value <= most if inclusive else least < value < most):
        return
    words = f"in [{least}, {most}]" if inclusive else f"in ({least}, {most})"
    raise ValueError(f"{name} must be a number {words}, got {value!r}")


def fit_defaults(params: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Bring defaults with a value per layer to the number of layers that the user asks for.

    Parameters
    ----------
    params : dict
        Settings of a network.
    defaults : dict
        What those are that the user left alone: tuples among them are cut, or go on with their
        last value.
    """
    own = [
        len(value)
        for name in _PER_LAYER
        if isinstance(value := params.get(name), tuple | list) and value != defaults.get(name)
    ]
    n_layers = {name: params.get("n_blocks") or max(own, default=None) for name in _PER_LAYER}
    if "hidden_units" in params:
        n_layers["hidden_dropout"] = len(as_tuple(params["hidden_units"])) + 1
    return params | {
        name: (default + default[-1:] * n)[:n]
        for name, n in n_layers.items()
        if n and isinstance(default := defaults.get(name), tuple) and params.get(name) == default
    }
