"""The checks tell attributions of trained networks from those of nothing."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skgenomics as sg
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.attribution.attribute import Attributions, attribute
from skgenomics.inspection.attribution.sanity_check import agreement, sanity_check


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(600, 40, motifs=["CATGTGAC"], conservation=1, random_state=0)


def make_model(**settings):
    return sg.CNNClassifier(
        n_filters=16,
        kernel_size=11,
        kmer_path=0,
        linear_path=False,
        reverse_complement="average",
        max_iter=25,
        random_state=0,
        **settings,
    )


@pytest.fixture(scope="module")
def model(data):
    return make_model().fit(data.X, data.y)


def test_a_trained_network_passes(model, data):
    X = data.X[data.y == 1][:15]
    weights = {name: value.clone() for name, value in model.network_.state_dict().items()}
    state = torch.get_rng_state()
    table = sanity_check(model, X, random_state=0).set_index("check")
    assert list(table.columns) == ["value", "expected", "verdict"]
    assert table.verdict["random weights in all layers"] == "passes"
    assert abs(table.value["random weights in all layers"]) < 0.5
    assert table.value["reverse complement"] > 0.99
    assert table.value["completeness: largest relative gap"] <= 0.01
    assert (table.verdict != "fails").all()
    assert all(torch.equal(v, weights[name]) for name, v in model.network_.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def test_attributions_that_ignore_the_weights_fail(model, data, monkeypatch):
    def symbols_alone(estimator, X, **settings):
        real = attribute(model, data.X[:5], method="input_x_gradient")
        return Attributions(real.values, real.actual, real.scores, None, None, "x", "ACGT")

    monkeypatch.setattr("skgenomics.inspection.attribution.sanity_check.attribute", symbols_alone)
    table = sanity_check(model, data.X[:5], random_state=0).set_index("check")
    assert table.verdict["random weights in all layers"].startswith("fails")


def test_other_seeds():
    small = make_motif_classification(200, 20, motifs=["CATG"], conservation=1, random_state=0)
    pipeline = make_pipeline(sg.OneHotEncoder(), make_model().set_params(max_iter=10)).fit(
        small.X, small.y
    )
    table = sanity_check(
        pipeline, small.X[:100], y=small.y[:100], n_seeds=1, method="deeplift", random_state=0
    )
    row = table[table.check == "1 other seeds"].iloc[0]
    assert -1 <= row.value <= 1
    assert row.expected == ">= 0.5"


def test_only_what_applies_is_checked(data):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 12, 5)), np.arange(30) % 2
    signals = sg.CNNClassifier(n_channels=5, n_filters=6, max_iter=2, random_state=0).fit(X, y)
    table = sanity_check(signals, X[:5], method="saliency", random_state=0)
    assert not table.check.str.contains("strand|completeness").any()
    linear = make_pipeline(sg.KmerCounter(2), LogisticRegression()).fit(data.X, data.y)
    with pytest.raises(ValueError, match="is not a deep estimator"):
        sanity_check(linear, data.X[:5])


def test_agreement_is_a_rank_correlation_over_known_positions():
    values = np.ones((1, 4, 4))
    values[0, 3] = 0

    def of(actual):
        return Attributions(values, np.array([actual]), np.zeros(1), None, None, "x", "ACGT")

    assert agreement(of([1, 2, 3, 0]), of([10, 20, 1000, 99])) == pytest.approx(1)
    assert agreement(of([1, 2, 3, 0]), of([3, 2, 1, 0])) == pytest.approx(-1)
    assert agreement(of([1, 2, 3, 0]), of([0, 0, 0, 0])) == 0
