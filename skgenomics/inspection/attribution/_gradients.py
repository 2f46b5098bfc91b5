"""Gradients of a score with respect to the sequence, at a point and along a path."""

from __future__ import annotations

from copy import copy

import numpy as np
import torch

from skgenomics.inspection._scores import SequenceScore

# Points of a line are added where they are too few for the sum to be complete, up to this factor.
_MAX_POINTS = 31
# Lines are summed so many points at a time, whose gradients are kept.
_POINTS_PER_BATCH = 1 << 18
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
    return _value_and_gradient(score, x)[1]


def _value_and_gradient(score: SequenceScore, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.detach().requires_grad_()
    # Recurrent networks of cuDNN go back in training mode only.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=not _is_recurrent(score)):
        result = score(x)
        if not result.requires_grad:
            return result, torch.zeros_like(x)
        return result.detach(), torch.autograd.grad(result.sum(), x)[0]


def _is_recurrent(score: SequenceScore) -> bool:
    return any(isinstance(module, torch.nn.RNNBase) for module in score.network.modules())


def correct(gradients: torch.Tensor) -> torch.Tensor:
    """Take away what no change of letters could make use of: the mean over the channels.

    Shares of letters add up to one, so that a network is free off that plane, where it never saw
    anything.  Gradients of shape (b, C, L) are projected onto it (Majdandzic et al., 2023).
    """
    return gradients - gradients.mean(dim=1, keepdim=True)


def integrate(
    score: SequenceScore, x: torch.Tensor, baseline: torch.Tensor, n_steps: int, max_gap: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean gradient on the straight line from baselines to sequences.

    It is summed by the rule of Gauss and Legendre. Where the sum is not complete with `n_steps`
    points, others are added, a quarter at a time, between those where the score changes by what
    their gradients do not say, up to 31 times as many in all.

    Parameters
    ----------
    score : SequenceScore
    x, baseline : Tensor of shape (b, C, L)
    n_steps : int
        Points of the line.
    max_gap : float
        What may be missing of the difference between the scores, as a share of it.

    Returns
    -------
    multipliers : Tensor of shape (b, C, L)
        With ``(x - baseline) * multipliers`` the parts of each channel in the difference.
    difference : Tensor of shape (b,)
        By how much the scores of sequences and baselines differ.
    """
    n_at_once = max(1, _POINTS_PER_BATCH // (n_steps * x.shape[2]))
    parts = [
        _integrate(_Lines(score, *ends, n_steps), max_gap, _MAX_POINTS * n_steps)
        for ends in zip(x.split(n_at_once), baseline.split(n_at_once), strict=True)
    ]
    multipliers, difference = zip(*parts, strict=True)
    return torch.cat(multipliers), torch.cat(difference)


def _integrate(lines: _Lines, max_gap: float, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    multipliers, difference = lines.sum(), lines.difference
    rows = torch.arange(len(multipliers), device=multipliers.device)
    while True:
        sums = multipliers[rows]
        gaps = relative_gap((lines.way * sums).sum(dim=1), lines.difference)
        is_open = gaps.abs() > max_gap
        n_more = min(lines.n_points // 4 + 1, most - lines.n_points)
        if not is_open.any() or not n_more:
            return multipliers, difference
        rows, lines = rows[is_open], lines.take(is_open)
        lines.refine(n_more)
        multipliers[rows] = lines.sum()


class _Lines:
    """Points on the lines from baselines to sequences, each of which stands for a piece of it.

    Parameters
    ----------
    score : SequenceScore
    x, baseline : Tensor of shape (b, C, L)
    n_points : int

    Attributes
    ----------
    way : Tensor of shape (b, C, L)
        From baselines to sequences.
    difference : Tensor of shape (b,)
        By how much their scores differ.
    """

    def __init__(self, score: SequenceScore, x, baseline, n_points: int):
        self.score, self.baseline, self.way = score, baseline, x - baseline
        with torch.no_grad():
            self.ends = torch.stack([score(baseline), score(x)], dim=1).double()
        nodes, weights = np.polynomial.legendre.leggauss(n_points)
        # Points of Gauss lie within pieces of the length of their weights.
        bounds = np.concatenate([[0], np.cumsum(weights)[:-1] / 2, [1]])
        self.places, self.bounds = (
            torch.from_numpy(part).to(x.device).expand(len(x), -1)
            for part in ((nodes + 1) / 2, bounds)
        )
        self.scores, self.gradients = self._evaluate(self.places)

    @property
    def n_points(self) -> int:
        return self.places.shape[1]

    @property
    def difference(self) -> torch.Tensor:
        return (self.ends[:, 1] - self.ends[:, 0]).to(self.way.dtype)

    def sum(self) -> torch.Tensor:
        """Mean gradient of each line, shape (b, C, L)."""
        weights = self.bounds.diff(dim=1).to(self.gradients.dtype)
        return torch.einsum("bp,bpcl->bcl", weights, self.gradients)

    def take(self, rows: torch.Tensor) -> _Lines:
        """Some of the lines."""
        lines = copy(self)
        for name in ("baseline", "way", "ends", "places", "bounds", "scores", "gradients"):
            setattr(lines, name, getattr(self, name)[rows])
        return lines

    def refine(self, n_more: int) -> None:
        """Halve the steps in which scores change most by what gradients at their ends leave out."""
        edges = torch.cat([_full(self.ends, 0), self.places, _full(self.ends, 1)], dim=1)
        step = self._gaps(edges).abs().topk(min(n_more, edges.shape[1] - 1), dim=1).indices
        before, behind = edges.gather(1, step), edges.gather(1, step + 1)
        new = (before + behind) / 2
        # The first and the last piece reach to the ends of the line.
        left = torch.where(step == 0, 0, (before + new) / 2)
        right = torch.where(step == self.n_points, 1, (new + behind) / 2)
        self.bounds = torch.cat([self.bounds.scatter(1, step, left), right], dim=1).sort(1).values
        scores, gradients = self._evaluate(new)
        self.places, order = torch.cat([self.places, new], dim=1).sort(dim=1)
        self.scores = torch.cat([self.scores, scores], dim=1).gather(1, order)
        rows = torch.arange(len(order), device=order.device)[:, np.newaxis]
        self.gradients = torch.cat([self.gradients, gradients], dim=1)[rows, order]

    def _gaps(self, edges: torch.Tensor) -> torch.Tensor:
        """What gradients leave out of the change of the score in each step; the sum is the gap."""
        slopes = torch.einsum("bcl,bpcl->bp", self.way, self.gradients).double()
        slopes = torch.nn.functional.pad(slopes, (1, 1))
        scores = torch.cat([self.ends[:, :1], self.scores, self.ends[:, 1:]], dim=1)
        here, there = self.bounds - edges[:, :-1], edges[:, 1:] - self.bounds
        return scores.diff(dim=1) - slopes[:, :-1] * here - slopes[:, 1:] * there

    def _evaluate(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores (b, p) and gradients (b, p, C, L) at places (b, p) of the lines."""
        n, n_points = places.shape
        rows, which = np.divmod(np.arange(n * n_points), n_points)
        size = max(1, BATCH_POSITIONS // self.way.shape[2])
        found = []
        for start in range(0, n * n_points, size):
            some, point = rows[start : start + size], which[start : start + size]
            share = places[some, point].to(self.way.dtype)[:, np.newaxis, np.newaxis]
            x = self.baseline[some] + share * self.way[some]
            found.append(_value_and_gradient(self.score, x))
        scores, gradients = map(torch.cat, zip(*found, strict=True))
        shape = n, n_points
        return scores.double().unflatten(0, shape), gradients.unflatten(0, shape)


def _full(like: torch.Tensor, value: float) -> torch.Tensor:
    return torch.full_like(like[:, :1], value)


def relative_gap(actual, difference):
    """What attributions (b, L) miss of a difference of scores (b,), as a share of it.

    Where a difference is small since large attributions cancel, a tenth of these counts instead.
    """
    total = actual.sum(axis=-1)
    scale = np.maximum if isinstance(actual, np.ndarray) else torch.maximum
    whole = scale(abs(difference), 0.1 * abs(actual).sum(axis=-1))
    # Scores that no letter changes have no gap.
    return (total - difference) / (whole + 1e-12)
