"""Gradients of a score with respect to the sequence, and integrated gradients."""

from __future__ import annotations

from copy import copy

import numpy as np
import torch
from sklearn.utils import gen_batches

from skgenomics.inspection._scores import SequenceScore

# Largest number of points of a path, as a multiple of `n_steps`.
_MAX_REFINEMENT = 31
# Positions of all points of a batch of paths. Their gradients are kept until the path is complete.
_POSITIONS_PER_BATCH = 1 << 18


def gradient(
    score: SequenceScore, x: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Compute the gradient of the score of each sequence.

    Parameters
    ----------
    score : SequenceScore
        Score to differentiate.
    x : Tensor of shape (b, C, L)
        Sequences.
    mask : Tensor of bool of shape (b, L), optional
        False at padding.

    Returns
    -------
    Tensor of shape (b, C, L)
        Gradients.
    """
    return _value_and_gradient(score, x, mask)[1]


def _value_and_gradient(
    score: SequenceScore, x: torch.Tensor, mask: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.detach().requires_grad_()
    # cuDNN implements the backward pass of recurrent networks in training mode only.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=not _is_recurrent(score)):
        result = score(x, mask)
        if not result.requires_grad:
            return result, torch.zeros_like(x)
        return result.detach(), torch.autograd.grad(result.sum(), x)[0]


def _is_recurrent(score: SequenceScore) -> bool:
    return any(isinstance(module, torch.nn.RNNBase) for module in score.network.modules())


def correct(gradients: torch.Tensor) -> torch.Tensor:
    """Subtract the mean over the channels from gradients of shape (b, C, L).

    One-hot vectors lie on the simplex, on which the channels add up to one. Training says nothing
    about the network off that plane, so that the component of the gradient orthogonal to it, which
    is the mean over the channels, is noise (Majdandzic et al., 2023).
    """
    return gradients - gradients.mean(dim=1, keepdim=True)


def integrate(
    score: SequenceScore,
    x: torch.Tensor,
    baseline: torch.Tensor,
    mask: torch.Tensor | None,
    n_steps: int,
    max_gap: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Average the gradient along the straight path from baselines to sequences.

    The integral (Sundararajan et al., 2017, Eq. 1) is computed by Gauss-Legendre quadrature. As
    long as attributions do not add up to the difference of the scores (completeness, their
    Proposition 1), the path is refined where gradients predict the change of the score worst, by a
    quarter of the points at a time, up to 31 times `n_steps`.

    Parameters
    ----------
    score : SequenceScore
        Score to explain.
    x, baseline : Tensor of shape (b, C, L)
        Sequences and their baselines.
    mask : Tensor of bool of shape (b, L), or None
        False at padding.
    n_steps : int
        Initial number of points of a path.
    max_gap : float
        Accepted gap, as a fraction of the difference of the scores.

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        ``(x - baseline) * multipliers`` is the contribution of each channel to the difference.
    difference : Tensor of shape (b,)
        Score of each sequence minus that of its baseline.
    """
    n_at_once = max(1, _POSITIONS_PER_BATCH // (n_steps * x.shape[2]))
    if mask is None:
        mask = torch.ones_like(x[:, 0], dtype=torch.bool)
    parts = [
        _integrate(
            _Paths(score, x[part], baseline[part], mask[part], n_steps),
            max_gap,
            _MAX_REFINEMENT * n_steps,
        )
        for part in gen_batches(len(x), n_at_once)
    ]
    multipliers, difference = zip(*parts, strict=True)
    return torch.cat(multipliers), torch.cat(difference)


def _integrate(paths: _Paths, max_gap: float, max_points: int) -> tuple[torch.Tensor, torch.Tensor]:
    multipliers, difference = paths.mean_gradient(), paths.difference
    # Only paths whose gap is still too wide are refined.
    open_rows = torch.arange(len(multipliers), device=multipliers.device)
    while True:
        contributions = (paths.delta * multipliers[open_rows]).sum(dim=1)
        is_open = relative_gap(contributions, paths.difference).abs() > max_gap
        n_more = min(paths.n_points // 4 + 1, max_points - paths.n_points)
        if not is_open.any() or not n_more:
            return multipliers, difference
        open_rows, paths = open_rows[is_open], paths.take(is_open)
        paths.refine(n_more)
        multipliers[open_rows] = paths.mean_gradient()


class _Paths:
    """Quadrature points on the straight paths from baselines to sequences.

    Point ``p`` at position ``points[:, p]`` of the path, which runs from 0 to 1, represents the
    piece from ``bounds[:, p]`` to ``bounds[:, p + 1]``; the length of a piece is the weight of its
    point.

    Parameters
    ----------
    score : SequenceScore
        Score to explain.
    x, baseline : Tensor of shape (b, C, L)
        Sequences and their baselines.
    mask : Tensor of bool of shape (b, L)
        False at padding.
    n_points : int
        Initial number of points.

    Attributes
    ----------
    delta : Tensor of shape (b, C, L)
        Sequences minus baselines.
    difference : Tensor of shape (b,)
        Scores of sequences minus those of baselines.
    """

    def __init__(self, score: SequenceScore, x, baseline, mask, n_points: int):
        self.score, self.baseline, self.delta, self.mask = score, baseline, x - baseline, mask
        # A network is quicker, and may be of another package, without a mask.
        self.is_padded = not bool(mask.all())
        with torch.no_grad():
            ends = [score(end, mask if self.is_padded else None) for end in (baseline, x)]
            self.end_scores = torch.stack(ends, dim=1).double()
        nodes, weights = np.polynomial.legendre.leggauss(n_points)
        # Gauss-Legendre weights laid end to end are pieces that contain their own nodes (Chebyshev,
        # Markov and Stieltjes), so that a quadrature point can be refined like any other.
        bounds = np.concatenate([[0], np.cumsum(weights)[:-1] / 2, [1]])
        self.points, self.bounds = (
            torch.from_numpy(part).to(x.device).expand(len(x), -1)
            for part in ((nodes + 1) / 2, bounds)
        )
        self.scores, self.gradients = self._evaluate(self.points)

    @property
    def n_points(self) -> int:
        return self.points.shape[1]

    @property
    def difference(self) -> torch.Tensor:
        return (self.end_scores[:, 1] - self.end_scores[:, 0]).to(self.delta.dtype)

    def mean_gradient(self) -> torch.Tensor:
        """Average the gradient along each path, shape (b, C, L)."""
        weights = self.bounds.diff(dim=1).to(self.gradients.dtype)
        return torch.einsum("bp,bpcl->bcl", weights, self.gradients)

    def take(self, rows: torch.Tensor) -> _Paths:
        """Select paths."""
        paths = copy(self)
        names = ("baseline", "delta", "mask", "end_scores", "points", "bounds", "scores")
        for name in (*names, "gradients"):
            setattr(paths, name, getattr(self, name)[rows])
        return paths

    def refine(self, n_more: int) -> None:
        """Add points in the middle of the steps whose gap is largest.

        A step lies between two neighboring points, or between the first or last point and the end
        of the path.
        """
        edges = torch.cat(
            [_column(self.end_scores, 0), self.points, _column(self.end_scores, 1)], 1
        )
        step = self._gaps(edges).abs().topk(min(n_more, edges.shape[1] - 1), dim=1).indices
        before, after = edges.gather(1, step), edges.gather(1, step + 1)
        new = (before + after) / 2
        # The bound between `before` and `after` is replaced by two: one on either side of the new
        # point. The first and the last piece reach to the ends of the path.
        left = torch.where(step == 0, 0, (before + new) / 2)
        right = torch.where(step == self.n_points, 1, (new + after) / 2)
        self.bounds = torch.cat([self.bounds.scatter(1, step, left), right], dim=1).sort(1).values
        scores, gradients = self._evaluate(new)
        self.points, order = torch.cat([self.points, new], dim=1).sort(dim=1)
        self.scores = torch.cat([self.scores, scores], dim=1).gather(1, order)
        rows = torch.arange(len(order), device=order.device)[:, np.newaxis]
        self.gradients = torch.cat([self.gradients, gradients], dim=1)[rows, order]

    def _gaps(self, edges: torch.Tensor) -> torch.Tensor:
        """Compute the change of the score in each step minus what the gradients predict.

        The steps' gaps add up to the gap of the path, so that completeness is reached by closing
        the widest ones.
        """
        slopes = torch.einsum("bcl,bpcl->bp", self.delta, self.gradients).double()
        # The ends of the path have no gradient; the first and the last piece extend to them.
        slopes = torch.nn.functional.pad(slopes, (1, 1))
        scores = torch.cat([self.end_scores[:, :1], self.scores, self.end_scores[:, 1:]], dim=1)
        to_bound, from_bound = self.bounds - edges[:, :-1], edges[:, 1:] - self.bounds
        return scores.diff(dim=1) - slopes[:, :-1] * to_bound - slopes[:, 1:] * from_bound

    def _evaluate(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute scores (b, p) and gradients (b, p, C, L) at points (b, p) of the paths."""
        n, n_points = points.shape
        rows, columns = np.divmod(np.arange(n * n_points), n_points)
        size = max(1, self.score.batch_positions // self.delta.shape[2])
        found = []
        for start in range(0, n * n_points, size):
            row, column = rows[start : start + size], columns[start : start + size]
            fraction = points[row, column].to(self.delta.dtype)[:, np.newaxis, np.newaxis]
            x = self.baseline[row] + fraction * self.delta[row]
            mask = self.mask[row] if self.is_padded else None
            found.append(_value_and_gradient(self.score, x, mask))
        scores, gradients = map(torch.cat, zip(*found, strict=True))
        shape = n, n_points
        return scores.double().unflatten(0, shape), gradients.unflatten(0, shape)


def _column(like: torch.Tensor, value: float) -> torch.Tensor:
    return torch.full_like(like[:, :1], value)


def relative_gap(actual, difference):
    """Compute the relative gap of attributions (b, L) to differences of scores (b,).

    Where a difference is small because large attributions cancel, the gap is relative to a tenth of
    the sum of absolute attributions.
    """
    total = actual.sum(axis=-1)
    scale = np.maximum if isinstance(actual, np.ndarray) else torch.maximum
    denominator = scale(abs(difference), 0.1 * abs(actual).sum(axis=-1))
    # Constant scores are 0 / 0: they have no gap.
    return (total - difference) / (denominator + 1e-12)
