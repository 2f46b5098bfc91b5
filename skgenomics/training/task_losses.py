"""One loss out of the losses of several tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn


class TaskLoss(NamedTuple):
    """The loss of a task, and of others that have the same one.

    Attributes
    ----------
    loss : callable
        Takes scores and targets, gives one loss per target.
    scores : list of int
        Columns of the scores.
    targets : list of int
        Columns of the targets: as many as scores, or a single one that is a class out of several.
    """

    loss: Callable
    scores: list[int]
    targets: list[int]


class MultiTaskLoss(nn.Module):
    """Mean of the losses of all known targets of a batch, each times its weight.

    A missing target has weight zero, and so no gradient.

    Parameters
    ----------
    parts : list of TaskLoss
        Losses that cover all targets.
    log_variance : Tensor of shape (n_targets,), optional
        Logarithms of the variances by which the network weighs its tasks.
    is_regression : sequence of bool, optional
        Which of the targets are real numbers; needed with `log_variance`.

    Notes
    -----
    With variances :math:`\\sigma^2` the loss is the negative log-likelihood of Kendall, Gal and
    Cipolla (CVPR 2018): :math:`L / (2 \\sigma^2) + \\log \\sigma` of a real number, and
    :math:`L / \\sigma^2 + \\log \\sigma` of a class.
    """

    is_binary = is_one_of_many = False

    def __init__(
        self,
        parts: list[TaskLoss],
        log_variance: torch.Tensor | None = None,
        is_regression=(),
    ):
        super().__init__()
        self.parts = parts
        # In a tuple, so that it is a weight of the network alone.
        self._log_variance = (log_variance,)
        self.is_regression = torch.tensor(is_regression, dtype=torch.bool)

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Loss of a batch.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_scores)
        y, weight : Tensor of shape (batch, n_targets)
        """
        losses = torch.zeros_like(weight)
        for part in self.parts:
            losses[:, part.targets] = _losses(part, scores[:, part.scores], y[:, part.targets])
        (log_variance,) = self._log_variance
        if log_variance is not None:
            losses = losses * task_precision(log_variance, self.is_regression) + log_variance / 2
        return (losses * weight).mean()


def _losses(part: TaskLoss, scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    if len(part.scores) == len(part.targets):
        losses = part.loss(scores, y)
    else:
        losses = part.loss(scores, y[:, 0]).unsqueeze(1)
    if losses.shape != y.shape:
        raise ValueError(
            f"a loss gives a tensor of shape {tuple(losses.shape)} for {y.shape[1]} tasks and "
            f"{len(y)} sequences; it must give one value per entry (reduction='none' in torch)"
        )
    return losses


def task_precision(log_variance: torch.Tensor, is_regression: torch.Tensor) -> torch.Tensor:
    """Factor of the loss of each task."""
    halves = torch.where(is_regression.to(log_variance.device), 0.5, 1.0)
    return halves.to(log_variance.dtype) * torch.exp(-log_variance)
