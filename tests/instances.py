"""The cheap instances that every common test runs on, and how many checks each must pass."""

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    KmerCounter,
    OneHotEncoder,
    OrdinalEncoder,
    SequenceClassifier,
    SequenceRegressor,
)
from skgenomics.networks import CNN

SMALL = {"n_filters": (8, 8), "kernel_size": 5, "pool_size": 1, "hidden_units": 16}
# Full batches without noise: the only nets for which a weight of 2 equals two copies of a row.
EXACT = {
    **SMALL,
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "mutation_rate": 0.0,
    "normalization": None,
}
FULL_BATCH = {"batch_size": 1000, "max_iter": 60, "learning_rate": 0.02, "reverse_complement": None}

# Instance, number of scikit-learn's checks on it.
TRANSFORMERS = [(OneHotEncoder(), 46), (OrdinalEncoder(), 46), (KmerCounter(k=1), 46)]
EXACT_ESTIMATORS = [
    (CNNClassifier(**EXACT, **FULL_BATCH), 67),
    (CNNRegressor(**EXACT, **FULL_BATCH), 60),
    (
        SequenceClassifier(network=CNN, network_params={"n_filters": 8}, **FULL_BATCH),
        67,
    ),
    (
        SequenceRegressor(network=CNN, network_params={"n_filters": 8}, **FULL_BATCH),
        60,
    ),
]
# All defaults but the size: dropout and mini-batches rule out one check by their nature.
DEFAULT_ESTIMATORS = [
    (CNNClassifier(**SMALL, max_iter=15), 66),
    (CNNRegressor(**SMALL, max_iter=15), 59),
]
