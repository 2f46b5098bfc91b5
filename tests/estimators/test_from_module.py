"""Modules that were trained elsewhere, as fitted estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from torch import nn

from skgenomics import (
    CNNClassifier,
    OneHotEncoder,
    OrdinalEncoder,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
    load,
    save,
)
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.testing import make_text

N, LENGTH = 24, 40
X = make_text(N, LENGTH)
ONE_HOT = OneHotEncoder().fit_transform(X).reshape(N, LENGTH, 4).transpose(0, 2, 1)
LABELS = np.resize(["a", "b", "c"], N)


class Recurrent(nn.Module):
    """Reads positions before channels."""

    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(4, 5, batch_first=True, bidirectional=True)
        self.output = nn.Linear(10, 2)

    def forward(self, x):
        return self.output(self.recurrent(x)[0].mean(dim=1))


class ProfileAndTotal(nn.Module):
    """Returns a tuple, as BPNet does."""

    def __init__(self):
        super().__init__()
        self.profile, self.total = nn.Conv1d(4, 2, 5, padding="same"), nn.Linear(4, 1)

    def forward(self, x):
        return self.profile(x), self.total(x.mean(dim=2))


@pytest.fixture(scope="module", autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def make_module(n_outputs: int, *last: nn.Module) -> nn.Module:
    layers = [nn.Conv1d(4, 8, 5), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2)]
    layers += [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, n_outputs), *last]
    return nn.Sequential(*layers).eval()


@torch.no_grad()
def run(module: nn.Module, x: np.ndarray = ONE_HOT) -> np.ndarray:
    return module.eval()(torch.from_numpy(np.ascontiguousarray(x))).numpy()


def test_scores_are_those_of_the_module_bit_by_bit():
    module = make_module(1)
    model = SequenceClassifier.from_module(module, classes=["no", "yes"], length=LENGTH)
    expected = run(module)[:, 0]
    for data in (X, ONE_HOT, OneHotEncoder().fit_transform(X), OrdinalEncoder().fit_transform(X)):
        assert_array_equal(model.decision_function(data), expected)
    # A module of classes in another order than the sorted one.
    other = SequenceClassifier.from_module(module, classes=["yes", "no"], length=LENGTH)
    assert_array_equal(other.decision_function(X), -expected)
    module = make_module(3)
    model = SequenceClassifier.from_module(module, classes=["c", "a", "b"], length=LENGTH)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert_array_equal(model.decision_function(X), run(module)[:, [1, 2, 0]])
    pair = SequenceClassifier.from_module(make_module(2), classes=[0, 1], length=LENGTH)
    assert pair.predict_proba(X).shape == (N, 2)
    tasks = SequenceClassifier.from_module(module, task_names=["x", "y", "z"], length=LENGTH)
    assert_array_equal(tasks.decision_function(X), run(module))
    assert list(tasks.target_names_) == ["x", "y", "z"]


def test_the_module_given_is_left_alone():
    module = make_module(3)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    model = SequenceClassifier.from_module(module, classes=list("abc"), length=LENGTH, max_iter=2)
    model.fit(X, LABELS).partial_fit(X, LABELS)
    for name, tensor in module.state_dict().items():
        assert_array_equal(tensor, before[name])


def test_probabilities_become_scores():
    module = make_module(1)
    sigmoid = nn.Sequential(module, nn.Sigmoid())
    settings = {"length": LENGTH, "output": "probabilities"}
    model = SequenceClassifier.from_module(sigmoid, classes=[0, 1], **settings)
    assert_allclose(model.predict_proba(X)[:, 1], run(sigmoid)[:, 0], atol=1e-6)
    module = make_module(3, nn.Softmax(dim=1))
    model = SequenceClassifier.from_module(module, classes=[0, 1, 2], **settings)
    assert_allclose(model.predict_proba(X), run(module), atol=1e-6)
    module = make_module(3, nn.Sigmoid())
    model = SequenceClassifier.from_module(module, task_names=list("xyz"), **settings)
    assert_allclose(model.predict_proba(X), run(module), atol=1e-6)


def test_other_layouts_and_orders_of_symbols():
    module = Recurrent()
    model = SequenceRegressor.from_module(
        module, target_names=["dev", "hk"], length=LENGTH, layout="NLC", input_symbols="AGCT"
    )
    assert_array_equal(model.predict(X), run(module, ONE_HOT[:, [0, 2, 1, 3]].transpose(0, 2, 1)))
    flat = nn.Sequential(nn.Conv2d(4, 3, (1, 8)), nn.Flatten(), nn.Linear(3 * 33, 1))
    model = SequenceRegressor.from_module(flat, length=LENGTH, layout="NC1L")
    assert_array_equal(model.predict(X), run(flat, ONE_HOT[:, :, None])[:, 0])


def test_double_precision_and_signals():
    model = SequenceRegressor.from_module(make_module(1).double(), length=LENGTH)
    assert model._predict_scores(X).dtype == np.float64
    signals = np.random.default_rng(0).normal(size=(N, 5, 20)).astype(np.float32)
    module = nn.Sequential(nn.Flatten(), nn.Linear(100, 1))
    model = SequenceRegressor.from_module(module, length=20, n_channels=5)
    assert_array_equal(model.predict(signals.reshape(N, 5, 20)), run(module, signals)[:, 0])


def test_labels_of_positions():
    module = nn.Conv1d(4, 3, 11)
    model = SequenceLabeler.from_module(module, classes="NAD", length=LENGTH)
    assert model.crop == 5
    assert_array_equal(model.decision_function(X).transpose(0, 2, 1), run(module)[:, [1, 2, 0]])
    assert {len(labels) for labels in model.predict(X)} == {LENGTH - 10}
    model.fit(X, list(model.predict(X))).partial_fit(X, list(model.predict(X)))
    codes = SequenceLabeler.from_module(module, classes=[0, 1, 2], length=LENGTH)
    assert_array_equal(codes.predict(X), run(module).argmax(axis=1))
    swapped = SequenceLabeler.from_module(
        _Swapped(module), classes=[0, 1, 2], length=LENGTH, output_layout="NLC"
    )
    assert_array_equal(swapped.decision_function(X), codes.decision_function(X))
    average = SequenceLabeler.from_module(
        module, classes=[0, 1, 2], length=LENGTH, reverse_complement="average"
    )
    there = run(module, ONE_HOT[:, ::-1, ::-1])[:, :, ::-1]
    expected = (run(module) + there) / 2
    assert_allclose(average.decision_function(X).transpose(0, 2, 1), expected, atol=1e-6)


class _Swapped(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x).transpose(1, 2)


def test_profiles():
    module = nn.Conv1d(4, 2, 5, padding="same")
    settings = {"n_bins": LENGTH, "length": LENGTH, "track_names": ["plus", "minus"]}
    signals = run(module).transpose(0, 2, 1)
    model = ProfileRegressor.from_module(module, loss="mse", **settings)
    assert_array_equal(model.predict(X), signals)
    assert list(model.target_names_) == ["plus", "minus"]
    model = ProfileRegressor.from_module(module, **settings)
    assert_allclose(model.predict(X), np.exp(signals), rtol=1e-6)
    rates = nn.Sequential(module, nn.Softplus())
    model = ProfileRegressor.from_module(rates, output="rates", **settings)
    assert_allclose(model.predict(X), run(rates).transpose(0, 2, 1), rtol=1e-5)
    module = ProfileAndTotal()
    model = ProfileRegressor.from_module(module, loss="multinomial", joint_tracks=True, **settings)
    with torch.no_grad():
        profile, total = module(torch.from_numpy(np.ascontiguousarray(ONE_HOT)))
    expected = (
        profile.flatten(1).softmax(1).view_as(profile) * total.expm1().clamp(min=0)[..., None]
    )
    assert_allclose(model.predict(X).transpose(0, 2, 1), expected, atol=1e-6)
    model.fit(X, model.predict(X).round()).partial_fit(X, model.predict(X).round())


def test_they_are_trained_further_from_where_they_are():
    module = make_module(1)
    module[1] = nn.Identity()  # Running statistics would move on.
    y = run(module)[:, 0] * 1.01
    model = SequenceRegressor.from_module(
        module, length=LENGTH, learning_rate=1e-5, max_iter=1, random_state=0, augmentation=None
    )
    before = np.abs(model.predict(X) - y).mean()
    assert model.n_iter_ == 0
    # Targets are not standardized: the outputs are in the units of y already.
    assert np.abs(model.fit(X, y).predict(X) - y).mean() < 2 * before + 1e-3
    assert (model.y_mean_, model.y_scale_) == (0, 1)
    assert model.partial_fit(X, y).n_iter_ == 2


def test_frozen_parts_and_other_estimators_that_start_from_it():
    module = make_module(3)
    settings = {"classes": list("abc"), "length": LENGTH, "max_iter": 1, "random_state": 0}
    model = SequenceClassifier.from_module(module, freeze=["0.*"], **settings).fit(X, LABELS)
    assert_array_equal(model.network_.module[0].weight.detach(), module[0].weight.detach())
    assert not np.array_equal(model.network_.module[6].weight.detach(), module[6].weight.detach())
    start = SequenceClassifier.from_module(module, **settings)
    own = SequenceClassifier(network=make_module(3), pretrained=start, max_iter=1).fit(X, LABELS)
    assert "0.weight" in own.transferred_
    with pytest.raises(ValueError, match="has a network without a trunk"):
        CNNClassifier(pretrained=start).fit(X, LABELS)


@pytest.mark.parametrize("module", [make_module(2), Recurrent()], ids=["layers", "recurrent"])
def test_copies_predict_the_same(module, tmp_path):
    layout = "NLC" if isinstance(module, Recurrent) else "NCL"
    model = SequenceClassifier.from_module(module, classes=[0, 1], length=LENGTH, layout=layout)
    expected = model.decision_function(X)
    assert_array_equal(pickle.loads(pickle.dumps(model)).decision_function(X), expected)
    save(model, tmp_path / "model.skops")
    trusted = [f"{__name__}.Recurrent"] if isinstance(module, Recurrent) else []
    loaded = load(tmp_path / "model.skops", trusted=trusted)
    assert_array_equal(loaded.decision_function(X), expected)
    # After more training both the start and the result are kept.
    loaded.set_params(max_iter=1).fit(X, np.arange(N) % 2)
    save(loaded, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops", trusted=trusted)
    assert_array_equal(again.decision_function(X), loaded.decision_function(X))
    copy = clone(again)
    assert not hasattr(copy, "net_")
    assert_array_equal(run(copy.network.module, _input(layout)), run(module, _input(layout)))


def _input(layout: str) -> np.ndarray:
    return ONE_HOT if layout == "NCL" else ONE_HOT.transpose(0, 2, 1)


def test_shared_and_frozen_parameters_survive(tmp_path):
    module = make_module(2)
    module[0].weight.requires_grad_(False)
    module[6].bias = None
    module[0].bias = module[1].bias
    model = SequenceClassifier.from_module(module, classes=[0, 1], length=LENGTH)
    save(model, tmp_path / "model.skops")
    inner = load(tmp_path / "model.skops").network.module
    assert inner[0].bias is inner[1].bias
    assert inner[6].bias is None
    assert not inner[0].weight.requires_grad
    assert inner[1].weight.requires_grad


def test_explanations_are_those_of_the_module():
    module = make_module(3)
    model = SequenceClassifier.from_module(module, classes=["c", "a", "b"], length=LENGTH)
    found = attribute(model, X[:2], method="deeplift", target="a", baselines="zeros")
    assert found.shape == (2, LENGTH, 4)
    effects = mutagenesis(model, X[:1], target="a")
    changed = "C" if X[0][20] != "C" else "G"
    texts = [X[0], X[0][:20] + changed + X[0][21:]]
    one_hot = OneHotEncoder().fit_transform(texts).reshape(2, LENGTH, 4).transpose(0, 2, 1)
    scores = run(module, one_hot)
    log_odds = scores[:, 1] - np.logaddexp(scores[:, 0], scores[:, 2])
    assert effects[0, 20, "ACGT".index(changed)] == pytest.approx(
        log_odds[1] - log_odds[0], abs=1e-5
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: SequenceClassifier.from_module(m, classes=[0, 1], length=LENGTH),
         r"Sequential gives outputs of shape \(n, 3\), but 2 classes need \(n, 2\) or \(n, 1\)"),
        (lambda m: SequenceClassifier.from_module(m, task_names=["a", "b"], length=LENGTH),
         r"of shape \(n, 3\), but 2 tasks need \(n, 2\)"),
        (lambda m: SequenceRegressor.from_module(m, target_names=["a"], length=LENGTH),
         r"of shape \(n, 3\), but 1 target needs \(n, 1\)"),
        (lambda m: SequenceLabeler.from_module(m, classes="AB", length=LENGTH),
         r"of shape \(n, 3\), but 2 classes at each of 40 positions"),
        (lambda m: ProfileRegressor.from_module(m, n_bins=4, length=LENGTH),
         r"of shape \(n, 3\), but 3 tracks of 4 bins need \(n, 3, 4\)"),
        (lambda m: SequenceClassifier.from_module(m, classes=list("abc"), length=3),
         "cannot read 2 one-hot sequences of 4 channels and 3 positions"),
        (lambda m: SequenceClassifier.from_module(nn.Flatten(0), classes=[0, 1], length=4),
         "Flatten has no parameters"),
        (lambda m: SequenceClassifier.from_module(m, classes=["a", "a"], length=LENGTH),
         "at least two different labels"),
        (lambda m: SequenceClassifier.from_module(m, length=LENGTH), "give either"),
        (lambda m: SequenceClassifier.from_module(Recurrent, classes=[0, 1], length=LENGTH),
         "module must be a torch module with trained parameters"),
        (lambda m: SequenceRegressor.from_module(m, length=LENGTH, input_symbols="ACGN"),
         "must have the symbols of the alphabet"),
        (lambda m: SequenceRegressor.from_module(m, length=LENGTH, layout="LCN"), "layout must be"),
        (lambda m: SequenceRegressor.from_module(
            nn.Sequential(nn.Conv1d(4, 1, 1), nn.Flatten(0)), length=LENGTH),
         r"gives an output of shape \(80,\) for 2 sequences"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make(make_module(3))


def test_names_of_targets_are_those_of_a_frame():
    model = SequenceRegressor.from_module(make_module(2), length=LENGTH, max_iter=1)
    assert list(model.target_names_) == [0, 1]
    model.fit(X, pd.DataFrame({"dev": np.arange(N) / N, "hk": np.ones(N)}))
    assert list(model.target_names_) == ["dev", "hk"]
