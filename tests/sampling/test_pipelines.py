"""Samplers before estimators: in cross-validation and searches they act on training folds only."""

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.neighbors import KernelDensity

from skgenomics import CNNClassifier, KmerCounter
from skgenomics.datasets import make_motif_classification
from skgenomics.sampling import (
    GenerativeOverSampler,
    HomologyUnderSampler,
    MutationOverSampler,
    ReverseComplementOverSampler,
    SequenceSMOTE,
)
from skgenomics.sequences import reverse_complement

SAMPLERS = [
    ReverseComplementOverSampler(random_state=0),
    MutationOverSampler(rate=0.1, positions=(8, None), random_state=0),
    MutationOverSampler(rate=0.1, recombination=0.5, positions=(8, None), random_state=0),
    SequenceSMOTE(k_neighbors=2, k=2, random_state=0),
    HomologyUnderSampler(random_state=0),
    GenerativeOverSampler(KernelDensity(bandwidth=0.01), random_state=0),
]
SEEN = []


class Spy(ClassifierMixin, BaseEstimator):
    """Records what it is fitted on and what it predicts."""

    def fit(self, X, y):
        SEEN.append({"fit": (list(X), list(y)), "predict": []})
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        SEEN[-1]["predict"].append(list(X))
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def tagged():
    """Sequences that begin with a tag of their own, which is no other one's reverse complement."""
    rng = np.random.default_rng(0)
    tags = set()
    while len(tags) < 60:
        tag = "AC" + "".join(rng.choice(list("AC"), 6))
        if tag in tags:
            tag = "CA" + "".join(rng.choice(list("AC"), 6))
        tags.add(tag)
    texts = [tag + "".join(rng.choice(list("ACGT"), 24)) for tag in sorted(tags)]
    return np.array(texts, dtype=object), np.array([0] * 48 + [1] * 12)


def tag_of(text, tags):
    """The tag in front of a sequence, or of its other strand."""
    return {text[:8], reverse_complement(text)[:8]} & tags


def n_common(first, second):
    """Length of the start that two sequences of one length share."""
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b), len(first)
    )


def is_crossover_of(child, sequences):
    """Whether the longest common start and the longest common end make up the child."""
    start = max(n_common(child, text) for text in sequences)
    end = max(n_common(child[::-1], text[::-1]) for text in sequences)
    return start + end >= len(child)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
def test_validation_folds_are_untouched_and_nothing_of_them_is_trained_on(tagged, sampler):
    X, y = tagged
    SEEN.clear()
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    cross_validate(make_pipeline(sampler, Spy()), X, y, cv=cv, error_score="raise")
    assert len(SEEN) == 4
    tags = {text[:8] for text in X}
    for (train, test), seen in zip(cv.split(X, y), SEEN, strict=True):
        (fitted, labels), (predicted,) = seen["fit"], seen["predict"]
        assert predicted == X[test].tolist()
        assert labels.count(0) == labels.count(1)
        if isinstance(sampler, HomologyUnderSampler):
            assert set(fitted) <= set(X[train])
            continue
        assert fitted[: len(train)] == X[train].tolist()
        for text in fitted[len(train) :]:
            if isinstance(sampler, SequenceSMOTE):
                assert is_crossover_of(text, X[train])
                assert not is_crossover_of(text, X[test])
            else:
                (tag,) = tag_of(text, tags)
                assert tag in {text[:8] for text in X[train]}


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda x: type(x).__name__)
def test_network_behind_a_sampler(sampler):
    bunch = make_motif_classification(120, 24, weights=[0.8, 0.2], random_state=0)
    network = CNNClassifier(n_filters=8, kernel_size=5, pool_size=1, max_iter=2, random_state=0)
    pipeline = make_pipeline(sampler, network)
    scores = cross_validate(pipeline, list(bunch.X), bunch.y, cv=2, error_score="raise")
    assert np.isfinite(scores["test_score"]).all()


def test_search_over_a_sampler():
    bunch = make_motif_classification(200, 30, weights=[0.85, 0.15], random_state=0)
    pipeline = make_pipeline(
        SequenceSMOTE(random_state=0), KmerCounter(3), LogisticRegression(max_iter=1000)
    )
    grid = {"sequencesmote__k_neighbors": [2, 4], "sequencesmote__n_crossovers": [1, 3]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="average_precision", error_score="raise")
    search.fit(bunch.X, bunch.y)
    assert search.best_params_.keys() == grid.keys()
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
