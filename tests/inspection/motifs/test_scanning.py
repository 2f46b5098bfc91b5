"""Sites of motifs: p-values by brute force, planted sites, and memelite's FIMO."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import false_discovery_control

from skgenomics import OneHotEncoder, OrdinalEncoder
from skgenomics.inspection.motifs.scanning import scan_motifs
from skgenomics.motifs import Motif, write_motifs
from skgenomics.sequences import decode, encode, reverse_complement

COLUMNS = ["sequence", "motif", "start", "end", "strand", "score", "p_value", "q_value"]


def random_motif(width, seed=0, alphabet="ACGT", name="M"):
    rng = np.random.default_rng(seed)
    n_symbols = 20 if alphabet == "protein" else 4
    return Motif(name, rng.dirichlet([0.5] * n_symbols, size=width), alphabet, n_sites=50)


def random_texts(n, length, seed=0, symbols="ACGT"):
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(list(symbols), size=(n, length))]


@pytest.mark.parametrize("background", [None, [0.3, 0.2, 0.2, 0.3], [0.1, 0.4, 0.3, 0.2]])
def test_p_values_equal_enumeration(background):
    """The p-value is the total probability of all k-mers that score at least as high."""
    motif = random_motif(5)
    words = ["".join(word) for word in product("ACGT", repeat=5)]
    sites = scan_motifs([motif], words, p_value=0.5, both_strands=False, background=background)
    scores = motif.log_odds(background)
    rounded = np.rint(scores / 0.01)
    codes = encode(words)
    totals = rounded[np.arange(5), codes].sum(axis=1)
    probabilities = (np.full(4, 0.25) if background is None else np.array(background))[codes].prod(
        axis=1
    )
    expected = np.array([probabilities[totals >= total].sum() for total in totals])
    assert sites["sequence"].tolist() == np.flatnonzero(expected <= 0.5).tolist()
    assert_allclose(sites["p_value"], expected[sites["sequence"]])
    assert_allclose(sites["score"], scores[np.arange(5), codes].sum(axis=1)[sites["sequence"]])


def test_sites_equal_a_naive_scan():
    motifs = [random_motif(6, 1, name="a"), random_motif(9, 2, name="b")]
    texts = [*random_texts(20, 60), "ACG", "", "NNNNNNNNNNNN", "acgtnacgttgacgta"]
    sites = scan_motifs(motifs, texts, p_value=0.02)
    expected = []
    for motif in motifs:
        for i, text in enumerate(texts):
            for start in range(len(text) - motif.width + 1):
                word = text[start : start + motif.width].upper()
                if "N" in word:
                    continue
                for strand, site in (("+", word), ("-", reverse_complement(word))):
                    score = motif.log_odds()[np.arange(motif.width), encode([site])[0]].sum()
                    expected.append((i, motif.name, start, start + motif.width, strand, score))
    expected = pd.DataFrame(expected, columns=COLUMNS[:6])
    best = sites.groupby("motif")["score"].min()
    # Within the rounding of scores both agree on which sites are good enough.
    slack = 0.05
    for name, part in expected.groupby("motif"):
        found = sites[sites["motif"] == name]
        sure = part[part["score"] > best[name] + slack]
        keys = set(map(tuple, found[COLUMNS[:5]].to_numpy()))
        assert keys >= set(map(tuple, sure[COLUMNS[:5]].to_numpy()))
        assert len(found) <= (part["score"] >= best[name] - slack).sum()
        n_tests = len(part)
        assert_allclose(
            found["q_value"].max(), min(1, found["p_value"].max() * n_tests / len(found))
        )


def test_q_values_equal_those_of_scipy():
    sites = scan_motifs([random_motif(4)], random_texts(5, 30), p_value=0.999)
    n_windows = 2 * 5 * 27
    p_values = [*sites["p_value"], *[1] * (n_windows - len(sites))]
    assert_allclose(sites["q_value"], false_discovery_control(p_values)[: len(sites)])


def test_planted_sites_on_both_strands():
    motif = Motif.from_sequences("TF", ["TGACGTCATT"] * 20)
    texts = random_texts(50, 80, seed=3)
    for i in range(50):
        site = "TGACGTCATT" if i % 2 else reverse_complement("TGACGTCATT")
        texts[i] = texts[i][:20] + site + texts[i][30:]
    sites = scan_motifs([motif], texts, p_value=1e-5)
    planted = sites[sites["start"] == 20]
    assert planted["sequence"].tolist() == list(range(50))
    assert planted["strand"].tolist() == ["-", "+"] * 25
    assert (planted["end"] == 30).all()
    assert (planted["q_value"] < 0.01).all()
    one = scan_motifs([motif], texts, p_value=1e-5, both_strands=False)
    assert set(one["strand"]) == {"+"}


def test_input_formats_agree():
    motif, texts = random_motif(6), random_texts(30, 40)
    expected = scan_motifs([motif], texts, p_value=0.01)
    assert len(expected)
    lower = pd.Series([text.lower() for text in texts], index=range(100, 130))
    forms = [lower, lower.to_frame(), OrdinalEncoder().fit_transform(texts)]
    forms += [OneHotEncoder().fit_transform(texts), [t.replace("T", "U") for t in texts]]
    for X in forms:
        pd.testing.assert_frame_equal(scan_motifs([motif], X, p_value=0.01), expected)


def test_rna_and_protein():
    rna = random_motif(6, alphabet="rna")
    texts = random_texts(30, 40, symbols="ACGU")
    dna = Motif("M", rna.probabilities, n_sites=50)
    found = scan_motifs([rna], texts, p_value=0.01, both_strands=False)
    pd.testing.assert_frame_equal(
        found, scan_motifs([dna], texts, p_value=0.01, both_strands=False)
    )
    protein = random_motif(3, alphabet="protein")
    with pytest.raises(ValueError, match="both_strands=False"):
        scan_motifs([protein], ["MKV"])
    assert len(scan_motifs([protein], ["MKVLAAGIW" * 20], p_value=0.5, both_strands=False))


def test_nothing_found_is_an_empty_table(tmp_path):
    write_motifs([random_motif(12)], tmp_path / "a.meme")
    sites = scan_motifs(tmp_path / "a.meme", ["A" * 12, "ACG"], p_value=1e-7)
    assert list(sites.columns) == COLUMNS
    assert len(sites) == 0
    assert sites["start"].dtype.kind == "i"
    assert sites["score"].dtype.kind == "f"
    assert len(scan_motifs([random_motif(12)], ["ACGT"])) == 0


def test_short_motifs_are_named():
    motifs = [random_motif(2, name="dull"), random_motif(12, name="fine")]
    with pytest.warns(UserWarning, match="'dull' .*raise p_value"):
        sites = scan_motifs(motifs, random_texts(50, 100))
    assert set(sites["motif"]) <= {"fine"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p_value": 0}, "p_value must be"),
        ({"p_value": 1.0}, "p_value must be"),
        ({"pseudocount": 0}, "pseudocount must be"),
        ({"background": [0.5, 0.5, 0, 0]}, "background must be"),
        ({"motifs": []}, "motifs must be"),
        ({"motifs": [random_motif(6), random_motif(7)]}, "rename the others"),
        ({"X": ["ACGT", "ACJT"]}, "sequence 1 has 'J' at position 2"),
    ],
)
def test_bad_input(settings, message):
    settings = {"motifs": [random_motif(6)], "X": ["ACGTACGT"]} | settings
    with pytest.raises(ValueError, match=message):
        scan_motifs(**settings)


def test_a_bad_row_of_a_file_is_named(tmp_path):
    path = tmp_path / "bad.meme"
    path.write_text(
        "MEME version 4\nALPHABET= ACGT\nMOTIF x\nletter-probability matrix: w= 2\n"
        "0.5 0.5 0 0\n0.5 0.9 0 0\n"
    )
    with pytest.raises(ValueError, match=r"line 6: motif 'x': .* position 1 sum to 1\.4"):
        scan_motifs(path, ["ACGT"])


def test_fimo_of_memelite_agrees():
    """memelite rounds scores to 0.1 bits and adds a constant to probabilities."""
    fimo = pytest.importorskip("memelite").fimo
    motif = random_motif(10, 5)
    codes = encode(random_texts(40, 200, seed=9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_hot = np.eye(4, dtype=np.int8)[codes].transpose(0, 2, 1)
        theirs = fimo({"M": motif.probabilities.T}, one_hot, threshold=1e-3)[0]
    ours = scan_motifs([motif], decode(codes), p_value=1e-3)
    keys = ["sequence", "start", "strand"]
    theirs = theirs.rename(columns={"sequence_name": "sequence"})
    both = ours.merge(theirs, on=keys, suffixes=("", "_theirs"))
    assert len(both) > 0.85 * max(len(ours), len(theirs)) > 5
    assert_allclose(np.log10(both["p_value"]), np.log10(both["p-value"]), atol=0.2)
    assert_array_equal(both["end"], both["start"] + 10)
