"""Genotypes have the frequencies of their populations, and traits are the sum of their parts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from skgenomics.datasets import make_genotypes


def test_genotypes_follow_frequencies_of_ancestry():
    data = make_genotypes(4000, 50, n_causal=5, random_state=0)
    expected = 2 * data.ancestry @ data.frequencies
    assert set(np.unique(data.X)) == {0, 1, 2}
    assert_allclose(data.X.mean(axis=0), expected.mean(axis=0), atol=0.06)
    slopes = LinearRegression().fit(expected[:, :1], data.X[:, 0])
    assert slopes.coef_[0] == pytest.approx(1, abs=0.15)
    assert_array_equal(data.populations, data.ancestry.argmax(axis=1))


def test_frequencies_of_populations_differ_by_fst():
    data = make_genotypes(1, 20000, n_populations=2, fst=0.2, n_causal=1, random_state=0)
    within = (data.frequencies * (1 - data.frequencies)).mean()
    a, b = data.frequencies
    between = (a * (1 - b) + b * (1 - a)).mean() / 2
    assert 1 - within / between == pytest.approx(0.2, abs=0.01)


def test_trait_is_the_sum_of_its_parts():
    data = make_genotypes(4000, 60, n_causal=10, heritability=0.6, confounding=1.5, random_state=1)
    design = np.c_[data.X @ data.effects, data.ancestry[:, 0] / data.ancestry[:, 0].std()]
    model = LinearRegression().fit(design, data.trait)
    assert model.coef_[1] == pytest.approx(1.5, abs=0.1)
    assert (data.trait - model.predict(design)).var() == pytest.approx(0.4, abs=0.03)
    assert (data.effects != 0).sum() == 10
    assert_array_equal(data.y, data.trait > np.median(data.trait))


def test_principal_components_are_ancestry():
    data = make_genotypes(800, 300, random_state=0)
    components = PCA(2, random_state=0).fit_transform(data.X)
    assert LinearRegression().fit(components, data.ancestry).score(components, data.ancestry) > 0.8


def test_cohorts_share_populations():
    first, second = (make_genotypes(50, 40, random_state=seed) for seed in (0, 1))
    assert_array_equal(first.frequencies, second.frequencies)
    assert_array_equal(first.effects, second.effects)
    assert not np.array_equal(first.X, second.X)
    assert_array_equal(first.X, make_genotypes(50, 40, random_state=0).X)


@pytest.mark.parametrize(
    ("settings", "name"), [({"fst": 0}, "fst"), ({"n_causal": 400}, "n_causal")]
)
def test_settings_out_of_range(settings, name):
    with pytest.raises(ValueError, match=name):
        make_genotypes(**settings)
