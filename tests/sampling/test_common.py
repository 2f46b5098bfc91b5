"""imbalanced-learn's and scikit-learn's own checks on every sampler, with no expected failures."""

import numpy as np
import numpydoc.docscrape
import pytest
from imblearn.utils import estimator_checks as imblearn_checks
from sklearn.base import clone
from sklearn.neighbors import KernelDensity
from sklearn.utils import estimator_checks as sklearn_checks

from skgenomics import sampling
from skgenomics.sampling import (
    GenerativeOverSampler,
    HomologyUnderSampler,
    MutationOverSampler,
    ReverseComplementOverSampler,
    SequenceSMOTE,
)

# Instance, number of imbalanced-learn's checks on it; those that accept single bases have one more.
SAMPLERS = [
    (ReverseComplementOverSampler(random_state=0), 14),
    (MutationOverSampler(random_state=0), 14),
    (MutationOverSampler(shift=1, recombination=0.5, random_state=0), 14),
    (SequenceSMOTE(k=1, random_state=0), 15),
    (HomologyUnderSampler(random_state=0), 15),
    (GenerativeOverSampler(KernelDensity(bandwidth=0.1), random_state=0), 14),
]
N_SKLEARN_CHECKS = 42
# Some rows of the checks have less than one position of four columns.
pytestmark = pytest.mark.filterwarnings("ignore:.*equal their originals:UserWarning")


def cases(module):
    return [
        pytest.param(*case, id=f"{type(case[0]).__name__}-{case[1].func.__name__}")
        for sampler, _ in SAMPLERS
        for case in module.estimator_checks_generator(clone(sampler))
    ]


@pytest.mark.parametrize(("estimator", "check"), cases(imblearn_checks))
def test_imbalanced_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), cases(sklearn_checks))
def test_scikit_learn(estimator, check):
    check(estimator)


def test_number_of_checks():
    assert len(cases(imblearn_checks)) == sum(n for _, n in SAMPLERS)
    assert len(cases(sklearn_checks)) == N_SKLEARN_CHECKS * len(SAMPLERS)


def test_every_sampler_is_checked():
    assert {type(sampler).__name__ for sampler, _ in SAMPLERS} == set(sampling.__all__)


@pytest.mark.parametrize("sampler", [sampler for sampler, _ in SAMPLERS])
def test_documentation(sampler):
    doc = numpydoc.docscrape.ClassDoc(type(sampler))
    assert {entry.name for entry in doc["Parameters"]} == set(sampler.get_params(deep=False))
    X, y = np.random.default_rng(0).random((20, 8)), [0] * 13 + [1] * 7
    fitted = clone(sampler)
    fitted.fit_resample(X, y)
    documented = {entry.name for entry in doc["Attributes"]}
    assert {name for name in vars(fitted) if name.endswith("_")} <= documented
