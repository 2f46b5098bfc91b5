"""Labels of classifiers: binary, multi-class, multi-label with missing labels; losses, weights."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import cross_val_score
from sklearn.utils.class_weight import compute_sample_weight

from skgenomics import CNNClassifier, MultiTaskEstimator
from skgenomics.testing import make_text
from skgenomics.training import CrossEntropyLoss, FocalLoss

SMALL = {
    "n_filters": 8,
    "kernel_size": 5,
    "pool_size": 1,
    "hidden_units": (),
    "max_iter": 3,
    "random_state": 0,
}


@pytest.fixture
def X():
    return make_text(60, 20)


@pytest.fixture
def Y(X):
    """Three tasks: a motif each."""
    return np.array([[motif in x for motif in ("AC", "GT", "TT")] for x in X]).astype(float)


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b"],
        ["x", "yy", "zzz"],
        [2, 7],
        [-1, 1],
        [-1, 0],
        [-2, -1, 0],
        [False, True],
        [0.0, 1.0, 2.0],
    ],
)
def test_labels_come_back_as_they_went_in(X, labels):
    y = np.array(labels)[np.arange(len(X)) % len(labels)]
    classifier = CNNClassifier(**SMALL).fit(X, y)
    assert_array_equal(classifier.classes_, np.unique(y))
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    assert set(predicted) <= set(labels)
    proba = classifier.predict_proba(X)
    assert proba.shape == (len(X), len(labels))
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert_array_equal(classifier.classes_[proba.argmax(axis=1)], predicted)


def test_the_marker_of_missing_labels_is_not_a_class(X):
    y = np.arange(len(X)) % 3 - 1
    with pytest.raises(ValueError, match=r"label -1 in 20 rows .* from 0 to 1.*such as 'down'"):
        CNNClassifier(**SMALL).fit(X, y)
    # Who names it means it.
    named = CNNClassifier(**SMALL).partial_fit(X, y, classes=[-1, 0, 1])
    assert_array_equal(named.classes_, [-1, 0, 1])
    tasks = pd.DataFrame({"change": y, "bound": np.arange(len(X)) % 2})
    with pytest.raises(ValueError, match="task 'change' of y has the label -1"):
        MultiTaskEstimator(max_iter=1).fit(X, tasks)


def test_strands_of_tasks_are_compared_by_their_positives(X, monkeypatch):
    sets = []
    monkeypatch.setattr(
        "skgenomics.estimators._base.is_strand_symmetric",
        lambda data, row_sets, *args: sets.extend(row_sets),
    )
    y = np.column_stack([np.arange(len(X)) % 2, np.arange(len(X)) % 3 == 0])
    CNNClassifier(**SMALL).fit(X, y)
    assert_array_equal(sets, [np.ones(len(X)), y[:, 0] == 1, y[:, 1] == 1])


def test_decision_function_is_the_log_odds(X):
    y = np.arange(len(X)) % 2
    classifier = CNNClassifier(**SMALL).fit(X, y)
    proba = classifier.predict_proba(X)
    assert_allclose(classifier.decision_function(X), np.log(proba[:, 1] / proba[:, 0]), atol=1e-5)


def test_multilabel(X, Y):
    classifier = CNNClassifier(**SMALL | {"max_iter": 60}).fit(X, Y)
    assert classifier.predict_proba(X).shape == Y.shape
    assert_array_equal(classifier.predict(X), classifier.predict_proba(X) > 0.5)
    assert classifier.score(X, Y) == (classifier.predict(X) == Y).all(axis=1).mean()
    as_frame = CNNClassifier(**SMALL | {"max_iter": 60}).fit(pd.Series(X), pd.DataFrame(Y))
    assert_array_equal(as_frame.predict_proba(X), classifier.predict_proba(X))


def test_missing_labels_have_no_gradient(X, Y):
    """Whatever stands where labels are missing, the weights of that task alone never move."""
    Y = Y.copy()
    Y[::2, 1] = np.nan
    settings = SMALL | {"dropout": 0, "hidden_dropout": 0, "augmentation": None}
    classifier = CNNClassifier(**settings).fit(X, Y)
    net = classifier.net_
    x, y, weight = (torch.zeros(4, 20, dtype=torch.uint8), torch.ones(4, 3), torch.ones(4, 3))
    weight[:, 1] = 0
    net.module_.zero_grad()
    net.get_loss(net.infer({"x": x}), y, X={"weight": weight}).backward()
    gradient = net.module_.output.weight.grad
    assert (gradient[1] == 0).all()
    assert (gradient[[0, 2]] != 0).any()


def test_missing_labels_are_not_trained_as_negatives():
    """Two thirds of the positives of a task have no label; they are predicted as positives."""
    X = np.array(["ACACACACACACACAC", "GTGTGTGTGTGTGTGT"])[np.arange(60) % 2]
    Y = np.column_stack([np.arange(60) % 2, 1 - np.arange(60) % 2]).astype(float)
    Y[(np.arange(60) % 3 > 0) & (Y[:, 1] == 1), 1] = np.nan
    hyperparameters = SMALL | {"max_iter": 30, "reverse_complement": None}
    classifier = CNNClassifier(**hyperparameters).fit(X, Y)
    assert (classifier.predict_proba(X[:1])[0, 1] > 0.8).all()
    assert (classifier.predict_proba(X[1:2])[0, 1] < 0.2).all()
    # Missing labels do not count in the score either.
    assert classifier.score(X, Y) == 1


@pytest.mark.parametrize("y", [np.arange(60) % 2, np.arange(60) % 3])
def test_class_weight_equals_sample_weight(X, y):
    y = np.where(np.arange(60) < 40, 0, y)
    balanced = CNNClassifier(**SMALL, class_weight="balanced").fit(X, y)
    weight = compute_sample_weight("balanced", y)
    weighted = CNNClassifier(**SMALL).fit(X, y, sample_weight=weight)
    assert_allclose(balanced.predict_proba(X), weighted.predict_proba(X), atol=1e-6)
    table = dict(zip(y.tolist(), weight.tolist(), strict=True))
    by_hand = CNNClassifier(**SMALL, class_weight=table).fit(X, y)
    assert_allclose(by_hand.predict_proba(X), weighted.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_focal_loss_without_focus_is_cross_entropy(X, n_classes):
    y = np.arange(60) % n_classes
    plain = CNNClassifier(**SMALL).fit(X, y)
    focal = CNNClassifier(**SMALL, loss=FocalLoss(gamma=0.0)).fit(X, y)
    assert_allclose(focal.predict_proba(X), plain.predict_proba(X), atol=1e-6)
    focused = CNNClassifier(**SMALL, loss="focal").fit(X, y)
    assert abs(focused.predict_proba(X) - plain.predict_proba(X)).max() > 1e-4


def test_class_weights_are_those_of_the_labels_of_each_task():
    Y = np.array([[0, 1], [0, 1], [0, 0], [1, np.nan]])
    _, weights = CNNClassifier(class_weight={0: 1.0, 1: 3.0})._encode_tasks(Y, np.ones(4))
    expected = np.array([[1, 3], [1, 3], [1, 1], [3, 0]])
    assert_allclose(weights / weights[0, 0], expected)


def test_label_smoothing_tames_the_scores(X):
    y = np.array([x.count("A") > 5 for x in X])
    settings = SMALL | {"max_iter": 60, "dropout": 0, "hidden_dropout": 0, "augmentation": None}
    sharp = CNNClassifier(**settings).fit(X, y)
    smooth = CNNClassifier(**settings, loss=CrossEntropyLoss(label_smoothing=0.4)).fit(X, y)
    sharpest, smoothest = (abs(c.decision_function(X)).mean() for c in (sharp, smooth))
    assert smoothest < 0.7 * sharpest


def test_own_loss(X):
    y = np.arange(60) % 2
    hinge = CNNClassifier(**SMALL, loss=lambda s, y: torch.relu(1 - (2 * y - 1) * s)).fit(X, y)
    assert hinge.loss_curve_[0] == pytest.approx(1.0, abs=0.3)


def test_loss_that_gives_one_number_is_refused(X):
    def mean_loss(scores, y):
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, y)

    with pytest.raises(ValueError, match="one value per entry"):
        CNNClassifier(**SMALL, loss=mean_loss).fit(X, np.arange(60) % 2)


@pytest.mark.parametrize("class_weight", [{0: 0, 1: 0}, {0: -1}, {0: np.nan}])
def test_class_weights_that_cannot_be(X, class_weight):
    with pytest.raises(ValueError, match=r"class_weight|all weights are zero"):
        CNNClassifier(**SMALL, class_weight=class_weight).fit(X, np.arange(60) % 2)


def test_batch_without_labels_is_refused(X, Y):
    classifier = CNNClassifier(**SMALL).partial_fit(X, Y)
    with pytest.raises(ValueError, match="y has no label"):
        classifier.partial_fit(X, np.full_like(Y, np.nan))
    assert np.isfinite(classifier.predict_proba(X)).all()


def test_nullable_labels_of_pandas(X, Y):
    missing = Y.copy()
    missing[:5, 0] = np.nan
    nullable = pd.DataFrame(missing).astype("Int64")
    first, second = (CNNClassifier(**SMALL).fit(X, y) for y in (missing, nullable))
    assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_inner_split_respects_groups(X, monkeypatch):
    from skgenomics.training import _validation_split as validation

    y, groups = np.arange(60) % 2, np.repeat(np.arange(15), 4)
    parts = []

    def spy(*args):
        parts.append(original(*args))
        return parts[-1]

    original = validation.validation_rows
    monkeypatch.setattr(validation, "validation_rows", spy)
    CNNClassifier(**SMALL, early_stopping=True).fit(X, y, groups=groups)
    (train, valid), *_ = parts
    assert sorted([*train, *valid]) == list(range(60))
    assert not set(groups[train]) & set(groups[valid])
    with pytest.raises(ValueError, match="all rows are of one group"):
        CNNClassifier(**SMALL, early_stopping=True).fit(X, y, groups=np.zeros(60))


def test_groups_are_routed_to_the_inner_split(X, monkeypatch):
    import sklearn

    from skgenomics.training import _validation_split as validation

    seen = []

    def spy(n, labels, groups, *args):
        seen.append(groups)
        return original(n, labels, groups, *args)

    original = validation.validation_rows
    monkeypatch.setattr(validation, "validation_rows", spy)
    y, groups = np.arange(60) % 2, np.repeat(np.arange(15), 4)
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = CNNClassifier(**SMALL, early_stopping=True).set_fit_request(groups=True)
        cross_val_score(classifier, X, y, cv=2, params={"groups": groups})
    assert [len(g) for g in seen] == [30, 30]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(60), "only one class: 0.0"),
        (np.arange(59) % 2, "inconsistent numbers of samples"),
        (None, "requires y to be passed"),
        (np.linspace(0, 1, 60), "Unknown label type"),
        (np.array(["a", None] * 30, dtype=object), "the label of row 1 is missing"),
        (np.full((60, 2), 2.0), r"y\[0, 0\] is 2"),
        (np.c_[np.ones(60), np.full(60, np.nan)], "task 1 of y has no label at all"),
    ],
)
def test_bad_labels_are_named(X, y, message):
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**SMALL).fit(X, y)


def test_tasks_are_predicted_above_log_odds_of_zero(X, Y):
    """After one epoch all scores are small: the threshold is 0, not 1."""
    classifier = CNNClassifier(**SMALL | {"max_iter": 1}).fit(X, Y)
    scores = classifier.decision_function(X)
    assert ((scores > 0) & (scores < 1)).any()
    assert_array_equal(classifier.predict(X), scores > 0)


def test_sequences_are_mutated_in_training_by_default_and_signals_are_not(X):
    y = np.arange(60) % 2
    signals = np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32)
    for data, alphabet, differs in ((X, {}, True), (signals, {"n_channels": 1}, False)):
        fits = [
            CNNClassifier(**SMALL, **alphabet, augmentation=augmentation).fit(data, y)
            for augmentation in ("auto", None)
        ]
        scores = [fit.decision_function(data) for fit in fits]
        assert (not np.array_equal(*scores)) == differs


def test_partial_fit_takes_the_same_tasks_only(X, Y):
    classifier = CNNClassifier(**SMALL).partial_fit(X, Y).partial_fit(X, Y)
    for other in (Y[:, :2], Y[:, 0]):
        with pytest.raises(ValueError, match="unlike the y that CNNClassifier was fitted on first"):
            classifier.partial_fit(X, other)
