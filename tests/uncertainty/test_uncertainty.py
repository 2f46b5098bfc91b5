"""Ensembles, dropout in prediction, and intervals."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from scipy.stats import entropy
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold, ShuffleSplit
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    MultiTaskEstimator,
    MultiViewClassifier,
    OneHotEncoder,
    PairLabeler,
    PairRegressor,
    SequenceLabeler,
    SequenceVAE,
    TransformerClassifier,
    load,
    save,
)
from skgenomics.datasets import make_motif_classification
from skgenomics.metrics import expected_calibration_error
from skgenomics.testing import make_text
from skgenomics.uncertainty import (
    ConformalRegressor,
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    decompose_uncertainty,
    mc_dropout,
)

TINY = {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "max_iter": 2, "batch_size": 32}

# Full batches without noise: the only nets for which a weight of 2 equals two copies of a row.
EXACT = {
    "n_channels": 1,
    "hidden_units": 8,
    "hidden_dropout": 0.0,
    "hidden_normalization": None,
    "batch_size": 1000,
    "max_iter": 25,
    "learning_rate": 0.05,
}


@pytest.fixture(scope="module")
def data():
    simulated = make_motif_classification(n_samples=90, length=30, random_state=0)
    return simulated.X.tolist(), simulated.y


@pytest.fixture(scope="module")
def ensemble(data):
    network = CNNClassifier(**TINY)
    return DeepEnsembleClassifier(network, n_estimators=3, random_state=0).fit(*data)


@parametrize_with_checks(
    [
        DeepEnsembleClassifier(MLPClassifier(**EXACT), n_estimators=2, random_state=0),
        DeepEnsembleRegressor(MLPRegressor(**EXACT), n_estimators=2, random_state=0),
    ]
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check",
    [
        check
        for _, check in estimator_checks_generator(ConformalRegressor(Ridge(), random_state=0))
        # Weights and copies of samples fall into other calibration sets.
        if "sample_weight_equivalence" not in getattr(check, "func", check).__name__
    ],
    ids=lambda check: getattr(check, "func", check).__name__,
)
def test_scikit_learn_on_intervals(check):
    check(ConformalRegressor(Ridge(), random_state=0))


def test_weights_of_intervals():
    """Weights reach the estimator and the quantile of the errors; zero is removal."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 2))
    y = table[:, 0] + rng.normal(size=60)
    weight = rng.integers(1, 4, 60).astype(float)
    model = ConformalRegressor(Ridge(), random_state=0).fit(table, y, sample_weight=weight)
    train, calibration = next(
        ShuffleSplit(1, test_size=0.2, random_state=np.random.RandomState(0)).split(y)
    )
    ridge = Ridge(random_state=0).fit(table[train], y[train], sample_weight=weight[train])
    assert np.allclose(model.predict(table), ridge.predict(table))
    errors = np.abs(y - ridge.predict(table))[calibration]
    copies = np.sort(np.repeat(errors, weight[calibration].astype(int)))
    rank = int(np.ceil(0.8 * (len(copies) + 1)))
    low, high = model.predict_interval(table, 0.8).T
    assert np.allclose((high - low) / 2, copies[rank - 1])
    absent = np.r_[np.zeros(20), weight]
    more = ConformalRegressor(Ridge(), random_state=0).fit(
        np.vstack([table[:20] + 9, table]), np.r_[y[:20], y], sample_weight=absent
    )
    assert np.array_equal(more.residuals_, model.residuals_)
    piped = ConformalRegressor(make_pipeline(StandardScaler(), Ridge()), random_state=0)
    assert len(piped.fit(table, y, sample_weight=weight).calibration_weight_) == 12
    with pytest.raises(ValueError, match="KNeighborsRegressor accepts no sample_weight"):
        ConformalRegressor(KNeighborsRegressor()).fit(table, y, sample_weight=weight)


def test_the_mean_of_the_members(data, ensemble):
    X = data[0]
    by_hand = np.mean([member.predict_proba(X) for member in ensemble.estimators_], axis=0)
    assert np.array_equal(ensemble.predict_proba(X), by_hand)
    assert np.array_equal(ensemble.predict(X), ensemble.classes_[by_hand.argmax(axis=1)])


def test_members_differ_by_their_seeds_alone(data, ensemble):
    X, y = data
    seeds = [member.random_state for member in ensemble.estimators_]
    assert len(set(seeds)) == 3
    alone = CNNClassifier(**TINY, random_state=seeds[1]).fit(X, y)
    assert np.array_equal(alone.predict_proba(X), ensemble.predict_members(X)[1])


def test_processes_and_pickles_change_nothing(data, ensemble, tmp_path):
    X, y = data
    parallel = clone(ensemble).set_params(n_jobs=2).fit(X, y)
    assert np.array_equal(parallel.predict_proba(X), ensemble.predict_proba(X))
    loaded = pickle.loads(pickle.dumps(ensemble))
    assert np.array_equal(loaded.predict_proba(X), ensemble.predict_proba(X))
    save(ensemble, tmp_path / "ensemble.skops")
    assert np.array_equal(load(tmp_path / "ensemble.skops").predict(X), ensemble.predict(X))


def test_searches_reach_the_members(data):
    X, y = data
    grid = {"estimator__n_filters": [4, 8], "n_estimators": [1, 2]}
    search = GridSearchCV(DeepEnsembleClassifier(CNNClassifier(**TINY)), grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4


def test_pipelines_frames_weights_and_groups(data):
    X, y = data
    frame = pd.DataFrame({"sequence": X}, index=range(7, 7 + len(X)))
    pipeline = make_pipeline(OneHotEncoder(), CNNClassifier(**TINY))
    fitted = DeepEnsembleClassifier(pipeline, n_estimators=2, random_state=0).fit(frame, y)
    assert fitted.predict(frame).shape == y.shape
    assert fitted.feature_names_in_.tolist() == ["sequence"]
    weight = np.arange(len(y)) % 2
    weighted = DeepEnsembleClassifier(CNNClassifier(**TINY), n_estimators=2, random_state=0)
    weighted.fit(X, y, sample_weight=weight, groups=np.arange(len(y)) // 3)
    kept = clone(weighted).fit([x for x, w in zip(X, weight, strict=True) if w], y[weight == 1])
    assert np.allclose(weighted.predict_proba(X), kept.predict_proba(X), atol=1e-6)


def test_several_labels(data):
    X, y = data
    Y = np.column_stack([y, 1 - y]).astype(float)
    Y[0, 0] = np.nan
    fitted = DeepEnsembleClassifier(CNNClassifier(**TINY), n_estimators=2, random_state=0)
    fitted.fit(X, Y)
    assert fitted.predict(X).shape == Y.shape
    assert fitted.uncertainty(X)["epistemic"].shape == Y.shape
    assert 0 <= fitted.score(X, Y) <= 1


def test_several_labels_inside_a_search(data):
    X, y = data
    Y = np.column_stack([y, 1 - y, y])
    search = GridSearchCV(CNNClassifier(**TINY), {"max_iter": [1]}, cv=2)
    fitted = DeepEnsembleClassifier(search, n_estimators=2, random_state=0).fit(X, Y)
    assert np.array_equal(fitted.predict(X), fitted.predict_proba(X) > 0.5)
    assert fitted.uncertainty(X)["total"].shape == Y.shape


def test_what_members_start_from_is_left_alone(data):
    X, y = data
    source = CNNClassifier(**TINY, random_state=0).fit(X, y)
    network = CNNClassifier(pretrained=source, **TINY)
    fitted = DeepEnsembleClassifier(network, n_estimators=2, random_state=0).fit(X, y)
    assert source.random_state == 0
    assert len({member.random_state for member in fitted.estimators_}) == 2


def test_uncertainty_of_one_member_is_aleatoric(data):
    X, y = data
    fitted = DeepEnsembleClassifier(CNNClassifier(**TINY), n_estimators=1, random_state=0)
    parts = fitted.fit(X, y).uncertainty(X)
    assert np.allclose(parts["epistemic"], 0, atol=1e-12)
    assert np.allclose(parts["total"], entropy(fitted.predict_proba(X), axis=1), atol=1e-6)


def test_parts_of_the_uncertainty_by_brute_force():
    rng = np.random.default_rng(0)
    draws = rng.dirichlet([1, 1, 1], size=(7, 11))
    parts = decompose_uncertainty(draws)
    mean = draws.mean(axis=0)
    # Mutual information is the mean divergence of the members from their mean.
    divergence = np.mean([entropy(draw, mean, axis=1) for draw in draws], axis=0)
    assert np.allclose(parts["epistemic"], divergence)
    assert np.allclose(parts["aleatoric"] + parts["epistemic"], parts["total"])
    pairs = np.stack([1 - draws[..., 0], draws[..., 0]], axis=-1)
    tasks = decompose_uncertainty(draws[..., :1], multilabel=True)
    assert np.allclose(tasks["total"][:, 0], decompose_uncertainty(pairs)["total"])


def test_members_disagree_far_from_the_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 1))
    y = X[:, 0] + 0.01 * rng.normal(size=80)
    network = MLPRegressor(n_channels=1, hidden_units=32, max_iter=50, linear_path=False)
    fitted = DeepEnsembleRegressor(network, random_state=0).fit(X, y)
    _, near = fitted.predict(np.linspace(-1, 1, 20)[:, None], return_std=True)
    _, far = fitted.predict(np.full((1, 1), 20.0), return_std=True)
    assert far[0] > 5 * near.mean()


def test_bagging_of_scikit_learn_takes_columns_of_text(data):
    X, y = data
    column = np.array(X, dtype=object).reshape(-1, 1)
    bagging = BaggingClassifier(CNNClassifier(**TINY), n_estimators=2, bootstrap=False)
    assert bagging.fit(column, y).predict_proba(column).shape == (len(y), 2)


def test_dropout_is_left_on_and_nothing_else(data):
    X, y = data
    model = CNNClassifier(**TINY, random_state=0).fit(X, y)
    before = model.predict_proba(X)
    state = torch.get_rng_state()
    draws = mc_dropout(model, X, n_samples=6, random_state=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert draws.shape == (6, len(X), 2)
    assert (draws.std(axis=0) > 0).all()
    assert np.array_equal(model.predict_proba(X), before)
    assert not any(module.training for module in model.network_.modules())
    assert np.array_equal(draws, mc_dropout(model, X, n_samples=6, random_state=0))
    # A row does not depend on those beside it: batch normalization is as in prediction.
    running = {k: v.clone() for k, v in model.network_.state_dict().items()}
    mc_dropout(model, X[:3], n_samples=1, random_state=0)
    assert all(torch.equal(v, running[k]) for k, v in model.network_.state_dict().items())


def test_dropout_by_hand():
    X = np.ones((1, 8), dtype=np.float32)
    settings = {"n_channels": 1, "hidden_units": (), "linear_path": False, "kmer_path": 0}
    model = MLPRegressor(**settings, hidden_dropout=0.5, max_iter=1, random_state=0)
    model.fit(np.eye(8, dtype=np.float32), np.arange(8.0))
    draws = mc_dropout(model, X, n_samples=4000, random_state=0)[:, 0]
    # Each input is doubled or dropped with probability 1/2: the squared weight is the variance.
    weight = model.network_.output.weight.detach().numpy()[0] * model.y_scale_
    assert float(draws.mean()) == pytest.approx(
        float(model.predict(X)[0]), abs=0.1 * float(draws.std())
    )
    assert float(draws.std()) == pytest.approx(float(np.sqrt((weight**2).sum())), rel=0.1)


def test_dropout_in_pipelines_regressors_and_attention(data):
    X, y = data
    pipeline = make_pipeline(OneHotEncoder(), CNNClassifier(**TINY, random_state=0)).fit(X, y)
    assert mc_dropout(pipeline, X, n_samples=2, random_state=0).shape == (2, len(X), 2)
    regressor = CNNRegressor(**TINY, random_state=0).fit(X, y.astype(float))
    assert mc_dropout(regressor, X, n_samples=2, random_state=0).std(axis=0).max() > 0
    settings = {"stem_filters": 8, "d_model": 8, "n_layers": 1, "n_heads": 2, "max_iter": 1}
    settings |= {"dropout": 0.0, "hidden_dropout": 0.0}
    settings |= {"network_params": {"attention_dropout": 0.5}}
    attention = TransformerClassifier(**settings, random_state=0).fit(X, y)
    assert mc_dropout(attention, X, n_samples=3, random_state=0).std(axis=0).max() > 0


def test_dropout_in_nested_pipelines_and_with_samplers(data):
    X, y = data
    network = CNNClassifier(**TINY, random_state=0)
    sampled = make_sampling_pipeline(OneHotEncoder(), RandomOverSampler(random_state=0), network)
    search = make_pipeline(OneHotEncoder(), GridSearchCV(network, {"max_iter": [1]}, cv=2))
    for model in (sampled, search):
        draws = mc_dropout(model.fit(X, y), X, n_samples=2, random_state=0)
        assert draws.std(axis=0).max() > 0


def test_dropout_where_positions_have_labels(data):
    X, _ = data
    settings = {"network": "cnn", "network_params": {"n_filters": 4, "dropout": 0.5}, "max_iter": 1}
    labeler = SequenceLabeler(**settings, random_state=0).fit(X, [x.replace("A", "T") for x in X])
    draws = mc_dropout(labeler, X, n_samples=3, random_state=0)
    assert draws.shape == (3, len(X), 30, 3)
    parts = decompose_uncertainty(draws)
    assert parts["epistemic"].shape == (len(X), 30)
    assert parts["epistemic"].max() > 0


def test_dropout_of_several_tasks(data):
    X, y = data
    frame = pd.DataFrame({"one": y, "two": np.where(y == 1, "yes", "no")})
    model = MultiTaskEstimator(network="cnn", max_iter=1, random_state=0).fit(X, frame)
    draws = mc_dropout(model, X, n_samples=3, random_state=0)
    assert {name: d.shape for name, d in draws.items()} == dict.fromkeys(frame, (3, len(X), 2))
    model.fit(X, frame.to_numpy())
    assert [d.shape for d in mc_dropout(model, X, n_samples=3)] == [(3, len(X), 2)] * 2


@pytest.mark.parametrize("fusion", ["concat", "ensemble", "joint"])
def test_dropout_of_all_views(data, fusion):
    X, y = data
    frame = pd.DataFrame({"sequence": X, "distance": np.arange(len(X), dtype=float)})
    views = [
        ("dna", None, CNNClassifier(**TINY), "sequence"),
        ("place", None, MLPClassifier(max_iter=2), ["distance"]),
    ]
    model = MultiViewClassifier(views=views, fusion=fusion, max_iter=2, random_state=0)
    if fusion == "concat":
        # That of the networks of the views is in their heads, which a concatenation leaves out.
        with pytest.raises(ValueError, match="without dropout"):
            mc_dropout(model.fit(frame, y), frame)
        model.set_params(hidden_units=8, hidden_dropout=0.5)
    model.fit(frame, y)
    before = model.predict_proba(frame)
    draws = mc_dropout(model, frame, n_samples=4, random_state=0)
    assert draws.shape == (4, len(X), 2)
    assert np.ptp(draws, axis=0).max() > 0
    assert np.array_equal(model.predict_proba(frame), before)


def test_dropout_of_an_ensemble(data, ensemble):
    X = data[0]
    draws = mc_dropout(ensemble, X, n_samples=3, random_state=0)
    assert np.ptp(draws, axis=0).max() > 0


def test_without_dropout_there_is_nothing_to_draw(data):
    X, y = data
    plain = CNNClassifier(**TINY, dropout=0.0, hidden_dropout=0.0).fit(X, y)
    with pytest.raises(ValueError, match="without dropout"):
        mc_dropout(plain, X)
    with pytest.raises(ValueError, match="holds no network"):
        mc_dropout(LogisticRegression().fit(np.eye(4), [0, 1, 0, 1]), np.eye(4))


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_intervals_cover_as_often_as_they_claim(coverage):
    rng = np.random.default_rng(0)
    held = []
    for seed in range(60):
        X = rng.normal(size=(150, 2))
        y = X[:, 0] ** 2 + rng.standard_t(3, size=150)
        model = ConformalRegressor(
            LinearRegression(), calibration_fraction=0.4, random_state=seed
        ).fit(X[:100], y[:100])
        low, high = model.predict_interval(X[100:], coverage).T
        held.append(((low <= y[100:]) & (y[100:] <= high)).mean())
    n = 40
    # Exact for split conformal prediction: between the claim and one rank more.
    expected = np.ceil(coverage * (n + 1)) / (n + 1)
    assert np.mean(held) == pytest.approx(expected, abs=0.03)


def test_intervals_follow_the_spread():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 1))
    y = X[:, 0] + 0.1 * rng.normal(size=120)
    network = MLPRegressor(n_channels=1, hidden_units=16, max_iter=40, linear_path=False)
    ensemble = DeepEnsembleRegressor(network, n_estimators=3, random_state=0)
    model = ConformalRegressor(ensemble, width="std", random_state=0).fit(X, y)
    widths = np.diff(model.predict_interval(np.array([[0.0], [15.0]]), 0.8))[:, 0]
    assert widths[1] > 3 * widths[0]
    constant = ConformalRegressor(Ridge(), random_state=0).fit(X, y)
    assert np.ptp(np.diff(constant.predict_interval(X, 0.8))) < 1e-9


def test_groups_are_kept_aside_whole(data):
    X, _ = data
    groups = np.arange(len(X)) // 9

    class Spy(LinearRegression):
        def fit(self, X, y, sample_weight=None):
            self.rows_ = np.asarray(X)[:, 0]
            return super().fit(X, y, sample_weight)

    table = np.arange(len(X), dtype=float)[:, None]
    model = ConformalRegressor(Spy(), random_state=0).fit(table, table[:, 0], groups=groups)
    trained = set(groups[model.estimator_.rows_.astype(int)])
    kept = set(groups) - trained
    assert len(model.residuals_) == 9 * len(kept)


@pytest.mark.parametrize("in_ensemble", [False, True])
def test_groups_reach_early_stopping(data, in_ensemble):
    X, y = data
    groups = np.arange(len(X)) // 9
    seen = []

    class Spy(CNNRegressor):
        def fit(self, X, y, sample_weight=None, groups=None):
            seen.append((list(X), groups))
            return super().fit(X, y, sample_weight, groups)

    network = Spy(**TINY, early_stopping=True, random_state=0)
    network = DeepEnsembleRegressor(network, n_estimators=2) if in_ensemble else network
    ConformalRegressor(network, random_state=0).fit(X, y.astype(float), groups=groups)
    assert len(seen) == 1 + in_ensemble
    group_of = dict(zip(X, groups, strict=True))
    for rows, theirs in seen:
        assert [group_of[row] for row in rows] == list(theirs)


def test_bad_settings():
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0)
    few = ConformalRegressor(Ridge(), random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="needs at least 19 calibration samples, but there are 4"):
        few.predict_interval(X, 0.95)
    with pytest.raises(ValueError, match="needs at least 9 calibration samples"):
        few.predict_interval(X, 0.9)
    for value in y:
        # In whichever part it comes to lie.
        with pytest.raises(ValueError, match="Input y contains NaN"):
            ConformalRegressor(Ridge(), random_state=0).fit(X, np.where(y == value, np.nan, y))
    with pytest.raises(ValueError, match="one group only"):
        ConformalRegressor(Ridge()).fit(X, y, groups=np.zeros(20))
    with pytest.raises(ValueError, match="return_std"):
        ConformalRegressor(Ridge(), width="std").fit(X, y)
    with pytest.raises(ValueError, match="CalibratedClassifierCV"):
        ConformalRegressor(LogisticRegression()).fit(X, y > 9)
    with pytest.raises(ValueError, match="no random_state"):
        DeepEnsembleRegressor(LinearRegression()).fit(X, y)
    with pytest.raises(ValueError, match="use DeepEnsembleRegressor for regressors"):
        DeepEnsembleClassifier(MLPRegressor()).fit(X, y)
    with pytest.raises(ValueError, match="use DeepEnsembleClassifier for classifiers"):
        DeepEnsembleRegressor(MLPClassifier()).fit(X, y)
    with pytest.raises(ValueError, match="not their mean"):
        decompose_uncertainty(np.ones((3, 2)))


@pytest.mark.parametrize("method", ["temperature", "sigmoid", "isotonic"])
def test_calibration_of_scikit_learn(data, method):
    X, y = data
    network = CNNClassifier(**TINY, random_state=0)
    groups = np.arange(len(y)) // 2
    folds = list(GroupKFold(2).split(X, y, groups))
    calibrated = CalibratedClassifierCV(network, method=method, cv=folds).fit(X, y)
    assert np.allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    frozen = FrozenEstimator(clone(network).fit(X, y))
    assert CalibratedClassifierCV(frozen, method=method).fit(X, y).predict(X).shape == y.shape


def test_temperature_mends_what_is_overconfident():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 10)).astype(np.float32)
    y = (X[:, 0] + 2 * rng.normal(size=900) > 0).astype(int)
    network = MLPClassifier(
        n_channels=1,
        hidden_units=(128, 128),
        hidden_dropout=0.0,
        weight_decay=0.0,
        max_iter=60,
        random_state=0,
    ).fit(X[:200], y[:200])
    calibrated = CalibratedClassifierCV(FrozenEstimator(network), method="temperature")
    calibrated.fit(X[200:500], y[200:500])
    before, after = (
        expected_calibration_error(y[500:], e.predict_proba(X[500:])[:, 1])
        for e in (network, calibrated)
    )
    assert after < before - 0.1


def test_pairs_are_averaged():
    X = make_text(8, 12)
    contacts = np.array([[[int(a == b) for a in x] for b in x] for x in X])
    settings = {"network": "cnn", "pair_filters": 4, "pair_dilation": 1, "max_iter": 1}
    labels = DeepEnsembleClassifier(PairLabeler(**settings), n_estimators=2, random_state=0)
    labels.fit(X, contacts)
    proba = np.mean([member.predict_proba(X) for member in labels.estimators_], axis=0)
    np.testing.assert_array_equal(labels.predict_proba(X), proba)
    np.testing.assert_array_equal(labels.predict(X), proba.argmax(axis=3))
    above = np.triu_indices(12, labels.estimator.min_separation)
    expected = average_precision_score(
        contacts[:, *above].ravel(), proba[..., 1][:, *above].ravel()
    )
    assert labels.score(X, contacts) == pytest.approx(expected)
    values = DeepEnsembleRegressor(PairRegressor(**settings), n_estimators=2, random_state=0)
    values.fit(X, contacts)
    mean = np.mean([member.predict(X) for member in values.estimators_], axis=0)
    np.testing.assert_array_equal(values.predict(X), mean)
    expected = r2_score(contacts[:, *above].ravel(), mean[:, *above].ravel())
    assert values.score(X, contacts) == pytest.approx(expected)
    # Pairs beyond the end of a sequence have the first class, as those of each member.
    short = labels.predict([X[0], X[1][:9]])
    assert (short[1, 9:] == 0).all()


def test_dropout_of_a_model_without_targets():
    model = SequenceVAE(hidden_dropout=0.1, max_iter=1).fit(make_text(8, 12))
    with pytest.raises(ValueError, match=r"SequenceVAE predicts no target.*score_samples"):
        mc_dropout(model, make_text(2, 12))
