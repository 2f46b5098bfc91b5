"""Pictures in the style of scikit-learn's displays: made from an estimator or from numbers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
