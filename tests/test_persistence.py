"""Saved models predict the same, name their versions, and damaged ones are refused."""

import json
import os
import pickle
import zipfile

import joblib
import numpy as np
import pytest
import torch
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from torch import nn

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    KmerCounter,
    OneHotEncoder,
    OrdinalEncoder,
    SequenceClassifier,
    load,
    save,
)
from skgenomics.persistence import describe
from skgenomics.testing import make_text

SMALL = {"n_filters": 8, "kernel_size": 5, "pool_size": 1, "max_iter": 2, "random_state": 0}
X = make_text(40, 20)
y = np.array(["even", "odd"])[np.arange(40) % 2]


class OwnNetwork(nn.Sequential):
    def __init__(self, n_channels, length, n_outputs):
        super().__init__(nn.Flatten(), nn.Linear(n_channels * length, n_outputs))


MODELS = {
    "classifier": lambda: CNNClassifier(**SMALL).fit(X, y),
    "multilabel": lambda: CNNClassifier(**SMALL).fit(X, np.eye(4)[np.arange(40) % 4]),
    "regressor": lambda: CNNRegressor(**SMALL).fit(X, np.arange(40.0)),
    "float64": lambda: CNNRegressor(**SMALL).fit(np.random.rand(40, 8), np.arange(40.0)),  # noqa: NPY002
    "stopped early": lambda: CNNClassifier(**SMALL, early_stopping=True).fit(X, y),
    "pipeline": lambda: make_pipeline(
        OneHotEncoder(), SMOTE(random_state=0), CNNClassifier(**SMALL)
    ).fit(X, y),
}


def outputs(model):
    data = X if getattr(model, "input_form_", "text") == "text" else np.ones((3, 8))
    return model.predict_proba(data) if hasattr(model, "classes_") else model.predict(data)


@pytest.mark.parametrize("name", MODELS)
def test_round_trips_predict_the_same(tmp_path, name):
    model = MODELS[name]()
    expected = outputs(model)
    save(model, tmp_path / "model.skops")
    joblib.dump(model, tmp_path / "model.joblib")
    for again in (
        load(tmp_path / "model.skops"),
        joblib.load(tmp_path / "model.joblib"),
        pickle.loads(pickle.dumps(model)),
    ):
        assert_array_equal(outputs(again), expected)
        assert again.get_params().keys() == model.get_params().keys()


def test_memory_mapped_weights(tmp_path):
    model = CNNClassifier(**SMALL).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert_array_equal(mapped.predict_proba(X), model.predict_proba(X))
    mapped.partial_fit(X, y)


def test_loaded_models_go_on_training(tmp_path):
    save(CNNClassifier(**SMALL).fit(X, y), tmp_path / "model.skops")
    again = load(tmp_path / "model.skops").partial_fit(X, y)
    assert again.n_iter_ == 3


def test_header_names_class_and_versions(tmp_path):
    save(CNNClassifier(**SMALL).fit(X, y), tmp_path / "model.skops")
    header = describe(tmp_path / "model.skops")
    assert header["class"] == "skgenomics.estimators.cnn.CNNClassifier"
    assert {"python", "skgenomics", "torch", "scikit-learn"} <= header["versions"].keys()


def test_no_training_data_in_the_file(tmp_path):
    save(CNNClassifier(**SMALL, early_stopping=True).fit(X, y), tmp_path / "model.skops")
    with zipfile.ZipFile(tmp_path / "model.skops") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert X[0].encode() not in content
    assert OrdinalEncoder().fit_transform(X)[:2].tobytes() not in content
    assert b"torch" not in content.replace(b'"torch": ', b"")


def test_own_network_is_refused_until_trusted(tmp_path):
    model = SequenceClassifier(network=OwnNetwork, max_iter=2, random_state=0).fit(X, y)
    save(model, tmp_path / "own.skops")
    with pytest.raises(ValueError, match="OwnNetwork; if you know and trust them") as error:
        load(tmp_path / "own.skops")
    name = str(error.value).split("trusted=['")[1].rstrip("']")
    assert name.endswith("OwnNetwork")


def test_functions_are_never_trusted(tmp_path):
    """A file that names a function as its network would have it called."""
    model = SequenceClassifier(max_iter=1, random_state=0).fit(X, y)
    model.network = np.testing.runstring
    model.network_settings_ = {"astr": "raise SystemExit", "dict": {}}
    save(model, tmp_path / "evil.skops")
    with pytest.raises(ValueError, match=r"refers to numpy.*runstring"):
        load(tmp_path / "evil.skops")


def test_modules_themselves_are_saved_with_their_tensors(tmp_path):
    model = SequenceClassifier(network=OwnNetwork(4, 20, 1), max_iter=1).fit(X, y)
    save(model, tmp_path / "model.skops")
    with pytest.raises(ValueError, match="OwnNetwork; if you know and trust them") as error:
        load(tmp_path / "model.skops")
    name = str(error.value).split("trusted=['")[1].rstrip("']")
    loaded = load(tmp_path / "model.skops", trusted=name)
    for again in (loaded, pickle.loads(pickle.dumps(model))):
        assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        # The hyperparameter keeps the parameters from before the training.
        for ours, theirs in zip(
            again.network.parameters(), model.network.parameters(), strict=True
        ):
            assert_array_equal(ours.detach(), theirs.detach())


def test_what_no_safe_format_holds_is_named(tmp_path):
    module = OwnNetwork(4, 20, 1)
    module.positions = torch.arange(3)
    model = SequenceClassifier(network=module, max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match=r"OwnNetwork has attributes other .* as buffers"):
        save(model, tmp_path / "model.skops")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("header", [{}, [], {"format": "a"}, {"versions": {}}])
def test_invalid_headers_are_refused(tmp_path, header):
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
        archive.writestr("skgenomics.json", json.dumps(header))
    with pytest.raises(ValueError, match=r"is not a model that skgenomics\.save wrote"):
        load(tmp_path / "model.skops")


def test_unfitted_models_are_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(CNNClassifier(), tmp_path / "model.skops")


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "model.skops"
    save(KmerCounter(k=2).fit(X), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"is not a model that skgenomics\.save wrote"):
        load(path)
    path.write_text("not a model")
    with pytest.raises(ValueError, match=r"is not a model that skgenomics\.save wrote"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("skgenomics.json", json.dumps({"format": 1, "versions": {}}))
        archive.writestr("schema.json", "{}")
    with pytest.raises(ValueError, match="is damaged"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent.skops")


def test_files_of_a_newer_format_are_refused(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        header = {"format": 99, "versions": {"skgenomics": "9.0"}}
        archive.writestr("skgenomics.json", json.dumps(header))
    with pytest.raises(ValueError, match="newer than this one; upgrade"):
        load(path)


def test_imputers_are_loaded(tmp_path):
    X, y = np.array([[0.0], [1.0], [np.nan], [3.0]] * 4), [0, 0, 1, 1] * 4
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(X, y)
    save(model, tmp_path / "model.skops")
    assert np.array_equal(load(tmp_path / "model.skops").predict(X), model.predict(X))


def test_files_that_would_unpack_to_too_much_are_refused(tmp_path):
    """Eight megabytes became eight gigabytes."""
    model = CNNClassifier(**SMALL).fit(X, y)
    save(model, tmp_path / "model.skops")
    path = tmp_path / "bomb.skops"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }"
    header += b" " * (117 - len(header)) + b"\n"
    with zipfile.ZipFile(tmp_path / "model.skops") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".npy"):
                content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
            new.writestr(name, content)
    with pytest.raises(ValueError, match=r"would unpack to [\d,]+ MiB, more than 20 times"):
        load(path)


def test_a_failed_save_keeps_the_old_model(tmp_path, monkeypatch):
    path = tmp_path / "model.skops"
    save(KmerCounter(k=2).fit(X), path)
    before = path.read_bytes()

    def fail(estimator, file):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skgenomics.persistence.skops.io.dump", fail)
    with pytest.raises(OSError, match=r"No space left on device: .*model\.skops"):
        save(KmerCounter(k=3).fit(X), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.skops"]


def test_damaged_schemas_are_one_error(tmp_path):
    """Whatever a changed byte makes of the file: the same model, or one ValueError."""
    path = tmp_path / "model.skops"
    save(KmerCounter(k=2).fit(X), path)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[random.integers(len(whole))] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            load(path)
        except ValueError as error:
            assert "model.skops" in str(error)  # noqa: PT017
