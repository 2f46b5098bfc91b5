"""Features that tell classes but not where a sequence comes from."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import BatchNorm, as_tuple, dense_layers


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


class GradientReversal(nn.Module):
    """Pass values on as they are, and gradients turned around, times `strength`.

    What lies above learns to do its task, what lies below learns to make that impossible.

    Attributes
    ----------
    strength : float
        Zero at first.

    References
    ----------
    Ganin et al., Domain-adversarial training of neural networks, Journal of Machine Learning
    Research 17, 2016.
    """

    def __init__(self):
        super().__init__()
        self.strength = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Reverse.apply(x, self.strength)


class AdversarialOutput(nn.Module):
    """Scores of classes, and while training also those of an adversary that tells domains.

    Parameters
    ----------
    output : torch.nn.Linear
        Gives the scores of the classes.
    n_domain_scores : int
        Scores of the adversary.
    units : int or tuple of int
        Sizes of its hidden layers.
    """

    def __init__(self, output: nn.Linear, n_domain_scores: int, units: int | tuple[int, ...]):
        super().__init__()
        self.scores = output
        self.reversal = GradientReversal()
        # Else features that shrink would hide the domain from the adversary, but not from others.
        self.norm = BatchNorm(output.in_features, affine=False)
        self.hidden, n_hidden = dense_layers(
            output.in_features, as_tuple(units), normalization=None, activation="relu", dropout=0.0
        )
        self.domains = nn.Linear(n_hidden, n_domain_scores)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores (batch, n_outputs), with those of the adversary behind them while training."""
        scores = self.scores(features)
        if not self.training:
            return scores
        seen = self.hidden(self.norm(self.reversal(features)))
        return torch.cat([scores, self.domains(seen)], dim=1)
