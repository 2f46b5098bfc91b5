"""Torch modules, one architecture a file: ``forward((batch, channels, length))`` gives scores."""

from skgenomics.networks.cnn import CNN

__all__ = ["CNN"]
