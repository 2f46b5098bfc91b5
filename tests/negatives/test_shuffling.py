"""Shuffles against all that there can be, and what every shuffle keeps."""

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.stats import chisquare

from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import decode, encode

TEXTS = ["ACGTTACGATTAGCA", "GG", "", "A", "ACGNNNTACGRYACG", "TTGACCAGTCCATGACCATTG"]


def words(text, k):
    return Counter(text[i : i + k] for i in range(len(text) - k + 1))


def all_shuffles(text, k):
    """Every sequence with the words and the ends of the text, by trying all orders."""
    ends = k - 1
    inner = text[ends : len(text) - ends]
    candidates = {text[:ends] + "".join(x) + text[len(text) - ends :] for x in permutations(inner)}
    return sorted(x for x in candidates if words(x, k) == words(text, k))


@pytest.mark.parametrize(
    ("text", "k", "n_shuffles"),
    [
        ("AACCG", 1, 30),
        ("ACAGACGA", 2, 6),
        ("ACACAGAGTA", 2, 12),
        ("AACAGTAACT", 2, None),
        ("ACNANGANCA", 2, None),
        ("AAATAAATATAA", 3, None),
        ("ACGACTACGTACA", 3, None),
        ("ACGTACGAACGTTACG", 4, None),
    ],
)
def test_all_shuffles_are_equally_likely(text, k, n_shuffles):
    expected = all_shuffles(text, k)
    assert len(expected) == (n_shuffles or len(expected)) > 1
    n = 2000 * len(expected)
    counts = Counter(dinucleotide_shuffle([text], k=k, n_shuffles=n, random_state=0))
    assert sorted(counts) == expected
    assert chisquare(list(counts.values())).pvalue > 1e-3


def test_rows_are_as_uniform_as_repeated_shuffles():
    counts = Counter(dinucleotide_shuffle(["ACACAGAGTA"] * 48_000, random_state=1))
    assert sorted(counts) == all_shuffles("ACACAGAGTA", 2)
    assert chisquare(list(counts.values())).pvalue > 1e-3


def test_neighbouring_rows_and_seeds_have_nothing_in_common():
    rows = dinucleotide_shuffle(["ACAGACGA"] * 20_001, random_state=2)
    other_seed = dinucleotide_shuffle(["ACAGACGA"] * 20_001, random_state=3)
    for pairs in (pairwise(rows), zip(rows, other_seed, strict=True)):
        counts = Counter(pairs)
        assert len(counts) == 36
        assert chisquare(list(counts.values())).pvalue > 1e-3


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text("ACGTN", max_size=60), min_size=1, max_size=5),
    st.integers(1, 8) | st.integers(9, 80),
    st.integers(1, 3),
    st.integers(0, 2**32 - 1),
)
def test_words_and_ends_are_kept(texts, k, n_shuffles, seed):
    shuffled = dinucleotide_shuffle(texts, k=k, n_shuffles=n_shuffles, random_state=seed)
    assert len(shuffled) == len(texts) * n_shuffles
    for i, text in enumerate(texts):
        for result in shuffled[i * n_shuffles : (i + 1) * n_shuffles]:
            assert len(result) == len(text)
            for width in range(1, k + 1):
                assert words(result, width) == words(text, width)
            assert result[: k - 1] == text[: k - 1]
            assert k == 1 or result[1 - k :] == text[1 - k :]


@pytest.mark.parametrize("k", [2, 3, 8, 12, 40])
def test_long_sequences_of_any_word_length(k):
    random = np.random.default_rng(0)
    blocks = ["".join(random.choice(list("ACGT"), 60)) for _ in range(3)]
    text = "".join(random.choice(blocks, 40))
    (result,) = dinucleotide_shuffle([text], k=k, random_state=0)
    assert words(result, k) == words(text, k)
    assert result != text


def test_a_long_sequence_needs_no_table_of_all_words():
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 300_000))
    (result,) = dinucleotide_shuffle([text], k=12, random_state=0)
    assert words(result, 12) == words(text, 12)


def test_few_symbols_remain_in_place():
    differing = dinucleotide_shuffle(
        ["".join(np.random.default_rng(0).choice(list("ACGT"), 1000))] * 200, random_state=0
    )
    shares = np.mean([list(x) for x in differing] == np.array(list(differing[0])), axis=1)
    # Two independent shuffles agree by chance at a quarter of the positions.
    assert shares[0] == 1
    assert abs(shares[1:].mean() - 0.25) < 0.01


def test_a_row_depends_on_its_number_and_the_seed_alone():
    expected = dinucleotide_shuffle(TEXTS, n_shuffles=3, random_state=7)
    assert dinucleotide_shuffle(TEXTS, n_shuffles=3, random_state=7) == expected
    assert dinucleotide_shuffle(TEXTS, random_state=7) == expected[::3]
    assert dinucleotide_shuffle(TEXTS[:5], random_state=7) == expected[:15:3]
    others = [text * 5 for text in TEXTS[:-1]]
    assert dinucleotide_shuffle([*others, TEXTS[-1]], random_state=7)[-1] == expected[-3]
    state = np.random.RandomState(7)
    assert dinucleotide_shuffle(TEXTS, random_state=state) == expected[::3]
    assert dinucleotide_shuffle(TEXTS, random_state=state) != expected[::3]


def test_no_global_random_state():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    dinucleotide_shuffle(TEXTS, random_state=3)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_codes_are_shuffled_like_text():
    texts = ["ACGTTACGATTAGCANGCA", "TTGACCAGTCCATGACCATTG"]
    codes = encode(texts)
    before = codes.copy()
    shuffled = dinucleotide_shuffle(codes, random_state=0)
    assert shuffled.dtype == np.uint8
    assert_array_equal(codes, before)
    assert_array_equal(shuffled, encode(dinucleotide_shuffle(texts, random_state=0)))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_padding_of_codes_stays_at_the_end(k):
    texts = ["ACGNTACNGATTAGACCATGATT", "ACA", "NNN", "GATTACA"]
    shuffled = dinucleotide_shuffle(encode(texts), k=k, random_state=0)
    for text, result in zip(texts, decode(shuffled), strict=True):
        assert len(result) == len(text)
        assert words(result, k) == words(text, k)


def test_soft_masking_is_dropped_and_other_symbols_stay():
    (result,) = dinucleotide_shuffle(["acgtnRYacgutuuag".replace("t", "u")], random_state=0)
    assert words(result, 2) == words("ACGUNRYACGUUUUAG", 2)
    (result,) = dinucleotide_shuffle(["MKVLAAGXMKVVLAKMK"], alphabet="protein", random_state=0)
    assert words(result, 2) == words("MKVLAAGXMKVVLAKMK", 2)
    (result,) = dinucleotide_shuffle(["aAbBaBbAaaBA"], alphabet="aAbB", random_state=0)
    assert words(result, 2) == words("aAbBaBbAaaBA", 2)


def test_the_container_stays():
    expected = dinucleotide_shuffle(TEXTS, n_shuffles=2, random_state=0)
    shuffle = {"n_shuffles": 2, "random_state": 0}
    assert dinucleotide_shuffle(tuple(TEXTS), **shuffle) == tuple(expected)
    assert dinucleotide_shuffle([[x] for x in TEXTS], **shuffle) == [[x] for x in expected]
    for dtype in (object, "U25", "S25", np.dtypes.StringDType()):
        column = np.array(TEXTS, dtype=dtype)[:, np.newaxis]
        result = dinucleotide_shuffle(column, **shuffle)
        assert (result.dtype, result.shape) == (column.dtype, (12, 1))
        assert_array_equal(result[:, 0], np.array(expected, dtype=dtype))
        assert dinucleotide_shuffle(column[:, 0], **shuffle).shape == (12,)
    index = [5, 5, "a", None, 0, 1]
    for dtype in (object, "string", "category"):
        series = pd.Series(TEXTS, index=index, name="sequence", dtype=dtype)
        result = dinucleotide_shuffle(series, **shuffle)
        assert result.tolist() == expected
        assert result.name == "sequence"
        assert result.index.equals(series.index.repeat(2))
        assert series.tolist() == TEXTS
        frame = dinucleotide_shuffle(series.to_frame(), **shuffle)
        assert frame.columns.tolist() == ["sequence"]
        assert frame["sequence"].tolist() == expected
    codes = pd.DataFrame(encode(["ACGATTACA", "GGCTAGGAT"]), index=["x", "y"])
    result = dinucleotide_shuffle(codes, **shuffle)
    assert result.index.tolist() == ["x", "x", "y", "y"]
    assert_array_equal(result, dinucleotide_shuffle(codes.to_numpy(), **shuffle))


def test_nothing_to_shuffle():
    assert dinucleotide_shuffle(["", ""], random_state=0) == ["", ""]
    assert dinucleotide_shuffle(["", "A", "AC", "ACG"], k=5) == ["", "A", "AC", "ACG"]
    assert dinucleotide_shuffle(np.empty((3, 0), dtype=np.uint8)).shape == (3, 0)
    assert_array_equal(dinucleotide_shuffle(np.full((2, 3), 4, dtype=np.uint8)), 4)


@pytest.mark.parametrize(
    ("X", "settings", "message"),
    [
        (["ACGT", "AC!T"], {}, "sequence 1 has '!' at position 2"),
        (["ACGT", "ACU"], {}, "mixes RNA and DNA"),
        ([], {}, "0 sample"),
        ("ACGT", {}, "put it in a list"),
        (np.zeros((2, 8)), {}, "before they are encoded"),
        (np.zeros((2, 8, 4), dtype=np.uint8), {}, "text or uint8 codes"),
        (np.full((2, 3), 7, dtype=np.uint8), {}, "sequence 0 has the code 7"),
        (["ACGT"], {"k": 0}, "k must be an integer >= 1"),
        (["ACGT"], {"k": 2.0}, "k must be an integer"),
        (["ACGT"], {"n_shuffles": 0}, "n_shuffles must be"),
    ],
)
def test_errors(X, settings, message):
    with pytest.raises(ValueError, match=message):
        dinucleotide_shuffle(X, **settings)


def test_missing_sequences_are_named():
    with pytest.raises(TypeError, match="sequence 1 is None"):
        dinucleotide_shuffle(["", None])
