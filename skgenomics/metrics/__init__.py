"""Scores that scikit-learn does not have, scorers by name, and comparisons of models."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
