"""skorch net of sequence autoencoders, whose targets are its inputs, and its loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from skgenomics.autoencoders._reconstruction_losses import BoundLoss
from skgenomics.networks.sequence_autoencoders import log_likelihood
from skgenomics.networks.variational import draw, gaussian_kl
from skgenomics.training import Net, SequenceDataset
from skgenomics.training.batches import real_positions, to_channels

# Number of positions that are decoded at once.
_POSITIONS_PER_BATCH = 1 << 16


class SequenceBoundLoss(BoundLoss):
    """Negative evidence lower bound [1]_ in nats per position.

    It is the cross-entropy of the known symbols plus, for a variational network, the divergence of
    the latent Gaussian from a standard one.

    Parameters
    ----------
    length : int
        Length of a sequence.
    n_rows : int
        Number of training samples, by which the log prior of the parameters is divided.
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
    """skorch net that is trained to reconstruct sequences.

    Parameters
    ----------
    module : SequenceAutoencoderNetwork
        The network.
    n_channels : int
        Number of channels of a position.
    masked : bool
        If True, the padding of codes is masked; otherwise it is read like unknown symbols.
    **kwargs
        Settings of :class:`skorch.NeuralNet`.
    """

    def __init__(self, module: nn.Module, *, n_channels: int, masked: bool, **kwargs):
        super().__init__(module, **kwargs)
        self.n_channels, self.masked = n_channels, masked

    def infer(self, x, **fit_params) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the log-likelihood and the latent divergence of each sequence of a batch."""
        channels, mask = self.to_input(x["x"])
        mean, log_variance = self.module_.encode(channels, mask)
        if log_variance is None:
            divergence, z = torch.zeros_like(mean[:, 0]), mean
        else:
            divergence, z = gaussian_kl(mean, log_variance), draw(mean, log_variance)
        return log_likelihood(channels, self.module_.decode(z)), divergence

    def to_input(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Convert codes or flat channels to the input of the module and its mask, on its device."""
        dtype, x = next(self.module_.parameters()).dtype, x.to(self.device)
        mask = real_positions(x, self.n_channels) if self.masked else None
        return to_channels(x, self.n_channels, dtype), mask

    def get_loss(self, y_pred, y_true, X=None, training=False) -> torch.Tensor:
        """Compute the weighted loss of a batch, plus the penalty on the parameters in training."""
        prior = self.module_.decoder.penalty()
        loss = self.criterion_(*y_pred, prior, X["weight"].to(self.device))
        if training and self.penalty is not None:
            loss = loss + self.penalty(self.module_)
        return loss

    @torch.no_grad()
    def map_rows(self, X: np.ndarray, compute: Callable) -> np.ndarray:
        """Apply a function to batches of channels and their masks, in evaluation mode."""
        self.module_.eval()
        batches = self.get_iterator(SequenceDataset(X))
        return np.concatenate(
            [compute(*self.to_input(batch["x"])).cpu().numpy() for batch, _ in batches]
        )

    @torch.no_grad()
    def decode(self, Z: np.ndarray) -> np.ndarray:
        """Compute the probabilities of symbols, of shape (n_samples, length, n_channels)."""
        self.module_.eval()
        batch_size = max(1, _POSITIONS_PER_BATCH // self.module_.length)
        batches = torch.tensor(Z, device=self.device).split(batch_size)
        proba = torch.cat([self.module_.decode(z).exp().cpu() for z in batches])
        return proba.transpose(1, 2).numpy()
