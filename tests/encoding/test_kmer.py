"""KmerCounter against counting by hand, in every setting."""

import pickle
import subprocess
import sys
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skgenomics.encoding import KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics.sequences import get_alphabet, reverse_complement

TEXTS = ["ACGTNACGTTTACCA", "ttt", "", "NNNN", "AC", "GATTACAGATTACANGG"]


def count_by_hand(text, k, symbols, both_strands):
    words = (text[i : i + k] for i in range(len(text) - k + 1))
    words = [word for word in words if set(word) <= set(symbols)]
    if both_strands:
        words = [min(x, reverse_complement(x, symbols), key=symbols_in(symbols)) for x in words]
    return Counter(words)


def symbols_in(symbols):
    return lambda word: [symbols.index(symbol) for symbol in word]


def expect(texts, ks, symbols="ACGT", both_strands=False, weigh=lambda count, total: count):
    rows = []
    for text in texts:
        row = {}
        for k in ks:
            counts = count_by_hand(text.upper(), k, symbols, both_strands)
            total = sum(counts.values())
            row |= {word: weigh(count, total) for word, count in counts.items()}
        rows.append(row)
    return rows


def as_dicts(counter, X):
    X = X.toarray() if sparse.issparse(X) else X
    names = counter.get_feature_names_out()
    assert X.shape[1] == len(names) == len(set(names)) == counter.n_features_out_
    return [{names[j]: row[j] for j in np.flatnonzero(row)} for row in X]


@settings(deadline=None)  # The first call compiles the loops.
@given(
    st.lists(st.text("ACGTN", max_size=40), max_size=4),
    st.integers(1, 4),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
)
def test_counts_equal_counting_by_hand(texts, min_k, extra, both_strands, sparse_output):
    texts = [*texts, "ACGTTGCA"]
    k = (min_k, min_k + extra)
    counter = KmerCounter(k, reverse_complement=both_strands, sparse_output=sparse_output)
    X = counter.fit_transform(texts)
    assert X.dtype == np.float32
    assert sparse.issparse(X) == sparse_output
    ks = range(k[0], k[1] + 1)
    assert as_dicts(counter, X) == expect(texts, ks, both_strands=both_strands)


@pytest.mark.parametrize("alphabet", ["protein", "TGCA", "ACGTN", "01"])
@pytest.mark.parametrize("sparse_output", [True, False])
def test_other_alphabets(alphabet, sparse_output):
    symbols = get_alphabet(alphabet).symbols
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(symbols), size=n)) for n in (3, 50, 200)]
    for both_strands in {False, get_alphabet(alphabet).is_nucleic}:
        counter = KmerCounter(
            (1, 3),
            alphabet=alphabet,
            reverse_complement=both_strands,
            sparse_output=sparse_output,
        )
        found = as_dicts(counter, counter.fit_transform(texts))
        assert found == expect(texts, (1, 2, 3), symbols, both_strands)


@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize(
    ("weighting", "weigh"),
    [("frequency", lambda count, total: count / total), ("sqrt", lambda count, _: count**0.5)],
)
def test_weightings(weighting, weigh, sparse_output):
    counter = KmerCounter((1, 3), weighting=weighting, sparse_output=sparse_output)
    rows = as_dicts(counter, counter.fit_transform(TEXTS))
    for row, expected in zip(rows, expect(TEXTS, (1, 2, 3), weigh=weigh), strict=True):
        assert row == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 5, (2, 4)])
def test_both_strands_give_the_same_row(k):
    texts = ["ACGTTGCAAN", "GGATCCTTAGC"]
    counter = KmerCounter(k, reverse_complement=True).fit(texts)
    assert_array_equal(counter.transform(texts), counter.transform(reverse_complement(texts)))


@pytest.mark.parametrize(("k", "n"), [(1, 2), (2, 10), (3, 32), (4, 136), ((1, 3), 44)])
def test_number_of_words_on_both_strands(k, n):
    names = KmerCounter(k, reverse_complement=True).fit(["ACGTA"]).get_feature_names_out()
    assert len(names) == n
    assert all(name <= reverse_complement(name) for name in names)


def test_names_are_in_the_order_of_the_alphabet():
    counter = KmerCounter((1, 2), alphabet="TGCA").fit(["ACGT"])
    pairs = ["".join(pair) for pair in product("TGCA", repeat=2)]
    assert counter.get_feature_names_out().tolist() == [*"TGCA", *pairs]
    X = counter.set_output(transform="pandas").transform(["AAC"])
    assert X.loc[0, ["A", "C", "AA", "AC", "CA"]].tolist() == [2, 1, 1, 1, 0]


def test_many_columns_are_sparse_and_equal_to_dense():
    text = "".join(np.random.default_rng(0).choice(list("ACGTN"), size=5000))
    texts = [text, text[:300], text[300:310]]
    X = KmerCounter(k=7).fit_transform(texts)
    assert sparse.issparse(X)
    assert X.has_canonical_format
    assert X.indices.dtype == X.indptr.dtype == np.int32
    assert_array_equal(X.toarray(), KmerCounter(k=7, sparse_output=False).fit_transform(texts))
    assert isinstance(KmerCounter(k=6).fit_transform(texts), np.ndarray)


def test_new_sequences_may_be_longer_and_of_another_form():
    counter = KmerCounter(k=3).fit(["ACGT"])
    texts = ["ACGTNACGTAC", "TTTTTTTTTTT"]
    expected = counter.transform(texts)
    assert_array_equal(counter.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(counter.transform(OneHotEncoder().fit_transform(texts)), expected)
    with pytest.raises(ValueError, match="sequence 0 has 'E' at position 1"):
        counter.transform(["AEA"])


def test_one_long_sequence_among_short_ones_takes_no_padding():
    texts = ["ACGT" * 500_000, *["ACGTACGT"] * 20_000]
    X = KmerCounter(k=2).fit_transform(texts)
    assert X[0].sum() == 1_999_999
    assert (X[1:].sum(axis=1) == 7).all()


@pytest.mark.slow
@pytest.mark.parametrize("sparse_output", [True, False])
def test_counts_stay_exact_beyond_the_integers_of_float32(sparse_output):
    counter = KmerCounter(k=1, sparse_output=sparse_output).fit(["A"])
    assert counter.transform(["A" * (2**24 + 2)]).max() == 2**24 + 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 0}, "k must be a positive integer or a tuple"),
        ({"k": 2.0}, "k must be"),
        ({"k": True}, "k must be"),
        ({"k": (3, 2)}, "k must be"),
        ({"k": (1, 2, 3)}, "k must be"),
        ({"k": "3"}, "k must be"),
        ({"k": 5}, "k=5 needs a sequence of at least length 5, but the longest one has length 4"),
        ({"k": (1, 5)}, "choose a smaller k"),
        ({"k": 14}, r"4\*\*14 features, .* choose a smaller k"),
        ({"k": 10**9, "alphabet": "protein"}, "choose a smaller k"),
        ({"weighting": "tfidf"}, "weighting must be one of"),
        ({"sparse_output": "always"}, "sparse_output must be"),
        ({"alphabet": 4}, "alphabet must be"),
        ({"alphabet": "protein", "reverse_complement": True}, "reverse_complement=True needs"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        KmerCounter(**params).fit(["ACGT", "A"])


@pytest.mark.parametrize("k", [5, 7])
def test_logistic_regression_finds_a_planted_word(k):
    rng = np.random.default_rng(0)
    symbols = rng.choice(list("ACGT"), size=(300, 60))
    y = np.repeat([0, 1], 150)
    for row in symbols[150:]:
        start = rng.integers(0, 53)
        row[start : start + 7] = list("TGACTCA")
    model = make_pipeline(KmerCounter(k=k), LogisticRegression())
    assert cross_val_score(model, ["".join(row) for row in symbols], y).mean() > 0.9


def test_clone_and_pickle():
    counter = KmerCounter((2, 3), reverse_complement=True, weighting="sqrt").fit(TEXTS)
    copy = pickle.loads(pickle.dumps(counter))
    assert_allclose(copy.transform(TEXTS), counter.transform(TEXTS))
    assert clone(counter).get_params() == counter.get_params()
    assert len(pickle.dumps(KmerCounter(k=7, reverse_complement=True).fit(TEXTS))) < 1000


def test_encoders_import_neither_torch_nor_numba():
    code = """
import sys
from skgenomics.encoding import KmerCounter, OneHotEncoder
KmerCounter(k=2).fit(["ACGT"])
OneHotEncoder().fit_transform(["ACGT"])
assert not {"torch", "numba"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
