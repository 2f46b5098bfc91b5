"""Deep networks as scikit-learn estimators."""

from skgenomics.estimators.adversarial import DomainAdversarialClassifier
from skgenomics.estimators.cnn import CNNClassifier, CNNRegressor
from skgenomics.estimators.cnn_rnn import CNNRNNClassifier, CNNRNNRegressor
from skgenomics.estimators.conditional import ConditionalClassifier
from skgenomics.estimators.conv_transformer import (
    ConvTransformerClassifier,
    ConvTransformerRegressor,
)
from skgenomics.estimators.custom import SequenceClassifier, SequenceRegressor
from skgenomics.estimators.labeler import SequenceLabeler
from skgenomics.estimators.long_conv import LongConvClassifier, LongConvRegressor
from skgenomics.estimators.mlp import MLPClassifier, MLPRegressor
from skgenomics.estimators.multitask import MultiTaskEstimator
from skgenomics.estimators.profile import ProfileRegressor
from skgenomics.estimators.resnet import ResNetClassifier, ResNetRegressor
from skgenomics.estimators.rnn import RNNClassifier, RNNRegressor
from skgenomics.estimators.transformer import TransformerClassifier, TransformerRegressor

__all__ = [
    "CNNClassifier",
    "CNNRNNClassifier",
    "CNNRNNRegressor",
    "CNNRegressor",
    "ConditionalClassifier",
    "ConvTransformerClassifier",
    "ConvTransformerRegressor",
    "DomainAdversarialClassifier",
    "LongConvClassifier",
    "LongConvRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "MultiTaskEstimator",
    "ProfileRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "ResNetClassifier",
    "ResNetRegressor",
    "SequenceClassifier",
    "SequenceLabeler",
    "SequenceRegressor",
    "TransformerClassifier",
    "TransformerRegressor",
]
