"""MotifScanner against scanning by hand, and planted sites."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.encoding.motif_scanner import MotifScanner
from skgenomics.motifs import Motif

RNG = np.random.default_rng(0)
MOTIFS = [
    Motif(f"m{width}", RNG.dirichlet(np.full(4, 0.3), size=width), n_sites=10 * width)
    for width in (1, 3, 6)
]
BACKGROUND = [0.3, 0.2, 0.2, 0.3]


def sites_by_hand(text, motif, both_strands):
    matrices = [motif.log_odds(BACKGROUND)]
    if both_strands:
        matrices.append(matrices[0][::-1, ::-1])
    words = [text[i : i + motif.width] for i in range(len(text) - motif.width + 1)]
    return [
        sum(scores["ACGT".index(symbol)] for scores, symbol in zip(matrix, word, strict=True))
        for matrix in matrices
        for word in words
        if "N" not in word
    ]


def summary_by_hand(sites, motif, summary):
    if summary == "count":
        return sum(site >= 1 for site in sites)
    if not sites:
        return motif.log_odds(BACKGROUND).min(axis=1).sum()
    return max(sites) if summary == "max" else np.log2(np.sum(np.exp2(sites)))


@settings(deadline=None)  # The first call compiles the loops.
@given(
    st.lists(st.text("ACGTN", max_size=20), max_size=4),
    st.sampled_from(["max", "sum", "count"]),
    st.booleans(),
)
def test_scores_equal_scanning_by_hand(texts, summary, both_strands):
    texts = [*texts, "ACGTTGCA"]
    scanner = MotifScanner(
        MOTIFS, summary=summary, both_strands=both_strands, background=BACKGROUND, threshold=1
    )
    X = scanner.fit_transform(texts)
    assert X.dtype == np.float32
    expected = [
        [summary_by_hand(sites_by_hand(x, m, both_strands), m, summary) for m in MOTIFS]
        for x in texts
    ]
    assert_allclose(X, expected, rtol=1e-5, atol=1e-5)


def test_a_planted_site_is_found_on_both_strands():
    site = Motif("site", np.eye(4)[[0, 2, 1, 3, 3, 0]])
    text = "".join(RNG.choice(list("CT"), size=100))
    planted = text[:40] + "AGCTTA" + text[46:]
    other = text[:40] + "TAAGCT" + text[46:]
    forward = MotifScanner([site], both_strands=False).fit([text])
    both = MotifScanner([site]).fit([text])
    best = site.log_odds().max(axis=1).sum()
    assert_allclose(forward.transform([planted]), best, rtol=1e-5)
    assert forward.transform([other]) < 0.5 * best
    assert_allclose(both.transform([planted, other]), best, rtol=1e-5)


def test_motifs_of_a_file(tmp_path):
    path = tmp_path / "two.jaspar"
    path.write_text(">M1 A\n10 0\n0 0\n0 10\n0 0\n>M2 B\n1 0 0\n9 0 5\n0 0 5\n0 10 0\n")
    scanner = MotifScanner(path, both_strands=False).fit(["ACGTACG"])
    assert scanner.get_feature_names_out().tolist() == ["M1", "M2"]
    X = scanner.set_output(transform="pandas").transform(["TTTAGTTT", "TTTCTCTT"])
    assert X["M1"][0] > 3 > X["M1"][1]
    assert X["M2"][1] > 4 > X["M2"][0]
    again = MotifScanner(str(path), both_strands=False).fit(["ACGTACG"])
    assert_array_equal(again.transform(["ACGTACG"]), scanner.transform(["ACGTACG"]))


def test_a_threshold_for_each_motif():
    text = ["ACGTTGCA"]
    best = MotifScanner(MOTIFS).fit_transform(text)[0].astype(float)
    scanner = MotifScanner(MOTIFS, summary="count", threshold=best - [0.01, -0.01, 0.01])
    assert (scanner.fit_transform(text)[0] > 0).tolist() == [True, False, True]


def test_short_sequences_get_the_worst_score():
    scanner = MotifScanner(MOTIFS).fit(["ACGTTGCA"])
    found = scanner.transform(["AC", "NNNNNN"])
    worst = [motif.log_odds().min(axis=1).sum() for motif in MOTIFS]
    assert_allclose(found[1], worst, rtol=1e-5)
    assert_allclose(found[0, 1:], worst[1:], rtol=1e-5)
    with pytest.raises(ValueError, match="motif 'm6' has 6 positions, but the longest sequence"):
        MotifScanner(MOTIFS).fit(["ACGT"])


def test_proteins():
    scores = np.full((2, 20), 0.01)
    scores[[0, 1], [10, 0]] = 0.81
    scanner = MotifScanner([Motif("MA", scores, "protein")], both_strands=False)
    found = scanner.fit_transform(["GGMAGG", "GGAMGG"])
    assert found[0] > 7
    assert found[1] < 2
    with pytest.raises(ValueError, match="both_strands=True needs motifs of a nucleic alphabet"):
        MotifScanner([Motif("MA", scores, "protein")]).fit(["GGMAGG"])


def test_forms_of_x():
    scanner = MotifScanner(MOTIFS).fit(["ACGTTGCA"])
    texts = ["ACGTNACGTAC", "TTTTTTTTTTT"]
    expected = scanner.transform(texts)
    assert_array_equal(scanner.transform(OrdinalEncoder().fit_transform(texts)), expected)
    assert_array_equal(scanner.transform(OneHotEncoder().fit_transform(texts)), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"motifs": None}, "motifs must be a file of motifs, or a list"),
        ({"motifs": []}, "motifs must be"),
        ({"motifs": [[[0.5, 0.5]]]}, r"motif 'motif0': .* shape \(width, 4\)"),
        ({"motifs": [[[3, 1, 1, 1]]]}, "position 0 sum to 6 instead of 1"),
        ({"motifs": [MOTIFS[0], MOTIFS[0]]}, "holds the name 'm1' 2 times"),
        (
            {"motifs": [MOTIFS[0], Motif("p", np.full((1, 20), 0.05), "protein")]},
            "scan them separately",
        ),
        ({"summary": "mean"}, "summary must be one of"),
        ({"summary": "count"}, "needs a threshold"),
        ({"summary": "count", "threshold": [1, 2]}, "one for each of the 3 motifs"),
        ({"pseudocount": 0}, "pseudocount must be a positive number"),
        ({"background": [1, 0, 0, 0]}, "background must be 4 positive probabilities"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        MotifScanner(**{"motifs": MOTIFS, **params}).fit(["ACGTTGCA"])


def test_clone_and_pickle():
    scanner = MotifScanner(MOTIFS, summary="sum").fit(["ACGTTGCA"])
    copy = pickle.loads(pickle.dumps(scanner))
    assert_array_equal(copy.transform(["ACCGTACG"]), scanner.transform(["ACCGTACG"]))
    assert len(clone(scanner).motifs) == 3
