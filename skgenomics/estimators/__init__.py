"""Deep networks as scikit-learn estimators."""

from skgenomics.estimators.cnn import CNNClassifier, CNNRegressor
from skgenomics.estimators.custom import SequenceClassifier, SequenceRegressor

__all__ = ["CNNClassifier", "CNNRegressor", "SequenceClassifier", "SequenceRegressor"]
