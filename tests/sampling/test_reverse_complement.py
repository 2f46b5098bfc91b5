"""The other strand: each sequence once, then both strands alike."""

import warnings
from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skgenomics.sampling import ReverseComplementOverSampler
from skgenomics.sequences import encode, reverse_complement

RNG = np.random.default_rng(0)


def random_texts(n, length=12):
    return ["".join(RNG.choice(list("ACGT"), length)) for _ in range(n)]


def test_first_each_reverse_complement_once_then_both_strands_alike():
    rare = random_texts(5)
    X, y = rare + random_texts(23), [1] * 5 + [0] * 23
    sampler = ReverseComplementOverSampler(random_state=0)
    result, _ = sampler.fit_resample(X, y)
    new, parents = result[28:], sampler.sample_indices_[28:]
    assert sorted(new[:5]) == sorted(reverse_complement(rare))
    assert sorted(new[5:10]) == sorted(rare)
    assert sorted(new[10:15]) == sorted(reverse_complement(rare))
    assert set(Counter(result[:5] + new).values()) <= {2, 3}
    assert_array_equal(sampler.sample_indices_[:28], np.arange(28))
    for text, parent in zip(new, parents, strict=True):
        assert text in (X[parent], reverse_complement(X[parent]))


def test_case_and_ambiguity_symbols_are_turned_too():
    result, _ = ReverseComplementOverSampler().fit_resample(["A", "C", "acRYNgTT"], [0, 0, 1])
    assert result[3] == "AAcNRYgt"


def test_padding_of_codes_stays_at_the_end():
    codes = encode(["ACGTAC", "GGGGGG", "AAG", "NAAG"], length=6)
    result, _ = ReverseComplementOverSampler(random_state=0).fit_resample(codes, [0, 0, 0, 1])
    # An unknown letter in front is a letter that is turned, not padding.
    assert_array_equal(result[4], encode(["CTTN"], length=6)[0])


def test_palindromes_are_counted():
    with pytest.warns(UserWarning, match="2 of the 3 reverse complements made for class rare"):
        ReverseComplementOverSampler().fit_resample(
            ["A", "C", "G", "T", "CC", "CT", "ACGT", "GGCC", "GGCA"], ["usual"] * 6 + ["rare"] * 3
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ReverseComplementOverSampler().fit_resample(["A", "C", "GGCA"], [0, 0, 1])


def test_proteins_have_no_other_strand():
    with pytest.raises(ValueError, match="has no complement"):
        ReverseComplementOverSampler(alphabet="protein").fit_resample(["MK", "ML", "MV"], [0, 0, 1])


def test_warnings_are_of_the_line_of_the_user():
    with pytest.warns(UserWarning, match="plain copies") as caught:
        ReverseComplementOverSampler().fit_resample(["ACGT", "AC", "GG"], [1, 0, 0])
    assert caught[0].filename == __file__
