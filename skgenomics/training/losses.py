"""Losses per target, weighted elementwise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import nn
from torch.nn import functional as F

from skgenomics.networks.crf import CRF, UNKNOWN
from skgenomics.training.hyperparameters import QuantileLoss


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


# Bounds of logarithms of variances and dispersions, outside of which gradients vanish: float32
# resolves the likelihood between them.
_MIN_LOG, _MAX_LOG = -14.0, 14.0


def pinball(scores, y, quantiles: Sequence[float] = (0.5,)) -> torch.Tensor:
    """Pinball loss, averaged over the quantiles, whose scores are side by side.

    Parameters
    ----------
    scores : Tensor of shape (batch, n_quantiles * n_targets)
        Estimates of the first quantile of all targets, then of the second one, and so on.
    y : Tensor of shape (batch, n_targets)
        Targets.
    quantiles : sequence of float, default=(0.5,)
        Quantiles between 0 and 1.
    """
    error = y.unsqueeze(1) - scores.unflatten(1, (len(quantiles), -1))
    levels = torch.tensor(quantiles, dtype=scores.dtype, device=scores.device)[:, None]
    return torch.maximum(levels * error, (levels - 1) * error).mean(dim=1)


def gaussian(scores, y, beta: float = 0.0) -> torch.Tensor:
    """Negative log-likelihood of normal distributions, without its constant.

    Parameters
    ----------
    scores : Tensor of shape (batch, 2 * n_targets)
        Means of all targets, then the logarithms of their variances.
    y : Tensor of shape (batch, n_targets)
        Targets.
    beta : float, default=0.0
        Exponent of the variance in the weight of each entry.
    """
    mean, log_variance = scores.chunk(2, dim=1)
    log_variance = log_variance.clamp(_MIN_LOG, _MAX_LOG)
    losses = (log_variance + (y - mean).square() * (-log_variance).exp()) / 2
    return losses * (beta * log_variance).exp().detach() if beta else losses


def negative_binomial(scores, y, log_unit: torch.Tensor | float = 0.0) -> torch.Tensor:
    """Negative log-likelihood of counts by a negative binomial distribution.

    Its variance is ``mean + dispersion * mean ** 2``.

    Parameters
    ----------
    scores : Tensor of shape (batch, 2 * n_targets)
        Logarithms of the means of all targets, then of their dispersions.
    y : Tensor of shape (batch, n_targets)
        Counts.
    log_unit : Tensor of shape (n_targets,) or float, default=0.0
        Logarithm of the unit of the means.
    """
    log_mean, log_dispersion = scores.chunk(2, dim=1)
    if isinstance(log_unit, torch.Tensor):
        log_unit = log_unit.to(scores.device, scores.dtype)
    log_mean = log_mean + log_unit
    log_size = -log_dispersion.clamp(_MIN_LOG, _MAX_LOG)
    size = log_size.exp()
    # Differences of large values, which float32 would round away.
    shape = torch.lgamma(y.double() + size) - torch.lgamma(size.double())
    log_odds = log_mean - log_size
    return (
        torch.lgamma(y + 1)
        - shape.to(scores.dtype)
        + size * F.softplus(log_odds)
        + y * F.softplus(-log_odds)
    )


squared_error = partial(F.mse_loss, reduction="none")
huber = partial(F.huber_loss, reduction="none")
poisson = partial(F.poisson_nll_loss, log_input=True, reduction="none")

BINARY_LOSSES: dict[str, Callable] = {"cross_entropy": binary_cross_entropy, "focal": binary_focal}
CLASS_LOSSES: dict[str, Callable] = {"cross_entropy": cross_entropy, "focal": focal}
REGRESSION_LOSSES: dict[str, Callable] = {
    "mse": squared_error,
    "huber": huber,
    "poisson": poisson,
    "quantile": pinball,
    "gaussian": gaussian,
    "negative_binomial": negative_binomial,
    "binary_cross_entropy": binary_cross_entropy,
}


def choose_loss(loss: Any, table: dict[str, Callable]) -> Callable:
    """Look up a loss by its name, or by an object that also holds its parameters.

    Parameters
    ----------
    loss : str, callable or object of skgenomics.training
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
    name = name_of_loss(loss)
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"loss must be one of {sorted(table)} or a callable, got {loss!r}")
    if isinstance(loss, str):
        return table[name]
    if isinstance(loss, QuantileLoss):
        return partial(table[name], quantiles=loss._in_order_of_scores())
    return partial(table[name], **cast(Any, loss).get_params())


def name_of_loss(loss) -> Any:
    """Return the name of a loss that is given by an object; any other loss as it is."""
    return getattr(loss, "_name", loss)


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
        self.takes_auxiliary = _takes_auxiliary(loss)

    def forward(self, scores, y, weight, *auxiliary) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores, y : Tensor of shape (batch, ...)
            Raw scores and targets.
        weight : Tensor of shape (batch,) or (batch, n_outputs)
            Weights of the samples or entries.
        *auxiliary : object
            Auxiliary outputs of the module, for a loss that takes them.

        Returns
        -------
        Tensor
            Scalar loss.

        Raises
        ------
        ValueError
            If the loss does not return one value per weight.
        """
        losses = self.loss(scores, y, *auxiliary)
        if losses.shape != weight.shape:
            raise ValueError(
                f"the loss gives a tensor of shape {tuple(losses.shape)} for targets and weights "
                f"of shape {tuple(weight.shape)}; it must give one value per entry "
                "(reduction='none' in torch)"
            )
        return (losses * weight).mean()


def _takes_auxiliary(loss: Callable) -> bool:
    """Tell whether a loss of the user takes more than scores and targets."""
    if isinstance(loss, partial) or loss in _LOSSES_OF_THE_PACKAGE:
        return False
    try:
        parameters = inspect.signature(loss).parameters.values()
    except (TypeError, ValueError):
        return False
    n_positional = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    return n_positional > 2 or any(p.kind is p.VAR_POSITIONAL for p in parameters)


_LOSSES_OF_THE_PACKAGE = (
    *BINARY_LOSSES.values(),
    *CLASS_LOSSES.values(),
    *REGRESSION_LOSSES.values(),
)


class CosineMSE(nn.Module):
    """Squared error of each known target, plus the cosine distance of those of a sample.

    Parameters
    ----------
    cosine_weight : float, default=1.0
        Factor of the cosine distance.
    """

    is_binary = is_one_of_many = False

    def __init__(self, cosine_weight: float = 1.0):
        super().__init__()
        self.cosine_weight = cosine_weight

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores, y, weight : Tensor of shape (batch, n_targets)
            Scores, targets and weights; a weight of zero is that of a missing target.

        Returns
        -------
        Tensor
            Scalar loss.
        """
        known = weight > 0
        cosine = F.cosine_similarity(scores * known, y * known, dim=1)
        losses = (scores - y).square() + self.cosine_weight * (1 - cosine[:, None])
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
