"""Thresholds by label: against a search over all cuts, with missing labels, weights and text."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, matthews_corrcoef
from sklearn.model_selection import BaseCrossValidator, KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from skgenomics import CNNClassifier, MLPClassifier
from skgenomics.inspection import attribute
from skgenomics.model_selection import LabelThresholdsClassifierCV
from skgenomics.persistence import load, save
from skgenomics.testing import make_text

RARE, RARE_Y = make_multilabel_classification(
    300, 12, n_classes=4, n_labels=1, length=20, random_state=0
)
LINEAR = OneVsRestClassifier(LogisticRegression())
MLP = {"n_channels": 1, "hidden_units": 8, "max_iter": 3, "random_state": 0}


class AllSamples(BaseCrossValidator):
    """Hold out the training samples themselves: the thresholds of a tree are then 0.5."""

    def split(self, X, y=None, groups=None):
        rows = np.arange(_num_samples(X))
        yield rows, rows

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


@parametrize_with_checks(
    [LabelThresholdsClassifierCV(DecisionTreeClassifier(random_state=0), cv=AllSamples())]
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("objective", "metric"), [("f1", f1_score), ("mcc", matthews_corrcoef)])
def test_thresholds_are_the_best_of_all_cuts(objective, metric):
    cv = KFold(3, shuffle=True, random_state=1)
    model = LabelThresholdsClassifierCV(LINEAR, objective=objective, cv=cv).fit(RARE, RARE_Y)
    proba = cross_val_predict(LINEAR, RARE, RARE_Y, cv=cv, method="predict_proba")
    for label in range(4):
        column, truth = proba[:, label], RARE_Y[:, label]
        best = max(metric(truth, column >= cut) for cut in column)
        assert metric(truth, column >= model.thresholds_[label]) == pytest.approx(best)
        assert model.best_scores_[label] == pytest.approx(best)
    expected = model.estimator_.predict_proba(RARE) >= model.thresholds_
    np.testing.assert_array_equal(model.predict(RARE), expected)


def test_rare_labels_are_found_more_often():
    tuned = LabelThresholdsClassifierCV(LINEAR, random_state=0).fit(RARE[:200], RARE_Y[:200])
    plain = LINEAR.fit(RARE[:200], RARE_Y[:200])
    scores = [
        f1_score(RARE_Y[200:], m.predict(RARE[200:]), average="macro") for m in (plain, tuned)
    ]
    assert scores[1] > scores[0]


def test_a_false_discovery_rate_is_kept_with_as_many_positives_as_it_permits():
    X = np.linspace(0, 1, 100)[:, None]
    i = np.arange(100)
    Y = np.stack([i % 10 < i // 10, (i + 1) // 2 % 2], axis=1)
    model = LabelThresholdsClassifierCV(LINEAR, objective="fdr", max_fdr=0.2, cv=AllSamples())
    with pytest.warns(UserWarning, match="label 1 keeps the false discovery rate of 0.2"):
        model.fit(X, Y)
    found = model.predict(X)
    assert not found[:, 1].any()
    assert model.thresholds_[1] == np.inf
    # Each run of ten holds one positive more than the one before.
    n = found[:, 0].sum()
    assert 1 - Y[-n:, 0].mean() <= 0.2
    assert all(1 - Y[-m:, 0].mean() > 0.2 for m in range(n + 1, 101))
    assert model.best_scores_[0] == pytest.approx(Y[-n:, 0].sum() / Y[:, 0].sum())


def test_missing_labels_do_not_count():
    base = MLPClassifier(**MLP)
    Y = RARE_Y.astype(float)
    Y[::3, 0] = np.nan
    model = LabelThresholdsClassifierCV(base, cv=AllSamples()).fit(RARE, Y)
    known = ~np.isnan(Y[:, 0])
    score = f1_score(Y[known, 0], model.predict(RARE)[known, 0])
    assert model.best_scores_[0] == pytest.approx(score)


def test_weights_of_two_equal_two_copies():
    weight = np.where(np.arange(300) % 4 == 0, 2.0, 1.0)
    rows = np.repeat(np.arange(300), weight.astype(int))
    labels = np.array(["no", "yes"])[RARE_Y[:, 0]]
    base = LogisticRegression(max_iter=1000, tol=1e-8)
    model = LabelThresholdsClassifierCV(base, cv=AllSamples())
    weighted = model.fit(RARE, labels, sample_weight=weight).thresholds_
    np.testing.assert_allclose(model.fit(RARE[rows], labels[rows]).thresholds_, weighted, rtol=1e-3)
    assert set(model.predict(RARE)) == {"no", "yes"}


def test_text_names_attributions_and_files(tmp_path):
    X = make_text(40, 12)
    Y = pd.DataFrame({"K562": np.arange(40) % 2, "HepG2": np.arange(40) % 3 == 0}).astype(float)
    base = CNNClassifier(n_filters=4, kernel_size=3, max_iter=1, random_state=0)
    model = LabelThresholdsClassifierCV(base, cv=2, random_state=0).fit(X, Y)
    assert list(model.target_names_) == ["K562", "HepG2"]
    assert attribute(model, X[:2], target="HepG2").values.shape == (2, 12, 4)
    save(model, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    same = LabelThresholdsClassifierCV(base, cv=2, n_jobs=2, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(same.thresholds_, model.thresholds_)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({}, np.arange(300) % 3, r"Only binary classification is supported.*3 class\(es\)"),
        ({}, np.zeros(300), r"y has 1 class\(es\)"),
        ({}, RARE_Y * 2, "must be 0, 1 or NaN"),
        ({"objective": "accuracy"}, RARE_Y, "objective must be one of"),
        ({"max_fdr": 1}, RARE_Y, r"max_fdr must be a number in \(0, 1\)"),
        ({"cv": KFold(2)}, np.arange(300) < 150, "a training fold has the class .* only"),
    ],
)
def test_bad_input(settings, y, message):
    model = LabelThresholdsClassifierCV(DecisionTreeClassifier(), **settings)
    with pytest.raises(ValueError, match=message):
        model.fit(RARE, y)


def test_a_label_without_both_values_is_named():
    Y = pd.DataFrame(RARE_Y[:, :2], columns=["K562", "HepG2"])
    Y["HepG2"] = 1
    with pytest.warns(UserWarning, match="label 'HepG2' are all equal; its threshold is 0.5"):
        model = LabelThresholdsClassifierCV(DecisionTreeClassifier(), cv=2).fit(RARE, Y)
    assert model.thresholds_[1] == 0.5
    assert model.predict(RARE)[:, 1].all()
