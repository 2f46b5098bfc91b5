"""What estimators of all kinds predict, compared with their own methods."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import logsumexp, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    ConformalRegressor,
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    DomainAdversarialClassifier,
    KmerCounter,
    MaskedLanguageModel,
    MLPClassifier,
    MultiTaskEstimator,
    MultiViewClassifier,
    OneHotEncoder,
    PairLabeler,
    ProfileRegressor,
    SequenceLabeler,
)
from skgenomics._outputs import Predictor, describe_outputs
from skgenomics.estimators.per_task import PerTask
from skgenomics.inspection._scores import SequenceScore
from skgenomics.sequences import encode
from skgenomics.testing import make_text

N, LENGTH = 40, 12
X = make_text(N, LENGTH)
Y = np.arange(N) % 2
Y3 = np.array(["a", "b", "c"])[np.arange(N) % 3]
PAIRS = np.stack([Y, 1 - Y], axis=1)
TASKS = pd.DataFrame({"K562": Y, "HepG2": (np.arange(N) % 5 == 0).astype(int)})
VALUES = pd.DataFrame({"low": np.linspace(0, 1, N), "high": np.linspace(5, 9, N) ** 2})
COUNTS = np.random.default_rng(0).poisson(3, size=(N, LENGTH, 2)).astype(float)
SMALL = {"max_iter": 2, "random_state": 0, "device": "cpu"}
CNN = SMALL | {"n_filters": 6, "kernel_size": 5}
NET = SMALL | {"network": "cnn", "network_params": {"n_filters": (6,), "kernel_size": 5}}


def kmers(estimator, y, X=X, **settings):
    return make_pipeline(KmerCounter(k=2, **settings), estimator).fit(X, y)


def ask(estimator, target=None, X=X, **settings):
    """Scores, predictions and log-odds of one target."""
    predictor = Predictor(estimator, **settings)
    raw = predictor(X)
    reduction = predictor.outputs.select(target)
    return reduction(raw), reduction.predict(raw), reduction.log_odds(raw)


def against_rest(p):
    """Log-odds of each class, from probabilities of shape (n, n_classes, ...)."""
    p = np.asarray(p, float)
    return np.log(p) - np.log(1 - p)


def check(found, expected, rtol=1e-4, atol=1e-4):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


# -- classes ---------------------------------------------------------------------------------


CLASSIFIERS = {
    "logistic regression": lambda y: kmers(LogisticRegression(), y),
    "network": lambda y: CNNClassifier(**CNN).fit(X, y),
    "network with two scores": lambda y: CNNClassifier(**CNN, two_scores=True).fit(X, y),
    "network behind an encoder": lambda y: make_pipeline(OneHotEncoder(), CNNClassifier(**CNN)).fit(
        X, y
    ),
    "search": lambda y: GridSearchCV(CNNClassifier(**CNN), {"n_filters": [4]}, cv=2).fit(X, y),
    "frozen": lambda y: FrozenEstimator(CNNClassifier(**CNN).fit(X, y)),
    "calibrated": lambda y: CalibratedClassifierCV(CNNClassifier(**CNN), cv=2).fit(X, y),
    "voting": lambda y: VotingClassifier(
        [("a", CNNClassifier(**CNN)), ("b", kmers(LogisticRegression(), y))], voting="soft"
    ).fit(X, y),
    "bagging": lambda y: make_pipeline(
        KmerCounter(k=2), BaggingClassifier(LogisticRegression(), 3, random_state=0)
    ).fit(X, y),
    "deep ensemble": lambda y: DeepEnsembleClassifier(
        CNNClassifier(**CNN), n_estimators=2, random_state=0
    ).fit(X, y),
    "adversarial": lambda y: DomainAdversarialClassifier(**NET).fit(X, y, domains=Y),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("y", [Y, Y3], ids=["two classes", "three classes"])
def test_log_odds_of_a_class_against_the_rest(name, y):
    model = CLASSIFIERS[name](y)
    probabilities = model.predict_proba(X)
    for i, label in enumerate(np.unique(y).tolist()):
        scores, values, log_odds = ask(model, label)
        check(values, probabilities[:, i])
        check(scores, against_rest(probabilities)[:, i])
        check(log_odds, scores)
    if y is Y:
        check(ask(model)[0], ask(model, 1)[0])
    else:
        with pytest.raises(ValueError, match="a class out of 'a', 'b', 'c': there are several"):
            ask(model)
    stacked = ask(model, lambda outputs: outputs[:, 0] - 2 * outputs[:, -1])[0]
    odds = against_rest(probabilities)
    check(stacked, odds[:, 0] - 2 * odds[:, -1], atol=5e-4)


@pytest.mark.parametrize(
    ("kind", "targets"),
    [(int, [1, "1", 1.0, np.int64(1), None]), (float, [1, 1.0, "1.0"]), (str, [1, "1"])],
)
def test_a_class_is_named_as_it_is_or_as_text(kind, targets):
    model = kmers(LogisticRegression(), Y.astype(kind))
    for target in targets:
        check(ask(model, target)[1], model.predict_proba(X)[:, 1])


def test_tuned_threshold():
    model = kmers(LogisticRegression(), Y)
    tuned = TunedThresholdClassifierCV(model, cv=2).fit(np.array(X, dtype=object), Y)
    check(ask(tuned, X=np.array(X, dtype=object))[1], tuned.predict_proba(X)[:, 1])


def test_certain_probabilities_have_finite_log_odds():
    model = kmers(RandomForestClassifier(5, random_state=0), Y3)
    for label in "abc":
        scores, values, _ = ask(model, label)
        np.testing.assert_array_equal(values, model.predict_proba(X)[:, "abc".index(label)])
        assert np.isfinite(scores).all()


def test_scores_without_probabilities():
    two, three = kmers(LinearSVC(), Y), kmers(LinearSVC(), Y3)
    for target, sign in ((None, 1), (1, 1), (0, -1)):
        scores, values, log_odds = ask(two, target)
        check(scores, sign * two.decision_function(X))
        check(values, scores)
        assert np.isnan(log_odds).all()
    check(ask(three, "b")[0], three.decision_function(X)[:, 1])
    with pytest.raises(ValueError, match="a class out of 'a', 'b', 'c': 'd' is none of them"):
        ask(three, "d")


def test_an_explicit_response():
    model = kmers(LogisticRegression(), Y)
    check(ask(model, method="decision_function")[1], model.decision_function(X))
    network = CNNClassifier(**CNN).fit(X, Y)
    check(ask(network, method="decision_function")[1], network.decision_function(X))
    check(ask(network, method="predict")[1], network.predict(X))


# -- tasks -----------------------------------------------------------------------------------


MULTILABEL = {
    "network": CNNClassifier(**CNN),
    "deep ensemble": DeepEnsembleClassifier(CNNClassifier(**CNN), n_estimators=2, random_state=0),
    "one copy per task": make_pipeline(KmerCounter(k=2), PerTask(LogisticRegression())),
    "one against the rest": make_pipeline(
        KmerCounter(k=2), OneVsRestClassifier(LogisticRegression())
    ),
}


@pytest.mark.parametrize("name", MULTILABEL)
def test_tasks(name):
    model = MULTILABEL[name].fit(X, TASKS)
    probabilities = model.predict_proba(X)
    own = name in ("network", "deep ensemble")
    for i, task in enumerate(TASKS):
        for target in (i, task) if own else (i,):
            scores, values, _ = ask(model, target)
            check(values, probabilities[:, i])
            check(scores, against_rest(probabilities)[:, i])
    with pytest.raises(ValueError, match=r"a task out of .*: there are several"):
        ask(model)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(random_state=0),
        KNeighborsClassifier(),
        MultiOutputClassifier(LogisticRegression()),
    ],
)
def test_one_array_of_probabilities_per_task(estimator):
    """The probabilities of these two tasks always add up to one, as those of classes do."""
    model = kmers(estimator, PAIRS)
    for i in range(2):
        expected = model.predict_proba(X)[i][:, 1]
        check(ask(model, i)[1], expected)
    assert describe_outputs(model, X).noun == "task"


# -- values ----------------------------------------------------------------------------------


REGRESSORS = {
    "linear": make_pipeline(KmerCounter(k=2), LinearRegression()),
    "network": CNNRegressor(**CNN),
    "ensemble": DeepEnsembleRegressor(CNNRegressor(**CNN), n_estimators=2, random_state=0),
    "one per target": make_pipeline(KmerCounter(k=2), MultiOutputRegressor(Ridge())),
    "one copy per task": make_pipeline(KmerCounter(k=2), PerTask(Ridge())),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_values_in_the_units_of_y(name):
    model = REGRESSORS[name].fit(X, VALUES)
    predicted = model.predict(X)
    for i, target in enumerate(VALUES):
        for wanted in (i, target) if name in ("network", "ensemble") else (i,):
            scores, values, log_odds = ask(model, wanted)
            check(scores, predicted[:, i])
            check(values, predicted[:, i])
            assert np.isnan(log_odds).all()
    check(ask(model, lambda outputs: outputs.sum(1))[0], predicted.sum(axis=1))


@pytest.mark.parametrize(
    "model",
    [
        CNNRegressor(**CNN),
        ConformalRegressor(CNNRegressor(**CNN), random_state=0),
        TransformedTargetRegressor(CNNRegressor(**CNN)),
        make_pipeline(OneHotEncoder(), CNNRegressor(**CNN)),
    ],
)
def test_a_single_value(model):
    model.fit(np.array(X, dtype=object), VALUES["high"].to_numpy())
    check(ask(model, X=np.array(X, dtype=object))[0], model.predict(X))


def test_log_rates_of_counts():
    model = CNNRegressor(**CNN, loss="poisson").fit(X, COUNTS[:, 0])
    for i in range(2):
        scores, values, _ = ask(model, i)
        check(values, model.predict(X)[:, i])
        check(scores, np.log(model.predict(X)[:, i]))


def test_likelihoods_of_a_language_model():
    model = MaskedLanguageModel(max_iter=1, random_state=0, network="cnn").fit(X)
    check(ask(model)[0], model.score_samples(X))


# -- several tasks of different kinds ----------------------------------------------------------


@pytest.fixture(scope="module")
def multitask():
    y = pd.DataFrame({"bound": np.where(Y, "yes", "no"), "cell": Y3, "level": VALUES["high"]})
    return MultiTaskEstimator(**NET).fit(X, y)


def test_tasks_by_name(multitask):
    proba, predicted = multitask.predict_proba(X), multitask.predict(X)
    check(ask(multitask, "bound")[0], multitask.decision_function(X)["bound"])
    check(ask(multitask, ("bound", "no"))[1], proba["bound"][:, 0])
    check(ask(multitask, ("cell", "b"))[1], proba["cell"][:, 1])
    check(ask(multitask, ("cell", "b"))[0], against_rest(proba["cell"])[:, 1])
    check(ask(multitask, "level")[1], predicted["level"])
    names = [column.name for column in describe_outputs(multitask).columns()]
    assert names == ["bound", ("cell", "a"), ("cell", "b"), ("cell", "c"), "level"]
    check(ask(multitask, lambda outputs: outputs[:, 4])[0], predicted["level"])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "a task out of 'bound', 'cell', 'level': there are several"),
        ("other", "a task out of 'bound', 'cell', 'level': 'other' is none of them"),
        ("cell", r"must be \('cell', class\): .* 'a', 'b', 'c': there are several"),
        (("cell", "d"), "a class out of 'a', 'b', 'c': 'd' is none of them"),
        (("level", "d"), "the task 'level' is a regression; use target='level'"),
    ],
)
def test_unknown_tasks_are_named(multitask, target, message):
    with pytest.raises(ValueError, match=message):
        ask(multitask, target)


def test_a_single_task_needs_no_name():
    model = MultiTaskEstimator(**NET).fit(X, VALUES[["low"]])
    check(ask(model)[0], model.predict(X)["low"])


# -- outputs along the sequence ----------------------------------------------------------------


@pytest.mark.parametrize("symbols", ["ab", "abc"])
@pytest.mark.parametrize("crop", [0, 2])
def test_labels(symbols, crop):
    y = ["".join(symbols["ACGT".index(c) % len(symbols)] for c in text) for text in X]
    y = [labels[crop : LENGTH - crop] for labels in y]
    model = SequenceLabeler(**NET, crop=crop).fit(X, y)
    odds = against_rest(model.predict_proba(X))
    for i, label in enumerate(symbols):
        check(ask(model, label)[0], odds[:, :, i].mean(axis=1))
        check(ask(model, (label, 3))[0], odds[:, 3, i])
        check(ask(model, (label, 3))[1], model.predict_proba(X)[:, 3, i])
    check(ask(model, lambda outputs: outputs[:, 1, 0])[0],
          odds[:, 0, 1])  # fmt: skip
    outputs = describe_outputs(model)
    assert (outputs.axis, outputs.noun) == ("position", "label")
    with pytest.raises(ValueError, match=rf"a position out of 0 to {LENGTH - 2 * crop - 1}: 99"):
        ask(model, ("a", 99))
    with pytest.raises(ValueError, match=r"a label out of 'a', 'b'.* 'x' is none of them"):
        ask(model, ("x", 0))


PROFILES = {
    "poisson": {"loss": "poisson"},
    "multinomial": {"loss": "multinomial"},
    "joint": {"loss": "multinomial", "joint_tracks": True},
    "mse": {"loss": "mse"},
}


@pytest.mark.parametrize("name", PROFILES)
def test_profiles(name):
    model = ProfileRegressor(**NET, **PROFILES[name]).fit(X, COUNTS)
    signals = model.predict(X).astype(float)
    totals = signals.sum(axis=1)
    is_value = name == "mse"
    rates = signals if is_value else np.log(signals)
    expected_totals = totals if is_value else np.log1p(totals)
    for track in range(2):
        check(ask(model, (track, 5))[0], rates[:, 5, track])
        check(ask(model, (track, "total"))[0], expected_totals[:, track])
        check(ask(model, track)[0], expected_totals[:, track])
    check(ask(model, (None, 5))[0], rates[:, 5].mean(axis=1))
    every = np.log1p(totals.sum(axis=1)) if name == "joint" else expected_totals.mean(axis=1)
    check(ask(model, "total")[0], every)
    check(ask(model)[0], every)
    check(ask(model, lambda outputs: outputs[:, 1, 3])[0], signals[:, 3, 1])
    if is_value:
        with pytest.raises(ValueError, match="needs a model of counts"):
            ask(model, "profile")
    else:
        centered = rates - rates.mean(axis=1, keepdims=True)
        shapes = (softmax(rates, axis=1) * centered).sum(axis=1)
        check(ask(model, "profile")[0], shapes.mean(axis=1))
        check(ask(model, (1, "profile"))[0], shapes[:, 1])
    with pytest.raises(ValueError, match="a track out of 0, 1, or 'total', 'profile': 'x' is none"):
        ask(model, "x")
    with pytest.raises(ValueError, match="a bin out of 0 to 11: 99 is none of them"):
        ask(model, (0, 99))


def test_a_profile_of_one_track():
    model = ProfileRegressor(**NET).fit(X, COUNTS[..., 0])
    check(ask(model)[0], np.log1p(model.predict(X).sum(axis=1)))


# -- networks in torch --------------------------------------------------------------------------


NETWORKS = {
    "two classes": (CNNClassifier(**CNN), Y, [None, 0]),
    "three classes": (CNNClassifier(**CNN), Y3, ["b"]),
    "both strands": (CNNClassifier(**CNN, reverse_complement="average"), Y3, ["c"]),
    "tasks": (CNNClassifier(**CNN), TASKS, ["K562", 1]),
    "values": (CNNRegressor(**CNN), VALUES, ["high"]),
    "rates": (CNNRegressor(**CNN, loss="poisson"), COUNTS[:, 0], [1]),
    "labels": (SequenceLabeler(**NET), np.arange(N * LENGTH).reshape(N, -1) % 3, [1, (2, 4)]),
    "profile": (ProfileRegressor(**NET), COUNTS, ["total", "profile", 1, (0, 3)]),
    "profile with totals": (
        ProfileRegressor(**NET, loss="multinomial"),
        COUNTS,
        ["total", "profile", 1, (0, 3)],
    ),
    "pairs": (
        PairLabeler(**NET, pair_filters=4, pair_dilation=1),
        np.arange(N)[:, None, None] % 2 + np.zeros((LENGTH, LENGTH)),
        [1, (2, 4), (0, 3, 3)],
    ),
    "joint profile": (
        ProfileRegressor(**NET, loss="multinomial", joint_tracks=True),
        COUNTS,
        ["total", (0, "total"), (1, "profile"), (0, 3)],
    ),
}


def last_of_all(outputs):
    """A target of the user's own, in torch and in numpy."""
    while outputs.ndim > 2:
        outputs = outputs.sum(2)
    return outputs[:, -1]


@pytest.mark.parametrize("name", NETWORKS)
def test_torch_and_numpy_agree(name):
    estimator, y, targets = NETWORKS[name]
    model = estimator.fit(X, y)
    for target in [*targets, last_of_all]:
        score = SequenceScore(model, target)
        data = score.read(X[:5])
        check(score.predict(data), ask(model, target, X[:5])[0])
        x = score.to_channels(data).requires_grad_()
        score(x).sum().backward()
        assert torch.isfinite(x.grad).all()
        assert x.grad.abs().max() > 0


def test_conditional_scores_are_exact_where_probabilities_saturate():
    model = kmers(LogisticRegression(C=1e6), Y3)
    model[-1].coef_ *= 1000
    logits = model.decision_function(X)
    expected = logits[:, 0] - logsumexp(logits[:, 1:], axis=1)
    assert abs(expected).max() > 40
    np.testing.assert_allclose(ask(model, "a")[0], expected)


# -- input, and what is refused ------------------------------------------------------------------


def test_alphabets_of_proteins():
    rng = np.random.RandomState(0)
    proteins = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), LENGTH)) for _ in range(N)]
    deep = CNNClassifier(alphabet="protein", **CNN).fit(proteins, Y)
    for model in (kmers(LogisticRegression(), Y, proteins, alphabet="protein"), deep):
        predictor = Predictor(model)
        raw = predictor.of_codes(encode(proteins, "protein"), "protein")
        found = predictor.outputs.select().predict(raw)
        check(found, model.predict_proba(proteins)[:, 1])


def test_names_survive_pickling_and_wrappers():
    model = CNNClassifier(**CNN).fit(X, TASKS)
    assert model.target_names_ == ["K562", "HepG2"]
    assert describe_outputs(FrozenEstimator(model)).names == ("K562", "HepG2")
    ensemble = DeepEnsembleRegressor(CNNRegressor(**CNN), n_estimators=2).fit(X, VALUES)
    assert describe_outputs(ensemble).names == ("low", "high")


def test_columns_of_a_profile_are_bins_not_tracks():
    model = ProfileRegressor(**NET).fit(X, pd.DataFrame(COUNTS[..., 0]).add_prefix("bin"))
    assert describe_outputs(model).names == (0,)


def test_names_of_tasks_of_other_models():
    adversarial = DomainAdversarialClassifier(**NET).fit(X, TASKS, domains=Y)
    assert describe_outputs(adversarial).names == ("K562", "HepG2")
    frame = pd.DataFrame({"sequence": X, "level": VALUES["low"]})
    views = [
        ("dna", None, CNNClassifier(**CNN), "sequence"),
        ("level", None, MLPClassifier(n_channels=1, **SMALL), ["level"]),
    ]
    for fusion in ("concat", "ensemble"):
        model = MultiViewClassifier(views=views, fusion=fusion, **SMALL).fit(frame, TASKS)
        assert describe_outputs(model).names == ("K562", "HepG2")
        check(ask(model, "HepG2", X=frame)[1], model.predict_proba(frame)[:, 1])


def test_bad_input_is_named():
    model = kmers(LogisticRegression(), Y)
    with pytest.raises(ValueError, match="target must name a class out of 0, 1: 'x' is none"):
        ask(model, "x")
    with pytest.raises(ValueError, match=r"target=\(0, 3\) is a pair, but this model has one cla"):
        ask(model, (0, 3))
    with pytest.raises(ValueError, match="KmerCounter has no predict; give a fitted classifier"):
        Predictor(KmerCounter())
    with pytest.raises(ValueError, match="str has no predict"):
        Predictor("model")
    with pytest.raises(ValueError, match="has no decision_function"):
        Predictor(kmers(DecisionTreeClassifier(), Y), "decision_function")
    words = kmers(DecisionTreeClassifier(), Y.astype(str))
    with pytest.raises(ValueError, match="needs one number or a row of numbers each"):
        ask(words, method="predict")
    with pytest.raises(ValueError, match="give a few samples as X"):
        describe_outputs(model)
    with pytest.raises(ValueError, match=r"to one number per sequence, of shape \(40,\), but it r"):
        ask(model, lambda outputs: outputs)
