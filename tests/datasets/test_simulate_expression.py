"""Programs, clusters and nuisances are as stated, and so are counts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from skgenomics.datasets import make_expression


def test_programs_and_clusters_are_as_stated():
    data = make_expression(
        4000, 300, n_clusters=3, weights=[0.5, 0.3, 0.2], n_programs=4, program_size=30,
        separation=2.5, random_state=0,
    )  # fmt: skip
    assert_array_equal(np.bincount(data.y), [2000, 1200, 800])
    assert_array_equal((data.programs != 0).sum(axis=1), 30)
    assert set(np.unique(data.programs)) == {-1, 0, 1}
    for k in range(4):
        active = data.y == k % 3
        assert data.activities[active, k].mean() == pytest.approx(2.5, abs=0.15)
        assert data.activities[~active, k].mean() == pytest.approx(0, abs=0.1)
        assert data.activities[active, k].std() == pytest.approx(1, abs=0.1)
    assert list(data.X)[:2] == ["gene_0", "gene_1"]


def test_expression_is_the_sum_of_its_parts():
    data = make_expression(500, 100, noise=0.5, nuisance=0.7, random_state=0)
    design = np.hstack([np.ones((500, 1)), data.activities, data.nuisances])
    parts, *_ = np.linalg.lstsq(design, data.X.to_numpy(), rcond=None)
    assert_allclose(parts[1:9], data.programs, atol=0.15)
    assert parts[9:].std() == pytest.approx(0.7, rel=0.2)
    assert (data.X - design @ parts).to_numpy().std() == pytest.approx(0.5, rel=0.05)


def test_strong_nuisances_hide_the_clusters():
    scores = []
    for nuisance in (0, 2.0):
        data = make_expression(300, 400, nuisance=nuisance, random_state=0)
        codes = PCA(8, random_state=0).fit_transform(data.X)
        found = KMeans(4, n_init=5, random_state=0).fit_predict(codes)
        scores.append(adjusted_rand_score(data.y, found))
    assert scores[0] > 0.9 > 0.2 > scores[1]


def test_counts_have_totals_and_dispersion():
    settings = {"n_programs": 1, "separation": 0, "n_nuisances": 0, "noise": 0, "random_state": 0}
    data = make_expression(
        3000, 200, counts=True, total=20_000, dispersion=4, program_size=1, **settings
    )
    X = data.X.to_numpy()
    assert X.dtype.kind == "i"
    totals = X.sum(axis=1)
    assert np.median(totals) == pytest.approx(20_000, rel=0.05)
    gene = np.flatnonzero((data.programs[0] == 0) & (X.mean(axis=0) > 50))
    shares = X[:, gene] / totals[:, None] * 20_000
    assert np.median(shares.var(axis=0) / shares.mean(axis=0) ** 2) == pytest.approx(1 / 4, rel=0.2)


def test_same_seed_same_data():
    ours, same, other = (make_expression(20, 30, random_state=seed) for seed in (0, 0, 1))
    assert ours.X.equals(same.X)
    assert not ours.X.equals(other.X)


def test_bad_settings():
    for settings, message in [
        ({"n_genes": 10}, r"program_size must be an integer in \[1, 10\], got 25"),
        ({"n_clusters": 0}, "n_clusters must be an integer"),
        ({"weights": [0.5, 0.2]}, "weights must be 4 fractions that sum to 1"),
        ({"noise": -1}, "noise must be a number"),
        ({"dispersion": 0}, "dispersion must be a number"),
        ({"total": "deep"}, "total must be a number"),
    ]:
        with pytest.raises(ValueError, match=message):
            make_expression(**settings)
