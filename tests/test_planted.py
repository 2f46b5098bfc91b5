"""Planted truths that tell architectures apart: what each is for, it learns."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import roc_auc_score

from skgenomics import (
    CNNClassifier,
    CNNRNNClassifier,
    LongConvClassifier,
    ResNetClassifier,
    RNNClassifier,
    TransformerClassifier,
)
from skgenomics.datasets import make_motif_classification
from skgenomics.sequences import reverse_complement

pytestmark = pytest.mark.slow

# The network alone: no linear model that counts words or reads fixed places.
ALONE = {
    "linear_path": False,
    "kmer_path": 0,
    "reverse_complement": None,
    "augmentation": None,
    "random_state": 0,
}
MOTIFS = ("GATAAGC", "CACGTGT")


def codes(motif):
    return ["ACGT".index(symbol) for symbol in motif]


def plant(row, motif, start):
    row[start : start + len(motif)] = codes(motif)


def order_data(n, seed, length=80):
    """Both motifs in each sequence, at a random place and distance: which one comes first.

    Neither is near an end, where a filter that covers the zeros around a sequence could tell.
    """
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, (n, length), dtype=np.uint8)
    y = rng.permutation(np.arange(n) % 2)
    for row, label in zip(X, y, strict=True):
        first, second = MOTIFS if label else MOTIFS[::-1]
        start = rng.integers(8, 16)
        plant(row, first, start)
        plant(row, second, start + 7 + rng.integers(25, 42))
    return X, y


def spacing_data(n, seed, length=80):
    """Both motifs in the same order, 10 letters apart or 20 to 30, at a random place."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, (n, length), dtype=np.uint8)
    y = rng.permutation(np.arange(n) % 2)
    for row, label in zip(X, y, strict=True):
        start = rng.integers(8, 26)
        plant(row, MOTIFS[0], start)
        plant(row, MOTIFS[1], start + 7 + (10 if label else rng.integers(20, 31)))
    return X, y


def long_range_data(n, seed, length=8192, n_copies=80):
    """Copies of one motif in the first third, of the other in the last: which one is where."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, (n, length), dtype=np.uint8)
    y = rng.permutation(np.arange(n) % 2)
    for row, label in zip(X, y, strict=True):
        first, last = MOTIFS if label else MOTIFS[::-1]
        for motif, low, high in ((first, 0, length // 3), (last, 2 * length // 3, length - 8)):
            for start in rng.integers(low, high, n_copies):
                plant(row, motif, start)
    return X, y


def auroc(classifier, make_data, n_train, n_test=300):
    X, y = make_data(n_train, 0)
    X_test, y_test = make_data(n_test, 1)
    return roc_auc_score(y_test, classifier.fit(X, y).decision_function(X_test))


def sees_no_order():
    """The largest match of each filter in the whole sequence, and nothing else."""
    return CNNClassifier(
        n_filters=32, kernel_size=9, pool_size=1, head_pool="max", hidden_units=32,
        hidden_dropout=0.0, max_iter=20, learning_rate=0.01, **ALONE,
    )  # fmt: skip


@cache
def blind_auroc(make_data):
    return auroc(sees_no_order(), make_data, 600)


READERS = {
    "CNNRNN": CNNRNNClassifier(
        n_filters=(16,), kernel_size=9, pool_size=4, hidden_size=16, max_iter=20,
        learning_rate=0.01, head_pool=("max", "last"), **ALONE,
    ),
    "Transformer": TransformerClassifier(
        stem_filters=32, stem_kernel_size=9, stem_pool_size=4, d_model=32, n_layers=1,
        n_heads=4, max_iter=18, learning_rate=0.005, **ALONE,
    ),
    "ResNet": ResNetClassifier(
        n_filters=16, stem_filters=16, dilation=(1, 2, 4, 8), stem_pool_size=2, max_iter=8,
        learning_rate=0.01, head_pool="max", **ALONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_cnn_finds_one_motif_anywhere(normalization):
    data = make_motif_classification(
        900, 100, motifs=["TGACTCA"], conservation=1, both_strands=False, random_state=0
    )
    classifier = CNNClassifier(
        n_filters=16, kernel_size=11, pool_size=1, head_pool="max", max_iter=30,
        learning_rate=0.01, normalization=normalization, **ALONE,
    )  # fmt: skip
    classifier.fit(data.X[:600], data.y[:600])
    scores = classifier.decision_function(data.X[600:])
    assert roc_auc_score(data.y[600:], scores) > 0.95


@pytest.mark.parametrize(
    ("make_data", "name"),
    [
        (order_data, "CNNRNN"),
        pytest.param(order_data, "Transformer", marks=pytest.mark.slow),
        (order_data, "ResNet"),
        (spacing_data, "CNNRNN"),
    ],
)
def test_order_and_spacing_need_more_than_the_largest_match(name, make_data):
    assert blind_auroc(make_data) < 0.62
    assert auroc(READERS[name], make_data, 600) > 0.9


@pytest.mark.slow
def test_rnn_reads_order_symbol_by_symbol():
    classifier = RNNClassifier(
        hidden_size=32, max_iter=20, learning_rate=0.01, head_pool=("max", "last"), **ALONE
    )
    assert auroc(classifier, order_data, 600) > 0.9


@pytest.mark.slow
def test_long_convolutions_see_thousands_of_symbols():
    """The motifs are at least 2,700 bp apart."""
    classifier = LongConvClassifier(
        stem_filters=(8, 8), stem_kernel_size=9, stem_pool_size=(16, 16), d_model=8, n_layers=1,
        dropout=0.0, hidden_dropout=0.0, head_pool="max", max_iter=20, learning_rate=0.01,
        **ALONE | {"random_state": 4},
    )  # fmt: skip
    assert auroc(classifier, long_range_data, 120, 100) > 0.9
    blind = sees_no_order().set_params(n_filters=8, max_iter=3)
    assert auroc(blind, long_range_data, 100, 100) < 0.7


def two_strand_data(n, seed):
    """A motif on either strand of the positives, and its letters in another order elsewhere."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, (n, 80), dtype=np.uint8)
    y = rng.permutation(np.arange(n) % 2)
    for i, row in enumerate(X):
        plant(row, "TGACGTAAG" if y[i] else "AATGAGCTG", rng.integers(0, 71))
    flip = rng.random(n) < 0.5
    return np.where(flip[:, np.newaxis], reverse_complement(X), X), y


@pytest.mark.parametrize("strands", ["tied", "average"])
@pytest.mark.parametrize("network", ["CNN", "ResNet", "CNNRNN"])
def test_both_strands_are_one(network, strands):
    """A net that ties or averages both strands scores them alike, and better than one that reads
    either as it comes.
    """
    settings = ALONE | {"max_iter": 8, "learning_rate": 0.01, "head_pool": "max"}
    classifier = {
        "CNN": CNNClassifier(n_filters=16, kernel_size=11, pool_size=1),
        "ResNet": ResNetClassifier(
            n_filters=16, stem_filters=16, dilation=(1, 2), stem_kernel_size=11, stem_pool_size=1
        ),
        "CNNRNN": CNNRNNClassifier(
            n_filters=(16,), kernel_size=11, pool_size=4, hidden_size=8, recurrent_dropout=0.0
        ),
    }[network].set_params(**settings | {"reverse_complement": strands})
    assert auroc(classifier, two_strand_data, 500) > 0.93
    X, _ = two_strand_data(50, 2)
    here, there = (classifier.decision_function(x) for x in (X, reverse_complement(X)))
    assert_allclose(here, there, atol=1e-4)
