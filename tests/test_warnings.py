"""Normal use raises no warning, whatever the package or a library below it could say."""

import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    KmerCounter,
    OneHotEncoder,
    ProfileRegressor,
    RNNClassifier,
    SequenceLabeler,
    TransformerClassifier,
    load,
    save,
)
from skgenomics.inspection import attribute
from skgenomics.testing import make_text

X = make_text(24, 30)
Y = np.arange(24) % 2
CNN = {"n_filters": 4, "kernel_size": 3, "pool_size": 1, "max_iter": 1, "random_state": 0}
MODELS = {
    "network": (CNNClassifier(**CNN), Y),
    "text labels": (CNNClassifier(**CNN), np.array(["a", "b"])[Y]),
    "early stopping": (CNNClassifier(**CNN, early_stopping=True), Y),
    "regression": (CNNRegressor(**CNN), Y + 0.5),
    "recurrent": (RNNClassifier(embedding_size=4, hidden_size=4, max_iter=1), Y),
    "transformer": (
        TransformerClassifier(stem_filters=4, d_model=4, n_layers=1, n_heads=2, max_iter=1),
        Y,
    ),
    "labels of positions": (
        SequenceLabeler(network="cnn", max_iter=1),
        ["".join("D" if c == "G" else "N" for c in x) for x in X],
    ),
    "profiles": (ProfileRegressor(network="cnn", max_iter=1), np.ones((24, 30))),
    "one-hot": (make_pipeline(OneHotEncoder(), CNNClassifier(**CNN)), Y),
    "k-mers": (make_pipeline(KmerCounter(k=2), LogisticRegression()), Y),
}


@pytest.mark.parametrize("name", MODELS)
def test_fit_predict_and_cross_validate(name, tmp_path):
    model, y = MODELS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
        model.predict(X)
        model.score(X, y)
        save(model, tmp_path / "model.skops")
        load(tmp_path / "model.skops").predict(X)
        cross_validate(model, X, y, cv=2, error_score="raise")


@pytest.mark.parametrize("data", [pd.DataFrame({"sequence": X}), pd.Series(X), np.array(X)])
def test_containers(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CNNClassifier(**CNN).fit(data, pd.Series(Y)).predict_proba(data)


def test_search_and_attributions():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search = GridSearchCV(
            CNNClassifier(**CNN), {"n_filters": [4, 8]}, cv=2, scoring="roc_auc",
            error_score="raise",
        ).fit(X, Y)  # fmt: skip
        attribute(search.best_estimator_, X[:2])


@pytest.mark.slow
def test_imports_and_the_command_line(tmp_path):
    """A new process, in which warnings are errors from its start."""
    rows = [f"{x},{label}" for x, label in zip(X, Y, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["sequence,label", *rows, ""]))
    script = """
        import skgenomics
        for name in skgenomics.__all__:
            getattr(skgenomics, name)
        from skgenomics.cli import main
        small = ["--set", "cnn:max_iter=1", "--set", "cnn:n_filters=4"]
        for arguments in (
            ["train", "a.csv", "--model", "cnn", *small, "-o", "m.skops"],
            ["predict", "m.skops", "a.csv", "-o", "p.csv"],
            ["evaluate", "a.csv", "--model", "cnn", *small, "--cv", "2", "-o", "e.json"],
        ):
            assert main(arguments) == 0, arguments
    """
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
