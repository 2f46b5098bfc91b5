"""Published DNA language models: their embeddings, and estimators that train them further."""

from skgenomics.representation.published.embedder import PretrainedEmbedder
from skgenomics.representation.published.random_checkpoint import make_checkpoint
from skgenomics.representation.published.supervised import (
    PretrainedClassifier,
    PretrainedRegressor,
)

__all__ = [
    "PretrainedClassifier",
    "PretrainedEmbedder",
    "PretrainedRegressor",
    "make_checkpoint",
]
