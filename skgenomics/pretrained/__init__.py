"""Published DNA language models: their embeddings, and estimators that train them further."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
