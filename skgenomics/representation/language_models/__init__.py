"""Language models, trained from scratch on unlabelled sequences or genomes."""

from skgenomics.representation.language_models.causal import CausalLanguageModel
from skgenomics.representation.language_models.masked import MaskedLanguageModel

__all__ = ["CausalLanguageModel", "MaskedLanguageModel"]
