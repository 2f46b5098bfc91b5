"""Global experiments, on models whose answers are known."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter, MLPRegressor, OneHotEncoder
from skgenomics.inspection.experiments.marginalize import marginalize, spacing
from skgenomics.motifs import Motif
from skgenomics.sequences import decode
from skgenomics.testing import make_text

X = make_text(60, 30)
GC = np.array([text.count("G") + text.count("C") for text in X], dtype=float)


@pytest.fixture(scope="module")
def counts():
    """A linear model that counts G and C exactly."""
    return make_pipeline(KmerCounter(k=1), LinearRegression()).fit(X, GC)


@pytest.fixture(scope="module")
def additive():
    """A network without interactions: a linear path alone would do."""
    return MLPRegressor(hidden_units=(), kmer_path=0, max_iter=5, random_state=0).fit(X, GC)


def test_the_effect_is_the_difference_of_predictions(counts):
    result = marginalize(counts, ["GGGG", "AAAA"], X, position=3)
    for i, motif in enumerate(["GGGG", "AAAA"]):
        edited = [text[:3] + motif + text[7:] for text in X]
        expected = counts.predict(edited) - counts.predict(X)
        np.testing.assert_allclose(result.effects[i], expected, atol=1e-6)
        assert result.table["effect"][i] == pytest.approx(expected.mean(), abs=1e-6)
        error = expected.std(ddof=1) / np.sqrt(len(X))
        assert result.table["standard_error"][i] == pytest.approx(error, abs=1e-6)


def test_a_network_is_scored_as_it_predicts(additive):
    result = marginalize(additive, "GGGG", X, position=0)
    expected = additive.predict(["GGGG" + text[4:] for text in X]) - additive.predict(X)
    np.testing.assert_allclose(result.effects[0], expected, atol=1e-4)


def test_every_position_and_both_strands(counts):
    result = marginalize(counts, "GGA", X[:5], position="all", both_strands=True)
    assert result.table["position"].tolist() == [*range(28), *range(28)]
    assert result.table["strand"].tolist() == ["+"] * 28 + ["-"] * 28
    edited = [text[:7] + "TCC" + text[10:] for text in X[:5]]
    expected = counts.predict(edited) - counts.predict(X[:5])
    np.testing.assert_allclose(result.effects[28 + 7], expected, atol=1e-6)


def test_the_middle_is_that_of_each_sequence(counts):
    texts = ["A" * 20, "A" * 10]
    result = marginalize(counts, "GGGG", texts)
    np.testing.assert_allclose(result.effects[0], 4, atol=1e-6)


def test_symbols_are_drawn_from_probabilities(counts):
    half = Motif("half", [[0.5, 0, 0.5, 0]] * 8)
    table = marginalize(counts, [half, "RRRRRRRR", "NNNNNNNN"], ["A" * 30] * 400, n_backgrounds=400)
    np.testing.assert_allclose(table.table["effect"], 4, atol=0.4)
    assert table.table["motif"].tolist() == ["half", "RRRRRRRR", "NNNNNNNN"]


def test_backgrounds(additive):
    rich = marginalize(additive, "A", n_backgrounds=50, gc_content=0.9, random_state=0)
    assert rich.backgrounds.shape == (50, 30)
    assert np.isin(rich.backgrounds, [1, 2]).mean() > 0.8
    again = marginalize(additive, "A", n_backgrounds=50, gc_content=0.9, random_state=0)
    np.testing.assert_array_equal(rich.effects, again.effects)
    drawn = decode(marginalize(additive, "A", X, n_backgrounds=10, random_state=0).backgrounds)
    assert len(set(drawn)) == 10
    assert set(drawn) <= set(X)
    shuffled = marginalize(additive, "A", X, shuffle=True, n_backgrounds=90, random_state=0)
    texts = decode(shuffled.backgrounds)
    words = {tuple(sorted(map("".join, pairwise(text)))) for text in X}
    assert len(texts) == 90
    assert all(tuple(sorted(map("".join, pairwise(text)))) in words for text in texts)


def test_a_pipeline_with_one_hot_codes():
    model = make_pipeline(OneHotEncoder(), CNNClassifier(max_iter=1, random_state=0))
    model.fit(X, GC > 15)
    result = marginalize(model, "GGGG", X[:7], position=2)
    edited = [text[:2] + "GGGG" + text[6:] for text in X[:7]]
    expected = model.decision_function(edited) - model.decision_function(X[:7])
    np.testing.assert_allclose(result.effects[0], expected, atol=1e-5)


def test_the_order_of_symbols_is_that_of_the_alphabet():
    model = CNNClassifier(alphabet="TGCA", max_iter=1, random_state=0).fit(X, GC > 15)
    result = marginalize(model, "ACCW", X[:7], position=2, both_strands=True, random_state=0)
    plain = marginalize(model, "ACC", X[:7], position=2)
    edited = [text[:2] + "ACC" + text[5:] for text in X[:7]]
    expected = model.decision_function(edited) - model.decision_function(X[:7])
    np.testing.assert_allclose(plain.effects[0], expected, atol=1e-5)
    assert np.isfinite(result.effects).all()
    random = marginalize(model, "A", n_backgrounds=50, gc_content=1.0, random_state=0)
    assert set("".join(decode(random.backgrounds, "TGCA"))) == {"C", "G"}


def test_what_adds_up_has_no_interaction(counts, additive):
    table = spacing(counts, "GG", "CA", range(0, 10, 3), X)
    np.testing.assert_allclose(table["interaction"], 0, atol=1e-5)
    assert len(table) == 16
    table = spacing(additive, "GG", "CA", [0, 4], X, orientations=["+-"])
    np.testing.assert_allclose(table["interaction"], 0, atol=1e-4)


def test_an_interaction_is_found_at_its_distance():
    """Pairs of letters count where these are side by side alone."""
    rng = np.random.default_rng(0)
    texts = ["".join(row) for row in rng.choice(list("ACGT"), size=(300, 20))]
    y = [text.count("GC") for text in texts]
    model = make_pipeline(KmerCounter(k=2), LinearRegression()).fit(texts, y)
    table = spacing(model, "G", "C", [0, 1, 2], ["A" * 20] * 2, orientations=["++", "--"])
    expected = {("++", 0): 1.0}
    for row in table.itertuples():
        wanted = expected.get((row.orientation, row.distance), 0.0)
        assert row.interaction == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"motifs": []}, "motifs is empty"),
        ({"motifs": ""}, "motif is empty"),
        ({"motifs": "GXG"}, "symbol 'X'"),
        ({"motifs": "A" * 31}, "background 0 has 30"),
        ({"position": 29}, "position must be"),
        ({"position": "left"}, "position must be"),
        ({"position": True}, "position must be"),
        ({"n_backgrounds": 0}, "n_backgrounds"),
        ({"gc_content": 2, "backgrounds": None}, "gc_content"),
        ({"motifs": Motif("P", np.eye(20)[:2], alphabet="protein")}, "alphabet"),
    ],
)
def test_bad_input_is_named(additive, changes, message):
    settings = {"motifs": "GG", "backgrounds": X} | changes
    with pytest.raises(ValueError, match=message):
        marginalize(additive, **settings)


def test_bad_distances_are_named(additive):
    for distances, message in [
        ([-1], "swap the motifs"),
        ([], "distances must be"),
        ([40], "40 positions"),
    ]:
        with pytest.raises(ValueError, match=message):
            spacing(additive, "A", "C", distances, X)
    with pytest.raises(ValueError, match="orientations"):
        spacing(additive, "A", "C", [0], X, orientations=["+"])


def test_a_length_is_needed_for_random_backgrounds(counts):
    with pytest.raises(ValueError, match="give `backgrounds`"):
        marginalize(counts, "A")


def test_inputs_stay_as_they_are(additive):
    codes = np.random.default_rng(0).integers(4, size=(5, 30)).astype(np.uint8)
    before = codes.copy()
    marginalize(additive, "GGG", codes)
    np.testing.assert_array_equal(codes, before)
