"""Networks whose features depend on experimental conditions, such as the cell type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import find_trunk


class ConditionalNetwork(SequenceNetwork):
    """Network whose feature map is gated by the conditions, as in TFImpute.

    Each category of a condition has an embedding. A linear layer and a sigmoid turn those of a
    sample into one gate per feature, between 0 and 2.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of outputs.
    network : str, default="cnn"
        Name of the architecture of the trunk, see
        :func:`~skgenomics.networks._trunks.find_trunk`.
    n_categories : sequence of int
        Number of categories of each condition.
    condition_size : int, default=16
        Dimension of the embeddings.
    **settings
        Hyperparameters of the trunk and of the head.

    References
    ----------
    Qin and Feng, Imputation for transcription factor binding predictions based on deep learning,
    PLoS Computational Biology 13, 2017.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        network: str = "cnn",
        n_categories: Sequence[int],
        condition_size: int = 16,
        **settings,
    ):
        check_sizes("embedding_size", (condition_size,))
        self.trunk_class = find_trunk(network)
        super().__init__(n_channels, length, n_outputs, **settings)
        n_features = self.trunk.n_features // (1 if self.strand_order is None else 2)
        self.embeddings = nn.ModuleList(nn.Embedding(n, condition_size) for n in n_categories)
        self.gate = nn.Linear(condition_size * len(n_categories), n_features)

    def gates(self, conditions: torch.Tensor) -> torch.Tensor:
        """Compute the gate of each feature from conditions (batch, n_conditions), -1 if unknown."""
        # Unbounded gates memorize the combinations of conditions seen in training, and give
        # outputs of another scale for unseen ones.
        columns = zip(self.embeddings, conditions.unbind(1), strict=True)
        vectors = [_embed(cast(nn.Embedding, table), codes) for table, codes in columns]
        return 2 * self.gate(torch.cat(vectors, dim=1)).sigmoid()

    def _describe(self, maps, mask, *, conditions: torch.Tensor | None = None) -> torch.Tensor:
        if conditions is None:
            raise ValueError(
                "the network needs the conditions of a sequence, but got none; use the "
                "classifier that ConditionalClassifier.given({...}) gives"
            )
        return super()._describe(maps * self.gates(conditions).unsqueeze(2), mask)


class FixedConditions(ConditionalNetwork):
    """Conditional network under fixed conditions, which reads sequences only.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of outputs.
    conditions : sequence of int
        Index of the category of each condition.
    **settings
        Hyperparameters of a :class:`ConditionalNetwork`.
    """

    def __init__(self, n_channels, length, n_outputs, *, conditions: Sequence[int], **settings):
        super().__init__(n_channels, length, n_outputs, **settings)
        self.conditions = list(conditions)

    def parts(self, x: torch.Tensor, mask: torch.Tensor | None = None, **given: torch.Tensor):
        """Compute the input of the last layer, and the outputs of the linear models."""
        codes = torch.tensor(self.conditions, device=x.device).expand(x.shape[0], -1)
        return super().parts(x, mask, **given, conditions=codes)


def _embed(table: nn.Embedding, codes: torch.Tensor) -> torch.Tensor:
    """Look up embeddings of categories; an unknown one has the mean of all."""
    known = (codes >= 0).unsqueeze(1)
    return torch.where(known, table(codes.clamp(min=0)), table.weight.mean(dim=0))
