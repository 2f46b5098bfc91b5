"""Linear-chain conditional random field over the positions of a sequence."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes

UNKNOWN = -1


class CRF(nn.Module):
    """Linear-chain conditional random field over the labels of positions.

    The score of a path of labels is the sum of the scores of its labels, of the transitions
    between adjacent labels, and of its first and last label; its probability is the softmax over
    all paths [1]_.  All parameters are initialized at zero, where positions are independent.

    Masks are False at padding, which may stand in front of a sequence or behind it and is ignored;
    None stands for no padding.  Time grows with the length times the square of the number of
    classes.

    Parameters
    ----------
    n_classes : int
        Number of labels.

    Attributes
    ----------
    transitions : Parameter of shape (n_classes, n_classes)
        Score of a transition from the label of the row to the label of the column.
    start, end : Parameter of shape (n_classes,)
        Scores of the first and of the last label.

    References
    ----------
    .. [1] J. Lafferty, A. McCallum, F. Pereira, "Conditional random fields: probabilistic models
           for segmenting and labeling sequence data", ICML 2001.
    .. [2] Y. Tsuboi et al., "Training conditional random fields using incomplete annotations",
           COLING 2008.
    """

    def __init__(self, n_classes: int):
        super().__init__()
        check_sizes("n_classes", (n_classes,))
        self.n_classes = n_classes
        self.transitions = nn.Parameter(torch.zeros(n_classes, n_classes))
        self.start = nn.Parameter(torch.zeros(n_classes))
        self.end = nn.Parameter(torch.zeros(n_classes))

    def log_likelihood(
        self, scores: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Compute the log-probability of labels; the loss is its negative.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_classes, length)
            Score of each label at each position.
        labels : Tensor of int of shape (batch, length)
            Labels from 0 to n_classes - 1, or -1 if unknown: the probability is then marginalized
            over that label [2]_.  Labels at padding are ignored.
        mask : Tensor of bool of shape (batch, length), optional
            Real positions.

        Returns
        -------
        Tensor of shape (batch,)
            Zero for a sequence that has only padding or unknown labels.

        Raises
        ------
        ValueError
            If shapes are inconsistent, or a label is out of range.
        """
        scores, mask, order = self._pack(scores, mask)
        labels = self._check_labels(labels, order, mask)
        classes = torch.arange(self.n_classes, device=scores.device)[:, None]
        is_excluded = (labels != UNKNOWN).unsqueeze(1) & (labels.unsqueeze(1) != classes)
        # The numerator is the same sum as the partition function, with the paths excluded that
        # contradict a known label. Both run in one loop over positions, as one batch.
        both = torch.cat([scores, scores.masked_fill(is_excluded, -torch.inf)])
        sums = self._sums_up_to(both, torch.cat([mask, mask]))[-1]
        all_paths, labeled = (sums + self.end).logsumexp(dim=1).chunk(2)
        return labeled - all_paths

    def marginals(self, scores: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Compute marginal probabilities of labels by the forward-backward algorithm.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_classes, length)
            Score of each label at each position.
        mask : Tensor of bool of shape (batch, length), optional
            Real positions.

        Returns
        -------
        Tensor of shape (batch, n_classes, length)
            Probabilities that sum to one over the classes; zero at padding.

        Raises
        ------
        ValueError
            If shapes are inconsistent.
        """
        scores, mask, order = self._pack(scores, mask)
        sums = torch.stack(self._sums_up_to(scores, mask), dim=2)
        sums = sums + torch.stack(self._sums_from(scores, mask), dim=2)
        proba = sums.softmax(dim=1).masked_fill(~mask.unsqueeze(1), 0)
        return proba.gather(2, _like(_invert(order), proba))

    @torch.no_grad()
    def decode(self, scores: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Find the most probable path of labels by the Viterbi algorithm.

        Parameters
        ----------
        scores : Tensor of shape (batch, n_classes, length)
            Score of each label at each position.
        mask : Tensor of bool of shape (batch, length), optional
            Real positions.

        Returns
        -------
        Tensor of int64 of shape (batch, length)
            Labels; -1 at padding.

        Raises
        ------
        ValueError
            If shapes are inconsistent.
        """
        scores, mask, order = self._pack(scores, mask)
        best, pointers = self._best_steps(scores, mask)
        labels = [(best + self.end).argmax(dim=1, keepdim=True)]
        for pointer in reversed(pointers):
            labels.append(pointer.gather(1, labels[-1]))
        path = torch.cat(labels[::-1], dim=1).masked_fill(~mask, UNKNOWN)
        return path.gather(1, _invert(order))

    def _pack(self, scores, mask) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Move padding behind the sequences, and return the original index of each position."""
        n, n_classes, length = scores.shape
        if n_classes != self.n_classes or length == 0:
            raise ValueError(
                f"scores have shape {tuple(scores.shape)}, but (batch, n_classes={self.n_classes}"
                ", length) with at least one position is needed"
            )
        if mask is None:
            mask = torch.ones(n, length, dtype=torch.bool, device=scores.device)
        if mask.shape != (n, length) or mask.dtype != torch.bool:
            raise ValueError(
                f"mask has shape {tuple(mask.shape)} and type {mask.dtype}, but {(n, length)} and "
                "torch.bool are needed"
            )
        # All sequences then start at position 0, so that padding only has to keep the state.
        n_real = mask.sum(dim=1, keepdim=True)
        order = _invert(torch.where(mask, mask.cumsum(1), n_real + (~mask).cumsum(1)) - 1)
        # Scores at padding may be infinite or NaN, whose gradients would be NaN.
        scores = scores.masked_fill(~mask.unsqueeze(1), 0)
        return scores.gather(2, _like(order, scores)), mask.gather(1, order), order

    def _check_labels(self, labels, order, mask) -> torch.Tensor:
        """Reorder labels as the packed scores, and mark those at padding as unknown."""
        if labels.shape != order.shape:
            raise ValueError(
                f"labels have shape {tuple(labels.shape)}, but {tuple(order.shape)} is needed"
            )
        labels = labels.gather(1, order).masked_fill(~mask, UNKNOWN)
        if ((labels < UNKNOWN) | (labels >= self.n_classes)).any():
            raise ValueError(
                f"labels must be 0 to {self.n_classes - 1}, or -1 where unknown, but go from "
                f"{labels.min().item()} to {labels.max().item()}"
            )
        return labels

    def _sums_up_to(self, scores, mask) -> list[torch.Tensor]:
        """Compute the log-sum over all paths up to each position, by their label there."""
        first, *others = scores.unbind(dim=2)
        sums = [self.start + first]
        for here, is_real in zip(others, mask[:, 1:, None].unbind(dim=1), strict=True):
            step = (sums[-1].unsqueeze(2) + self.transitions).logsumexp(dim=1) + here
            sums.append(torch.where(is_real, step, sums[-1]))
        return sums

    def _sums_from(self, scores, mask) -> list[torch.Tensor]:
        """Compute the log-sum over all paths after each position, by their label there."""
        sums = [self.end.expand(scores.shape[0], -1)]
        for t in range(scores.shape[2] - 1, 0, -1):
            behind = (sums[-1] + scores[:, :, t]).unsqueeze(1)
            step = (behind + self.transitions).logsumexp(dim=2)
            sums.append(torch.where(mask[:, t, None], step, sums[-1]))
        return sums[::-1]

    def _best_steps(self, scores, mask) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Compute the score of the best path to each last label, and back-pointers."""
        best = self.start + scores[:, :, 0]
        stay = torch.arange(self.n_classes, device=scores.device)
        pointers = []
        for t in range(1, scores.shape[2]):
            step, before = (best.unsqueeze(2) + self.transitions).max(dim=1)
            is_real = mask[:, t, None]
            best = torch.where(is_real, step + scores[:, :, t], best)
            pointers.append(torch.where(is_real, before, stay))
        return best, pointers


def _invert(order: torch.Tensor) -> torch.Tensor:
    """Invert the permutation in each row; ONNX has no stable sort."""
    return torch.empty_like(order).scatter(
        1, order, torch.arange(order.shape[1], device=order.device).expand_as(order)
    )


def _like(columns: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Expand an index of shape (batch, length) to (batch, channels, length)."""
    return columns.unsqueeze(1).expand_as(x)
