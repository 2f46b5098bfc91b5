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


def test_models_of_fewer_views_trained_anew():
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


def test_what_cannot_be_ablated():
    with pytest.raises(ValueError, match="there is nothing to leave out"):
        ablate_views(make("a"), TABLE, Y)
    with pytest.raises(NotFittedError):
        ablate_views(make(), TABLE, Y)
