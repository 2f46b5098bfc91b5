"""Motif reports: planted classes, positions and strands."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import fisher_exact

from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.motifs.enrichment import motif_report
from skgenomics.motifs import Motif

CONSENSUS = ["TGACGTCATC", "GGGACTTTCC"]


def planted(**settings):
    settings = {"conservation": 1, "random_state": 0} | settings
    data = make_motif_classification(400, 80, motifs=CONSENSUS, **settings)
    motifs = [Motif(name, matrix) for name, matrix in zip("ab", data.motifs, strict=True)]
    return data, [*motifs, Motif.from_sequences("none", ["GCGCGATATCGCGC"])]


def test_classes_counts_and_shares():
    data, motifs = planted()
    names = np.array(["background", "first", "second"])[data.y]
    report = motif_report(motifs, data.X, names, p_value=1e-5)
    assert report.loc[["a", "b"], "enriched_in"].tolist() == ["first", "second"]
    assert (report.loc[["a", "b"], "enrichment_q"] < 1e-50).all()
    assert report.loc["a", "share_first"] == 1
    has_site = np.array(["TGACGTCATC" in x or "GATGACGTCA" in x for x in data.X])
    assert report.loc["a", "sequences"] >= has_site.sum()
    assert_allclose(report["share"], report["sequences"] / 400)
    test = fisher_exact(pd.crosstab(names == "first", has_site), alternative="greater")
    assert report.loc["a", "enrichment_p"] <= 4 * test.pvalue


def test_a_motif_without_sites():
    data, motifs = planted()
    row = motif_report(motifs[2:], data.X, data.y, p_value=1e-8).loc["none"]
    assert (row["sites"], row["share"], row["enrichment_p"], row["enriched_in"]) == (0, 0, 1, None)
    assert row[["position", "position_p", "forward", "strand_p"]].isna().all()


def test_position_and_strand():
    data, motifs = planted(position=10, both_strands=False)
    row = motif_report(motifs, data.X, p_value=1e-5).loc["a"]
    assert row["position"] == pytest.approx(15 / 80, abs=0.02)
    assert row["position_p"] < 1e-20
    assert row["forward"] > 0.9
    assert row["strand_p"] < 1e-10
    data, motifs = planted()
    row = motif_report(motifs, data.X, p_value=1e-5).loc["a"]
    assert row["position_p"] > 0.001
    assert row["strand_p"] > 0.001
    assert "strand_p" not in motif_report(motifs, data.X, both_strands=False)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], "one class for each of the 3 sequences"),
        ([0.5, 1.2, 0.1], "is continuous; bin it"),
        ([1, 1, 1], "contains the class 1 only"),
        ([0, 1, np.nan], r"no class for sequence 2 \(1 in total\)"),
        (["a", None, "b"], "no class for sequence 1"),
    ],
)
def test_bad_classes(y, message):
    motif = Motif.from_sequences("x", ["TGACGTCATC"])
    with pytest.raises(ValueError, match=message):
        motif_report([motif], ["ACGTACGTACGT"] * 3, y)


def test_matches_of_a_database():
    pytest.importorskip("memelite", reason="Tomtom is in memelite")
    rng = np.random.default_rng(0)
    known = [Motif(f"M{i}", rng.dirichlet([0.3] * 4, size=9), alt_name="x") for i in range(30)]
    report = motif_report([known[4]], ["ACGTACGTACGT"], database=known)
    assert report.loc["M4", ["match", "match_alt_name"]].tolist() == ["M4", "x"]
    assert report.loc["M4", "match_q"] < 1e-6
