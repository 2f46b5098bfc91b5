"""Estimators of several views."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder as Categories
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from tolerances import assert_close

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    ConditionalClassifier,
    DomainAdversarialClassifier,
    KmerCounter,
    KmerTokenizer,
    MLPClassifier,
    MLPRegressor,
    OneHotEncoder,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    load,
    save,
)
from skgenomics.datasets import make_multiview
from skgenomics.genome import IntervalEncoder, SignalEncoder
from skgenomics.multiview import MultiViewClassifier, MultiViewRegressor
from skgenomics.multiview._net import drop_views
from skgenomics.sampling import SequenceSMOTE
from skgenomics.testing import make_text
from skgenomics.training import ClassBalancing

DATA = make_multiview(120, 24, n_bins=6, n_numeric=3, random_state=0)
X, Y = DATA.X, DATA.y
SIGNAL, NUMERIC = DATA.views["signal"], DATA.views["numeric"]
CNN = {"n_filters": 8, "kernel_size": 5, "kmer_path": 2, "hidden_units": 8}
MLP = {"n_channels": 1, "hidden_units": 8}
QUICK = {"max_iter": 3, "batch_size": 32}
FUSIONS = ("joint", "attention", "concat", "ensemble")


def make_views(**settings):
    return [
        ("dna", None, CNNClassifier(**CNN, **QUICK), "sequence"),
        ("table", StandardScaler(), MLPClassifier(**MLP, **QUICK), NUMERIC),
    ]


def make(fusion="joint", views=None, **settings):
    settings = QUICK | {"random_state": 0} | settings
    return MultiViewClassifier(views=views or make_views(), fusion=fusion, **settings)


@pytest.fixture(scope="module", params=FUSIONS)
def fitted(request):
    return make(request.param).fit(X, Y)


# One view


@cache
def alone_on_sequences(strands):
    network = CNNClassifier(**CNN, **QUICK, reverse_complement=strands, random_state=0)
    return network.fit(X["sequence"], Y)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("strands", [None, "average", "tied"])
def test_one_view_equals_the_estimator_itself(fusion, strands):
    network = CNNClassifier(**CNN, **QUICK, reverse_complement=strands)
    model = make(fusion, [("dna", None, network, "sequence")]).fit(X, Y)
    alone = alone_on_sequences(strands)
    assert_array_equal(model.predict_proba(X), alone.predict_proba(X["sequence"]))
    assert_array_equal(model.predict(X), alone.predict(X["sequence"]))
    assert (model.view_weights(X) == 1).all(axis=None)
    assert_allclose(
        model.decision_function(X), alone.decision_function(X["sequence"]), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("fusion", FUSIONS)
def test_one_view_equals_the_regressor_itself(fusion):
    network, y = MLPRegressor(**MLP, **QUICK), X[NUMERIC].sum(axis=1)
    model = MultiViewRegressor(
        views=[("table", None, network, NUMERIC)], fusion=fusion, **QUICK, random_state=0
    ).fit(X, y)
    alone = clone(network).set_params(random_state=0).fit(X[NUMERIC], y)
    assert_array_equal(model.predict(X), alone.predict(X[NUMERIC]))


def test_one_view_equals_the_estimator_that_stops_early_by_groups():
    groups = np.arange(120) // 4
    settings = QUICK | {"early_stopping": True, "validation_fraction": 0.3}
    network = CNNClassifier(**CNN, **settings)
    model = make("joint", [("dna", None, network, "sequence")], **settings)
    weight = np.linspace(0, 2, 120)
    model.fit(X, Y, sample_weight=weight, groups=groups)
    alone = clone(network).set_params(random_state=0)
    alone.fit(X["sequence"], Y, sample_weight=weight, groups=groups)
    assert model.validation_loss_curve_ == alone.validation_loss_curve_ != []
    assert_array_equal(model.predict_proba(X), alone.predict_proba(X["sequence"]))


# Fusions


def test_an_ensemble_averages_probabilities():
    views = [
        ("dna", KmerCounter(k=2), LogisticRegression(), "sequence"),
        ("table", None, RandomForestClassifier(5, random_state=0), NUMERIC),
    ]
    model = make("ensemble", views, weights=[1, 3]).fit(X, Y)
    first = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(X["sequence"], Y)
    second = RandomForestClassifier(5, random_state=0).fit(X[NUMERIC], Y)
    p, q = first.predict_proba(X["sequence"]), second.predict_proba(X[NUMERIC])
    assert_close(model.predict_proba(X), (p + 3 * q) / 4, dtype=np.float32)
    assert_array_equal(model.predict(X), ((p + 3 * q)[:, 1] > 2).astype(int))
    missing = X.copy()
    missing.loc[:9, NUMERIC] = np.nan
    assert_close(model.predict_proba(missing)[:10], p[:10], dtype=np.float32)
    weights = model.view_weights(missing)
    assert weights.columns.tolist() == ["dna", "table"]
    assert weights.iloc[[0, 20]].to_numpy().tolist() == [[1, 0], [0.25, 0.75]]


def test_concat_leaves_the_networks_of_the_views_as_they_were_trained_alone():
    model = make("concat").fit(X, Y)
    alone = CNNClassifier(**CNN, **QUICK, random_state=0).fit(X["sequence"], Y)
    weights = alone.net_.weights()
    for name, weight in model.estimators_["dna"].net_.weights().items():
        assert_array_equal(weight, weights[name])
    # Features in front of the scores, and the score of the linear models beside them.
    assert model.widths_ == [8 + 1, 8 + 1]


def test_attention_weights_sum_to_one_and_leave_missing_views_out():
    missing = X.copy()
    missing.loc[:9, "sequence"] = ""
    model = make("attention").fit(X, Y)
    weights = model.view_weights(missing.set_index(np.arange(120) + 5))
    assert weights.index[0] == 5
    assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    assert (weights["dna"][:10] == 0).all()
    assert (weights.iloc[10:] > 0).all(axis=None)


@pytest.mark.parametrize("fusion", ["joint", "concat"])
def test_other_fusions_have_no_weights_of_views(fusion):
    with pytest.raises(ValueError, match=f"fusion='{fusion}' has no view weights"):
        make(fusion).fit(X, Y).view_weights(X)


def test_views_together_beat_each_alone():
    """Each view tells a third of the positives."""
    data = make_multiview(700, 40, n_bins=8, n_numeric=3, effect=4.0, random_state=1)
    train, test = slice(0, 500), slice(500, None)
    views = [
        ("dna", None, CNNClassifier(n_filters=16, kernel_size=9), "sequence"),
        ("signal", None, MLPClassifier(**MLP), data.views["signal"]),
        ("table", None, MLPClassifier(**MLP), data.views["numeric"]),
    ]
    scores = {}
    for names in (("signal",), ("table",), ("dna", "signal", "table")):
        chosen = [view for view in views if view[0] in names]
        model = make("joint", chosen, max_iter=15).fit(data.X[train], data.y[train])
        scores[names] = roc_auc_score(data.y[test], model.predict_proba(data.X[test])[:, 1])
    *alone, together = scores.values()
    assert together > max(alone) + 0.08
    assert together > 0.85


def test_two_sequences_of_which_both_are_needed():
    """An enhancer and a promoter that interact, as in SPEID, and no sum of views tells."""
    rng = np.random.default_rng(0)
    has_motif = rng.random((900, 2)) < 0.5
    texts = rng.choice(list("ACGT"), (2, 900, 24))
    for view in range(2):
        for row in np.flatnonzero(has_motif[:, view]):
            texts[view, row, 8:16] = list("TGACTCAG")
    frame = pd.DataFrame({n: map("".join, t) for n, t in zip("ep", texts, strict=True)})
    y = has_motif[:, 0] == has_motif[:, 1]
    plain = {"kmer_path": 0, "linear_path": False, "hidden_dropout": 0.0, "augmentation": None}
    plain |= {"max_iter": 12, "batch_size": 32}
    networks = CNNClassifier(n_filters=8, kernel_size=9, hidden_units=8, **plain)
    views = [("enhancer", None, networks, "e"), ("promoter", None, networks, "p")]
    settings = {
        "max_iter": 12,
        "balancing": ClassBalancing(balanced_batches=True, refit_head=2),
        "batch_size": 32,
    }
    model = make("joint", views, hidden_units=16, **settings).fit(frame[:600], y[:600])
    assert model.n_iter_ == 14
    assert model.score(frame[600:], y[600:]) > 0.9
    sums = make("ensemble", views).fit(frame[:600], y[:600])
    assert sums.score(frame[600:], y[600:]) < 0.7


# Missing views


def test_missing_views_take_no_part(fitted):
    present = fitted.predict_proba(X)
    missing = X.astype({"sequence": object})
    missing.loc[0, NUMERIC] = np.nan
    missing.loc[1, "sequence"] = None
    missing.loc[2, "sequence"] = ""
    missing.loc[3, "sequence"] = np.nan
    probabilities = fitted.predict_proba(missing)
    assert np.isfinite(probabilities).all()
    assert_allclose(probabilities[4:], present[4:], atol=1e-6)
    assert (abs(probabilities[:4] - present[:4]).max(axis=1) > 1e-6).all()
    only_table = X.assign(sequence=None)
    assert_allclose(fitted.predict_proba(only_table)[1:4], probabilities[1:4], atol=1e-6)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_networks_are_fitted_on_the_rows_that_have_the_view(fusion):
    missing = X.copy()
    missing.loc[60:, NUMERIC] = np.nan
    model = make(fusion).fit(missing, Y)
    assert_allclose(model.encoders_["table"][0].mean_, X[NUMERIC][:60].mean())
    assert model.encoders_["table"][0].n_samples_seen_ == 60
    assert np.isfinite(model.predict_proba(missing)).all()


def test_a_row_without_any_view_is_named(fitted):
    missing = X.copy()
    missing.loc[7, [*NUMERIC, "sequence"]] = np.nan
    with pytest.raises(ValueError, match="row 7 of X has no view at all"):
        fitted.predict(missing)
    with pytest.raises(ValueError, match="row 7 of X has no view at all"):
        clone(fitted).fit(missing, Y)


def test_a_view_that_no_row_has(fitted):
    with pytest.raises(ValueError, match="view 'dna': it is missing in every row"):
        clone(fitted).fit(X.assign(sequence=None), Y)


def test_a_cell_that_is_missing_is_left_to_the_view(fitted):
    missing = X.copy()
    missing.loc[3, NUMERIC[0]] = np.nan
    with pytest.raises(ValueError, match=r"view 'table': .*NaN"):
        fitted.predict(missing)


def test_dropping_views_while_training_lets_predictions_stand_missing_ones():
    """Two views that tell the same: without dropout the net leans on both."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % 2
    table = rng.normal(size=(600, 4)) + y[:, None] * [3.0, 3.0, 1.0, 1.0]
    mlp = MLPClassifier(n_channels=1, hidden_units=8, linear_path=False)
    views = [("strong", None, mlp, [0, 1]), ("weak", None, mlp, [2, 3])]
    missing = table.copy()
    missing[:, :2] = np.nan
    losses = []
    for rate in (0.0, 0.3):
        model = make("joint", views, view_dropout=rate, max_iter=15).fit(table[:400], y[:400])
        p = model.predict_proba(missing[400:])[:, 1]
        losses.append(-np.log(np.where(y[400:], p, 1 - p)).mean())
    assert losses[1] < losses[0]
    assert losses[1] < 0.6


def test_dropping_leaves_one_view_and_never_brings_one_in():
    present = torch.tensor([[1, 1, 1], [0, 1, 1], [0, 0, 1]], dtype=torch.bool).repeat(1000, 1)
    torch.manual_seed(0)
    shares = []
    for rate in (0.0, 0.2, 0.5, 0.8, 1.0):
        kept = drop_views(present, rate)
        assert not (kept & ~present).any()
        assert kept.any(dim=1).all()
        shares.append(kept[::3].float().mean().item())
    assert shares == sorted(shares, reverse=True)
    # A view is lost by chance, unless its draw is the highest of three.
    assert shares[1] == pytest.approx(1 - 0.2 + 0.2**3 / 3, abs=0.03)
    assert shares[-1] == pytest.approx(1 / 3)


def test_absent_columns_are_named(fitted):
    for bad in (X.drop(columns="sequence"), X.rename(columns={"sequence": "Sequence"})):
        with pytest.raises(ValueError, match="view 'dna': X has no column 'sequence'"):
            clone(fitted).fit(bad, Y)
        with pytest.raises(ValueError, match="view 'dna': X has no column 'sequence'"):
            fitted.predict(bad)


def test_columns_in_another_order_and_others_beside_them(fitted):
    turned = X[X.columns[::-1]].assign(more="z").set_index(np.zeros(120))
    assert_array_equal(fitted.predict_proba(turned), fitted.predict_proba(X))


# Targets


@pytest.mark.parametrize("fusion", FUSIONS)
def test_several_classes_some_of_which_a_view_has_not(fusion):
    y = np.array(["a", "b", "c"])[np.arange(120) % 3]
    missing = X.copy()
    missing.loc[y == "a", NUMERIC] = np.nan
    model = make(fusion).fit(missing, y)
    p = model.predict_proba(missing)
    assert p.shape == (120, 3)
    assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert set(model.predict(missing)) <= {"a", "b", "c"}
    if fusion == "ensemble":
        assert (p[y != "a"][:, 0] < 0.51).all()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_tasks_with_missing_labels(fusion):
    y = np.column_stack([Y, 1 - Y, Y]).astype(float)
    y[::4, 1] = np.nan
    model = make(fusion).fit(X, y)
    assert model.predict_proba(X).shape == (120, 3)
    assert model.predict(X).shape == (120, 3)
    assert 0 <= model.score(X, y) <= 1


def test_tasks_of_trees_in_an_ensemble():
    y = np.column_stack([Y, 1 - Y])
    forest = RandomForestClassifier(5, random_state=0)
    model = make("ensemble", [("table", None, forest, NUMERIC)]).fit(X, y)
    expected = [p[:, 1] for p in clone(forest).fit(X[NUMERIC], y).predict_proba(X[NUMERIC])]
    assert_close(model.predict_proba(X), np.transpose(expected), dtype=np.float32)


def test_tasks_of_trees_of_which_a_view_has_one_label():
    """Rows with the view have 1 alone in the first task."""
    y = np.column_stack([Y, np.arange(120) % 4 > 1])
    missing = X.copy()
    missing.loc[Y == 0, NUMERIC] = np.nan
    views = [
        ("dna", KmerCounter(k=2), RandomForestClassifier(5, random_state=0), "sequence"),
        ("table", None, RandomForestClassifier(5, random_state=0), NUMERIC),
    ]
    model = make("ensemble", views).fit(missing, y)
    table = X.assign(sequence="")
    assert (model.predict_proba(table)[:, 0] == 1).all()
    assert set(model.predict_proba(table)[:, 1]) != {1}


@pytest.mark.parametrize("fusion", FUSIONS)
def test_regression_of_one_and_of_several_targets(fusion):

    def make_regressor(**settings):
        views = [
            ("dna", None, CNNRegressor(**CNN, **settings), "sequence"),
            ("table", None, MLPRegressor(**MLP, **settings), NUMERIC),
        ]
        return MultiViewRegressor(views=views, fusion=fusion, **settings, random_state=0)

    y = X[NUMERIC].to_numpy() * 10 + 50
    y[::5, 1] = np.nan
    model = make_regressor(**QUICK).fit(X, y)
    assert model.predict(X).shape == (120, 3)
    settings = {"max_iter": 15, "batch_size": 16, "learning_rate": 0.01}
    model.set_params(**make_regressor(**settings).get_params(deep=False)).fit(X, y[:, 0])
    assert model.predict(X).shape == (120,)
    assert model.score(X, y[:, 0]) > 0.1


def test_a_regression_ensemble_is_the_mean():
    views = [("a", None, LinearRegression(), NUMERIC[:1]), ("b", None, LinearRegression(), SIGNAL)]
    y = X[NUMERIC[0]] * 2 + 1
    model = MultiViewRegressor(views=views, fusion="ensemble").fit(X, y)
    other = LinearRegression().fit(X[SIGNAL], y).predict(X[SIGNAL])
    assert_close(model.predict(X), (y + other) / 2, dtype=np.float32)


# As a scikit-learn estimator


def test_parameters_reach_into_views_by_name():
    model = make()
    params = model.get_params()
    assert params["dna__network__n_filters"] == 8
    assert params["table__encoder__with_mean"]
    assert params["table__columns"] == NUMERIC
    model.set_params(
        dna__network__n_filters=4, table__columns=SIGNAL, table__encoder=None, fusion="concat"
    )
    assert model.views[0][2].n_filters == 4
    assert model.views[1][1] is None
    assert model.views[1][3] == SIGNAL
    assert model.fusion == "concat"
    # A network and what is inside it, in any order.
    model.set_params(table__network__max_iter=7, table__network=MLPClassifier(n_channels=1))
    assert model.views[1][2].max_iter == 7
    assert "dna__network" not in model.get_params(deep=False)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dna__netwrk__n_filters": 3}, "a view has encoder, network, columns, but no 'netwrk'"),
        ({"dna__network__n_filtres": 3}, "Invalid parameter 'n_filtres'"),
        ({"rna__network": None}, "Invalid parameter 'rna'"),
        ({"dna": None}, "a view has encoder, network, columns, but no ''"),
        ({"dna__encoder__k": 3}, "dna__encoder is None, which has no parameter 'k'; set dna__enc"),
        ({"dna__columns__x": 3}, "dna__columns is 'sequence', which has no parameter 'x'"),
    ],
)
def test_unknown_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        make().set_params(**params)


def test_a_clone_shares_nothing():
    model = make()
    twin = clone(model).set_params(dna__network__n_filters=4)
    assert model.views[0][2].n_filters == 8
    assert str(clone(twin).get_params(deep=False)) == str(twin.get_params(deep=False))


def test_fit_leaves_views_data_and_random_state_alone(fitted):
    views, frame, state = fitted.views, X.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert not hasattr(views[0][2], "net_")
    assert not hasattr(views[1][1], "mean_")
    clone(fitted).fit(frame, Y)
    pd.testing.assert_frame_equal(frame, X)
    assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_the_same_seed_gives_the_same_model(fitted):
    assert_array_equal(clone(fitted).fit(X, Y).predict_proba(X), fitted.predict_proba(X))
    other = clone(fitted).set_params(random_state=1).fit(X, Y)
    assert abs(other.predict_proba(X) - fitted.predict_proba(X)).max() > 1e-4


def test_pickles_and_files_predict_the_same(fitted, tmp_path):
    expected = fitted.predict_proba(X)
    pickled = pickle.dumps(fitted)
    assert_array_equal(pickle.loads(pickled).predict_proba(X), expected)
    assert X["sequence"][0].encode() not in pickled
    save(fitted, tmp_path / "model.skops")
    assert_array_equal(load(tmp_path / "model.skops").predict_proba(X), expected)


def test_fitted_attributes_of_columns(fitted):
    assert fitted.columns_ == {"dna": "sequence", "table": NUMERIC}
    assert fitted.n_features_in_ == X.shape[1]
    assert fitted.feature_names_in_.tolist() == X.columns.tolist()
    assert fitted.classes_.tolist() == [0, 1]
    assert "MultiViewClassifier" in fitted._repr_html_()
    assert "MultiViewClassifier" in repr(fitted)


def test_searches_and_cross_validation_with_groups():
    grid = {"dna__network__n_filters": [4, 8], "fusion": ["joint", "ensemble"]}
    search = GridSearchCV(make(max_iter=1), grid, cv=2, scoring="roc_auc").fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    result = cross_validate(
        make(max_iter=1), X, Y, cv=GroupKFold(2), groups=np.arange(120) // 3, error_score="raise"
    )
    assert len(result["test_score"]) == 2


def test_weights_of_zero_equal_removal(fitted):
    weight = (np.arange(120) % 3 > 0).astype(float)
    weighted = clone(fitted).fit(X, Y, sample_weight=weight)
    removed = clone(fitted).fit(X[weight > 0], Y[weight > 0])
    assert_allclose(weighted.predict_proba(X), removed.predict_proba(X), atol=1e-6)


def test_a_warm_start_continues_training():
    model = make(warm_start=True, max_iter=1).fit(X, Y)
    before = model.net_.weights()["output.weight"]
    model.fit(X, Y)
    assert model.n_iter_ == 2
    assert abs(model.net_.weights()["output.weight"] - before).max() < 0.5
    with pytest.raises(ValueError, match="warm_start=True continues the training of one network"):
        make("concat", warm_start=True).fit(X, Y)


def test_another_fit_forgets_the_first():
    model = make("joint").fit(X, Y)
    model.set_params(fusion="ensemble").fit(X, Y)
    assert not hasattr(model, "net_")
    assert_array_equal(model.predict_proba(X), make("ensemble").fit(X, Y).predict_proba(X))
    array = X[NUMERIC].to_numpy()
    views = [("table", None, MLPClassifier(**MLP), slice(None))]
    model.set_params(views=views, fusion="joint").fit(array, Y)
    assert not hasattr(model, "feature_names_in_")
    assert model.predict(array).shape == (120,)


def test_lists_and_arrays_of_mixed_columns(fitted):
    """Indices instead of names."""
    views = [("dna", None, CNNClassifier(**CNN), 0), ("table", None, MLPClassifier(**MLP), [1, 2])]
    rows = X[["sequence", *NUMERIC[:2]]]
    model = make("joint", views).fit(rows.to_numpy(), Y)
    listed = make("joint", views).fit(rows.to_numpy().tolist(), Y)
    assert_array_equal(model.predict_proba(rows.to_numpy()), listed.predict_proba(rows.to_numpy()))
    with pytest.raises(ValueError, match="X has 2 features"):
        model.predict(rows.to_numpy()[:, :2])


# Networks of views


def test_spelling_of_sequences_does_not_matter():
    model = make().fit(X, Y)
    rna = X.assign(sequence=X["sequence"].str.lower().str.replace("t", "u"))
    assert_array_equal(model.predict_proba(rna), model.predict_proba(X))


def test_symbols_stay_one_byte_each():
    model = make().fit(X, Y)
    arrays = model._read_all(X).arrays
    assert [array.dtype for array in arrays] == [np.uint8, np.float64]
    assert model.dtype_ == "float32"


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_pipeline_of_tokens(fusion):
    tokens = TransformerClassifier(
        vocabulary_size=69, d_model=8, n_layers=1, n_heads=2, stem_filters=(), **QUICK
    )
    views = [("dna", None, make_pipeline(KmerTokenizer(k=3), tokens), "sequence"), make_views()[1]]
    model = make(fusion, views).fit(X, Y)
    missing = X.copy()
    missing.loc[:5, "sequence"] = None
    assert np.isfinite(model.predict_proba(missing)).all()
    assert np.isfinite(model.predict_proba(X.assign(sequence=None))).all()


def test_a_pretrained_branch_that_is_frozen():
    source = CNNClassifier(**CNN, **QUICK, random_state=3).fit(X["sequence"], Y)
    views = make_views()
    views[0][2].set_params(pretrained=source, freeze="trunk")
    model = make("joint", views).fit(X, Y)
    ours = model.network_.branches[0].network.trunk.state_dict()
    for name, weight in source.network_.trunk.state_dict().items():
        assert_array_equal(ours[name].numpy(), weight.numpy())
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("fusion", ["concat", "ensemble"])
def test_pretrained_models_of_views_are_not_changed(fusion):
    source = CNNClassifier(**CNN, **QUICK).fit(X["sequence"], Y)
    before = pickle.dumps(source)
    views = make_views()
    views[0][2].set_params(pretrained=source)
    make(fusion, views).fit(X, Y)
    assert source.random_state is None
    assert pickle.dumps(source) == before


@pytest.mark.parametrize("fusion", FUSIONS)
def test_sparse_codes_of_categories(fusion):
    cells = X.assign(cell=np.where(np.arange(120) % 3, "liver", "brain"))
    cells.loc[3, "cell"] = None
    views = [make_views()[0], ("cell", Categories(), MLPClassifier(**MLP, **QUICK), ["cell"])]
    model = make(fusion, views).fit(cells, Y)
    views[1] = ("cell", Categories(sparse_output=False), *views[1][2:])
    dense = make(fusion, views).fit(cells, Y)
    assert_array_equal(model.predict_proba(cells), dense.predict_proba(cells))


NO_NETWORK_OF_SEQUENCES_ALONE = (
    *(LogisticRegression(), SequenceLabeler(), make_pipeline(LogisticRegression())),
    *(ConditionalClassifier(), DomainAdversarialClassifier()),
)


@pytest.mark.parametrize("fusion", ["joint", "attention", "concat"])
def test_estimators_without_a_network_are_for_ensembles(fusion):
    for network in NO_NETWORK_OF_SEQUENCES_ALONE:
        views = [make_views()[0], ("table", None, network, NUMERIC)]
        with pytest.raises(ValueError, match=r"view 'table': .* fusion='ensemble'"):
            make(fusion, views).fit(X, Y)


def test_a_network_that_does_not_name_its_last_layer():
    from torch import nn

    class Anonymous(nn.Sequential):
        def __init__(self, n_channels, length, n_outputs):
            super().__init__(nn.Flatten(), nn.Linear(n_channels * length, n_outputs))

    views = [("dna", None, SequenceClassifier(network=Anonymous), "sequence"), make_views()[1]]
    with pytest.raises(ValueError, match="Anonymous has no module `output`"):
        make("joint", views).fit(X, Y)
    assert make("ensemble", views).fit(X, Y).predict_proba(X).shape == (120, 2)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (make("mean"), "fusion must be one of"),
        (make(view_dropout=2), "view_dropout must be a number"),
        (make(weights=[1, 2]), "weights are for fusion='ensemble'"),
        (make("ensemble", weights=[1]), "weights must have a positive number for each of the 2"),
        (make("ensemble", weights=[1, -1]), "weights must have a positive number"),
        (make("ensemble", weights=[1, np.inf]), "weights must have a positive number"),
        (make("ensemble", weights=["a", "b"]), "weights must have a positive number"),
        (make(views=[make_views()[0]] * 2), "views has 2 views 'dna'; rename"),
        (make(views=[("fusion", *make_views()[0][1:])]), "cannot have the name 'fusion'"),
        (make(views=[("a__b", *make_views()[0][1:])]), "cannot have the name 'a__b'"),
        (
            make(views=[("dna", None, CNNRegressor(), "sequence")]),
            "view 'dna': .* not a classifier",
        ),
        (
            make("ensemble", [("t", None, LinearSVC(), NUMERIC), make_views()[0]]),
            "view 't': LinearSVC has no predict_proba; wrap it in",
        ),
        (
            make(views=[("d", None, make_pipeline(SequenceSMOTE(2), CNNClassifier()), "sequence")]),
            "view 'd': a sampler changes the samples of one view",
        ),
    ],
)
def test_wrong_settings(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y).predict(X)


def test_weights_of_samples_that_an_estimator_does_not_take():
    from sklearn.neighbors import KNeighborsClassifier

    model = make("ensemble", [("t", None, KNeighborsClassifier(), NUMERIC)])
    with pytest.raises(ValueError, match="view 't': KNeighborsClassifier takes no sample_weight"):
        model.fit(X, Y, sample_weight=np.ones(120))


def test_wrong_symbols_are_named_with_their_view(fitted):
    bad = X.copy()
    bad.loc[1, "sequence"] = "ACGZ"
    with pytest.raises(ValueError, match="view 'dna': sequence 1 has 'Z' at position 3"):
        fitted.predict(bad)


def test_from_coordinates_with_signal_and_numbers(tmp_path):
    """Views that share their columns."""
    text = make_text(48, 90)
    genome = tmp_path / "genome.fa"
    genome.write_text(">chr1\n" + "".join(text[:24]) + "\n>chr2\n" + "".join(text[24:]) + "\n")
    (tmp_path / "atac.bedgraph").write_text("chr1\t0\t2160\t1.5\nchr2\t0\t2160\t0.5\n")
    rng = np.random.default_rng(0)
    peaks = pd.DataFrame({"chrom": ["chr1", "chr2"] * 20, "start": 90 * np.arange(40) // 2})
    peaks["end"], peaks["strand"] = peaks["start"] + 90, "+"
    peaks["tss_distance"], peaks["expression"] = rng.normal(size=(2, 40)) * 1000
    y = np.arange(40) % 2
    place = ["chrom", "start", "end", "strand"]
    signal = SignalEncoder([tmp_path / "atac.bedgraph"], bins=10)
    views = [
        ("dna", IntervalEncoder(genome, length=60), CNNClassifier(**CNN), place),
        ("atac", signal, CNNClassifier(n_filters=8), place[:3]),
        ("gene", StandardScaler(), MLPClassifier(), ["tss_distance", "expression"]),
    ]
    model = make("joint", views, max_iter=15).fit(peaks, y)
    assert model.score(peaks, y) == 1
    peaks.loc[::2, ["tss_distance", "expression"]] = np.nan
    assert np.isfinite(model.predict_proba(peaks)).all()


def test_an_encoder_in_front_of_classical_models():
    views = [
        ("dna", OneHotEncoder(), LogisticRegression(), "sequence"),
        ("table", StandardScaler(), LogisticRegression(), NUMERIC),
    ]
    model = MultiViewClassifier(views=views, fusion="ensemble").fit(X, Y)
    assert model.score(X, Y) > 0.7


def test_settings_that_are_changed_after_fit_do_not_reach_the_fitted_model(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    expected = model.predict_proba(X)
    model.set_params(hidden_units=5, projection_size=3, fusion="joint", dna__network__n_filters=3)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), expected)


def test_weights_as_an_array():
    model = make("ensemble", weights=np.array([1.0, 3.0])).fit(X, Y)
    assert model.view_weights(X).iloc[0].tolist() == [0.25, 0.75]
