"""What auto-encoders are trained with: functions of what the network gives, rows and weights."""

from __future__ import annotations

import torch
from skorch.callbacks import Callback
from torch import nn
from torch.nn import functional as F

from skgenomics.networks._layers import make_activation

# How far a mean activation is kept from 0 and 1, which have no finite log-odds.
_MARGIN = 1e-6


class ReconstructionLoss(nn.Module):
    """Mean over rows and columns of the error of a reconstruction, and a penalty on the code.

    Parameters
    ----------
    loss : {"mse", "bce"}
        Squared error, or cross-entropy of shares.
    output_activation : str or None
        What turns scores into the reconstruction; "bce" takes the scores as log-odds.
    sparsity : {None, "l1", "kl"}
        Penalty: absolute values of the code, or the divergence of the mean activation of each of
        its units from a target.
    weight, target : float
        Factor of the penalty, and that target.
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
        loss = (self.row_losses(scores, x) * weight).mean()
        return loss if self.sparsity is None else loss + self.weight * self._penalty(code, weight)

    def row_losses(self, scores: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Mean over the columns of each row."""
        if self.loss == "bce":
            losses = F.binary_cross_entropy_with_logits(scores, x, reduction="none")
        else:
            losses = (self.activation(scores) - x).square()
        return losses.mean(dim=1)

    def _penalty(self, code: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self.sparsity == "l1":
            return (code.abs().sum(dim=1) * weight).mean()
        share = (code * weight.unsqueeze(1)).sum(dim=0) / weight.sum()
        return sparsity_divergence(share, self.target)


def sparsity_divergence(share: torch.Tensor, target: float) -> torch.Tensor:
    """Divergence of mean activations from a target, each taken as the chance of a coin.

    Parameters
    ----------
    share : Tensor of shape (n_units,)
        Mean activations, between 0 and 1.
    target : float
        What they should be.

    Returns
    -------
    Tensor
        Kullback-Leibler divergence in nats, summed over the units.
    """
    share = share.clamp(_MARGIN, 1 - _MARGIN)
    wanted = torch.full_like(share, target)
    terms = wanted * (wanted / share).log() + (1 - wanted) * ((1 - wanted) / (1 - share)).log()
    return terms.sum()


class BoundLoss(nn.Module):
    """Minus the evidence lower bound of a row, per column.

    Parameters
    ----------
    beta : float
        Weight of the divergence of the code from its prior.

    Attributes
    ----------
    share : float
        Part of `beta` that counts in training, where it grows from zero.
    """

    def __init__(self, beta: float = 1.0):
        super().__init__()
        self.beta, self.share = beta, 1.0

    @property
    def divergence_weight(self) -> float:
        """Weight of the divergence: what is kept aside is judged by the whole of it."""
        return self.beta * (self.share if self.training else 1.0)

    def forward(self, output, x, y, weight) -> torch.Tensor:
        log_prob, divergence = output
        losses = self.divergence_weight * divergence - log_prob
        return (losses * weight).mean() / x.shape[1]


class Warmup(Callback):
    """Callback of skorch by which the divergence counts nothing at first, and more every epoch.

    Parameters
    ----------
    n_epochs : int
        Epochs until it counts in full.
    n_before : int
        Epochs that were trained before.
    """

    def __init__(self, n_epochs: int, n_before: int = 0):
        self.n_epochs, self.n_before = n_epochs, n_before

    def on_epoch_begin(self, net, **kwargs) -> None:
        epoch = self.n_before + len(net.history) - 1
        net.criterion_.share = min(1.0, epoch / self.n_epochs) if self.n_epochs else 1.0


class SemiSupervisedLoss(BoundLoss):
    """Minus the bound per column of rows with and without a class, and the cross-entropy.

    Parameters
    ----------
    beta : float
        Weight of the divergence of the code from its prior.
    classification_weight : float
        Weight of the cross-entropy, which is a mean over the rows that have a class.
    """

    def __init__(self, beta: float = 1.0, classification_weight: float = 1.0):
        super().__init__(beta)
        self.classification_weight = classification_weight

    def forward(self, output, x, y, weight) -> torch.Tensor:
        scores, log_prob, divergence = output
        has_class = y >= 0
        y = y.clamp(min=0).long()
        log_chances = scores.log_softmax(dim=1)
        # The classes have the same chance each, a constant that changes nothing.
        losses = (self.divergence_weight * divergence - log_prob) / x.shape[1]
        of_class = losses.gather(1, y.unsqueeze(1)).squeeze(1)
        mixed = (log_chances.exp() * (losses + log_chances / x.shape[1])).sum(dim=1)
        loss = (torch.where(has_class, of_class, mixed) * weight).mean()
        entropy = F.nll_loss(log_chances, y, reduction="none")
        weight = weight * has_class
        mean = (entropy * weight).sum() / weight.sum().clamp(min=_MARGIN)
        return loss + self.classification_weight * mean
