"""Effects of edits against predictions of edited sequences, one by one."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    CNNRNNClassifier,
    KmerCounter,
    KmerTokenizer,
    MLPClassifier,
    OneHotEncoder,
    ProfileRegressor,
    ResNetClassifier,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
)
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.mutations._edits import NetworkScore
from skgenomics.inspection.mutations.substitutions import epistasis, find_score, mutagenesis
from skgenomics.sequences import encode, one_hot

LENGTH = 40
FIT = {"max_iter": 2, "random_state": 0, "learning_rate": 0.05}
CNN = FIT | {"n_filters": (8, 8), "kernel_size": 5, "pool_size": (2, 1), "hidden_units": 8}
RESNET = {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2)}


def make_texts(n, *, shortest=LENGTH, seed=0):
    rng = np.random.default_rng(seed)
    texts = [
        "".join(rng.choice(list("ACGT"), rng.integers(shortest, LENGTH + 1))) for _ in range(n)
    ]
    return ["".join(rng.choice(list("ACGT"), LENGTH)), *texts[1:]]


def score_texts(estimator, texts, target=None):
    if isinstance(estimator, SequenceScore):
        return estimator.predict(estimator.read(texts))
    return SequenceScore(estimator, target).predict(SequenceScore(estimator, target).read(texts))


def brute_force(predict, texts):
    """Differences of predictions for texts, letter by letter."""
    effects = np.zeros((len(texts), max(map(len, texts)), 4))
    for i, text in enumerate(texts):
        before = predict([text])[0]
        for p in range(len(text)):
            for c, symbol in enumerate("ACGT"):
                if symbol != text[p]:
                    after = predict([text[:p] + symbol + text[p + 1 :]])[0]
                    effects[i, p, c] = after - before
    return effects


def check(estimator, X, target=None, **settings):
    expected = brute_force(lambda texts: score_texts(estimator, texts, target), X)
    found = mutagenesis(estimator, X, target=target, **settings)
    assert np.abs(expected).max() > 1e-4
    scale = np.abs(score_texts(estimator, X, target)).max()
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(scale, np.abs(expected).max()))
    return found


class Own(torch.nn.Module):
    """A module that changes its input in place."""

    def __init__(self, n_channels, length, n_outputs):
        super().__init__()
        self.conv = torch.nn.Conv1d(n_channels, 8, 5)
        self.out = torch.nn.Linear(8, n_outputs)

    def forward(self, x):
        maps = self.conv(x)
        maps[:, 0] *= 2
        return self.out(torch.nn.functional.relu(maps, inplace=True).amax(dim=-1))


ESTIMATORS = {
    "CNN": CNNClassifier(**CNN),
    "both strands": CNNClassifier(**CNN, reverse_complement="average"),
    "tied": CNNClassifier(**CNN, reverse_complement="tied", linear_path=False),
    "any length": CNNClassifier(
        **CNN, head_pool=("max", "mean"), linear_path=False, reverse_complement="average"
    ),
    "MLP": MLPClassifier(**FIT, hidden_units=8),
    "ResNet": ResNetClassifier(**FIT, **RESNET),
    "CNNRNN": CNNRNNClassifier(**FIT, n_filters=8, hidden_size=8),
    "own module": SequenceClassifier(network=Own, **FIT),
    "pipeline": make_pipeline(OneHotEncoder(), CNNClassifier(**CNN)),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_classifiers(name):
    X = make_texts(24)
    X[1] = X[1][:7] + "N" + X[1][8:]
    model = ESTIMATORS[name].fit(X, np.arange(24) % 2)
    check(model, X[:2])


@pytest.mark.parametrize("name", ["CNN", "both strands", "tied", "any length", "ResNet"])
def test_padding(name):
    X = make_texts(24, shortest=25)
    X[1] = "NN" + X[1][2:-1] + "N"
    model = ESTIMATORS[name].fit(X, np.arange(24) % 2)
    found = check(model, X[:3])
    # Unknown bases at the ends belong to the sequence, padding does not.
    assert found[1, :2].any()
    assert not found[1, len(X[1]) :].any()
    assert not found[2, len(X[2]) :].any()


def test_classes_tasks_and_targets():
    X, rng = make_texts(30), np.random.default_rng(0)
    check(CNNClassifier(**CNN).fit(X, np.arange(30) % 3), X[:1], target=2)
    check(CNNClassifier(**CNN).fit(X, rng.integers(0, 2, size=(30, 2))), X[:1], target=1)
    check(CNNRegressor(**CNN).fit(X, rng.normal(size=(30, 2)) * 5 + 3), X[:1], target=0)


@pytest.mark.parametrize("target", ["b", ("b", 17)])
def test_labels(target):
    X = make_texts(12)
    y = ["".join("ab"[symbol in "CG"] for symbol in text) for text in X]
    model = SequenceLabeler(network_params=RESNET, **FIT).fit(X, y)
    check(model, X[:1], target=target)


@pytest.mark.parametrize("target", [None, (0, 3)])
def test_profiles(target):
    X = make_texts(12)
    y = np.random.default_rng(0).poisson(3, size=(12, 20)).astype(float)
    check(ProfileRegressor(network_params=RESNET, crop=10, **FIT).fit(X, y), X[:1], target=target)


def test_forms_of_input_agree():
    X = make_texts(24)
    codes = encode(X)
    model = CNNClassifier(**CNN).fit(X, np.arange(24) % 2)
    expected = mutagenesis(model, X[:2])
    np.testing.assert_array_equal(mutagenesis(model, codes[:2]), expected)
    channels = one_hot(codes)
    np.testing.assert_allclose(mutagenesis(model, channels[:2]), expected, atol=1e-6)
    np.testing.assert_allclose(mutagenesis(model, [x.lower() for x in X[:2]]), expected)


def test_batch_size_and_range_change_nothing():
    X = make_texts(24)
    model = CNNClassifier(**CNN).fit(X, np.arange(24) % 2)
    expected = mutagenesis(model, X)
    np.testing.assert_allclose(mutagenesis(model, X, batch_size=7), expected, atol=1e-5)
    part = mutagenesis(model, X, start=30, end=33)
    np.testing.assert_allclose(part, expected[:, 30:33], atol=1e-5)


def test_the_symbol_that_is_there_has_no_effect():
    X = make_texts(24)
    found = mutagenesis(CNNClassifier(**CNN).fit(X, np.arange(24) % 2), X[:3])
    assert not found[one_hot(encode(X[:3])).astype(bool)].any()


def test_is_computed_where_it_changes(monkeypatch):
    X = make_texts(24)
    score = find_score(CNNClassifier(**CNN).fit(X, np.arange(24) % 2), X[:1], None)
    monkeypatch.setattr(
        "skgenomics.inspection.mutations.substitutions.find_score", lambda *args: score
    )
    mutagenesis(score.score.estimator, X[:1])
    assert isinstance(score, NetworkScore)
    assert score.is_local


def test_leaves_the_estimator_as_it_is():
    X = make_texts(24)
    model = CNNClassifier(**CNN).fit(X, np.arange(24) % 2)
    before = {name: value.clone() for name, value in model.network_.state_dict().items()}
    state = torch.get_rng_state()
    mutagenesis(model, X[:2])
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], v) for name, v in model.network_.state_dict().items())


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(KmerCounter(k=3), LogisticRegression()),
        make_pipeline(KmerCounter(k=2), MLPClassifier(n_channels=1, max_iter=2, random_state=0)),
        make_pipeline(
            KmerTokenizer(k=3),
            TransformerClassifier(
                vocabulary_size=69, d_model=16, n_heads=2, n_layers=1, max_iter=1, random_state=0
            ),
        ),
    ],
    ids=["linear", "counts", "tokens"],
)
def test_estimators_of_text(model):
    X = make_texts(20, shortest=25)
    model.fit(X, np.arange(20) % 2)
    expected = brute_force(lambda texts: np.ravel(model.decision_function(texts)), X[:2])
    np.testing.assert_allclose(mutagenesis(model, X[:2]), expected, atol=1e-5)


def test_regressors_of_text():
    X = make_texts(20)
    model = make_pipeline(KmerCounter(k=2), Ridge()).fit(X, [x.count("CG") for x in X])
    np.testing.assert_allclose(
        mutagenesis(model, X[:1]), brute_force(model.predict, X[:1]), atol=1e-6
    )


def test_proteins():
    X = ["MKVLA", "MKVLC", "AAVLA", "AAVLC"]
    counter = KmerCounter(k=1, alphabet="protein")
    model = make_pipeline(counter, LogisticRegression()).fit(X, [1, 1, 0, 0])
    effects = mutagenesis(model, X[:1])
    assert effects.shape == (1, 5, 20)
    assert effects[0, 0].min() < 0


@pytest.mark.parametrize("change", ["unknown", "symbols"])
@pytest.mark.parametrize("name", ["CNN", "any length", "text"])
def test_epistasis(name, change):
    X = make_texts(24)
    model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    model = (model if name == "text" else ESTIMATORS[name]).fit(X, np.arange(24) % 2)

    def f(text):
        if name == "text":
            return model.decision_function([text])[0]
        return score_texts(model, [text])[0]

    positions = [30, 0, 1]
    found = epistasis(model, X[:2], positions=positions, change=change)
    text, symbols = X[1], "N" if change == "unknown" else "ACGT"
    assert np.abs(found).max() > 1e-4
    for p, first in enumerate(positions):
        for q, second in enumerate(positions):
            for a, one in enumerate(symbols):
                for b, other in enumerate(symbols):
                    if p == q or one == text[first] or other == text[second]:
                        expected = 0
                    else:
                        alone = text[:first] + one + text[first + 1 :]
                        both = alone[:second] + other + alone[second + 1 :]
                        single = text[:second] + other + text[second + 1 :]
                        expected = f(both) - f(alone) - f(single) + f(text)
                    value = found[1, p, q] if change == "unknown" else found[1, p, q, a, b]
                    assert value == pytest.approx(expected, abs=2e-5)


def test_positions_that_do_not_interact():
    X = make_texts(20)
    model = make_pipeline(KmerCounter(k=1), LogisticRegression()).fit(X, np.arange(20) % 2)
    np.testing.assert_allclose(epistasis(model, X[:1], positions=[1, 9]), 0, atol=1e-9)


def test_bad_input():
    X = make_texts(24)
    model = CNNClassifier(**CNN).fit(X, np.arange(24) % 2)
    for settings, message in (
        ({"start": 5, "end": 5}, "start before end"),
        ({"end": 41}, "length 40"),
        ({"start": -1}, "start must be an integer >= 0"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"target": "x"}, "target must name a class"),
    ):
        with pytest.raises(ValueError, match=message):
            mutagenesis(model, X[:1], **settings)
    for positions, message in (
        ([0, 40], "between 0 and 39, got 40"),
        ([1, 1], "twice"),
        ([0.5], "integers"),
    ):
        with pytest.raises(ValueError, match=message):
            epistasis(model, X[:1], positions=positions)
    signals = np.random.default_rng(0).normal(size=(20, 30, 2)).astype(np.float32)
    model = CNNClassifier(**CNN, n_channels=2).fit(signals, np.arange(20) % 2)
    with pytest.raises(ValueError, match="signals"):
        mutagenesis(model, signals)


def test_progress(capsys):
    X = make_texts(24)
    model = make_pipeline(KmerCounter(k=1), LogisticRegression()).fit(X, np.arange(24) % 2)
    mutagenesis(model, X[:1], verbose=1, batch_size=10)
    assert capsys.readouterr().out.endswith("120 of 120 edits\n")
