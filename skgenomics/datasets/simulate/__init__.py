"""Simulated data whose truth is known: what is planted, where, and what it does."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
