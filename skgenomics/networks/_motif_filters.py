"""First-layer filters that are initialized with known motifs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize


def set_motif_filters(
    trunk: nn.Module, motifs: Sequence[np.ndarray], *, frozen: bool = False
) -> None:
    """Initialize the first filters of a trunk with motifs.

    A filter holds the base probabilities of a motif minus the uniform probability, as in
    DanQ-JASPAR, in its center, with zeros around. Of a motif that is wider than the filter, the
    most informative window is taken.

    Parameters
    ----------
    trunk : torch.nn.Module
        Trunk whose first convolution reads the sequence.
    motifs : sequence of ndarray of shape (width, n_channels)
        Base probabilities at each position of each motif.
    frozen : bool, default=False
        Whether to keep these filters fixed in training.

    Raises
    ------
    ValueError
        If there are more motifs than filters, or the first convolution does not read the sequence.
    """
    conv = next((m for m in trunk.modules() if isinstance(m, nn.Conv1d | nn.Conv2d)), None)
    if conv is None or conv.in_channels != motifs[0].shape[1] or conv.kernel_size[-1] == 1:
        raise ValueError(
            "motifs need a network whose first convolution reads the sequence; leave "
            "embedding_size=None, and choose a kernel_size above 1"
        )
    if len(motifs) > len(conv.weight):
        raise ValueError(
            f"there are {len(motifs)} motifs, but the first convolution has {len(conv.weight)} "
            "filters; choose more n_filters, or fewer motifs"
        )
    weights = np.stack([_to_filter(motif, conv.kernel_size[-1]) for motif in motifs])
    filters = torch.from_numpy(weights).to(conv.weight.dtype)
    filters = filters.view(len(motifs), *conv.weight.shape[1:])
    with torch.no_grad():
        conv.weight[: len(motifs)] = filters.to(conv.weight.device)
    if frozen:
        parametrize.register_parametrization(conv, "weight", _FirstFixed(filters))


def _to_filter(motif: np.ndarray, width: int) -> np.ndarray:
    """Convert a motif to filter weights of shape (n_channels, width)."""
    weights = motif - 1 / motif.shape[1]
    if len(weights) > width:
        energy = np.convolve(np.square(weights).sum(axis=1), np.ones(width), mode="valid")
        start = int(energy.argmax())
        weights = weights[start : start + width]
    missing = width - len(weights)
    return np.pad(weights, ((missing // 2, missing - missing // 2), (0, 0))).T


class _FirstFixed(nn.Module):
    """Parametrization of filters of which the first ones are constant."""

    fixed: torch.Tensor

    def __init__(self, fixed: torch.Tensor):
        super().__init__()
        self.register_buffer("fixed", fixed)

    def forward(self, trained: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.fixed, trained])

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        return weight[len(self.fixed) :].clone()
