from .embedder import PretrainedEmbedder as PretrainedEmbedder
from .supervised import PretrainedClassifier as PretrainedClassifier
from .supervised import PretrainedRegressor as PretrainedRegressor
