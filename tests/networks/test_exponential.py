"""Exponential activation of the first layer: the function itself, and what explains it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from skgenomics import CNNClassifier
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.networks import CNN
from skgenomics.testing import make_text


def test_one_activation_per_layer():
    torch.manual_seed(0)
    network = CNN(4, 20, 1, n_filters=(8, 6), kernel_size=3, activation=("exp", "relu")).eval()
    x = torch.randn(2, 4, 20)
    first, second = network.trunk.blocks
    maps = first(x.unsqueeze(2), None)[0]
    convolution = first.unit.conv
    assert_allclose(maps.detach(), convolution(x.unsqueeze(2)).exp().detach(), rtol=1e-5)
    after = second.unit.conv(maps).relu()
    assert_allclose(second(maps, None)[0].detach(), after.detach(), rtol=1e-5)
    with pytest.raises(ValueError, match="has 3 values for 2 layers"):
        CNN(4, 20, 1, n_filters=(8, 6), activation=("exp", "relu", "relu"))


def test_explanations_follow_the_exponential():
    X = make_text(24, 30)
    y = [x.count("G") > 7 for x in X]
    params = {"n_filters": (8, 8), "kernel_size": 5, "max_iter": 2, "random_state": 0}
    model = CNNClassifier(activation=("exp", "relu"), **params).fit(X, y)
    effects = mutagenesis(model, X[:1])[0]
    changed = "A" + X[0][1:]
    before, after = model.decision_function([X[0], changed])
    assert effects[0, 0] == pytest.approx(after - before, abs=1e-4)
    found = attribute(model, X[:2], method="deeplift")
    assert np.isfinite(np.asarray(found)).all()
