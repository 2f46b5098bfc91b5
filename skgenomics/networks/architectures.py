"""The architectures: each trunk with the head that scores whole sequences."""

from __future__ import annotations

import inspect
from typing import Any

from skgenomics.networks.cnn import CNNTrunk
from skgenomics.networks.cnn_rnn import CNNRNNTrunk
from skgenomics.networks.conv_transformer import ConvTransformerTrunk
from skgenomics.networks.long_conv import LongConvTrunk
from skgenomics.networks.mlp import InputTrunk
from skgenomics.networks.resnet import ResNetTrunk
from skgenomics.networks.rnn import RNNTrunk
from skgenomics.networks.sequence_network import SequenceNetwork
from skgenomics.networks.transformer import TransformerTrunk
from skgenomics.networks.trunk import Trunk


class MLP(SequenceNetwork):
    """Multi-layer perceptron: hidden layers on all positions side by side."""

    trunk_class = InputTrunk

    def __init__(self, n_channels: int, length: int, n_outputs: int, **settings):
        settings = {"head_pool": "flatten"} | settings
        super().__init__(n_channels, length, n_outputs, **settings)


class CNN(SequenceNetwork):
    """Convolutional network."""

    trunk_class = CNNTrunk


class ResNet(SequenceNetwork):
    """Residual network, dilated or not."""

    trunk_class = ResNetTrunk


class RNN(SequenceNetwork):
    """Recurrent network."""

    trunk_class = RNNTrunk


class CNNRNN(SequenceNetwork):
    """Convolutions with a recurrent network on top."""

    trunk_class = CNNRNNTrunk


class Transformer(SequenceNetwork):
    """Transformer, on letters that convolutions have read or on tokens."""

    trunk_class = TransformerTrunk


class LongConv(SequenceNetwork):
    """Long convolutions, for long sequences."""

    trunk_class = LongConvTrunk


class ConvTransformer(SequenceNetwork):
    """Convolution tower with a transformer on top."""

    trunk_class = ConvTransformerTrunk


_TRUNKS: dict[str, type[Trunk]] = {
    "cnn": CNNTrunk,
    "resnet": ResNetTrunk,
    "rnn": RNNTrunk,
    "cnnrnn": CNNRNNTrunk,
    "transformer": TransformerTrunk,
    "longconv": LongConvTrunk,
    "convtransformer": ConvTransformerTrunk,
}


def find_trunk(name: str) -> type[Trunk]:
    """Look a trunk up by the name of its architecture.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in _TRUNKS:
        raise ValueError(f"network must be one of {sorted(_TRUNKS)}, got {name!r}")
    return _TRUNKS[name]


def trunk_settings(name: str) -> set[str]:
    """Names of the settings of a trunk, sizes aside."""
    return trunk_defaults(find_trunk(name)).keys() - {"vocabulary_size"}


def trunk_defaults(trunk: type[Trunk]) -> dict[str, Any]:
    """Settings that a kind of trunk is built with, sizes aside, and their defaults."""
    parts = [CNNTrunk, trunk] if trunk is CNNRNNTrunk else [trunk]
    parameters = [p for part in parts for p in inspect.signature(part).parameters.values()]
    return {p.name: p.default for p in parameters if p.default is not p.empty}
