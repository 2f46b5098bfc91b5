"""Losses of autoencoders, as functions of the output of the network, the samples and weights."""

from __future__ import annotations

import torch
from skorch.callbacks import Callback
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import make_activation

# Distance that mean activations keep from 0 and 1, whose log-odds are infinite.
_MARGIN = 1e-6


class ReconstructionLoss(nn.Module):
    """Mean reconstruction error over samples and columns, plus a sparsity penalty on the code.

    Parameters
    ----------
    loss : {"mse", "bce"}
        Squared error or binary cross-entropy.
    output_activation : str or None
        Activation that converts outputs to the reconstruction; "bce" takes outputs as log-odds.
    sparsity : {None, "l1", "kl"}
        Penalty: the absolute values of the code, or the Kullback-Leibler divergence of the mean
        activation of each unit from a target.
    weight : float
        Weight of the penalty.
    target : float
        Target of the mean activation.
    """

    def __init__(
        self,
        loss: str = "mse",
        output_activation: str | None = None,
        *,
        sparsity: str | None = None,
        weight: float = 0.0,
        target: float = 0.05,
    ):
        super().__init__()
        self.loss, self.sparsity, self.weight, self.target = loss, sparsity, weight, target
        self.activation = (
            nn.Identity() if output_activation is None else make_activation(output_activation)
        )

    def forward(self, output, x, y, weight) -> torch.Tensor:
        scores, code = output
        loss = (self.sample_losses(scores, x) * weight).mean()
        return loss if self.sparsity is None else loss + self.weight * self._penalty(code, weight)

    def sample_losses(self, scores: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Compute the mean loss over the columns of each sample."""
        if self.loss == "bce":
            losses = F.binary_cross_entropy_with_logits(scores, x, reduction="none")
        else:
            losses = (self.activation(scores) - x).square()
        return losses.mean(dim=1)

    def _penalty(self, code: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self.sparsity == "l1":
            return (code.abs().sum(dim=1) * weight).mean()
        mean = (code * weight.unsqueeze(1)).sum(dim=0) / weight.sum()
        return sparsity_divergence(mean, self.target)


def sparsity_divergence(mean: torch.Tensor, target: float) -> torch.Tensor:
    """Compute the divergence of mean activations from a target, as Bernoulli probabilities.

    Parameters
    ----------
    mean : Tensor of shape (n_units,)
        Mean activations, between 0 and 1.
    target : float
        Target of the mean activations.

    Returns
    -------
    Tensor
        Kullback-Leibler divergence in nats, summed over the units.
    """
    q = mean.clamp(_MARGIN, 1 - _MARGIN)
    p = torch.full_like(q, target)
    return (p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()).sum()


class BoundLoss(nn.Module):
    """Negative evidence lower bound per column.

    Parameters
    ----------
    beta : float
        Weight of the divergence of the code from its prior.

    Attributes
    ----------
    warmup_factor : float
        Factor of `beta` in training, which grows from zero to one.
    """

    def __init__(self, beta: float = 1.0):
        super().__init__()
        self.beta, self.warmup_factor = beta, 1.0

    @property
    def divergence_weight(self) -> float:
        """Weight of the divergence, which is not reduced for validation."""
        return self.beta * (self.warmup_factor if self.training else 1.0)

    def forward(self, output, x, y, weight) -> torch.Tensor:
        log_prob, divergence = output
        losses = self.divergence_weight * divergence - log_prob
        return (losses * weight).mean() / x.shape[1]


class Warmup(Callback):
    """skorch callback that increases the weight of the divergence linearly from zero.

    Parameters
    ----------
    n_epochs : int
        Number of epochs until the weight is reached.
    n_before : int
        Number of epochs that were trained in earlier calls of fit.
    """

    def __init__(self, n_epochs: int, n_before: int = 0):
        self.n_epochs, self.n_before = n_epochs, n_before

    def on_epoch_begin(self, net, **kwargs) -> None:
        epoch = self.n_before + len(net.history) - 1
        net.criterion_.warmup_factor = min(1.0, epoch / self.n_epochs) if self.n_epochs else 1.0


class SemiSupervisedLoss(BoundLoss):
    """Negative bound per column of labeled and unlabeled samples, plus the cross-entropy.

    Parameters
    ----------
    beta : float
        Weight of the divergence of the code from its prior.
    classification_weight : float
        Weight of the cross-entropy, which is averaged over the labeled samples.
    """

    def __init__(self, beta: float = 1.0, classification_weight: float = 1.0):
        super().__init__(beta)
        self.classification_weight = classification_weight

    def forward(self, output, x, y, weight) -> torch.Tensor:
        scores, log_prob, divergence = output
        has_class = y >= 0
        y = y.clamp(min=0).long()
        log_proba = scores.log_softmax(dim=1)
        # The uniform prior of the classes is a constant and left out.
        losses = (self.divergence_weight * divergence - log_prob) / x.shape[1]
        labeled = losses.gather(1, y.unsqueeze(1)).squeeze(1)
        # Expectation over the predicted classes minus their entropy, eq. 7 of Kingma et al. 2014.
        unlabeled = (log_proba.exp() * (losses + log_proba / x.shape[1])).sum(dim=1)
        loss = (torch.where(has_class, labeled, unlabeled) * weight).mean()
        entropy = F.nll_loss(log_proba, y, reduction="none")
        weight = weight * has_class
        mean = (entropy * weight).sum() / weight.sum().clamp(min=_MARGIN)
        return loss + self.classification_weight * mean
