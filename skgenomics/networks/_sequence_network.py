"""Networks for whole sequences: a trunk, a head on top and linear models in parallel."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from skgenomics.networks._heads import ANY_LENGTH_POOLS, HeadPool
from skgenomics.networks._kmer_path import KmerPath
from skgenomics.networks._layers import as_tuple, check_sizes, dense_layers
from skgenomics.networks._motif_filters import set_motif_filters
from skgenomics.networks._padding import find_mask, move_to_start, turn_spans
from skgenomics.networks._rc_equivariant import StrandOrder, split_strands
from skgenomics.networks._trunks import Trunk


class SequenceNetwork(nn.Module):
    """Outputs for whole sequences: a trunk, a pooling head with hidden layers, and linear paths.

    A subclass names the trunk.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_outputs : int
        Number of outputs.
    head_pool : str, int or tuple of these, default="max"
        Pooling of the feature map, see :class:`~skgenomics.networks._heads.HeadPool`.
    flat_channels : int or None, default=None
        Number of channels that a 1x1 convolution leaves for "flatten"; None for all channels.
    hidden_units : int or tuple of int, default=()
        Sizes of the hidden layers; an empty tuple for none.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout rate before the first hidden layer and after each one; a tuple has one value more
        than there are hidden layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers.
    hidden_activation : str, default="relu"
        Activation of the hidden layers.
    linear_path : bool, default=False
        Whether to add a linear model of the input channels to the outputs.
    kmer_path : int, default=0
        Length of the longest k-mers in a linear model of k-mer counts that is added to the
        outputs, see :class:`~skgenomics.networks._kmer_path.KmerPath`; 0 for no such model.
    complement : tuple of int or None, default=None
        Complementary channel of each channel. If given, the network is RC-equivariant: a sequence
        and its reverse complement have the same outputs.
    motifs : sequence of ndarray of shape (width, n_channels), default=()
        Motifs to initialize the first filters with, see
        :func:`~skgenomics.networks._motif_filters.set_motif_filters`.
    freeze_motifs : bool, default=False
        Whether to keep these filters fixed in training.
    **settings
        Hyperparameters of the trunk.

    Attributes
    ----------
    any_length : bool
        True if the network reads sequences of other lengths than `length` too.
    length_settings : tuple of str
        Hyperparameters that keep it from doing so.

    Raises
    ------
    ValueError
        If a hyperparameter is out of range, or `complement` is given for a trunk that cannot be
        made RC-equivariant.
    """

    trunk_class: type[Trunk]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Document the parameters of an architecture, which are those of this class."""
        super().__init_subclass__(**kwargs)
        if cls.__doc__ and SequenceNetwork.__doc__ and "Parameters\n" not in cls.__doc__:
            start = SequenceNetwork.__doc__.index("    Parameters\n")
            cls.__doc__ = f"{cls.__doc__.rstrip()}\n\n{SequenceNetwork.__doc__[start:]}"

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
        complement=None,
        motifs=(),
        freeze_motifs=False,
        **settings,
    ):
        super().__init__()
        self.trunk = self.trunk_class(n_channels, length, **settings)
        if len(motifs):
            set_motif_filters(self.trunk, motifs, frozen=freeze_motifs)
        n_features, n_backward = self.trunk.n_features, self.trunk.n_backward
        self.strand_order = None
        if complement is not None:
            self._check_can_tie()
            self.strand_order = StrandOrder(complement)
            n_features, n_backward = self.trunk.tie(), 0
        self.pool = HeadPool(
            head_pool, n_features, self.trunk.length_out, flat_channels, n_backward
        )
        self.hidden, n_features = dense_layers(
            self.pool.n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
            normalization_epsilon=settings.get("normalization_epsilon", 1e-5),
        )
        self.output = nn.Linear(n_features, n_outputs)
        bound_pools = [way for way in self.pool.ways if way not in ANY_LENGTH_POOLS]
        self.length_settings = (
            *self.trunk.length_settings,
            *(f"head_pool={way!r}" for way in bound_pools),
            *(["linear_path=True"] if linear_path else []),
        )
        self.any_length = not self.length_settings
        self.linear_path = self.kmer_path = None
        if linear_path:
            self.linear_path = nn.Linear(n_channels * length, n_outputs, bias=False)
            nn.init.zeros_(self.linear_path.weight)
        if kmer_path:
            check_sizes("kmer_path", (kmer_path,))
            self.kmer_path = KmerPath(n_channels, n_outputs, kmer_path)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, **given: torch.Tensor
    ) -> torch.Tensor:
        """Compute the outputs of a batch.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or signals; or token ids, of which 0 is padding.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.
        **given : Tensor
            Further inputs of the head of a subclass.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            Outputs without a final activation.
        """
        features, scores = self.parts(x, mask, **given)
        return self.output(features) + scores

    def parts(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, **given: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | float]:
        """Compute the input of the last layer, and the outputs of the linear models.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or signals; or token ids, of which 0 is padding.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.
        **given : Tensor
            Further inputs of the head of a subclass.

        Returns
        -------
        features : Tensor of shape (batch, output.in_features)
            Input of the last layer.
        scores : Tensor of shape (batch, n_outputs), or zero
            Sum of the linear models, to be added to the output of the last layer.
        """
        mask = find_mask(x, mask)
        if self.any_length:
            x, mask = move_to_start(x, mask, self.trunk.shortest)
        if self.strand_order is None:
            return self._describe(*self.trunk(x, mask), **given), self._paths(x)
        x = self.strand_order(x)
        # The trunk computes both strands at once: one half of its channels belongs to each. The
        # head reads either strand in its own direction, and their mean is symmetric.
        maps, maps_mask = self.trunk(x, mask)
        here, there = split_strands(maps, maps_mask, turn_spans)
        both = (self._describe(*here, **given) + self._describe(*there, **given)) / 2
        return both, (self._paths(x) + self._paths(turn_spans(x.flip(1), mask))) / 2

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
