"""Torch modules, one architecture a file: ``forward((batch, channels, length))`` gives scores."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
