"""Rare classes: balanced batches, two stages, class-balanced weights, thresholds, calibration."""

import itertools

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import matthews_corrcoef
from sklearn.model_selection import TunedThresholdClassifierCV
from torch import nn

from skgenomics import CNNClassifier, SequenceClassifier, zoo
from skgenomics.datasets import make_motif_classification
from skgenomics.testing import make_text
from skgenomics.training import ClassBalancing
from skgenomics.training.batches import BatchLoader, SequenceDataset, balanced_order

SMALL = {
    "n_filters": 8,
    "kernel_size": 5,
    "pool_size": 1,
    "hidden_units": (),
    "max_iter": 3,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def rare():
    return make_motif_classification(600, 40, weights=[0.9, 0.1], conservation=1, random_state=0)


def draw(sizes, n, seed=0):
    starts = np.cumsum([0, *sizes])
    members = [np.arange(a, b) for a, b in itertools.pairwise(starts)]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return balanced_order(members, n), np.repeat(np.arange(len(sizes)), sizes)


@pytest.mark.parametrize("sizes", [(90, 10), (5, 95), (70, 20, 10), (50, 50), (7,)])
def test_balanced_order_gives_each_class_the_same_share(sizes):
    n = sum(sizes)
    order, classes = draw(sizes, n)
    assert len(order) == n
    counts = np.bincount(classes[order], minlength=len(sizes))
    assert np.ptp(counts) <= 1
    for label, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        uses = np.bincount(order, minlength=n)[classes == label]
        # A rare row is used about as often as the others of its class, a frequent one at most once.
        assert uses.min() == count // size
        assert uses.max() <= -(-count // size)


def test_every_batch_is_balanced():
    y = (np.arange(1000) < 30).astype(float)
    dataset = SequenceDataset(np.zeros((1000, 3), np.uint8), y[:, np.newaxis])
    shares = [b.mean().item() for _, b in BatchLoader(dataset, 64, shuffle=True, balanced=True)]
    assert len(shares) == 16
    assert_allclose(shares, 0.5, atol=0.02)


def test_frequent_rows_all_have_their_turn():
    seen = set()
    for seed in range(12):
        seen |= set(draw((90, 10), 100, seed)[0])
    assert seen == set(range(100))


def test_balanced_batches_raise_the_rare_class_and_the_second_stage_restores_its_share(rare):
    # Nothing to learn but the share of each class.
    X = make_text(600, 20)
    y = np.where(np.arange(600) % 10 == 0, "rare", "usual")
    settings = SMALL | {"max_iter": 15, "reverse_complement": None, "linear_path": False}
    settings |= {"kmer_path": 0, "batch_size": 32, "dropout": 0.5}

    def chance_of_rare(**changes):
        return CNNClassifier(**settings | changes).fit(X, y).predict_proba(X)[:, 0].mean()

    assert abs(chance_of_rare() - 0.1) < 0.05
    assert abs(chance_of_rare(balancing=ClassBalancing(balanced_batches=True)) - 0.5) < 0.12
    assert (
        abs(chance_of_rare(balancing=ClassBalancing(balanced_batches=True, refit_head=15)) - 0.1)
        < 0.05
    )


def test_second_stage_leaves_trunk_and_its_statistics_alone(rare):
    first = CNNClassifier(**SMALL, balancing=ClassBalancing(balanced_batches=True)).fit(
        rare.X, rare.y
    )
    both = CNNClassifier(
        **SMALL, balancing=ClassBalancing(balanced_batches=True, refit_head=2)
    ).fit(rare.X, rare.y)
    before, after = first.net_.weights(), both.net_.weights()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert any("running_mean" in name for name in before)
    assert not any(name.startswith("trunk.") for name in changed)
    assert {"output.weight", "output.bias"} <= changed
    assert both.n_iter_ == len(both.loss_curve_) == 5
    assert all(w.requires_grad for w in both.network_.parameters())
    assert both.net_.frozen == ()


def test_without_imbalance_settings_nothing_changes(rare):
    plain = CNNClassifier(**SMALL).fit(rare.X, rare.y)
    same = CNNClassifier(
        **SMALL,
        class_weight="effective_number",
        balancing=ClassBalancing(effective_number_beta=0.0),
    )
    assert_array_equal(plain.predict_proba(rare.X), same.fit(rare.X, rare.y).predict_proba(rare.X))


def test_effective_number_weighs_as_published(rare):
    beta, counts = 0.99, np.bincount(rare.y)
    factors = (1 - beta) / (1 - beta**counts)
    by_name = CNNClassifier(
        **SMALL,
        class_weight="effective_number",
        balancing=ClassBalancing(effective_number_beta=beta),
    )
    by_hand = CNNClassifier(**SMALL, class_weight=dict(enumerate(factors)))
    expected = by_hand.fit(rare.X, rare.y).predict_proba(rare.X)
    assert_allclose(by_name.fit(rare.X, rare.y).predict_proba(rare.X), expected, atol=1e-5)


def test_effective_number_near_one_is_balanced(rare):
    near = CNNClassifier(
        **SMALL,
        class_weight="effective_number",
        balancing=ClassBalancing(effective_number_beta=1 - 1e-9),
    ).fit(rare.X, rare.y)
    balanced = CNNClassifier(**SMALL, class_weight="balanced").fit(rare.X, rare.y)
    assert_allclose(near.predict_proba(rare.X), balanced.predict_proba(rare.X), atol=1e-3)


def test_pos_weight_of_two_classes_is_a_class_weight(rare):
    y = np.where(rare.y, "yes", "no")
    weighted = CNNClassifier(**SMALL, balancing=ClassBalancing(pos_weight=7)).fit(rare.X, y)
    table = CNNClassifier(**SMALL, class_weight={"yes": 7.0}).fit(rare.X, y)
    assert_array_equal(weighted.predict_proba(rare.X), table.predict_proba(rare.X))


def test_pos_weight_per_task():
    X = make_text(300, 20)
    Y = np.tile([[0.0, 0.0, 0.0], [1.0, 1.0, np.nan], [0, 0, 1], [0, 0, 0]], (75, 1))
    settings = SMALL | {"max_iter": 40, "kmer_path": 0, "linear_path": False, "dropout": 0.5}
    settings |= {"learning_rate": 0.01}

    def proba(pos_weight):
        classifier = CNNClassifier(**settings, balancing=ClassBalancing(pos_weight=pos_weight)).fit(
            X, Y
        )
        return classifier.predict_proba(X).mean(axis=0)

    plain, weighted = proba(None), proba([1.0, 9.0, 1.0])
    # Odds of 1 to 3 become 9 to 3 where positives count nine times.
    assert abs(plain[1] - 0.25) < 0.1
    assert abs(weighted[1] - 0.75) < 0.1
    assert_allclose(weighted[[0, 2]], plain[[0, 2]], atol=0.15)


@pytest.mark.parametrize(
    ("settings", "Y", "message"),
    [
        (
            {"balancing": ClassBalancing(balanced_batches=True)},
            "tasks",
            "balanced_batches=True needs one label per row",
        ),
        ({"balancing": ClassBalancing(pos_weight=2.0)}, "classes", "pos_weight is for two classes"),
        (
            {"balancing": ClassBalancing(pos_weight=[1.0, 2.0])},
            "two",
            "one for each of the 1 tasks",
        ),
        (
            {"balancing": ClassBalancing(pos_weight=[1.0, 2.0])},
            "tasks",
            "one for each of the 3 tasks",
        ),
        ({"balancing": ClassBalancing(pos_weight=0.0)}, "two", "pos_weight must be above zero"),
        (
            {"balancing": ClassBalancing(balanced_batches="yes")},
            "two",
            "balanced_batches must be one of",
        ),
        ({"balancing": ClassBalancing(refit_head=-1)}, "two", "refit_head must be an integer >= 0"),
        (
            {"balancing": ClassBalancing(effective_number_beta=1.5)},
            "two",
            "effective_number_beta must be a number in",
        ),
    ],
)
def test_settings_that_cannot_be(settings, Y, message):
    i = np.arange(60)
    y = {"two": i % 2, "classes": i % 3, "tasks": np.eye(3)[i % 3]}[Y]
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**SMALL, **settings).fit(make_text(60, 20), y)


class Body(nn.Module):
    def __init__(self, n_channels, n_outputs):
        super().__init__()
        self.trunk = nn.Conv1d(n_channels, 8, 5)
        self.output = nn.Linear(8, n_outputs)

    def forward(self, x):
        return self.output(self.trunk(x).relu().amax(dim=2))


def test_own_module_refits_all_but_its_trunk(rare):
    settings = {"network": Body, "max_iter": 2, "random_state": 0}
    first = SequenceClassifier(**settings).fit(rare.X, rare.y).net_.weights()
    both = (
        SequenceClassifier(**settings, balancing=ClassBalancing(refit_head=1))
        .fit(rare.X, rare.y)
        .net_.weights()
    )
    assert_array_equal(first["trunk.weight"], both["trunk.weight"])
    assert not np.array_equal(first["output.weight"], both["output.weight"])


def test_module_without_a_trunk_says_what_is_missing(rare):
    class Plain(nn.Sequential):
        def __init__(self, n_channels, length):
            super().__init__(nn.Flatten(), nn.Linear(n_channels * length, 1))

    with pytest.raises(ValueError, match="make it a module `trunk`"):
        SequenceClassifier(network=Plain, max_iter=1, balancing=ClassBalancing(refit_head=1)).fit(
            rare.X, rare.y
        )


def test_speid_is_trained_in_two_stages(rare):
    model = zoo.make("SPEID", width=0.05, network_params={"first_length": 20, "kernel_size": 5})
    model.set_params(max_iter=1, balancing__refit_head=1, random_state=0)
    model.network_params = model.network_params | {"pool_size": 4}
    assert model.balancing.balanced_batches
    assert model.fit(rare.X, rare.y).n_iter_ == 2


def test_early_stopping_on_balanced_batches_weighs_the_classes_evenly(rare):
    classifier = CNNClassifier(
        **SMALL, balancing=ClassBalancing(balanced_batches=True), early_stopping=True
    )
    classifier.fit(rare.X, rare.y)
    # The first losses of both parts are near that of a coin.
    assert abs(classifier.validation_loss_curve_[0] - np.log(2)) < 0.3


def test_tuned_threshold_and_calibration_bring_out_the_rare_class(rare):
    train, test = np.arange(400), np.arange(400, 600)
    X, y = np.asarray(rare.X), rare.y
    base = CNNClassifier(max_iter=15, random_state=0)
    tuned = TunedThresholdClassifierCV(base, scoring="matthews_corrcoef", cv=2, random_state=0).fit(
        X[train], y[train]
    )
    assert 0 < tuned.best_threshold_ < 1
    assert matthews_corrcoef(y[test], tuned.predict(X[test])) > 0.6
    balanced = CNNClassifier(
        max_iter=15, balancing=ClassBalancing(balanced_batches=True), random_state=0
    )
    raw = balanced.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
    calibrated = CalibratedClassifierCV(balanced, cv=2).fit(X[train], y[train])
    chance = calibrated.predict_proba(X[test])[:, 1]
    error = abs(chance.mean() - y[test].mean())
    assert error < 0.05
    assert error <= abs(raw.mean() - y[test].mean()) + 0.01
