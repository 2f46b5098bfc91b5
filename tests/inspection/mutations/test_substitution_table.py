"""score_substitutions: equality with predictions of mutated text, and named errors."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter, MaskedLanguageModel, SequenceVAE
from skgenomics.inspection import mutagenesis, score_substitutions

PROTEIN = "ACDEFGHIKLMNPQRSTVWY"
WILD = "MKTAYIAKQRQISFVKSHFSRQ"


@pytest.fixture(scope="module")
def proteins():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list(PROTEIN), len(WILD))) for _ in range(60)]
    return X, np.array([x.count("K") for x in X])


@pytest.fixture(scope="module")
def classifier(proteins):
    X, y = proteins
    params = {"n_filters": 8, "kernel_size": 3, "max_iter": 3, "random_state": 0}
    return CNNClassifier(alphabet="protein", **params).fit(X, y > 1)


def mutate(text, *changes):
    for position, residue in changes:
        text = text[: position - 1] + residue + text[position:]
    return text


def test_equal_to_predictions_of_mutated_text(proteins):
    X, y = proteins
    model = make_pipeline(KmerCounter(k=2, alphabet="protein"), Ridge()).fit(X, y)
    names = ["M1K", "K2A:A4W", "Q22Y"]
    variants = [
        mutate(WILD, (1, "K")),
        mutate(WILD, (2, "A"), (4, "W")),
        mutate(WILD, (22, "Y")),
    ]
    table = score_substitutions(model, names, WILD)
    assert table.columns.tolist() == [
        *("mutant", "n_substitutions", "ref", "alt", "delta", "log_odds")
    ]
    assert_allclose(table["alt"], model.predict(variants))
    assert_allclose(table["ref"], model.predict([WILD] * 3))
    assert_allclose(table["delta"], table["alt"] - table["ref"])
    assert table["n_substitutions"].tolist() == [1, 2, 1]
    assert table["log_odds"].isna().all()


def test_log_odds_are_those_of_mutagenesis(classifier):
    effects = mutagenesis(classifier, [WILD])[0]
    names = [f"{WILD[i]}{i + 1}{x}" for i in range(len(WILD)) for x in PROTEIN]
    table = score_substitutions(classifier, names, WILD)
    assert_allclose(table["log_odds"], effects.ravel(), atol=1e-4)


def test_frames_keep_their_index_and_other_numbering(classifier):
    frame = pd.DataFrame({"mutant": ["m101k", "K102A"], "DMS_score": [0.1, 0.2]}, index=["p", "q"])
    table = score_substitutions(classifier, frame, WILD.lower(), first_position=101)
    assert table.index.tolist() == ["p", "q"]
    expected = score_substitutions(classifier, ["M1K", "K2A"], WILD)
    assert_allclose(table["alt"], expected["alt"])


@pytest.mark.parametrize(
    "model",
    [
        MaskedLanguageModel(alphabet="protein", network_params={"d_model": 16}, max_iter=1),
        SequenceVAE(alphabet="protein", max_iter=1, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_without_labels(model, proteins):
    model.fit(proteins[0])
    table = score_substitutions(model, ["M1K", "M1K"], WILD)
    assert np.isfinite(table["delta"]).all()
    if isinstance(model, MaskedLanguageModel):
        ref, alt = model.variant_scores([WILD], [mutate(WILD, (1, "K"))])
        assert_allclose(table["delta"], np.repeat(alt - ref, 2), rtol=1e-5)
        with pytest.raises(ValueError, match="neither classes nor targets"):
            score_substitutions(model, ["M1K"], WILD, target="x")


def test_planted_effect(proteins):
    """Substitutions that a linear rule of composition makes matter are ranked by it."""
    X, y = proteins
    model = make_pipeline(KmerCounter(k=1, alphabet="protein"), LogisticRegression()).fit(X, y > 1)
    table = score_substitutions(model, ["A4K", "K2A", "A4K:A7K", "A4A"], WILD)
    worth = table["log_odds"].to_numpy()
    assert worth[2] > worth[0] > 0 > worth[1]
    assert worth[3] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["M1K", "A24G"], "row 1 of the substitutions, from 0: 'A24G' is at a position outside"),
        (["M1K", "L4G"], "row 1 .*'L4G' replaces L at position 4, but the sequence has A there"),
        (["M1B"], "row 0 .*'M1B' has 'B', which is not a symbol"),
        (["M1K:M1A"], "row 0 .*names position 1 twice"),
        (["M1"], "row 0 .*'M1' is not a substitution such as 'A24G'"),
        (["M1K", None], "row 1 of the substitutions, from 0, is None, not a str"),
        ("M1K", "must be a list of variants"),
        (pd.DataFrame({"variant": ["M1K"]}), "has no column 'mutant'"),
    ],
)
def test_errors_name_the_row(classifier, names, message):
    with pytest.raises(ValueError, match=message):
        score_substitutions(classifier, names, WILD)


def test_nothing_to_score(classifier):
    assert score_substitutions(classifier, [], WILD).empty
