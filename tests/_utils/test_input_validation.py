"""The contract on what X may be, form by form, on the encoder that shows what was read."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skgenomics.encoding import KmerCounter, KmerTokenizer, OneHotEncoder, OrdinalEncoder

TEXTS = ["ACGTN", "ggc", "TTTTT"]
CODES = np.array([[0, 1, 2, 3, 4], [2, 2, 1, 4, 4], [3, 3, 3, 3, 3]], dtype=np.uint8)
ONE_HOT = np.eye(5, 4, dtype=np.float32)[CODES]
ENCODERS = [OrdinalEncoder(), OneHotEncoder(), KmerCounter(k=2)]

TEXT_FORMS = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "list of lists": [[text] for text in TEXTS],
    "object": np.array(TEXTS, dtype=object),
    "U": np.array(TEXTS),
    "S": np.array(TEXTS, dtype="S"),
    "StringDType": np.array(TEXTS, dtype=np.dtypes.StringDType()),
    "column": np.array(TEXTS, dtype=object)[:, np.newaxis],
    "Series of object": pd.Series(TEXTS, dtype=object),
    "Series of str": pd.Series(TEXTS, dtype="str", index=[7, 7, 2]),
    "Series of string": pd.Series(TEXTS, dtype="string"),
    "Series of category": pd.Series(TEXTS, dtype="category"),
    "Index": pd.Index(TEXTS),
    "frame": pd.DataFrame({"sequence": TEXTS}),
    "lower case": [text.lower() for text in TEXTS],
    "RNA": [text.replace("T", "U") for text in TEXTS],
}
NUMBER_FORMS = {
    "codes": CODES,
    "frame of codes": pd.DataFrame(CODES),
    "frame of nullable codes": pd.DataFrame(CODES, dtype="UInt8"),
    "(n, L, C)": ONE_HOT,
    "(n, C, L)": ONE_HOT.transpose(0, 2, 1),
    "uint8 (n, L, C)": ONE_HOT.astype(np.uint8),
    "flat": ONE_HOT.reshape(3, -1),
    "float64": ONE_HOT.reshape(3, -1).astype(float),
    "list of lists": ONE_HOT.reshape(3, -1).tolist(),
    "frame": pd.DataFrame(ONE_HOT.reshape(3, -1)),
    "soft": 0.3 * ONE_HOT.reshape(3, -1),
}
ALL_FORMS = TEXT_FORMS | {f"numbers: {name}": X for name, X in NUMBER_FORMS.items()}


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("name", ALL_FORMS)
def test_all_forms_agree_in_fit_and_after_it(name):
    X = ALL_FORMS[name]
    assert_array_equal(OrdinalEncoder().fit_transform(X), CODES)
    for form in (TEXTS, CODES, ONE_HOT):
        assert_array_equal(OrdinalEncoder().fit(form).transform(X), CODES)
    for encoder in ENCODERS:
        assert_array_equal(encoder.fit_transform(X) > 0, encoder.fit_transform(TEXTS) > 0)


@pytest.mark.parametrize(
    ("X", "form", "n_features"),
    [(TEXTS, "text", 1), (CODES, "codes", 5), (ONE_HOT, "channels", 20)],
)
def test_fitted_attributes(X, form, n_features):
    encoder = OneHotEncoder().fit(X)
    assert (encoder.input_form_, encoder.n_features_in_) == (form, n_features)
    assert (encoder.length_, encoder.n_channels_) == (5, 4)


def test_names_of_columns_follow_the_last_fit():
    encoder = OneHotEncoder().fit(TEXT_FORMS["frame"])
    assert encoder.feature_names_in_.tolist() == ["sequence"]
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(pd.DataFrame({"label": TEXTS}))
    assert_array_equal(encoder.transform(TEXTS), encoder.transform(ONE_HOT))
    assert not hasattr(encoder.fit(TEXTS), "feature_names_in_")


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize("X", [np.array(TEXTS), CODES, ONE_HOT, ONE_HOT.reshape(3, -1)])
def test_X_is_never_modified(encoder, X):
    X = X.copy()
    before = X.copy()
    X.setflags(write=False)
    encoder.fit_transform(X)
    assert_array_equal(X, before)


def test_the_last_axis_is_the_channels_on_a_tie():
    X = np.zeros((1, 4, 4))
    X[0, 0, 1] = 1
    assert OrdinalEncoder().fit_transform(X).tolist() == [[1, 4, 4, 4]]


def test_a_width_that_is_no_multiple_of_C_is_filled_with_zeros():
    X = np.arange(1, 7, dtype=float).reshape(1, 6)
    assert OneHotEncoder().fit_transform(X).tolist() == [[1, 2, 3, 4, 5, 6, 0, 0]]


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((2, 5, 3)), ValueError, r"neither its second nor its third axis .* 4 channels"),
        (np.array([[0, 5]], dtype=np.uint8), ValueError, "code 5 at position 1, .* SMOTE"),
        (np.array([[0, 255]], dtype=np.uint8), ValueError, "use SMOTEN or a random sampler"),
        (ONE_HOT[2:].reshape(1, -1).astype(np.uint8), ValueError, r"astype\('float32'\)"),
        ([[1.0, np.nan]], ValueError, "contains NaN"),
        ([[1.0, np.inf]], ValueError, "contains infinity"),
        (np.empty((0, 4)), ValueError, r"0 sample\(s\)"),
        (np.empty((0, 4), dtype=np.uint8), ValueError, r"0 sample\(s\)"),
        (np.empty((3, 0)), ValueError, r"0 feature\(s\)"),
        ([], ValueError, r"0 sample\(s\)"),
        (pd.Series([], dtype="str"), ValueError, r"0 sample\(s\)"),
        ([[0, 1, 2], [0, 1]], ValueError, "inhomogeneous"),
        (np.zeros(8), ValueError, "Expected 2D array"),
        (["ACGT", None], TypeError, "sequence 1 is None"),
        (pd.Series(["ACGT", np.nan]), TypeError, "sequence 1 is nan"),
        (["ACGT", 1.5], TypeError, "sequence 1 is 1.5 of type float"),
        (["ACGT", "ACET"], ValueError, "sequence 1 has 'E' at position 2"),
        (["ACGT", "ACGU"], ValueError, "mixes RNA and DNA"),
        ("ACGT", ValueError, "put it in a list"),
        (pd.DataFrame({"a": ["A"], "b": ["C"]}), ValueError, "one column of sequences"),
    ],
)
def test_errors(encoder, X, error, message):
    for call in (encoder.fit_transform, encoder.fit(TEXTS).transform):
        with pytest.raises(error, match=message):
            call(X)


@pytest.mark.parametrize("encoder", [*ENCODERS, KmerTokenizer(k=2, stride=2)], ids=str)
def test_an_empty_sequence_is_padding_alone_and_in_a_batch(encoder):
    with pytest.raises(ValueError, match="every sequence is empty"):
        encoder.fit(["", ""])
    encoder.fit(TEXTS)
    in_batch = encoder.transform(["", TEXTS[0]])[:1]
    alone = encoder.transform([""])
    assert_array_equal(alone, in_batch[:, : alone.shape[1]])
    assert_array_equal(encoder.transform(["", ""]), np.vstack([alone, alone]))


def test_genuine_codes_of_0_and_1_pass_the_guard_on_one_hot():
    codes = np.array([[0, 1] * 10, [1, 1] * 10], dtype=np.uint8)
    assert_array_equal(OrdinalEncoder().fit_transform(codes), codes)
    sparse_codes = np.eye(16, dtype=np.uint8)
    assert_array_equal(OrdinalEncoder().fit_transform(sparse_codes), sparse_codes)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=str)
@pytest.mark.parametrize("form", [TEXTS, CODES, ONE_HOT])
def test_sequences_longer_than_in_fit(encoder, form):
    encoder.fit(form)
    with pytest.raises(ValueError, match="sequence 0 has length 6, but at most 5"):
        encoder.transform(["ACGTAC"])
    for X in (np.pad(CODES, ((0, 0), (0, 1))), np.pad(ONE_HOT, ((0, 0), (0, 1), (0, 0)))):
        with pytest.raises(
            ValueError, match=r"length 6, but .* length 5|expecting (5|20) features"
        ):
            encoder.transform(X)


def test_length_pads_text():
    assert OrdinalEncoder(length=7).fit_transform(["ACGT"]).tolist() == [[0, 1, 2, 3, 4, 4, 4]]
    with pytest.raises(ValueError, match="at most 3 is expected; crop it, or set `length`"):
        OrdinalEncoder(length=3).fit(["ACGT"])
    for length in (0, -1, 2.0, "3", True):
        with pytest.raises(ValueError, match="length must be None or a positive integer"):
            OrdinalEncoder(length=length).fit(["ACGT"])
