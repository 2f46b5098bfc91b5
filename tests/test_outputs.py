"""What estimators of all kinds say about sequences."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skgenomics import CNNClassifier, KmerCounter
from skgenomics._outputs import Response
from skgenomics.sequences import encode
from skgenomics.testing import make_text

X = make_text(40, 12)
CODES = encode(X)
Y = np.arange(40) % 2
PAIRS = np.stack([Y, 1 - Y], axis=1)


def kmers(estimator, y, X=X, **settings):
    return make_pipeline(KmerCounter(k=2, **settings), estimator).fit(X, y)


def ask(estimator, codes=CODES, **settings):
    response = Response(estimator, **settings)
    response.learn(codes)
    return response, *response.finish(response.scores(codes))


def test_classes_have_their_chances_and_log_odds():
    classes = np.array(["a", "b", "c"])[np.arange(40) % 3]
    model = kmers(LogisticRegression(), classes)
    response, values, log_odds = ask(model)
    chances = model.predict_proba(X)
    assert list(response.names) == ["a", "b", "c"]
    np.testing.assert_allclose(values, chances, atol=1e-6)
    np.testing.assert_allclose(log_odds, np.log(chances / (1 - chances)), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "targets"),
    [(int, [1, "1", 1.0, np.int64(1), None]), (float, [1, 1.0, "1.0"]), (str, [1, "1"])],
)
def test_a_class_is_named_as_it_is_or_as_it_is_written(kind, targets):
    model = kmers(LogisticRegression(), Y.astype(kind))
    for target in targets:
        _, values, _ = ask(model, target=target)
        np.testing.assert_allclose(values[:, 0], model.predict_proba(X)[:, 1], atol=1e-6)


def test_trees_that_give_a_list_have_tasks_whatever_their_chances():
    """The chances of these two tasks always add up to one, as those of classes do."""
    model = kmers(DecisionTreeClassifier(random_state=0), PAIRS)
    response, values, _ = ask(model)
    assert list(response.names) == [0, 1]
    chances = np.stack([task[:, 1] for task in model.predict_proba(X)], axis=1)
    np.testing.assert_array_equal(values, chances)


def test_tasks_of_one_against_the_rest():
    model = kmers(OneVsRestClassifier(LogisticRegression()), PAIRS)
    _, values, log_odds = ask(model, target=1)
    np.testing.assert_allclose(values[:, 0], model.predict_proba(X)[:, 1], atol=1e-6)
    np.testing.assert_allclose(log_odds[:, 0], model.decision_function(X)[:, 1], atol=1e-6)


def test_scores_and_predictions_have_no_log_odds():
    machine, regression = kmers(LinearSVC(), Y), kmers(LinearRegression(), Y)
    for model, expected in ((machine, machine.decision_function(X)), (regression, None)):
        _, values, log_odds = ask(model)
        expected = model.predict(X) if expected is None else expected
        np.testing.assert_allclose(values[:, 0], expected, atol=1e-6)
        assert np.isnan(log_odds).all()


def test_alphabets_of_proteins():
    rng = np.random.RandomState(0)
    proteins = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 12)) for _ in range(40)]
    model = kmers(LogisticRegression(), Y, proteins, alphabet="protein")
    _, values, _ = ask(model, encode(proteins, "protein"), alphabet="protein")
    np.testing.assert_allclose(values[:, 0], model.predict_proba(proteins)[:, 1], atol=1e-6)
    deep = CNNClassifier(alphabet="protein", n_filters=4, max_iter=1, random_state=0)
    deep.fit(proteins, Y)
    _, values, _ = ask(deep, encode(proteins, "protein"), alphabet="protein")
    np.testing.assert_allclose(values[:, 0], deep.predict_proba(proteins)[:, 1], atol=1e-6)


def test_bad_input_is_named():
    model = kmers(LogisticRegression(), Y)
    with pytest.raises(ValueError, match="target='x' is none of 0, 1"):
        ask(model, target="x")
    with pytest.raises(ValueError, match="KmerCounter has no predict; give a fitted classifier"):
        Response(KmerCounter())
    with pytest.raises(ValueError, match="str has no predict"):
        Response("model")
    with pytest.raises(ValueError, match="has no decision_function"):
        Response(kmers(DecisionTreeClassifier(), Y), "decision_function")
    words = kmers(DecisionTreeClassifier(), Y.astype(str))
    with pytest.raises(ValueError, match="needs one number or a row of numbers each"):
        ask(words, method="predict")
