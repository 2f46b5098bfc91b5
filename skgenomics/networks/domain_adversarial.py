"""Adversarial layers: features that predict the target but not a confounder."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import BatchNorm, as_tuple, dense_layers


class _Reverse(torch.autograd.Function):
    """Identity whose gradient is multiplied by a negative factor."""

    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


class GradientReversal(nn.Module):
    """Identity that multiplies gradients by ``-strength``.

    Layers above learn a task, and layers below learn features that make it impossible.

    Attributes
    ----------
    strength : float
        Factor of the reversed gradients; zero at initialization.

    References
    ----------
    Ganin et al., Domain-adversarial training of neural networks, Journal of Machine Learning
    Research 17, 2016.
    """

    def __init__(self):
        super().__init__()
        self.strength = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the input."""
        return _Reverse.apply(x, self.strength)


class AdversarialOutput(nn.Module):
    """Output layer of targets, and in training also of an adversary that predicts confounders.

    Parameters
    ----------
    output : torch.nn.Linear
        Output layer of the targets.
    n_domain_scores : int
        Number of domain scores of the adversary.
    units : int or tuple of int
        Sizes of the hidden layers of the adversary.
    has_confounders : bool, default=False
        If True, the normalized features and the last hidden layer of the adversary are returned
        too, for a regression of continuous confounders on them.
    """

    def __init__(
        self,
        output: nn.Linear,
        n_domain_scores: int,
        units: int | tuple[int, ...],
        has_confounders: bool = False,
    ):
        super().__init__()
        self.scores = output
        self.has_confounders = has_confounders
        self.reversal = GradientReversal()
        # Without normalization, features could hide confounders from the adversary by shrinking.
        self.norm = BatchNorm(output.in_features, affine=False)
        self.hidden, n_hidden = dense_layers(
            output.in_features, as_tuple(units), normalization=None, activation="relu", dropout=0.0
        )
        self.domains = nn.Linear(n_hidden, n_domain_scores) if n_domain_scores else None

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Compute outputs (batch, n_outputs), followed in training by those of the adversary."""
        scores = self.scores(features)
        if not self.training:
            return scores
        seen = self.norm(self.reversal(features))
        hidden = self.hidden(seen)
        parts = [scores]
        if self.domains is not None:
            parts.append(self.domains(hidden))
        if self.has_confounders:
            parts += [seen, hidden]
        return torch.cat(parts, dim=1)
