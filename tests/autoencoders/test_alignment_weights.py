"""Weights of aligned sequences, against brute force."""

import numpy as np
import pytest

from skgenomics import OneHotEncoder, OrdinalEncoder
from skgenomics.autoencoders import alignment_weights as module
from skgenomics.autoencoders.alignment_weights import sequence_weights
from skgenomics.autoencoders.sequence_vae import SequenceVAE


def brute_force(X, identity):
    weights = []
    for x in X:
        known = [i for i, symbol in enumerate(x) if symbol != "N"]
        alike = [sum(x[i] == other[i] for i in known) >= identity * len(known) for other in X]
        weights.append(1 / sum(alike))
    return np.array(weights)


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    parents = rng.choice(list("ACGT"), (6, 20))
    rows = parents[rng.integers(6, size=80)]
    changed = rng.random(rows.shape) < 0.12
    rows = np.where(changed, rng.choice(list("ACGTN"), rows.shape), rows)
    return ["".join(row) for row in rows]


@pytest.mark.parametrize("identity", [0.5, 0.8, 0.9, 1.0])
def test_brute_force(X, identity):
    expected = brute_force(X, identity)
    assert len(np.unique(expected)) > 1
    np.testing.assert_allclose(sequence_weights(X, identity=identity), expected)


def test_blocks_do_not_matter(X, monkeypatch):
    expected = sequence_weights(X)
    monkeypatch.setattr(module, "_BLOCK_SIZE", 700)
    np.testing.assert_array_equal(sequence_weights(X), expected)


def test_forms_agree(X):
    expected = sequence_weights(X)
    for encoder in (OrdinalEncoder(), OneHotEncoder()):
        np.testing.assert_array_equal(sequence_weights(encoder.fit_transform(X)), expected)


def test_a_threshold_that_is_met_exactly_counts():
    assert sequence_weights(["ACGTACGTAC", "ACGTACGTTT"]).tolist() == [0.5, 0.5]
    assert sequence_weights(["ACGTACGTAC", "ACGTACGATT"]).tolist() == [1, 1]


def test_copies_weigh_as_one_sequence():
    """A model of weighted copies is that of distinct sequences, in a full batch."""
    X = ["ACGTAC"] * 30 + ["GGTTCA"]
    weights = sequence_weights(X)
    np.testing.assert_allclose(weights.sum(), 2)
    vae = SequenceVAE(hidden_units=8, max_iter=60, learning_rate=0.02, beta=0.1, random_state=0)
    rare = [vae.fit(X, sample_weight=w).score_samples(X[-1:])[0] for w in (None, weights)]
    assert rare[1] > rare[0] + 0.5


@pytest.mark.parametrize("identity", [0, -0.1, 1.1, "high"])
def test_bad_identity_is_named(identity):
    with pytest.raises(ValueError, match="identity must be"):
        sequence_weights(["ACGT"], identity=identity)
