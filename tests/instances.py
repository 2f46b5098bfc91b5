"""The cheap instances that every common test runs on, and how many checks each must pass."""

import numpy as np

from skgenomics import (
    BPETokenizer,
    ChaosGameEncoder,
    CNNClassifier,
    CNNRegressor,
    CNNRNNClassifier,
    CNNRNNRegressor,
    CompositionEncoder,
    ConvTransformerClassifier,
    ConvTransformerRegressor,
    FixedLength,
    GappedKmerCounter,
    KmerCounter,
    KmerTokenizer,
    LongConvClassifier,
    LongConvRegressor,
    MLPClassifier,
    MLPRegressor,
    MotifScanner,
    MultiViewClassifier,
    MultiViewRegressor,
    NetworkEmbedder,
    OneHotEncoder,
    OrdinalEncoder,
    PairLabeler,
    PairRegressor,
    PhysicochemicalEncoder,
    ProfileRegressor,
    ResNetClassifier,
    ResNetRegressor,
    RNNClassifier,
    RNNRegressor,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
    TransformerClassifier,
    TransformerRegressor,
    UNetClassifier,
    UNetRegressor,
)
from skgenomics.networks import CNN

# Full batches without noise: the only nets for which a weight of 2 equals two copies of a row.
EXACT = {
    "n_filters": (8, 8),
    "kernel_size": 5,
    "pool_size": 1,
    "hidden_units": 16,
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "augmentation": None,
    "normalization": None,
}
FULL_BATCH = {"batch_size": 1000, "max_iter": 60, "learning_rate": 0.02, "reverse_complement": None}
QUICK = {"batch_size": 64, "max_iter": 20, "learning_rate": 0.01}
PAIRS = {"pair_filters": 8, "pair_dilation": 1, "pair_dropout": 0.0, "pair_normalization": None}
# A position of many channels takes any table that the checks make.
ONE_POSITION = {
    "n_channels": 32,
    "network": "cnn",
    "network_params": {"n_filters": 8, "kernel_size": 3, "normalization": None},
}
TINY = {
    "MLP": {"hidden_units": (16, 16)},
    "CNN": {"n_filters": (8, 8), "kernel_size": 5, "pool_size": 1},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "stem_kernel_size": 5, "dilation": 1},
    "UNet": {"n_filters": (8, 8), "kernel_size": 5, "dropout": 0.0},
    "RNN": {"embedding_size": 8, "hidden_size": 8},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "hidden_size": 8},
    "Transformer": {"stem_filters": 8, "d_model": 8, "n_layers": 1, "n_heads": 2},
    "LongConv": {"d_model": 8, "n_layers": 1, "filter_units": 8},
    "ConvTransformer": {"d_model": 16, "n_layers": 1, "n_heads": 2, "n_downsamplings": 1},
}
CLASSIFIERS = [
    CNNClassifier,
    CNNRNNClassifier,
    ConvTransformerClassifier,
    LongConvClassifier,
    MLPClassifier,
    ResNetClassifier,
    RNNClassifier,
    TransformerClassifier,
    UNetClassifier,
]
REGRESSORS = [
    CNNRegressor,
    CNNRNNRegressor,
    ConvTransformerRegressor,
    LongConvRegressor,
    MLPRegressor,
    ResNetRegressor,
    RNNRegressor,
    TransformerRegressor,
    UNetRegressor,
]


def family(cls):
    """Name of the architecture of a class."""
    return cls.__name__.removesuffix("Classifier").removesuffix("Regressor")


# Instance, number of scikit-learn's checks on it.
TRANSFORMERS = [
    (OneHotEncoder(), 46),
    (OrdinalEncoder(), 46),
    (FixedLength(4), 46),
    (KmerCounter(k=1), 46),
    (GappedKmerCounter(k=1, word_length=1), 46),
    (KmerTokenizer(k=1), 46),
    (BPETokenizer(vocabulary_size=16), 46),
    (ChaosGameEncoder(k=1), 46),
    (PhysicochemicalEncoder(), 46),
    (CompositionEncoder(("z_curve",)), 46),
    (MotifScanner([np.array([[0.7, 0.1, 0.1, 0.1]])]), 46),
    (NetworkEmbedder(MLPRegressor(hidden_units=4, max_iter=1, random_state=0)), 46),
]
TABLE = {
    "n_channels": 1,
    "hidden_units": 16,
    "hidden_dropout": 0.0,
    "hidden_normalization": None,
    "linear_path": False,
}
TABLE_BATCH = {"batch_size": 1000, "max_iter": 60, "learning_rate": 0.02}
EXACT_ESTIMATORS = [
    (CNNClassifier(**EXACT, **FULL_BATCH), 67),
    (CNNRegressor(**EXACT, **FULL_BATCH), 60),
    (SequenceClassifier(network=CNN, network_params={"n_filters": 8}, **FULL_BATCH), 67),
    (SequenceRegressor(network=CNN, network_params={"n_filters": 8}, **FULL_BATCH), 60),
    (SequenceLabeler(**ONE_POSITION, **FULL_BATCH, augmentation=None), 49),
    (ProfileRegressor(**ONE_POSITION, **FULL_BATCH, loss="mse"), 49),
    (PairLabeler(**ONE_POSITION, **FULL_BATCH, **PAIRS, augmentation=None), 49),
    (PairRegressor(**ONE_POSITION, **FULL_BATCH, **PAIRS), 49),
    (
        MultiViewClassifier(
            views=[("table", None, MLPClassifier(**TABLE), slice(None))], **TABLE_BATCH
        ),
        67,
    ),
    (
        MultiViewRegressor(
            views=[("table", None, MLPRegressor(**TABLE), slice(None))], **TABLE_BATCH
        ),
        60,
    ),
]
# All defaults but the size: dropout and mini-batches rule out one check by their nature.
DEFAULT_ESTIMATORS = [
    (cls(**TINY[family(cls)], **QUICK), n_checks)
    for classes, n_checks in ((CLASSIFIERS, 66), (REGRESSORS, 59))
    for cls in classes
]
# Public classes that are put to the same checks in a file of their own, since they are built or
# fitted in a way of their own.
CHECKED_ELSEWHERE = {
    "Autoencoder": "autoencoders/test_tables.py",
    "CausalLanguageModel": "language_models/test_conformance.py",
    "ConditionalClassifier": "estimators/test_conditional.py",
    "ConformalRegressor": "uncertainty/test_uncertainty.py",
    "DeepEnsembleClassifier": "uncertainty/test_uncertainty.py",
    "DeepEnsembleRegressor": "uncertainty/test_uncertainty.py",
    "DenoisingAutoencoder": "autoencoders/test_tables.py",
    "DomainAdversarialClassifier": "estimators/test_domain_adversarial.py",
    "DomainAdversarialRegressor": "estimators/test_domain_adversarial.py",
    "EnsembleAutoencoder": "autoencoders/test_tables.py",
    "MaskedLanguageModel": "language_models/test_conformance.py",
    "MultiTaskEstimator": "estimators/test_multitask.py",
    "PretrainedClassifier": "pretrained/test_fine_tuning.py",
    "PretrainedEmbedder": "pretrained/test_embedder.py",
    "PretrainedLanguageModel": "pretrained/test_language_model.py",
    "PretrainedRegressor": "pretrained/test_fine_tuning.py",
    "SemiSupervisedVAE": "autoencoders/test_tables.py",
    "SequenceAutoencoder": "autoencoders/test_sequence_common.py",
    "SequenceVAE": "autoencoders/test_sequence_common.py",
    "VariationalAutoencoder": "autoencoders/test_tables.py",
}
