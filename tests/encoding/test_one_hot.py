"""OneHotEncoder: its columns, its inverse, and what it makes of SMOTE."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skgenomics.encoding import OneHotEncoder


@given(st.lists(st.text("ACGTN", min_size=1, max_size=20), min_size=1, max_size=5))
def test_inverse_transform_gives_the_text_back_with_padding_as_unknown(texts):
    encoder = OneHotEncoder().fit(texts)
    X = encoder.transform(texts)
    assert X.dtype == np.float32
    padded = [text.ljust(encoder.length_, "N") for text in texts]
    assert encoder.inverse_transform(X).tolist() == padded
    assert X.sum() == sum(symbol != "N" for symbol in "".join(texts))


@pytest.mark.parametrize(("alphabet", "text"), [("rna", "GAUC"), ("protein", "MKVX"), ("01", "10")])
def test_other_alphabets(alphabet, text):
    encoder = OneHotEncoder(alphabet).fit([text])
    assert encoder.inverse_transform(encoder.transform([text])).tolist() == [text]


def test_a_column_is_named_by_position_and_symbol():
    X = OneHotEncoder().set_output(transform="pandas").fit_transform(["ACG", "T"])
    assert X.columns.tolist() == [f"{i}{symbol}" for i in range(3) for symbol in "ACGT"]
    assert X.columns[X.loc[0] == 1].tolist() == ["0A", "1C", "2G"]
    assert X.columns[X.loc[1] == 1].tolist() == ["0T"]


def test_channels_pass_through():
    X = np.random.default_rng(0).random((5, 8), dtype=np.float32)
    assert_array_equal(OneHotEncoder().fit_transform(X), X)


def test_inverse_transform_takes_the_largest_channel():
    encoder = OneHotEncoder().fit(["AC"])
    X = [[0.1, 0.2, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0]]
    assert encoder.inverse_transform(X).tolist() == ["GN"]
    with pytest.raises(
        ValueError, match="X has 4 columns, but OneHotEncoder encodes sequences of length 2 as 8"
    ):
        encoder.inverse_transform([[0, 1, 0, 0]])


def test_mixtures_of_smote_are_sequences(imbalanced_text):
    X, y = imbalanced_text
    hot = OneHotEncoder().fit_transform(X)
    resampled, labels = SMOTE(random_state=0, k_neighbors=3).fit_resample(hot, y)
    assert np.bincount(labels).tolist() == [40, 40]
    assert_allclose(resampled.reshape(80, -1, 4).sum(axis=2), 1, atol=1e-6)
    assert_array_equal(OneHotEncoder().fit_transform(resampled), resampled)


def test_pipeline_with_smote_separates_a_planted_motif(imbalanced_text):
    X, y = imbalanced_text
    model = make_pipeline(
        OneHotEncoder(), SMOTE(random_state=0, k_neighbors=3), LogisticRegression()
    )
    assert model.fit(X, y).score(X, y) == 1


def test_clone_and_pickle(imbalanced_text):
    X, _ = imbalanced_text
    encoder = OneHotEncoder("acgt", length=40).fit(X)
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform(X), encoder.transform(X))
    assert clone(encoder).get_params() == {"alphabet": "acgt", "length": 40}


@pytest.fixture
def imbalanced_text():
    rng = np.random.default_rng(0)
    symbols = rng.choice(list("ACGT"), size=(50, 20))
    symbols[40:, 5:11] = list("TATAAA")
    return ["".join(row) for row in symbols], np.repeat([0, 1], [40, 10])


@pytest.mark.filterwarnings("ignore:overflow")
def test_channels_come_out_as_float32():
    """Float64 channels too; what float32 cannot hold is refused, not turned into infinity."""
    channels = np.array([[0.25, 0.75, 0.0, 0.0]])
    encoded = OneHotEncoder().fit_transform(channels)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, channels)
    with pytest.raises(ValueError, match="too large"):
        OneHotEncoder().fit_transform(channels * 1e300)
