"""ConfounderResidualizer and LeavePopulationsOut: equality with least squares, no leak."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skgenomics.model_selection import ConfounderResidualizer, LeavePopulationsOut


@parametrize_with_checks([ConfounderResidualizer(), ConfounderResidualizer(alpha=1.0)])
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    components = rng.normal(size=(120, 2))
    features = components @ rng.normal(size=(2, 3)) + rng.normal(size=(120, 3))
    frame = pd.DataFrame(np.hstack([features, components]), columns=["a", "b", "c", "pc1", "pc2"])
    return frame[["a", "pc1", "b", "pc2", "c"]]


def test_residuals_are_those_of_least_squares(table):
    train, test = table[:80], table[80:]
    residualizer = ConfounderResidualizer(["pc1", "pc2"]).fit(train)
    pcs, features = ["pc1", "pc2"], ["a", "b", "c"]
    model = LinearRegression().fit(train[pcs], train[features])
    adjusted = test[features] - model.predict(test[pcs]) + train[features].mean()
    assert_allclose(residualizer.transform(test), adjusted, atol=1e-10)
    assert residualizer.get_feature_names_out().tolist() == features
    by_number = ConfounderResidualizer([1, 3]).fit(train.to_numpy())
    assert_allclose(by_number.transform(test.to_numpy()), residualizer.transform(test))
    within = residualizer.transform(train)
    assert_allclose(np.corrcoef(within.T, train[pcs].T)[:3, 3:], 0, atol=1e-12)


def test_a_penalty_removes_less(table):
    confounders = table["pc1"].to_numpy()
    found = [
        abs(
            np.corrcoef(
                ConfounderResidualizer(["pc1"], alpha=a).fit_transform(table)[:, 0], confounders
            )[0, 1]
        )
        for a in (0.0, 50.0, 1e6)
    ]
    assert found[0] < 1e-10 < found[1] < found[2]


def test_test_folds_take_no_part(table):
    residualizer = ConfounderResidualizer(["pc1", "pc2"]).fit(table[:80])
    one, many = residualizer.transform(table[80:81]), residualizer.transform(table[80:])
    assert_allclose(one, many[:1])


def test_a_label_that_is_population_structure_is_not_predicted(table):
    y = (table["pc1"] > 0).astype(int)
    features = table.drop(columns="pc2")
    plain = cross_val_score(LogisticRegression(), features.drop(columns="pc1"), y).mean()
    model = make_pipeline(ConfounderResidualizer(["pc1"]), LogisticRegression())
    assert plain > 0.7
    assert cross_val_score(model, features, y).mean() < 0.62


@pytest.mark.parametrize(
    ("confounders", "message"),
    [
        (["pc9"], "has the columns .* but confounders has 'pc9'"),
        ([9], "confounders has 9, but X has 5 columns"),
        ([0, 0], "names a column twice"),
        (range(5), "no feature is left"),
    ],
)
def test_wrong_confounders(table, confounders, message):
    with pytest.raises(ValueError, match=message):
        ConfounderResidualizer(confounders).fit(table)


def test_populations_are_left_out():
    X = pd.DataFrame({"population": ["YRI", "CEU", "YRI", "TSI"]})
    splits = list(LeavePopulationsOut().split(X))
    assert LeavePopulationsOut().get_n_splits(X) == len(splits) == 3
    assert_array_equal(splits[0][1], [0, 2])
    for train, test in splits:
        assert not set(X["population"][train]) & set(X["population"][test])


@pytest.mark.parametrize(
    ("populations", "groups", "message"),
    [
        (["GBR"], ["YRI", "CEU"], "no sample is of the population 'GBR', only of 'YRI', 'CEU'"),
        ([["YRI", "CEU"]], ["YRI", "CEU"], "leaves no sample to train on"),
        (None, ["YRI", None], "row 1 has no population"),
        (None, None, "populations are missing"),
    ],
)
def test_wrong_populations(populations, groups, message):
    with pytest.raises(ValueError, match=message):
        list(LeavePopulationsOut(populations).split([0, 1], groups=groups))
