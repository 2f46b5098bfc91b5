"""Intervals cover the truth as often as they say; DeLong's test equals its definition."""

import warnings
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.metrics import accuracy_score, roc_auc_score

from skgenomics.metrics import bootstrap_interval, compare_scores, delong_test, masked_score
from skgenomics.metrics.comparison import delong_covariance


def covariance_by_brute_force(truth, scores):
    """All pairs of a positive and a negative, as DeLong's paper has it."""
    wins = [
        (s[truth][:, None] > s[~truth]) + 0.5 * (s[truth][:, None] == s[~truth]) for s in scores
    ]
    of_positives = np.array([w.mean(axis=1) for w in wins])
    of_negatives = np.array([w.mean(axis=0) for w in wins])
    covariance = np.cov(of_positives) / truth.sum() + np.cov(of_negatives) / (~truth).sum()
    return [w.mean() for w in wins], covariance


@pytest.mark.parametrize("n_levels", [4, 10**6])
def test_fast_delong_equals_all_pairs(n_levels):
    rng = np.random.RandomState(0)
    for n, share in ((30, 0.5), (200, 0.1)):
        truth = rng.rand(n) < share
        scores = rng.randint(n_levels, size=(2, n)) + n_levels * 0.2 * truth
        areas, covariance = delong_covariance(truth, scores)
        expected_areas, expected = covariance_by_brute_force(truth, scores)
        assert_allclose(areas, expected_areas)
        assert_allclose(covariance, expected)
        result = delong_test(truth, *scores)
        assert result.score_a == pytest.approx(roc_auc_score(truth, scores[0]))
        error = np.sqrt(expected[0, 0] + expected[1, 1] - 2 * expected[0, 1])
        assert result.p_value == pytest.approx(2 * norm.sf(abs(result.difference) / error))
        assert result.high - result.low == pytest.approx(2 * 1.959964 * error)


def pairs(n, seed, gain=0.0):
    """Two models that see the same signal, each with noise of its own."""
    rng = np.random.RandomState(seed)
    y = rng.permutation(np.arange(n) % 2)
    shared = y + rng.normal(size=n)
    return y, shared + gain * y + rng.normal(size=n), shared + rng.normal(size=n)


def test_delongs_p_value_is_uniform_without_a_difference():
    p = np.array([delong_test(*pairs(200, seed)).p_value for seed in range(600)])
    # Three standard errors of a share of 0.05 among 600.
    assert abs((p < 0.05).mean() - 0.05) < 0.03
    assert abs((p < 0.5).mean() - 0.5) < 0.07


def test_delong_and_bootstrap_agree():
    y, a, b = pairs(400, 0, gain=0.8)
    delong = compare_scores(y, a, b)
    bootstrap = compare_scores(y, a, b, method="bootstrap", random_state=0, n_resamples=600)
    assert (delong.method, bootstrap.method) == ("delong", "bootstrap")
    assert bootstrap.difference == pytest.approx(delong.difference)
    assert bootstrap.low == pytest.approx(delong.low, abs=0.02)
    assert bootstrap.high == pytest.approx(delong.high, abs=0.02)
    assert delong.p_value < 0.01
    assert bootstrap.p_value < 0.02


def test_the_interval_covers_the_true_area_as_often_as_it_says():
    truth = norm.cdf(1 / np.sqrt(2))
    covered = []
    for seed in range(150):
        rng = np.random.RandomState(seed)
        y = np.arange(100) % 2
        score = y + rng.normal(size=100)
        interval = bootstrap_interval(
            "roc_auc", y, score, confidence=0.9, n_resamples=200, random_state=seed
        )
        assert interval.score == pytest.approx(roc_auc_score(y, score))
        covered.append(interval.low <= truth <= interval.high)
    # 0.9 within three standard errors.
    assert 0.82 < np.mean(covered) < 0.98


def test_copies_are_no_evidence_if_they_are_a_group():
    rng = np.random.RandomState(0)
    y = np.arange(60) % 2
    score = y + rng.normal(size=60)
    groups = np.repeat(np.arange(60), 9).astype(str)
    copies = np.repeat(y, 9), np.repeat(score, 9)

    def width(*data, **settings):
        interval = bootstrap_interval("roc_auc", *data, random_state=0, n_resamples=400, **settings)
        return interval.high - interval.low

    alone, by_group, naive = width(y, score), width(*copies, groups=groups), width(*copies)
    assert by_group == pytest.approx(alone, rel=0.15)
    assert naive == pytest.approx(alone / 3, rel=0.25)


def test_strata_keep_rare_classes():
    y = np.array([1, 1] + [0] * 60)
    score = np.arange(62.0)[::-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bootstrap_interval("roc_auc", y, score, n_resamples=100, random_state=0)
    with pytest.warns(match=r"undefined for \d+ of 100 resamples"):
        bootstrap_interval("roc_auc", y, score, n_resamples=100, stratify=False, random_state=0)


@pytest.mark.parametrize("metric", ["average_precision", "recall_at_fdr_10", "geometric_mean"])
def test_metrics_by_name_take_any_labels(metric):
    y, a, b = pairs(100, 0)
    if metric == "geometric_mean":
        a, b = (a > 0.5).astype(int), (b > 0.5).astype(int)
    by_number = bootstrap_interval(metric, y, a, n_resamples=20, random_state=0)
    names = np.array(["no", "yes"])
    if metric == "geometric_mean":
        a = names[a]
    assert bootstrap_interval(metric, names[y], a, n_resamples=20, random_state=0) == by_number
    assert by_number.low <= by_number.score <= by_number.high


def test_callables_tasks_and_values():
    rng = np.random.RandomState(0)
    Y = (rng.rand(80, 3) < 0.5).astype(float)
    Y[rng.rand(80, 3) < 0.3] = np.nan
    score = np.nan_to_num(Y) + rng.normal(size=(80, 3))

    def metric(y, s):
        return masked_score(roc_auc_score, y, s)

    low, high = bootstrap_interval(metric, Y, score, n_resamples=50, random_state=0)[1:]
    assert 0.5 < low < high < 1
    x = rng.normal(size=80)
    result = compare_scores(x, x + rng.normal(size=80) / 9, rng.normal(size=80), metric="spearman",
                            n_resamples=99, random_state=0)  # fmt: skip
    assert result.low > 0.5
    assert result.p_value == pytest.approx(2 / 100)


def test_a_model_does_not_differ_from_itself():
    y, a, _ = pairs(60, 0)
    for method in ("delong", "bootstrap"):
        result = compare_scores(y, a, a.copy(), method=method, n_resamples=50, random_state=0)
        assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


def test_perfect_and_reversed_rankings_leave_delong_without_variance():
    y = np.arange(20) % 2
    with pytest.warns(RuntimeWarning, match="variance is zero"):
        assert delong_test(y, y, -y).p_value == 0


def test_a_seed_gives_the_same_and_leaves_the_global_state():
    y, a, b = pairs(60, 0)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    results = [
        compare_scores(y, a, b, metric="average_precision", n_resamples=30, random_state=seed)
        for seed in (1, 1, 2)
    ]
    assert results[0] == results[1] != results[2]
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metric": "roc_acu"}, "no metric 'roc_acu'; did you mean 'roc_auc'"),
        ({"method": "t-test"}, "'auto', 'delong', 'bootstrap'"),
        ({"method": "delong", "metric": "f1"}, "use 'bootstrap'"),
        ({"method": "delong", "groups": [0, 1] * 10}, "use 'bootstrap'"),
        ({"groups": [0] * 20}, "single group"),
        ({"groups": [0] * 3}, "inconsistent"),
        ({"confidence": 95.0}, "confidence"),
        ({"n_resamples": 0, "method": "bootstrap"}, "n_resamples"),
    ],
)
def test_bad_settings_are_named(settings, message):
    y, a, b = pairs(20, 0)
    with pytest.raises(ValueError, match=message):
        compare_scores(y, a, b, **settings)


def test_areas_by_rank_equal_those_of_scikit_learn():
    rng = np.random.RandomState(0)
    y = rng.rand(100) < 0.3
    for n_levels in (3, 10**6):
        score = rng.randint(n_levels, size=100)
        assert bootstrap_interval("roc_auc", y, score, n_resamples=1).score == pytest.approx(
            roc_auc_score(y, score)
        )
    with pytest.raises(ValueError, match="1d array"):
        bootstrap_interval("roc_auc", y, np.column_stack([score, score]))


def test_values_are_no_strata_even_if_they_are_whole_numbers():
    counts = np.random.RandomState(0).permutation(50)
    predicted = counts + np.random.RandomState(1).normal(size=50) * 20
    low, high = bootstrap_interval("spearman", counts, predicted, n_resamples=200, random_state=0)[
        1:
    ]
    assert high - low > 0.1
    other = bootstrap_interval("spearman", counts * 1.0, predicted, n_resamples=200, random_state=0)
    assert (low, high) == other[1:]


def test_two_samples_of_each_class_are_enough():
    result = delong_test([0, 0, 1, 1], [1, 2, 3, 4], [1, 3, 2, 4])
    assert (result.score_a, result.score_b) == (1.0, 0.75)


def test_too_few_rows_are_named():
    with pytest.raises(ValueError, match="at least two positives, got 1"):
        delong_test([0, 0, 1], [1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="empty"):
        bootstrap_interval(accuracy_score, [], [])
    with pytest.raises(ValueError, match="undefined"):
        bootstrap_interval(lambda y, s: np.nan, [0, 1], [0, 1], n_resamples=3)


def test_f1_of_classes_with_names():
    truth, guess = ["a", "b", "b", "a"] * 5, ["a", "b", "b", "b"] * 5
    assert bootstrap_interval("f1", truth, guess, random_state=0).score == pytest.approx(0.8)


def test_constant_truth_has_no_correlation():
    with pytest.raises(ValueError, match=r"undefined .* for every resample"):
        bootstrap_interval("pearson", [1.0] * 3, [1, 2, 3], n_resamples=5)


def test_missing_values():
    with pytest.raises(ValueError, match="no label in row 1"):
        bootstrap_interval("spearman", [1.0, np.nan, 3.0], [1, 2, 3])
    metric = partial(masked_score, roc_auc_score)
    truth = np.append(np.nan, np.resize([0.0, 1.0], 40))
    interval = bootstrap_interval(metric, truth, np.nan_to_num(truth), random_state=0)
    assert interval.score == 1
