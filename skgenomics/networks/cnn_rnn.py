"""Convolutions that detect motifs, and a recurrent network on top."""

from __future__ import annotations

from typing import Any

from torch import nn

from skgenomics.networks._padding import blank
from skgenomics.networks._recurrent import Recurrent
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk
from skgenomics.networks.cnn import CNNTrunk


class CNNRNNTrunk(Trunk):
    """Convolution blocks with a recurrent network on top, as in DanQ.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    pool_size : int, "auto" or tuple of these, default="auto"
        Window and stride of the pooling in each convolution block, which shortens the feature map
        that the recurrent network reads step by step.
    cell : {"lstm", "gru"}, default="lstm"
        Type of recurrent unit.
    hidden_size, n_layers : int
        Number of units per direction, and of recurrent layers.
    bidirectional : bool, default=True
        Whether to read sequences in both directions.
    recurrent_dropout : float, default=0.0
        Dropout rate after each recurrent layer.
    **settings
        Hyperparameters of the convolution blocks, see
        :class:`~skgenomics.networks.cnn.CNNTrunk`.

    Raises
    ------
    ValueError
        If a hyperparameter is invalid, or the sequence is too short for the kernels.

    References
    ----------
    Quang and Xie (2016), DanQ: a hybrid convolutional and recurrent deep neural network for
    quantifying the function of DNA sequences, Nucleic Acids Research 44, e107.
    """

    can_tie_strands = True

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Hyperparameters with their default values, those of the convolutions included."""
        return CNNTrunk.defaults() | super().defaults()

    def __init__(
        self,
        n_channels: int,
        length: int,
        *,
        pool_size="auto",
        cell: str = "lstm",
        hidden_size: int = 64,
        n_layers: int = 1,
        bidirectional: bool = True,
        recurrent_dropout: float = 0.0,
        **settings,
    ):
        super().__init__()
        self.convolutions = CNNTrunk(n_channels, length, pool_size=pool_size, **settings)
        self.recurrent = Recurrent(
            self.convolutions.n_features,
            hidden_size,
            cell=cell,
            n_layers=n_layers,
            bidirectional=bidirectional,
            dropout=recurrent_dropout,
        )
        self.dropout = nn.Dropout(recurrent_dropout)
        self.n_features = self.recurrent.n_features
        self.n_backward = self.recurrent.n_backward
        self.shortest = self.convolutions.shortest
        self.length_out, self.stride = self.convolutions.length_out, self.convolutions.stride

    def forward(self, x, mask=None):
        """Compute the feature map, see :meth:`Trunk.forward`."""
        maps, mask = self.convolutions(blank(x, mask), mask)
        return self.dropout(self.recurrent(maps, mask)), mask


class CNNRNN(SequenceNetwork):
    """Convolutions with a recurrent network on top."""

    trunk_class = CNNRNNTrunk
