"""Motif matches: identical motifs, reverse complements, and p-values computed by hand."""

import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from skgenomics.inspection.motifs.matching import match_motifs
from skgenomics.motifs import Motif, write_motifs

pytest.importorskip("memelite", reason="Tomtom is in memelite")


def database(n=40, width=9, alphabet="ACGT", seed=0):
    rng = np.random.default_rng(seed)
    n_symbols = 20 if alphabet == "protein" else 4
    return [
        Motif(f"M{i}", rng.dirichlet([0.3] * n_symbols, size=width), alphabet) for i in range(n)
    ]


def test_every_motif_matches_itself():
    known = database()
    table = match_motifs(known, known, n_best=1)
    assert table["match"].tolist() == [motif.name for motif in known]
    assert (table["p_value"] < 1e-9).all()
    assert (table["q_value"] < 1e-7).all()
    assert (table["offset"] == 0).all()
    assert (table["strand"] == "+").all()
    assert (table["overlap"] == 9).all()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_number_of_torch_threads_is_kept(n_threads):
    """The number of threads changes the order of sums, hence the weights of a seed."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        match_motifs(database(100), database(100))
        assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("start", "stop", "offset"), [(2, 8, 2), (0, 9, 0)])
def test_offset_and_strand_of_a_part(start, stop, offset):
    known = database()
    part = Motif("part", known[3].probabilities[start:stop])
    row = match_motifs([part], known, n_best=1).iloc[0]
    assert tuple(row[["match", "offset", "strand", "overlap"]]) == ("M3", offset, "+", stop - start)
    turned = Motif("turned", known[3].reverse_complement().probabilities[start:stop])
    row = match_motifs([turned], known, n_best=1).iloc[0]
    assert tuple(row[["match", "offset", "strand", "overlap"]]) == ("M3", offset, "-", stop - start)
    one = match_motifs([turned], known, n_best=1, both_strands=False).iloc[0]
    assert one["strand"] == "+"
    assert one["p_value"] > row["p_value"]


def test_a_negative_offset():
    known = database()
    longer = np.vstack([np.full((3, 4), 0.25), known[3].probabilities])
    row = match_motifs([Motif("longer", longer)], known, n_best=1).iloc[0]
    assert tuple(row[["match", "offset", "overlap"]]) == ("M3", -3, 9)


def test_p_values_of_single_columns_by_hand():
    """P-values are fractions of columns at most as far, up to the rounding to 100 bins."""
    rng = np.random.default_rng(1)
    known = [Motif(f"M{i}", rng.dirichlet([1] * 4, size=1)) for i in range(200)]
    query = rng.dirichlet([1] * 4, size=1)
    table = match_motifs([Motif("query", query)], known, n_best=None, both_strands=False)
    distances = np.array([np.linalg.norm(query - motif.probabilities) for motif in known])
    expected = {m.name: (distances <= d).mean() for m, d in zip(known, distances, strict=True)}
    assert_allclose(table["p_value"], table["match"].map(expected), atol=0.06)


def test_orders_of_symbols_and_rna():
    known = database()
    turned = [Motif(m.name, m.probabilities[:, ::-1], "TGCA") for m in known]
    assert match_motifs(turned[:3], known, n_best=1)["match"].tolist() == ["M0", "M1", "M2"]
    rna = database(alphabet="rna")
    assert set(match_motifs(rna, rna)["strand"]) == {"+"}
    proteins = database(alphabet="protein")
    table = match_motifs(proteins[:2], proteins, n_best=1)
    assert table["match"].tolist() == ["M0", "M1"]


def test_best_ones_are_sorted_and_counted(tmp_path):
    known = database()
    write_motifs(known, tmp_path / "known.meme")
    table = match_motifs(known[:2], tmp_path / "known.meme", n_best=3)
    assert table["motif"].tolist() == ["M0"] * 3 + ["M1"] * 3
    assert table.groupby("motif")["p_value"].apply(lambda p: p.is_monotonic_increasing).all()
    assert len(match_motifs(known[:2], known, n_best=None)) == 2 * len(known)


def test_bad_input(monkeypatch):
    known = database()
    with pytest.warns(UserWarning, match="has 5 motifs; .* fewer than 25"):
        match_motifs(known[:1], known[:5])
    with pytest.raises(ValueError, match="'M0' has the alphabet 'ACDEF"):
        match_motifs(known, database(alphabet="protein"))
    with pytest.raises(ValueError, match="motifs must be"):
        match_motifs([], known)
    with pytest.raises(ValueError, match="n_best must be"):
        match_motifs(known, known, n_best=0)
    monkeypatch.setitem(sys.modules, "memelite", None)
    with pytest.raises(ImportError, match=r"skgenomics\[interpret\]"):
        match_motifs(known, known)
