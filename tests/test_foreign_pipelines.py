"""Tests of other packages, run on our classifiers in place of theirs.

Tests of imbalanced-learn's pipelines are imported and run with `LogisticRegression` replaced by a
small network. The meta-estimators that scikit-learn tests for leaving the validation of data to
their inner estimators get pipelines that read text.
"""

import inspect

import numpy as np
import pytest
from imblearn.tests import test_pipeline as imblearn_tests
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.tests.test_metaestimators import DATA_VALIDATION_META_ESTIMATORS

from skgenomics import CNNClassifier, CNNRegressor, MLPClassifier, OneHotEncoder
from skgenomics.testing import make_text

REPLACED = "LogisticRegression"
# Of imbalanced-learn 0.14; later releases may have more.
N_TESTS = 18


def make_classifier(**settings):
    """Make a network of one hidden layer, with the seed of the classifier that it stands for."""
    seed = settings.get("random_state", 0)
    return MLPClassifier(n_channels=1, hidden_units=8, max_iter=3, random_state=seed)


@pytest.fixture(autouse=True)
def replaced_classifiers(monkeypatch):
    monkeypatch.setattr(imblearn_tests, REPLACED, make_classifier)


IMPORTED = [
    name
    for name, test in inspect.getmembers(imblearn_tests, inspect.isfunction)
    if name.startswith("test_") and f"{REPLACED}(" in inspect.getsource(test)
]
globals().update({name: getattr(imblearn_tests, name) for name in IMPORTED})


def test_tests_of_imbalanced_learn_are_found():
    assert len(IMPORTED) >= N_TESTS


def _read_text(meta):
    """Give a meta-estimator pipelines that read text."""
    own = meta.get_params(deep=False)
    network = CNNRegressor if is_regressor(meta) else CNNClassifier
    settings = {"n_filters": 4, "kernel_size": 3, "max_iter": 1, "random_state": 0}
    pipe = make_pipeline(OneHotEncoder(), network(**settings))
    name = f"{network.__name__.lower()}__learning_rate"
    values = {
        "estimator": pipe,
        "base_estimator": pipe,
        "regressor": pipe,
        "estimators": [("est1", pipe), ("est2", clone(pipe))],
        "param_grid": {name: [0.001, 0.01]},
        "param_distributions": {name: [0.001, 0.01]},
    }
    return clone(meta).set_params(**{key: values[key] for key in own if key in values})


@pytest.mark.parametrize(
    "meta",
    # The others hold transformers, or select the columns of a table.
    [m for m in DATA_VALIDATION_META_ESTIMATORS if is_classifier(m) or is_regressor(m)],
    ids=lambda meta: type(meta).__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_meta_estimators_leave_text_to_pipelines(meta):
    rng = np.random.default_rng(0)
    X = make_text(36, 10)
    n_classes = 2 if "Threshold" in type(meta).__name__ else 3
    y = rng.normal(size=36) if is_regressor(meta) else np.arange(36) % n_classes
    several = "MultiOutput" in type(meta).__name__
    y = np.column_stack([y, y[::-1]]) if several else y
    fitted = _read_text(meta).fit(list(X), y.tolist())
    assert np.shape(fitted.predict(list(X))) == y.shape
