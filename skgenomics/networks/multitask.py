"""Task-specific heads on top of a shared network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from skgenomics.networks._layers import as_tuple, dense_layers


class TaskHeads(nn.Module):
    """A head for each task: optional hidden layers and an output layer.

    Parameters
    ----------
    output : torch.nn.Linear
        Output layer of all tasks. With hidden layers each task has an output layer of its own
        instead.
    sizes : sequence of int
        Number of outputs of each task.
    units : int or tuple of int, default=()
        Sizes of the hidden layers of each task.
    dropout : float, default=0.0
        Dropout rate after each hidden layer.
    learns_weights : bool, default=False
        Whether to learn the weights of the tasks; ``log_variance`` is then a parameter.

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
        """Compute the outputs of all tasks, of shape (batch, sum of sizes)."""
        return torch.cat([head(features) for head in self.heads], dim=1)


def _head(n_features: int, n_scores: int, units: tuple[int, ...], dropout: float) -> nn.Module:
    rates = (0.0, *(dropout for _ in units))
    hidden, n_hidden = dense_layers(
        n_features, units, normalization=None, activation="relu", dropout=rates
    )
    return nn.Sequential(*list(hidden)[1:], nn.Linear(n_hidden, n_scores))
