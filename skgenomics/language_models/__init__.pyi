from .causal import CausalLanguageModel as CausalLanguageModel
from .masked import MaskedLanguageModel as MaskedLanguageModel
