"""ChaosGameEncoder against the game itself, and against KmerCounter."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skgenomics.encoding import KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.chaos_game import ChaosGameEncoder

CORNERS = {"A": (0, 0), "C": (0, 1), "G": (1, 1), "T": (1, 0)}


def play(text, k):
    """Where the point is after each letter, from the k-th known one in a row on."""
    image = np.zeros((2**k, 2**k))
    point, run = np.array([0.5, 0.5]), 0
    for symbol in text:
        if symbol == "N":
            point, run = np.array([0.5, 0.5]), 0
            continue
        point, run = (point + CORNERS[symbol]) / 2, run + 1
        if run >= k:
            x, y = (point * 2**k).astype(int)
            image[y, x] += 1
    return image


@settings(deadline=None)  # The first call compiles the loops.
@given(st.lists(st.text("ACGTN", max_size=40), max_size=4), st.integers(1, 4))
def test_images_equal_the_game(texts, k):
    texts = [*texts, "ACGTTGCA"]
    images = ChaosGameEncoder(k, flatten=False).fit_transform(texts)
    assert images.dtype == np.float32
    assert_array_equal(images, [play(text, k) for text in texts])


@pytest.mark.parametrize("alphabet", ["dna", "TGCA", "rna"])
@pytest.mark.parametrize("weighting", ["count", "frequency", "sqrt"])
def test_pixels_are_kmers_in_another_order(alphabet, weighting):
    texts = ["ACGTNACGTTTACCA", "GATTACAGATTACA", "NNN"]
    params = {"alphabet": alphabet, "weighting": weighting}
    images = ChaosGameEncoder(3, **params).set_output(transform="pandas").fit_transform(texts)
    counts = KmerCounter(3, **params).set_output(transform="pandas").fit_transform(texts)
    assert list(images.columns) != list(counts.columns)
    assert_array_equal(images[counts.columns], counts)


def test_the_order_of_the_alphabet_does_not_change_the_image():
    texts = ["ACGTTGCATT"]
    expected = ChaosGameEncoder(2).fit_transform(texts)
    for alphabet in ("TGCA", "GACU"):
        assert_array_equal(ChaosGameEncoder(2, alphabet=alphabet).fit_transform(texts), expected)


def test_flat_images_are_rows():
    texts = ["ACGTTGCATT", "AAAA"]
    images = ChaosGameEncoder(2, flatten=False).fit_transform(texts)
    assert images.shape == (2, 4, 4)
    assert_array_equal(ChaosGameEncoder(2).fit_transform(texts), images.reshape(2, 16))
    assert images[1, 0, 0] == 3


def test_forms_of_x():
    encoder = ChaosGameEncoder(k=2).fit(["ACGT"])
    texts = ["ACGTNACGTAC", "TTTTTTTTTTT"]
    expected = encoder.transform(texts)
    assert_array_equal(encoder.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(encoder.transform(OneHotEncoder().fit_transform(texts)), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 0}, "k must be an integer from 1 to 10"),
        ({"k": 11}, "k must be an integer from 1 to 10"),
        ({"k": 2.0}, "k must be"),
        ({"k": 5}, "k=5 needs a sequence of at least 5 bases, but the longest one has 4"),
        ({"alphabet": "protein"}, "four bases"),
        ({"alphabet": "ACGTN"}, "four bases"),
        ({"weighting": "log"}, "weighting must be one of"),
        ({"flatten": None}, "flatten must be True or False"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        ChaosGameEncoder(**params).fit(["ACGT"])


def test_clone_and_pickle():
    encoder = ChaosGameEncoder(3, weighting="sqrt").fit(["ACGT"])
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform(["ACCGT"]), encoder.transform(["ACCGT"]))
    assert clone(encoder).get_params() == encoder.get_params()
