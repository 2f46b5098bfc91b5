"""An int as `random_state` makes results reproducible, also in another process."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

from skgenomics import CNNRegressor
from skgenomics.testing import make_text
from skgenomics.uncertainty import ConformalRegressor, DeepEnsembleRegressor

X = make_text(40)
Y = np.array([x.count("A") for x in X], dtype=float)
NETWORK = CNNRegressor(n_filters=4, kernel_size=3, max_iter=2)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_intervals_depend_on_the_seed_alone(n_jobs):
    ensemble = DeepEnsembleRegressor(NETWORK, n_estimators=2, n_jobs=n_jobs)
    for estimator in (NETWORK, ensemble):
        intervals = [
            ConformalRegressor(estimator, random_state=seed).fit(X, Y).predict_interval(X, 0.5)
            for seed in (0, 0, 1)
        ]
        np.testing.assert_array_equal(intervals[0], intervals[1])
        assert (intervals[0] != intervals[2]).any()


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


def test_two_processes_agree():
    script = """
        import hashlib
        from skgenomics import CNNClassifier, CNNRegressor
        from skgenomics.testing import make_text
        from skgenomics.uncertainty import (
            ConformalRegressor, DeepEnsembleClassifier, DeepEnsembleRegressor, mc_dropout
        )

        X = make_text(40)
        y = [x.count("A") for x in X]
        settings = {"n_filters": 4, "kernel_size": 3, "max_iter": 2}
        regressor, classifier = CNNRegressor(**settings), CNNClassifier(**settings)
        labels = [count > 2 for count in y]
        ensemble = DeepEnsembleClassifier(classifier, n_estimators=2, random_state=0)
        ensemble.fit(X, labels)
        for result in (
            ConformalRegressor(regressor, random_state=0).fit(X, y).predict_interval(X, 0.5),
            DeepEnsembleRegressor(regressor, n_estimators=2, random_state=0).fit(X, y).predict(X),
            ensemble.predict_proba(X),
            mc_dropout(ensemble, X, n_samples=2, random_state=0),
        ):
            print(hashlib.sha256(result.tobytes()).hexdigest())
    """
    digests = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert len(digests[0]) == 4
    assert digests[0] == digests[1]
