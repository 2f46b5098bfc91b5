"""CompositionEncoder against published vectors and formulas written out."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skgenomics.encoding import KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics.encoding._properties import step_table
from skgenomics.encoding.composition import CompositionEncoder
from skgenomics.sequences import get_alphabet

EXAMPLE = "GACTGAACTGCACTTTGGTTTCATATTATTTGCTC"
STEPS = [a + b for a in "ACGT" for b in "ACGT"]
PROPERTIES = dict(zip(STEPS, step_table(get_alphabet("dna")), strict=True))


def steps_of(text):
    return [PROPERTIES.get(text[i : i + 2]) for i in range(len(text) - 1)]


def pairs_of(steps, gap):
    pairs = zip(steps, steps[gap:], strict=False)
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def mean(values):
    return sum(values) / len(values) if len(values) else 0.0


def test_pseknc_of_the_manual_of_repdna():
    """Its figures for more than one tier leave out pairs at the end of the sequence."""
    (row,) = CompositionEncoder(("pseknc",), n_tiers=1).fit_transform([EXAMPLE])
    published = "27 80 0 80 53 0 0 106 53 53 27 27 53 53 106 186"
    assert_allclose(1000 * row[:16], [float(x) for x in published.split()], atol=0.5)
    assert row[16] == pytest.approx(0.0957, abs=0.00005)
    assert row.sum() == pytest.approx(1)


@settings(deadline=None)  # The first call compiles the loops.
@given(st.text("ACGTN", max_size=40), st.integers(1, 4), st.floats(0.01, 1))
def test_pseknc_equals_its_formula(text, n_tiers, weight):
    encoder = CompositionEncoder(("pseknc",), n_tiers=n_tiers, weight=weight)
    row = encoder.fit_transform([text, EXAMPLE])[0]
    steps = steps_of(text)
    counts = np.array([sum(text[i : i + 2] == x for i in range(len(text))) for x in STEPS])
    thetas = [
        mean([mean((a - b) ** 2) for a, b in pairs_of(steps, tier)])
        for tier in range(1, n_tiers + 1)
    ]
    scale = 1 + weight * sum(thetas)
    expected = [*counts / max(counts.sum(), 1) / scale, *(weight * x / scale for x in thetas)]
    assert_allclose(row, expected, atol=1e-6)


@settings(deadline=None)
@given(st.text("ACGTN", max_size=40), st.integers(1, 4))
def test_auto_covariance_equals_its_formula(text, max_lag):
    encoder = CompositionEncoder(("dac",), max_lag=max_lag)
    row = encoder.fit_transform([text, EXAMPLE])[0].reshape(6, max_lag)
    steps = steps_of(text)
    known = [step for step in steps if step is not None]
    center = np.mean(known, axis=0) if known else np.zeros(6)
    for lag in range(1, max_lag + 1):
        products = [(a - center) * (b - center) for a, b in pairs_of(steps, lag)]
        assert_allclose(row[:, lag - 1], mean(products), atol=1e-5)


def test_z_curve_is_linear_in_composition():
    texts = ["AAAC", "GGGT", "acgtn", "NNN", EXAMPLE]
    shares = KmerCounter(1, weighting="frequency").fit_transform(texts)
    directions = [[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]
    found = CompositionEncoder(("z_curve",)).fit_transform(texts)
    assert_allclose(found, shares @ directions, atol=1e-6)


def test_properties_are_those_of_both_strands_and_standardized():
    table = np.array(list(PROPERTIES.values()))
    complement = str.maketrans("ACGT", "TGCA")
    for step in STEPS:
        assert_array_equal(PROPERTIES[step], PROPERTIES[step.translate(complement)[::-1]])
    # Roll is not, in the table of the paper, which is kept as printed.
    table = np.delete(table, 2, axis=1)
    assert_allclose(table.mean(axis=0), 0, atol=0.005)
    assert_allclose(table.std(axis=0, ddof=1), 1, atol=0.005)


def test_names_and_order():
    encoder = CompositionEncoder(n_tiers=1, max_lag=1).set_output(transform="pandas")
    X = encoder.fit_transform([EXAMPLE])
    assert encoder.n_features_out_ == 3 + 17 + 6
    assert X.columns[[0, 3, 18, 19, 20]].tolist() == [
        "z_curve_x",
        "pseknc_AA",
        "pseknc_TT",
        "pseknc_tier1",
        "dac_twist_lag1",
    ]
    turned = CompositionEncoder(("dac", "z_curve"), max_lag=1).set_output(transform="pandas")
    for name, column in turned.fit_transform([EXAMPLE]).items():
        assert_array_equal(column, X[name])


def test_the_order_of_the_alphabet_and_rna():
    expected = CompositionEncoder().set_output(transform="pandas").fit_transform([EXAMPLE])
    encoder = CompositionEncoder(alphabet="TGCA").set_output(transform="pandas")
    assert_allclose(encoder.fit_transform([EXAMPLE])[expected.columns], expected, atol=1e-6)
    rna = CompositionEncoder(alphabet="rna").fit_transform([EXAMPLE])
    assert_array_equal(rna, expected)


def test_forms_of_x():
    texts = ["ACGTNACGTAC", "TTTTTTTTTTT"]
    encoder = CompositionEncoder().fit(["ACGTACG"])
    expected = encoder.transform(texts)
    assert_array_equal(encoder.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(encoder.transform(OneHotEncoder().fit_transform(texts)), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"descriptors": "dac"}, "descriptors must be a tuple of names"),
        ({"descriptors": ("gc",)}, "descriptors has 'gc'; the available ones are z_curve"),
        ({"descriptors": ("dac", "dac")}, "holds a name twice"),
        ({"alphabet": "protein"}, "four bases"),
        ({"n_tiers": 0}, "n_tiers must be a positive integer"),
        ({"max_lag": True}, "max_lag must be a positive integer"),
        ({"weight": 0}, "weight must be a positive number"),
        ({"n_tiers": 4}, "n_tiers=4 of 'pseknc' needs a sequence of at least 6 bases"),
        ({"max_lag": 5}, "max_lag=5 of 'dac' needs a sequence of at least 7 bases"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        CompositionEncoder(**params).fit(["ACGTA"])


def test_clone_and_pickle():
    encoder = CompositionEncoder(max_lag=3).fit([EXAMPLE])
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform([EXAMPLE]), encoder.transform([EXAMPLE]))
    assert clone(encoder).get_params() == encoder.get_params()
