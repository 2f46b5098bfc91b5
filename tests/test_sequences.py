"""Text, codes and one-hot: round trips, both strands, and errors that name the culprit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skgenomics.sequences import (
    as_strings,
    check_codes,
    decode,
    encode,
    encode_ragged,
    get_alphabet,
    is_text,
    most_likely_codes,
    one_hot,
    reverse_complement,
    unpadded_lengths,
)

DNA = st.text("ACGTN", min_size=1, max_size=30)
ALPHABETS = st.sampled_from(["dna", "rna", "protein", "ACGTN", "TGCA", "01", "aA"])


@given(st.data(), ALPHABETS)
def test_decode_inverts_encode(data, name):
    alphabet = get_alphabet(name)
    text = data.draw(st.text(alphabet.symbols + alphabet.unknown_symbol, min_size=1))
    if alphabet.ambiguous == "":
        text = text.replace(alphabet.unknown_symbol, alphabet.symbols[0])
    assert decode(encode([text], name), name).tolist() == [text]


@given(st.lists(DNA, min_size=1, max_size=5))
def test_codes_are_indices_in_the_alphabet_with_a_code_for_padding(texts):
    width = max(map(len, texts))
    expected = [["ACGTN-".index(symbol) for symbol in text.ljust(width, "-")] for text in texts]
    codes = encode(texts)
    assert codes.dtype == np.uint8
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(unpadded_lengths(codes), [len(text) for text in texts])
    assert decode(codes).tolist() == texts


@given(st.lists(DNA, min_size=1, max_size=5))
def test_ragged_codes_are_the_codes_without_padding(texts):
    flat, lengths = encode_ragged(texts)
    assert lengths.tolist() == [len(text) for text in texts]
    np.testing.assert_array_equal(flat, encode(["".join(texts)])[0])


@given(st.lists(DNA, min_size=1, max_size=5), st.sampled_from(["ACGT", "TGAC", "GATCN"]))
def test_reverse_complement_is_an_involution_and_codes_agree_with_text(texts, alphabet):
    other = reverse_complement(texts)
    assert reverse_complement(other) == texts
    for text, opposite in zip(texts, other, strict=True):
        codes = encode([text], alphabet)
        np.testing.assert_array_equal(
            reverse_complement(codes, alphabet), encode([opposite], alphabet)
        )


def test_reverse_complement_keeps_case_ambiguity_and_kind():
    assert reverse_complement("AaRrYBN") == "NVRyYtT"
    assert reverse_complement("AUGc") == "gCAU"
    assert reverse_complement("A") == "T"
    assert reverse_complement("A", "rna") == "U"
    with pytest.raises(ValueError, match="has no complement"):
        reverse_complement(["ACD"], "protein")


@given(st.lists(DNA, min_size=1, max_size=5))
def test_most_likely_codes_invert_one_hot(texts):
    codes = encode(texts)
    hot = one_hot(codes)
    np.testing.assert_array_equal(hot.sum(axis=2), codes < 4)
    # One-hot vectors do not tell padding from unknown bases.
    np.testing.assert_array_equal(most_likely_codes(hot), codes.clip(max=4))


def test_one_hot_over_more_than_one_block_of_the_cache():
    codes = np.random.default_rng(0).integers(0, 5, size=(700, 251), dtype=np.uint8)
    np.testing.assert_array_equal(one_hot(codes), np.eye(5, 4, dtype=np.float32)[codes])


@pytest.mark.parametrize(
    ("name", "text", "codes"),
    [
        ("dna", "ACGTacgt", [0, 1, 2, 3, 0, 1, 2, 3]),
        ("dna", "uRYSWKMBDHVN", [3] + [4] * 11),
        ("rna", "ACGT", [0, 1, 2, 3]),
        ("ACGTN", "ACGTNR", [0, 1, 2, 3, 4, 5]),
        ("protein", "ACYXBZJUO", [0, 1, 19] + [20] * 6),
        ("aA", "Aa", [1, 0]),
        ("01", "0110N", [0, 1, 1, 0, 2]),
    ],
)
def test_symbols_of_an_alphabet(name, text, codes):
    assert encode([text], name)[0].tolist() == codes


@pytest.mark.parametrize("alphabet", ["", "ACGA", "acga", "ACGé", 4, None])
def test_no_alphabet(alphabet):
    with pytest.raises(ValueError, match="alphabet"):
        get_alphabet(alphabet)


@pytest.mark.parametrize("alphabet", ["proteins", "Amino Acids", "nucleotides", "DNAs", "d-n-a"])
def test_misnomers_of_alphabets(alphabet):
    with pytest.raises(ValueError, match="is not the name of an alphabet; did you mean '"):
        get_alphabet(alphabet)


def test_tell_text_by_type():
    assert is_text(["ACGT"])
    assert is_text([None, "ACGT"])
    assert is_text([["ACGT"]])
    assert is_text([])
    assert is_text(pd.Series(["ACGT"], dtype="category"))
    assert is_text(pd.DataFrame({"sequence": ["ACGT"]}))
    assert not is_text([[0, 1]])
    assert not is_text(np.array([[0, 1]], dtype=object))
    assert not is_text(pd.Series([1, 2], dtype="category"))
    assert not is_text(pd.DataFrame([[0, 1]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["ACGT", "AC-T"], ValueError, "sequence 1 has '-' at position 2, counted from 0"),
        (["ACGT", "Aé"], ValueError, "sequence 1 has 'é' at position 1"),
        (["ACGT", None], TypeError, "sequence 1 is None of type NoneType"),
        (["ACGT", 3], TypeError, "sequence 1 is 3 of type int"),
        (["AGGU", "ACGT"], ValueError, "mixes RNA and DNA: U in sequence 0 and T in sequence 1"),
        (["AUGT"], ValueError, "mixes RNA and DNA"),
        ([], ValueError, "0 sample"),
        ("ACGT", ValueError, "got one string instead: put it in a list"),
        ([["A", "C"], ["G", "T"]], ValueError, r"one column of sequences, .* shape \(2, 2\)"),
    ],
)
def test_errors_of_text(texts, error, message):
    for function in (encode, encode_ragged):
        with pytest.raises(error, match=message):
            function(texts)


def test_sequences_that_are_all_empty():
    with pytest.raises(ValueError, match="every sequence is empty"):
        encode(["", ""])
    assert encode(["", ""], length=2).tolist() == [[5, 5], [5, 5]]
    codes, lengths = encode_ragged(["", ""])
    assert codes.tolist() == []
    assert lengths.tolist() == [0, 0]


def test_text_longer_than_asked_for():
    assert encode(["AC"], length=3).tolist() == [[0, 1, 5]]
    with pytest.raises(ValueError, match="sequence 1 has length 4, but at most 3"):
        encode(["AC", "ACGT"], length=3)


def test_codes_beyond_the_alphabet():
    check_codes(np.array([[4, 5]], dtype=np.uint8))
    with pytest.raises(ValueError, match="sequence 1 has the code 6 at position 0"):
        check_codes(np.array([[0, 1], [6, 0]], dtype=np.uint8))
    with pytest.raises(ValueError, match="has the code 256"):
        decode(np.array([[256]]))


def test_as_texts_keeps_the_symbols():
    assert as_strings(np.array([b"ac", b"GU"])) == ["ac", "GU"]
    assert as_strings(pd.DataFrame({"x": ["ac"]})) == ["ac"]


def test_reverse_complement_of_codes_leaves_padding_at_the_end():
    texts = ["AACGN", "NGT", ""]
    expected = encode(reverse_complement(texts))
    np.testing.assert_array_equal(reverse_complement(encode(texts)), expected)
