"""Simulated data: the truth is where the Bunch says it is."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics.datasets import make_motif_classification
from skgenomics.sequences import encode, reverse_complement

MOTIF = "GGGACTTTCC"


def planted(data, width):
    """The planted instances as the forward strand of the motif has them, with their rows."""
    rows = np.flatnonzero(data.positions >= 0)
    texts = [data.X[i][data.positions[i] :][:width] for i in rows]
    strands = data.strands[rows]
    pairs = zip(texts, strands, strict=True)
    return rows, [reverse_complement(t) if s == "-" else t for t, s in pairs]


def test_planted_motifs_are_where_the_bunch_says():
    data = make_motif_classification(300, 50, motifs=[MOTIF], conservation=1, random_state=0)
    rows, instances = planted(data, len(MOTIF))
    assert set(instances) == {MOTIF}
    assert_array_equal(data.y, data.positions >= 0)
    assert_array_equal(data.strands == ".", data.y == 0)
    assert set(data.strands[rows]) == {"+", "-"}
    assert {len(x) for x in data.X} == {50}
    # All 41 starts are drawn, the first and the last among them, by 150 draws almost surely.
    assert data.positions[rows].min() <= 1
    assert data.positions[rows].max() >= 39


def test_every_class_has_its_own_motif():
    motifs = ["GATAAG", "CCCGCCC"]
    data = make_motif_classification(90, 20, motifs=motifs, conservation=1, random_state=0)
    rows, instances = planted(data, 7)
    for i, text in zip(rows, instances, strict=True):
        width = len(motifs[data.y[i] - 1])
        text = text if data.strands[i] == "+" or width == 7 else text[-width:]
        assert text[:width] == motifs[data.y[i] - 1]


def test_instances_follow_the_matrix():
    matrix = np.array([[0.7, 0.1, 0.1, 0.1], [0.0, 0.5, 0.5, 0.0], [0.25, 0.25, 0.25, 0.25]])
    data = make_motif_classification(8000, 9, motifs=[matrix], weights=[0, 1], random_state=1)
    _, instances = planted(data, 3)
    codes = encode(instances)
    shares = np.array([np.bincount(column, minlength=4)[:4] / len(codes) for column in codes.T])
    # Three standard errors of a share are at most 0.017.
    assert_allclose(shares, matrix, atol=0.02)
    assert_allclose(data.motifs[0], matrix)


def test_ambiguity_symbols_share_the_conservation():
    matrix = make_motif_classification(4, motifs=["ARN"], conservation=0.8).motifs[0]
    assert_allclose(matrix[0], [0.8, 0.2 / 3, 0.2 / 3, 0.2 / 3])
    assert_allclose(matrix[1], [0.4, 0.1, 0.4, 0.1])
    assert_allclose(matrix[2], 0.25)


@pytest.mark.parametrize(("position", "start"), [("fixed", 20), (0, 0), (40, 40)])
def test_a_fixed_position_is_the_same_for_all(position, start):
    data = make_motif_classification(20, 50, position=position, both_strands=False)
    assert set(data.positions[data.y == 1]) == {start}
    assert set(data.strands[data.y == 1]) == {"+"}


def test_class_weights_are_honoured_exactly():
    data = make_motif_classification(1000, 30, weights=[0.95, 0.05], random_state=0)
    assert np.bincount(data.y).tolist() == [950, 50]
    assert (np.flatnonzero(data.y) < 500).any()


def test_gc_content_is_that_of_the_background():
    data = make_motif_classification(500, 100, weights=[1, 0], gc_content=0.3, random_state=0)
    assert np.isin(encode(data.X), [1, 2]).mean() == pytest.approx(0.3, abs=0.01)


def test_the_same_seed_gives_the_same_data():
    one, same, other = (make_motif_classification(50, random_state=seed) for seed in (3, 3, 4))
    for name in ("X", "y", "positions", "strands"):
        assert_array_equal(one[name], same[name])
    assert (one.X != other.X).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_samples": 0}, "n_samples must be an integer"),
        ({"length": 5}, "motif 0 has 10 positions, more than the 5"),
        ({"conservation": 1.2}, "conservation must be a number in"),
        ({"motifs": "GATA"}, "sequence of motifs"),
        ({"motifs": ["GA!A"]}, "motif 0 has the symbol '!'"),
        ({"motifs": [[[0.5, 0.5, 0.5, 0.5]]]}, "sum to 1"),
        ({"motifs": [[0.5, 0.5]]}, r"shape \(width, 4\)"),
        ({"weights": [0.5, 0.4]}, "2 fractions that sum to 1"),
        ({"weights": [0.2, 0.3, 0.5]}, "2 fractions"),
        ({"position": 91}, r"integer in \[0, 90\]"),
        ({"position": "center"}, "'anywhere', 'fixed'"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_motif_classification(**settings)
