"""Attributions add up, point at what was planted, and leave the estimator as it was."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

import skgenomics as sg
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.attribution.attribute import (
    COMPLETE,
    METHODS,
    CompletenessWarning,
    attribute,
)
from skgenomics.sequences import encode, one_hot, reverse_complement

WIDTH = 8


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(800, 40, motifs=["CATGTGAC"], conservation=1, random_state=0)


@pytest.fixture(scope="module")
def model(data):
    # One convolution, of which it is known what it has to find.
    return sg.CNNClassifier(
        n_filters=16,
        kernel_size=11,
        kmer_path=0,
        linear_path=False,
        head_pool="max",
        max_iter=30,
        reverse_complement="average",
        random_state=0,
    ).fit(data.X, data.y)


@pytest.fixture(scope="module")
def positives(data):
    rows = np.flatnonzero(data.y == 1)[:60]
    return data.X[rows], data.positions[rows]


SMALL = {"max_iter": 2, "random_state": 0}
FAMILIES = {
    "CNN": lambda: sg.CNNClassifier(n_filters=6, **SMALL),
    "CNN tied": lambda: sg.CNNClassifier(n_filters=6, reverse_complement="tied", **SMALL),
    "CNN layer norm": lambda: sg.CNNClassifier(n_filters=6, normalization="layer", **SMALL),
    "CNN attention": lambda: sg.CNNClassifier(n_filters=6, head_pool="attention", **SMALL),
    "ResNet": lambda: sg.ResNetClassifier(n_filters=6, stem_filters=6, **SMALL),
    "ResNet excitation": lambda: sg.ResNetClassifier(
        n_filters=6, stem_filters=6, network_params={"squeeze_excitation": True}, **SMALL
    ),
    "MLP": lambda: sg.MLPClassifier(**SMALL),
    "Transformer": lambda: sg.TransformerClassifier(d_model=8, n_heads=2, **SMALL),
    "ConvTransformer": lambda: sg.ConvTransformerClassifier(
        d_model=12, n_heads=2, n_downsamplings=2, **SMALL
    ),
    "LongConv": lambda: sg.LongConvClassifier(d_model=8, **SMALL),
    "RNN": lambda: sg.RNNClassifier(hidden_size=6, **SMALL),
    "CNNRNN": lambda: sg.CNNRNNClassifier(n_filters=6, hidden_size=6, **SMALL),
}
RECURRENT = ("RNN", "CNNRNN")


@pytest.mark.parametrize("name", FAMILIES)
def test_all_families_are_complete(data, name):
    X = [*data.X[:30], data.X[30][:25], "NN" + data.X[31][:30], data.X[32][:9] + "NN" + "ACGT" * 5]
    y = data.y[:33]
    estimator = FAMILIES[name]().fit(X, y)
    explained = X[-5:]
    for method in COMPLETE:
        if method != "integrated_gradients" and name in RECURRENT:
            with pytest.raises(ValueError, match=r"no rule for .*integrated_gradients"):
                attribute(estimator, explained, method=method)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error", CompletenessWarning)
            A = attribute(estimator, explained, method=method, n_baselines=3, random_state=0)
        most = 0.01 if method == "integrated_gradients" else 1e-3
        assert abs(A.relative_gap).max() < most
        assert A.shape == (5, 40, 4)
        unknown = encode(explained, length=40) == 4
        assert not A.actual[unknown].any()
        assert not A.values[unknown].any()


def test_regressors_labelers_and_profiles(data):
    rng = np.random.RandomState(0)
    X = data.X[:20]
    cases = [
        (sg.CNNRegressor(n_filters=6, **SMALL), rng.normal(size=20), None),
        (sg.CNNRegressor(n_filters=6, **SMALL), rng.normal(size=(20, 3)), 2),
        (sg.CNNClassifier(n_filters=6, **SMALL), np.arange(20) % 3, 1),
        (sg.SequenceLabeler(**SMALL), rng.randint(2, size=(20, 40)), (1, 20)),
        (sg.SequenceLabeler(**SMALL), rng.randint(2, size=(20, 40)), 0),
        (sg.ProfileRegressor(**SMALL), rng.poisson(3, size=(20, 40)).astype(float), None),
    ]
    for estimator, y, target in cases:
        estimator.fit(X, y)
        for method in COMPLETE:
            A = attribute(
                estimator, X[:3], method=method, target=target, n_baselines=2, random_state=0
            )
            assert abs(A.relative_gap).max() < 0.01, (type(estimator).__name__, method)


@pytest.mark.parametrize("method", METHODS)
def test_the_planted_motif_is_on_top(model, positives, method):
    X, positions = positives
    A = attribute(model, X, method=method, random_state=0)
    top = abs(A.actual).argmax(axis=1)
    assert np.mean((top >= positions) & (top < positions + WIDTH)) >= 0.95


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "input_x_gradient"])
def test_of_a_linear_model_it_is_the_weights(data, method):
    estimator = sg.MLPClassifier(
        hidden_units=(), kmer_path=0, reverse_complement=None, **SMALL
    ).fit(data.X[:50], data.y[:50])
    network = estimator.network_
    with torch.no_grad():
        base = network(torch.zeros(1, 4, 40))
        # Row p * 4 + c is letter c at position p.
        units = torch.eye(160).view(160, 40, 4).transpose(1, 2)
        weights = (network(units) - base).view(40, 4).numpy()
    A = attribute(estimator, data.X[:4], method=method)
    expected = weights - weights.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(A.values, np.broadcast_to(expected, A.shape), atol=1e-5)
    hot = one_hot(encode(data.X[:4]))
    np.testing.assert_allclose(A.actual, (hot * expected).sum(axis=2), atol=1e-5)


def test_actual_symbols_are_those_of_the_sequence(model, positives):
    X, _ = positives
    for method in ("integrated_gradients", "deeplift_shap", "input_x_gradient", "saliency"):
        A = attribute(model, X[:3], method=method, random_state=0)
        picked = (A.values * one_hot(encode(X[:3]))).sum(axis=2)
        np.testing.assert_allclose(A.actual, picked, atol=1e-5)


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "saliency", "occlusion"])
def test_averaged_strands_have_the_same_attributions(model, positives, method):
    X, _ = positives
    here = attribute(model, X[:4], method=method)
    there = attribute(model, reverse_complement(X[:4]), method=method)
    np.testing.assert_allclose(there.values[:, ::-1, ::-1], here.values, atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_padding_and_the_form_of_the_input_change_nothing(model, data, method):
    X = data.X[:3]
    codes, hot = encode(X), one_hot(encode(X)).reshape(3, -1)
    whole = attribute(model, X, method=method, random_state=0)
    for other in (codes, hot, list(map(str.lower, X)), [x.replace("T", "U") for x in X]):
        again = attribute(model, other, method=method, random_state=0)
        np.testing.assert_allclose(again.values, whole.values, atol=1e-5)


def test_a_row_does_not_depend_on_others(model, data):
    whole = attribute(model, data.X[:6], method="deeplift_shap", random_state=1)
    part = attribute(model, data.X[:2], method="deeplift_shap", random_state=1)
    np.testing.assert_allclose(whole.values[:2], part.values, atol=1e-5)


def test_references_of_the_user(model, data):
    own = list(data.X[100:103])
    A = attribute(model, data.X[:4], method="deeplift", baselines=own)
    score = SequenceScore(model)
    difference = score.predict(score.read(data.X[:4])) - score.predict(score.read(own)).mean()
    np.testing.assert_allclose(A.actual.sum(axis=1), difference, atol=1e-4)
    zeros = attribute(model, data.X[:4], method="deeplift", baselines="zeros")
    assert abs(zeros.relative_gap).max() < 1e-3
    with pytest.raises(ValueError, match="baselines must be one of"):
        attribute(model, data.X[:4], baselines="ACGT")


def test_pipelines(data):
    y = np.r_[np.ones(10), np.zeros(30)]
    expected = sg.CNNClassifier(n_filters=6, **SMALL).fit(data.X[:40], y)
    expected = attribute(expected, data.X[:3])
    for step in (sg.OneHotEncoder(), sg.OrdinalEncoder()):
        pipeline = make_pipeline(step, sg.CNNClassifier(n_filters=6, **SMALL)).fit(data.X[:40], y)
        A = attribute(pipeline, data.X[:3])
        assert A.symbols == "ACGT"
        np.testing.assert_allclose(A.values, expected.values, atol=1e-5)
    pipeline = make_sampling_pipeline(
        sg.OrdinalEncoder(),
        RandomOverSampler(random_state=0),
        sg.CNNClassifier(n_filters=6, **SMALL),
    ).fit(data.X[:40], y)
    assert attribute(pipeline, data.X[:3]).shape == (3, 40, 4)


def test_signals_have_attributions_of_channels():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 12, 5)), np.arange(30) % 2
    estimator = sg.CNNClassifier(n_channels=5, n_filters=6, **SMALL).fit(X, y)
    for method in METHODS[:-1]:
        if method == "deeplift_shap":
            A = attribute(estimator, X[:3], method=method, baselines=X[10:12])
        else:
            A = attribute(estimator, X[:3], method=method)
        assert A.shape == (3, 12, 5)
        assert A.symbols is None
        if A.gap is not None:
            assert abs(A.relative_gap).max() < 0.01
            np.testing.assert_allclose(A.values.sum(axis=2), A.actual, atol=1e-6)
    for settings in ({"baselines": "shuffle"}, {"method": "mutagenesis"}):
        with pytest.raises(ValueError, match="signals"):
            attribute(estimator, X[:3], **settings)


def test_modules_of_the_user(data):
    class Own(nn.Module):
        def __init__(self, n_channels, length, n_outputs):
            super().__init__()
            self.conv = nn.Conv1d(n_channels, 6, 5)
            self.act = nn.ReLU(inplace=True)
            self.out = nn.Linear(6, n_outputs)

        def forward(self, x):
            return self.out(self.act(self.conv(x)).max(dim=2).values)

    estimator = sg.SequenceClassifier(network=Own, **SMALL).fit(data.X[:30], data.y[:30])
    A = attribute(estimator, data.X[:3], method="deeplift")
    assert abs(A.relative_gap).max() < 1e-4


def test_estimators_that_are_not_deep(data):
    pipeline = make_pipeline(sg.KmerCounter(4), LogisticRegression(max_iter=500))
    pipeline.fit(data.X[:300], data.y[:300])
    X = [data.X[0], data.X[1][:20]]
    A = attribute(pipeline, X, method="occlusion", window=1)
    assert A.shape == (2, 40, 4)
    assert not A.actual[1, 20:].any()
    hidden = X[0][:7] + "N" + X[0][8:]
    here, there = pipeline.decision_function([X[0], hidden])
    np.testing.assert_allclose([A.scores[0], A.actual[0, 7]], [here, here - there], rtol=1e-5)
    with pytest.raises(ValueError, match="method='occlusion'"):
        attribute(pipeline, X)
    counts = make_pipeline(sg.KmerCounter(2), sg.MLPClassifier(**SMALL)).fit(
        data.X[:40], data.y[:40]
    )
    with pytest.raises(ValueError, match=r"KmerCounter.*single positions.*occlusion"):
        attribute(counts, X)
    assert attribute(counts, X, method="occlusion").shape == (2, 40, 4)


def test_the_estimator_stays_as_it_was(model, data):
    network = model.network_
    before = copy.deepcopy(network.state_dict())
    flags = [(p.requires_grad, p.grad) for p in network.parameters()]
    states = torch.get_rng_state(), np.random.mtrand._rand.get_state()[1].copy()
    X = data.X[:3].copy()
    for method in METHODS:
        attribute(model, X, method=method, random_state=0)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert [(p.requires_grad, p.grad) for p in network.parameters()] == flags
    assert not any(m._forward_hooks or m._backward_hooks for m in network.modules())
    assert not network.training
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.mtrand._rand.get_state()[1] == states[1]).all()
    assert (data.X[:3] == X).all()


def test_gaps_are_told(data):
    X, y = data.X[:60], data.y[:60]
    estimator = sg.CNNClassifier(n_filters=8, random_state=0, max_iter=10).fit(X, y)
    with pytest.warns(CompletenessWarning, match=r"sequence \d+ .* larger n_steps"):
        A = attribute(estimator, X, n_steps=1, max_gap=1e-9)
    score = SequenceScore(estimator)
    baseline = np.where(np.ones((1, 160)), 0.25, 0).astype(np.float32)
    expected = A.actual.sum(axis=1) - (A.scores - score.predict(baseline)[0])
    np.testing.assert_allclose(A.gap, expected, atol=1e-5)


def test_it_behaves_like_an_array(model, data):
    A = attribute(model, data.X[:4])
    assert len(A) == 4
    assert A.ndim == 3
    assert np.asarray(A).shape == A.shape
    np.testing.assert_array_equal(A * 2 - A, A.values)
    assert np.abs(A).max() == abs(A.values).max()
    part = A[[2, 0]]
    np.testing.assert_array_equal(part.actual, A.actual[[2, 0]])
    assert part.scores.shape == (2,)
    assert A[1:].gap.shape == (3,)
    assert A[0].shape == (40, 4)
    assert A[:, 3, 1].shape == (4,)
    again = pickle.loads(pickle.dumps(A))
    np.testing.assert_array_equal(again.values, A.values)


def test_bad_input(model, data):
    with pytest.raises(NotFittedError):
        attribute(sg.CNNClassifier(), data.X[:3])
    with pytest.raises(ValueError, match="method must be one of"):
        attribute(model, data.X[:3], method="lime")
    with pytest.raises(ValueError, match="target must name a class"):
        attribute(model, data.X[:3], target=7)
    with pytest.raises(ValueError, match="n_steps must be an integer >= 1"):
        attribute(model, data.X[:3], n_steps=0)
    with pytest.raises(ValueError, match="no sequence"):
        attribute(model, [])


def test_of_sequences_without_known_symbols_nothing_is_said(model):
    for method in METHODS:
        A = attribute(model, ["N" * 40, "ACGT" * 10], method=method, random_state=0)
        assert not A.values[0].any()
        assert np.isfinite(A.values).all()
