"""Scorers by name: with scikit-learn's estimators and ours, in its cross-validation."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from imblearn.metrics import geometric_mean_score
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skgenomics import CNNClassifier, KmerCounter, SequenceLabeler
from skgenomics.metrics import (
    expected_calibration_error,
    get_scorer,
    get_scorer_names,
    masked_score,
    recall_at_fdr_score,
    top_k_positions_score,
)
from skgenomics.testing import make_text

BINARY = ["adjusted_average_precision", "recall_at_fdr", "recall_at_fdr_10", "geometric_mean"]


def numbers(n=120, n_tasks=1, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, 4))
    Y = (X[:, :n_tasks] + rng.normal(size=(n, n_tasks)) > 0.3).astype(int)
    return X, Y


def small(**settings):
    return CNNClassifier(n_filters=4, kernel_size=5, max_iter=2, random_state=0, **settings)


@pytest.mark.parametrize("names", [[0, 1], [-1, 1], ["no", "yes"], [True, False]])
def test_two_classes_of_any_type(names):
    X, Y = numbers()
    y = np.array(names)[Y[:, 0]]
    for model in (LogisticRegression(), RandomForestClassifier(10, random_state=0), SVC()):
        model.fit(X, y)
        positive = y == model.classes_[1]
        score = (
            model.predict_proba(X)[:, 1]
            if isinstance(model, RandomForestClassifier)
            else model.decision_function(X)
        )
        expected = recall_at_fdr_score(positive, score, fdr=0.1)
        assert get_scorer("recall_at_fdr_10")(model, X, y) == expected
        assert get_scorer("geometric_mean")(model, X, y) == pytest.approx(
            geometric_mean_score(y, model.predict(X))
        )


def test_in_cross_validation_and_searches_with_a_series():
    X, Y = numbers()
    y = pd.Series(np.array(["no", "yes"])[Y[:, 0]], index=np.arange(120) + 5)
    scoring = {name: get_scorer(name) for name in [*BINARY, "neg_expected_calibration_error"]}
    scores = cross_validate(LogisticRegression(), X, y, scoring=scoring, cv=3, error_score="raise")
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in scoring)
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1]}, cv=3, error_score="raise",
        scoring=get_scorer("adjusted_average_precision"),
    )  # fmt: skip
    search.fit(X, y)
    assert 0 < search.best_score_ < 1


def test_a_fold_of_negatives_alone_needs_no_pos_label():
    X, Y = numbers()
    model = LogisticRegression().fit(X, np.array(["no", "yes"])[Y[:, 0]])
    with pytest.warns(match="no positives"):
        assert np.isnan(get_scorer("recall_at_fdr")(model, X[:5], ["no"] * 5))


@pytest.mark.parametrize("n_tasks", [2, 3])
def test_tasks_in_any_form_of_scikit_learn(n_tasks):
    X, Y = numbers(n_tasks=n_tasks)
    missing = Y.astype(float)
    missing[np.random.RandomState(1).rand(*Y.shape) < 0.3] = np.nan
    models = [
        RandomForestClassifier(10, random_state=0),
        MultiOutputClassifier(LogisticRegression()),
        MLPClassifier(hidden_layer_sizes=3, max_iter=300, random_state=0),
    ]
    for model in models:
        proba = model.fit(X, Y).predict_proba(X)
        if isinstance(proba, list):
            proba = np.column_stack([chance[:, 1] for chance in proba])
        expected = masked_score(sklearn.metrics.roc_auc_score, missing, proba)
        assert get_scorer("masked_roc_auc")(model, X, missing) == pytest.approx(expected)
        error = expected_calibration_error(missing, proba)
        assert get_scorer("neg_expected_calibration_error")(model, X, missing) == -error
        guess = masked_score(sklearn.metrics.accuracy_score, missing, model.predict(X))
        frame = pd.DataFrame(missing).astype("Int64")
        assert get_scorer("masked_accuracy")(model, X, frame) == pytest.approx(guess)


def test_a_task_of_one_class_in_training_has_probability_zero_for_the_other():
    X, Y = numbers(n_tasks=2)
    Y[:, 0] = 0
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    missing = np.where(np.arange(120)[:, np.newaxis] % 2, Y, 1 - Y).astype(float)
    assert np.isfinite(get_scorer("masked_average_precision")(model, X, missing))


@pytest.mark.parametrize("n_tasks", [2, 3])
def test_our_estimators_with_missing_labels(n_tasks):
    rng = np.random.RandomState(0)
    X = ["".join(rng.choice(list("ACGT"), size=20)) for _ in range(90)]
    Y = (rng.rand(90, n_tasks) < 0.5).astype(float)
    Y[rng.rand(90, n_tasks) < 0.2] = np.nan
    names = ["masked_roc_auc", "masked_recall_at_fdr_10", "masked_matthews_corrcoef",
             "neg_expected_calibration_error"]  # fmt: skip
    scoring = {name: get_scorer(name) for name in names}
    # A number would have scikit-learn look for NaN in y.
    cv = KFold(2)
    scores = cross_validate(small(), X, Y, cv=cv, scoring=scoring, error_score="raise")
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in names)


def test_text_in_a_pipeline_with_many_classes():
    rng = np.random.RandomState(0)
    X = ["".join(rng.choice(list("ACGT"), size=20)) for _ in range(90)]
    y = rng.choice(["EI", "IE", "N"], size=90)
    model = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(X, y)
    error = expected_calibration_error(y, model.predict_proba(X), labels=model.classes_)
    assert get_scorer("neg_expected_calibration_error")(model, X, y) == -error
    assert get_scorer("neg_expected_calibration_error")(model, X[:1], y[:1]) <= 0
    with pytest.raises(ValueError, match="ranks two classes"):
        get_scorer("recall_at_fdr")(model, X, y)


def test_positions_of_a_labeler():
    rng = np.random.RandomState(0)
    X = ["".join(rng.choice(list("ACGT"), size=20 + i % 3)) for i in range(40)]
    y = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(len(x))) for x in X]
    labeler = SequenceLabeler(network="cnn", max_iter=3, random_state=0).fit(X, y)
    expected = top_k_positions_score(y, labeler.predict_proba(X), classes=["D", "N"])
    assert get_scorer("top_k_positions")(labeler, X, y) == expected


def test_values_with_missing_ones():
    X, _ = numbers()
    Y = np.column_stack([X[:, 0], X[:, 1] * 2])
    model = LinearRegression().fit(X, Y)
    Y[::3, 0] = np.nan
    for name in ("masked_r2", "masked_spearman", "masked_pearson"):
        assert get_scorer(name)(model, X, Y) == pytest.approx(1)
    assert get_scorer("masked_neg_mean_squared_error")(model, X, Y) == pytest.approx(0)
    constant = LinearRegression().fit(np.zeros((120, 1)), X[:, 0])
    assert get_scorer("spearman")(constant, np.zeros((120, 1)), X[:, 0]) == 0


def test_weights_reach_the_metric():
    X, Y = numbers(n_tasks=2)
    weight = np.r_[np.ones(60), np.zeros(60)]
    model = LogisticRegression().fit(X, Y[:, 0])
    for name in [*BINARY, "neg_expected_calibration_error"]:
        scorer = get_scorer(name)
        assert scorer(model, X, Y[:, 0], sample_weight=weight) == pytest.approx(
            scorer(model, X[:60], Y[:60, 0])
        )


def test_other_names_are_scikit_learns():
    assert get_scorer("roc_auc") is not None
    assert repr(get_scorer("neg_log_loss")) == repr(sklearn.metrics.get_scorer("neg_log_loss"))
    scorer = get_scorer("masked_roc_auc")
    assert get_scorer(scorer) is scorer
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert all(callable(get_scorer(name)) for name in get_scorer_names())
    assert len(set(get_scorer_names())) == len(get_scorer_names())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("masked_auroc", "no scorer 'masked_auroc'; did you mean .*'masked_roc_auc'"),
        ("recal_at_fdr", "did you mean 'recall_at_fdr'"),
        ("recall_at_fdr_x", "no scorer 'recall_at_fdr_x'"),
        ("recall_at_fdr_200", "more than 100 percent"),
        ("masked_", "no scorer"),
        (None, "no scorer None"),
        ("zzz", "no scorer 'zzz'$"),
    ],
)
def test_unknown_names_list_the_nearest(name, message):
    with pytest.raises(ValueError, match=message):
        get_scorer(name)


def test_wrong_shapes_are_named():
    X, Y = numbers(n_tasks=3)
    model = MLPClassifier(hidden_layer_sizes=3, max_iter=5, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="y has 2 tasks, but MLPClassifier gives scores of shape"):
        get_scorer("masked_roc_auc")(model, X, Y[:, :2])
    with pytest.raises(ValueError, match="masked_"):
        get_scorer("recall_at_fdr")(model, X, Y)
    with pytest.raises(ValueError, match="neither decision_function nor predict_proba"):
        get_scorer("masked_roc_auc")(LinearRegression().fit(X, Y), X, Y)


def test_geometric_mean_tunes_a_threshold():
    X, y = make_classification(200, weights=[0.8], random_state=0)
    names = np.where(y == 1, "bound", "free")
    scorer = get_scorer("geometric_mean")
    tuned = TunedThresholdClassifierCV(LogisticRegression(), scoring=scorer).fit(X, names)
    assert scorer(tuned, X, names) >= scorer(LogisticRegression().fit(X, names), X, names)


def test_masked_scorers_want_numbers():
    model = LogisticRegression().fit([[0], [1]], ["a", "b"])
    with pytest.raises(ValueError, match=r"y must be numbers.*without 'masked_'"):
        get_scorer("masked_roc_auc")(model, [[0], [1]], ["a", "b"])


def test_text_labels_of_positions_are_refused():
    labels = make_text(12)
    model = DummyClassifier().fit(np.zeros((12, 1)), labels)
    with pytest.raises(ValueError, match=r"12 different labels in 12 samples.* 'top_k_positions'"):
        get_scorer("geometric_mean")(model, np.zeros((12, 1)), labels)


@pytest.mark.parametrize("form", ["text", "codes"])
def test_scorers_of_positions_take_each_position_as_a_sample(form):
    X = make_text(20, 25)
    y = ["".join("D" if a == "G" else "N" for a in x) for x in X]
    y[0] = "?" * 5 + y[0][5:]
    if form == "codes":
        y = np.array([["?ND".index(a) - 1 for a in labels] for labels in y])
    labeler = SequenceLabeler(network="cnn", max_iter=1, random_state=0).fit(X, y)
    known = np.ones((20, 25), dtype=bool)
    known[0, :5] = False
    truth, predicted = (np.array([list(row) for row in z])[known] for z in (y, labeler.predict(X)))
    score = get_scorer("positions_f1_macro")(labeler, X, y)
    assert score == pytest.approx(f1_score(truth, predicted, average="macro"))
    ranked = get_scorer("positions_roc_auc")(labeler, X, y)
    proba = labeler.predict_proba(X)[known][:, 1]
    assert ranked == pytest.approx(roc_auc_score(truth == labeler.classes_[1], proba))
    scores = cross_val_score(labeler, X, y, scoring=get_scorer("positions_accuracy"), cv=KFold(2))
    assert (scores > 0).all()
    with pytest.raises(ValueError, match="use the scorer without 'positions_'"):
        get_scorer("positions_f1")(CNNClassifier(max_iter=1).fit(X, [0, 1] * 10), X, [0, 1] * 10)


def test_missing_labels_in_cross_validation():
    """Scikit-learn refuses NaN in a float y for a number of folds, but not in an object y."""
    X = make_text(24, 25)
    y = np.array([[x.count("G") > 6, x.count("A") > 6] for x in X], dtype=float)
    y[::5, 1] = np.nan
    model = CNNClassifier(n_filters=4, kernel_size=3, max_iter=1, random_state=0)
    scorer = get_scorer("masked_roc_auc")
    with pytest.raises(ValueError, match="Input y contains NaN"):
        cross_val_score(model, X, y, scoring=scorer, cv=2, error_score="raise")
    expected = cross_val_score(model, X, y, scoring=scorer, cv=KFold(2))
    assert np.isfinite(expected).all()
    found = cross_val_score(model, X, y.astype(object), scoring=scorer, cv=2)
    np.testing.assert_array_equal(found, expected)
