"""An int as `random_state` makes every public estimator reproducible, in any process."""

import inspect
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from fitted_examples import digest_example, digest_examples
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

import skgenomics
from skgenomics import CNNClassifier, sampling
from skgenomics.testing import make_text
from skgenomics.uncertainty import ConformalRegressor, DeepEnsembleClassifier, mc_dropout

CLASSES = [
    value
    for module in (skgenomics, sampling)
    for name in module.__all__
    if inspect.isclass(value := getattr(module, name)) and issubclass(value, BaseEstimator)
]
X = make_text(40)
Y = np.array([x.count("A") for x in X], dtype=float)
SMALL = {"n_filters": 4, "kernel_size": 3, "max_iter": 1}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_all_estimators_agree_in_another_process(tmp_path):
    assert len(CLASSES) > 55
    settings = {"random_state": 0}
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        other = pool.submit(digest_examples, CLASSES, tmp_path / "other", **settings)
        here = digest_examples(CLASSES, tmp_path / "here", **settings)
        assert other.result() == here


PARALLEL = [cls for cls in CLASSES if "n_jobs" in inspect.signature(cls).parameters]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cls", PARALLEL)
def test_results_do_not_depend_on_the_number_of_jobs(cls, tmp_path):
    digests = {digest_example(cls, tmp_path / str(n), random_state=0, n_jobs=n) for n in (1, 2)}
    assert len(digests) == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_seed_changes_the_results(tmp_path):
    """Otherwise equal results would prove nothing."""
    for cls in (CNNClassifier, ConformalRegressor, sampling.MutationOverSampler):
        digests = {
            digest_example(cls, tmp_path / f"{cls.__name__}{seed}", random_state=seed)
            for seed in (0, 1)
        }
        assert len(digests) == 2


def test_dropout_samples_depend_on_the_seed_alone():
    network = CNNClassifier(**SMALL, hidden_dropout=0.5)
    model = DeepEnsembleClassifier(network, n_estimators=2, random_state=0).fit(X, Y > 2)
    first, second, third = (
        mc_dropout(model, X, n_samples=2, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_seeds_of_the_user_are_kept():
    table = np.random.default_rng(0).random((40, 3))
    model = ConformalRegressor(MLPRegressor(max_iter=5, random_state=7), random_state=0)
    with pytest.warns(match="Maximum iterations"):
        model.fit(table, table[:, 0])
    assert model.estimator_.random_state == 7
    assert model.estimator.random_state == 7
    unseeded = ConformalRegressor(Ridge(), random_state=0).fit(table, table[:, 0])
    assert isinstance(unseeded.estimator_.random_state, int)
    assert unseeded.estimator.random_state is None
