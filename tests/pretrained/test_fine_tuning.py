"""Published models that are trained further: what is trained, and what is saved."""

import pickle
import shutil
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgenomics import load, save
from skgenomics.pretrained import (
    PretrainedClassifier,
    PretrainedEmbedder,
    PretrainedRegressor,
)
from skgenomics.pretrained._loading import RemoteCode, load_checkpoint
from skgenomics.testing import make_checkpoint, make_text, sequence_estimator_checks
from skgenomics.training import ClassBalancing, Regularization
from skgenomics.uncertainty import mc_dropout

MODES = ("full", "head", "lora")
QUICK = {"max_iter": 3, "learning_rate": 0.02, "base_learning_rate": 0.005, "random_state": 0}
# A row of weight 2 and two copies of a row fall into other batches.
NEEDS_FULL_BATCHES = "check_sample_weight_equivalence_on_dense_data"
# For estimators of sequences of one length.
NEEDS_ONE_LENGTH = {
    "check_invalid_text_is_named",
    "check_unknown_symbols_are_zeros",
    "check_empty_sequence_is_padding",
}


def name_of(check):
    return getattr(check, "func", check).__name__


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    make_checkpoint(folder, hidden_size=8, n_layers=1)
    return folder


@pytest.fixture(scope="module")
def labels(sequences):
    share = np.array([text.count("A") / len(text) for text in sequences])
    return np.where(share > 0.25, "rich", "poor")


def weights_of(model):
    return {k: v.clone() for k, v in model.network_.state_dict().items()}


@pytest.mark.parametrize("cls", [PretrainedClassifier, PretrainedRegressor])
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn(folder, cls):
    model = cls(folder, mode="head", max_iter=1, batch_size=64)
    names = []
    for estimator, check in estimator_checks_generator(model):
        names.append(name_of(check))
        if names[-1] != NEEDS_FULL_BATCHES:
            check(estimator)
    assert len(names) >= (67 if cls is PretrainedClassifier else 60)


@pytest.mark.parametrize(
    ("cls", "mode"),
    [*((PretrainedClassifier, mode) for mode in MODES), (PretrainedRegressor, "full")],
)
def test_text(folder, cls, mode):
    checks = sequence_estimator_checks(cls(folder, mode=mode, **QUICK | {"max_iter": 1}))
    checks = [pair for pair in checks if name_of(pair[1]) not in NEEDS_ONE_LENGTH]
    assert len(checks) == 6
    for estimator, check in checks:
        check(estimator)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *product(("bases", "bpe", "overlapping k-mers", "k-mers"), MODES),
        # It has no linear layers for adapters.
        ("custom", "full"),
        ("custom", "head"),
    ],
)
def test_what_is_frozen_stays_bitwise(checkpoints, sequences, labels, kind, mode):
    trusted = kind == "custom"
    base = load_checkpoint(checkpoints[kind], trust_remote_code=trusted).model.state_dict()
    # Norms are limited where weights are trained, and nowhere else.
    model = PretrainedClassifier(
        checkpoints[kind],
        mode=mode,
        trust_remote_code=trusted,
        regularization=Regularization(max_norm=0.1),
        **QUICK,
    )
    model.fit(sequences, labels).partial_fit(sequences, labels)
    after = {
        name.removeprefix("trunk.model.").replace(".base_layer", ""): weight
        for name, weight in model.network_.state_dict().items()
        if name.startswith("trunk.") and "lora_" not in name
    }
    assert after.keys() == base.keys()
    same = [torch.equal(after[name], base[name]) for name in base]
    assert not all(same) if mode == "full" else all(same)


def test_head_is_a_linear_model_of_embeddings(checkpoints, sequences, labels):
    """Training until the end gives the logistic regression on what the embedder gives."""
    model = PretrainedClassifier(
        checkpoints["bpe"],
        mode="head",
        head_dropout=0.0,
        optimizer="adam",
        weight_decay=0.0,
        regularization=Regularization(l2=0.01),
        schedule="cosine",
        batch_size=100,
        max_iter=500,
        learning_rate=0.05,
        random_state=0,
    ).fit(sequences, labels)
    vectors = PretrainedEmbedder(checkpoints["bpe"]).fit_transform(sequences)
    # l2 stands beside the mean of the losses, 1 / C beside twice their sum.
    reference = LogisticRegression(C=1 / (0.02 * len(sequences)), tol=1e-8, max_iter=1000)
    reference.fit(vectors, labels)
    assert_allclose(model.predict_proba(sequences), reference.predict_proba(vectors), atol=0.01)


def test_training_reaches_below_the_head(checkpoints):
    """The order of bases, which a linear model cannot learn from these embeddings."""
    X = make_text(96, 12)
    y = np.array(["AC" in x for x in X])
    settings = QUICK | {"max_iter": 30, "head_dropout": 0.0, "batch_size": 16}
    losses = {}
    for mode, rate in (("full", 0.005), ("lora", 0.003), ("head", 1.0)):
        settings |= {"mode": mode, "base_learning_rate": rate}
        model = PretrainedClassifier(checkpoints["bases"], **settings).fit(X, y)
        losses[mode] = model.loss_curve_[-1]
    assert losses["full"] < losses["lora"] < losses["head"] - 0.05


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["bpe", "overlapping k-mers", "k-mers"])
def test_saved_without_the_checkpoint(checkpoints, tmp_path, sequences, labels, kind, mode):
    """Adapters, head, tokenizer and labels together predict the same."""
    folder = shutil.copytree(checkpoints[kind], tmp_path / "copy")
    model = PretrainedClassifier(folder, mode=mode, pooling="max", **QUICK).fit(sequences, labels)
    expected = model.predict_proba(sequences)
    shutil.rmtree(folder)
    model.set_params(pooling="mean", mode="full", lora_rank=1)
    save(model, tmp_path / "model.skops")
    for again in (load(tmp_path / "model.skops"), pickle.loads(pickle.dumps(model))):
        assert_array_equal(again.predict_proba(sequences), expected)
        assert_array_equal(again.predict(sequences), model.predict(sequences))
        assert again.partial_fit(sequences, labels).n_iter_ == 4
        assert not np.array_equal(again.predict_proba(sequences), expected)


@pytest.mark.parametrize("mode", ["head", "lora"])
def test_saved_with_a_reference_only(checkpoints, tmp_path, sequences, labels, mode):
    """The file holds the head and the adapters; the checkpoint must be the same one."""
    folder = shutil.copytree(checkpoints["k-mers"], tmp_path / "copy")
    model = PretrainedClassifier(folder, mode=mode, save_base=False, **QUICK)
    expected = model.fit(sequences, labels).predict_proba(sequences)
    names = model.__getstate__()["weights_"].keys()
    trained = [n for n, weight in model.network_.named_parameters() if weight.requires_grad]
    assert set(trained) <= names
    assert not any(n.endswith(("base_layer.weight", "word_embeddings.weight")) for n in names)
    save(model, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops")
    assert_array_equal(again.predict_proba(sequences), expected)
    save(again, tmp_path / "again.skops")
    assert_array_equal(load(tmp_path / "again.skops").predict_proba(sequences), expected)
    make_checkpoint(folder, tokens="k-mers", hidden_size=8, random_state=1)
    with pytest.raises(ValueError, match="is not the one that the model was fitted with"):
        load(tmp_path / "model.skops")
    shutil.rmtree(folder)
    with pytest.raises(ValueError, match="there is no folder"):
        load(tmp_path / "model.skops")


def test_full_models_are_saved_whole(checkpoints, tmp_path, sequences, labels):
    folder = shutil.copytree(checkpoints["bpe"], tmp_path / "copy")
    model = PretrainedClassifier(folder, save_base=False, **QUICK).fit(sequences, labels)
    shutil.rmtree(folder)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(sequences), model.predict_proba(sequences))


def test_saved_code_needs_trust(checkpoints, tmp_path, sequences, labels):
    model = PretrainedClassifier(checkpoints["custom"], trust_remote_code=True, **QUICK)
    save(model.fit(sequences, labels), tmp_path / "model.skops")
    name = f"{RemoteCode.__module__}.RemoteCode"
    with pytest.raises(ValueError, match=f"refers to {name}; if you know and trust them"):
        load(tmp_path / "model.skops")
    again = load(tmp_path / "model.skops", trusted=name)
    assert_array_equal(again.predict_proba(sequences), model.predict_proba(sequences))


@pytest.mark.parametrize("mode", MODES)
def test_same_seed_same_weights(checkpoints, sequences, labels, mode):
    model = PretrainedClassifier(checkpoints["bpe"], mode=mode, **QUICK)
    first, second = (weights_of(clone(model).fit(sequences, labels)) for _ in range(2))
    other = weights_of(clone(model).set_params(random_state=1).fit(sequences, labels))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_several_classes_tasks_and_targets(checkpoints, sequences):
    settings = QUICK | {"mode": "head"}
    n = len(sequences)
    three = np.array(["a", "b", "c"])[np.arange(n) % 3]
    model = PretrainedClassifier(checkpoints["bpe"], **settings).fit(sequences, three)
    assert_allclose(model.predict_proba(sequences).sum(axis=1), 1, atol=1e-6)
    assert set(model.predict(sequences)) <= set("abc")
    tasks = np.where(
        np.arange(2 * n).reshape(n, 2) % 5 == 0, np.nan, np.arange(2 * n).reshape(n, 2) % 3 == 0
    )
    model = PretrainedClassifier(checkpoints["bpe"], **settings).fit(sequences, tasks)
    assert model.predict_proba(sequences).shape == (n, 2)
    targets = np.arange(3 * n).reshape(n, 3) + 100.0
    model = PretrainedRegressor(checkpoints["bpe"], **settings).fit(sequences, targets)
    assert model.predict(sequences).shape == (n, 3)
    assert np.abs(model.predict(sequences) - targets.mean(axis=0)).max() < 100


def test_in_a_search(checkpoints, sequences, labels):
    grid = {"mode": ["head", "lora"], "pooling": ["mean", "last"]}
    model = PretrainedClassifier(checkpoints["bpe"], **QUICK)
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(sequences, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(pd.Series(sequences)).shape == (len(sequences),)


@pytest.mark.parametrize("mode", MODES)
def test_windows(checkpoints, tmp_path, labels, sequences, mode):
    """Where each sequence is one window the option changes nothing, else they are averaged."""
    make_checkpoint(tmp_path, max_tokens=12, hidden_size=8)
    long = [text * 2 for text in sequences]
    with pytest.raises(ValueError, match=r"sequence 0 gives 32 tokens.*set overflow='windows'"):
        PretrainedClassifier(tmp_path, **QUICK).fit(long, labels)
    model = PretrainedClassifier(tmp_path, mode=mode, overflow="windows", **QUICK)
    model.fit(long, labels)
    # Four identical windows of ten bases have the mean of one.
    assert_allclose(
        model.decision_function(["ACGTTGCAAG" * 4]),
        model.decision_function(["ACGTTGCAAG"]),
        atol=1e-5,
    )


def test_early_stopping_and_second_stage(checkpoints, sequences, labels):
    settings = QUICK | {"max_iter": 4, "early_stopping": True, "validation_fraction": 0.25}
    for mode in MODES:
        model = PretrainedClassifier(
            checkpoints["bpe"], mode=mode, balancing=ClassBalancing(refit_head=2), **settings
        )
        model.fit(sequences, labels)
        assert len(model.validation_loss_curve_) <= 4
        assert len(model.loss_curve_) == len(model.validation_loss_curve_) + 2


@pytest.mark.parametrize(
    "setting",
    [
        {"mode": "adapter"},
        {"lora_rank": 0},
        {"lora_alpha": 0.0},
        {"lora_dropout": 2.0},
        {"head_dropout": -0.1},
        {"base_learning_rate": 0.0},
        {"learning_rate": 0.0},
        {"pooling": "flatten"},
        {"overflow": "cut"},
    ],
)
def test_bad_settings(checkpoints, sequences, labels, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PretrainedClassifier(checkpoints["bases"], **setting).fit(sequences, labels)


def test_bad_labels_and_checkpoints(checkpoints, sequences):
    with pytest.raises(ValueError, match="only one class"):
        PretrainedClassifier(checkpoints["bpe"]).fit(sequences, np.zeros(len(sequences)))
    with pytest.raises(ValueError, match="there is no folder"):
        PretrainedClassifier("/absent/folder").fit(sequences, np.arange(len(sequences)) % 2)
    with pytest.raises(ValueError, match="pass trust_remote_code=True"):
        PretrainedClassifier(checkpoints["custom"]).fit(sequences, np.arange(len(sequences)) % 2)


def test_only_settings_that_have_a_meaning(checkpoints):
    names = PretrainedClassifier(checkpoints["bpe"]).get_params().keys()
    assert {"name_or_path", "mode", "lora_rank", "learning_rate", "random_state"} <= names
    assert not {"n_channels", "shift", "mutation_rate", "reverse_complement", "freeze"} & names


@pytest.mark.parametrize("mode", MODES)
def test_dropout_can_be_left_on(folder, sequences, labels, mode):
    model = PretrainedClassifier(folder, mode=mode, head_dropout=0.5, **QUICK)
    model.fit(sequences, labels)
    before = model.predict_proba(sequences)
    draws = mc_dropout(model, sequences, n_samples=3, random_state=0)
    assert (draws.std(axis=0) > 1e-4).any()
    assert_array_equal(model.predict_proba(sequences), before)
