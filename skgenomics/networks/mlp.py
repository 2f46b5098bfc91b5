"""Fully connected network over whole sequences or tables."""

from __future__ import annotations

from skgenomics.networks._masking import blank
from skgenomics.networks.trunk import Trunk


class InputTrunk(Trunk):
    """No body at all: the input is the map."""

    can_tie_strands = True
    receptive_field = 1

    def __init__(self, n_channels: int, length: int):
        super().__init__()
        self.n_features, self.length_out = n_channels, length

    def forward(self, x, mask=None):
        return blank(x, mask), mask
