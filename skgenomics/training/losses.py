"""Losses per target, weighted elementwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks.crf import CRF, UNKNOWN
from skgenomics.training.hyperparameters import CrossEntropyLoss, FocalLoss


def binary_cross_entropy(scores, y, label_smoothing: float = 0.0) -> torch.Tensor:
    """Compute the cross-entropy of independent binary targets, elementwise."""
    y = y * (1 - label_smoothing) + label_smoothing / 2
    return F.binary_cross_entropy_with_logits(scores, y, reduction="none")


def binary_focal(scores, y, gamma: float = 2.0, label_smoothing: float = 0.0) -> torch.Tensor:
    """Compute the binary focal loss (Lin et al., 2017), elementwise."""
    proba = torch.where(y > 0.5, scores, -scores).sigmoid()
    return (1 - proba) ** gamma * binary_cross_entropy(scores, y, label_smoothing)


def cross_entropy(scores, y, label_smoothing: float = 0.0) -> torch.Tensor:
    """Compute the multi-class cross-entropy of each sample or position.

    A negative class index marks an unknown label: its loss is finite, and its weight must be zero.
    """
    y = y.long().clamp(min=0)
    return F.cross_entropy(scores, y, reduction="none", label_smoothing=label_smoothing)


def focal(scores, y, gamma: float = 2.0, label_smoothing: float = 0.0) -> torch.Tensor:
    """Compute the multi-class focal loss of each sample or position."""
    proba = scores.softmax(dim=1).gather(1, y.long().clamp(min=0).unsqueeze(1)).squeeze(1)
    return (1 - proba) ** gamma * cross_entropy(scores, y, label_smoothing)


squared_error = partial(F.mse_loss, reduction="none")
huber = partial(F.huber_loss, reduction="none")
poisson = partial(F.poisson_nll_loss, log_input=True, reduction="none")

BINARY_LOSSES: dict[str, Callable] = {"cross_entropy": binary_cross_entropy, "focal": binary_focal}
CLASS_LOSSES: dict[str, Callable] = {"cross_entropy": cross_entropy, "focal": focal}
REGRESSION_LOSSES: dict[str, Callable] = {
    "mse": squared_error,
    "huber": huber,
    "poisson": poisson,
}


def choose_loss(
    loss: str | Callable | CrossEntropyLoss | FocalLoss, table: dict[str, Callable]
) -> Callable:
    """Look up a loss by its name, or by an object that also holds its parameters.

    Parameters
    ----------
    loss : str, callable, CrossEntropyLoss or FocalLoss
        A callable is returned unchanged: it takes scores and targets, and returns one loss per
        entry.
    table : dict
        Losses by their names.

    Returns
    -------
    callable
        Elementwise loss of scores and targets.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if callable(loss) and not isinstance(loss, type):
        return loss
    name = loss._name if isinstance(loss, CrossEntropyLoss | FocalLoss) else loss
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"loss must be one of {sorted(table)} or a callable, got {loss!r}")
    if isinstance(loss, str):
        return table[name]
    return partial(table[name], **cast("CrossEntropyLoss | FocalLoss", loss).get_params())


class WeightedLoss(nn.Module):
    """Weighted mean of an elementwise loss over a batch.

    Weights average to one over the training data, so that the mean is an unbiased estimate of the
    weighted loss of all data. A missing label has weight zero, and so no gradient.

    Parameters
    ----------
    loss : callable
        Function of scores and targets that returns one loss per sample or per entry.
    is_binary, is_one_of_many : bool, default=False
        True if targets are 0 and 1, or the index of one class among several.
    """

    def __init__(self, loss: Callable, *, is_binary: bool = False, is_one_of_many: bool = False):
        super().__init__()
        self.loss = loss
        self.is_binary = is_binary
        self.is_one_of_many = is_one_of_many

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores, y : Tensor of shape (batch, ...)
            Raw scores and targets.
        weight : Tensor of shape (batch,) or (batch, n_outputs)
            Weights of the samples or entries.

        Returns
        -------
        Tensor
            Scalar loss.

        Raises
        ------
        ValueError
            If the loss does not return one value per weight.
        """
        losses = self.loss(scores, y)
        if losses.shape != weight.shape:
            raise ValueError(
                f"the loss gives a tensor of shape {tuple(losses.shape)} for targets and weights "
                f"of shape {tuple(weight.shape)}; it must give one value per entry "
                "(reduction='none' in torch)"
            )
        return (losses * weight).mean()


# Label of padding positions.
PADDING = -2


class CRFLoss(nn.Module):
    """Negative log-likelihood of label sequences, per known label.

    Parameters
    ----------
    crf : CRF
        Conditional random field of the network.
    """

    is_binary = is_one_of_many = False

    def __init__(self, crf: CRF):
        super().__init__()
        # In a tuple, so that its parameters are not registered in the loss as well.
        self._crf = (crf,)

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_classes, length)
            Emission scores.
        y, weight : Tensor of shape (batch, length)
            Labels, negative where unknown or padding, and weights.

        Returns
        -------
        Tensor
            Scalar loss.
        """
        labels = y.long()
        likelihood = self._crf[0].log_likelihood(scores, labels.clamp(min=UNKNOWN), y != PADDING)
        n_known = (labels >= 0).sum(dim=1).clamp(min=1)
        # All entries of a sequence weigh the same; weights average to one over all entries.
        return -(likelihood * weight.sum(dim=1) / n_known).sum() / weight.numel()


class MultinomialLoss(nn.Module):
    """Multinomial loss of the shape of a profile, plus a squared error of its log total.

    Parameters
    ----------
    count_weight : float
        Weight of the error of the log total (lambda of Avsec et al., 2021).
    joint_tracks : bool
        If True, all tracks together are one distribution with one total.
    """

    is_binary = is_one_of_many = False

    def __init__(self, count_weight: float, joint_tracks: bool = False):
        super().__init__()
        self.count_weight, self.joint_tracks = count_weight, joint_tracks

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the mean loss over sequences and tracks.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_tracks, n_bins + 1)
            Logits of the bins, followed by the log total.
        y : Tensor of shape (batch, n_tracks, n_bins)
            Counts.
        weight : Tensor of shape (batch, n_tracks, n_bins)
            Weights, zero where a count is missing.

        Returns
        -------
        Tensor
            Scalar loss.
        """
        tracks, log_counts = scores[..., :-1], scores[..., -1]
        if self.joint_tracks:
            tracks, y, weight = (a.flatten(1).unsqueeze(1) for a in (tracks, y, weight))
            log_counts = log_counts[:, :1]
        known = weight > 0
        y = torch.where(known, y, 0)
        shares = tracks.masked_fill(~known, torch.finfo(tracks.dtype).min).log_softmax(dim=2)
        total = y.sum(dim=2)
        # The normalization, which does not depend on the network, keeps the loss above zero.
        constant = torch.lgamma(y + 1).sum(dim=2) - torch.lgamma(total + 1)
        shape = constant - torch.where(known, y * shares, 0).sum(dim=2)
        size = (log_counts - total.log1p()).square()
        is_whole = known.all(dim=2)
        losses = shape + self.count_weight * size * is_whole
        return (losses * weight.amax(dim=2)).mean()


class TaskLoss(NamedTuple):
    """Loss shared by one or several tasks.

    Attributes
    ----------
    loss : callable
        Function of scores and targets that returns one loss per target.
    scores : list of int
        Columns of the scores.
    targets : list of int
        Columns of the targets: one per score, or a single one that holds a class index.
    """

    loss: Callable
    scores: list[int]
    targets: list[int]


class MultiTaskLoss(nn.Module):
    r"""Weighted mean of the losses of all known targets of a batch.

    A missing target has weight zero, and so no gradient.

    Parameters
    ----------
    parts : list of TaskLoss
        Losses that cover all targets.
    log_variance : Tensor of shape (n_targets,), optional
        Logarithms of the learned task variances.
    is_regression : sequence of bool, optional
        Mask of the real-valued targets; needed with `log_variance`.

    Notes
    -----
    With variances :math:`\sigma^2` the loss is the negative log-likelihood of Kendall, Gal and
    Cipolla (CVPR 2018): :math:`L / (2 \sigma^2) + \log \sigma` of a real number, and
    :math:`L / \sigma^2 + \log \sigma` of a class.
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
        # In a tuple, so that it is not registered as a parameter of the loss as well.
        self._log_variance = (log_variance,)
        self.is_regression = torch.tensor(is_regression, dtype=torch.bool)

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_scores)
            Raw scores of all tasks.
        y, weight : Tensor of shape (batch, n_targets)
            Targets and weights.

        Returns
        -------
        Tensor
            Scalar loss.
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
    """Compute the factor of the loss of each task from its log variance."""
    halves = torch.where(is_regression.to(log_variance.device), 0.5, 1.0)
    return halves.to(log_variance.dtype) * torch.exp(-log_variance)
