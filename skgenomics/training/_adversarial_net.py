"""Training against an adversary that tells domains."""

from __future__ import annotations

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import nn
from torch.nn import functional as F

from skgenomics.training._optimization import choose_epochs
from skgenomics.training.batches import n_batches
from skgenomics.training.losses import WeightedLoss
from skgenomics.training.sequence_net import SequenceNet


class AdversarialNet(SequenceNet):
    """A net whose module gives more scores while training: those of the adversary."""

    def _score_all(
        self, x: torch.Tensor, mask: torch.Tensor | None, **extra: torch.Tensor
    ) -> tuple[torch.Tensor, tuple]:
        if self.module_.training:
            return self._call(x, mask, **extra), ()
        return super()._score_all(x, mask, **extra)


class AdversarialLoss(nn.Module):
    """Loss of the classes, and while training that of the adversary too.

    Early stopping, which has no adversary, watches the classes alone.

    Parameters
    ----------
    labels : WeightedLoss
        Loss of the classes.
    n_outputs : int
        Scores of the classes.
    n_domains : int
        Scores of the adversary, or those of each class.
    """

    def __init__(self, labels: WeightedLoss, n_outputs: int, n_domains: int):
        super().__init__()
        self.labels, self.n_outputs, self.n_domains = labels, n_outputs, n_domains
        self.is_binary, self.is_one_of_many = labels.is_binary, labels.is_one_of_many

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Loss of a batch.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_outputs + n_adversaries * n_domains)
            Or of shape (batch, n_outputs), without an adversary.
        y, weight : Tensor of shape (batch, n_targets + 2)
            Targets of the classes, the domain, and which adversary is to tell it.
        """
        labels, weights = y[:, :-2], weight[:, :-2]
        if self.is_one_of_many:
            labels, weights = labels[:, 0], weights[:, 0]
        loss = self.labels(scores[:, : self.n_outputs], labels, weights)
        if scores.shape[1] == self.n_outputs:
            return loss
        adversaries = scores[:, self.n_outputs :].unflatten(1, (-1, self.n_domains))
        chosen = adversaries[torch.arange(len(y), device=y.device), y[:, -1].long()]
        domains = F.cross_entropy(chosen, y[:, -2].long(), reduction="none")
        return loss + (domains * weight[:, -2]).mean()


class AdversaryWarmUp(Callback):
    """Let the adversary count more and more, as Ganin et al. (2016) do.

    Parameters
    ----------
    strength : float
        How much it counts in the end.
    max_iter : int or "auto"
        Epochs to get there, as of the estimator.
    n_iter : int
        Epochs that have been trained before.
    """

    def __init__(self, strength: float, max_iter: int | str, n_iter: int):
        self.strength, self.max_iter, self.n_iter = strength, max_iter, n_iter

    def on_train_begin(self, net, X=None, y=None, **kwargs) -> None:
        per_epoch = n_batches(len(X), net.batch_size)
        self.step = self.n_iter * per_epoch
        self.n_steps = choose_epochs(self.max_iter, len(X), net.batch_size) * per_epoch

    def on_batch_begin(self, net, batch=None, training=False, **kwargs) -> None:
        if training:
            share = min(1.0, self.step / self.n_steps)
            net.module_.output.reversal.strength = self.strength * np.tanh(5 * share)
            self.step += 1
