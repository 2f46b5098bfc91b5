"""GappedKmerCounter against counting by hand, in every setting."""

import pickle
from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from skgenomics.encoding import KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.gapped_kmer import GappedKmerCounter
from skgenomics.sequences import get_alphabet

TEXTS = ["ACGTNACGTTTACCA", "ttt", "", "NNNN", "GATTACAGATTACANGG"]
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def in_order(word):
    """Columns are ordered by pattern, then by k-mer."""
    return [i for i, symbol in enumerate(word) if symbol != "-"], word


def count_by_hand(text, k, word_length, symbols, both_strands):
    counts = Counter()
    for start in range(len(text) - word_length + 1):
        word = text[start : start + word_length]
        if not set(word) <= set(symbols):
            continue
        for positions in combinations(range(word_length), k):
            gapped = "".join(x if i in positions else "-" for i, x in enumerate(word))
            if both_strands:
                gapped = min(gapped, gapped.translate(COMPLEMENT)[::-1], key=in_order)
            counts[gapped] += 1
    return counts


def as_dicts(counter, X):
    X = X.toarray() if sparse.issparse(X) else X
    names = counter.get_feature_names_out()
    assert X.shape[1] == len(names) == len(set(names)) == counter.n_features_out_
    return [{names[j]: row[j] for j in np.flatnonzero(row)} for row in X]


@pytest.mark.parametrize("reverse_complement", [True, False])
def test_scikit_learn(reverse_complement):
    check_estimator(GappedKmerCounter(k=1, word_length=1, reverse_complement=reverse_complement))


@settings(deadline=None)  # The first call compiles the loops.
@given(
    st.lists(st.text("ACGTN", max_size=30), max_size=4),
    st.integers(1, 3),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)
def test_counts_equal_counting_by_hand(texts, k, n_gaps, both_strands, sparse_output):
    texts = [*texts, "ACGTTGCA"]
    counter = GappedKmerCounter(
        k, word_length=k + n_gaps, reverse_complement=both_strands, sparse_output=sparse_output
    )
    X = counter.fit_transform(texts)
    assert X.dtype == np.float32
    assert sparse.issparse(X) == sparse_output
    expected = [count_by_hand(x, k, k + n_gaps, "ACGT", both_strands) for x in texts]
    assert as_dicts(counter, X) == expected


@pytest.mark.parametrize("alphabet", ["protein", "TGCA", "01"])
def test_other_alphabets(alphabet):
    symbols = get_alphabet(alphabet).symbols
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(symbols), size=n)) for n in (4, 50, 200)]
    counter = GappedKmerCounter(2, word_length=4, alphabet=alphabet)
    found = as_dicts(counter, counter.fit_transform(texts))
    assert found == [count_by_hand(x, 2, 4, symbols, False) for x in texts]


@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize(
    ("weighting", "weigh"),
    [("frequency", lambda count, total: count / total), ("sqrt", lambda count, _: count**0.5)],
)
def test_weightings(weighting, weigh, sparse_output):
    counter = GappedKmerCounter(2, word_length=4, weighting=weighting, sparse_output=sparse_output)
    for row, text in zip(as_dicts(counter, counter.fit_transform(TEXTS)), TEXTS, strict=True):
        counts = count_by_hand(text.upper(), 2, 4, "ACGT", False)
        total = sum(counts.values())
        assert row == pytest.approx({word: weigh(n, total) for word, n in counts.items()})


def test_without_gaps_they_are_kmers():
    for both_strands in (True, False):
        gapped = GappedKmerCounter(3, word_length=3, reverse_complement=both_strands)
        plain = KmerCounter(3, reverse_complement=both_strands)
        assert_array_equal(gapped.fit_transform(TEXTS), plain.fit_transform(TEXTS))
        assert_array_equal(gapped.get_feature_names_out(), plain.get_feature_names_out())


def test_dot_product_is_the_kernel_of_gkm_svm():
    """Words with m mismatches share C(l - m, k) features: the closed form of the kernel."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGT"), size=30)) for _ in range(4)]
    k, word_length = 3, 6
    X = GappedKmerCounter(k, word_length=word_length, sparse_output=True).fit_transform(texts)
    words = [[text[i : i + word_length] for i in range(25)] for text in texts]
    expected = np.array(
        [
            [
                sum(
                    comb(sum(x == y for x, y in zip(a, b, strict=True)), k)
                    for a in one
                    for b in other
                )
                for other in words
            ]
            for one in words
        ]
    )
    assert_array_equal((X @ X.T).toarray(), expected)


def test_both_strands_give_the_same_row():
    texts = ["ACGTTGCAAN", "GGATCCTTAGC"]
    others = [text.translate(COMPLEMENT)[::-1] for text in texts]
    counter = GappedKmerCounter(3, word_length=5, reverse_complement=True).fit(texts)
    assert_array_equal(counter.transform(texts), counter.transform(others))


def test_default_is_that_of_gkm_svm():
    counter = GappedKmerCounter()
    X = counter.fit_transform(["ACGTTGCATTACG"] * 2)
    assert X.shape == (2, 210 * 4096)
    assert X.has_canonical_format
    assert X.sum() == 2 * 4 * 210


def test_new_sequences_may_be_longer_and_of_another_form():
    counter = GappedKmerCounter(k=2, word_length=4).fit(["ACGT"])
    texts = ["ACGTNACGTAC", "TTTTTTTTTTT"]
    expected = counter.transform(texts)
    assert_array_equal(counter.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(counter.transform(OneHotEncoder().fit_transform(texts)), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 0}, "k must be a positive integer"),
        ({"k": (1, 2)}, "k must be a positive integer"),
        ({"word_length": 2.5}, "word_length must be a positive integer"),
        ({"k": 3, "word_length": 2}, "k=3 is more than word_length=2"),
        ({"k": 2}, "word_length=10 needs a sequence of at least that length, .* has length 4"),
        ({"k": 8, "word_length": 20}, r"make 8,255,569,920 features.*choose smaller"),
        ({"k": 14, "word_length": 20}, "choose a smaller k"),
        ({"weighting": "tfidf"}, "weighting must be one of"),
        ({"sparse_output": "always"}, "sparse_output must be"),
        ({"alphabet": "protein", "k": 2, "reverse_complement": True}, "reverse_complement=True"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        GappedKmerCounter(**params).fit(["ACGT", "A"])


def test_clone_and_pickle():
    counter = GappedKmerCounter(2, word_length=3, reverse_complement=True).fit(TEXTS)
    copy = pickle.loads(pickle.dumps(counter))
    assert_allclose(copy.transform(TEXTS), counter.transform(TEXTS))
    assert clone(counter).get_params() == counter.get_params()
