"""Children are crossovers of neighbors, and nothing else."""

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from skgenomics.sampling import SequenceSMOTE

RNG = np.random.default_rng(0)


def random_text(length):
    return "".join(RNG.choice(list("ACGT"), length))


def is_crossover(child, a, b):
    """Whether the child changes over from a to b, at one share of both, by brute force."""
    for cut in range(len(a) + 1):
        start = len(b) - len(child) + cut
        if not 0 <= start <= len(b) or child != a[:cut] + b[start:]:
            continue
        # A share that both places stand for, to a letter.
        least = max((cut - 1) / len(a), (start - 1) / len(b))
        most = min((cut + 1) / len(a), (start + 1) / len(b))
        if least <= most:
            return True
    return False


def has_parents(child, sequences):
    return any(is_crossover(child, a, b) for a, b in itertools.permutations(sequences, 2))


@pytest.mark.parametrize("n_crossovers", [1, 2, 3])
def test_sequences_take_turns(n_crossovers):
    X, y = ["A" * 100, "C" * 100] + ["ACGT"] * 200, [1] * 2 + [0] * 200
    sampler = SequenceSMOTE(1, k=2, n_crossovers=n_crossovers, random_state=0)
    children = sampler.fit_resample(X, y)[0][202:]
    assert {len(child) for child in children} == {100}
    n_changes = [sum(a != b for a, b in itertools.pairwise(child)) for child in children]
    # Places coincide now and then.
    assert max(n_changes) == n_crossovers
    assert n_changes.count(n_crossovers) > 0.85 * len(children)
    if n_crossovers == 1:
        assert min(n_changes) == 1
        cuts = [child.index("C" if child[0] == "A" else "A") for child in children]
        assert chisquare(np.histogram(cuts, 9, (1, 100))[0]).pvalue > 1e-3


def test_children_of_random_sequences():
    rare = [random_text(14) for _ in range(6)]
    X, y = rare + ["ACGT"] * 30, [1] * 6 + [0] * 30
    children = SequenceSMOTE(k=2, random_state=0).fit_resample(X, y)[0][36:]
    assert all(has_parents(child, rare) for child in children)


def test_unequal_lengths_change_over_at_the_same_share():
    rare = [random_text(n) for n in (10, 30, 31, 50, 100, 7, 1)]
    X, y = rare + ["ACGT"] * 60, [1] * 7 + [0] * 60
    children = SequenceSMOTE(k_neighbors=6, k=1, random_state=0).fit_resample(X, y)[0][67:]
    assert all(has_parents(child, rare) for child in children)
    assert len({len(child) for child in children}) > 20


def test_neighbours_share_words():
    # Two planted families, each made of words of its own.
    families = [
        ["".join(RNG.choice(words, 10)) for _ in range(6)]
        for words in (["AAC", "ACA"], ["GGT", "TGG"])
    ]
    X = families[0] + families[1] + ["ACGT"] * 100
    y = [1] * 12 + [0] * 100
    children = SequenceSMOTE(k_neighbors=5, k=3, random_state=0).fit_resample(X, y)[0][112:]
    kinds = [frozenset(child) for child in children]
    assert set(kinds) == {frozenset("AC"), frozenset("GT")}
    far = SequenceSMOTE(k_neighbors=11, k=3, random_state=0).fit_resample(X, y)[0][112:]
    assert any(len(set(child)) > 2 for child in far)


def test_neighbours_equal_brute_force():
    rare = [random_text(40) for _ in range(15)]
    words = ["".join(word) for word in itertools.product("ACGT", repeat=3)]
    counts = np.array(
        [[sum(t[i : i + 3] == word for i in range(38)) for word in words] for t in rare], float
    )
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    distances = 1 - counts @ counts.T
    np.fill_diagonal(distances, np.inf)
    nearest = dict(zip(rare, (rare[i] for i in distances.argmin(axis=1)), strict=True))
    X, y = rare + ["ACGT"] * 60, [1] * 15 + [0] * 60
    for child in SequenceSMOTE(k_neighbors=1, k=3, random_state=0).fit_resample(X, y)[0][75:]:
        assert any(is_crossover(child, a, b) for a, b in nearest.items())


def test_case_and_ambiguity_symbols_are_inherited():
    X = ["ACGT", "ACGT", "ACGT", "aaaaaa", "NNNNNN"]
    children = SequenceSMOTE(1, k=1, random_state=0).fit_resample(X, [0, 0, 0, 1, 1])[0][5:]
    assert all(set(child) == {"a", "N"} for child in children)


def test_proteins():
    X = ["MKLV", "MLLA", "MVVV", "WWWW", "YYYY"]
    sampler = SequenceSMOTE(1, k=1, alphabet="protein", random_state=0)
    assert set(sampler.fit_resample(X, [0, 0, 0, 1, 1])[0][5]) == {"W", "Y"}


@pytest.mark.parametrize(
    ("settings", "n_rare", "message"),
    [
        ({}, 1, "class rare has only 1 sequence.*MutationOverSampler"),
        (
            {},
            5,
            "class rare has 5 sequences.*k_neighbors=5 is too large.*set k_neighbors to at most 4",
        ),
        ({"k": 9}, 8, "choose a smaller k"),
        ({"k": 0}, 8, "k must be a positive integer"),
        ({"k_neighbors": 0}, 8, "k_neighbors must be an integer >= 1"),
        ({"n_crossovers": 0}, 8, "n_crossovers must be an integer >= 1"),
    ],
)
def test_bad_parameters(settings, n_rare, message):
    X = ["ACGTAACC"] * (20 + n_rare)
    with pytest.raises(ValueError, match=message):
        SequenceSMOTE(**settings).fit_resample(X, ["usual"] * 20 + ["rare"] * n_rare)
