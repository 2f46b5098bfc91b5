"""Sites taken out of sequences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skgenomics import KmerCounter
from skgenomics.inspection.experiments.ablate import ablate
from skgenomics.motifs import Motif
from skgenomics.testing import make_text

# Of unequal lengths, so that all counts are told apart.
X = [text[: 10 + i % 20] for i, text in enumerate(make_text(60, 30))]


@pytest.fixture(scope="module")
def model():
    """The number of G and C."""
    y = [text.count("G") + text.count("C") for text in X]
    return make_pipeline(KmerCounter(k=1), LinearRegression()).fit(X, y)


def test_a_shuffle_of_the_same_symbols_costs_nothing(model):
    table = ablate(model, ["AAGGCCAA", "TTTTTTTT"], "GGCC", random_state=0)
    assert table[["sequence", "start", "end", "strand"]].to_numpy().tolist() == [[0, 2, 6, "+"]]
    assert table["score"][0] == pytest.approx(4, abs=1e-5)
    assert table["effect"][0] == pytest.approx(0, abs=1e-5)


def test_random_symbols_have_half_of_g_and_c(model):
    settings = {"replacement": "random", "n_replacements": 500, "random_state": 0}
    table = ablate(model, ["AAGGCCAA"], "GGCC", **settings)
    assert table["effect"][0] == pytest.approx(2, abs=5 * table["standard_error"][0])
    assert 0 < table["standard_error"][0] < 0.1


def test_both_strands_iupac_and_overlaps(model):
    table = ablate(model, ["TTAGGTTAACCTAA"], "WAGGT")
    found = table[["start", "end", "strand"]].to_numpy().tolist()
    assert found == [[1, 6, "+"], [8, 13, "-"]]
    assert len(ablate(model, ["AAAA"], "AA", both_strands=False)) == 3
    assert ablate(model, ["ACGT"], "ACGT")["strand"].tolist() == ["+"]


def test_positions_of_a_table_alone_or_together(model):
    places = pd.DataFrame(
        {"sequence": [1, 0, 0], "start": [0, 0, 4], "end": [1, 2, 6], "tf": list("xyz")},
        index=[7, 7, 9],
    )
    texts = ["GGAACCAA", "GAAAAAAA"]
    settings = {"replacement": "random", "n_replacements": 300, "random_state": 0}
    alone = ablate(model, texts, places, **settings)
    assert alone["tf"].tolist() == list("xyz")
    np.testing.assert_allclose(alone["effect"], [0.5, 1, 1], atol=0.25)
    together = ablate(model, texts, places, together=True, **settings)
    assert together["n_sites"].tolist() == [1, 2]
    np.testing.assert_allclose(together["effect"], [0.5, 2], atol=0.3)


def test_no_position_is_an_empty_table(model):
    table = ablate(model, ["AAAA"], "GG")
    assert table.empty
    assert {"sequence", "start", "end", "effect"} <= set(table.columns)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (pd.DataFrame({"sequence": [0], "start": [0]}), "no column 'end'"),
        (pd.DataFrame({"sequence": [0], "start": [2], "end": [9]}), "row 0 of the sites"),
        (pd.DataFrame({"sequence": [3], "start": [0], "end": [1]}), "row 0 of the sites"),
        (pd.DataFrame({"sequence": [0], "start": [2], "end": [2]}), "start comes before end"),
        (pd.DataFrame({"sequence": [0], "start": [np.nan], "end": [2]}), "row 0 .*'start'.*whole"),
        (pd.DataFrame({"sequence": [0], "start": ["a"], "end": [2]}), "row 0 .*'start'.*whole"),
    ],
)
def test_bad_positions_are_named(model, places, message):
    with pytest.raises(ValueError, match=message):
        ablate(model, ["ACGT"], places)


def test_positions_of_a_table_that_was_read_as_floats(model):
    places = pd.DataFrame({"sequence": [1.0], "start": [0.0], "end": [2.0]})
    expected = ablate(model, ["ACGT", "GGTT"], places.astype(int), replacement="unknown")
    found = ablate(model, ["ACGT", "GGTT"], places, replacement="unknown")
    assert found["effect"].tolist() == expected["effect"].tolist()


def test_texts_of_several_lengths(model):
    """What is behind the end of a text is neither searched nor replaced."""
    texts = ["GGGGAAAA", "AAGG"]
    table = ablate(model, texts, "GG", replacement="unknown", together=True)
    effects = model.predict(texts) - model.predict(["NNNNAAAA", "AANN"])
    np.testing.assert_allclose(table["effect"], effects, atol=1e-6)
    with pytest.raises(ValueError, match=r"2 to 6 of sequence 1.*that one has 4 positions"):
        ablate(model, texts, pd.DataFrame({"sequence": [1], "start": [2], "end": [6]}))


def test_bad_settings_are_named(model):
    with pytest.raises(ValueError, match="replacement"):
        ablate(model, ["ACGT"], "AC", replacement="zero")
    with pytest.raises(ValueError, match="n_replacements"):
        ablate(model, ["ACGT"], "AC", n_replacements=0)


def test_a_motif_is_found_by_its_matches(model):
    probabilities = np.full((8, 4), 0.01) + 0.96 * np.eye(4)[[2, 2, 2, 0, 3, 1, 1, 1]]
    motif = Motif("M", probabilities)
    text = "A" * 10 + "GGGATCCC" + "T" * 10 + "GGGATCCC"
    table = ablate(model, [text, "A" * 36], motif, replacement="unknown", both_strands=False)
    assert table[["sequence", "start", "end"]].to_numpy().tolist() == [[0, 10, 18], [0, 28, 36]]
    np.testing.assert_allclose(table["effect"], 6, atol=1e-4)
    assert "match_score" in table.columns
