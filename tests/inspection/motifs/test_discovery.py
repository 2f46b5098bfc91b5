"""Motif discovery recovers planted motifs, from a model's or from synthetic attributions."""

import importlib.util
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skgenomics import CNNClassifier, RNNClassifier
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.motifs import discovery
from skgenomics.inspection.motifs.discovery import discover_motifs
from skgenomics.motifs import read_motifs, write_motifs
from skgenomics.sequences import encode, one_hot, reverse_complement

CONSENSUS = ["TGACGTCAT", "GGGACTTTCC", "CACGTG", "AGATAAGA", "CCATATTAGG"]


def correlation(found, planted):
    """Correlate probabilities at the best alignment and strand; positions outside are uniform."""
    best = -1.0
    width = len(planted)
    for matrix in (found, found.reverse_complement()):
        padded = np.pad(matrix.probabilities, ((width, width), (0, 0)), constant_values=0.25)
        for start in range(len(padded) - width + 1):
            part = padded[start : start + width]
            if np.ptp(part):
                best = max(best, np.corrcoef(part.ravel(), planted.ravel())[0, 1])
    return best


@pytest.fixture(scope="module")
def five():
    data = make_motif_classification(1200, 60, motifs=CONSENSUS, random_state=0)
    model = CNNClassifier(n_filters=32, kernel_size=11, max_iter=12, random_state=0)
    return model.fit(data.X, data.y), data


@pytest.mark.parametrize("i", range(5))
def test_five_planted_motifs_are_found(five, i):
    model, data = five
    motifs = discover_motifs(model, data.X, target=i + 1, random_state=0)
    first = motifs[0]
    assert first.name == "positive_0"
    assert correlation(first, data.motifs[i]) > 0.9
    assert set(data.y[first.sites["sequence"]]) >= {i + 1}
    for motif in motifs:
        assert motif.n_sites == len(motif.sites)
        sign = 1 if motif.name.startswith("positive") else -1
        assert (sign * motif.sites["score"] > 0).all()
        assert sign * motif.contributions.sum() > 0


def test_attributions_of_networks_without_deeplift_rules(monkeypatch):
    """Recurrent networks fall back on gradients, unless DeepLIFT is asked for by name."""
    data = make_motif_classification(60, 40, random_state=0)
    model = RNNClassifier(hidden_size=4, max_iter=1, random_state=0).fit(data.X, data.y)
    methods, attribute = [], discovery.attribute

    def record(*args, method, **kwargs):
        methods.append(method)
        return attribute(*args, method=method, **kwargs)

    monkeypatch.setattr(discovery, "attribute", record)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        discover_motifs(model, data.X, random_state=0)
        with pytest.raises(ValueError, match="no rule for"):
            discover_motifs(model, data.X, attribution="deeplift")
    assert methods == ["deeplift", "input_x_gradient", "deeplift"]


@pytest.mark.parametrize(
    "pair",
    [
        ("TGACGTCAT", "TGACTCAT"),
        ("CAGGTGTGA", "CAGGTAAGT"),
        ("GTGACGTCAC", "GGGACTTTCC"),
        ("TTGACGTCA", "TTGACCTTTGA"),
    ],
)
def test_motifs_that_share_symbols_are_not_mixed(model, pair):
    codes, hypothetical, _ = made_by_hand(motifs=pair)
    hypothetical[1::2] *= -1
    motifs = discover_motifs(model, codes, attributions=hypothetical, random_state=0)
    found = {min(m.consensus, reverse_complement(m.consensus)) for m in motifs}
    assert found == {min(text, reverse_complement(text)) for text in pair}
    for motif in motifs:
        assert len(set(motif.sites["sequence"] % 2)) == 1


def test_a_degenerate_motif_is_not_split(model):
    """Three in ten bases of the sites are redrawn, most of them with negative attributions."""
    codes, hypothetical, starts = made_by_hand(motifs=("TGACGTCAT",) * 2, strands=False)
    hypothetical[1::2] *= -1
    rng = np.random.default_rng(1)
    for i, start in enumerate(starts):
        other = start + np.flatnonzero(rng.random(9) < 0.3)
        codes[i, other] = rng.integers(4, size=len(other))
    (motif,) = discover_motifs(model, codes, attributions=hypothetical, random_state=0)
    assert motif.consensus == "TGACGTCAT"
    assert motif.n_sites > 250


def test_sites_of_the_opposite_sign_are_dropped(model):
    """A positive site in the flank of a motif that lowers the score is not a site of it."""
    codes, hypothetical, starts = made_by_hand(strands=False, motifs=("TGACGTCAT",) * 2)
    # Every second sequence has the same motif, followed by bases that lower the score.
    for i in range(1, len(codes), 2):
        after = slice(starts[i] + 9, starts[i] + 20)
        hypothetical[i, starts[i] : starts[i] + 9] *= -0.5
        hypothetical[i, after] -= 0.6 * one_hot(codes[i : i + 1, after])[0]
    settings = {"both_strands": False, "random_state": 0}
    motifs = discover_motifs(model, codes, attributions=hypothetical, **settings)
    assert "TGACGTCAT" in motifs[0].consensus
    for motif in motifs:
        sign = 1 if motif.name.startswith("positive") else -1
        assert (sign * motif.sites["score"] > 0).all()
        assert motif.n_sites == len(motif.sites) >= 20


def made_by_hand(n=300, length=60, seed=0, motifs=("TGACGTCAT", "GGGACTTTCC"), strands=True):
    """Make noisy attributions: 1 at bases of the first motif, -1 at those of the second."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(4, size=(n, length)).astype(np.uint8)
    hypothetical = rng.normal(scale=0.05, size=(n, length, 4))
    starts = np.zeros(n, dtype=int)
    for i in range(n):
        text = motifs[i % 2]
        if strands and rng.random() < 0.5:
            text = reverse_complement(text)
        starts[i] = rng.integers(length - len(text) + 1)
        positions = np.arange(starts[i], starts[i] + len(text))
        codes[i, positions] = encode([text])[0]
        sign = -1 if i % 2 else 1
        hypothetical[i, positions] += sign * (one_hot(encode([text]))[0] - 0.25)
    return codes, hypothetical, starts


@pytest.fixture(scope="module")
def model():
    data = make_motif_classification(60, 60, random_state=0)
    settings = {"n_filters": 4, "max_iter": 1, "random_state": 0}
    return CNNClassifier(reverse_complement="average", **settings).fit(encode(data.X), data.y)


def test_signs_and_sites_of_given_attributions(model):
    codes, hypothetical, starts = made_by_hand()
    motifs = discover_motifs(model, codes, attributions=hypothetical, random_state=0)
    assert [motif.name for motif in motifs] == ["positive_0", "negative_0"]
    for motif, text, parity in zip(motifs, ("TGACGTCAT", "GGGACTTTCC"), (0, 1), strict=True):
        assert motif.consensus in (text, reverse_complement(text))
        rows = motif.sites["sequence"].to_numpy()
        assert (rows % 2 == parity).all()
        assert len(rows) > 140
        assert_allclose(motif.sites["start"], starts[rows])
    assert (motifs[0].sites["score"] > 0).all()
    assert (motifs[1].sites["score"] < 0).all()


def test_one_strand_only(model):
    codes, hypothetical, _ = made_by_hand(strands=False)
    motifs = discover_motifs(
        model, codes, attributions=hypothetical, both_strands=False, random_state=0
    )
    assert [motif.consensus for motif in motifs] == ["TGACGTCAT", "GGGACTTTCC"]
    assert set(motifs[0].sites["strand"]) == {"+"}


def test_unknown_symbols_are_not_sites(model):
    codes, hypothetical, _ = made_by_hand()
    codes[:, :20] = 4
    hypothetical[:, :20] = 100
    motifs = discover_motifs(model, codes, attributions=hypothetical, random_state=0)
    for motif in motifs:
        assert (motif.sites["end"] > 20).all()


def test_same_seed_same_motifs_and_input_untouched(model):
    codes, hypothetical, _ = made_by_hand()
    before = codes.copy(), hypothetical.copy()
    first, second = (
        discover_motifs(model, codes, attributions=hypothetical, random_state=3) for _ in range(2)
    )
    assert_allclose(first[0].probabilities, second[0].probabilities)
    assert_allclose(codes, before[0])
    assert_allclose(hypothetical, before[1])


def test_noise_has_no_motifs(model):
    rng = np.random.default_rng(0)
    codes = rng.integers(4, size=(200, 60)).astype(np.uint8)
    with pytest.warns(UserWarning, match="no motif is found: .* windows of 15 positions"):
        assert discover_motifs(model, codes, attributions=rng.normal(size=(200, 60, 4))) == []


def test_motifs_survive_a_file(model, tmp_path):
    codes, hypothetical, _ = made_by_hand()
    motifs = discover_motifs(model, codes, attributions=hypothetical, random_state=0)
    write_motifs(motifs, tmp_path / "found.meme")
    for motif, again in zip(motifs, read_motifs(tmp_path / "found.meme"), strict=True):
        assert (again.name, again.n_sites) == (motif.name, motif.n_sites)
        assert_allclose(again.probabilities, motif.probabilities, atol=2e-6)


@pytest.mark.slow
def test_tf_modisco_finds_the_same(five):
    if importlib.util.find_spec("modiscolite") is None:
        pytest.skip("modisco-lite is not installed")
    model, data = five
    motifs = discover_motifs(model, data.X, target=2, method="modisco", fdr=0.2)
    assert motifs[0].name == "positive_0"
    assert correlation(motifs[0], data.motifs[1]) > 0.9
    assert (motifs[0].sites["score"] > 0).mean() > 0.9


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "method must be one of"),
        ({"width": 2}, "width must be"),
        ({"fdr": 1.5}, "fdr must be"),
        ({"attributions": np.zeros((300, 60))}, "attributions must have the shape"),
        ({"attributions": np.full((300, 60, 4), np.nan)}, "sequence 0 are not finite"),
        ({"target": 7}, "target must name a class"),
        ({"method": "modisco", "width": 60}, "needs sequences of 70 bp"),
    ],
)
def test_bad_input(model, settings, message):
    codes, hypothetical, _ = made_by_hand()
    if "target" not in settings:
        settings = {"attributions": hypothetical} | settings
    with pytest.raises(ValueError, match=message):
        discover_motifs(model, codes, **settings)


def test_missing_modisco_names_the_extra(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "modiscolite", None)
    monkeypatch.setitem(sys.modules, "modiscolite.tfmodisco", None)
    codes, hypothetical, _ = made_by_hand()
    with pytest.raises(ImportError, match=r"skgenomics\[modisco\]"):
        discover_motifs(model, codes, attributions=hypothetical, method="modisco")
