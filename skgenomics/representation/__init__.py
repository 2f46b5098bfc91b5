"""Representations that are learnt: auto-encoders, language models, published checkpoints."""

from __future__ import annotations

import importlib

_NAMES_OF = {
    "autoencoder": ("Autoencoder",),
    "denoising": ("DenoisingAutoencoder",),
    "ensemble": ("EnsembleAutoencoder",),
    "variational": ("VariationalAutoencoder",),
    "semi_supervised": ("SemiSupervisedVAE",),
    "sequence_autoencoder": ("SequenceAutoencoder",),
    "sequence_vae": ("SequenceVAE",),
    "alignment_weights": ("sequence_weights",),
    "language_models": ("CausalLanguageModel", "MaskedLanguageModel"),
    "published": ("PretrainedClassifier", "PretrainedEmbedder", "PretrainedRegressor"),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    """Import a public name when it is first used, so that optional packages stay optional."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__
