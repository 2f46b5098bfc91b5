"""Scikit-learn's own checks, with several views over the same columns."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skgenomics import MLPClassifier, MLPRegressor
from skgenomics.multiview import MultiViewClassifier, MultiViewRegressor

FULL_BATCH = {"batch_size": 1000, "max_iter": 20, "learning_rate": 0.05}
PLAIN = {
    "n_channels": 1,
    "hidden_units": 8,
    "hidden_dropout": 0.0,
    "hidden_normalization": None,
    "linear_path": False,
}


def make(cls, network, fusion):
    # The joint networks take nothing from the settings of training of a view.
    settings = {} if fusion == "attention" else FULL_BATCH
    views = [(name, None, network(**PLAIN, **settings), slice(None)) for name in "ab"]
    return cls(views=views, fusion=fusion, hidden_units=8, **FULL_BATCH)


@parametrize_with_checks(
    [
        make(MultiViewClassifier, MLPClassifier, "attention"),
        make(MultiViewClassifier, MLPClassifier, "concat"),
        make(MultiViewRegressor, MLPRegressor, "attention"),
        make(MultiViewRegressor, MLPRegressor, "ensemble"),
    ]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn(estimator, check):
    check(estimator)
