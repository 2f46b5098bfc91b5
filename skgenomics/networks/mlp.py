"""Fully connected network over whole sequences or tables."""

from __future__ import annotations

from skgenomics.networks._padding import blank
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk


class InputTrunk(Trunk):
    """No layers at all: the input is the feature map."""

    can_tie_strands = True
    receptive_field = 1

    def __init__(self, n_channels: int, length: int):
        super().__init__()
        self.n_features, self.length_out = n_channels, length

    def forward(self, x, mask=None):
        """Return the input, see :meth:`Trunk.forward`."""
        return blank(x, mask), mask


class MLP(SequenceNetwork):
    """Multilayer perceptron: hidden layers on all positions at once.

    Parameters
    ----------
    n_channels, length, n_outputs : int
        Number of channels, of positions and of outputs.
    **settings
        Hyperparameters of :class:`~skgenomics.networks.SequenceNetwork`; the default of
        `head_pool` is "flatten" here.
    """

    trunk_class = InputTrunk

    def __init__(self, n_channels: int, length: int, n_outputs: int, **settings):
        settings = {"head_pool": "flatten"} | settings
        super().__init__(n_channels, length, n_outputs, **settings)
