"""Redundant sequences go first."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

from skgenomics import KmerCounter
from skgenomics.sampling import HomologyUnderSampler
from skgenomics.sequences import reverse_complement


@pytest.fixture
def families():
    """Majority: 4 families of 1, 5, 10 and 24 members on both strands; minority: 12 singles."""
    rng = np.random.default_rng(0)
    texts, clusters = [], []
    for family, size in enumerate((1, 5, 10, 24)):
        founder = rng.choice(list("ACGT"), 100)
        for i in range(size):
            member = founder.copy()
            member[rng.integers(100)] = "A"
            text = "".join(member)
            texts.append(reverse_complement(text) if i % 2 else text)
            clusters.append(family)
    texts += ["".join(rng.choice(list("ACGT"), 100)) for _ in range(12)]
    return texts, np.array([0] * 40 + [1] * 12), np.array(clusters + list(range(4, 16)))


@pytest.mark.parametrize("given", [True, False])
def test_one_of_each_cluster_first(families, given):
    X, y, clusters = families
    arguments = {"clusters": clusters} if given else {}
    for seed in range(5):
        sampler = HomologyUnderSampler(random_state=seed)
        result, labels = sampler.fit_resample(X, y, **arguments)
        assert Counter(labels) == {0: 12, 1: 12}
        assert sampler.n_clusters_ == {0: 4}
        kept = sampler.sample_indices_
        assert_array_equal(kept, np.unique(kept))
        assert_array_equal(kept[12:], np.arange(40, 52))
        assert result == [X[i] for i in kept]
        assert set(clusters[kept[:12]]) == {0, 1, 2, 3}


def test_fewer_than_clusters_takes_one_each_of_some(families):
    X, y, clusters = families
    drawn = Counter()
    for seed in range(40):
        sampler = HomologyUnderSampler(sampling_strategy={0: 2}, random_state=seed)
        sampler.fit_resample(X, y, clusters=clusters)
        kept = clusters[sampler.sample_indices_[:2]]
        assert len(set(kept)) == 2
        drawn.update(kept)
    # Clusters are equally likely, whatever their size.
    assert min(drawn.values()) > 10


def test_clusters_are_of_any_type_and_one_per_sequence(families):
    X, y, clusters = families
    names = pd.Series([f"family {c}" for c in clusters], index=np.arange(52)[::-1])
    sampler = HomologyUnderSampler(random_state=0)
    result, _ = sampler.fit_resample(X, y, clusters=names)
    assert result == sampler.fit_resample(X, y, clusters=names.tolist())[0]
    with pytest.raises(ValueError, match="clusters has 3 entries for 52 sequences"):
        sampler.fit_resample(X, y, clusters=[0, 1, 2])


def test_other_strand_may_count_as_another_sequence(families):
    X, y, _ = families
    sampler = HomologyUnderSampler(reverse_complement=False, random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.n_clusters_ == {0: 7}


def test_clusters_through_a_pipeline(families):
    X, y, clusters = families
    pipeline = make_pipeline(
        HomologyUnderSampler(random_state=0), KmerCounter(2), LogisticRegression()
    )
    pipeline.fit(X, y, homologyundersampler__clusters=clusters)
    assert pipeline[0].n_clusters_ == {0: 4}
    assert pipeline.predict(X).shape == (52,)


def test_wrong_settings_are_named(families):
    X, y, _ = families
    with pytest.raises(ValueError, match="similarity"):
        HomologyUnderSampler(similarity=2).fit_resample(X, y)
