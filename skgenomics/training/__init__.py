"""The bridge to skorch: batches, augmentation, losses and the net that an estimator holds."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
