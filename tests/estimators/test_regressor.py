"""Targets of regressors: one or several, missing ones, counts, units."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from skgenomics import CNNRegressor
from skgenomics.testing import make_text

SMALL = {
    "n_filters": 8,
    "kernel_size": 5,
    "pool_size": 1,
    "hidden_units": (),
    "head_pool": ("max", "mean"),
    "max_iter": 40,
    "hidden_dropout": 0.0,
    "learning_rate": 0.02,
    "random_state": 0,
}


@pytest.fixture
def X():
    return make_text(80, 20)


@pytest.fixture
def y(X):
    return np.array([x.count("A") for x in X]).astype(float)


@pytest.mark.parametrize("loss", ["mse", "huber", "poisson"])
def test_learns_and_predicts_in_the_units_of_y(X, y, loss):
    regressor = CNNRegressor(**SMALL, loss=loss).fit(X, y)
    predicted = regressor.predict(X)
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.15)
    assert regressor.score(X, y) == pytest.approx(r2_score(y, predicted))
    assert regressor.score(X, y) > 0.4


def test_scale_of_y_does_not_matter(X, y):
    plain = CNNRegressor(**SMALL).fit(X, y)
    scaled = CNNRegressor(**SMALL).fit(X, 1e6 * y + 5e6)
    assert_allclose(scaled.predict(X), 1e6 * plain.predict(X) + 5e6, rtol=1e-3)


def test_missing_targets(X, y):
    Y = np.c_[y, -y]
    Y[::2, 1] = np.nan
    regressor = CNNRegressor(**SMALL).fit(X, Y)
    predicted = regressor.predict(X)
    assert predicted.shape == Y.shape
    assert regressor.y_mean_[1] == pytest.approx(-y[1::2].mean())
    known = ~np.isnan(Y[:, 1])
    expected = (r2_score(y, predicted[:, 0]) + r2_score(Y[known, 1], predicted[known, 1])) / 2
    assert regressor.score(X, Y) == pytest.approx(expected)
    assert np.corrcoef(predicted[:, 1], -y)[0, 1] > 0.5


def test_constant_target(X):
    regressor = CNNRegressor(**SMALL | {"max_iter": 2}).fit(X, np.full(80, 7.0))
    assert_array_equal(regressor.y_scale_, 1)
    counts = CNNRegressor(**SMALL | {"max_iter": 1, "loss": "poisson"}).fit(X, np.zeros(80))
    assert_array_equal(counts.y_scale_, 1)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({}, np.full(80, np.nan), "contains NaN"),
        ({}, np.c_[np.ones(80), np.full(80, np.nan)], "target 1 of y has no value"),
        ({}, np.full((80, 2), np.inf), "infinity"),
        ({"loss": "poisson"}, -np.ones(80), "negative values"),
        ({"loss": "cross_entropy"}, np.arange(80.0), "loss must be one of"),
        ({}, np.arange(79.0), "inconsistent numbers of samples"),
    ],
)
def test_bad_targets_are_named(X, settings, y, message):
    with pytest.raises(ValueError, match=message):
        CNNRegressor(**SMALL | settings).fit(X, y)


def test_targets_are_standardized_by_the_moments_of_known_values(X):
    Y = np.random.default_rng(0).normal([3, -50], [0.2, 9], size=(80, 2))
    Y[::3, 0] = np.nan
    regressor = CNNRegressor(**SMALL | {"max_iter": 1}).fit(X, Y)
    assert_allclose(regressor.y_mean_, np.nanmean(Y, axis=0))
    assert_allclose(regressor.y_scale_, np.nanstd(Y, axis=0))
