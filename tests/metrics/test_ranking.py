"""Average precision and recall under imbalance: chance, ties, labels of any type."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score

from skgenomics.metrics import (
    adjusted_average_precision_score,
    average_precision_baseline,
    recall_at_fdr_score,
)


def recall_by_brute_force(y, score, fdr):
    best = 0.0
    for threshold in np.unique(score):
        found = score >= threshold
        if (~y[found]).sum() <= fdr * found.sum() + 1e-9:
            best = max(best, y[found].sum() / y.sum())
    return best


@pytest.mark.parametrize("fdr", [0, 0.1, 0.25, 0.3, 0.5, 1])
@pytest.mark.parametrize("n_levels", [3, 1000])
def test_recall_is_that_of_the_best_threshold(fdr, n_levels):
    rng = np.random.RandomState(0)
    for _ in range(20):
        y = rng.rand(60) < 0.3
        score = rng.randint(n_levels, size=60) + n_levels * 0.2 * y
        assert_allclose(
            recall_at_fdr_score(y, score, fdr=fdr), recall_by_brute_force(y, score, fdr)
        )


def test_recall_of_chosen_cases():
    # 3 of 10 are false: the rate is 0.3, though 1 - 0.7 is a little more.
    y = np.array([1] * 7 + [0] * 3 + [0] * 5)
    score = np.array([2] * 10 + [1] * 5)
    assert recall_at_fdr_score(y, score, fdr=0.3) == 1
    assert recall_at_fdr_score(y, score, fdr=0.29) == 0
    assert recall_at_fdr_score([1, 0], [0, 1], fdr=0.25) == 0
    assert recall_at_fdr_score([1, 1], [0, 1]) == 1


def test_a_constant_score_is_chance_and_a_perfect_one_is_one():
    rng = np.random.RandomState(0)
    for prevalence in (0.01, 0.3, 0.9):
        y = rng.rand(1000) < prevalence
        assert adjusted_average_precision_score(y, np.zeros(1000)) == pytest.approx(0, abs=1e-12)
        assert adjusted_average_precision_score(y, y) == 1
        random = [adjusted_average_precision_score(y, rng.rand(1000)) for _ in range(200)]
        assert abs(np.mean(random)) < 0.03
        assert average_precision_baseline(y) == y.mean()


def test_any_two_labels_will_do():
    y = np.array([0, 1, 1, 0, 0])
    score = np.array([0.1, 0.9, 0.3, 0.6, 0.2])
    expected = (average_precision_score(y, score) - 0.4) / 0.6
    names = np.array(["neg", "pos"], dtype=object)
    for labels, pos_label in (
        (y, None), (2 * y - 1, None), (y == 1, None), (names[y], None), (1 - y, 0),
        (names[1 - y], "neg"),
    ):  # fmt: skip
        result = adjusted_average_precision_score(labels, score, pos_label=pos_label)
        assert result == pytest.approx(expected)
        assert average_precision_baseline(labels, pos_label=pos_label) == pytest.approx(0.4)


def test_weights_are_repetitions():
    rng = np.random.RandomState(0)
    y, score = rng.rand(50) < 0.4, rng.randint(8, size=50)
    weight = rng.randint(0, 4, size=50)
    repeated = np.repeat(y, weight), np.repeat(score, weight)
    for metric in (adjusted_average_precision_score, recall_at_fdr_score):
        assert metric(y, score, sample_weight=weight) == pytest.approx(metric(*repeated))


def test_one_class_alone_is_undefined_and_said_so():
    with pytest.warns(UndefinedMetricWarning, match="only one class"):
        assert np.isnan(adjusted_average_precision_score([0, 0], [0.1, 0.2]))
    with pytest.warns(UndefinedMetricWarning, match="no positives"):
        assert np.isnan(recall_at_fdr_score([-1, -1], [0.1, 0.2]))


@pytest.mark.parametrize(
    ("y", "score", "settings", "message"),
    [
        ([], [], {}, "minimum of 1|empty"),
        ([0, 1, 2], [1, 2, 3], {}, "two classes, got 3"),
        ([0, 1], [1, np.nan], {}, "NaN"),
        ([0, 1, np.nan], [1, 2, 3], {}, "no label in row 2 .*masked_score"),
        ([0, 1], [1, 2, 3], {}, "inconsistent numbers"),
        (["a", "a"], [1, 2], {}, "only one class, 'a': set pos_label"),
        ([0, 1], [1, 2], {"pos_label": 7}, "pos_label=7"),
        ([0, 1, 2], [1, 2, 3], {"pos_label": 1}, "pos_label=1 is not one of two classes"),
        ([0, 1], [1, 2], {"fdr": 1.5}, "fdr"),
    ],
)
def test_bad_input_is_named(y, score, settings, message):
    with pytest.raises(ValueError, match=message):
        recall_at_fdr_score(y, score, **settings)


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan])
def test_missing_labels_are_named(missing):
    with pytest.raises(ValueError, match="no label in row 1"):
        recall_at_fdr_score(np.array(["a", missing, "b"], dtype=object), [1, 2, 3])


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, -1, 1], [1, 1]])
def test_bad_weights_are_told(weights):
    for score in (recall_at_fdr_score, adjusted_average_precision_score):
        with pytest.raises(ValueError, match="sample_weight"):
            score([0, 1, 1], [1, 2, 3], sample_weight=weights)
    with pytest.raises(ValueError, match="sample_weight"):
        average_precision_baseline([0, 1, 1], sample_weight=weights)


def test_positives_without_weight_are_none():
    with pytest.warns(UndefinedMetricWarning, match="no positives"):
        assert np.isnan(recall_at_fdr_score([0, 1], [1, 2], sample_weight=[1, 0]))
