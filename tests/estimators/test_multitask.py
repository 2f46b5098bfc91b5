"""Several tasks of different kinds: what is learnt, masked, weighed, predicted and refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.metrics import matthews_corrcoef, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from torch import nn

from skgenomics import CNNClassifier, CNNRegressor, MultiTaskEstimator, load, save
from skgenomics.networks.multitask import TaskHeads
from skgenomics.testing import make_text
from skgenomics.training.losses import (
    MultiTaskLoss,
    TaskLoss,
    binary_cross_entropy,
    cross_entropy,
    squared_error,
)

PLAIN = {
    "n_filters": (8, 8),
    "kernel_size": 5,
    "pool_size": 1,
    "hidden_units": 16,
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "normalization": None,
}
FULL_BATCH = {
    "batch_size": 1000,
    "learning_rate": 0.02,
    "augmentation": None,
    "reverse_complement": None,
}


def make(**settings):
    settings = {"network_params": PLAIN, "max_iter": 40, "random_state": 0} | FULL_BATCH | settings
    return MultiTaskEstimator(**settings)


@pytest.fixture
def X():
    return make_text(90, 20)


@pytest.fixture
def y(X):
    """Yes or no, a number and one of four classes, each with a third of its labels missing."""
    n_A = np.array([x.count("A") for x in X])
    table = pd.DataFrame(
        {
            "rich": np.where(n_A > 5, "yes", "no"),
            "level": 100 + 10.5 * n_A,
            "first": [x[0] for x in X],
        }
    )
    for i, name in enumerate(table):
        table[name] = table[name].where(np.arange(len(X)) % 3 != i)
    return table


@parametrize_with_checks([make(max_iter=60)])
def test_scikit_learn(estimator, check):
    check(estimator)


def test_no_check_is_left_out():
    assert len(list(estimator_checks_generator(make()))) >= 49


def test_kinds_follow_from_y(X, y):
    model = make(max_iter=1).fit(X, y)
    assert model.tasks_ == {"rich": "binary", "level": "regression", "first": "multiclass"}
    assert model.n_outputs_ == 1 + 1 + 4
    assert {name: c.tolist() for name, c in model.classes_.items()} == {
        "rich": ["no", "yes"],
        "first": list("ACGT"),
    }
    assert model.y_mean_["level"] == pytest.approx(y["level"].mean())
    assert model.y_scale_["level"] == pytest.approx(y["level"].std(ddof=0))


def test_learns_all_tasks(X, y):
    scores = make(max_iter=60).fit(X, y).score_tasks(X, y)
    assert scores.loc["rich", "roc_auc"] > 0.95
    assert scores.loc["first", "roc_auc"] > 0.95
    assert scores.loc["level", "r2"] > 0.8
    assert scores["n"].tolist() == [60, 60, 60]


def test_predictions_are_a_frame_like_y(X, y):
    model = make().fit(X, y)
    series = pd.Series(X[:5], index=list("vwxyz"))
    predicted = model.predict(series)
    assert predicted.columns.tolist() == ["rich", "level", "first"]
    assert predicted.index.tolist() == list("vwxyz")
    assert 100 < predicted["level"].mean() < 220
    proba, scores = model.predict_proba(X), model.decision_function(X)
    assert list(proba) == list(scores) == ["rich", "first"]
    assert proba["first"].shape == (90, 4)
    assert_allclose(proba["first"].sum(axis=1), 1, atol=1e-5)
    assert_allclose(proba["rich"][:, 1], 1 / (1 + np.exp(-scores["rich"])), rtol=1e-5)
    for name in ("rich", "first"):
        labels = model.classes_[name][proba[name].argmax(axis=1)]
        assert_array_equal(model.predict(X)[name], labels)


def test_arrays_give_arrays(X, y):
    from_frame, from_array = make(max_iter=3).fit(X, y), make(max_iter=3).fit(X, y.to_numpy())
    assert from_array.tasks_ == dict(enumerate(from_frame.tasks_.values()))
    predicted = from_array.predict(X)
    assert predicted.shape == (90, 3)
    assert predicted.dtype == object
    assert_array_equal(predicted, from_frame.predict(X).to_numpy())
    rich, level, first = from_array.predict_proba(X)
    assert level is None
    assert_array_equal(rich, from_frame.predict_proba(X)["rich"])
    assert_array_equal(first, from_frame.predict_proba(X)["first"])
    as_list = [list(row) for row in y.to_numpy()]
    assert_array_equal(make(max_iter=3).fit(X, as_list).predict(X), predicted)


def test_numbers_give_an_array_of_numbers(X):
    Y = np.c_[[x.count("A") > 5 for x in X], [x.count("C") + 0.5 for x in X]].astype(float)
    predicted = make(max_iter=3).fit(X, Y).predict(X)
    assert predicted.dtype.kind == "f"
    assert set(predicted[:, 0]) <= {0.0, 1.0}


def test_names_of_tasks_for_an_array(X, y):
    kinds = {"rich": "multiclass", "level": "regression", "first": "multiclass"}
    model = make(max_iter=1, tasks=kinds).fit(X, y.to_numpy())
    assert model.tasks_ == kinds
    assert model.predict_proba(X)[0].shape == (90, 2)
    assert model.score(X, y) == model.score(X, y.to_numpy())
    assert make(max_iter=1, tasks={1: "regression"}).fit(X, y.to_numpy()).tasks_[0] == "binary"


def test_whole_numbers_can_be_regression(X):
    counts = pd.DataFrame({"count": [x.count("A") for x in X]})
    assert make(max_iter=1).fit(X, counts).tasks_ == {"count": "multiclass"}
    model = make(max_iter=1, tasks={"count": "regression"}).fit(X, counts)
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "decision_function")


@pytest.mark.parametrize("dtype", ["category", "string", object])
def test_containers_of_labels_agree(X, y, dtype):
    expected = make(max_iter=2).fit(X, y).predict(X)
    other = y.astype({"rich": dtype, "first": dtype})
    predicted = make(max_iter=2).fit(X, other).predict(X)
    assert_frame_equal(predicted, expected, check_dtype=False)


def test_nullable_numbers_and_booleans(X, y):
    Y = pd.DataFrame(
        {
            "flag": pd.array([None, *[x.count("A") > 5 for x in X[1:]]], dtype="boolean"),
            "level": y["level"].astype("Float64"),
        }
    )
    model = make(max_iter=2).fit(X, Y)
    assert model.tasks_ == {"flag": "binary", "level": "regression"}
    assert model.predict(X)["flag"].dtype == bool


def test_missing_labels_have_no_gradient():
    torch.manual_seed(0)
    scores = torch.randn(5, 6, requires_grad=True)
    y = torch.tensor([[1.0, 0.3, 2.0]] * 5)
    weight = torch.ones(5, 3)
    weight[0, 0] = weight[1, 1] = weight[2, 2] = 0
    parts = [
        TaskLoss(binary_cross_entropy, [0], [0]),
        TaskLoss(squared_error, [1], [1]),
        TaskLoss(cross_entropy, [2, 3, 4, 5], [2]),
    ]
    MultiTaskLoss(parts)(scores, y, weight).backward()
    is_zero = scores.grad == 0
    assert is_zero[0].tolist() == [True] + [False] * 5
    assert is_zero[1].tolist() == [False, True] + [False] * 4
    assert is_zero[2].tolist() == [False, False] + [True] * 4
    assert not is_zero[3:].any()


def test_what_stands_for_a_missing_label_does_not_matter(X, y):
    """Rows without any label train as if they were not there, whatever marks what is missing."""
    marks = y.astype(object).where(y.notna(), None)
    some = np.arange(len(X)) % 4 > 0
    marks.loc[~some] = pd.NA
    with_rows = make(max_iter=5).fit(X, marks)
    without = make(max_iter=5).fit([x for x, s in zip(X, some, strict=True) if s], y[some])
    assert_allclose(with_rows.predict(X)["level"], without.predict(X)["level"], rtol=1e-4)


def test_one_task_of_each_kind_equals_the_single_estimator(X):
    """The loss is that of CNNClassifier and CNNRegressor, so that the weights are the same too."""
    label = np.array([x.count("A") > 5 for x in X])
    value = np.array([x.count("C") + 0.5 for x in X])
    settings = {"max_iter": 20, "random_state": 0, "linear_path": False, "kmer_path": 0}
    settings |= PLAIN | FULL_BATCH
    params = PLAIN | {"linear_path": False, "kmer_path": 0}
    single = CNNClassifier(**settings).fit(X, label).predict_proba(X)
    ours = make(max_iter=20, network_params=params).fit(X, label[:, None]).predict_proba(X)
    assert_allclose(ours, single, atol=1e-4)
    single = CNNRegressor(**settings).fit(X, value).predict(X)
    ours = make(max_iter=20, network_params=params).fit(X, value[:, None]).predict(X)
    assert_allclose(ours[:, 0], single, atol=1e-3)


def test_task_of_weight_zero_is_not_learnt(X, y):
    model = make(task_weights={"level": 0}).fit(X, y)
    scores = model.score_tasks(X, y)
    assert scores.loc["rich", "roc_auc"] > 0.95 > 0.5 > scores.loc["level", "r2"]
    assert model.task_weights_ == {"rich": 1.0, "level": 0.0, "first": 1.0}


@pytest.mark.parametrize("Estimator", [CNNClassifier, CNNRegressor])
def test_task_weights_of_other_estimators(X, Estimator):
    """Of weight zero is as good as missing; only the proportions of weights matter."""
    Y = np.c_[[x.count("A") > 5 for x in X], [x.count("C") > 5 for x in X]].astype(float)
    settings = {"max_iter": 3, "random_state": 0} | PLAIN | FULL_BATCH
    weighed = Estimator(**settings, task_weights=(2, 0)).fit(X, Y)
    again = Estimator(**settings, task_weights=[1, 0]).fit(X, Y)
    equal = Estimator(**settings).fit(X, Y)
    task = np.s_[:, 0]
    assert_allclose(weighed.predict(X), again.predict(X), rtol=1e-5)
    assert (weighed.network_.output.weight[1] != equal.network_.output.weight[1]).any()
    alone = Estimator(**settings, task_weights=[1, 1e-12]).fit(X, Y)
    assert_allclose(weighed.predict(X)[task], alone.predict(X)[task], atol=1e-3)
    with pytest.raises(ValueError, match="a number for each of the 2 tasks"):
        Estimator(**settings, task_weights=[1, 2, 3]).fit(X, Y)
    with pytest.raises(ValueError, match=r"task_weights(=| must)"):
        Estimator(**settings, task_weights=[1, 1]).fit(X, Y[:, 0])


def test_loss_by_uncertainty_is_the_published_one():
    scores, y = torch.randn(7, 2), torch.rand(7, 2).round()
    log_variance = torch.tensor([0.4, -0.7])
    parts = [TaskLoss(binary_cross_entropy, [0], [0]), TaskLoss(squared_error, [1], [1])]
    loss = MultiTaskLoss(parts, log_variance, [False, True])(scores, y, torch.ones(7, 2))
    classes = binary_cross_entropy(scores[:, 0], y[:, 0]).mean()
    numbers = squared_error(scores[:, 1], y[:, 1]).mean()
    sigma = torch.exp(log_variance / 2)
    expected = classes / sigma[0] ** 2 + numbers / (2 * sigma[1] ** 2) + sigma.log().sum()
    assert loss.item() == pytest.approx(expected.item() / 2)


def test_learned_weights_are_half_as_large_for_regression(X, y):
    """Kendall et al.: 1 / (2 s^2) for numbers and 1 / s^2 for classes, with s = 1 at the start."""
    weights = make(max_iter=1, task_weights="uncertainty").fit(X, y).task_weights_
    assert weights["level"] == pytest.approx(0.5, abs=0.1)
    assert weights["rich"] == pytest.approx(1, abs=0.1)


def test_uncertainty_gives_noise_less_weight():
    X, rng = make_text(400, 20), np.random.default_rng(0)
    Y = pd.DataFrame({"clear": [x.count("A") + 0.5 for x in X], "noise": rng.normal(size=len(X))})
    params = PLAIN | {"n_filters": 4, "hidden_units": (), "head_pool": "mean", "kmer_path": 1}
    params |= {"linear_path": False}
    model = make(task_weights="uncertainty", max_iter=150, network_params=params).fit(X, Y)
    weights = model.task_weights_
    assert weights["clear"] > 3 * weights["noise"]
    variance = np.exp(model.network_.output.log_variance.detach().numpy())
    assert_allclose(list(weights.values()), 0.5 / variance, rtol=1e-5)


def test_heads_of_their_own():
    shared = TaskHeads(nn.Linear(16, 4), [1, 3])
    own = TaskHeads(nn.Linear(16, 4), [1, 3], units=4)
    assert sum(w.numel() for w in shared.parameters()) == 17 * 4
    assert sum(w.numel() for w in own.parameters()) == 2 * 17 * 4 + 5 * 1 + 5 * 3
    assert own(torch.zeros(2, 16)).shape == shared(torch.zeros(2, 16)).shape == (2, 4)
    own(torch.rand(2, 16))[:, 0].sum().backward()
    assert [any(w.grad.any() for w in head.parameters()) for head in own.heads] == [True, False]


def test_settings_of_losses_and_classes(X, y):
    plain = make(max_iter=2).fit(X, y)
    focal = make(max_iter=2, losses={"rich": "focal", "level": "huber"}).fit(X, y)
    balanced = make(max_iter=2, class_weight="balanced").fit(X, y)
    some = make(max_iter=2, class_weight={"rich": {"yes": 5.0}}).fit(X, y)
    curves = [model.loss_curve_[-1] for model in (plain, focal, balanced, some)]
    assert len(set(curves)) == 4


def test_a_constant_target_keeps_its_scale(X, y):
    model = make(max_iter=1).fit(X, y.assign(level=2.5))
    assert (model.y_mean_["level"], model.y_scale_["level"]) == (2.5, 1)


def test_scores_are_those_of_known_labels(X, y):
    model = make().fit(X, y)
    table, predicted, proba = model.score_tasks(X, y), model.predict(X), model.predict_proba(X)
    rich, level, first = (y[name].notna() for name in y)
    auroc = roc_auc_score(y["rich"][rich] == "yes", proba["rich"][rich, 1])
    by_class = roc_auc_score(y["first"][first], proba["first"][first], multi_class="ovr")
    r2 = r2_score(y["level"][level], predicted["level"][level])
    assert table.loc["rich", "roc_auc"] == pytest.approx(auroc)
    assert table.loc["first", "roc_auc"] == pytest.approx(by_class)
    assert table.loc["level", "r2"] == pytest.approx(r2)
    mcc = matthews_corrcoef(y["first"][first], predicted["first"][first])
    assert table.loc["first", "matthews_corrcoef"] == pytest.approx(mcc)
    assert model.score(X, y) == pytest.approx(np.mean([auroc, by_class, r2]))
    weight = np.random.default_rng(0).random(90)
    weighed = model.score_tasks(X, y, weight).loc["level", "r2"]
    expected = r2_score(y["level"][level], predicted["level"][level], sample_weight=weight[level])
    assert weighed == pytest.approx(expected)


def test_tasks_that_cannot_be_scored_are_named(X, y):
    model = make(max_iter=1).fit(X, y)
    part = y.copy()
    part["rich"] = None
    with pytest.warns(UserWarning, match="1 of 3 tasks have fewer .*: rich"):
        table = model.score_tasks(X, part)
    assert np.isnan(table.loc["rich", "roc_auc"])
    assert table.loc["rich", "n"] == 0
    assert table.loc["level", "r2"] == model.score_tasks(X, y).loc["level", "r2"]


def test_search_clone_pickle_and_file(X, y, tmp_path):
    search = GridSearchCV(make(max_iter=2), {"task_units": [(), 4]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    again = clone(best).fit(X, y)
    assert_frame_equal(again.predict(X), best.predict(X))
    assert_frame_equal(pickle.loads(pickle.dumps(best)).predict(X), best.predict(X))
    save(best, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    assert_frame_equal(loaded.predict(X), best.predict(X))
    assert loaded.tasks_ == best.tasks_


def test_input_and_y_are_left_alone(X, y):
    before = y.copy()
    make(max_iter=1).fit(X, y)
    assert_frame_equal(y, before)


def test_early_stopping_with_groups(X, y):
    groups = np.repeat(np.arange(30), 3)
    model = make(early_stopping=True, max_iter=3).fit(X, y, groups=groups)
    assert len(model.validation_loss_curve_) == 3


def test_partial_fit_learns_classes_once(X, y):
    model = make()
    rows = (y["first"] != "T").to_numpy()
    part = [x for x, r in zip(X, rows, strict=True) if r]
    model.partial_fit(part, y[rows], classes={"first": list("ACGT")})
    assert model.classes_["first"].tolist() == list("ACGT")
    assert model.partial_fit(X, y).n_iter_ == 2
    narrow = make().partial_fit(part, y[rows])
    with pytest.raises(ValueError, match="task 'first' of y has the label 'T'"):
        narrow.partial_fit(X, y)


def test_a_task_may_come_later_if_its_classes_are_told(X, y):
    classes = {"rich": ["no", "yes"]}
    model = make().partial_fit(X, y.assign(rich=None), classes=classes).partial_fit(X, y)
    assert model.tasks_["rich"] == "binary"
    for wrong, message in [
        ({"poor": ["no", "yes"]}, "classes has 'poor', but the tasks are"),
        (["no", "yes"], "classes must be a dict from the name of a task"),
    ]:
        with pytest.raises(ValueError, match=message):
            make().partial_fit(X, y, classes=wrong)
    kinds = {"level": "regression"}
    with pytest.raises(ValueError, match="task 'level' of y has no label at all"):
        make(tasks=kinds).partial_fit(X, y.assign(level=None), classes={"level": [1.5, 2.5]})


def test_a_warm_start_cannot_learn_weights_that_are_not_there(X, y):
    model = make(max_iter=1, warm_start=True).fit(X, y).set_params(task_weights="uncertainty")
    with pytest.raises(ValueError, match=r"task_weights='uncertainty', but .* built without"):
        model.fit(X, y)
    model = make(max_iter=1, warm_start=True, task_weights="uncertainty").fit(X, y)
    with pytest.raises(ValueError, match=r"task_weights=\[1, 1, 2\], but .* built with"):
        model.set_params(task_weights=[1, 1, 2]).fit(X, y)


def test_rows_of_weight_zero_are_not_scored(X, y):
    model = make(max_iter=2).fit(X, y)
    weight = (y["rich"] == "yes").to_numpy().astype(float)
    with pytest.warns(UserWarning, match="1 of 3 tasks have fewer .*: rich"):
        table = model.score_tasks(X, y, weight)
    rows = weight > 0
    with pytest.warns(UserWarning, match="1 of 3 tasks"):
        expected = model.score_tasks([x for x, r in zip(X, rows, strict=True) if r], y[rows])
    assert_frame_equal(table, expected)


def test_the_head_follows_the_order_of_the_tasks(X):
    """What tells one task is not taken over for another."""
    Y = pd.DataFrame({name: [name in x[:4] for x in X] for name in "AC"})
    source = make(max_iter=10).fit(X, Y)
    still = {"max_iter": 1, "learning_rate": 1e-9, "weight_decay": 0}
    same = make(pretrained=source, **still).fit(X, Y)
    assert_allclose(same.predict_proba(X)["A"], source.predict_proba(X)["A"], atol=1e-4)
    other = make(pretrained=source, **still).fit(X, Y[["C", "A"]])
    assert not any(name.startswith("output") for name in other.transferred_)


def test_order_of_the_columns_does_not_matter(X, y):
    model = make(max_iter=2).fit(X, y)
    assert model.score(X, y[["first", "rich", "level"]]) == model.score(X, y)


def test_transfer_of_the_trunk(X, y):
    source = make(max_iter=2).fit(X, y)
    same = make(max_iter=1, pretrained=source).fit(X, y)
    other = make(max_iter=1, pretrained=source, freeze="trunk").fit(X, y[["level"]])
    assert "output.heads.0.weight" in same.transferred_
    assert not any(name.startswith("output") for name in other.transferred_)
    trunk = other.network_.trunk.state_dict()
    for name, weight in source.network_.trunk.state_dict().items():
        assert torch.equal(trunk[name], weight)
    label = y["rich"].fillna("no")
    single = CNNClassifier(pretrained=source, max_iter=1, hidden_units=16).fit(X, label)
    assert single.network_settings_["n_filters"] == (8, 8)


@pytest.mark.parametrize("network", ["resnet", "rnn", "cnnrnn", "transformer", "longconv", "mlp"])
def test_every_architecture(X, y, network):
    params = {"hidden_units": 8}
    model = MultiTaskEstimator(network=network, network_params=params, max_iter=1).fit(X, y)
    assert model.predict(X).shape == (90, 3)


@pytest.mark.parametrize(
    ("settings", "change", "message"),
    [
        ({}, lambda y: y["rich"], r"must have a column per task"),
        ({}, lambda y: y[[]], "y has no column"),
        ({"class_weight": {"yes": 2}}, None, "class_weight has 'yes', but the tasks are"),
        ({}, lambda y: y.assign(rich=None), "task 'rich' of y has no label at all"),
        ({}, lambda y: y.assign(rich="no"), "task 'rich' of y has only one class: 'no'"),
        ({}, lambda y: y.assign(rich=[0, "no"] * 45), "task 'rich' of y has strings such as 'no'"),
        ({}, lambda y: y.assign(level=np.inf), "infinity"),
        ({}, lambda y: y[["rich", "rich"]], "several columns 'rich'"),
        ({}, lambda y: y[:-1], "inconsistent numbers of samples"),
        ({"tasks": {"poor": "binary"}}, None, "tasks has 'poor', but the columns of y are"),
        (
            {"tasks": {"poor": "binary", "level": "regression", "first": "multiclass"}},
            None,
            "tasks has 'poor', but the columns of y are",
        ),
        ({"tasks": {"first": "binary"}}, None, "'first' of y has 4 classes, but its kind is"),
        ({"tasks": {"rich": "regression"}}, None, "'rich' of y is of the kind 'regression', but"),
        ({"tasks": {"rich": "yes or no"}}, None, r"tasks\['rich'\] must be one of"),
        ({"tasks": ["binary"]}, None, "tasks must be a dict"),
        ({"task_weights": {"poor": 1}}, None, "task_weights has 'poor', but the tasks are"),
        ({"task_weights": [1, 2]}, None, "a number for each of the 3 tasks"),
        ({"task_weights": [1, -1, 0]}, None, "not negative"),
        ({"task_weights": "equal"}, None, "task_weights must be one of"),
        ({"losses": {"poor": "mse"}}, None, "losses has 'poor'"),
        ({"losses": {"rich": "mse"}}, None, r"loss must be one of \['cross_entropy', 'focal'\]"),
        ({"losses": {"level": lambda s, y: s.sum()}}, None, "one value per entry"),
        ({"network": "perceptron"}, None, "network must be one of"),
        ({"network_params": {"filters": 3}}, None, "network_params has 'filters'"),
        ({"network_params": 3}, None, "network_params must be a dict"),
    ],
)
def test_what_is_refused(X, y, settings, change, message):
    with pytest.raises(ValueError, match=message):
        make(max_iter=1, **settings).fit(X, change(y) if change else y)


def test_other_columns_than_in_fit_are_refused(X, y):
    model = make(max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match=r"y has the columns \['rich'\], but MultiTaskEstimator"):
        model.score(X, y[["rich"]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(X[:-1], y)
