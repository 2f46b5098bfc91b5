"""A trunk, a head that scores whole sequences, and linear models beside them."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from skgenomics.networks._heads import ANY_LENGTH_POOLS, HeadPool
from skgenomics.networks._kmer_path import KmerPath
from skgenomics.networks._layers import as_tuple, check_sizes, dense_layers
from skgenomics.networks._motif_filters import set_motif_filters
from skgenomics.networks._padding import move_to_start, real_span, turn_spans
from skgenomics.networks._rc_equivariant import StrandOrder, split_strands, tie_strands
from skgenomics.networks._trunks import Trunk


class SequenceNetwork(nn.Module):
    """Scores of whole sequences: a trunk, a pooling head with hidden layers, and linear paths.

    A subclass names the trunk.

    Parameters
    ----------
    n_channels, length : int
        Size of a sequence.
    n_outputs : int
        Number of scores.
    head_pool : str, int or tuple of them
        How positions become features, see :class:`~skgenomics.networks._heads.HeadPool`.
    flat_channels : int or None
        Channels that each position is reduced to for "flatten"; None for all.
    hidden_units : int or tuple of int
        Sizes of the hidden layers; an empty tuple for none.
    hidden_dropout : float or tuple of float
        Dropout before the hidden layers and after each of them: a tuple has one value more than
        there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}
        Normalisation in the hidden layers.
    hidden_activation : str
        Activation of the hidden layers.
    linear_path : bool
        Whether a linear model of the input, position by position, is added to the scores.
    kmer_path : int
        Length of the longest k-mers of which a linear model of their counts is added to the
        scores, see :class:`~skgenomics.networks._kmer_path.KmerPath`; 0 for none.
    masked : bool
        Whether positions of only zeros at the ends of a sequence are padding.
    complement : tuple of int or None
        Channel that pairs with each channel, to share the weights between both strands; the scores
        of a sequence and of its reverse complement are then the same.
    motifs : sequence of ndarray of shape (width, n_channels)
        What the first filters start from, see
        :func:`~skgenomics.networks._motif_filters.set_motif_filters`.
    freeze_motifs : bool
        Whether these filters stay as they are.
    **settings
        Settings of the trunk.

    Raises
    ------
    ValueError
        If a setting is out of its range, or `complement` is given for a trunk that cannot share
        its weights between strands.
    """

    trunk_class: ClassVar[type[Trunk]]

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        head_pool="max",
        flat_channels=None,
        hidden_units=(),
        hidden_dropout=0.0,
        hidden_normalization=None,
        hidden_activation="relu",
        linear_path=False,
        kmer_path=0,
        masked=False,
        complement=None,
        motifs=(),
        freeze_motifs=False,
        **settings,
    ):
        super().__init__()
        self.masked = masked
        self.trunk = self.trunk_class(n_channels, length, **settings)
        if len(motifs):
            set_motif_filters(self.trunk, motifs, frozen=freeze_motifs)
        n_features, n_backward = self.trunk.n_features, self.trunk.n_backward
        self.strand_order = None
        if complement is not None:
            self._check_can_tie()
            self.strand_order = StrandOrder(complement)
            tie_strands(self.trunk)
            n_features, n_backward = n_features // 2, 0
        self.pool = HeadPool(
            head_pool, n_features, self.trunk.length_out, flat_channels, n_backward
        )
        self.hidden, n_features = dense_layers(
            self.pool.n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
        )
        self.output = nn.Linear(n_features, n_outputs)
        is_bound = linear_path or not set(self.pool.ways) <= ANY_LENGTH_POOLS
        self.any_length = not is_bound
        self.linear_path = self.kmer_path = None
        if linear_path:
            self.linear_path = nn.Linear(n_channels * length, n_outputs, bias=False)
            nn.init.zeros_(self.linear_path.weight)
        if kmer_path:
            check_sizes("kmer_path", (kmer_path,))
            self.kmer_path = KmerPath(n_channels, n_outputs, kmer_path)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length), or of token ids of shape
        (batch, length); gives (batch, n_outputs).
        """
        features, scores = self.parts(x, **given)
        return self.output(features) + scores

    def parts(
        self, x: torch.Tensor, **given: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | float]:
        """What the scores are made of; what is given besides goes to the head of a subclass.

        Returns
        -------
        features : Tensor of shape (batch, output.in_features)
            What the last layer reads.
        scores : Tensor of shape (batch, n_outputs), or zero
            What the linear models beside the network add.
        """
        mask = self.mask(x)
        if self.any_length:
            x, mask = move_to_start(x, mask, self.trunk.shortest)
        if self.strand_order is None:
            return self._describe(*self.trunk(x, mask), **given), self._paths(x)
        x = self.strand_order(x)
        here, there = split_strands(*self.trunk(x, mask), turn=turn_spans)
        both = (self._describe(*here, **given) + self._describe(*there, **given)) / 2
        return both, (self._paths(x) + self._paths(turn_spans(x.flip(1), mask))) / 2

    def mask(self, x: torch.Tensor) -> torch.Tensor | None:
        """Real positions of a batch, None for all; token 0 is padding."""
        if not torch.is_floating_point(x):
            return x != 0
        return real_span(x) if self.masked else None

    def _describe(self, maps: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return self.hidden(self.pool(maps, mask))

    def _paths(self, x: torch.Tensor) -> torch.Tensor | float:
        scores = 0.0
        if self.linear_path is not None:
            scores = scores + self.linear_path(x.flatten(1))
        if self.kmer_path is not None:
            scores = scores + self.kmer_path(x)
        return scores

    def _check_can_tie(self) -> None:
        if not self.trunk.can_tie_strands:
            raise ValueError(
                f"{type(self).__name__} cannot share its weights between both strands; use "
                "reverse_complement='average' or 'augment'"
            )
