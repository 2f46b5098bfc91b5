"""Narrower variants of published networks."""

from __future__ import annotations

from numbers import Real
from typing import Any

# Hyperparameters that set the width of a layer.
_WIDTHS = {
    "bottleneck",
    "branch_units",
    "d_feedforward",
    "d_key",
    "d_model",
    "divisible_by",
    "embedding_size",
    "filter_units",
    "final_filters",
    "hidden_filters",
    "hidden_size",
    "hidden_units",
    "mark_hidden_size",
    "n_attention_units",
    "n_filters",
    "n_merged_filters",
    "pair_bottleneck",
    "pair_filters",
    "projection_filters",
    "stem_filters",
    "tower_filters",
    "unit_size",
}
_MIN = 4


def scale_widths(settings: dict[str, Any], width: float) -> dict[str, Any]:
    """Multiply the numbers of filters and units by a factor.

    Parameters
    ----------
    settings : dict
        Hyperparameters; those in ``network_params`` are scaled too.
    width : float
        Factor; 1 changes nothing. Otherwise numbers are rounded to even ones of at least 4, and
        `d_model` to an even number per head.

    Returns
    -------
    dict
        Scaled hyperparameters.

    Raises
    ------
    ValueError
        If the factor is not a positive number.
    """
    if not isinstance(width, Real) or isinstance(width, bool) or not 0 < width < float("inf"):
        raise ValueError(f"width must be a number above 0, got {width!r}; 1 is the published width")
    if width == 1:
        return settings
    multiple = 2 * settings.get("n_heads", 1)
    return {name: _scale(name, value, width, multiple) for name, value in settings.items()}


def _scale(name: str, value, width: float, multiple: int):
    if name == "network_params":
        return scale_widths(value, width)
    if name not in _WIDTHS or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(_scale(name, size, width, multiple) for size in value)
    step = multiple if name == "d_model" else 2
    return max(round(value * width / step), -(-_MIN // step)) * step
