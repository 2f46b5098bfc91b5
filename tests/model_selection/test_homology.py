"""Clusters against brute force, planted families, and the files of other programs."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from skgenomics import OneHotEncoder
from skgenomics.alphabets import get_alphabet
from skgenomics.model_selection import _homology_search as _search
from skgenomics.model_selection import homology_clusters, read_clusters
from skgenomics.sequences import decode, encode, reverse_complement


def random_texts(rng, n, length):
    return list(decode(rng.integers(4, size=(n, length), dtype=np.uint8)))


def mutate(rng, text, rate):
    """Replace a fraction of the bases by other ones."""
    codes = encode([text])[0].copy()
    places = rng.choice(len(codes), size=round(rate * len(codes)), replace=False)
    codes[places] = (codes[places] + rng.integers(1, 4, size=len(places))) % 4
    return decode(codes[np.newaxis])[0]


def families(rng, n_families, size, length=100, rate=0.04):
    """Mutated copies of random ancestors, every other one on the other strand."""
    texts, labels = [], []
    for label, ancestor in enumerate(random_texts(rng, n_families, length)):
        for copy in range(size):
            text = mutate(rng, ancestor, rate)
            texts.append(reverse_complement(text) if copy % 2 else text)
            labels.append(label)
    order = rng.permutation(len(texts))
    return [texts[i] for i in order], np.array(labels)[order]


def same_partition(a, b):
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


def is_repeat(word):
    k = len(word)
    return any(k >= 2 * p and word[p:] == word[:-p] for p in (1, 2, 3))


def words_of(text, k, both=True):
    words = [text[i : i + k] for i in range(len(text) - k + 1)]
    words = [w for w in words if set(w) <= set("ACGT")]
    canonical = (min(w, reverse_complement(w)) if both else w for w in words if not is_repeat(w))
    return Counter(canonical), len(words)


def brute_force(texts, similarity, k):
    """Clusters by comparing all pairs, word by word."""
    bags = [words_of(text, k) for text in texts]
    canonical = [min(text, reverse_complement(text)) for text in texts]
    labels = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            n_least = min(bags[i][1], bags[j][1])
            n_common = sum((bags[i][0] & bags[j][0]).values()) if n_least else 0
            similar = n_common and n_common / n_least >= similarity**k - 1e-9
            if (similar or canonical[i] == canonical[j]) and labels[i] != labels[j]:
                old, new = labels[i], labels[j]
                labels = [new if label == old else label for label in labels]
    return np.array(labels)


@pytest.mark.parametrize(("similarity", "k"), [(0.9, 12), (0.8, 8), (0.95, 6), (1.0, 10)])
def test_equals_all_pairs_by_brute_force(rng, similarity, k):
    texts, _ = families(rng, 30, 4, length=60, rate=0.1)
    texts += random_texts(rng, 20, 40) + random_texts(rng, 10, 7) + [t[:25] for t in texts[:20]]
    texts += ["A" * 60, "CA" * 30, "A" * 30 + texts[0][:30], "A" * 30 + texts[5][:30]]
    texts += [texts[3][:20] + "N" + texts[3][21:], texts[0][:12] * 4, texts[0][:12] * 3 + "ACG"]
    labels = homology_clusters(texts, similarity=similarity, k=k)
    assert same_partition(labels, brute_force(texts, similarity, k))


def test_two_thousand_sequences_equal_brute_force_even_where_words_are_frequent(rng, monkeypatch):
    """With lists cut at 8 sequences, MinHash neighbors find what the lists leave out."""
    texts, _ = families(rng, 100, 20, length=80, rate=0.05)
    exact = homology_clusters(texts)
    monkeypatch.setattr(_search, "_MAX_LISTED", 8)
    assert same_partition(homology_clusters(texts), exact)
    texts = texts[:400]
    assert same_partition(homology_clusters(texts), brute_force(texts, 0.9, 12))


def test_planted_families_are_found_whole_and_apart(rng):
    texts, truth = families(rng, 100, 6, rate=0.03)
    assert same_partition(homology_clusters(texts), truth)


def test_one_strand_only(rng):
    text, alone = random_texts(rng, 2, 60)
    X = [text, reverse_complement(text), alone]
    assert homology_clusters(X).tolist() == [0, 0, 1]
    assert homology_clusters(X, reverse_complement=False).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("shift", "together"), [(10, True), (60, True), (85, False)])
def test_shifted_windows(rng, shift, together):
    (long,) = random_texts(rng, 1, 300)
    labels = homology_clusters([long[:100], long[shift : shift + 100]])
    assert (labels[0] == labels[1]) == together


def test_short_in_long_and_shorter_than_k(rng):
    (long,) = random_texts(rng, 1, 80_000)
    short = long[40_000:40_100]
    others = random_texts(rng, 5, 100)
    labels = homology_clusters([long, *others, short, "ACGTTG", "CAACGT", "ACGTTC"], k=12)
    assert labels[0] == labels[6]
    assert labels[7] == labels[8]
    assert len(set(labels)) == 8


def test_low_complexity_makes_no_giant_cluster(rng):
    tails = [text + "A" * 40 for text in random_texts(rng, 50, 60)]
    repeats = ["CA" * 25 + text for text in random_texts(rng, 50, 50)]
    mixed = [*tails, *repeats, "A" * 100, "TG" * 50]
    assert len(set(homology_clusters(mixed))) == len(mixed)


def test_word_that_all_have_is_linear_work(rng):
    """A common adapter must not compare all with all: work grows as n, not as its square."""

    def work(n):
        texts = [t + "ACGTTGCATCAGGTACCA" for t in random_texts(rng, n, 100)]
        alphabet = get_alphabet("ACGT")
        sequences = _search.read_distinct([texts], alphabet, True)
        settings = _search.make_settings(
            sequences.texts, similarity=0.9, k=None, n_hashes=32, both=True, alphabet=alphabet,
            random_state=0,
        )  # fmt: skip
        found = _search.search(sequences.texts, settings)
        assert (found.parents == np.arange(n)).all()
        return found.n_compared

    small, large = work(1000), work(8000)
    assert large < 12 * small
    assert large < 8000**2 / 2 / 10


def test_random_sequences_meet_seldom(rng):
    texts = random_texts(rng, 20_000, 100)
    assert len(set(homology_clusters(texts))) == 20_000


def test_sampling_of_words_finds_the_same(rng, monkeypatch):
    texts, truth = families(rng, 50, 4, length=400)
    monkeypatch.setattr(_search, "_MAX_INDEXED", 20_000)
    assert same_partition(homology_clusters(texts), truth)


def test_forms_cases_and_containers_agree(rng):
    texts, _ = families(rng, 10, 3, length=50)
    expected = homology_clusters(texts).tolist()
    for X in (
        pd.Series(texts, index=range(100, 130)),
        pd.DataFrame({"sequence": texts}),
        [text.lower() for text in texts],
        [text.replace("T", "U") for text in texts],
        encode(texts),
        OneHotEncoder().fit_transform(texts),
        OneHotEncoder().fit_transform(texts).reshape(30, 50, 4),
        [f"NN{text}N" for text in texts],
    ):
        assert homology_clusters(X).tolist() == expected


def test_order_does_not_matter(rng):
    texts, _ = families(rng, 30, 5, rate=0.09)
    order = rng.permutation(len(texts))
    shuffled = homology_clusters([texts[i] for i in order])
    assert same_partition(shuffled, homology_clusters(texts)[order])


def test_same_result_twice_and_input_untouched(rng):
    codes = rng.integers(5, size=(200, 60), dtype=np.uint8)
    kept = codes.copy()
    assert (homology_clusters(codes) == homology_clusters(codes)).all()
    assert (codes == kept).all()


def test_many_copies_and_one_row(rng):
    assert homology_clusters(["ACGT"]).tolist() == [0]
    (text,) = random_texts(rng, 1, 100)
    assert not homology_clusters([text] * 20_000).any()
    assert not homology_clusters(["NNNN", "NN"]).any()


def test_proteins():
    protein = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQ"
    other = "GSHMASMTGGQQMGRGSEFELRRQACGRTRAPPPPPLRSGCWLVFPYTHNDKLEGDSRIVWCAEMNT"
    X = [protein, other, protein[10:], protein[::-1]]
    assert homology_clusters(X, alphabet="protein").tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"similarity": 0}, "similarity must be"),
        ({"similarity": 1.5}, "similarity must be a number"),
        ({"similarity": 80}, "similarity must be a number"),
        ({"k": 0}, "k must be an integer >= 1"),
        ({"k": 40}, "k must be at most 31 for 4 symbols, got 40"),
        ({"n_hashes": 0}, "n_hashes must be"),
        ({"reverse_complement": "yes"}, "reverse_complement must be 'auto'"),
        ({"reverse_complement": True, "alphabet": "protein"}, "needs a nucleic alphabet"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        homology_clusters(["ACGT", "GGCC"], **settings)


@pytest.mark.parametrize(
    ("alphabet", "length", "k"),
    [
        *[("dna", 10, 6), ("dna", 25, 8), ("dna", 1000, 12)],
        *[("protein", 6, 3), ("protein", 12, 4), ("protein", 1000, 5)],
    ],
)
def test_default_k_is_a_third_of_the_median_length_within_limits(alphabet, length, k):
    assert _search._usual_k([b"A" * length] * 3, get_alphabet(alphabet)) == k


def test_bad_symbols_name_the_sequence():
    with pytest.raises(ValueError, match="sequence 1 has 'Z' at position 2"):
        homology_clusters(["ACGT", "GGZA"])
    with pytest.raises(ValueError, match="no sequence"):
        homology_clusters([])


def test_reading_clusters_of_cdhit(tmp_path):
    path = tmp_path / "nr.clstr"
    path.write_text(
        ">Cluster 0\r\n0\t101nt, >b... *\r\n1\t99nt, >a... at +/97.00%\r\n\r\n>Cluster 1\r\n"
        "0\t80aa, >c|x... *\r\n"
    )
    assert read_clusters(path).tolist() == [0, 0, 1]
    assert read_clusters(path, ids=["c|x", "a", "b"]).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("text", "ids", "message"),
    [
        ("", None, "is empty"),
        ("a\tb\nbroken\n", None, "line 2: 'broken' is neither"),
        (">Cluster 0\nbroken\n", None, "line 2: 'broken' is neither"),
        ("a\tb\nc\tb\n", None, "'b' is in two clusters"),
        ("a\tb\na\tb\n", None, "'b' is in 'a' twice"),
        (">Cluster 0\n0\t9nt, >NM_1... *\n1\t9nt, >NM_1... at +/99%\n", None, "CD-HIT .* '-d 0'"),
        (">Cluster 0\n0\t9nt, >NM_1... *\n", ["NM_1_full"], "CD-HIT cuts them .* '-d 0'"),
        ("a\ta\n", ["a", "z", "y"], "no cluster for 'z' and 1 other"),
    ],
)
def test_bad_cluster_files(tmp_path, text, ids, message):
    path = tmp_path / "x.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_clusters(path, ids)


def test_families_stay_together_over_a_chain(rng):
    """Single linkage: the ends of a chain of overlapping windows are one cluster."""
    (long,) = random_texts(rng, 1, 500)
    windows = [long[i : i + 100] for i in range(0, 401, 50)]
    assert all(a[50:] == b[:50] for a, b in pairwise(windows))
    assert set(homology_clusters(windows)) == {0}
