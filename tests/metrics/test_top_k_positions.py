"""Top-k share of positions: sorting by hand, ties, unknown labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skgenomics.metrics import top_k_positions_score

CLASSES = ["A", "D", "N"]


def random_labels(rng, n=20, length=50):
    return ["".join(rng.choice(CLASSES, p=[0.05, 0.1, 0.85], size=length)) for _ in range(n)]


def test_equals_sorting_by_hand():
    rng = np.random.RandomState(0)
    y = random_labels(rng)
    scores = rng.rand(20, 50, 3)
    symbols = np.array([list(row) for row in y]).ravel()
    expected = {}
    for i, symbol in enumerate(CLASSES[:2]):
        best = np.argsort(-scores[:, :, i].ravel())[: (symbols == symbol).sum()]
        expected[symbol] = (symbols[best] == symbol).mean()
    result = top_k_positions_score(y, scores, classes=CLASSES, average=None)
    assert result == pytest.approx(expected)
    assert top_k_positions_score(y, scores, classes=CLASSES) == pytest.approx(
        np.mean(list(expected.values()))
    )
    assert top_k_positions_score(y, scores, classes=CLASSES, background="N") == pytest.approx(
        np.mean(list(expected.values()))
    )


def test_truth_is_one_and_constant_is_the_share_of_sites():
    y = random_labels(np.random.RandomState(0))
    symbols = np.array([list(row) for row in y])
    truth = (symbols[:, :, np.newaxis] == np.array(CLASSES)).astype(float)
    assert top_k_positions_score(y, truth, classes=CLASSES) == 1
    shares = top_k_positions_score(y, np.zeros_like(truth), classes=CLASSES, average=None)
    assert shares["D"] == pytest.approx((symbols == "D").mean())
    every = top_k_positions_score(y, truth, classes=CLASSES, background=None, average=None)
    assert every == {"A": 1, "D": 1, "N": 1}


def test_padding_and_unknown_positions_take_no_part():
    y = ["DN?", "DN"]
    scores = np.zeros((2, 4, 2))
    # Only the unknown position and those past the ends are scored higher than the two sites.
    scores[:, :, 0] = [[5, 1, 9, 9], [4, 2, 9, 9]]
    assert top_k_positions_score(y, scores, classes=["D", "N"], background="N") == 1
    codes = np.array([[0, 1, np.nan, np.nan], [0, 1, np.nan, np.nan]])
    assert top_k_positions_score(codes, scores, classes=[0, 1], background=1) == 1
    codes = np.array([[0, 1, 7, 7], [0, 1, 7, 7]])
    assert top_k_positions_score(codes, scores, classes=[0, 1], background=1, unknown_label=7) == 1


def test_ties_at_the_kth_rank_are_shared():
    scores = np.zeros((1, 4, 2))
    scores[0, :, 0] = [3, 1, 1, 1]
    # Two sites: the first is found; the other one is among three that tie.
    share = top_k_positions_score(["DDNN"], scores, classes=["D", "N"], background="N")
    assert share == pytest.approx((1 + 1 / 3) / 2)


def test_a_series_with_any_index_is_read():
    y = pd.Series(["DN", "ND"], index=[7, 7])
    scores = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    assert top_k_positions_score(y, scores, classes=np.array(["D", "N"]), background="N") == 1


def test_without_sites_it_is_undefined():
    with pytest.warns(UndefinedMetricWarning, match="no sites"):
        assert np.isnan(top_k_positions_score(["NN"], np.zeros((1, 2, 2)), classes=["D", "N"]))


@pytest.mark.parametrize(
    ("y", "shape", "settings", "message"),
    [
        (["DXN"], (1, 3, 2), {}, "sequence 0 has the label 'X' at position 1"),
        ([[0, 1, 5]], (1, 3, 2), {"classes": [0, 1]}, "label 5 at position 2"),
        (["DN"], (1, 2, 3), {}, r"with 2 classes, got \(1, 2, 3\)"),
        (["DN"], (1, 2), {}, "must have shape"),
        (["DNN"], (1, 2, 2), {}, "up to 3 labels, but y_score is for 1 sequences of 2"),
        (["DN", "DN"], (1, 2, 2), {}, "y_true has 2 sequences"),
        (["DN"], (1, 2, 2), {"background": "Q"}, "background must be one of"),
        (["DN"], (1, 2, 2), {"average": "micro"}, "'macro', None"),
        ([0, 1], (2, 2, 2), {"classes": [0, 1]}, "one label for each sequence"),
    ],
)
def test_bad_input_is_named(y, shape, settings, message):
    with pytest.raises(ValueError, match=message):
        top_k_positions_score(y, np.zeros(shape), **{"classes": ["D", "N"]} | settings)
