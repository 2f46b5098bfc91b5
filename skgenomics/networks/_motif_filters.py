"""First filters that start from known motifs, and may stay so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize


def set_motif_filters(
    trunk: nn.Module, motifs: Sequence[np.ndarray], *, frozen: bool = False
) -> None:
    """Make the first filters of a trunk motifs.

    A filter holds the probabilities of the letters less the same share for each, as in DanQ-JASPAR,
    in its middle, and zeros around them. Of a motif that is wider, those positions are taken that
    tell most.

    Parameters
    ----------
    trunk : torch.nn.Module
        Its first convolution reads the letters.
    motifs : sequence of ndarray of shape (width, n_channels)
        Probabilities of letters.
    frozen : bool
        Whether these filters stay as they are in training.

    Raises
    ------
    ValueError
        If there are more motifs than filters, or the first convolution reads no letters.
    """
    conv = next((m for m in trunk.modules() if isinstance(m, nn.Conv1d | nn.Conv2d)), None)
    if conv is None or conv.in_channels != motifs[0].shape[1] or conv.kernel_size[-1] == 1:
        raise ValueError(
            "motifs need a network whose first convolution reads the letters; leave "
            "embedding_size=None, and take a kernel_size above 1"
        )
    if len(motifs) > len(conv.weight):
        raise ValueError(
            f"there are {len(motifs)} motifs, but the first convolution has {len(conv.weight)} "
            "filters; choose more n_filters, or fewer motifs"
        )
    filters = np.stack([_to_filter(motif, conv.kernel_size[-1]) for motif in motifs])
    filters = torch.from_numpy(filters).to(conv.weight.dtype)
    filters = filters.view(len(motifs), *conv.weight.shape[1:])
    with torch.no_grad():
        conv.weight[: len(motifs)] = filters.to(conv.weight.device)
    if frozen:
        parametrize.register_parametrization(conv, "weight", _FirstFixed(filters))


def _to_filter(motif: np.ndarray, width: int) -> np.ndarray:
    """Weights of shape (n_channels, width)."""
    weights = motif - 1 / motif.shape[1]
    if len(weights) > width:
        told = np.convolve(np.square(weights).sum(axis=1), np.ones(width), mode="valid")
        start = int(told.argmax())
        weights = weights[start : start + width]
    missing = width - len(weights)
    return np.pad(weights, ((missing // 2, missing - missing // 2), (0, 0))).T


class _FirstFixed(nn.Module):
    """Filters of which the first ones are no parameters."""

    def __init__(self, fixed: torch.Tensor):
        super().__init__()
        self.register_buffer("fixed", fixed)

    def forward(self, trained: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.fixed, trained])

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        return weight[len(self.fixed) :].clone()
