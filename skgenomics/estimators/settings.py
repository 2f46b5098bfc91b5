"""Bringing default settings to the number of layers that the user asks for."""

from __future__ import annotations

from typing import Any

from skgenomics.networks.layers import as_tuple

_PER_LAYER = ("n_filters", "kernel_size", "dilation", "padding", "pool_size", "dropout")


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
