"""The architectures: each trunk with the head that scores whole sequences."""

from __future__ import annotations

from skgenomics.networks.cnn import CNNTrunk
from skgenomics.networks.cnn_rnn import CNNRNNTrunk
from skgenomics.networks.conv_transformer import ConvTransformerTrunk
from skgenomics.networks.long_conv import LongConvTrunk
from skgenomics.networks.mlp import InputTrunk
from skgenomics.networks.network import SequenceNetwork
from skgenomics.networks.recurrent import RNNTrunk
from skgenomics.networks.resnet import ResNetTrunk
from skgenomics.networks.transformer import TransformerTrunk


class MLP(SequenceNetwork):
    """Multi-layer perceptron: hidden layers on all positions side by side."""

    trunk_class = InputTrunk

    def __init__(self, n_channels: int, length: int, n_outputs: int, **settings):
        settings = {"head_pool": "flatten"} | settings
        super().__init__(n_channels, length, n_outputs, **settings)


class CNN(SequenceNetwork):
    """Convolutional network."""

    trunk_class = CNNTrunk
    can_tie_strands = True


class ResNet(SequenceNetwork):
    """Residual network, dilated or not."""

    trunk_class = ResNetTrunk
    can_tie_strands = True


class RNN(SequenceNetwork):
    """Recurrent network."""

    trunk_class = RNNTrunk
    can_tie_strands = True


class CNNRNN(SequenceNetwork):
    """Convolutions with a recurrent network on top."""

    trunk_class = CNNRNNTrunk
    can_tie_strands = True


class Transformer(SequenceNetwork):
    """Transformer, on letters that convolutions have read or on tokens."""

    trunk_class = TransformerTrunk


class LongConv(SequenceNetwork):
    """Long convolutions, for long sequences."""

    trunk_class = LongConvTrunk


class ConvTransformer(SequenceNetwork):
    """Convolution tower with a transformer on top."""

    trunk_class = ConvTransformerTrunk
