"""Deep learning for genomic sequences as scikit-learn estimators."""

from __future__ import annotations

import importlib
from importlib.metadata import version

_MODULE_OF = {
    "OneHotEncoder": "encoding",
    "OrdinalEncoder": "encoding",
    "KmerCounter": "encoding",
    "GappedKmerCounter": "encoding",
    "KmerTokenizer": "encoding",
    "BPETokenizer": "encoding",
    "ChaosGameEncoder": "encoding",
    "PhysicochemicalEncoder": "encoding",
    "CompositionEncoder": "encoding",
    "MotifScanner": "encoding",
    "CNNClassifier": "estimators",
    "CNNRegressor": "estimators",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "RNNClassifier": "estimators",
    "RNNRegressor": "estimators",
    "CNNRNNClassifier": "estimators",
    "CNNRNNRegressor": "estimators",
    "ResNetClassifier": "estimators",
    "ResNetRegressor": "estimators",
    "TransformerClassifier": "estimators",
    "TransformerRegressor": "estimators",
    "LongConvClassifier": "estimators",
    "LongConvRegressor": "estimators",
    "ConvTransformerClassifier": "estimators",
    "ConvTransformerRegressor": "estimators",
    "SequenceClassifier": "estimators",
    "SequenceRegressor": "estimators",
    "SequenceLabeler": "estimators",
    "ProfileRegressor": "estimators",
    "MultiTaskEstimator": "estimators",
    "ConditionalClassifier": "estimators",
    "DomainAdversarialClassifier": "estimators",
    "MultiViewClassifier": "multiview",
    "MultiViewRegressor": "multiview",
    "Autoencoder": "representation",
    "DenoisingAutoencoder": "representation",
    "VariationalAutoencoder": "representation",
    "EnsembleAutoencoder": "representation",
    "SemiSupervisedVAE": "representation",
    "SequenceAutoencoder": "representation",
    "SequenceVAE": "representation",
    "MaskedLanguageModel": "representation",
    "CausalLanguageModel": "representation",
    "PretrainedEmbedder": "representation",
    "PretrainedClassifier": "representation",
    "PretrainedRegressor": "representation",
    "DeepEnsembleClassifier": "uncertainty",
    "DeepEnsembleRegressor": "uncertainty",
    "ConformalRegressor": "uncertainty",
    "save": "persistence",
    "load": "persistence",
}

__version__ = version("skgenomics")
__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str):
    """Import a public name when it is first used, so that encoders load without torch."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
