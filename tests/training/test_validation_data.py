"""Validation data of the user's own: in fit, by a splitter, through pipelines and searches."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit, PredefinedSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Checkpoint, EarlyStopping

from skgenomics import (
    Autoencoder,
    CNNClassifier,
    CNNRegressor,
    ConditionalClassifier,
    DomainAdversarialClassifier,
    MaskedLanguageModel,
    MLPClassifier,
    MLPRegressor,
    MultiTaskEstimator,
    MultiViewClassifier,
    OneHotEncoder,
    ProfileRegressor,
    SemiSupervisedVAE,
    SequenceAutoencoder,
    SequenceLabeler,
    load,
    save,
)
from skgenomics.testing import make_text
from skgenomics.training import ClassBalancing

X = np.array(make_text(48, 20))
Y = (np.array([x.count("G") for x in X]) > 5).astype(int)
TRAIN, VALID = slice(0, 32), slice(32, 48)
HELD_OUT = (X[VALID], Y[VALID])
TINY = {"n_filters": 4, "kernel_size": 3, "dropout": 0.0, "hidden_dropout": 0.0}
PLAIN = {**TINY, "augmentation": None, "reverse_complement": None, "random_state": 0}
NUMBERS = np.array([[x.count(base) for base in "ACG"] for x in X], dtype=float)
FRAME = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b"], len(X)), "n": np.arange(48.0)})


def test_validation_loss_is_that_of_the_validation_data():
    model = CNNClassifier(**PLAIN, max_iter=3, early_stopping=False)
    model.fit(X[TRAIN], Y[TRAIN], validation_data=HELD_OUT)
    assert model.n_iter_ == len(model.validation_loss_curve_) == 3
    expected = log_loss(Y[VALID], model.predict_proba(X[VALID]))
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, abs=1e-5)


def test_weights_of_validation_data():
    weight = np.linspace(0, 1, 16)
    model = CNNClassifier(**PLAIN, max_iter=2, early_stopping=False)
    model.fit(X[TRAIN], Y[TRAIN], validation_data=(*HELD_OUT, weight))
    expected = log_loss(Y[VALID], model.predict_proba(X[VALID]), sample_weight=weight)
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, abs=1e-5)


def test_training_stops_when_the_validation_loss_rises():
    model = CNNClassifier(**PLAIN, max_iter=60, n_iter_no_change=3, learning_rate=0.02)
    model.fit(X[TRAIN], Y[TRAIN], validation_data=(X[VALID], 1 - Y[VALID]))
    assert model.n_iter_ < 60
    # The best parameters are restored.
    best = min(model.validation_loss_curve_)
    found = log_loss(1 - Y[VALID], model.predict_proba(X[VALID]))
    assert found == pytest.approx(best, abs=1e-5)


def test_predefined_split_equals_validation_data():
    fold = np.full(48, -1)
    fold[VALID] = 0
    by_split = CNNClassifier(**PLAIN, max_iter=4, validation_fraction=PredefinedSplit(fold))
    by_data = CNNClassifier(**PLAIN, max_iter=4)
    by_split.fit(X, Y)
    by_data.fit(X[TRAIN], Y[TRAIN], validation_data=HELD_OUT)
    assert by_split.validation_loss_curve_ == by_data.validation_loss_curve_
    assert np.array_equal(by_split.predict_proba(X), by_data.predict_proba(X))


def test_splitter_gets_the_groups():
    model = CNNClassifier(**PLAIN, max_iter=2, validation_fraction=GroupShuffleSplit(1))
    with pytest.raises(ValueError, match="groups"):
        model.fit(X, Y)
    assert len(model.fit(X, Y, groups=np.arange(48) // 4).validation_loss_curve_) == 2
    model.set_params(early_stopping=False)
    assert not model.fit(X, Y, groups=np.arange(48) // 4).validation_loss_curve_


def test_splitter_is_saved(tmp_path):
    fold = np.where(np.arange(48) < 40, -1, 0)
    model = CNNClassifier(**PLAIN, max_iter=1, validation_fraction=PredefinedSplit(fold)).fit(X, Y)
    save(model, tmp_path / "model.skops")
    copy = load(tmp_path / "model.skops", trusted="sklearn.model_selection._split.PredefinedSplit")
    assert np.array_equal(copy.validation_fraction.test_fold, fold)
    assert np.array_equal(copy.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("model", "X", "y", "fit_params"),
    [
        (CNNRegressor(**PLAIN), X, NUMBERS[:, 0], {}),
        (CNNClassifier(**PLAIN), X, (NUMBERS > 5).astype(float), {}),
        (CNNClassifier(**PLAIN, balancing=ClassBalancing(balanced_batches=True)), X, Y, {}),
        (CNNClassifier(**PLAIN, balancing=ClassBalancing(refit_head=1)), X, Y, {}),
        (SequenceLabeler(network="cnn"), X, [x.replace("T", "A") for x in X], {}),
        (ProfileRegressor(network="cnn"), X, np.ones((48, 20)), {}),
        (MultiTaskEstimator(), X, pd.DataFrame({"a": Y, "b": NUMBERS[:, 0] / 7}), {}),
        (ConditionalClassifier(), FRAME[["sequence", "cell"]], Y, {}),
        (DomainAdversarialClassifier(), X, Y, {"domains": np.arange(32) % 2}),
        (
            MultiViewClassifier(
                views=[
                    ("dna", None, CNNClassifier(**TINY), "sequence"),
                    ("n", None, MLPClassifier(hidden_units=4), ["n"]),
                ]
            ),
            FRAME,
            Y,
            {},
        ),
        (Autoencoder(n_components=2), NUMBERS, None, {}),
        (SemiSupervisedVAE(n_components=2), NUMBERS, np.where(np.arange(48) % 3, Y, -1), {}),
        (SequenceAutoencoder(n_components=2), X, None, {}),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
@pytest.mark.filterwarnings("ignore")
def test_every_deep_estimator_takes_validation_data(model, X, y, fit_params):
    def rows(data, part):
        if data is None:
            return None
        return data.iloc[part] if hasattr(data, "iloc") else data[part]

    model.set_params(max_iter=2, random_state=0)
    held_out = (rows(X, VALID), rows(y, VALID))
    model.fit(rows(X, TRAIN), rows(y, TRAIN), validation_data=held_out, **fit_params)
    assert len(model.validation_loss_curve_) == 2
    assert np.isfinite(model.validation_loss_curve_).all()


def test_search_passes_validation_data_on():
    search = GridSearchCV(
        CNNClassifier(**PLAIN, max_iter=2), {"learning_rate": [0.001, 0.01]}, cv=2
    )
    search.fit(X[TRAIN], Y[TRAIN], validation_data=HELD_OUT)
    assert len(search.best_estimator_.validation_loss_curve_) == 2
    pipe = make_pipeline(OneHotEncoder(), CNNClassifier(**PLAIN, max_iter=2))
    pipe.fit(X[TRAIN], Y[TRAIN], cnnclassifier__validation_data=HELD_OUT)
    assert len(pipe[-1].validation_loss_curve_) == 2


def test_pipeline_transforms_validation_data():
    settings = {"hidden_units": 4, "max_iter": 3, "random_state": 0, "early_stopping": False}
    scaler = StandardScaler().fit(NUMBERS[TRAIN])
    expected = MLPRegressor(**settings).fit(
        scaler.transform(NUMBERS[TRAIN]),
        Y[TRAIN],
        validation_data=(scaler.transform(NUMBERS[VALID]), Y[VALID]),
    )
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPRegressor(**settings).set_fit_request(X_val=True, y_val=True)
        pipe = Pipeline([("scale", StandardScaler()), ("mlp", model)], transform_input=["X_val"])
        pipe.fit(NUMBERS[TRAIN], Y[TRAIN], X_val=NUMBERS[VALID], y_val=Y[VALID])
    assert pipe[-1].validation_loss_curve_ == expected.validation_loss_curve_


@pytest.mark.parametrize(
    ("fit_params", "message"),
    [
        ({"validation_data": X[VALID]}, r"tuple \(X_val, y_val\).* got ndarray"),
        ({"validation_data": (X[VALID],)}, "got tuple of 1"),
        ({"validation_data": (X[VALID], Y[TRAIN])}, "validation_data: .*inconsistent"),
        ({"validation_data": (X[VALID], Y[VALID] + 5)}, "validation_data: y has the label 6"),
        ({"validation_data": (["ACGX"], [0])}, "validation_data: sequence 0 has 'X'"),
        ({"validation_data": HELD_OUT, "X_val": X}, "not both"),
        ({"y_val": Y}, "without X_val"),
    ],
)
def test_invalid_validation_data(fit_params, message):
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**PLAIN, max_iter=1).fit(X[TRAIN], Y[TRAIN], **fit_params)


def test_invalid_splitters():
    model = CNNClassifier(**PLAIN, max_iter=1)
    for fold, message in (
        (np.zeros(7), "is for 7 samples, but there are 48"),
        (np.zeros(48), "leaves 0 samples to train on"),
        (np.full(48, -1), "leaves 0 samples to train on and 0"),
    ):
        with pytest.raises(ValueError, match=message):
            model.set_params(validation_fraction=PredefinedSplit(fold)).fit(X, Y)
    with pytest.raises((ValueError, TypeError), match="validation_fraction"):
        model.set_params(validation_fraction="half").fit(X, Y)
    with pytest.raises((ValueError, TypeError), match="validation_fraction"):
        MaskedLanguageModel(validation_fraction=PredefinedSplit(np.zeros(48))).fit(X)


def test_ensemble_of_views_has_nothing_to_validate():
    views = [("dna", None, CNNClassifier(**TINY), "sequence"), ("n", None, MLPClassifier(), ["n"])]
    with pytest.raises(ValueError, match="each view by itself"):
        MultiViewClassifier(views=views, fusion="ensemble").fit(
            FRAME, Y, validation_data=(FRAME, Y)
        )


@pytest.mark.parametrize("callback", [EarlyStopping(), ("stop", EarlyStopping), Checkpoint])
def test_callbacks_that_monitor_a_validation_part_need_one(callback):
    model = CNNClassifier(**PLAIN, max_iter=1, callbacks=[callback])
    with pytest.raises(
        ValueError, match=r"monitors 'valid_loss.* no validation part.*validation_d"
    ):
        model.fit(X, Y)


def test_early_stopping_of_skorch():
    stop = EarlyStopping(patience=1, threshold=10.0, threshold_mode="abs")
    model = CNNClassifier(**PLAIN, max_iter=9, callbacks=[stop], early_stopping=False)
    assert model.fit(X[TRAIN], Y[TRAIN], validation_data=HELD_OUT).n_iter_ == 2
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=10.0, threshold_mode="abs")
    assert CNNClassifier(**PLAIN, max_iter=9, callbacks=[stop]).fit(X, Y).n_iter_ == 2
