"""Whatever a generator gives becomes what X is."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from skgenomics import OneHotEncoder
from skgenomics.sampling import GenerativeOverSampler
from skgenomics.sequences import encode

X = ["ACGTAC", "GGGCCC", "TTTTTA", "CAGCAG", "AAAAAA", "AAAAAC"]
Y = ["usual"] * 4 + ["rare"] * 2


class Always(BaseEstimator):
    """Gives the same samples again and again."""

    def __init__(self, samples=None):
        self.samples = samples

    def fit(self, X, y=None):
        self.fitted_to_ = X
        return self

    def sample(self, n):
        return self.samples[:n]


def test_estimator_is_cloned_and_fitted_to_each_class():
    generator = Always(["ACGTAC"] * 9)
    sampler = GenerativeOverSampler(generator)
    result, labels = sampler.fit_resample([*X, "CCC"], [*Y, "single"])
    assert list(labels[-5:]) == ["rare"] * 2 + ["single"] * 3
    assert not hasattr(generator, "fitted_to_")
    assert set(sampler.generators_) == {"rare", "single"}
    seen = sampler.generators_["single"].fitted_to_
    assert_array_equal(
        seen.reshape(6, 4), OneHotEncoder(length=6).fit_transform(["CCC"]).reshape(6, 4)
    )
    assert result[-5:] == ["ACGTAC"] * 5


@pytest.mark.parametrize(
    "generator", [KernelDensity(bandwidth=0.01), GaussianMixture(2, reg_covar=1e-4)]
)
def test_generators_of_scikit_learn_give_symbols_of_their_class(generator):
    first, _ = GenerativeOverSampler(generator, random_state=0).fit_resample(X, Y)
    again, _ = GenerativeOverSampler(generator, random_state=0).fit_resample(X, Y)
    assert first == again
    assert set(first[6:]) <= {"AAAAAA", "AAAAAC"}
    codes, _ = GenerativeOverSampler(generator, random_state=0).fit_resample(encode(X), Y)
    assert_array_equal(codes, encode(first))


TEXTS = ["ACGTAC", "CCGTAC"]
SOFT = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 6))


@pytest.mark.parametrize(
    "samples",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS, dtype=object),
        encode(TEXTS),
        OneHotEncoder().fit_transform(TEXTS),
        OneHotEncoder().fit_transform(TEXTS).reshape(2, 6, 4) * 0.4 + 0.1,
        OneHotEncoder().fit_transform(TEXTS).reshape(2, 6, 4).transpose(0, 2, 1),
    ],
)
def test_samples_of_any_form_for_x_of_any_form(samples):
    def generator(n, label, random_state):
        assert (n, label) == (2, "rare")
        return samples

    sampler = GenerativeOverSampler(generator)
    assert sampler.fit_resample(X, Y)[0][6:] == TEXTS
    rna = [text.replace("T", "U") for text in X]
    assert sampler.fit_resample(rna, Y)[0][6:] == ["ACGUAC", "CCGUAC"]
    assert_array_equal(sampler.fit_resample(encode(X), Y)[0][6:], encode(TEXTS))
    one_hot = OneHotEncoder().fit_transform(X)
    expected = OneHotEncoder().fit_transform(TEXTS)
    for dtype in (np.int64, bool):
        result, _ = sampler.fit_resample(one_hot.astype(dtype), Y)
        assert result.dtype == dtype
        assert_array_equal(result[6:], expected)
    result, _ = sampler.fit_resample(one_hot.reshape(6, 6, 4).transpose(0, 2, 1), Y)
    symbols = result[6:].argmax(axis=1)
    assert_array_equal(symbols, encode(TEXTS))


def test_soft_channels_stay_soft():
    sampler = GenerativeOverSampler(lambda n, label, random_state: SOFT)
    result, _ = sampler.fit_resample(OneHotEncoder().fit_transform(X), Y)
    assert result.dtype == np.float32
    assert_allclose(result[6:], SOFT.reshape(2, 24), rtol=1e-6)


def test_positions_without_weight_end_a_text():
    channels = OneHotEncoder(length=6).fit_transform(["ACG", "ANGT"])
    sampler = GenerativeOverSampler(lambda n, label, random_state: channels)
    assert sampler.fit_resample(X, Y)[0][6:] == ["ACG", "ANGT"]


def test_fitted_generators_by_class():
    generators = {"rare": Always(["CCCCCC"] * 5)}
    sampler = GenerativeOverSampler(generators)
    assert sampler.fit_resample(X, Y)[0][6:] == ["CCCCCC"] * 2
    with pytest.raises(ValueError, match=r"no entry for class rare.*has \['other'\]"):
        GenerativeOverSampler({"other": Always()}).fit_resample(X, Y)
    with pytest.raises(ValueError, match="class rare has no method `sample`"):
        GenerativeOverSampler({"rare": object()}).fit_resample(X, Y)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (None, "made None instead of sequences of class rare, but was asked for 2"),
        (["ACGT"], "made 1 sequences of class rare, but was asked for 2"),
        (["AC!T", "ACGT"], "sequence 0 has '!'"),
        (np.zeros((2, 5), np.uint8), "have 5 positions, but those of X have 6"),
        (np.full((2, 6), 9, np.uint8), "has the code 9"),
        (np.zeros((2, 23)), "not a whole number of positions of 4 channels"),
        (np.full((2, 24), np.nan), "not finite"),
    ],
)
def test_bad_samples(samples, message):
    with pytest.raises(ValueError, match=message):
        GenerativeOverSampler(lambda n, label, random_state: samples).fit_resample(X, Y)


def test_what_cannot_sample_is_refused():
    for generator in (None, "kde", OneHotEncoder(), KernelDensity):
        with pytest.raises(ValueError, match="generator must be an estimator with fit and sample"):
            GenerativeOverSampler(generator).fit_resample(X, Y)
    with pytest.raises(ValueError, match="X has 24 columns"):
        GenerativeOverSampler(lambda n, label, random_state: np.zeros((2, 20))).fit_resample(
            OneHotEncoder().fit_transform(X), Y
        )
