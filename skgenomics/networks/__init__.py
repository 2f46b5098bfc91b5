"""Torch modules, one architecture a file: ``forward((batch, channels, length))`` gives scores."""

from skgenomics.networks.cnn import CNN
from skgenomics.networks.network import SequenceNetwork
from skgenomics.networks.resnet import ResNet
from skgenomics.networks.trunk import Trunk

__all__ = ["CNN", "ResNet", "SequenceNetwork", "Trunk"]
