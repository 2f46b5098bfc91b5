"""Torch modules, one architecture a file: ``forward((batch, channels, length))`` gives scores."""

from skgenomics.networks.architectures import (
    CNN,
    CNNRNN,
    MLP,
    RNN,
    ConvTransformer,
    LongConv,
    ResNet,
    Transformer,
)
from skgenomics.networks.attention_rnn import AttentionRNN, HierarchicalAttentionRNN
from skgenomics.networks.network import SequenceNetwork
from skgenomics.networks.trunk import Trunk

__all__ = [
    "CNN",
    "CNNRNN",
    "MLP",
    "RNN",
    "AttentionRNN",
    "ConvTransformer",
    "HierarchicalAttentionRNN",
    "LongConv",
    "ResNet",
    "SequenceNetwork",
    "Transformer",
    "Trunk",
]
