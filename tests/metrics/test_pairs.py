"""Precision of contacts and correlation at each distance: equality with brute force."""

import numpy as np
import pytest

from skgenomics.metrics import contact_precision_score, stratified_correlation_score


def symmetric(rng, n, size):
    values = rng.random((n, size, size))
    return (values + values.transpose(0, 2, 1)) / 2


@pytest.mark.parametrize("top", ["L", "L/2", "L/5", 7])
@pytest.mark.parametrize("limits", [(6, 11), (12, 23), (24, None)])
def test_precision_is_that_of_sorted_pairs(top, limits):
    rng = np.random.default_rng(0)
    scores = symmetric(rng, 3, 50)
    truth = (symmetric(rng, 3, 50) > 0.6).astype(float)
    truth[0, 3] = truth[0, :, 3] = np.nan
    low, high = limits
    expected = []
    for y, s in zip(truth, scores, strict=True):
        pairs = [
            (-s[i, j], y[i, j])
            for i in range(50)
            for j in range(i, 50)
            if low <= j - i <= (high or 50) and not np.isnan(y[i, j])
        ]
        size = {"L": 50, "L/2": 25, "L/5": 10, 7: 7}[top]
        expected.append(np.mean([label for _, label in sorted(pairs)[:size]]))
    found = contact_precision_score(truth, scores, top=top, min_separation=low, max_separation=high)
    assert found == pytest.approx(np.mean(expected))


def test_sequences_of_unequal_length():
    rng = np.random.default_rng(1)
    truth = [np.eye(30)[::-1], np.eye(40)[::-1]]
    scores = np.full((2, 40, 40), np.nan)
    for row, y in zip(scores, truth, strict=True):
        row[: len(y), : len(y)] = y + 0.1 * rng.random(y.shape)
    scores = (scores + scores.transpose(0, 2, 1)) / 2
    assert contact_precision_score(truth, scores, top=2) == 1


def test_correlation_is_that_of_each_distance():
    rng = np.random.default_rng(2)
    truth, predicted = symmetric(rng, 4, 12), symmetric(rng, 4, 12)
    truth[1, 2, 5] = truth[1, 5, 2] = np.nan
    values, sizes = [], []
    for d in range(2, 9):
        a = np.concatenate([np.diagonal(y, d) for y in truth])
        b = np.concatenate([np.diagonal(y, d) for y in predicted])
        keep = ~np.isnan(a)
        values.append(np.corrcoef(a[keep], b[keep])[0, 1])
        sizes.append(keep.sum())
    found = stratified_correlation_score(truth, predicted, min_distance=2, max_distance=8)
    assert found == pytest.approx(np.average(values, weights=sizes))
    assert stratified_correlation_score(truth, 2 * truth + 1) == pytest.approx(1)


def test_undefined_scores_and_errors():
    with pytest.warns(UserWarning, match="precision is undefined"):
        assert np.isnan(contact_precision_score(np.zeros((1, 5, 5)), np.zeros((1, 5, 5))))
    with pytest.warns(UserWarning, match="correlation is undefined"):
        assert np.isnan(stratified_correlation_score(np.zeros((1, 5, 5)), np.zeros((1, 5, 5))))
    with pytest.raises(ValueError, match="sequence 0 has a true matrix of shape"):
        contact_precision_score([np.zeros((5, 4))], [np.zeros((5, 5))])
    with pytest.raises(ValueError, match="1 true matrices, but 2 predicted"):
        contact_precision_score(np.zeros((1, 5, 5)), np.zeros((2, 5, 5)))
    with pytest.raises(ValueError, match="top must be one of"):
        contact_precision_score(np.zeros((1, 5, 5)), np.zeros((1, 5, 5)), top="L/3")
