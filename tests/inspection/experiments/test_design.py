"""Designed sequences and optimal inputs."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter, MLPRegressor, RNNClassifier
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.experiments.design import class_optimization, design
from skgenomics.testing import make_text

X = make_text(200, 12)
VALUES = {"A": 3.0, "C": 1.0, "G": -1.0, "T": -2.0}
Y = np.array([sum(VALUES[symbol] for symbol in text) for text in X])


@pytest.fixture(scope="module")
def additive():
    return make_pipeline(KmerCounter(k=1), LinearRegression()).fit(X, Y)


@pytest.fixture(scope="module")
def pairs():
    """Pairs of letters count, so that single edits may lead astray."""
    y = np.array([3.0 * text.count("CC") - text.count("C") for text in X])
    return make_pipeline(KmerCounter(k=2), LinearRegression()).fit(X, y)


@pytest.fixture(scope="module")
def cnn():
    data = make_motif_classification(
        500, 40, motifs=["GATAAG"], conservation=1, both_strands=False, random_state=0
    )
    return CNNClassifier(max_iter=12, random_state=0).fit(data.X, data.y)


def test_the_best_edits_come_first(additive):
    result = design(additive, "TTGCAA", n_edits=3)
    assert result.sequence == "AAACAA"
    assert set(result.edits["position"]) == {0, 1, 2}
    assert result.edits["ref"].tolist() == ["T", "T", "G"]
    assert result.score == pytest.approx(additive.predict([result.sequence])[0], abs=1e-5)
    steps = np.diff([result.start_score, *result.edits["score"]])
    np.testing.assert_allclose(steps, [5, 5, 4], atol=1e-4)
    assert design(additive, "aaaa", goal="minimize", n_edits=1).edits["alt"][0] == "T"


def test_it_stops_where_nothing_helps(additive):
    result = design(additive, "AAAA")
    assert result.sequence == "AAAA"
    assert result.edits.empty
    assert result.score == result.start_score


def test_a_number_is_met(additive):
    result = design(additive, "TTTTTT", goal=7.0, n_edits=10)
    assert result.score == pytest.approx(7.0, abs=0.51)


def test_only_what_is_allowed_changes(additive):
    result = design(additive, "TTTTTT", positions=[1, 4], symbols="CG")
    assert result.sequence == "TCTTCT"
    assert design(additive, "TNT", n_edits=5).sequence == "ANA"
    assert design(additive, "TNT", n_edits=5, positions=[1]).sequence == "TAT"


def test_a_wide_beam_finds_the_best_of_all(pairs):
    everything = ["".join(symbols) for symbols in itertools.product("ACGT", repeat=5)]
    start = "AGTGA"
    near = [t for t in everything if sum(a != b for a, b in zip(t, start, strict=True)) <= 2]
    best = pairs.predict(near).max()
    wide = design(pairs, start, n_edits=2, beam_width=50)
    assert wide.score == pytest.approx(best, abs=1e-5)
    assert wide.score >= design(pairs, start, n_edits=2).score
    assert wide.beam["score"].is_monotonic_decreasing
    assert wide.beam["sequence"].is_unique
    assert wide.beam["sequence"][0] == wide.sequence


def test_a_network_gets_its_motif(cnn):
    start = "ACGT" * 10
    result = design(cnn, start, n_edits=8)
    assert cnn.decision_function([result.sequence])[0] == pytest.approx(result.score, abs=1e-4)
    assert cnn.predict_proba([result.sequence])[0, 1] > 0.9
    assert "GATAA" in result.sequence
    down = design(cnn, result.sequence, goal="minimize", n_edits=4)
    assert down.score < result.score


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"goal": "up"}, "goal must be"),
        ({"goal": np.nan}, "goal must be"),
        ({"n_edits": 0}, "n_edits"),
        ({"beam_width": 0}, "beam_width"),
        ({"positions": [9]}, "positions must be in"),
        ({"positions": []}, "positions must be at least one integer"),
        ({"positions": [0.5]}, "positions must be at least one integer"),
        ({"positions": [0], "start": "NACG"}, "from the first known symbol"),
        ({"start": "NNN"}, "no known symbol"),
        ({"symbols": "N"}, "symbols must be among"),
        ({"symbols": ""}, "every sequence is empty"),
        ({"start": ["ACGT"]}, "start must be one sequence"),
    ],
)
def test_bad_input_is_named(additive, changes, message):
    with pytest.raises(ValueError, match=message):
        design(additive, **({"start": "ACGT"} | changes))


def test_the_optimal_input_of_a_linear_network():
    """Of w x - penalty x^2 the maximum is known: x = w / (2 penalty)."""
    text = make_text(60, 6)
    paths = {"linear_path": False, "kmer_path": 0, "reverse_complement": None}
    model = MLPRegressor(hidden_units=(), max_iter=3, **paths)
    model.fit(text, np.arange(60.0))
    weight = model.network_.output.weight.detach().reshape(4, 6).T.numpy() * model.y_scale_[0]
    penalty = float(abs(weight).max())
    result = class_optimization(model, penalty=penalty, n_iter=600, learning_rate=0.005)
    np.testing.assert_allclose(result.matrix, weight / (2 * penalty), atol=0.02)
    assert result.sequence == "".join("ACGT"[i] for i in weight.argmax(axis=1))
    assert result.sequence_score == pytest.approx(model.predict([result.sequence])[0], rel=1e-4)
    np.testing.assert_allclose(result.probabilities.sum(axis=1), 1, atol=1e-6)


def test_a_class_looks_like_its_motif(cnn):
    before = {name: weight.clone() for name, weight in cnn.network_.state_dict().items()}
    gradients = [None if w.grad is None else w.grad.clone() for w in cnn.network_.parameters()]
    state = torch.get_rng_state()
    # The penalty keeps the matrix near sequences, so that its largest entries spell the motif.
    # Less than one in 100 random sequences of this length has the motif, one in 20,000 has two.
    result = class_optimization(cnn, 1, n_iter=150, penalty=0.1)
    assert result.sequence.count("GATAAG") >= 2
    assert result.curve[-1] > result.curve[0]
    against = class_optimization(cnn, 0, n_iter=150, penalty=0.1)
    assert "GATAAG" not in against.sequence
    assert cnn.predict([result.sequence, against.sequence]).tolist() == [1, 0]
    assert all(torch.equal(before[k], v) for k, v in cnn.network_.state_dict().items())
    for kept, weight in zip(gradients, cnn.network_.parameters(), strict=True):
        assert (kept is None) == (weight.grad is None)
        assert kept is None or torch.equal(kept, weight.grad)
    assert torch.equal(state, torch.get_rng_state())


def test_recurrent_networks_and_signals():
    model = RNNClassifier(hidden_size=4, max_iter=1, random_state=0).fit(X, Y > 0)
    assert len(class_optimization(model, True, n_iter=5).sequence) == 12
    signals = np.random.default_rng(0).normal(size=(30, 10, 3)).astype(np.float32)
    model = CNNClassifier(n_channels=3, max_iter=1, random_state=0).fit(signals, np.arange(30) % 2)
    result = class_optimization(model, n_iter=5)
    assert result.matrix.shape == (10, 3)
    assert result.sequence is None


def test_what_is_wrong_is_named(cnn, additive):
    with pytest.raises(ValueError, match="target must name a class"):
        class_optimization(cnn, 7)
    with pytest.raises(ValueError, match="is not a deep estimator"):
        class_optimization(additive)
    with pytest.raises(ValueError, match="penalty"):
        class_optimization(cnn, penalty=-1)
