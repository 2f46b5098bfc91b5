"""Gradients of a score with respect to the sequence, at a point and along a path."""

from __future__ import annotations

import numpy as np
import torch

from skgenomics.inspection.scores import SequenceScore

# Points of a path are added where they are too few for the sum to be complete, up to this factor.
_MOST_DOUBLINGS = 4
# Networks are run on batches of about this many positions: they fit in the cache.
BATCH_POSITIONS = 1 << 16


def gradient(score: SequenceScore, x: torch.Tensor) -> torch.Tensor:
    """Gradient of the score of each sequence.

    Parameters
    ----------
    score : SequenceScore
    x : Tensor of shape (b, C, L)

    Returns
    -------
    Tensor of shape (b, C, L)
    """
    x = x.detach().requires_grad_()
    # Recurrent networks of cuDNN go back in training mode only.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=not _is_recurrent(score)):
        result = score(x)
        if not result.requires_grad:
            return torch.zeros_like(x)
        return torch.autograd.grad(result.sum(), x)[0]


def _is_recurrent(score: SequenceScore) -> bool:
    return any(isinstance(module, torch.nn.RNNBase) for module in score.network.modules())


def correct(gradients: torch.Tensor) -> torch.Tensor:
    """Take away what no change of letters could make use of: the mean over the channels.

    Shares of letters add up to one, so that a network is free off that plane, where it never saw
    anything.  Gradients of shape (b, C, L) are projected onto it (Majdandzic et al., 2023).
    """
    return gradients - gradients.mean(dim=1, keepdim=True)


def integrate(
    score: SequenceScore, x: torch.Tensor, reference: torch.Tensor, n_steps: int, max_gap: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean gradient on the straight line from references to sequences.

    It is summed by the rule of Gauss and Legendre. Where the sum is not complete with `n_steps`
    points, twice as many are added, up to four times.

    Parameters
    ----------
    score : SequenceScore
    x, reference : Tensor of shape (b, C, L)
    n_steps : int
        Points of the line.
    max_gap : float
        What may be missing of the difference between the scores, as a share of it.

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        With ``(x - reference) * multipliers`` the parts of each channel in the difference.
    difference : Tensor of shape (b,)
        By how much the scores of sequences and references differ.
    """
    with torch.no_grad():
        difference = score(x) - score(reference)
    way = x - reference
    multipliers, n_taken = _integrate(score, reference, way, n_steps), n_steps
    for _ in range(_MOST_DOUBLINGS):
        parts = (way * multipliers).sum(dim=1)
        rows = relative_gap(parts, difference).abs() > max_gap
        if not rows.any():
            break
        n_steps *= 2
        finer = _integrate(score, reference[rows], way[rows], n_steps)
        # Points of both rules are different ones: none is wasted.
        multipliers[rows] = (n_taken * multipliers[rows] + n_steps * finer) / (n_taken + n_steps)
        n_taken += n_steps
    return multipliers, difference


def _integrate(score, reference, way, n_steps: int) -> torch.Tensor:
    """Mean gradient on the way from references."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    nodes, weights = ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
    n_at_once = max(1, BATCH_POSITIONS // (len(way) * way.shape[2]))
    total = torch.zeros_like(way)
    for start in range(0, n_steps, n_at_once):
        some = slice(start, start + n_at_once)
        points = torch.cat([reference + node * way for node in nodes[some]])
        for weight, part in zip(
            weights[some], gradient(score, points).split(len(way)), strict=True
        ):
            total += weight * part
    return total


def relative_gap(actual, difference):
    """What attributions (b, L) miss of a difference of scores (b,), as a share of it.

    Where a difference is small since large attributions cancel, a tenth of these counts instead.
    """
    total = actual.sum(axis=-1)
    scale = np.maximum if isinstance(actual, np.ndarray) else torch.maximum
    whole = scale(abs(difference), 0.1 * abs(actual).sum(axis=-1))
    # Scores that no letter changes have no gap.
    return (total - difference) / (whole + 1e-12)
