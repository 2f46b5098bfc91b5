"""Conventions of scikit-learn for the encoders of intervals, which read frames alone.

Scikit-learn's checks of transformers feed them matrices of numbers; these are its checks that need
no data, and the others restated on frames.
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from skgenomics.genome import IntervalEncoder, SignalEncoder

WITHOUT_DATA = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_set_params",
    "check_valid_tag_types",
)
FRAME = pd.DataFrame(
    {"chrom": ["chr1"] * 6, "start": [0, 4, 8, 2, 6, 1], "end": [6, 10, 14, 8, 12, 7]},
    index=list("abcdef"),
)


@pytest.fixture(params=["intervals", "signals"])
def encoder(request, tmp_path):
    if request.param == "intervals":
        path = tmp_path / "genome.fa"
        path.write_text(">chr1\nACGTTGCAACGGTTACCATG\n")
        return IntervalEncoder(str(path), length=6)
    path = tmp_path / "atac.bedGraph"
    path.write_text("".join(f"chr1\t{i}\t{i + 1}\t{i}\n" for i in range(20)))
    return SignalEncoder([str(path)], bins=3)


def as_array(transformed):
    return np.asarray(transformed)


@pytest.mark.parametrize("check", WITHOUT_DATA)
def test_checks_without_data(encoder, check):
    getattr(estimator_checks, check)(type(encoder).__name__, encoder)


def test_fit_returns_self_and_changes_no_parameter(encoder):
    before = repr(encoder.get_params())
    assert encoder.fit(FRAME) is encoder
    assert repr(encoder.get_params()) == before


def test_transform_needs_fit(encoder):
    with pytest.raises(NotFittedError):
        encoder.transform(FRAME)


def test_fit_is_idempotent_and_equals_fit_transform(encoder):
    expected = as_array(encoder.fit_transform(FRAME))
    assert np.array_equal(as_array(encoder.fit(FRAME).transform(FRAME)), expected)
    assert np.array_equal(as_array(encoder.fit(FRAME).fit(FRAME).transform(FRAME)), expected)
    assert np.array_equal(as_array(clone(encoder).fit(FRAME).transform(FRAME)), expected)


def test_transform_leaves_attributes_and_input_alone(encoder):
    encoder.fit(FRAME)
    before, frame = set(vars(encoder)), FRAME.copy(deep=True)
    encoder.transform(frame)
    assert set(vars(encoder)) == before
    pd.testing.assert_frame_equal(frame, FRAME)


def test_samples_are_independent(encoder):
    expected = as_array(encoder.fit_transform(FRAME))
    alone = [as_array(encoder.transform(FRAME.iloc[[i]])) for i in range(len(FRAME))]
    assert np.array_equal(np.concatenate(alone), expected)
    order = [3, 0, 5, 1, 4, 2]
    assert np.array_equal(as_array(encoder.transform(FRAME.iloc[order])), expected[order])


def test_numbers_and_names_of_columns(encoder):
    encoder.fit(FRAME)
    assert encoder.n_features_in_ == 3
    assert encoder.feature_names_in_.tolist() == list(FRAME.columns)
    width = as_array(encoder.transform(FRAME)).shape[1]
    assert len(encoder.get_feature_names_out()) == width
    with pytest.raises(ValueError, match=r"end"):
        encoder.transform(FRAME.drop(columns="end"))


def test_set_output(encoder):
    expected = as_array(encoder.fit_transform(FRAME))
    framed = encoder.set_output(transform="pandas").fit_transform(FRAME)
    assert isinstance(framed, pd.DataFrame)
    assert framed.index.tolist() == FRAME.index.tolist()
    assert framed.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert np.array_equal(framed.to_numpy(), expected)


def test_pickle(encoder):
    expected = as_array(encoder.fit_transform(FRAME))
    copy = pickle.loads(pickle.dumps(encoder))
    assert np.array_equal(as_array(copy.transform(FRAME)), expected)


@pytest.mark.parametrize("X", [FRAME.iloc[:0], FRAME["chrom"], None])
def test_other_input_is_an_error(encoder, X):
    with pytest.raises((ValueError, TypeError)):
        encoder.fit(FRAME).fit_transform(X)
