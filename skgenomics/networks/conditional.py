"""Networks whose features depend on the conditions that a sequence is seen under."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from skgenomics.networks._layers import check_sizes
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import find_trunk


class ConditionalNetwork(SequenceNetwork):
    """A network whose map of features is gated by the conditions, as in TFImpute.

    Each category of a condition has a vector; a linear layer and a sigmoid make of those of a row a
    factor for each feature, between 0 and 2. Factors without a bound learn the pairs of conditions
    that there are by heart, and miss the level of others.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Size of a sequence, and number of scores.
    network : str
        Name of the architecture of the trunk, see
        :func:`~skgenomics.networks._trunks.find_trunk`.
    n_categories : sequence of int
        Categories of each condition.
    condition_size : int
        Size of the vector of a category.
    **settings
        Settings of the trunk and of the head.

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
        """Factor of each feature, for conditions (batch, n_conditions); -1 is an unknown one."""
        columns = zip(self.embeddings, conditions.unbind(1), strict=True)
        vectors = [_embed(table, codes) for table, codes in columns]
        return 2 * self.gate(torch.cat(vectors, dim=1)).sigmoid()

    def _describe(self, maps, mask, *, conditions: torch.Tensor | None = None) -> torch.Tensor:
        if conditions is None:
            raise ValueError(
                "the network scores a sequence under conditions, but there are none; use the "
                "classifier that ConditionalClassifier.given({...}) gives"
            )
        return super()._describe(maps * self.gates(conditions).unsqueeze(2), mask)


class FixedConditions(ConditionalNetwork):
    """The same network under conditions that stay the same, so that it reads sequences alone.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Size of a sequence, and number of scores.
    conditions : sequence of int
        Code of each condition.
    **settings
        Settings of a :class:`ConditionalNetwork`.
    """

    def __init__(self, n_channels, length, n_outputs, *, conditions: Sequence[int], **settings):
        super().__init__(n_channels, length, n_outputs, **settings)
        self.conditions = list(conditions)

    def parts(self, x: torch.Tensor):
        codes = torch.tensor(self.conditions, device=x.device).expand(x.shape[0], -1)
        return super().parts(x, conditions=codes)


def _embed(table: nn.Embedding, codes: torch.Tensor) -> torch.Tensor:
    """Vectors of categories; the mean of all for an unknown one."""
    known = (codes >= 0).unsqueeze(1)
    return torch.where(known, table(codes.clamp(min=0)), table.weight.mean(dim=0))
