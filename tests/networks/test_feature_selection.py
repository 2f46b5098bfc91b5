"""The one-to-one layer finds the features that a label depends on."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics import SequenceClassifier, load, save
from skgenomics.networks import FeatureSelectionMLP
from skgenomics.training import Regularization

CAUSAL = [3, 11, 17]


def make_table(n, seed):
    X = np.random.default_rng(seed).normal(size=(n, 20)).astype(np.float32)
    # The second and third features matter only together.
    return X, (X[:, 3] + 1.5 * np.sign(X[:, 11] * X[:, 17])) > 0


def make():
    return SequenceClassifier(
        FeatureSelectionMLP,
        n_channels=1,
        network_params={"hidden_units": 16},
        regularization=Regularization(l1=0.004, l2=1e-4),
        max_iter=30,
        learning_rate=0.02,
        batch_size=100,
        random_state=0,
    )


@pytest.fixture(scope="module")
def selector():
    return make().fit(*make_table(600, 0))


def test_causal_features_are_selected(selector):
    importances = selector.network_.importances.numpy()
    assert sorted(np.argsort(importances)[-3:]) == CAUSAL
    others = np.delete(importances, CAUSAL)
    assert importances[CAUSAL].min() > 3 * others.max()
    assert selector.score(*make_table(400, 1)) > 0.8


def test_file_keeps_the_selection(selector, tmp_path):
    save(selector, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    assert_array_equal(loaded.network_.importances, selector.network_.importances)


def test_outputs_equal_those_of_the_formula():
    network = FeatureSelectionMLP(2, 3, 4, hidden_units=5).eval()
    n_layers = [6, 6 * 5 + 5, 5 * 4 + 4]
    assert sum(p.numel() for p in network.parameters()) == sum(n_layers)
    assert network.importances.shape == (2, 3)
    x = torch.randn(7, 2, 3)
    with torch.no_grad():
        network.selection.weight.copy_(torch.randn(6, 1, 1))
        (first,) = (
            layer for layer in network.hidden.modules() if isinstance(layer, torch.nn.Linear)
        )
        scaled = x.flatten(1) * network.selection.weight.flatten()
        assert_allclose(network(x), network.output(first(scaled).relu()), rtol=1e-4, atol=1e-5)
