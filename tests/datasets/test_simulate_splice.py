"""Splice sites: labels sit on GT and AG, and the consensus around them can be learned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skgenomics import OneHotEncoder
from skgenomics.datasets import make_splice
from skgenomics.sequences import encode


def test_labels_are_the_ends_of_introns():
    data = make_splice(300, 200, max_introns=2, min_intron=50, random_state=0)
    n_introns = set()
    for x, y in zip(data.X, data.y, strict=True):
        assert len(x) == len(y) == 200
        donors = [i for i, label in enumerate(y) if label == "D"]
        acceptors = [i for i, label in enumerate(y) if label == "A"]
        n_introns.add(len(donors))
        assert len(donors) == len(acceptors)
        for donor, acceptor in zip(donors, acceptors, strict=True):
            assert x[donor : donor + 2] == "GT"
            assert x[acceptor - 1 : acceptor + 1] == "AG"
            assert acceptor - donor + 1 >= 50
        assert all(a < d for a, d in zip(acceptors, donors[1:], strict=False))
    assert n_introns == {0, 1, 2}


def test_the_shortest_intron_occurs_and_none_is_shorter():
    lengths = []
    for least in (20, 26, 60):
        data = make_splice(400, 90, max_introns=1, min_intron=least, random_state=0)
        pairs = [(y.index("D"), y.index("A")) for y in data.y if "D" in y]
        lengths.append(min(acceptor - donor + 1 for donor, acceptor in pairs))
    assert lengths == [20, 26, 60]


def test_the_frame_agrees_with_the_labels():
    data = make_splice(100, 150, random_state=0)
    for row in data.instances.itertuples():
        assert data.y[row.row][row.site] == "DA"[row.motif]
        assert row.site == row.position + (3, 13)[row.motif]
    assert len(data.instances) == sum(y.count("D") + y.count("A") for y in data.y)
    assert (data.instances["strand"] == "+").all()


def test_sites_follow_the_matrices():
    data = make_splice(6000, 100, max_introns=1, random_state=0)
    for kind, matrix in enumerate(data.motifs):
        sites = data.instances[data.instances["motif"] == kind]
        texts = [
            data.X[r][p : p + len(matrix)]
            for r, p in zip(sites["row"], sites["position"], strict=True)
        ]
        shares = np.array([np.bincount(c, minlength=4) / len(c) for c in encode(texts).T])
        assert_allclose(shares, matrix, atol=0.035)
    assert_array_equal(data.motifs[0][3:5], [[0, 0, 1, 0], [0, 0, 0, 1]])
    assert_array_equal(data.motifs[1][12:14], [[1, 0, 0, 0], [0, 0, 1, 0]])


@pytest.mark.parametrize("length", [28, 60, 61])
def test_windows_have_their_site_in_the_middle(length):
    data = make_splice(400, length, by_position=False, random_state=0)
    assert {kind: int((data.y == kind).sum()) for kind in ("EI", "IE", "N")} == {
        "EI": 100, "IE": 100, "N": 200,
    }  # fmt: skip
    middle = length // 2
    for x, y in zip(data.X, data.y, strict=True):
        has_gt, has_ag = x[middle : middle + 2] == "GT", x[middle - 2 : middle] == "AG"
        assert has_gt if y == "EI" else has_ag if y == "IE" else has_gt or has_ag
    assert len(data.instances) == 200


def test_windows_can_be_told_apart_but_not_by_two_symbols():
    data = make_splice(2000, 60, by_position=False, random_state=0)
    model = make_pipeline(OneHotEncoder(), LogisticRegression(C=0.1))
    whole = model.fit(data.X[:1500], data.y[:1500]).score(data.X[1500:], data.y[1500:])
    two = np.array([x[28:32] for x in data.X])
    alone = model.fit(two[:1500], data.y[:1500]).score(two[1500:], data.y[1500:])
    assert whole > 0.85
    assert alone < whole - 0.1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 60}, "up to 2 introns of at least 40 bp take .* lower max_introns"),
        ({"min_intron": 5}, "min_intron must be an integer in"),
        ({"max_introns": 0}, "max_introns must be an integer"),
        ({"length": 27, "by_position": False}, "needs a length of at least 28"),
        ({"weights": [0.5, 0.5], "by_position": False}, "3 fractions that sum to 1 .*'EI'"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_splice(**settings)
