"""Rows without a label help where those with one are few."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tolerances import assert_close

from skgenomics import MLPClassifier
from skgenomics.autoencoders._reconstruction_losses import SemiSupervisedLoss
from skgenomics.autoencoders.semi_supervised import SemiSupervisedVAE
from skgenomics.autoencoders.variational import VariationalAutoencoder
from skgenomics.datasets import make_expression
from skgenomics.estimators._training import TrainingData
from skgenomics.networks.variational import SemiSupervisedNetwork
from skgenomics.training import SequenceDataset

TINY = {"n_components": 2, "hidden_units": 16, "random_state": 0}


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(200, n_features=6, centers=3, random_state=3)
    return X, y, np.where(np.arange(200) < 20, y, -1)


@pytest.fixture(scope="module")
def model(blobs):
    return SemiSupervisedVAE(**TINY).fit(blobs[0], blobs[2])


def test_it_beats_its_supervised_twins():
    """Twelve labels among 500 rows of four clusters."""
    gains = []
    for seed in (10, 11):
        data = make_expression(800, 200, separation=2, program_size=20, random_state=seed)
        X, y = StandardScaler().fit_transform(data.X).astype("float32"), data.y
        known = np.where(np.arange(500) < 12, y[:500], -1)
        model = SemiSupervisedVAE(n_components=10, random_state=0)
        score = model.fit(X[:500], known).score(X[500:], y[500:])
        twins = (model, MLPClassifier(n_channels=1, random_state=0))
        gains.append(score - max(t.fit(X[:12], y[:12]).score(X[500:], y[500:]) for t in twins))
        assert score > 0.85
    assert min(gains) > 0.05


def test_predictions(blobs, model):
    X, y, _ = blobs
    assert_array_equal(model.classes_, [0, 1, 2])
    proba = model.predict_proba(X)
    assert_close(proba.sum(axis=1), 1, dtype=np.float32)
    assert_array_equal(model.predict(X), proba.argmax(axis=1))
    assert model.score(X, y) > 0.95
    codes = model.transform(X)
    assert_allclose(codes[:, 2:], proba, atol=1e-6)
    restored = model.inverse_transform(codes)
    assert ((restored - X) ** 2).mean() < 0.5 * X.var(axis=0).mean()


def test_samples_are_of_their_classes(blobs, model):
    X, y, _ = blobs
    rows, labels = model.sample(300, random_state=0)
    assert np.bincount(labels).min() > 70
    for label in range(3):
        assert_allclose(rows[labels == label].mean(axis=0), X[y == label].mean(axis=0), atol=1.5)
    assert model.score(rows, labels) > 0.95


def test_rows_are_likelier_than_others(blobs, model):
    X, _, _ = blobs
    between = (X[:100] + X[100:]) / 2
    assert model.score_samples(X).mean() > model.score_samples(between).mean() + 1


def test_labels_of_any_kind(blobs):
    X, _, known = blobs
    settings = TINY | {"max_iter": 3}
    expected = SemiSupervisedVAE(**settings).fit(X, known).predict_proba(X)
    names = np.array(["a", "b", "c"])
    texts = [names[label] if label >= 0 else -1 for label in known]
    forms = [np.array(texts, dtype=object), np.array(texts, dtype=str), texts]
    forms += [pd.Categorical(forms[1]), pd.Series(texts, index=np.arange(200)[::-1])]
    for labels in forms:
        model = SemiSupervisedVAE(**settings).fit(X, labels)
        assert_array_equal(model.classes_, names)
        assert_array_equal(model.predict_proba(X), expected)
    other = np.where(known < 0, "?", names[known])
    model = SemiSupervisedVAE(**settings, unlabeled="?").fit(X, other)
    assert_array_equal(model.predict_proba(X), expected)
    model = SemiSupervisedVAE(**settings, unlabeled=None).fit(X, known)
    assert_array_equal(model.classes_, [-1, 0, 1, 2])
    # Other classifiers make no class of it unawares.
    with pytest.raises(ValueError, match="label -1 in 180 rows beside the labels from 0 to 2"):
        MLPClassifier(n_channels=1, max_iter=1).fit(X, known)


def test_bad_labels(blobs):
    X, y, known = blobs
    none = np.full(200, -1)
    for labels, message in [
        (none, "y has no label at all"),
        (np.where(known == 0, 0, -1), "only one class: 0"),
        (None, "requires y to be passed"),
        (np.where(known < 0, np.nan, known), "label of sample 20 is missing; mark samples"),
        (y + 0.5, "Unknown label type: continuous"),
        (y[:10], "inconsistent numbers of samples"),
    ]:
        with pytest.raises(ValueError, match=message):
            SemiSupervisedVAE(**TINY).fit(X, labels)
    with pytest.raises(ValueError, match="y has no label at all"):
        SemiSupervisedVAE(**TINY).fit(X, known, sample_weight=known < 0)


def test_partial_fit_takes_rows_without_any_label(blobs):
    X, y, known = blobs
    model = SemiSupervisedVAE(**TINY, learning_rate=0.01)
    model.partial_fit(X[:10], known[:10], classes=[0, 1, 2])
    for _ in range(30):
        model.partial_fit(X[20:], known[20:])
        model.partial_fit(X[:20], known[:20])
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match=r"y has the label 5, which is none of the classes"):
        model.partial_fit(X, np.full(200, 5))


def test_rows_without_a_label_have_no_part_in_the_score(blobs):
    X, y, known = blobs
    model = SemiSupervisedVAE(**TINY, max_iter=2).fit(X, known)
    labeled = known >= 0
    assert model.score(X, known) == model.score(X[labeled], y[labeled])
    weight = np.random.default_rng(0).random(200)
    expected = np.average(model.predict(X)[labeled] == y[labeled], weights=weight[labeled])
    assert model.score(X, known, weight) == pytest.approx(expected)
    with pytest.warns(UndefinedMetricWarning, match="no sample has a label"):
        assert np.isnan(model.score(X, np.full(200, -1)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(X, y[:20])


@pytest.mark.parametrize("dtype", [float, object])
def test_nan_may_stand_for_no_label(blobs, dtype):
    X, _, known = blobs
    expected = SemiSupervisedVAE(**TINY, max_iter=2).fit(X, known).predict_proba(X)
    names = known.astype(float) if dtype is float else np.array(["a", "b", "c", ""])[known]
    y = np.where(known < 0, np.nan, names.astype(dtype))
    model = SemiSupervisedVAE(**TINY, max_iter=2, unlabeled=np.nan).fit(X, y)
    assert len(model.classes_) == 3
    assert_array_equal(model.predict_proba(X), expected)


def test_the_marker_of_missing_labels_is_not_a_class(blobs):
    X, _, known = blobs
    model = SemiSupervisedVAE(**TINY).partial_fit(X, known, classes=np.unique(known))
    assert_array_equal(model.classes_, [0, 1, 2])
    assert model.partial_fit(X, known, classes=[0, 1, 2]).n_iter_ == 2
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] differ from those of the first call"):
        model.partial_fit(X, known, classes=[0, 1])


def test_the_only_row_of_a_class_is_trained_on(blobs):
    _, y, _ = blobs
    known = np.full(200, -1)
    for label in range(3):
        known[(y == label).argmax()] = label
    model = SemiSupervisedVAE(**TINY)
    model._learn_targets(known, np.ones(200), None)
    labels = model._labels_to_stratify(known)
    dataset = SequenceDataset(np.zeros((200, 5)), labels, np.ones(200))
    for seed in range(20):
        train, valid = model._split_rows(TrainingData(dataset, seed, labels, None))
        assert len(valid) == 20
        assert set(np.flatnonzero(known >= 0)) <= set(train)
        assert sorted([*train, *valid]) == list(range(200))


class TestLoss:
    @pytest.fixture
    def network(self):
        torch.manual_seed(0)
        return SemiSupervisedNetwork(5, 2, n_classes=3, hidden_units=(4,)).double().eval()

    def test_a_class_that_is_known_is_that_of_a_conditional_model(self, network):
        x, y = torch.randn(4, 5).double(), torch.tensor([0, 1, 2, 1])
        scores, log_prob, divergence = output = network(x)
        loss = SemiSupervisedLoss(beta=2.0, classification_weight=3.0).train()
        bound = log_prob[range(4), y] - 2 * divergence[range(4), y]
        entropy = torch.nn.functional.cross_entropy(scores, y)
        expected = -bound.mean() / 5 + 3 * entropy
        torch.testing.assert_close(loss(output, x, y, torch.ones(4).double()), expected)

    def test_an_unknown_class_is_summed_over(self, network):
        x, y = torch.randn(4, 5).double(), torch.full((4,), -1)
        scores, log_prob, divergence = output = network(x)
        proba = scores.softmax(dim=1)
        entropy = torch.distributions.Categorical(proba).entropy()
        expected = ((proba * (divergence - log_prob)).sum(dim=1) - entropy).mean() / 5
        loss = SemiSupervisedLoss(classification_weight=3.0)
        torch.testing.assert_close(loss(output, x, y, torch.ones(4).double()), expected)

    def test_weights_count_in_both_parts(self, network):
        x, y = torch.randn(4, 5).double(), torch.tensor([0, -1, 2, -1])
        output, loss = network(x), SemiSupervisedLoss()
        halves = [loss([part[i : i + 2] for part in output], x[i : i + 2], y[i : i + 2],
                       torch.ones(2).double()) for i in (0, 2)]  # fmt: skip
        for i, weight in enumerate(torch.eye(2).double().repeat_interleave(2, dim=1) * 2):
            torch.testing.assert_close(loss(output, x, y, weight), halves[i])

    def test_the_bound_sums_the_classes_up(self, network):
        x, noise = torch.randn(4, 5).double(), torch.randn(6, 2).double()
        weights = network.log_weights(x, noise)
        mean, log_variance = network.posterior(x)
        normal = torch.distributions.Normal
        for draw, row in zip(noise, weights, strict=True):
            joint = 0
            for label in range(3):
                deviation = (log_variance[:, label] / 2).exp()
                code = mean[:, label] + deviation * draw
                classes = torch.eye(3).double()[label].expand(4, -1)
                scores = network.decoder(torch.cat([code, classes], dim=1))
                ratio = normal(0.0, 1.0).log_prob(code) - normal(
                    mean[:, label], deviation
                ).log_prob(code)
                joint = (
                    joint + (network.likelihood.log_prob(x, scores) + ratio.sum(dim=1)).exp() / 3
                )
            torch.testing.assert_close(row, joint.log())


@pytest.mark.parametrize("likelihood", ["negative_binomial", "bernoulli"])
def test_other_likelihoods_and_normalised_moments(likelihood):
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    X = rng.poisson(np.where(np.arange(6) // 2 == y[:, None], 30, 5))
    X = X > 15 if likelihood == "bernoulli" else X
    known = np.where(np.arange(90) < 30, y, -1)
    model = SemiSupervisedVAE(
        **TINY, likelihood=likelihood, hidden_normalization="batch",
        latent_normalization="batch", learning_rate=0.01,
    ).fit(X, known)  # fmt: skip
    assert model.score(X, y) > 0.9
    rows, _ = model.sample(20, random_state=0)
    assert set(np.unique(rows)) <= ({0, 1} if likelihood == "bernoulli" else set(range(1000)))


def test_behind_a_variational_one_it_is_m1_and_m2(blobs):
    X, y, known = blobs
    first = VariationalAutoencoder(n_components=4, hidden_units=16, random_state=0)
    assert make_pipeline(first, SemiSupervisedVAE(**TINY)).fit(X, known).score(X, y) > 0.9
