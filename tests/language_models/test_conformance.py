"""Scikit-learn's own checks, on real matrices, which are read as signals."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from small_language_models import quick

from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel

SETTINGS = {"batch_size": 64, "max_iter": 5, "learning_rate": 0.01, "random_state": None}
INSTANCES = [
    quick(MaskedLanguageModel, "transformer", **SETTINGS),
    quick(MaskedLanguageModel, "resnet", **SETTINGS),
    quick(CausalLanguageModel, "longconv", **SETTINGS),
]


@parametrize_with_checks(INSTANCES)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", INSTANCES)
def test_no_check_is_left_out(estimator):
    assert len(list(estimator_checks_generator(estimator))) >= 47
