"""Calibration error: known cases, brute force, and simulated probabilities."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skgenomics.metrics import expected_calibration_error as error


def by_brute_force(y, p, edges):
    total = 0
    for i, (low, high) in enumerate(pairwise(edges)):
        inside = (p >= low) & ((p < high) | (i == len(edges) - 2))
        if inside.any():
            total += inside.mean() * abs(y[inside].mean() - p[inside].mean())
    return total


@pytest.mark.parametrize("is_biased", [True, False])
def test_equals_brute_force(is_biased):
    """Gaps of one sign add up to the same total in any bins; others show where the bins end."""
    rng = np.random.RandomState(0)
    p = rng.beta(0.5, 0.5, size=500)
    y = rng.rand(500) < (p**2 if is_biased else 0.5)
    assert error(y, p, n_bins=10) == pytest.approx(by_brute_force(y, p, np.linspace(0, 1, 11)))
    edges = np.quantile(p, np.linspace(0, 1, 11))
    assert error(y, p, n_bins=10, strategy="quantile") == pytest.approx(by_brute_force(y, p, edges))


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_true_probabilities_are_calibrated_and_sharpened_ones_are_not(strategy):
    rng = np.random.RandomState(0)
    p = rng.rand(20000)
    y = rng.rand(20000) < p
    assert error(y, p, strategy=strategy) < 0.02
    sharp = p**3 / (p**3 + (1 - p) ** 3)
    expected = np.abs(sharp - p).mean()
    assert error(y, sharp, strategy=strategy) == pytest.approx(expected, abs=0.02)


def test_forms_of_two_classes_agree():
    rng = np.random.RandomState(0)
    p = rng.rand(100)
    y = (rng.rand(100) < p).astype(int)
    expected = error(y, p)
    both = np.column_stack([1 - p, p])
    assert error(y, both) == expected
    assert error(y[:, np.newaxis], both) == expected
    assert error(np.array(["a", "b"])[y], both, labels=["a", "b"]) == expected
    assert error(["b", "b"], [[0, 1], [0, 1]], labels=["a", "b"]) == 0
    assert error(y, p, sample_weight=np.full(100, 3)) == pytest.approx(expected)


def test_the_most_likely_of_many_classes_counts():
    p = np.array([[0.6, 0.3, 0.1]] * 10)
    y = np.array(["x"] * 5 + ["y"] * 5)
    assert error(y, p, labels=["x", "y", "z"]) == pytest.approx(0.1)


def test_tasks_are_averaged_over_known_labels():
    Y = np.array([[1, 0], [0, np.nan], [np.nan, np.nan], [1, 0]])
    P = np.array([[0.9, 0.2], [0.1, 0.9], [0.5, 0.5], [0.7, 0.4]])
    tasks = [error(Y[known, t], P[known, t]) for t, known in enumerate(~np.isnan(Y.T))]
    assert error(Y, P) == pytest.approx(np.mean(tasks))
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(error(np.full((3, 2), np.nan), np.full((3, 2), 0.5)))


def test_one_probability_for_all_is_one_bin():
    assert error([0, 0, 0, 1], [0.5] * 4, strategy="quantile") == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("y", "p", "settings", "message"),
    [
        ([0, 1], [-3, 2.0], {}, r"\[0, 1\], got values from -3 to 2.*CalibratedClassifierCV"),
        ([0, 1, 1], [0.1, 0.2], {}, "inconsistent numbers of samples"),
        ([0, 1], [0.1, 0.2], {"n_bins": 0}, "n_bins"),
        ([0, 1], [0.1, 0.2], {"strategy": "equal"}, "'uniform', 'quantile'"),
        (["a", "b"], np.full((2, 3), 1 / 3), {}, "3 columns, but there are 2 classes"),
        (np.zeros((2, 3)), np.zeros((2, 2)), {}, "shape"),
        ([], [], {}, "minimum of 1"),
    ],
)
def test_bad_input_is_named(y, p, settings, message):
    with pytest.raises(ValueError, match=message):
        error(y, p, **settings)


def test_missing_labels_of_more_classes_are_no_errors_of_the_model():
    with pytest.raises(ValueError, match="no label in row 1"):
        error([0, np.nan, 2], np.eye(3))


def test_labels_of_tasks_are_0_and_1():
    with pytest.raises(ValueError, match="must be 0, 1 or NaN"):
        error([[0, 2], [1, 3]], [[0.1, 0.5], [0.9, 0.5]])


def test_weights_that_are_all_0():
    with pytest.raises(ValueError, match="not 0 for all rows"):
        error([0, 1], [0.1, 0.9], sample_weight=[0, 0])
