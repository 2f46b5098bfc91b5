"""Base class of trunks, and trunks by the name of their architecture."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, ClassVar

import torch
from torch import nn

from skgenomics.networks._rc_equivariant import tie_strands


class Trunk(nn.Module):
    """Base class of trunks, which turn sequences into a feature map.

    A subclass sets the attributes and defines ``forward(x, mask)``.

    Parameters
    ----------
    *args, **kwargs
        Number of channels and of positions of a sequence, and hyperparameters of a subclass.

    Attributes
    ----------
    can_tie_strands : bool
        Whether :meth:`tie` makes the trunk RC-equivariant.
    n_features : int
        Number of channels of the feature map.
    length_out : int
        Number of positions of the feature map, for sequences of the length that the trunk was
        built for.
    stride : int
        Number of input positions per position of the feature map.
    shortest : int
        Smallest length of a sequence, padding included.
    length_settings : tuple of str
        Hyperparameters that limit sequences to the length that the trunk was built for; empty if
        it reads any length.
    receptive_field : int or None
        Number of input positions that can change one position of the feature map; None for all.
    n_backward : int
        Number of channels, the last ones, that were computed from the end of a sequence to its
        start; zero if there is no such direction.
    """

    can_tie_strands: ClassVar[bool] = False
    n_features: int
    length_out: int
    stride: int = 1
    shortest: int = 1
    length_settings: tuple[str, ...] = ()
    receptive_field: int | None = None
    n_backward: int = 0

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Hyperparameters of the trunk with their default values, sizes of the input excluded."""
        parameters = inspect.signature(cls).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not p.empty}

    def tie(self) -> int:
        """Make the trunk itself RC-equivariant.

        The channels of its input are then ordered such that reversing them complements them, as
        are those of its feature map.

        Returns
        -------
        int
            Number of channels of the feature map that belong to one strand.
        """
        tie_strands(self)
        return self.n_features // 2

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compute the feature map.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or signals; or token ids, if the trunk was built for them.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which may stand in front of a sequence or behind it and is ignored;
            None if there is none.

        Returns
        -------
        features : Tensor of shape (batch, n_features, length_out)
            The feature map; zeros at padding.
        mask : Tensor of bool of shape (batch, length_out), or None
            False where the feature map has padding.
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
    "unet": ("unet", "UNetTrunk"),
    "unettransformer": ("unet_transformer", "UNetTransformerTrunk"),
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
