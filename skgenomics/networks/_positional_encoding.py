"""Positional encodings of attention."""

from __future__ import annotations

import math

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._transformer_layers import make_table

Rotation = tuple[torch.Tensor, torch.Tensor]
_MAX_WAVELENGTH = 10000.0


class Positions(nn.Module):
    """No positional encoding; base class of the others."""

    def add(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Add an encoding of the positions to (batch, length, d_model)."""
        return x

    def rotation(self, x: torch.Tensor) -> Rotation | None:
        """Return cosines and sines that queries and keys are rotated by, see :func:`rotate`."""
        return None

    def bias(self, x: torch.Tensor) -> torch.Tensor | None:
        """Return a bias of the attention logits: (heads, length, length)."""
        return None


class LearnedPositions(Positions):
    """Learned vector for each position."""

    def __init__(self, max_positions: int, d_model: int):
        super().__init__()
        check_sizes("max_positions", (max_positions,))
        self.table = make_table(max_positions, d_model)

    def add(self, x, mask):
        """Add learned vectors, see :meth:`Positions.add`."""
        check_fits(x.shape[1], len(self.table.weight))
        return x + self.table(position_ids(x, mask))


class SinusoidalPositions(Positions):
    """Fixed sine and cosine waves, scaled to vectors of unit length.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS.
    """

    def __init__(self, d_model: int):
        super().__init__()
        check_even("d_model", d_model, "sinusoidal")
        self.d_model = d_model

    def add(self, x, mask):
        """Add waves, see :meth:`Positions.add`."""
        angles = _angles(position_ids(x, mask), self.d_model, x.dtype)
        waves = torch.cat([angles.sin(), angles.cos()], dim=-1).to(x.dtype)
        return x + waves * (2 / self.d_model) ** 0.5


class RotaryPositions(Positions):
    """Rotation of queries and keys by angles that grow with position.

    References
    ----------
    Su et al. (2024), RoFormer: enhanced transformer with rotary position embedding,
    Neurocomputing 568.
    """

    def __init__(self, d_head: int):
        super().__init__()
        check_even("d_model / n_heads", d_head, "rotary")
        self.d_head = d_head

    def rotation(self, x):
        """Return cosines and sines, see :meth:`Positions.rotation`."""
        # Padding in front needs no correction: logits depend on differences of positions only.
        angles = _angles(torch.arange(x.shape[1], device=x.device), self.d_head, x.dtype)
        return angles.cos().to(x.dtype), angles.sin().to(x.dtype)


class AlibiPositions(Positions):
    """Linear penalty on the distance between query and key, symmetric in both directions.

    References
    ----------
    Press et al. (2022), Train short, test long: attention with linear biases enables input length
    extrapolation, ICLR.
    """

    def __init__(self, n_heads: int):
        super().__init__()
        slopes = torch.tensor(alibi_slopes(n_heads))
        self.register_buffer("slopes", slopes[:, None, None], persistent=False)

    def bias(self, x):
        """Return penalties, see :meth:`Positions.bias`."""
        positions = torch.arange(x.shape[1], device=x.device)
        distance = (positions[:, None] - positions).abs()
        return -self.slopes.to(x.dtype) * distance


def make_positions(
    kind: str | None, *, d_model: int, n_heads: int, max_positions: int
) -> Positions:
    """Build a positional encoding by its name."""
    if kind is None:
        return Positions()
    if kind == "learned":
        return LearnedPositions(max_positions, d_model)
    if kind == "sinusoidal":
        return SinusoidalPositions(d_model)
    if kind == "rotary":
        return RotaryPositions(d_model // n_heads)
    if kind == "alibi":
        return AlibiPositions(n_heads)
    raise ValueError(
        f"positions must be 'rotary', 'alibi', 'learned', 'sinusoidal' or None, got {kind!r}"
    )


def check_fits(length: int, max_positions: int) -> None:
    """Raise a ValueError if there are fewer learned positions than a sequence has."""
    if length > max_positions:
        raise ValueError(
            f"a sequence has {length} positions here, but the table of learned positions has "
            f"{max_positions}; raise max_positions, shorten the sequences, pool them by a stem, or "
            "use positions='rotary', 'alibi' or 'sinusoidal', which take any length"
        )


def check_even(name: str, size: int, kind: str) -> None:
    """Raise a ValueError unless a size is divisible into pairs of a sine and a cosine."""
    if size % 2:
        raise ValueError(f"positions={kind!r} needs an even {name}, got {size}")


def position_ids(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Count positions from the first real one: (length,) or (batch, length)."""
    positions = torch.arange(x.shape[1], device=x.device)
    if mask is None:
        return positions
    first = mask.int().argmax(dim=1, keepdim=True)
    return (positions - first).clamp(min=0)


def _angles(positions: torch.Tensor, size: int, dtype: torch.dtype) -> torch.Tensor:
    """Compute the angles of `size` / 2 waves at each position."""
    # In half precision, positions above 2048 are not exact, and neither are their angles.
    dtype = torch.promote_types(dtype, torch.float32)
    exponents = torch.arange(0, size, 2, device=positions.device, dtype=dtype) / size
    return positions[..., None] * _MAX_WAVELENGTH**-exponents


def rotate(heads: torch.Tensor, rotation: Rotation | None) -> torch.Tensor:
    """Rotate pairs of channels of (batch, heads, length, size); None for no rotation."""
    if rotation is None:
        return heads
    cosine, sine = rotation
    first, second = heads.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def alibi_slopes(n_heads: int) -> list[float]:
    """Return the slopes of the heads: a geometric series, interpolated unless `n_heads` is 2**i."""
    n_regular = 2 ** int(math.log2(n_heads))
    regular = [2 ** (-8 * (i + 1) / n_regular) for i in range(n_regular)]
    between = [2 ** (-4 * (2 * i + 1) / n_regular) for i in range(n_heads - n_regular)]
    return regular + between


def relative_position_features(
    distances: torch.Tensor, n_features: int, length: int
) -> torch.Tensor:
    """Encode signed distances by exponentials, central masks and gamma densities.

    Half of the features are functions of the absolute distance, the other half are the same times
    its sign.

    Parameters
    ----------
    distances : Tensor of float of shape (n,)
        Signed distances.
    n_features : int
        Number of features, a multiple of 6.
    length : int
        Length of sequences that sets the scale of the features; other lengths work too.

    Returns
    -------
    Tensor of shape (n, n_features)
        Relative positional encoding.

    References
    ----------
    Avsec et al. (2021), Effective gene expression prediction from sequence by integrating
    long-range interactions, Nature Methods 18, supplementary methods.
    """
    n, away = n_features // 6, distances.abs()[:, None]
    dtype, device = distances.dtype, distances.device
    half_life = 2 ** torch.linspace(3, math.log2(length), n, dtype=dtype, device=device)
    exponential = 2 ** (-away / half_life)
    widths = 2 ** torch.arange(1, n + 1, dtype=dtype, device=device)
    central = (widths - 1 > away).to(dtype)
    features = torch.cat([exponential, central, _gamma(away, n, length)], dim=1)
    return torch.cat([features, distances.sign()[:, None] * features], dim=1)


def _gamma(away: torch.Tensor, n: int, length: int) -> torch.Tensor:
    mean = torch.linspace(length / n, length, n, dtype=away.dtype, device=away.device)
    variance = (length / (2 * n)) ** 2
    shape, rate = mean**2 / variance, mean / variance
    # Enformer divides by the largest density among the distances of a batch, which depends on its
    # length. Dividing by the density at the mode, in logarithms, gives a peak of one instead, so
    # that the encoding of a distance is the same in sequences of any length.
    mode = (shape - 1) / rate
    return torch.exp(torch.xlogy(shape - 1, away / mode) - rate * (away - mode))
