"""The net of auto-encoders of sequences, whose targets are what it reads, and its loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from skgenomics.autoencoders._reconstruction_losses import BoundLoss
from skgenomics.networks.sequence_autoencoders import log_likelihood
from skgenomics.networks.variational import draw, gaussian_kl
from skgenomics.training import Net, SequenceDataset
from skgenomics.training.batches import to_channels

# Positions that are decoded at once.
_SYMBOLS_PER_BATCH = 1 << 16


class SequenceBoundLoss(BoundLoss):
    """Minus the evidence lower bound [1]_, in nats per position.

    That is the cross-entropy of the known letters and, for a variational network, the divergence
    of the latent Gaussian from a standard one.

    Parameters
    ----------
    length : int
        Positions of a sequence.
    n_rows : int
        Sequences to train on, which share the prior of the weights among them.
    beta : float
        Weight of the divergence.

    References
    ----------
    .. [1] Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014.
    """

    def __init__(self, length: int, n_rows: int, beta: float = 1.0):
        super().__init__(beta)
        self.length, self.n_rows = length, n_rows

    def forward(self, log_prob, divergence, prior, weight) -> torch.Tensor:
        losses = self.divergence_weight * divergence - log_prob
        loss = (losses * weight).mean()
        return (loss + prior / self.n_rows if self.training else loss) / self.length


class ReconstructionNet(Net):
    """A skorch net that is trained to write the sequences that it reads.

    Parameters
    ----------
    module : SequenceAutoencoderNetwork
        The network.
    n_channels : int
        Channels of a position.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(self, module: nn.Module, *, n_channels: int, **kwargs):
        super().__init__(module, **kwargs)
        self.n_channels = n_channels

    def infer(self, x, **fit_params) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-likelihood of each sequence of a batch, and divergence of its latent Gaussian."""
        channels = self.to_channels(x["x"])
        mean, log_variance = self.module_.encode(channels)
        if log_variance is None:
            divergence, z = torch.zeros_like(mean[:, 0]), mean
        else:
            divergence, z = gaussian_kl(mean, log_variance), draw(mean, log_variance)
        return log_likelihood(channels, self.module_.decode(z)), divergence

    def to_channels(self, x: torch.Tensor) -> torch.Tensor:
        """Codes or flat channels as the module takes them, on its device."""
        dtype = next(self.module_.parameters()).dtype
        return to_channels(x.to(self.device), self.n_channels, dtype)

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Weighted loss of a batch, and in training the penalties on the weights."""
        prior = self.module_.decoder.penalty()
        loss = self.criterion_(*y_pred, prior, X["weight"].to(self.device))
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    @torch.no_grad()
    def map_rows(self, X: np.ndarray, compute: Callable) -> np.ndarray:
        """What a function makes of sequences, a batch of channels at a time, in evaluation mode."""
        self.module_.eval()
        batches = self.get_iterator(SequenceDataset(X))
        return np.concatenate(
            [compute(self.to_channels(batch["x"])).cpu().numpy() for batch, _ in batches]
        )

    @torch.no_grad()
    def decode(self, Z: np.ndarray) -> np.ndarray:
        """Probabilities of letters at places of the latent space, shape (n, L, C)."""
        self.module_.eval()
        rows = max(1, _SYMBOLS_PER_BATCH // self.module_.length)
        batches = torch.tensor(Z, device=self.device).split(rows)
        chances = torch.cat([self.module_.decode(z).exp().cpu() for z in batches])
        return chances.transpose(1, 2).numpy()
