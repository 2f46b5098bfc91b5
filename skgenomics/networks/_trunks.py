"""Base class of trunks, and trunks by the name of their architecture."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, ClassVar

import torch
from torch import nn


class Trunk(nn.Module):
    """Body of a network: sequences go in, a map of features by position comes out.

    A subclass sets the attributes and defines ``forward(x, mask)``.

    Attributes
    ----------
    can_tie_strands : bool
        Whether :func:`~skgenomics.networks._rc_equivariant.tie_strands` makes it equivariant.
    n_features : int
        Channels of the map.
    length_out : int
        Positions of the map, for sequences of the length that the trunk was built for.
    stride : int
        Positions of a sequence for one of the map.
    shortest : int
        Positions that a sequence needs at the least, padding included.
    receptive_field : int or None
        Positions of a sequence that can change one position of the map; None for all.
    n_backward : int
        How many of the channels, the last ones, were computed from the end of the sequence to
        its start; zero if there is no such direction.
    """

    can_tie_strands: ClassVar[bool] = False
    n_features: int
    length_out: int
    stride: int = 1
    shortest: int = 1
    receptive_field: int | None = None
    n_backward: int = 0

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Hyperparameters of the trunk with their default values, sizes of the input excluded."""
        parameters = inspect.signature(cls).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compute the map.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
            One-hot sequences or signals; or token ids of shape (batch, length), if the trunk was
            built for them.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which stands before or behind a sequence and takes no part; None if
            there is none.

        Returns
        -------
        features : Tensor of shape (batch, n_features, length_out)
        mask : Tensor of bool of shape (batch, length_out), or None
            False where the map has padding.
        """
        raise NotImplementedError


# Modules are imported by name, so that an architecture loads without the others.
_TRUNKS = {
    "cnn": ("cnn", "CNNTrunk"),
    "resnet": ("resnet", "ResNetTrunk"),
    "rnn": ("rnn", "RNNTrunk"),
    "cnnrnn": ("cnn_rnn", "CNNRNNTrunk"),
    "transformer": ("transformer", "TransformerTrunk"),
    "longconv": ("long_conv", "LongConvTrunk"),
    "convtransformer": ("conv_transformer", "ConvTransformerTrunk"),
}


def find_trunk(name: str) -> type[Trunk]:
    """Look up a trunk by the name of its architecture.

    Parameters
    ----------
    name : str
        Name of an architecture, such as "cnn".

    Returns
    -------
    type
        Subclass of :class:`Trunk`.

    Raises
    ------
    ValueError
        If no architecture has that name.
    """
    if name not in _TRUNKS:
        raise ValueError(f"network must be one of {sorted(_TRUNKS)}, got {name!r}")
    module, class_name = _TRUNKS[name]
    return getattr(import_module(f"skgenomics.networks.{module}"), class_name)


def trunk_settings(name: str) -> set[str]:
    """Names of the hyperparameters of a trunk, sizes of the input excluded."""
    return find_trunk(name).defaults().keys() - {"vocabulary_size"}
