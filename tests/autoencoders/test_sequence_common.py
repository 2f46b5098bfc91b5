"""The checks of scikit-learn, and ours on text, on auto-encoders of sequences."""

import inspect

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgenomics.autoencoders.sequence_autoencoder import SequenceAutoencoder
from skgenomics.autoencoders.sequence_vae import SequenceVAE
from skgenomics.testing import make_text, sequence_estimator_checks

FULL_BATCH = {"batch_size": 1000, "max_iter": 8, "learning_rate": 0.02}
TINY = {
    "n_components": 2,
    "hidden_units": 8,
    "encoder_params": {"n_filters": 8, "kernel_size": 5, "pool_size": 1},
    "decoder_params": {"n_filters": 8, "kernel_size": 3},
}
DENSE = {"n_components": 2, "hidden_units": 8, "decoder_params": {"hidden_units": 8}}
QUICK = {"batch_size": 64, "max_iter": 8, "learning_rate": 0.01}
# Latent vectors are drawn for each batch: a sample of weight 2 has one of them, two
# copies of a row have two.
NEEDS_NO_NOISE = "check_sample_weight_equivalence_on_dense_data"
ESTIMATORS = [
    (SequenceAutoencoder(**TINY, **FULL_BATCH), 55),
    (SequenceVAE(**DENSE, **QUICK), 54),
]


def name(x):
    return type(x).__name__ if isinstance(x, BaseEstimator) else getattr(x, "func", x).__name__


def checks(estimator):
    for instance, check in estimator_checks_generator(estimator):
        if isinstance(estimator, SequenceAutoencoder) or name(check) != NEEDS_NO_NOISE:
            yield instance, check


@pytest.mark.parametrize(
    ("estimator", "check"), [pair for e, _ in ESTIMATORS for pair in checks(e)], ids=name
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "n_checks"), ESTIMATORS)
def test_no_check_is_left_out(estimator, n_checks):
    assert len(list(checks(estimator))) >= n_checks


@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for e, _ in ESTIMATORS for pair in sequence_estimator_checks(e)],
    ids=name,
)
def test_text(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", [SequenceAutoencoder, SequenceVAE])
def test_documentation(cls):
    doc = ClassDoc(cls)

    def names(section):
        return {name.strip(" *") for entry in doc[section] for name in entry.name.split(",")}

    assert names("Parameters") == set(inspect.signature(cls).parameters)
    fitted = cls(max_iter=1).fit(make_text(20, 8))
    attributes = {name for name in vars(fitted) if name.endswith("_") and name[0] != "_"}
    assert attributes <= names("Attributes")
    assert np.all([inspect.getdoc(getattr(cls, m)) for m in ("fit", "transform", "score_samples")])
