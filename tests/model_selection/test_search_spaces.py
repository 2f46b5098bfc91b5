"""Search spaces: what searches and Optuna take, around the defaults."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV, ParameterSampler, RandomizedSearchCV
from sklearn.pipeline import make_pipeline

import skgenomics
from skgenomics import CNNClassifier, OneHotEncoder
from skgenomics.model_selection import search_space, suggest
from skgenomics.testing import make_text

X = make_text(40, 24)
Y = np.array([text.count("G") > 5 for text in X]).astype(int)
FAMILIES = {
    **{
        name.lower(): name
        for name in (
            *(
                "CNN",
                "ResNet",
                "UNet",
                "RNN",
                "CNNRNN",
                "Transformer",
                "LongConv",
                "ConvTransformer",
                "MLP",
            ),
        )
    },
    "deepbind": "CNN",
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_every_parameter_is_one_of_the_estimator(name, kind):
    estimator = getattr(skgenomics, FAMILIES[name] + kind)()
    assert search_space(name).keys() <= estimator.get_params().keys()


@pytest.mark.parametrize("name", FAMILIES)
def test_candidates_train(name):
    cls = getattr(skgenomics, f"{FAMILIES[name]}Classifier")
    for settings in ParameterSampler(search_space(name), 2, random_state=0):
        model = cls(**settings, max_iter=1, random_state=0).fit(X, Y)
        assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("name", sorted(FAMILIES.keys() - {"deepbind"}))
def test_learning_rates_surround_the_default(name):
    default = getattr(skgenomics, f"{FAMILIES[name]}Classifier")().learning_rate
    low, high = search_space(name)["learning_rate"].support()
    assert low < default < high


def test_searches_of_scikit_learn():
    # Small networks, and few batches.
    space = search_space("cnn") | {"n_filters": [4, 8], "kernel_size": [3], "activation": ["relu"]}
    model = CNNClassifier(max_iter=1, random_state=0)
    search = RandomizedSearchCV(model, space, n_iter=2, cv=2, random_state=0).fit(X, Y)
    assert search.best_params_.keys() == space.keys()
    halving = HalvingRandomSearchCV(
        clone(model),
        space,
        n_candidates=3,
        resource="max_iter",
        max_resources=2,
        min_resources=1,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(X, Y)
    assert halving.n_resources_ == [1, 2]
    pipeline = make_pipeline(OneHotEncoder(), model)
    prefixed = search_space("cnn", prefix="cnnclassifier__")
    assert prefixed.keys() <= pipeline.get_params().keys()


class Trial:
    """The interface of a trial of Optuna: categories are plain values, ranges finite."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def suggest_categorical(self, name, choices):
        assert all(isinstance(choice, None | bool | int | float | str) for choice in choices)
        return choices[self.rng.integers(len(choices))]

    def suggest_float(self, name, low, high, *, log=False):
        assert np.isfinite([low, high]).all()
        if log:
            return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))
        return float(self.rng.uniform(low, high))


@pytest.mark.parametrize("name", FAMILIES)
def test_trials_of_optuna(name):
    space = search_space(name)
    for _ in range(5):
        drawn = suggest(Trial(), space)
        assert drawn.keys() == space.keys()
        for parameter, value in drawn.items():
            values = space[parameter]
            if isinstance(values, list):
                assert value in values
            else:
                assert values.support()[0] <= value <= values.support()[1]
    getattr(skgenomics, f"{FAMILIES[name]}Classifier")(**drawn)


def test_unknown_names_and_distributions():
    with pytest.raises(ValueError, match=r"architecture must be one of .*, got 'svm'"):
        search_space("svm")
    with pytest.raises(ValueError, match="tol must be a list or a"):
        suggest(Trial(), {"tol": 3})
