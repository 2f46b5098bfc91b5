"""Splits that keep homologous sequences and chromosomes together, and checks for leaks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
