"""An interrupted training of any estimator continues exactly where it stopped."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

import skgenomics
from skgenomics import (
    Autoencoder,
    CNNClassifier,
    CNNRegressor,
    DomainAdversarialClassifier,
    EnsembleAutoencoder,
    MultiTaskEstimator,
    MultiViewClassifier,
    ProfileRegressor,
    SequenceLabeler,
    VariationalAutoencoder,
)
from skgenomics.testing import make_text
from skgenomics.training import Augmentation, Checkpoint, ClassBalancing, Transfer

X = make_text(60, 16)
Y = np.array([text.count("G") > 3 for text in X]).astype(int)
EDGE = np.arange(60) % 3
TABLE = np.random.default_rng(0).random((60, 8), dtype=np.float32)
SMALL = {"n_filters": 4, "kernel_size": 3, "hidden_units": 4, "linear_path": False, "kmer_path": 0}
SHORT = {"max_iter": 3, "batch_size": 16, "random_state": 0}
SOURCE = CNNClassifier(**SMALL, max_iter=1, random_state=1).fit(X, Y)


class Interruption(Exception):
    pass


class Interrupter(Callback):
    """Callback that interrupts a training behind some batch."""

    def __init__(self, n_batches):
        self.n_left = n_batches

    def on_batch_end(self, net, training=False, **kwargs):
        self.n_left -= training
        if self.n_left == 0:
            raise Interruption


# Estimator, data, and number of batches of the whole training.
TRAININGS = {
    "augmentation and schedule": (
        CNNClassifier(
            **SMALL,
            **SHORT,
            class_weight="balanced",
            augmentation=Augmentation(shift=2, insertion=2, deletion=2, translocation=1),
        ),
        {"X": X, "y": Y},
        12,
    ),
    "early stopping, mixed precision": (
        CNNRegressor(
            **SMALL, **SHORT, precision="bf16", early_stopping=True, n_iter_no_change=1, tol=10.0
        ),
        {"X": X, "y": Y + 0.5},
        8,
    ),
    "two stages": (
        CNNClassifier(
            **SMALL, **SHORT, balancing=ClassBalancing(balanced_batches=True, refit_head=2)
        ),
        {"X": X, "y": Y},
        20,
    ),
    "gradual unfreezing": (
        CNNClassifier(
            **SMALL,
            **SHORT | {"max_iter": 4},
            pretrained=SOURCE,
            freeze="trunk",
            transfer=Transfer(unfreeze_every=1, layer_decay=0.5),
        ),
        {"X": X, "y": Y},
        16,
    ),
    "adversary": (
        DomainAdversarialClassifier(network_params=SMALL, **SHORT),
        {"X": X, "y": Y, "domains": EDGE},
        12,
    ),
    "labels of positions": (
        SequenceLabeler(network="cnn", network_params={"n_filters": 4}, **SHORT),
        {"X": X, "y": ["".join("GC"[base in "AT"] for base in text) for text in X]},
        12,
    ),
    "profile": (
        ProfileRegressor(network="cnn", network_params={"n_filters": 4}, **SHORT),
        {"X": X, "y": np.random.default_rng(1).poisson(2, (60, 16))},
        12,
    ),
    "tasks": (
        MultiTaskEstimator(network_params=SMALL, **SHORT),
        {"X": X, "y": np.column_stack([Y, EDGE])},
        12,
    ),
    "views": (
        MultiViewClassifier(
            views=[
                ("first", None, CNNClassifier(**SMALL), [0]),
                ("second", None, CNNClassifier(**SMALL), [1]),
            ],
            **SHORT,
        ),
        {"X": np.array([X, X[::-1]], dtype=object).T, "y": Y},
        12,
    ),
    "stacked layers": (
        Autoencoder(hidden_units=(6,), n_components=3, layerwise_iter=2, **SHORT),
        {"X": TABLE},
        28,
    ),
    "ensemble": (
        EnsembleAutoencoder(n_estimators=2, n_components=3, **SHORT),
        {"X": TABLE},
        24,
    ),
    "variational": (
        VariationalAutoencoder(hidden_units=(6,), n_components=3, **SHORT),
        {"X": TABLE},
        12,
    ),
}


def check_same_training(resumed, whole):
    ours, theirs = resumed.network_.state_dict(), whole.network_.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert resumed.loss_curve_ == whole.loss_curve_
    assert resumed.validation_loss_curve_ == whole.validation_loss_curve_
    assert resumed.n_iter_ == whole.n_iter_


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", TRAININGS)
def test_resumed_weights_are_bitwise_those_of_an_uninterrupted_run(tmp_path, name):
    estimator, data, n_batches = TRAININGS[name]
    counter = Interrupter(-1)
    whole = clone(estimator).set_params(callbacks=[counter]).fit(**data)
    assert -1 - counter.n_left == n_batches
    kept = clone(estimator).set_params(checkpoint=Checkpoint(tmp_path, every=3))
    # Twice interrupted: in the middle of an epoch, and near the end of the training.
    for n in (n_batches // 2 + 1, n_batches // 3):
        with pytest.raises(Interruption):
            clone(kept).set_params(callbacks=[Interrupter(n)]).fit(**data)
    n_files = len(files_in(tmp_path))
    check_same_training(clone(kept).fit(**data), whole)
    # A finished training is not repeated.
    again = clone(kept).set_params(callbacks=[Interrupter(1)]).fit(**data)
    check_same_training(again, whole)
    n_parts = {"stacked layers": 3, "ensemble": 2}.get(name, 1)
    assert n_files <= n_parts
    assert len(files_in(tmp_path)) == n_parts
    assert all(path.endswith("training.pt") for path in files_in(tmp_path))


@pytest.mark.slow
def test_every_batch_is_a_place_to_resume_from(tmp_path):
    estimator, data, n_batches = TRAININGS["two stages"]
    whole = clone(estimator).fit(**data)
    for n in range(1, n_batches + 1):
        kept = clone(estimator).set_params(checkpoint=Checkpoint(tmp_path / str(n), every=1))
        with pytest.raises(Interruption):
            clone(kept).set_params(callbacks=[Interrupter(n)]).fit(**data)
        check_same_training(kept.fit(**data), whole)


def test_the_state_of_other_callbacks_is_kept(tmp_path):
    class Counter(Callback):
        """Callback that changes the learning rate by the number of batches it has seen."""

        def initialize(self):
            self.n = 0
            return self

        def on_batch_end(self, net, training=False, **kwargs):
            self.n += training
            net.optimizer_.param_groups[0]["lr"] = 1e-3 / (1 + self.n)

        def state_dict(self):
            return {"n": self.n}

        def load_state_dict(self, state):
            self.n = state["n"]

    model = CNNClassifier(**SMALL, **SHORT, schedule=None, callbacks=[Counter()])
    whole = clone(model).fit(X, Y)
    kept = model.set_params(checkpoint=Checkpoint(tmp_path, every=3))
    with pytest.raises(Interruption):
        clone(kept).set_params(callbacks=[Counter(), Interrupter(8)]).fit(X, Y)
    check_same_training(kept.fit(X, Y), whole)


@pytest.mark.parametrize(
    ("settings", "data", "message"),
    [
        ({"learning_rate": 0.5}, (X, Y), "learning_rate was 0.003 and is 0.5 now"),
        (
            {"augmentation": Augmentation(shift=1)},
            (X, Y),
            r"augmentation was 'auto' and is Augmentation\(.*shift=1",
        ),
        ({}, (X[:-1], Y[:-1]), r"X was uint8 of shape \(60, 16\), checksum \w{8} and is uint8"),
        ({}, (X, 1 - Y), r"training: y was float32"),
        ({}, (X, Y, np.linspace(1, 2, 60)), "training: sample_weight was float32"),
        ({}, (X, Y, None, EDGE), "training: groups was absent and is int64"),
        ({"pretrained": SOURCE}, (X, Y), "pretrained was absent and is a CNNClassifier with weig"),
    ],
)
def test_another_training_is_refused(tmp_path, settings, data, message):
    plain = {**SMALL, **SHORT, "max_iter": 1, "checkpoint": tmp_path}
    CNNClassifier(**plain).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        CNNClassifier(**plain | settings).fit(*data)


def test_other_validation_data_and_classes_are_refused(tmp_path):
    plain = {**SMALL, **SHORT, "max_iter": 1, "checkpoint": tmp_path}
    CNNClassifier(**plain).fit(X, Y, validation_data=(X[:9], Y[:9]))
    with pytest.raises(ValueError, match="X of the validation data was"):
        CNNClassifier(**plain).fit(X, Y, validation_data=(X[1:10], Y[:9]))
    with pytest.raises(ValueError, match="estimator was CNNClassifier and is CNNRegressor now"):
        CNNRegressor(**plain).fit(X, Y)


def test_another_version_is_refused(tmp_path, monkeypatch):
    plain = {**SMALL, **SHORT, "max_iter": 1}
    folders = (tmp_path / "one", Checkpoint(tmp_path / "many", per_fit=True))
    for folder in folders:
        CNNClassifier(**plain, checkpoint=folder).fit(X, Y)
    monkeypatch.setattr("skgenomics.estimators._training.version", lambda name: f"{name} 9")
    for folder in folders:
        with pytest.raises(
            ValueError, match=r"version of skgenomics was .* and is skgenomics 9 no"
        ):
            CNNClassifier(**plain, checkpoint=folder).fit(X, Y)


def test_candidates_of_a_search_have_folders_of_their_own(tmp_path):
    settings = {**SMALL, **SHORT, "max_iter": 1}
    grid, n_fits = {"kernel_size": [3, 5]}, 2 * 2 + 1
    plain = GridSearchCV(CNNClassifier(**settings), grid, cv=2).fit(X, Y)
    kept = CNNClassifier(**settings, checkpoint=Checkpoint(tmp_path, per_fit=True))
    with pytest.raises(Interruption):
        GridSearchCV(
            clone(kept).set_params(callbacks=[Interrupter(5)]), grid, cv=2, error_score="raise"
        ).fit(X, Y)
    assert len(files_in(tmp_path)) == 2
    search = GridSearchCV(kept, grid, cv=2).fit(X, Y)
    assert len(files_in(tmp_path)) == n_fits
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )
    check_same_training(search.best_estimator_, plain.best_estimator_)
    # Nothing is trained again.
    again = clone(kept).set_params(callbacks=[Interrupter(1)])
    GridSearchCV(again, grid, cv=2, error_score="raise").fit(X, Y)
    unseeded = clone(kept).set_params(random_state=None)
    with pytest.raises(ValueError, match="need an integer random_state, got None"):
        unseeded.fit(X, Y)
    shared = clone(kept).set_params(checkpoint=tmp_path / "one")
    with pytest.raises(ValueError, match=r"pass Checkpoint\(folder, per_fit=True\) where several"):
        GridSearchCV(shared, grid, cv=2, error_score="raise").fit(X, Y)


def test_checkpoint_is_a_hyperparameter(tmp_path):
    model = CNNClassifier(**SMALL, **SHORT | {"max_iter": 1}, checkpoint=tmp_path / "kept")
    assert model.set_params(checkpoint__every=7).checkpoint.every == 7
    assert clone(model).get_params()["checkpoint__folder"] == tmp_path / "kept"
    model.fit(X, Y).partial_fit(X, Y)
    skgenomics.save(model, tmp_path / "model.skops")
    loaded = skgenomics.load(tmp_path / "model.skops")
    assert loaded.checkpoint.folder == str(tmp_path / "kept")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    for settings, message in (
        ({"checkpoint__every": 0}, "every must be an integer"),
        ({"checkpoint__per_fit": "yes"}, "per_fit must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            clone(model).set_params(**settings).fit(X, Y)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_killed_search(tmp_path):
    """A killed search leaves complete files, from which another process continues."""
    script = f"""
        import os, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_checkpoints import *

        class Killer(Interrupter):
            def on_batch_end(self, net, training=False, **kwargs):
                self.n_left -= training
                if self.n_left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        def search(**settings):
            model = CNNClassifier(**SMALL, **SHORT, **settings)
            return GridSearchCV(model, {{"kernel_size": [3, 5]}}, cv=2).fit(X, Y).best_estimator_

        checkpoint = Checkpoint({str(tmp_path)!r}, every=2, per_fit=True)
        child = os.fork()
        if child == 0:
            search(checkpoint=checkpoint, callbacks=[Killer(9)])
            os._exit(0)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert len(files_in(Path({str(tmp_path)!r}))) == 2
        check_same_training(search(checkpoint=checkpoint), search())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)
