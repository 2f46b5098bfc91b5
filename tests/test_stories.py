"""How a user would write it: the public names, with small settings."""

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from torch import nn

from skgenomics import (
    BPETokenizer,
    CNNClassifier,
    KmerCounter,
    KmerTokenizer,
    OneHotEncoder,
    ProfileRegressor,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    zoo,
)
from skgenomics.testing import make_text

X = make_text(48, 90)
Y = np.array([x[40:60].count("G") > 5 for x in X]).astype(int)


def test_behind_an_encoder_with_resampling_in_a_search():
    pipe = make_pipeline(OneHotEncoder(), SMOTE(random_state=0), CNNClassifier(max_iter=1))
    grid = {"cnnclassifier__n_filters": [8, (8, 8)], "smote__k_neighbors": [2, 3]}
    search = GridSearchCV(pipe, grid, scoring="average_precision", n_jobs=2, cv=2).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_the_classical_model_on_the_same_text():
    counts = KmerCounter(k=(2, 3), reverse_complement=True)
    baseline = make_pipeline(counts, LogisticRegression(max_iter=1000)).fit(X, Y)
    assert baseline.score(X, Y) > 0.7


def test_a_published_model_by_name_with_missing_assays():
    tasks = np.column_stack([Y, 1 - Y, Y]).astype(float)
    tasks[::5, 1] = np.nan
    danq = zoo.make("DanQ", width=0.03, max_iter=1).fit(X, tasks)
    assert danq.predict_proba(X).shape == (48, 3)
    assert {"name", "year", "paper", "task", "input", "parameters", "estimator"} == set(
        zoo.list_models().columns
    )


class Mine(nn.Sequential):
    def __init__(self, n_channels, length, n_outputs, width):
        super().__init__(
            nn.Flatten(), nn.Linear(n_channels * length, width), nn.Linear(width, n_outputs)
        )


def test_a_module_of_my_own():
    mine = SequenceClassifier(network=Mine, network_params={"width": 8}, max_iter=1).fit(X, Y)
    assert mine.predict_proba(X).shape == (48, 2)


def test_tokens_of_either_kind_in_a_pipeline():
    settings = {"d_model": 16, "n_layers": 1, "n_heads": 2, "max_iter": 1}
    for tokenizer, size in ((KmerTokenizer(k=3), 69), (BPETokenizer(vocabulary_size=40), 40)):
        model = make_pipeline(tokenizer, TransformerClassifier(vocabulary_size=size, **settings))
        assert np.isfinite(cross_val_score(model, X, Y, cv=2)).all()


def test_labels_by_position_and_profiles():
    sites = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(len(x))) for x in X]
    splice = SequenceLabeler(network="resnet", max_iter=2, random_state=0).fit(X, sites)
    assert [len(row) for row in splice.predict(X)] == [90] * 48
    codes = np.array([[letter == "D" for letter in row] for row in sites]).astype(int)
    assert SequenceLabeler(max_iter=1).fit(X, codes).predict(X).shape == (48, 90)
    profile = ProfileRegressor(max_iter=1).fit(X, codes[:, :, np.newaxis] + 1.0)
    assert profile.predict(X).shape == (48, 90, 1)
