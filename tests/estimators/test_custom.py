"""Networks of the user's own: classes, functions, modules, and what they must give."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from skgenomics import SequenceClassifier, SequenceRegressor
from skgenomics.testing import make_text

X = make_text(30, 10)


class Own(nn.Module):
    def __init__(self, n_channels, length, n_outputs, width=3):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(n_channels * length, width),
            nn.ReLU(),
            nn.Linear(width, n_outputs),
        )

    def forward(self, x):
        return self.layers(x)


def takes_everything(**settings):
    return Own(**settings)


def takes_nothing():
    return Own(4, 10, 1)


@pytest.mark.parametrize("network", [Own, takes_everything, takes_nothing, Own(4, 10, 1)])
def test_ways_to_bring_a_network(network):
    classifier = SequenceClassifier(network=network, max_iter=2, random_state=0)
    classifier.fit(X, np.arange(30) % 2)
    assert isinstance(classifier.network_, Own)
    assert classifier.network_ is not network


def test_network_params_reach_the_network():
    classifier = SequenceClassifier(network=Own, network_params={"width": 7}, max_iter=1)
    assert classifier.fit(X, np.arange(30) % 2).network_.layers[1].out_features == 7


def test_a_module_keeps_its_weights_and_is_not_changed():
    module = Own(4, 10, 1)
    before = module.layers[1].weight.detach().clone()
    fitted = SequenceClassifier(network=module, max_iter=3).fit(X, np.arange(30) % 2)
    assert_array_equal(module.layers[1].weight.detach(), before)
    assert (fitted.network_.layers[1].weight != before).any()


@pytest.mark.parametrize(
    ("estimator", "y", "n_given"),
    [
        (SequenceClassifier, np.arange(30) % 2, 2),
        (SequenceClassifier, np.arange(30) % 3, 2),
        (SequenceClassifier, np.arange(30) % 3, 5),
        (SequenceRegressor, np.arange(30.0), 2),
        (SequenceRegressor, np.random.default_rng(0).random((30, 2)), 1),
    ],
)
def test_wrong_number_of_scores_is_named(estimator, y, n_given):
    network = Own(4, 10, n_given)
    with pytest.raises(ValueError, match=rf"scores of shape \(\d+, {n_given}\).*n_outputs="):
        estimator(network=network, max_iter=1).fit(X, y)


def test_one_score_may_come_without_its_axis():
    class Flat(Own):
        def forward(self, x):
            return self.layers(x).squeeze(1)

    flat, plain = (
        SequenceRegressor(network=network, max_iter=3, random_state=0).fit(X, np.arange(30.0))
        for network in (Flat, Own)
    )
    assert_array_equal(flat.predict(X), plain.predict(X))


def test_objects_that_are_not_networks_are_named():
    with pytest.raises(ValueError, match="network must be a torch module"):
        SequenceClassifier(network="cnn").fit(X, np.arange(30) % 2)


def test_signals_with_channels_of_their_own():
    signal = np.random.default_rng(0).random((30, 5, 20), dtype=np.float32)
    classifier = SequenceClassifier(n_channels=5, max_iter=2).fit(signal, np.arange(30) % 2)
    assert (classifier.length_, classifier.is_sequence_) == (20, False)
    flat = signal.transpose(0, 2, 1).reshape(30, -1)
    assert_array_equal(classifier.predict_proba(flat), classifier.predict_proba(signal))
    assert torch.is_tensor(next(classifier.network_.parameters()))


class _Gives(nn.Module):
    def __init__(self, n_channels, n_outputs, form="column"):
        super().__init__()
        self.linear, self.form = nn.Linear(n_channels, n_outputs + 1), form

    def forward(self, x):
        scores = self.linear(x.mean(dim=2))
        forms = {"column": scores, "map": x, "number": scores.sum(), "text": "scores"}
        return forms[self.form]


@pytest.mark.parametrize("cls", [SequenceClassifier, SequenceRegressor])
@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("column", r"scores of shape \(30, 2\) for 30 sequences, but \(30, n_outputs=1\) is"),
        ("map", r"scores of shape \(30, 4, 10\).*_Gives was given a tensor of shape \(30, 4, 10\)"),
        ("number", r"scores of shape \(\) for 30 sequences"),
        ("text", "gives str instead of a tensor of scores; _Gives was given a tensor"),
    ],
)
def test_another_output_than_promised_is_named(cls, form, message):
    estimator = cls(_Gives, network_params={"form": form}, batch_size=32, max_iter=1)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, np.arange(30) % 2)
