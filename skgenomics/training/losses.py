"""Losses per target, weighted entry by entry."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F


def binary_cross_entropy(scores, y, label_smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy of independent yes-or-no targets, entry by entry."""
    y = y * (1 - label_smoothing) + label_smoothing / 2
    return F.binary_cross_entropy_with_logits(scores, y, reduction="none")


def binary_focal(scores, y, gamma: float = 2.0, label_smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy that fades for entries that are right already (Lin et al., 2017)."""
    chance = torch.where(y > 0.5, scores, -scores).sigmoid()
    return (1 - chance) ** gamma * binary_cross_entropy(scores, y, label_smoothing)


def cross_entropy(scores, y, label_smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy of one class out of several, for each row or each position.

    A class below zero is an unknown one: its loss is finite, and its weight has to be zero.
    """
    y = y.long().clamp(min=0)
    return F.cross_entropy(scores, y, reduction="none", label_smoothing=label_smoothing)


def focal(scores, y, gamma: float = 2.0, label_smoothing: float = 0.0) -> torch.Tensor:
    """Multi-class form of :func:`binary_focal`."""
    chance = scores.softmax(dim=1).gather(1, y.long().clamp(min=0).unsqueeze(1)).squeeze(1)
    return (1 - chance) ** gamma * cross_entropy(scores, y, label_smoothing)


squared_error = partial(F.mse_loss, reduction="none")
huber = partial(F.huber_loss, reduction="none")
poisson = partial(F.poisson_nll_loss, log_input=True, reduction="none")

BINARY_LOSSES = {"cross_entropy": binary_cross_entropy, "focal": binary_focal}
CLASS_LOSSES = {"cross_entropy": cross_entropy, "focal": focal}
REGRESSION_LOSSES = {"mse": squared_error, "huber": huber, "poisson": poisson}


def choose_loss(loss: str | Callable, table: dict[str, Callable], **settings) -> Callable:
    """Look a loss up by its name and give it those of the settings that it takes.

    A callable stands for itself: it takes scores and targets, and gives one loss per entry.
    """
    if callable(loss) and not isinstance(loss, type):
        return loss
    if not isinstance(loss, str) or loss not in table:
        raise ValueError(f"loss must be one of {sorted(table)} or a callable, got {loss!r}")
    taken = inspect.signature(table[loss]).parameters
    return partial(table[loss], **{k: v for k, v in settings.items() if k in taken})


class WeightedLoss(nn.Module):
    """Mean of a loss over the entries of a batch, each times its weight.

    Weights average to one over the training data, so that the mean estimates the weighted loss
    of all data without bias.  A missing label has weight zero, and so no gradient.

    Parameters
    ----------
    loss : callable
        Takes scores and targets, gives one loss per row or per entry.
    is_binary, is_one_of_many : bool, default=False
        Whether targets are 0 and 1, or the place of one class among several.
    """

    def __init__(self, loss: Callable, *, is_binary: bool = False, is_one_of_many: bool = False):
        super().__init__()
        self.loss = loss
        self.is_binary = is_binary
        self.is_one_of_many = is_one_of_many

    def forward(self, scores, y, weight) -> torch.Tensor:
        losses = self.loss(scores, y)
        if losses.shape != weight.shape:
            raise ValueError(
                f"the loss gives a tensor of shape {tuple(losses.shape)} for targets and weights "
                f"of shape {tuple(weight.shape)}; it must give one value per entry "
                "(reduction='none' in torch)"
            )
        return (losses * weight).mean()
