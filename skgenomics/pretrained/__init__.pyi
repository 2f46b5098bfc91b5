from .embedder import PretrainedEmbedder as PretrainedEmbedder
from .language_model import PretrainedLanguageModel as PretrainedLanguageModel
from .supervised import PretrainedClassifier as PretrainedClassifier
from .supervised import PretrainedRegressor as PretrainedRegressor
