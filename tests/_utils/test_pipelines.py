"""What is found inside of pipelines, searches and wrappers."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline, make_union

from skgenomics import CNNClassifier, CNNRegressor, KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics._utils.pipelines import (
    first_step,
    fitted_length,
    named_alphabet,
    number_combinations,
    split_steps,
)
from skgenomics.testing import make_text

X, Y = make_text(20, 12), np.arange(20) % 2
SMALL = {"n_filters": 4, "max_iter": 1, "random_state": 0}


@pytest.fixture(scope="module")
def cnn():
    return CNNClassifier(**SMALL).fit(X, Y)


def names(estimator):
    steps, last = split_steps(estimator)
    return [type(step).__name__ for step in [*steps, last]]


def test_samplers_and_passthrough_are_left_out():
    pipeline = make_sampling_pipeline(
        OrdinalEncoder(), RandomOverSampler(random_state=0), "passthrough", CNNClassifier()
    )
    assert names(pipeline) == ["OrdinalEncoder", "CNNClassifier"]


def test_pipelines_within_pipelines_and_searches():
    inner = make_pipeline(OneHotEncoder(), CNNClassifier(**SMALL))
    search = GridSearchCV(inner, {"cnnclassifier__n_filters": [4]}, cv=2).fit(X, Y)
    assert names(search) == ["OneHotEncoder", "CNNClassifier"]
    assert fitted_length(search) == 12
    assert names(make_pipeline(make_pipeline(OneHotEncoder(), LogisticRegression()))) == [
        "OneHotEncoder",
        "LogisticRegression",
    ]


def test_wrappers_of_what_is_fitted(cnn):
    assert split_steps(FrozenEstimator(cnn)) == ([], cnn)
    threshold = FixedThresholdClassifier(FrozenEstimator(cnn)).fit(X, Y)
    assert names(threshold) == ["CNNClassifier"]
    assert fitted_length(CalibratedClassifierCV(FrozenEstimator(cnn)).fit(X, Y)) == 12
    target = TransformedTargetRegressor(CNNRegressor(**SMALL)).fit(X, Y.astype(float))
    assert names(target) == ["TransformedTargetRegressor"]
    assert fitted_length(target) == 12


def test_the_template_of_an_ensemble_is_not_a_step():
    forest = make_pipeline(KmerCounter(k=2), RandomForestClassifier(n_estimators=2)).fit(X, Y)
    assert names(forest) == ["KmerCounter", "RandomForestClassifier"]
    assert isinstance(first_step(forest), KmerCounter)


def test_alphabets_are_found_within_unions_and_wrappers():
    union = make_union(KmerCounter(k=1, alphabet="protein"), KmerCounter(k=2, alphabet="protein"))
    pipeline = make_pipeline("passthrough", union, LogisticRegression())
    assert named_alphabet(pipeline).n_symbols == 20
    assert named_alphabet(CalibratedClassifierCV(pipeline)).n_symbols == 20
    assert named_alphabet(make_pipeline(CountVectorizer(), LogisticRegression())) is None


def test_combinations_of_values_are_told_apart_by_each_column():
    frame = pd.DataFrame(
        {"factor": ["CREB", "CEBP", "CREB", "CREB", "CEBP"], "dose": [1, 1, 2, 1, None]}
    )
    assert number_combinations(frame).tolist() == [0, 1, 2, 0, 3]
    assert number_combinations(frame[[]]).tolist() == [0] * 5
    missing = pd.DataFrame({"cell": [None, "K562", None]}, dtype=object)
    assert number_combinations(missing).tolist() == [0, 1, 0]
