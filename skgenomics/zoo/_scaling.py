"""Narrower forms of published networks."""

from __future__ import annotations

from numbers import Real
from typing import Any

# Settings that say how wide a layer is.
_WIDTHS = {
    "bottleneck",
    "d_feedforward",
    "d_key",
    "d_model",
    "divisible_by",
    "embedding_size",
    "filter_units",
    "hidden_filters",
    "hidden_size",
    "hidden_units",
    "mark_hidden_size",
    "n_attention_units",
    "n_filters",
    "n_merged_filters",
    "stem_filters",
}
_MIN = 4


def scale_widths(settings: dict[str, Any], width: float) -> dict[str, Any]:
    """Multiply the numbers of filters and units by a factor.

    Parameters
    ----------
    settings : dict
        Hyper-parameters; those of a network within them are scaled too.
    width : float
        The factor; 1 changes nothing. Otherwise numbers become even and at least 4, and the size
        of a transformer's vectors an even number for each head.

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
