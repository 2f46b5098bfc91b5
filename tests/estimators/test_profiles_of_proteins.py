"""Profiles of proteins: matrices of unequal length as X, whose padding takes no part."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import cross_val_score

from skgenomics import CNNClassifier, PairLabeler, RNNClassifier, SequenceLabeler, zoo

WIDTH = 20
LENGTHS = (18, 25, 12, 30)


@pytest.fixture(scope="module")
def data():
    """Profiles, of which positives have one residue conserved over six positions."""
    rng = np.random.default_rng(0)
    X, y = [], np.arange(80) % 2
    for i, label in enumerate(y):
        profile = rng.normal(size=(LENGTHS[i % 4], WIDTH))
        if label:
            start = rng.integers(0, len(profile) - 6)
            profile[start : start + 6, 7] += 3
        X.append(profile)
    return X, y


PARAMS = {"n_channels": WIDTH, "max_iter": 8, "learning_rate": 0.01, "random_state": 0}


@pytest.mark.parametrize("cls", [CNNClassifier, RNNClassifier])
def test_a_profile_is_predicted_alone_as_among_longer_ones(cls, data):
    X, y = data
    model = cls(**PARAMS).fit(X, y)
    assert model.has_padding_
    assert model.score(X, y) > 0.8
    together = model.predict_proba(X[:4])
    for i in range(4):
        assert_allclose(model.predict_proba(X[i : i + 1])[0], together[i], atol=1e-5)
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.predict_proba(X[:4]), together)


def test_cross_validation(data):
    X, y = data
    assert cross_val_score(CNNClassifier(**PARAMS), X, y, cv=3).mean() > 0.75


def test_profiles_of_equal_length_are_channels(data):
    X, y = data
    X = [profile[:12] for profile in X]
    one = CNNClassifier(**PARAMS | {"max_iter": 1}).fit(X, y)
    other = CNNClassifier(**PARAMS | {"max_iter": 1}).fit(np.array(X, dtype=np.float32), y)
    assert not one.has_padding_
    assert_array_equal(one.predict_proba(X), other.predict_proba(np.array(X, dtype=np.float32)))


def test_labels_of_positions():
    """Secondary structure with three classes, from profiles."""
    rng = np.random.default_rng(1)
    X, y = [], []
    for i in range(60):
        codes = rng.integers(0, 3, LENGTHS[i % 4])
        profile = 0.3 * rng.normal(size=(len(codes), WIDTH))
        profile[np.arange(len(codes)), codes] += 1
        X.append(profile)
        y.append("".join("HEC"[code] for code in codes))
    labeler = SequenceLabeler(network="cnn", **PARAMS).fit(X, y)
    assert labeler.score(X, y) > 0.9
    found = labeler.predict(X[:4])
    assert [len(labels) for labels in found] == [len(labels) for labels in y[:4]]
    assert labeler.predict(X[2:3])[0] == found[2]


def test_contacts(data):
    X, _ = data
    y = [np.add.outer(np.arange(len(x)), np.arange(len(x))) % 2 for x in X[:12]]
    labeler = PairLabeler(network="cnn", pair_filters=4, pair_dilation=1, **PARAMS)
    proba = labeler.set_params(max_iter=1).fit(X[:12], y).predict_proba(X[:4])
    assert np.isnan(proba[2, 12:]).all()
    assert np.isfinite(proba[2, :12, :12]).all()


def test_published_networks_read_profiles(data):
    X, y = data
    model = zoo.make("DeepLoc", width=0.05, max_iter=1, n_channels=WIDTH, random_state=0)
    assert model.fit(X, y).predict(X[:3]).shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, :19], "profile 5 has 19 columns, but the model reads 20 channels"),
        (lambda x: x * np.nan, "profile 5 holds values that are not finite"),
        (lambda x: x[:0], "profile 5 has no positions"),
    ],
)
def test_errors_name_the_profile(change, message, data):
    X, y = data
    X = [*X[:5], change(X[5]), *X[6:]]
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**PARAMS).fit(X, y)
