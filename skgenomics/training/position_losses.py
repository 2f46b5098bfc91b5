"""Losses of targets along a sequence: labels that depend on each other, and counts in bins."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks.crf import CRF, UNKNOWN

PADDING = -2


class CRFLoss(nn.Module):
    """Negative log-likelihood of rows of labels, per known label.

    Parameters
    ----------
    crf : CRF
        That of the network.
    """

    is_binary = is_one_of_many = False

    def __init__(self, crf: CRF):
        super().__init__()
        # In a tuple, so that its weights are those of the network alone.
        self._crf = (crf,)

    def forward(self, scores, y, weight) -> torch.Tensor:
        labels = y.long()
        likelihood = self._crf[0].log_likelihood(scores, labels.clamp(min=UNKNOWN), y != PADDING)
        n_known = (labels >= 0).sum(dim=1).clamp(min=1)
        # Entries of a row weigh alike; weights average to one over all entries.
        return -(likelihood * weight.sum(dim=1) / n_known).sum() / weight.numel()


class MultinomialLoss(nn.Module):
    """Shape of a profile by a multinomial distribution, its total by a squared error of logs.

    Parameters
    ----------
    count_weight : float
        Weight of the second (Avsec et al., 2021, call it lambda).
    joint_tracks : bool
        Whether all tracks together are one distribution with one total.
    """

    is_binary = is_one_of_many = False

    def __init__(self, count_weight: float, joint_tracks: bool = False):
        super().__init__()
        self.count_weight, self.joint_tracks = count_weight, joint_tracks

    def forward(self, scores, y, weight) -> torch.Tensor:
        """Mean over sequences and tracks.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_tracks, n_bins + 1)
        y : Tensor of shape (batch, n_tracks, n_bins)
        weight : Tensor of the same shape
            Zero where a count is missing.
        """
        tracks, log_counts = scores[..., :-1], scores[..., -1]
        if self.joint_tracks:
            tracks, y, weight = (a.flatten(1).unsqueeze(1) for a in (tracks, y, weight))
            log_counts = log_counts[:, :1]
        known = weight > 0
        y = torch.where(known, y, 0)
        shares = tracks.masked_fill(~known, torch.finfo(tracks.dtype).min).log_softmax(dim=2)
        total = y.sum(dim=2)
        # The part of the likelihood that does not depend on the network keeps the loss above zero.
        constant = torch.lgamma(y + 1).sum(dim=2) - torch.lgamma(total + 1)
        shape = constant - torch.where(known, y * shares, 0).sum(dim=2)
        size = (log_counts - total.log1p()).square()
        is_whole = known.all(dim=2)
        losses = shape + self.count_weight * size * is_whole
        return (losses * weight.amax(dim=2)).mean()
