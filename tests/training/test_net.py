"""The net of all estimators: finite weights, and dropout that stays on."""

import numpy as np
import pytest
import torch
from tolerances import assert_close
from torch import nn

from skgenomics import CNNClassifier, OneHotEncoder
from skgenomics.networks._layers import StochasticDepth
from skgenomics.testing import make_text
from skgenomics.training.net import dropout_modules

SETTINGS = {
    "n_filters": 4,
    "kernel_size": 3,
    "normalization": "batch",
    "dropout": 0.5,
    "max_iter": 1,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def model():
    return CNNClassifier(**SETTINGS).fit(make_text(20, 12), np.arange(20) % 2)


def test_running_statistics_have_to_be_finite(model):
    assert model.net_.is_finite()
    name, mean = next(
        (n, b) for n, b in model.network_.named_buffers() if n.endswith("running_mean")
    )
    kept = mean.clone()
    mean[0] = torch.nan
    assert not model.net_.is_finite(), name
    mean.copy_(kept)


def test_scores_are_the_mean_of_both_strands():
    X = make_text(20, 12)
    average = CNNClassifier(**SETTINGS, reverse_complement="average").fit(X, np.arange(20) % 2)
    x = torch.from_numpy(OneHotEncoder().fit_transform(X)).reshape(20, 12, 4).transpose(1, 2)
    with torch.no_grad():
        strands = [average.network_(strand)[:, 0].numpy() for strand in (x, x.flip(1, 2))]
    assert_close(average.decision_function(X), np.mean(strands, axis=0), depth=16)


def test_dropout_alone_stays_on(model):
    def modes():
        return {type(m).__name__: m.training for m in model.network_.modules()}

    assert not any(modes().values())
    with model.net_.keeping_dropout():
        model.predict(make_text(20, 12))
        on = modes()
    assert on["Dropout"]
    assert {name for name, is_training in on.items() if is_training} <= {"Dropout", "Dropout2d"}
    model.predict(make_text(20, 12))
    assert not any(modes().values())


def test_modules_that_drop_at_random():
    attention = nn.MultiheadAttention(4, 1, dropout=0.1)
    modules = [nn.Dropout(0.5), attention, StochasticDepth(0.2), nn.Linear(2, 2)]
    without = [nn.Dropout(0.0), nn.MultiheadAttention(4, 1), StochasticDepth(0.0)]
    found = dropout_modules(nn.Sequential(*modules, *without))
    assert found == modules[:3]
