"""BPETokenizer against pairs merged by hand, and the way back."""

import json
import pickle
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.bpe import BPETokenizer

pytest.importorskip("tokenizers")

RNG = np.random.default_rng(0)
TEXTS = ["".join(row) for row in RNG.choice(list("ACGT"), (50, 80), p=[0.4, 0.1, 0.2, 0.3])]


def merge(tokens, pair):
    merged = []
    for token in tokens:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return merged


def merges_by_hand(texts, n):
    """The first n merges, as long as no two pairs are equally frequent."""
    rows, merges = [list(text) for text in texts], []
    for _ in range(n):
        counts = Counter(pair for row in rows for pair in pairwise(row))
        (pair, most), (_, second) = counts.most_common(2)
        assert most > second
        merges.append("".join(pair))
        rows = [merge(row, pair) for row in rows]
    return merges, rows


def test_merges_equal_merging_by_hand():
    merges, rows = merges_by_hand(TEXTS, 6)
    tokenizer = BPETokenizer(vocabulary_size=15)
    X = tokenizer.fit_transform(TEXTS)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.vocabulary_ == [*special, *"ACGT", *merges]
    for row, expected in zip(X, rows, strict=True):
        assert [tokenizer.vocabulary_[x] for x in row if x not in (0, 2, 3)] == expected


@settings(deadline=None)
@given(
    st.lists(st.text("ACGTN", max_size=40), min_size=1, max_size=5),
    st.integers(9, 40),
    st.booleans(),
)
def test_round_trip(texts, vocabulary_size, special_tokens):
    texts = [*texts, "ACGTTTTACGTN"]
    tokenizer = BPETokenizer(vocabulary_size, special_tokens=special_tokens)
    X = tokenizer.fit_transform(texts)
    assert X.dtype == np.int32
    assert tokenizer.inverse_transform(X).tolist() == texts
    assert len(tokenizer.vocabulary_) == tokenizer.vocabulary_size_ <= vocabulary_size


def test_no_word_goes_across_an_unknown_symbol():
    tokenizer = BPETokenizer().fit(["TANTA", "TANTA"])
    assert tokenizer.vocabulary_[9:] == ["TA"]
    X = tokenizer.transform(["TANNTA"])
    assert X[0, :6].tolist() == [2, 9, 1, 1, 9, 3]


def test_min_frequency():
    texts = ["TATATATA", "CC"]
    assert BPETokenizer(min_frequency=5).fit(texts).vocabulary_size_ == 9
    assert "TA" in BPETokenizer(min_frequency=4).fit(texts).vocabulary_


def test_new_sequences_of_the_same_length_fit():
    tokenizer = BPETokenizer(100).fit(TEXTS)
    new = ["".join(row) for row in RNG.choice(list("ACGT"), (500, 80), p=[0.4, 0.1, 0.2, 0.3])]
    assert tokenizer.inverse_transform(tokenizer.transform(new)).tolist() == new
    with pytest.raises(ValueError, match=r"sequence 1 has 300 tokens.* set `length` to at least"):
        tokenizer.transform([TEXTS[0], "CN" * 149])
    assert BPETokenizer(length=90).fit_transform(TEXTS).shape == (50, 90)


def test_default_length_is_at_most_that_of_symbols():
    assert BPETokenizer().fit_transform(["ACGT"]).shape == (1, 6)


def test_codes_and_channels_give_the_same_tokens_as_text():
    texts = ["ACGTNA", "TTGACG"]
    tokenizer = BPETokenizer().fit(TEXTS)
    expected = tokenizer.transform(texts)
    assert_array_equal(tokenizer.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(tokenizer.transform(OneHotEncoder().fit_transform(texts)), expected)
    assert_array_equal(tokenizer.transform(["acguna", "uugacg"]), expected)


@pytest.mark.parametrize(
    ("alphabet", "text"), [("rna", "GAUCAU"), ("protein", "MKVX"), ("?!", "!?!")]
)
def test_other_alphabets(alphabet, text):
    tokenizer = BPETokenizer(30, alphabet=alphabet)
    assert tokenizer.inverse_transform(tokenizer.fit_transform([text])).tolist() == [text]


def test_the_same_in_another_process():
    code = f"""
from skgenomics.encoding.bpe import BPETokenizer
print(BPETokenizer(100).fit({TEXTS!r}).tokenizer_json_)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == json.loads(BPETokenizer(100).fit(TEXTS).tokenizer_json_)


def test_clone_and_pickle():
    tokenizer = BPETokenizer(50).fit(TEXTS)
    plain = {type(value) for value in vars(tokenizer).values()}
    assert plain <= {int, str, bool, type(None)}
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert_array_equal(copy.transform(TEXTS), tokenizer.transform(TEXTS))
    assert clone(tokenizer).get_params() == tokenizer.get_params()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r'pip install "skgenomics\[tokens\]"'):
        BPETokenizer().fit(TEXTS)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"vocabulary_size": 8}, "vocabulary_size=8 has no room .* choose at least 9"),
        ({"vocabulary_size": 5, "special_tokens": False}, "choose at least 6"),
        ({"vocabulary_size": 10.0}, "vocabulary_size must be a positive integer"),
        ({"min_frequency": 0}, "min_frequency must be a positive integer"),
        ({"length": 10}, "sequence .* tokens, but at most 10 are expected"),
        ({"alphabet": 4}, "alphabet must be"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        BPETokenizer(**params).fit(TEXTS)
