"""Splits: nothing similar on both sides, like shares of the classes, scikit-learn's ways."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline

from skgenomics import KmerCounter
from skgenomics.model_selection import (
    HomologyKFold,
    HomologyShuffleSplit,
    find_leakage,
    homology_clusters,
    splitters,
)
from skgenomics.sequences import decode, encode, reverse_complement


def family_texts(rng, sizes, length=80):
    """Families of mutated copies, half of them on the other strand, of the given sizes."""
    texts = []
    for size in sizes:
        ancestor = rng.integers(4, size=length, dtype=np.uint8)
        for copy in range(size):
            codes = ancestor.copy()
            places = rng.choice(length, size=3, replace=False)
            codes[places] = (codes[places] + 1) % 4
            (text,) = decode(codes[np.newaxis])
            texts.append(reverse_complement(text) if copy % 2 else text)
    return np.array(texts, dtype=object)[rng.permutation(len(texts))]


@pytest.fixture
def texts(rng):
    return family_texts(rng, [20, 15, 10, 10, 5, 5, 5] + [1] * 130)


def shared_words(a, b, k=12):
    both = [{w for s in (t, reverse_complement(t)) for w in words(s, k)} for t in (a, b)]
    return len(both[0] & both[1]) / (2 * (len(a) - k + 1))


def words(text, k):
    return (text[i : i + k] for i in range(len(text) - k + 1))


@pytest.mark.parametrize(
    "splitter", [HomologyKFold(4), HomologyShuffleSplit(3, test_size=0.25, random_state=0)]
)
def test_nothing_similar_on_both_sides_by_brute_force(texts, splitter):
    for train, test in splitter.split(texts):
        assert len(set(train) & set(test)) == 0
        assert len(train) + len(test) == len(texts)
        most = max(shared_words(a, b) for a in texts[test] for b in texts[train])
        assert most < 0.9**12
        assert find_leakage(texts[train], texts[test]).rows_to_drop("test").size == 0


def test_a_random_split_would_have_leaked(texts):
    rows = np.arange(len(texts))
    assert find_leakage(texts[rows % 2 == 0], texts[rows % 2 == 1]).rows_to_drop("test").size > 20


def test_each_row_is_tested_once_in_folds_of_like_size_and_classes(rng, texts):
    y = rng.choice(["enhancer", "other", "promoter"], p=[0.1, 0.6, 0.3], size=len(texts))
    tested = []
    for _, test in HomologyKFold(4).split(texts, y):
        tested += test.tolist()
        assert abs(len(test) - len(texts) / 4) <= 3
        for label in np.unique(y):
            assert abs((y[test] == label).sum() - (y == label).sum() / 4) <= 3
    assert sorted(tested) == list(range(len(texts)))


def test_labels_of_several_tasks_are_spread(rng, texts):
    Y = (rng.random((len(texts), 3)) < [0.1, 0.3, 0.5]).astype(float)
    Y[::17, 1] = np.nan
    positives = [np.nansum(Y[test], axis=0) for _, test in HomologyKFold(4).split(texts, Y)]
    assert np.ptp(positives, axis=0).max() <= 6


def test_numbers_as_targets_are_taken(rng, texts):
    y = rng.normal(size=len(texts))
    sizes = [len(test) for _, test in HomologyKFold(4).split(texts, y)]
    assert np.ptp(sizes) <= 1


def test_groups_are_respected_beside_homology(rng, texts):
    groups = rng.integers(60, size=len(texts))
    clusters = homology_clusters(texts)
    for train, test in HomologyKFold(2).split(texts, groups=groups):
        assert not set(groups[train]) & set(groups[test])
        assert not set(clusters[train]) & set(clusters[test])


def test_clusters_of_a_file_by_the_index_of_x(tmp_path, texts):
    X = pd.Series(texts, index=[f"peak{i}" for i in range(len(texts))])
    path = tmp_path / "mmseqs_cluster.tsv"
    path.write_text("".join(f"peak{i // 2 * 2}\tpeak{i}\n" for i in range(len(X))))
    for _, test in HomologyKFold(5, clusters=path).split(X.iloc[::-1]):
        assert set(test // 2 * 2) | set(test // 2 * 2 + 1) == set(test)
    with pytest.raises(ValueError, match="no cluster for '0'"):
        next(HomologyKFold(5, clusters=path).split(texts))


def test_clusters_as_an_array(texts):
    clusters = np.arange(len(texts)) % 7
    folds = [test for _, test in HomologyKFold(7, clusters=clusters).split(texts)]
    assert all(len(set(clusters[test])) == 1 for test in folds)
    with pytest.raises(ValueError, match="clusters has 3 labels, but X has 200 rows"):
        next(HomologyKFold(2, clusters=[0, 1, 2]).split(texts))


def test_shuffle_is_seeded_and_moves_rows(texts):
    def folds(**settings):
        splits = HomologyKFold(4, **settings).split(texts)
        return [test.tolist() for _, test in splits]

    assert folds() == folds()
    assert folds(shuffle=True, random_state=1) == folds(shuffle=True, random_state=1)
    assert folds(shuffle=True, random_state=1) != folds(shuffle=True, random_state=2)


def test_shuffle_split_draws_with_the_shares_of_the_classes(rng, texts):
    y = (rng.random(len(texts)) < 0.2).astype(int)
    tests = [
        test for _, test in HomologyShuffleSplit(20, test_size=0.25, random_state=0).split(texts, y)
    ]
    assert all(40 <= len(test) <= 50 for test in tests)
    assert all(abs(y[test].mean() - y.mean()) < 0.07 for test in tests)
    assert len({tuple(test) for test in tests}) == 20
    counts = np.bincount(np.concatenate(tests), minlength=len(texts))
    assert (counts > 0).mean() > 0.95


def test_in_cross_validate_and_search(rng, texts):
    y = np.array([text.count("G") > 20 for text in texts]).astype(int)
    model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    X = pd.Series(texts, index=rng.permutation(len(texts)))
    scores = cross_validate(model, X, y, cv=HomologyKFold(3), scoring="roc_auc")
    assert scores["test_score"].shape == (3,)
    search = GridSearchCV(model, {"logisticregression__C": [0.1, 1]}, cv=HomologyKFold(3))
    assert clone(search).fit(X, y).best_score_ > 0.5
    codes = encode(list(texts))
    a, b = (cross_validate(model, data, y, cv=HomologyKFold(3)) for data in (texts, codes))
    assert (a["test_score"] == b["test_score"]).all()


def test_groups_are_routed_as_to_group_k_fold(texts):
    y = np.arange(len(texts)) % 2
    groups = homology_clusters(texts) % 40
    model = make_pipeline(KmerCounter(k=2), LogisticRegression())
    with sklearn.config_context(enable_metadata_routing=True):
        for cv in (HomologyKFold(2), HomologyShuffleSplit(2, random_state=0), GroupKFold(2)):
            cross_validate(model, texts, y, cv=cv, params={"groups": groups})
            assert cv.get_metadata_routing().split.requests["groups"] is True
    cross_validate(model, texts, y, cv=HomologyKFold(2), groups=groups)


def test_repr_pickle_and_copy():
    splitter = HomologyKFold(3, similarity=0.8)
    assert "n_splits=3" in repr(splitter)
    assert "similarity=0.8" in repr(splitter)
    assert repr(pickle.loads(pickle.dumps(splitter))) == repr(splitter)
    assert repr(clone(splitter, safe=False)) == repr(splitter)
    assert splitter.get_n_splits() == 3


def test_column_of_a_frame(texts):
    frame = pd.DataFrame({"gc": 0.5, "sequence": texts, "dna": texts[::-1]})
    expected = [test.tolist() for _, test in HomologyKFold(3).split(texts)]
    assert [test.tolist() for _, test in HomologyKFold(3).split(frame)] == expected
    assert list(HomologyKFold(3, column="dna").split(frame))
    with pytest.raises(ValueError, match="none named 'seq', only 'gc', 'sequence', 'dna'; set `c"):
        next(HomologyKFold(3, column="seq").split(frame))


def test_fewer_clusters_than_folds(rng):
    with pytest.raises(ValueError, match=r"at least 5 clusters.*only 2; the largest has 30 of 40"):
        next(HomologyKFold(5).split(family_texts(rng, [30, 10])))


def test_a_test_part_of_less_than_half_its_size_is_told():
    drawn = np.array([True, False])
    with pytest.warns(UserWarning, match="the test part has only 2"):
        splitters._check_drawn(np.array([2, 8]), drawn, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splitters._check_drawn(np.array([2, 8]), drawn, 4)


def test_a_giant_cluster_is_told(rng):
    X = family_texts(rng, [60] + [1] * 40)
    with pytest.warns(UserWarning, match=r"folds are unequal, from 10 to 60.*60 of 100 rows"):
        sizes = [len(test) for _, test in HomologyKFold(5).split(X)]
    assert sizes == [60, 10, 10, 10, 10]
    with pytest.raises(ValueError, match=r"20 of 100 rows are to be tested.*so that none can"):
        next(HomologyShuffleSplit(1, test_size=0.2).split(family_texts(rng, [60, 40])))


def test_a_class_in_too_few_clusters_is_told(rng, texts):
    y = np.zeros(len(texts), dtype=int)
    y[:2] = 1
    with pytest.warns(UserWarning, match="class 1 is in 2 of 4 test folds only"):
        list(HomologyKFold(4).split(texts, y))


@pytest.mark.parametrize("n_splits", [1, 0, 2.5, True, "5"])
def test_bad_numbers_of_folds(texts, n_splits):
    with pytest.raises(ValueError, match="n_splits must be an integer >= 2"):
        next(HomologyKFold(n_splits).split(texts))


@pytest.mark.parametrize(("size", "message"), [(0.0, "in"), (1.0, "in"), (0, ">= 1"), (200, "200")])
def test_bad_test_sizes(texts, size, message):
    with pytest.raises(ValueError, match=f"test_size.*{message}"):
        next(HomologyShuffleSplit(1, test_size=size).split(texts))


def test_labels_that_are_no_classes_are_not_stratified(rng, texts):
    # Strings of labels for each position, or counts: as many classes as rows tell nothing.
    n = len(texts)
    for y in (texts, rng.permutation(n), np.append(np.nan, rng.normal(size=n - 1))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folds = [test for _, test in HomologyKFold(3).split(texts, y)]
        assert sorted(np.concatenate(folds)) == list(range(n))


def test_missing_labels_are_of_no_class(texts):
    y = np.resize([0.0, 1.0], len(texts))
    y[:3] = np.nan
    for labels in (y, y[:, np.newaxis]):
        shares = [np.nanmean(y[test]) for _, test in HomologyKFold(2).split(texts, labels)]
        np.testing.assert_allclose(shares, 0.5, atol=0.15)


def test_many_missing_classes_are_one_warning_at_the_line_of_the_user(texts):
    y = np.zeros(len(texts), dtype=int)
    y[:3] = [1, 2, 3]
    with pytest.warns(UserWarning, match=r"class 1 is in 1 of 4 .*as 2 more") as caught:
        list(HomologyKFold(4).split(texts, y))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("splitter", [HomologyKFold, HomologyShuffleSplit])
def test_clusters_cannot_follow_into_an_inner_cross_validation(texts, tmp_path, splitter):
    path = tmp_path / "clusters.tsv"
    path.write_text("".join(f"{i}\t{i}\n" for i in range(len(texts))))
    for clusters in (np.arange(len(texts)), path):
        inner = splitter(2, clusters=clusters)
        with pytest.raises(ValueError, match=r"labels, but X has 5 rows.*inner cross-validation"):
            next(inner.split(texts[10:15]))
    # Names follow, as the index of X.
    rows = pd.Series(texts)[10:30]
    assert next(splitter(2, clusters=path).split(rows))


def test_too_few_clusters_because_of_groups(texts):
    with pytest.raises(ValueError, match="Groups merge the clusters"):
        next(HomologyKFold(2).split(texts, groups=np.zeros(len(texts))))


def test_every_task_has_its_share_in_each_fold(rng):
    """Without similar sequences, the positives of each task differ by two at most."""
    texts = family_texts(rng, [1] * 200, length=60)
    Y = (rng.random((200, 3)) < [0.1, 0.3, 0.5]).astype(float)
    Y[::17, 1] = np.nan
    splitter = HomologyKFold(4, clusters=np.arange(200))
    positives = [np.nansum(Y[test], axis=0) for _, test in splitter.split(texts, Y)]
    assert np.ptp(positives, axis=0).max() <= 2
