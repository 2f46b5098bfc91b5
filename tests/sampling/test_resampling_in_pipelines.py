"""imbalanced-learn on every encoding, before deep and classical estimators."""

import numpy as np
import pytest
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, SMOTEN, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from skorch.callbacks import Callback

from skgenomics import CNNClassifier, KmerCounter, OneHotEncoder, OrdinalEncoder
from skgenomics.datasets import make_motif_classification

SMALL = CNNClassifier(n_filters=8, kernel_size=5, pool_size=1, max_iter=2, random_state=0)


@pytest.fixture(scope="module")
def data():
    bunch = make_motif_classification(200, 20, weights=[0.85, 0.15], random_state=0)
    return bunch.X, bunch.y


@pytest.mark.parametrize(
    ("encoder", "sampler"),
    [
        (OneHotEncoder(), SMOTE(random_state=0)),
        (OneHotEncoder(), RandomOverSampler(random_state=0)),
        (OneHotEncoder(), RandomUnderSampler(random_state=0)),
        (OrdinalEncoder(), RandomOverSampler(random_state=0)),
        (OrdinalEncoder(), RandomUnderSampler(random_state=0)),
        (OrdinalEncoder(), SMOTEN(random_state=0)),
        ("passthrough", RandomOverSampler(random_state=0)),
        ("passthrough", RandomUnderSampler(random_state=0)),
        ("passthrough", SMOTEN(random_state=0)),
    ],
)
def test_network_behind_a_sampler(data, encoder, sampler):
    X, y = data
    X = X[:, np.newaxis] if encoder == "passthrough" else X
    resampled = encoder.fit_transform(X) if encoder != "passthrough" else X
    resampled, labels = sampler.fit_resample(resampled, y)
    assert len(set(np.bincount(labels))) == 1
    pipeline = make_pipeline(encoder, sampler, SMALL).fit(X, y)
    expected = SMALL.fit(resampled, labels).predict_proba(resampled)
    direct = pipeline[-1].predict_proba(resampled)
    assert_allclose(direct, expected, atol=1e-6)
    assert pipeline.predict_proba(X).shape == (200, 2)


def test_smote_on_one_hot_makes_soft_sequences(data):
    X, y = data
    soft, _ = SMOTE(random_state=0).fit_resample(OneHotEncoder().fit_transform(X), y)
    assert soft.dtype == np.float32
    assert_allclose(soft.reshape(len(soft), -1, 4).sum(axis=2), 1, rtol=1e-5)


def test_smote_on_codes_is_refused_with_the_reason(data):
    X, y = data
    pipeline = make_pipeline(OrdinalEncoder(), SMOTE(random_state=0), SMALL)
    with pytest.raises(ValueError, match="wrap around in uint8: run them on the output of OneHot"):
        pipeline.fit(X, y)


def test_sampler_acts_on_training_folds_only(data):
    X, y = data
    seen = []

    class Sizes(Callback):
        def on_train_begin(self, net, X, **kwargs):
            seen.append(np.bincount(X.y[:, 0].astype(int)).tolist())

        def __deepcopy__(self, memo):
            return self

    network = SMALL.set_params(callbacks=[Sizes()])
    pipeline = make_pipeline(OneHotEncoder(), RandomOverSampler(random_state=0), network)
    scores = cross_val_score(pipeline, X, y, cv=2, scoring=lambda e, X, y: len(y))
    network.set_params(callbacks=None)
    assert scores.tolist() == [100, 100]
    assert seen == [[85, 85]] * 2


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder(), KmerCounter(k=3)])
@pytest.mark.parametrize(
    "classifier",
    [
        LogisticRegression(max_iter=200),
        BalancedRandomForestClassifier(n_estimators=5, random_state=0),
        BalancedBaggingClassifier(n_estimators=3, random_state=0),
    ],
)
def test_classical_classifiers_on_the_same_encoders(data, encoder, classifier):
    X, y = data
    assert make_pipeline(encoder, classifier).fit(X, y).predict(X).shape == y.shape


def test_ensemble_of_networks(data):
    X, y = data
    encoded = OneHotEncoder().fit_transform(X)
    ensemble = BalancedBaggingClassifier(SMALL, n_estimators=2, random_state=0).fit(encoded, y)
    assert ensemble.predict_proba(encoded).shape == (200, 2)
