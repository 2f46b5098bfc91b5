"""Estimators against confounders: what the features still tell, and what that costs."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from tolerances import assert_close
from torch import nn

from skgenomics import (
    CNNClassifier,
    DomainAdversarialClassifier,
    DomainAdversarialRegressor,
    OrdinalEncoder,
    load,
    save,
)
from skgenomics.datasets import make_genotypes
from skgenomics.estimators.domain_adversarial import (
    join_confounders,
    score_domains,
    weigh_domains,
)
from skgenomics.model_selection import ConfounderResidualizer
from skgenomics.networks.domain_adversarial import AdversarialOutput, GradientReversal
from skgenomics.testing import sequence_estimator_checks
from skgenomics.training import ClassBalancing
from skgenomics.training._adversarial_net import (
    AdversarialLoss,
    AdversaryWarmUp,
    explained_variance,
)
from skgenomics.training.losses import WeightedLoss, binary_cross_entropy, cross_entropy

PLAIN = {
    "n_filters": 16,
    "kernel_size": 9,
    "pool_size": 1,
    "hidden_units": 16,
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "normalization": None,
}
FULL_BATCH = {"batch_size": 1000, "augmentation": None, "reverse_complement": None}


def make(**settings):
    settings = {"network_params": PLAIN, "max_iter": 3, "random_state": 0} | FULL_BATCH | settings
    return DomainAdversarialClassifier(**settings)


def make_regressor(**settings):
    settings = {"network_params": PLAIN, "max_iter": 3, "random_state": 0} | FULL_BATCH | settings
    return DomainAdversarialRegressor(**settings)


def simulate(n, seed, share, length=40):
    """Positives have a motif, and the second batch has another; it holds a share of positives."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    batch = np.where(rng.random(n) < share, y, 1 - y)
    symbols = rng.choice(list("ACGT"), (n, length // 8, 8))
    for row, is_positive, is_second in zip(symbols, y, batch, strict=True):
        places = rng.permutation(len(row))
        row[places[0]] = list("TGACTCAG") if is_positive else row[places[0]]
        row[places[1]] = list("GGGACTTT") if is_second else row[places[1]]
    return ["".join(row.ravel()) for row in symbols], y, np.array(["first", "second"])[batch]


@pytest.fixture(scope="module")
def data():
    return simulate(80, 0, 0.8)


@pytest.fixture(scope="module")
def fitted(data):
    X, y, batch = data
    return make().fit(X, y, domains=batch)


@pytest.mark.filterwarnings("ignore:.*was given no domains")
@parametrize_with_checks(
    [
        cls(network_params=PLAIN | {"kernel_size": 5}, max_iter=60, learning_rate=0.02)
        for cls in (make, make_regressor)
    ]
)
def test_scikit_learn(estimator, check):
    check(estimator)


def test_no_check_is_left_out():
    assert len(list(estimator_checks_generator(make()))) >= 67
    assert len(list(estimator_checks_generator(make_regressor()))) >= 60


def test_features_tell_the_batch_no_more():
    """The batch is correlated with the label in training, but not in the test."""
    X, y, batch = simulate(1500, 0, 0.8)
    params = PLAIN | {"hidden_dropout": 0.1, "head_pool": "max"}
    settings = {"batch_size": 64, "max_iter": 20, "learning_rate": 0.01, "network_params": params}
    plain = make(**settings, adversary_weight=0).fit(X, y, domains=batch)
    fair = make(**settings).fit(X, y, domains=batch)
    X, y, batch = simulate(1000, 1, 0.5)
    assert plain.confounder_score(X, batch) > 0.9
    assert fair.confounder_score(X, batch) < 0.75
    assert fair.confounder_score(X, batch, y) < 0.75
    assert fair.score(X, y) > plain.score(X, y) - 0.01


@pytest.fixture(scope="module")
def cohorts():
    """Training samples in which ancestry is a risk, and samples in which it is none."""
    sizes = {"n_samples": 1000, "n_variants": 150, "n_causal": 20}
    train = make_genotypes(**sizes, confounding=1.5, random_state=1)
    test = make_genotypes(**sizes, random_state=2)
    pca = PCA(2, random_state=0).fit(train.X)
    return train, test, pca.transform(train.X), pca.transform(test.X)


GENETIC = {
    "network": "mlp",
    "n_channels": 1,
    "network_params": {"hidden_units": (32,), "hidden_dropout": 0.1},
    "batch_size": 128,
    "max_iter": 30,
    "weight_decay": 0.05,
    "reverse_complement": "auto",
    "augmentation": "auto",
}


def test_population_structure_leaves_the_hidden_layer(cohorts):
    train, test, components, held_out = cohorts
    models = [
        make(**GENETIC, per_class=False, adversary_weight=weight).fit(
            train.X, train.y, confounders=components
        )
        for weight in (0, 5)
    ]
    structure = [model.confounder_score(test.X, confounders=held_out) for model in models]
    auroc = [roc_auc_score(test.y, model.decision_function(test.X)) for model in models]
    assert structure[0] > 0.5
    assert structure[1] < 0.05
    assert auroc[1] > auroc[0] - 0.02


def test_residuals_leave_no_population_structure(cohorts):
    train, test, components, held_out = cohorts
    residualizer = ConfounderResidualizer([0, 1]).fit(np.hstack([components, train.X]))
    X, X_test = (
        residualizer.transform(np.hstack(pair)).astype(np.float32)
        for pair in ((components, train.X), (held_out, test.X))
    )
    plain, residual = (
        make(**GENETIC, adversary_weight=0).fit(data, train.y, confounders=components)
        for data in (train.X, X)
    )
    assert residual.confounder_score(X_test, confounders=held_out) < 0.05
    before = roc_auc_score(test.y, plain.decision_function(test.X))
    assert roc_auc_score(test.y, residual.decision_function(X_test)) > before - 0.02


def test_population_structure_leaves_a_regressor(cohorts):
    train, test, components, held_out = cohorts
    plain, fair = (
        make_regressor(**GENETIC, adversary_weight=weight).fit(
            train.X, train.trait, confounders=components
        )
        for weight in (0, 15)
    )
    assert plain.confounder_score(test.X, confounders=held_out) > 0.5
    assert fair.confounder_score(test.X, confounders=held_out) < 0.05
    found = [np.corrcoef(model.predict(test.X), test.trait)[0, 1] for model in (plain, fair)]
    assert found[1] > found[0]


def test_explained_variance_is_that_of_a_ridge_regression():
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.5, 2, 60)
    for n_features in (5, 90):
        x, z = rng.normal(size=(60, n_features)), rng.normal(size=(60, 2))
        z[:, 0] += 2 * x[:, 0]
        share = weight / weight.sum()
        scaled = x - share @ x
        scaled /= np.sqrt(share @ scaled**2)
        model = Ridge(alpha=0.1).fit(scaled, z, sample_weight=share)
        left = share @ (z - model.predict(scaled)) ** 2
        expected = np.mean(1 - left / (share @ (z - share @ z) ** 2))
        found = explained_variance(*map(torch.from_numpy, (x, z, weight)))
        assert found.item() == pytest.approx(expected, rel=1e-4)
    constant = explained_variance(torch.rand(5, 2), torch.ones(5, 1), torch.ones(5))
    assert constant.item() == 0
    assert explained_variance(torch.rand(1, 2), torch.ones(1, 1), torch.ones(1)).item() == 0


def test_loss_of_confounders_is_what_each_adversary_leaves_unexplained():
    torch.manual_seed(0)
    scores, values = torch.randn(9, 1 + 4), torch.randn(9, 2)
    labels = torch.tensor([[0.0], [1]] * 4 + [[0.0]])
    y = torch.cat([labels, torch.zeros(9, 1), labels, values], dim=1)
    weight = torch.ones(9, 5)
    binary = WeightedLoss(binary_cross_entropy, is_binary=True)
    loss = AdversarialLoss(binary, 1, 0, n_confounders=2, n_adversaries=2)
    expected = binary_cross_entropy(scores[:, :1], labels).mean()
    for label, share in ((0, 5 / 9), (1, 4 / 9)):
        rows = labels[:, 0] == label
        explained = explained_variance(scores[rows, 1:], values[rows], torch.ones(int(rows.sum())))
        expected = expected + share * (1 - explained)
    assert loss(scores, y, weight).item() == pytest.approx(expected.item(), rel=1e-5)


def test_domains_and_confounders_together(data):
    X, y, batch = data
    age = np.linspace(20, 80, 80)
    model = make(early_stopping=True, max_iter=2)
    model.fit(X, y, domains=batch, confounders=np.c_[age, age**2])
    assert model.n_confounders_ == 2
    assert model.domains_.tolist() == ["first", "second"]
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    units = make(max_iter=2).fit(X, y, confounders=age).predict_proba(X)
    other = make(max_iter=2).fit(X, y, confounders=12 * age - 5).predict_proba(X)
    assert_allclose(units, other, atol=1e-5)
    regressor = make_regressor(max_iter=1).fit(X, y + age, domains=batch, confounders=age)
    assert regressor.partial_fit(X, y + age, domains=batch, confounders=age).n_iter_ == 2
    valued = make_regressor(max_iter=1, loss="gaussian").fit(
        X, np.c_[y, age], confounders=age, validation_data=(X, np.c_[y, age])
    )
    assert valued.predict(X).shape == (80, 2)


def test_gradient_is_turned_around():
    reversal, x = GradientReversal(), torch.rand(3, requires_grad=True)
    reversal.strength = 0.3
    assert torch.equal(reversal(x), x)
    (reversal(x) * torch.tensor([1.0, 2.0, -4.0])).sum().backward()
    assert_allclose(x.grad, [-0.3, -0.6, 1.2], rtol=1e-6)


def test_adversary_is_there_in_training_alone():
    output = AdversarialOutput(nn.Linear(5, 2), 3, units=4)
    features = torch.rand(7, 5)
    both = output(features)
    assert both.shape == (7, 5)
    assert_close(output.eval()(features), both[:, :2])


def test_what_shrinks_is_not_hidden_from_the_adversary():
    output = AdversarialOutput(nn.Linear(5, 2), 3, units=4)
    features = 10 * torch.rand(50, 5)
    small = output(0.1 * features)[:, 2:].detach()
    assert_allclose(small, output(features)[:, 2:].detach(), atol=1e-3)


def test_loss_is_that_of_classes_and_of_the_adversary_of_the_class():
    torch.manual_seed(0)
    scores, weight = torch.randn(4, 1 + 2 * 3), torch.rand(4, 3)
    y = torch.tensor([[0.0, 2, 0], [1.0, 0, 1], [1.0, 1, 1], [0.0, 0, 0]])
    binary = WeightedLoss(binary_cross_entropy, is_binary=True)
    loss = AdversarialLoss(binary, 1, 3, n_adversaries=2)
    labels = (binary_cross_entropy(scores[:, :1], y[:, :1]) * weight[:, :1]).mean()
    assert loss(scores[:, :1], y, weight).item() == pytest.approx(labels.item())
    chosen = torch.stack([scores[0, 1:4], scores[1, 4:], scores[2, 4:], scores[3, 1:4]])
    domains = (cross_entropy(chosen, y[:, 1]) * weight[:, 1]).mean()
    assert loss(scores, y, weight).item() == pytest.approx((labels + domains).item())


def test_warm_up_is_the_published_one(data):
    X, y, batch = data
    seen = []

    class Spy(AdversaryWarmUp):
        def on_batch_begin(self, net, batch=None, training=False, **kwargs):
            super().on_batch_begin(net, batch, training)
            seen.append(net.module_.output.reversal.strength)

    spy = Spy(2.0, 5, 0)
    make(max_iter=5, batch_size=40, callbacks=[spy]).fit(X, y, domains=batch)
    share = np.arange(10) / 10
    assert_allclose(seen, 2 * (2 / (1 + np.exp(-10 * share)) - 1), rtol=1e-6)


def test_without_weight_it_is_the_plain_classifier(data):
    X, y, _ = data
    params = {"linear_path": False, "kmer_path": 0}
    settings = {"max_iter": 10, "random_state": 0} | FULL_BATCH
    expected = CNNClassifier(**settings, **PLAIN, **params).fit(X, y).predict_proba(X)
    with pytest.warns(
        UserWarning, match="was given no domains or confounders, so it trains without an adversary"
    ):
        model = make(**settings).fit(X, y)
    assert_array_equal(model.predict_proba(X), expected)
    assert model.domains_.tolist() == []


def test_domains_of_rows_of_weight_zero_do_not_count(data):
    X, y, batch = data
    weight = np.arange(80) % 4 > 0
    wrong = np.where(weight, batch, "third")
    model = make().fit(X, y, domains=wrong, sample_weight=weight.astype(float))
    assert model.domains_.tolist() == ["first", "second"]
    part = [x for x, w in zip(X, weight, strict=True) if w]
    alone = make().fit(part, y[weight], domains=batch[weight])
    assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-5)


def test_domains_count_the_same_however_many_there_are(data):
    _, y, _ = data
    rare = np.arange(80) % 8 == 0
    weights = weigh_domains(rare.astype(int), y, np.unique(rare), np.ones(80))
    for label in (0, 1):
        sums = [weights[(y == label) & (rare == domain)].sum() for domain in (False, True)]
        assert sums[0] == pytest.approx(sums[1])
    assert weights.mean() == pytest.approx(1)


def test_labels_of_other_kinds(data):
    X, y, batch = data
    names = np.array(["a", "b", "c"])[np.arange(80) % 3]
    three = make().fit(X, names, domains=np.arange(80) % 4)
    assert three.predict_proba(X).shape == (80, 3)
    assert three.network_.output.domains.out_features == 3 * 4
    single = make(per_class=False).fit(X, names, domains=np.arange(80) % 4)
    assert single.network_.output.domains.out_features == 4
    Y = np.c_[y, 1 - y].astype(float)
    Y[::3] = np.nan
    model = make(early_stopping=True).fit(X, Y, domains=pd.Series(batch), groups=np.arange(80))
    assert model.predict_proba(X).shape == (80, 2)
    assert model.network_.output.domains.out_features == 2
    assert model.score(X, np.c_[y, 1 - y]) <= 1


def test_confounder_score_is_that_of_a_logistic_regression(fitted, data):
    X, y, batch = data
    features = fitted._features(X)
    with torch.no_grad():
        fitted.network_.output.scores.weight.copy_(torch.eye(16)[:1])
        fitted.network_.output.scores.bias.zero_()
    assert_allclose(fitted.decision_function(X), features[:, 0], rtol=1e-5)
    told = LogisticRegression(C=100, max_iter=5000).fit(features, batch)
    best = roc_auc_score(batch == "second", told.decision_function(features))
    assert 0.3 < fitted.confounder_score(X, batch) < best
    assert fitted.confounder_score(X, batch) == fitted.confounder_score(X, list(batch))
    random = np.random.default_rng(0).integers(3, size=80)
    assert 0.3 < fitted.confounder_score(X, random) < 0.7
    one_domain = np.where(y == 1, "first", batch)
    within = fitted.confounder_score(X, one_domain, y)
    rows = y == 0
    part = [x for x, r in zip(X, rows, strict=True) if r]
    assert within == pytest.approx(fitted.confounder_score(part, batch[rows]))


def test_domains_are_scored_one_against_the_rest():
    rng = np.random.default_rng(0)
    domains = np.array(["a", "b", "c"])[np.arange(60) % 3]
    features = rng.normal(size=(60, 2)) + np.array([0.0, 0.5, 2.0])[np.arange(60) % 3, np.newaxis]
    folds = StratifiedKFold(3)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    proba = cross_val_predict(model, features, domains, cv=folds, method="predict_proba")
    expected = roc_auc_score(domains, proba, multi_class="ovr")
    assert score_domains(features, domains, folds) == pytest.approx(expected)


def test_a_validation_part_has_the_classes_in_proportion(fitted, data):
    _, y, batch = data
    assert_array_equal(fitted._labels_to_stratify(join_confounders(y, batch, None)), y)


def test_both_strands(data):
    X, y, batch = data
    model = make(reverse_complement="average").fit(X, y, domains=batch)
    turned = [x[::-1].translate(str.maketrans("ACGT", "TGCA")) for x in X]
    assert_allclose(model._features(turned), model._features(X), atol=1e-5)


def test_partial_fit_and_warm_start(data):
    X, y, batch = data
    model = make()
    for _ in range(2):
        model.partial_fit(X, y, domains=batch)
    assert model.n_iter_ == 2
    with (
        pytest.raises(ValueError, match="domains have to be given in each call, or in none"),
        pytest.warns(UserWarning, match="no domains"),
    ):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="domains has 'third', which is none of those"):
        model.partial_fit(X, y, domains=["first", "third"] * 40)
    assert make(warm_start=True).fit(X, y, domains=batch).fit(X, y, domains=batch).n_iter_ == 6


def test_clone_pickle_and_file(fitted, data, tmp_path):
    X, y, batch = data
    expected = fitted.predict_proba(X)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), expected)
    save(fitted, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    assert_array_equal(loaded.predict_proba(X), expected)
    assert loaded.confounder_score(X, batch) == fitted.confounder_score(X, batch)
    again, other = (clone(fitted).fit(X, y, domains=batch) for _ in range(2))
    assert_array_equal(again.predict_proba(X), other.predict_proba(X))


def test_domains_are_routed(data):
    X, y, batch = data
    search = GridSearchCV(make(max_iter=1), {"adversary_weight": [0.5, 1]}, cv=2)
    assert search.fit(X, y, domains=batch).best_estimator_.domains_.size == 2
    with config_context(enable_metadata_routing=True):
        model = make_pipeline(OrdinalEncoder(), make(max_iter=1).set_fit_request(domains=True))
        scores = cross_validate(model, X, y, params={"domains": batch}, cv=2, error_score="raise")
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.parametrize("network", ["rnn", "transformer", "mlp"])
def test_every_architecture(data, network):
    X, y, batch = data
    model = make(network=network, network_params={"hidden_units": 4}, max_iter=1)
    assert model.fit(X, y, domains=batch).confounder_score(X, batch) > 0


@pytest.mark.parametrize(
    ("settings", "domains", "message"),
    [
        ({}, ["first"] * 80, "domains has one value only, 'first'"),
        ({}, ["first", None] * 40, "the domain of row 1 is missing"),
        ({}, ["first", "second"], "inconsistent numbers of samples"),
        ({}, np.ones((80, 2)), r"domains must have the shape \(n,\)"),
        ({"balancing": ClassBalancing(balanced_batches=True)}, None, "use class_weight='balanced'"),
        ({"adversary_weight": -1}, None, "adversary_weight must be a number"),
        ({"per_class": "yes"}, None, "per_class must be one of"),
        ({"network_params": {"kmer_path": 3}}, None, "network_params has 'kmer_path', whose"),
    ],
)
def test_what_is_refused(data, settings, domains, message):
    X, y, batch = data
    with pytest.raises(ValueError, match=message):
        make(**settings).fit(X, y, domains=batch if domains is None else domains)


@pytest.mark.parametrize(
    ("confounders", "message"),
    [
        ([1.0] * 5 + [np.nan] + [1.0] * 74, "confounder 0 of row 5 is nan; impute it"),
        (np.ones(3), "inconsistent numbers of samples"),
        (np.ones((80, 2, 2)), r"confounders must have the shape \(n_samples,\)"),
    ],
)
def test_confounders_that_are_refused(data, confounders, message):
    X, y, _ = data
    with pytest.raises(ValueError, match=message):
        make().fit(X, y, confounders=confounders)


def test_confounders_of_other_calls(data):
    X, y, _ = data
    model = make().partial_fit(X, y, confounders=np.ones((80, 2)))
    with pytest.raises(ValueError, match="confounders has 1 columns, but 2 in the first call"):
        model.partial_fit(X, y, confounders=np.ones(80))
    with pytest.raises(ValueError, match="give either domains or confounders"):
        model.confounder_score(X)
    with pytest.raises(ValueError, match="too few sequences"):
        model.confounder_score(X[:8], confounders=np.ones(8))


def test_what_confounder_score_refuses(fitted, data):
    X, y, _ = data
    with pytest.raises(ValueError, match="the domain 'b' has 2 sequences"):
        fitted.confounder_score(X, ["a"] * 78 + ["b"] * 2)
    with pytest.raises(ValueError, match="one domain alone, in all of X or in each class of y"):
        fitted.confounder_score(X, y, y)
    with pytest.raises(ValueError, match="the label of row 1 is missing"):
        fitted.confounder_score(X, y, [0.0, np.nan] * 40)


@pytest.mark.filterwarnings("ignore:.*was given no domains")
@pytest.mark.parametrize(
    ("estimator", "check"), list(sequence_estimator_checks(make())), ids=lambda x: type(x).__name__
)
def test_text(estimator, check):
    check(estimator)
