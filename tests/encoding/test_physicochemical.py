"""PhysicochemicalEncoder: the values of its tables, and published examples."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.physicochemical import PhysicochemicalEncoder

PROTEIN = ("blosum62", "hydropathy", "volume", "charge", "polarity")


def values(properties, text, **params):
    encoder = PhysicochemicalEncoder(properties, **params)
    return encoder.fit_transform([text]).reshape(len(text), -1)


def test_eiip():
    assert_allclose(values(("eiip",), "ACGT").ravel(), [0.1260, 0.1340, 0.0806, 0.1335])


def test_chemical_properties():
    """Purines are A and G, amino bases A and C, and A and T have two hydrogen bonds."""
    expected = [[1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert_array_equal(values(("ncp",), "ACGT"), expected)


def test_accumulated_frequency_of_the_published_example():
    expected = [1, 1 / 2, 1 / 3, 2 / 4, 3 / 5, 2 / 6, 1 / 7, 4 / 8, 2 / 9, 3 / 10]
    assert_allclose(values(("anf",), "TCGTTCATGG").ravel(), expected)


def test_accumulated_frequency_counts_unknown_positions():
    assert_allclose(values(("anf",), "ANA").ravel(), [1, 0, 2 / 3])


def test_scales_of_amino_acids():
    """One value of each kind of residue, from the papers."""
    found = values(PROTEIN[1:], "ICRWG", alphabet="protein")
    assert_allclose(found[:, 0], [4.5, 2.5, -4.5, -0.9, -0.4])
    assert_allclose(found[:, 1], [166.7, 108.5, 173.4, 227.8, 60.1])
    assert_allclose(found[:, 2], [0, 0, 1, 0, 0])
    assert_allclose(found[:, 3], [5.2, 5.5, 10.5, 5.4, 9.0])
    acids = values(("charge",), "ACDEFGHIKLMNPQRSTVWY", alphabet="protein").ravel()
    assert {x: c for x, c in zip("ACDEFGHIKLMNPQRSTVWY", acids, strict=True) if c} == {
        "D": -1,
        "E": -1,
        "K": 1,
        "R": 1,
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hydrophobicity", [0.25, -1.76, 0.73, 0.37, 0.54]),
        ("hydrophilicity", [-0.5, 3.0, -1.8, -3.4, -1.5]),
        ("helix", [1.42, 0.98, 1.08, 1.08, 1.06]),
        ("sheet", [0.83, 0.93, 1.60, 1.37, 1.70]),
        ("turn", [0.66, 0.95, 0.47, 0.96, 0.50]),
        ("flexibility", [0.357, 0.529, 0.462, 0.305, 0.386]),
        ("polarizability", [0.046, 0.291, 0.186, 0.409, 0.140]),
        ("surface_area", [115, 225, 175, 255, 155]),
    ],
)
def test_scales_of_aaindex(name, expected):
    """Values of A, R, I, W and V, from the database."""
    assert_allclose(values((name,), "ARIWV", alphabet="protein").ravel(), expected)


def test_blosum62():
    symbols = "ACDEFGHIKLMNPQRSTVWY"
    matrix = values(("blosum62",), symbols, alphabet="protein")
    assert_array_equal(matrix, matrix.T)
    assert_array_equal(
        np.diag(matrix), [4, 9, 6, 5, 6, 6, 8, 4, 5, 4, 5, 6, 7, 5, 5, 4, 5, 4, 11, 7]
    )
    scores = {("W", "C"): -2, ("I", "V"): 3, ("D", "E"): 2, ("P", "F"): -4, ("Y", "H"): 2}
    for (a, b), score in scores.items():
        assert matrix[symbols.index(a), symbols.index(b)] == score
    assert matrix.sum() == -426


def test_channels_of_a_position_lie_side_by_side():
    encoder = PhysicochemicalEncoder(("one_hot", "eiip"), length=3)
    X = encoder.fit_transform(["AG", "T"])
    assert X.dtype == np.float32
    assert X.shape == (2, 15)
    assert encoder.channel_names_ == ["A", "C", "G", "T", "eiip"]
    assert encoder.get_feature_names_out()[[0, 4, 5, 14]].tolist() == ["0A", "0eiip", "1A", "2eiip"]
    positions = X.reshape(2, 3, 5)
    expected = OneHotEncoder(length=3).fit_transform(["AG", "T"]).reshape(2, 3, 4)
    assert_array_equal(positions[:, :, :4], expected)
    assert_allclose(positions[:, :, 4], [[0.1260, 0.0806, 0], [0.1335, 0, 0]])


def test_unknown_symbols_are_zeros():
    assert not values(("one_hot", "anf", "ncp", "eiip"), "NN").any()
    assert not values(PROTEIN, "XX", alphabet="protein").any()


def test_the_order_of_the_alphabet_and_rna():
    expected = values(("ncp", "eiip", "anf"), "ACGTTA")
    for alphabet in ("TGCA", "rna", "UCAG"):
        assert_array_equal(values(("ncp", "eiip", "anf"), "ACGTTA", alphabet=alphabet), expected)


def test_forms_of_x():
    texts = ["ACGTNA", "TTGACG"]
    encoder = PhysicochemicalEncoder().fit(texts)
    expected = encoder.transform(texts)
    assert_array_equal(encoder.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(encoder.transform(OneHotEncoder().fit_transform(texts)), expected)
    with pytest.raises(ValueError, match=r"length 7, but \w+ was fitted on length 6"):
        encoder.transform(["ACGTNAA"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"properties": "eiip"}, "properties must be a tuple of names"),
        ({"properties": ()}, "properties must be a tuple of names"),
        ({"properties": ("mass",)}, "properties has 'mass'; the available ones are ncp, eiip"),
        ({"properties": ("ncp", "ncp")}, "holds a name twice"),
        ({"alphabet": "protein"}, "'ncp' has no value for the symbol 'D'"),
        (
            {"properties": ("volume",), "alphabet": "ABC"},
            "'volume' has no value for the symbol 'B'",
        ),
        ({"length": 0}, "length must be None or a positive integer"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        PhysicochemicalEncoder(**params).fit(["ACCA"])


def test_clone_and_pickle():
    encoder = PhysicochemicalEncoder(("anf", "eiip")).fit(["ACGT"])
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform(["ACCA"]), encoder.transform(["ACCA"]))
    assert clone(encoder).get_params() == encoder.get_params()
