"""Training against an adversary that predicts confounders."""

from __future__ import annotations

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import nn
from torch.nn import functional as F

from skgenomics.training._optimization import choose_epochs
from skgenomics.training.batches import n_batches
from skgenomics.training.sequence_net import SequenceNet

# Penalty of the ridge regression on standardized features.
_PENALTY = 0.1


class AdversarialNet(SequenceNet):
    """A net whose module gives more scores while training: those of the adversary."""

    def _score_all(
        self, x: torch.Tensor, mask: torch.Tensor | None, **extra: torch.Tensor
    ) -> tuple[torch.Tensor, tuple]:
        if self.module_.training:
            return self._call(x, mask, **extra), ()
        return super()._score_all(x, mask, **extra)


class AdversarialLoss(nn.Module):
    """Loss of the targets, and in training that of an adversary too.

    Early stopping, which has no adversary, monitors the loss of the targets alone.

    Parameters
    ----------
    labels : torch.nn.Module
        Loss of the targets.
    n_outputs : int
        Number of scores of the targets.
    n_domains : int
        Number of domains, which the adversary, or that of each class, has a score for.
    n_confounders : int, default=0
        Number of continuous confounders, which it has a prediction for.

    Notes
    -----
    The loss of a domain is the cross-entropy. That of a continuous confounder is the unexplained
    share of its variance in a ridge regression on the features and on the hidden layer of the
    adversary, which is solved for each batch. Such an adversary is always the best one for the
    features of the moment; one that is trained by gradients lags behind, and features evade it
    without losing the confounder.
    """

    def __init__(
        self,
        labels: nn.Module,
        n_outputs: int,
        n_domains: int,
        n_confounders: int = 0,
        n_adversaries: int = 1,
    ):
        super().__init__()
        self.labels, self.n_outputs = labels, n_outputs
        self.n_domains, self.n_confounders = n_domains, n_confounders
        self.n_adversaries = n_adversaries
        self.is_binary, self.is_one_of_many = labels.is_binary, labels.is_one_of_many

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_outputs + n_adversaries * n_domains + n_features)
            Scores of the targets and of the domains, and the features that the adversary predicts
            confounders from; or of shape (batch, n_outputs), without an adversary.
        y, weight : Tensor of shape (batch, n_targets + 2 + n_confounders)
            Targets, the domain, the index of the adversary of a sample, and its confounders; and
            the weights of these.

        Returns
        -------
        Tensor
            Scalar loss.
        """
        n_targets = y.shape[1] - 2 - self.n_confounders
        labels, weights = y[:, :n_targets], weight[:, :n_targets]
        if self.is_one_of_many:
            labels, weights = labels[:, 0], weights[:, 0]
        loss = self.labels(scores[:, : self.n_outputs], labels, weights)
        if scores.shape[1] == self.n_outputs:
            return loss
        members = y[:, n_targets + 1].long()
        end = self.n_outputs + self.n_adversaries * self.n_domains
        if self.n_domains:
            adversaries = scores[:, self.n_outputs : end].unflatten(1, (-1, self.n_domains))
            chosen = adversaries[torch.arange(len(y), device=y.device), members]
            domains = F.cross_entropy(chosen, y[:, n_targets].long(), reduction="none")
            loss = loss + (domains * weight[:, n_targets]).mean()
        for i in range(self.n_adversaries) if self.n_confounders else ():
            rows = members == i
            explained = explained_variance(
                scores[rows, end:], y[rows, n_targets + 2 :], weight[rows, -1]
            )
            loss = loss + rows.sum() / len(y) * (1 - explained)
        return loss


def explained_variance(
    features: torch.Tensor, values: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Compute the share of variance that a weighted ridge regression explains, mean over columns.

    Parameters
    ----------
    features : Tensor of shape (n_samples, n_features)
        Predictors.
    values : Tensor of shape (n_samples, n_columns)
        Values to predict; constant columns count as unexplained.
    weight : Tensor of shape (n_samples,)
        Weights of the samples.

    Returns
    -------
    Tensor
        Value from 0 to 1.
    """
    if len(features) < 2:
        return features.sum() * 0.0
    root = (weight / weight.sum().clamp(min=1e-12)).sqrt()[:, None]
    share = root.square()
    x = (features - (features * share).sum(dim=0)) * root
    z = (values - (values * share).sum(dim=0)) * root
    total = z.square().sum(dim=0)
    x = x / (x.square().sum(dim=0, keepdim=True) + 1e-6).sqrt()
    # In the space of samples or of features, whichever is smaller. With a penalty of the order of
    # the eigenvalues, few features with much of the variance count, not the noise of a batch.
    if x.shape[0] < x.shape[1]:
        kernel = x @ x.T
        fitted = kernel @ torch.linalg.solve(kernel + _PENALTY * _identity(kernel), z)
    else:
        gram = x.T @ x
        fitted = x @ torch.linalg.solve(gram + _PENALTY * _identity(gram), x.T @ z)
    left = (z - fitted).square().sum(dim=0)
    return torch.where(total > 1e-12, 1 - left / total.clamp(min=1e-12), 0.0).mean()


def _identity(matrix: torch.Tensor) -> torch.Tensor:
    return torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)


class AdversaryWarmUp(Callback):
    """Increase the weight of the adversary as Ganin et al. (2016) do.

    Parameters
    ----------
    strength : float
        Its weight at the end.
    max_iter : int or "auto"
        Epochs to get there, as of the estimator.
    n_iter : int
        Epochs that have been trained before.
    """

    def __init__(self, strength: float, max_iter: int | str, n_iter: int):
        self.strength, self.max_iter, self.n_iter = strength, max_iter, n_iter

    def on_train_begin(self, net, X=None, y=None, **kwargs) -> None:
        self.per_epoch = n_batches(len(X), net.batch_size)
        self.n_steps = choose_epochs(self.max_iter, len(X), net.batch_size) * self.per_epoch

    def on_batch_begin(self, net, batch=None, training=False, **kwargs) -> None:
        if training:
            # A resumed training may begin at any batch.
            n_epochs = self.n_iter + len(net.history) - 1
            step = n_epochs * self.per_epoch + len(net.history[-1]["batches"]) - 1
            share = min(1.0, step / self.n_steps)
            net.module_.output.reversal.strength = self.strength * np.tanh(5 * share)
