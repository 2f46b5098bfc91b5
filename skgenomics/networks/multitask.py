"""What several tasks have of their own, on top of a network that they share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, dense_layers


class TaskHeads(nn.Module):
    """A head for each task: hidden layers, if any, and the layer that gives its scores.

    Parameters
    ----------
    output : torch.nn.Linear
        What gives the scores of all tasks from the features that they share. With hidden layers
        there is a layer for each task in its place.
    sizes : sequence of int
        Scores of each task.
    units : int or tuple of int
        Sizes of the hidden layers of each task.
    dropout : float
        Dropout after each of them.
    learns_weights : bool
        Whether the weights of the tasks are learnt too: ``log_variance`` is a weight then.

    Attributes
    ----------
    log_variance : Parameter of shape (n_tasks,), or None
        Logarithm of the noise variance of each task, see
        :class:`~skgenomics.training.losses.MultiTaskLoss`.
    """

    def __init__(
        self,
        output: nn.Linear,
        sizes: Sequence[int],
        *,
        units: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        learns_weights: bool = False,
    ):
        super().__init__()
        units = as_tuple(units)
        self.heads = nn.ModuleList([output])
        if units:
            heads = (_head(output.in_features, n, units, dropout) for n in sizes)
            self.heads = nn.ModuleList(heads)
        self.log_variance = nn.Parameter(torch.zeros(len(sizes))) if learns_weights else None

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores of all tasks side by side, of shape (batch, sum of sizes)."""
        return torch.cat([head(features) for head in self.heads], dim=1)


def _head(n_features: int, n_scores: int, units: tuple[int, ...], dropout: float) -> nn.Module:
    rates = (0.0, *(dropout for _ in units))
    hidden, n_hidden = dense_layers(
        n_features, units, normalization=None, activation="relu", dropout=rates
    )
    return nn.Sequential(*hidden[1:], nn.Linear(n_hidden, n_scores))
