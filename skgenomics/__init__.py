"""Deep learning for genomic sequences as scikit-learn estimators."""

from importlib.metadata import version

import lazy_loader

__version__ = version("skgenomics")

# Public names are imported on first use, so that encoders load without torch.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
