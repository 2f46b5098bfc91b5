"""Scores over known labels: each task by itself, nothing forgotten silently."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, average_precision_score, fbeta_score, roc_auc_score

from skgenomics.metrics import masked_score


def tasks(n=200, n_tasks=5, seed=0):
    rng = np.random.RandomState(seed)
    Y = (rng.rand(n, n_tasks) < 0.3).astype(float)
    score = Y + rng.normal(size=Y.shape)
    Y[rng.rand(n, n_tasks) < 0.4] = np.nan
    return Y, score


@pytest.mark.parametrize("metric", [roc_auc_score, average_precision_score])
def test_equals_a_loop_over_tasks(metric):
    Y, score = tasks()
    known = ~np.isnan(Y)
    expected = [metric(Y[k, t], score[k, t]) for t, k in enumerate(known.T)]
    assert_allclose(masked_score(metric, Y, score, average=None), expected)
    assert masked_score(metric, Y, score) == pytest.approx(np.mean(expected))
    weighted = np.average(expected, weights=known.sum(axis=0))
    assert masked_score(metric, Y, score, average="weighted") == pytest.approx(weighted)


def test_without_missing_labels_it_is_scikit_learns_macro_average():
    Y, score = tasks()
    Y = np.nan_to_num(Y)
    assert masked_score(roc_auc_score, Y, score) == pytest.approx(roc_auc_score(Y, score))


def test_what_is_unknown_changes_nothing():
    Y, score = tasks()
    changed = np.where(np.isnan(Y), 99, score)
    assert masked_score(roc_auc_score, Y, score) == masked_score(roc_auc_score, Y, changed)


def test_frames_weights_and_settings():
    Y, score = tasks()
    frame = pd.DataFrame(Y).astype("Int64")
    assert masked_score(roc_auc_score, frame, score) == masked_score(roc_auc_score, Y, score)
    guess = (score > 0.5).astype(int)
    assert 0 < masked_score(partial(fbeta_score, beta=2), Y, guess) < 1
    one = np.zeros(len(Y))
    one[:100] = 1
    assert masked_score(accuracy_score, Y, guess, sample_weight=one) == pytest.approx(
        masked_score(accuracy_score, Y[:100], guess[:100])
    )
    column = masked_score(roc_auc_score, Y[:, 0], score[:, 0])
    assert column == masked_score(roc_auc_score, Y[:, :1], score[:, :1])


def test_tasks_of_one_class_are_left_out_by_name():
    Y, score = tasks()
    Y[:, 1], Y[:, 3] = np.nan, 1
    with pytest.warns(UndefinedMetricWarning, match="2 of 5 tasks .* left out of the score: 1, 3"):
        scores = masked_score(roc_auc_score, Y, score, average=None)
    assert np.isnan(scores).tolist() == [False, True, False, True, False]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert masked_score(roc_auc_score, Y, score) == pytest.approx(np.nanmean(scores))
        assert np.isnan(masked_score(roc_auc_score, Y[:, [1, 3]], score[:, [1, 3]]))


def test_an_undefined_score_is_not_forgotten():
    Y, score = tasks()
    assert np.isnan(masked_score(lambda y, s: np.nan if s[0] == score[0, 0] else 1, Y, score))


@pytest.mark.parametrize(
    ("Y", "score", "average", "message"),
    [
        ([[0, 1]], [[0.5]], "macro", r"shape \(1, 2\), but Y_score has \(1, 1\)"),
        ([[0], [1]], [[0.5], [np.nan]], "macro", "NaN"),
        ([[0], [1]], [[0.5], [0.1]], "micro", "'macro', 'weighted', None"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "macro", "minimum of 1"),
    ],
)
def test_bad_input_is_named(Y, score, average, message):
    with pytest.raises(ValueError, match=message):
        masked_score(roc_auc_score, Y, score, average=average)
