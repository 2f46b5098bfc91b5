"""Cropping and padding to one length: text, codes and channels agree with plain slicing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skgenomics import FixedLength, OneHotEncoder
from skgenomics.sequences import encode, one_hot


def plain(text, length, where):
    """Remove or add one symbol at a time, first on the right."""
    right = where != "right"
    while len(text) != length:
        if len(text) > length:
            text = text[:-1] if right else text[1:]
        else:
            text = text + "N" if right else "N" + text
        right = not right if where == "center" else right
    return text


@given(
    st.lists(st.text("ACGTN", min_size=0, max_size=12), min_size=1, max_size=4),
    st.integers(1, 9),
    st.sampled_from(["center", "left", "right"]),
)
def test_text_equals_a_naive_loop(texts, length, where):
    if not any(texts):
        return
    result = FixedLength(length, where).fit_transform(texts)
    assert result.shape == (len(texts), 1)
    assert result[:, 0].tolist() == [plain(text, length, where) for text in texts]


@pytest.mark.parametrize("where", ["center", "left", "right"])
@pytest.mark.parametrize("length", [2, 5, 9])
def test_codes_and_channels_are_those_of_the_text(where, length):
    texts = ["ACGTN", "NGGTA", "TTACG"]
    expected = encode(FixedLength(length, where).fit_transform(texts))
    assert_array_equal(FixedLength(length, where).fit_transform(encode(texts)), expected)
    flat = one_hot(expected).reshape(3, -1)
    encoded = OneHotEncoder().fit_transform(texts)
    for channels in (encoded, encoded.reshape(3, 5, 4), encoded.reshape(3, 5, 4).astype(float)):
        result = FixedLength(length, where).fit_transform(channels)
        assert_array_equal(result, flat)


def test_padding_of_codes_is_left_out_first():
    codes = encode(["ACGTAC", "GG"])
    assert FixedLength(4).fit_transform(codes).tolist() == [[1, 2, 3, 0], [4, 2, 2, 4]]


def test_case_and_ambiguity_codes_stay_and_proteins_get_x():
    assert FixedLength(4, "left").fit_transform(["acRYt"]).item() == "acRY"
    assert FixedLength(4, alphabet="protein").fit_transform(["MK"]).item() == "XMKX"
    assert FixedLength(3, alphabet="rna").fit_transform(["U"]).item() == "NUN"


def test_names_of_columns():
    frame = pd.DataFrame({"promoter": ["ACG", "T"]})
    encoder = FixedLength(2).set_output(transform="pandas")
    assert encoder.fit_transform(frame).columns.tolist() == ["promoter"]
    assert FixedLength(2).fit(["ACG"]).get_feature_names_out().tolist() == ["sequence"]
    assert FixedLength(2).fit(encode(["ACG"])).get_feature_names_out().tolist() == ["0", "1"]
    one_hot_names = FixedLength(1).fit(OneHotEncoder().fit_transform(["ACG"] * 9))
    assert one_hot_names.get_feature_names_out().tolist() == ["0A", "0C", "0G", "0T"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 0}, "length must be an integer >= 1"),
        ({"length": 2.5}, "length must be an integer"),
        ({"length": 3, "where": "middle"}, "where must be one of"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        FixedLength(**settings).fit(["ACGT"])


def test_invalid_characters_are_named():
    with pytest.raises(ValueError, match="sequence 1 has '!' at position 2"):
        FixedLength(2).fit(["ACG", "AC!"])


def test_one_column_of_a_frame_keeps_its_samples():
    X = np.array(["ACGT", "A"], dtype=object)
    assert len(FixedLength(3).fit_transform(X)) == 2
