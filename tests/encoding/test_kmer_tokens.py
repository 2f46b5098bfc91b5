"""KmerTokenizer: its vocabulary, published examples, and the way back."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.kmer_tokens import KmerTokenizer


def words(tokenizer, X):
    return [[tokenizer.vocabulary_[token] for token in row if token] for row in X]


@pytest.mark.parametrize("unknown", ["token", "split"])
def test_scikit_learn(unknown):
    check_estimator(KmerTokenizer(k=1, unknown=unknown))


@pytest.mark.parametrize(("k", "size"), [(3, 69), (4, 261), (5, 1029), (6, 4101)])
def test_vocabulary_of_dnabert(k, size):
    tokenizer = KmerTokenizer(k=k).fit(["ACGTACGT"])
    assert tokenizer.vocabulary_size_ == len(tokenizer.vocabulary_) == size
    assert tokenizer.vocabulary_[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.vocabulary_[5:] == sorted(tokenizer.vocabulary_[5:])


def test_overlapping_tokens_of_dnabert():
    """The k-mers that the paper writes out for ATGGCT."""
    tokenizer = KmerTokenizer(k=3)
    X = tokenizer.fit_transform(["ATGGCT"])
    assert words(tokenizer, X) == [["[CLS]", "ATG", "TGG", "GGC", "GCT", "[SEP]"]]
    tokenizer = KmerTokenizer(k=5)
    X = tokenizer.fit_transform(["ATGGCT"])
    assert words(tokenizer, X) == [["[CLS]", "ATGGC", "TGGCT", "[SEP]"]]


def test_examples_of_the_nucleotide_transformer():
    tokenizer = KmerTokenizer(k=6, stride=6, unknown="split", special_tokens=False)
    X = tokenizer.fit_transform(
        ["ACGTGTACGTGCACGGACGACTAGTCAGCA", "ACGTGTACNTGCACGGANCGACTAGTCTGA"]
    )
    first, second = words(tokenizer, X)
    assert first == ["ACGTGT", "ACGTGC", "ACGGAC", "GACTAG", "TCAGCA"]
    assert second == ["ACGTGT", "A", "C", "N", "TGCACG", "G", "A", "N", "CGACTA", "GTCTGA"]
    assert tokenizer.vocabulary_size_ == 2 + 4**6 + 5


def test_unknown_symbols_and_tails_as_tokens():
    tokenizer = KmerTokenizer(k=3, stride=3)
    X = tokenizer.fit_transform(["ACGTNATTTGN", "AC"])
    assert words(tokenizer, X) == [
        ["[CLS]", "ACG", "[UNK]", "TTT", "G", "N", "[SEP]"],
        ["[CLS]", "A", "C", "[SEP]"],
    ]
    assert tokenizer.inverse_transform(X).tolist() == ["ACGNNNTTTGN", "AC"]


def settings_of(k, stride, unknown):
    return {"k": k, "stride": k if unknown == "split" else min(stride, k), "unknown": unknown}


any_settings = st.builds(
    settings_of, st.integers(1, 5), st.integers(1, 5), st.sampled_from(["token", "split"])
)


@settings(deadline=None)  # The first call compiles the loops.
@given(
    any_settings,
    st.lists(st.text("ACGT", min_size=5, max_size=40), min_size=1, max_size=5),
    st.booleans(),
)
def test_round_trip(params, texts, special_tokens):
    tokenizer = KmerTokenizer(**params, special_tokens=special_tokens)
    X = tokenizer.fit_transform(texts)
    assert X.dtype == np.int32
    assert tokenizer.inverse_transform(X).tolist() == texts
    assert len(tokenizer.vocabulary_) == tokenizer.vocabulary_size_ > X.max()


def lost_by_hand(text, k, stride):
    """Write N for the symbols whose k-mers, or tail, are all unknown."""
    starts = range(0, len(text) - k + 1, stride)
    tail = starts[-1] + k if starts else 0
    kept = set(range(tail, len(text)))
    for start in starts:
        if "N" not in text[start : start + k]:
            kept |= set(range(start, start + k))
    return "".join(symbol if i in kept else "N" for i, symbol in enumerate(text))


@settings(deadline=None)
@given(any_settings, st.text("ACGTN", min_size=5, max_size=40))
def test_round_trip_of_unknown_symbols(params, text):
    tokenizer = KmerTokenizer(**params)
    (found,) = tokenizer.inverse_transform(tokenizer.fit_transform([text]))
    if params["unknown"] == "split":
        assert found == text
    else:
        assert found == lost_by_hand(text, params["k"], params["stride"])


@settings(deadline=None)
@given(any_settings, st.integers(0, 10**9))
def test_any_tokens_are_read_without_harm(params, seed):
    """What a model writes is no text that was tokenized."""
    tokenizer = KmerTokenizer(**params).fit(["ACGTACGT"])
    tokens = np.random.default_rng(seed).integers(0, tokenizer.vocabulary_size_, (3, 20))
    for text, row in zip(tokenizer.inverse_transform(tokens), tokens, strict=True):
        assert set(text) <= set("ACGTN")
        assert len(text) >= np.isin(row, (0, 2, 3), invert=True).sum()


def test_masked_tokens_become_known_through_their_neighbours():
    tokenizer = KmerTokenizer(k=3)
    X = tokenizer.fit_transform(["ACGTTGCA"])
    X[0, 4] = 4
    assert tokenizer.inverse_transform(X).tolist() == ["ACGTTGCA"]
    X[0, 3:6] = 4
    assert tokenizer.inverse_transform(X).tolist() == ["ACGTNGCA"]


@pytest.mark.parametrize(("alphabet", "text"), [("rna", "GAUCAU"), ("protein", "MKVLW")])
def test_other_alphabets(alphabet, text):
    tokenizer = KmerTokenizer(2, alphabet=alphabet)
    assert tokenizer.inverse_transform(tokenizer.fit_transform([text])).tolist() == [text]


def test_codes_and_channels_give_the_same_tokens_as_text():
    texts = ["ACGTNA", "TTGACG"]
    tokenizer = KmerTokenizer(k=2)
    expected = tokenizer.fit_transform(texts)
    assert_array_equal(tokenizer.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(tokenizer.transform(OneHotEncoder().fit_transform(texts)), expected)
    assert_array_equal(tokenizer.transform(["acguna", "uugacg"]), expected)


def test_length():
    tokenizer = KmerTokenizer(k=2, length=6)
    assert tokenizer.fit_transform(["ACG", ""]).tolist() == [
        [2, 6, 11, 3, 0, 0],
        [2, 3, 0, 0, 0, 0],
    ]
    with pytest.raises(ValueError, match="sequence 1 has 7 tokens, but at most 6 are expected"):
        tokenizer.transform(["ACG", "ACGTAA"])
    with pytest.raises(ValueError, match="sequence 0 has 4 tokens, but at most 3 are expected"):
        KmerTokenizer(k=2, length=3).fit(["ACG"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 0}, "k must be a positive integer"),
        ({"k": True}, "k must be"),
        ({"k": 12}, r"vocabulary of 4\*\*12 k-mers, .* choose a smaller k"),
        ({"k": 10**9, "alphabet": "protein"}, "choose a smaller k"),
        ({"k": 9}, "k=9 needs a sequence of at least length 9, but the longest one has length 8"),
        ({"k": 6}, "sequence 1 has length 5, less than k=6"),
        ({"k": 3, "stride": 4}, "stride=4 would skip symbols"),
        ({"k": 3, "stride": 1.0}, "stride must be a positive integer"),
        ({"k": 3, "unknown": "drop"}, "unknown must be 'token' or 'split'"),
        ({"k": 3, "unknown": "split"}, "set stride=k"),
        ({"k": 3, "length": 0}, "length must be None or a positive integer"),
        ({"k": 3, "special_tokens": "no"}, "special_tokens must be True or False"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        KmerTokenizer(**params).fit(["ACGTACGT", "ACGTA"])


def test_tokens_that_are_none():
    tokenizer = KmerTokenizer(k=2).fit(["ACGT"])
    with pytest.raises(ValueError, match="X holds 21, but KmerTokenizer was fitted with 21 tokens"):
        tokenizer.inverse_transform([[2, 21, 3]])


def test_clone_and_pickle():
    tokenizer = KmerTokenizer(k=6, stride=6, unknown="split").fit(["ACGTACGTN"])
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert_array_equal(copy.transform(["ACGTAC"]), tokenizer.transform(["ACGTAC"]))
    assert clone(tokenizer).get_params() == tokenizer.get_params()
    assert len(pickle.dumps(tokenizer)) < 1000
    assert tokenizer.get_feature_names_out().tolist() == [f"token{i}" for i in range(6)]
