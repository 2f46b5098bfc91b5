"""OrdinalEncoder: codes, their inverse, and the samplers that understand them."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, SMOTEN, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from numpy.testing import assert_array_equal
from sklearn.tree import DecisionTreeClassifier

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder

TEXTS = ["".join(row) for row in np.random.default_rng(0).choice(list("ACGT"), size=(30, 12))]
Y = np.repeat([0, 1], [22, 8])


@given(st.lists(st.text("ACGTN", min_size=1, max_size=20), min_size=1, max_size=5))
def test_inverse_transform_restores_the_text(texts):
    encoder = OrdinalEncoder().fit(texts)
    X = encoder.transform(texts)
    assert X.dtype == np.uint8
    assert encoder.inverse_transform(X).tolist() == texts


def test_codes_of_one_hot_are_the_codes_of_the_text():
    hot = OneHotEncoder("protein").fit_transform(["MKV", "XW"])
    codes = OrdinalEncoder("protein").fit_transform(hot)
    # One-hot vectors do not tell padding from unknown residues.
    assert_array_equal(codes, OrdinalEncoder("protein").fit_transform(["MKV", "XWX"]))


def test_a_column_is_named_by_its_position():
    X = OrdinalEncoder().set_output(transform="pandas").fit_transform(["ACG", "T"])
    assert X.columns.tolist() == ["0", "1", "2"]
    assert (X.dtypes == np.uint8).all()
    assert X.loc[1].tolist() == [3, 5, 5]


def test_inverse_transform_refuses_invalid_codes():
    encoder = OrdinalEncoder().fit(["ACGT"])
    assert encoder.inverse_transform([[3, 4, 0, 1]]).tolist() == ["TNAC"]
    with pytest.raises(ValueError, match="sequence 0 has the code 256 at position 1"):
        encoder.inverse_transform([[0, 256, 0, 0]])
    with pytest.raises(ValueError, match="Negative values"):
        encoder.inverse_transform([[0, -1, 0, 0]])
    with pytest.raises(
        ValueError, match="X has 2 columns, but OrdinalEncoder encodes sequences of length 4 as 4"
    ):
        encoder.inverse_transform([[0, 1]])


@pytest.mark.parametrize(
    ("sampler", "n_each"),
    [(RandomOverSampler(random_state=0), 22), (RandomUnderSampler(random_state=0), 8)],
)
def test_random_samplers_copy_rows(sampler, n_each):
    encoder = OrdinalEncoder().fit(TEXTS)
    X, y = sampler.fit_resample(encoder.transform(TEXTS), Y)
    assert np.bincount(y).tolist() == [n_each, n_each]
    assert set(encoder.inverse_transform(X)) <= set(TEXTS)


def test_smoten_makes_codes_that_can_be_read_again():
    model = make_pipeline(
        OrdinalEncoder(), SMOTEN(random_state=0), OrdinalEncoder(), DecisionTreeClassifier()
    )
    assert model.fit(TEXTS, Y).score(TEXTS, Y) == 1


def test_smote_on_codes_is_an_error_that_says_why():
    model = make_pipeline(
        OrdinalEncoder(), SMOTE(random_state=0), OrdinalEncoder(), DecisionTreeClassifier()
    )
    with pytest.raises(ValueError, match=r"SMOTE and other .* wrap around in uint8"):
        model.fit(TEXTS, Y)


def test_pickle():
    encoder = OrdinalEncoder().fit(TEXTS)
    copy = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(copy.transform(TEXTS), encoder.transform(TEXTS))
