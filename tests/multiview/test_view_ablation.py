"""Tables of what each view is worth."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, cross_val_score

from skgenomics.multiview import MultiViewClassifier, MultiViewRegressor, ablate_views

RNG = np.random.default_rng(0)
Y = np.arange(300) % 2
TABLE = pd.DataFrame(
    {
        "a": Y + RNG.normal(size=300) * 0.6,
        "b": Y + RNG.normal(size=300) * 1.2,
        "noise": RNG.normal(size=300),
    }
)


def make(names="ab", **settings):
    columns = {"a": ["a"], "b": ["b"], "noise": ["noise"]}
    views = [(name, None, LogisticRegression(), columns[name]) for name in names]
    return MultiViewClassifier(views=views, fusion="ensemble", **settings)


def test_views_hidden_from_a_fitted_estimator():
    names = ["a", "b", "noise"]
    model = make(names).fit(TABLE[:200], Y[:200])
    result = ablate_views(model, TABLE[200:], Y[200:], scoring="neg_log_loss")
    assert result.index.tolist() == [
        "all", "without a", "without b", "without noise", "only a", "only b", "only noise",
    ]  # fmt: skip
    scorer = get_scorer("neg_log_loss")
    for name in names:
        alone = make([name]).fit(TABLE[:200], Y[:200])
        expected = scorer(alone, TABLE[200:], Y[200:])
        assert_allclose(result.loc[f"only {name}", "score"], expected)
        others = make([other for other in names if other != name]).fit(TABLE[:200], Y[:200])
        expected = scorer(others, TABLE[200:], Y[200:])
        assert_allclose(result.loc[f"without {name}", "score"], expected)
    assert result.loc["all", "difference"] == 0
    assert result.loc["without a", "difference"] < result.loc["without noise", "difference"]
    assert result["views"]["without b"] == ["a", "noise"]
    assert (result["n_samples"] == 100).all()
    # The model itself sees all views again.
    assert_allclose(scorer(model, TABLE[200:], Y[200:]), result.loc["all", "score"])


def test_models_of_fewer_views_are_trained_from_scratch():
    cv = KFold(3)
    result = ablate_views(make(weights=[2, 1]), TABLE, Y, scoring="roc_auc", cv=cv)
    assert result.index.tolist() == ["all", "only a", "only b"]
    scores = cross_val_score(LogisticRegression(), TABLE[["a"]], Y, cv=cv, scoring="roc_auc")
    assert_allclose(result.loc["only a", ["score", "std"]].tolist(), [scores.mean(), scores.std()])
    assert result.loc["only a", "score"] > result.loc["only b", "score"]


@pytest.mark.parametrize("cv", [None, 2])
def test_rows_without_the_views_are_left_out(cv):
    missing = TABLE.copy()
    missing.loc[:99, "a"] = np.nan
    model = make().fit(missing, Y)
    result = ablate_views(model, missing, Y, scoring="roc_auc", cv=cv)
    assert result["n_samples"].tolist() == [300, 200, 300]
    if cv is None:
        p = model.predict_proba(missing[100:])[:, 1]
        assert_allclose(
            result.loc["only a", "all_views"], get_scorer("roc_auc")._score_func(Y[100:], p)
        )


def test_regressors_and_their_own_score():
    views = [(name, None, LinearRegression(), [name]) for name in ("a", "noise")]
    y = TABLE["a"] * 3
    model = MultiViewRegressor(views=views, fusion="ensemble").fit(TABLE, y)
    result = ablate_views(model, TABLE, y)
    assert_allclose(result.loc["only a", "score"], 1)
    assert_allclose(result.loc["all", "score"], model.score(TABLE, y))


def test_scores_of_the_package_by_name():
    result = ablate_views(make().fit(TABLE, Y), TABLE, Y, scoring="recall_at_fdr")
    assert result["score"].between(0, 1).all()


def test_columns_of_an_array_are_known_by_their_indices_in_fit():
    model = make().fit(TABLE, Y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        result = ablate_views(model, TABLE.to_numpy(), Y)
    assert result.equals(ablate_views(model, TABLE, Y))


@pytest.mark.parametrize("as_given", [list, iter])
def test_folds_that_are_given_are_those_of_all_rows(as_given):
    missing = TABLE.copy()
    missing.loc[:149, "a"] = np.nan
    folds = [*KFold(3, shuffle=True, random_state=0).split(missing)]
    result = ablate_views(make(), missing, Y, scoring="roc_auc", cv=as_given(folds))
    assert result["n_samples"].tolist() == [300, 150, 300]
    scorer = get_scorer("roc_auc")
    scores = []
    for train, test in folds:
        train, test = train[train >= 150], test[test >= 150]
        alone = LogisticRegression().fit(TABLE.loc[train, ["a"]], Y[train])
        scores.append(scorer(alone, TABLE.loc[test, ["a"]], Y[test]))
    assert_allclose(result.loc["only a", "score"], np.mean(scores))


def test_a_view_that_no_row_has():
    result = ablate_views(make().fit(TABLE, Y), TABLE.assign(a=np.nan), Y)
    assert result["n_samples"].tolist() == [300, 0, 300]
    assert result["score"].isna().tolist() == [False, True, False]
    with pytest.raises(ValueError, match="view 'a': it is missing in every row"):
        ablate_views(make(), TABLE.assign(a=np.nan), Y, cv=2)


def test_a_fold_without_a_view():
    missing = TABLE.copy()
    missing.loc[:149, "a"] = np.nan
    with pytest.raises(ValueError, match=r"fold 0 has no sample with one of the views \['a'\]"):
        ablate_views(make(), missing, Y, cv=KFold(3))


def test_estimators_that_cannot_be_ablated():
    with pytest.raises(ValueError, match="ablate_views is for multi-view estimators, not "):
        ablate_views(LogisticRegression(), TABLE, Y)
    with pytest.raises(ValueError, match="there is nothing to leave out"):
        ablate_views(make("a"), TABLE, Y)
    with pytest.raises(NotFittedError):
        ablate_views(make(), TABLE, Y)
