"""Point changes, shifts and recombination do what they say, and nothing else."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import binomtest, chisquare

from skgenomics import OneHotEncoder
from skgenomics.sampling import MutationOverSampler
from skgenomics.sequences import encode


def enlarge(rare, n_new, **settings):
    """New sequences made of some, and the rows that they come from."""
    X = [*rare, *["A"] * (len(rare) + n_new)]
    y = [1] * len(rare) + [0] * (len(rare) + n_new)
    sampler = MutationOverSampler(random_state=0, **settings)
    result, _ = sampler.fit_resample(X, y)
    return result[-n_new:], getattr(sampler, "sample_indices_", np.zeros(n_new, int))[-n_new:]


def test_rate_is_the_share_of_changed_symbols_and_new_ones_are_uniform():
    new, _ = enlarge(["A" * 200], 500, rate=0.1)
    symbols = np.array([list(text) for text in new])
    assert binomtest(int((symbols != "A").sum()), symbols.size, 0.1).pvalue > 1e-3
    counts = [(symbols == symbol).sum() for symbol in "CGT"]
    assert chisquare(counts).pvalue > 1e-3
    # No place is special.
    assert chisquare((symbols != "A").sum(axis=0)).pvalue > 1e-3


def test_every_known_symbol_changes_at_rate_one_in_its_case():
    text = "acgtACGTNnRy"
    new, _ = enlarge([text], 50, rate=1.0)
    for other in new:
        assert other[8:] == text[8:]
        assert all(
            a != b and a.islower() == b.islower() for a, b in zip(text[:8], other[:8], strict=True)
        )
        assert set(other[:8].upper()) <= set("ACGT")


def test_nothing_changes_beyond_the_limits():
    rng = np.random.default_rng(0)
    rare = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(6)]
    new, _ = enlarge(rare, 200, rate=0.5, shift=4, recombination=0.0, positions=(10, 20))
    assert {text[:10] + text[20:] for text in new} == {text[:10] + text[20:] for text in rare}
    assert len({text[10:20] for text in new}) > 190
    rare = ["GATTACA" + text for text in rare]
    new, _ = enlarge(rare, 50, rate=0.5, shift=4, recombination=1.0, positions=(7, None))
    assert {text[:7] for text in new} == {"GATTACA"}


def test_shift_rolls_within_the_limits():
    text = "AAAAACGTTGCAGGTTTTT"
    new, _ = enlarge([text], 100, rate=0, shift=1, positions=(5, 13))
    window = text[5:13]
    rolled = {window, window[1:] + window[0], window[-1] + window[:-1]}
    assert {other[5:13] for other in new} == rolled


def test_shift_rolls_within_the_sequence():
    rare = ["ACCGGGTTTTAN", "AC", "A"]
    new, parents = enlarge(rare, 300, rate=0, shift=3)
    for text, parent in zip(new, parents, strict=True):
        old = rare[parent]
        assert text in {old[-s % len(old) :] + old[: -s % len(old)] for s in range(-3, 4)}
    steps = [(rare[0] * 2).index(text) for text in new if len(text) == 12]
    assert set(steps) == {0, 1, 2, 3, 9, 10, 11}
    assert chisquare(np.unique(steps, return_counts=True)[1]).pvalue > 1e-3


def test_shift_leaves_padding_at_the_end():
    codes = encode(["ACGTACGT", "CCCCCCCC", "ACG"], length=8)
    result, _ = MutationOverSampler(rate=0, shift=2, random_state=0).fit_resample(codes, [0, 0, 1])
    assert_array_equal(result[3, 3:], 5)
    assert sorted(result[3, :3]) == [0, 1, 2]


def test_recombination_takes_one_segment_of_one_other_sequence():
    # Planted tags: each sequence has a letter of its own.
    rare = ["A" * 40, "C" * 40, "G" * 25]
    new, _ = enlarge(rare, 300, rate=0, recombination=1.0)
    n_mixed = 0
    for text in new:
        runs = [symbol for i, symbol in enumerate(text) if i == 0 or text[i - 1] != symbol]
        assert len(set(text)) <= 2
        assert len(runs) <= 3
        assert len(text) in (25, 40)
        n_mixed += len(set(text)) == 2
    assert n_mixed > 270
    assert all(len(set(text)) == 1 for text in enlarge(rare, 50, rate=0)[0])
    half, _ = enlarge(rare, 1000, rate=0, recombination=0.5)
    assert binomtest(sum(len(set(text)) == 2 for text in half), 1000, 0.5).pvalue > 1e-4


def test_mates_are_of_the_same_class():
    y = np.repeat(["a", "b", "c"], [3, 4, 20])
    X = ["A" * 9] * 3 + ["C" * 9] * 4 + ["G" * 9] * 20
    result, labels = MutationOverSampler(rate=0, recombination=1.0).fit_resample(X, y)
    symbols = {"a": "A", "b": "C", "c": "G"}
    for text, label in zip(result, labels, strict=True):
        assert set(text) == {symbols[label]}


def test_parents_are_known_unless_two_give_their_symbols():
    X, y = ["AC", "CC", "GG", "TT", "AA"], [0, 0, 0, 1, 1]
    sampler = MutationOverSampler(rate=0, random_state=0)
    result, _ = sampler.fit_resample(X, y)
    assert result == [X[i] for i in sampler.sample_indices_]
    sampler.set_params(recombination=0.5).fit_resample(X, y)
    assert not hasattr(sampler, "sample_indices_")


def test_mixtures_keep_their_weights():
    X = np.random.default_rng(0).dirichlet(np.ones(4), size=(20, 6)).reshape(20, 24)
    sampler = MutationOverSampler(rate=1.0, random_state=0)
    result, _ = sampler.fit_resample(X, [0] * 15 + [1] * 5)
    old = X[sampler.sample_indices_[20:]].reshape(-1, 6, 4)
    new = result[20:].reshape(-1, 6, 4)
    assert_array_equal(np.sort(old, axis=2), np.sort(new, axis=2))
    assert (old.argmax(axis=2) != new.argmax(axis=2)).all()


def test_proteins():
    X = ["MKLV", "MLLA", "WWWX"]
    sampler = MutationOverSampler(rate=1.0, alphabet="protein", random_state=0)
    result, _ = sampler.fit_resample(X, [0, 0, 1])
    assert result[3][3] == "X"
    assert not set(result[3][:3]) & {"W"}


def test_symbols_of_two_cases_are_different_symbols():
    sampler = MutationOverSampler(rate=1.0, alphabet="Aa", random_state=0)
    assert sampler.fit_resample(["A", "A", "AaaA"], [0, 0, 1])[0][3] == "aAAa"


def test_input_is_not_modified():
    codes = encode(["ACGTACGT", "CCCCCCCC", "ACGGGTGT", "ACGGGTCT", "TTTTGTTT"])
    channels = OneHotEncoder().fit_transform(codes)
    for X in (codes, channels, channels.reshape(5, 8, 4)):
        before = X.copy()
        X.setflags(write=False)
        sampler = MutationOverSampler(rate=1, shift=3, recombination=1.0)
        sampler.fit_resample(X, [0, 0, 0, 1, 1])
        assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 1.5}, r"rate must be a number in \[0, 1\]"),
        ({"shift": -1}, "shift must be an integer >= 0"),
        ({"recombination": "all"}, "recombination must be a number"),
        ({"recombination": 0.5}, "class rare has only one sequence.*set recombination=0"),
        ({"positions": (3, 3)}, "0 <= start < end"),
        ({"positions": (-1, 3)}, "0 <= start < end"),
        ({"positions": 3}, r"tuple \(start, end\)"),
        ({"positions": (0, 9)}, "reach beyond sequence 2, which has 4 positions"),
        ({"positions": (4, None)}, "reach beyond sequence 2, which has 4 positions"),
    ],
)
def test_bad_parameters(settings, message):
    with pytest.raises(ValueError, match=message):
        MutationOverSampler(**settings).fit_resample(["A", "C", "ACGT"], ["usual"] * 2 + ["rare"])


def test_an_alphabet_of_one_symbol_has_nothing_to_change_to():
    X, y = ["AAAA"] * 3, [0, 0, 1]
    with pytest.raises(ValueError, match="no second symbol to replace one by; set rate=0"):
        MutationOverSampler(alphabet="A").fit_resample(X, y)
    assert MutationOverSampler(alphabet="A", rate=0).fit_resample(X, y)[0] == ["AAAA"] * 4


def test_recombined_segments_may_be_empty_and_end_before_their_end():
    """Both ends of a segment are rounded from 0 to 2: half of the pairs enclose one position."""
    new, _ = enlarge(["AA", "CC"], 4000, rate=0, recombination=1.0)
    assert binomtest(sum(len(set(text)) == 2 for text in new), 4000, 0.5).pvalue > 1e-4


def test_indices_of_parents_do_not_outlive_a_refit_with_two_parents():
    X, y = ["AC", "CC", "GG", "TT", "AA"], [0, 0, 0, 1, 1]
    sampler = MutationOverSampler(random_state=0)
    sampler.fit_resample(X, y)
    assert len(sampler.sample_indices_) == 6
    sampler.set_params(recombination=1.0).fit_resample(X, y)
    assert not hasattr(sampler, "sample_indices_")
