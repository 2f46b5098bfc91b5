"""Chromosomes stay whole."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skgenomics.model_selection import ChromosomeKFold, LeaveChromosomesOut


@pytest.fixture
def frame(rng):
    names = [f"chr{i}" for i in [*range(1, 23), "X"]]
    shares = np.arange(23, 0, -1) / 276
    chrom = rng.choice(names, p=shares, size=2000)
    return pd.DataFrame({"chrom": chrom, "start": rng.integers(10**6, size=2000)})


def test_chromosomes_are_whole_and_folds_alike(rng, frame):
    y = (rng.random(len(frame)) < 0.1).astype(int)
    chrom = frame["chrom"].to_numpy()
    tested = []
    for train, test in ChromosomeKFold(5).split(frame, y):
        assert not set(chrom[train]) & set(chrom[test])
        assert abs(len(test) - 400) < 40
        assert abs(y[test].sum() - y.sum() / 5) < 8
        tested += test.tolist()
    assert sorted(tested) == list(range(len(frame)))


def test_groups_come_before_the_column(frame):
    groups = np.arange(len(frame)) % 3
    for train, test in ChromosomeKFold(3).split(frame, groups=groups):
        assert len(set(groups[test])) == 1
        assert not set(groups[train]) & set(groups[test])


def test_number_of_splits():
    assert ChromosomeKFold(4).get_n_splits() == 4


def test_shuffled_folds_are_those_of_the_seed():
    # Chromosomes of one size: the largest come first, and the order of equal ones is random.
    frame = pd.DataFrame({"chrom": np.repeat([f"chr{i}" for i in range(1, 10)], 3)})

    def draw(seed):
        splitter = ChromosomeKFold(3, shuffle=True, random_state=seed)
        return [test.tolist() for _, test in splitter.split(frame)]

    assert draw(0) == draw(0) != draw(1)


def test_each_chromosome_in_turn(frame):
    splitter = LeaveChromosomesOut()
    tested = [frame["chrom"].iloc[test].unique().tolist() for _, test in splitter.split(frame)]
    assert tested == [[name] for name in frame["chrom"].unique()]
    assert splitter.get_n_splits(frame) == 23


def test_named_sets(frame):
    splitter = LeaveChromosomesOut(["chr8", ["chr1", "chrX"]])
    tested = [set(frame["chrom"].iloc[test]) for _, test in splitter.split(frame)]
    assert tested == [{"chr8"}, {"chr1", "chrX"}]
    assert splitter.get_n_splits() == 2


def test_as_cv_of_scikit_learn(rng, frame):
    X, y = rng.normal(size=(2000, 3)), np.arange(2000) % 2
    for cv, n in ((ChromosomeKFold(4), 4), (LeaveChromosomesOut(["chr2", "chr3"]), 2)):
        scores = cross_val_score(LogisticRegression(), X, y, groups=frame["chrom"], cv=cv)
        assert scores.shape == (n,)
        with sklearn.config_context(enable_metadata_routing=True):
            params = {"groups": frame["chrom"]}
            routed = cross_val_score(LogisticRegression(), X, y, params=params, cv=cv)
        assert (routed == scores).all()


def test_repr():
    assert repr(ChromosomeKFold(3)).startswith("ChromosomeKFold(column='chrom', n_splits=3")
    assert repr(LeaveChromosomesOut(["chr1"])) == (
        "LeaveChromosomesOut(chromosomes=['chr1'], column='chrom')"
    )


def test_numbers_are_names_too():
    splits = list(LeaveChromosomesOut(["2"]).split(np.zeros((3, 1)), groups=[1, 2, 1]))
    assert splits[0][1].tolist() == [1]


@pytest.mark.parametrize(
    ("splitter", "groups", "message"),
    [
        (ChromosomeKFold(3), None, "pass them as `groups`, or X as a frame with the column 'chr"),
        (ChromosomeKFold(3), ["a", None, "b"], "row 1 has no chromosome, as 1 of 3 rows"),
        (ChromosomeKFold(3), ["a", "a", "b"], "at least 3 chromosomes, but there are only 2"),
        (ChromosomeKFold(1), ["a", "a", "b"], "n_splits must be an integer >= 2"),
        (LeaveChromosomesOut(["chr8"]), ["9", "1", "2"], "'chr8', only on '9', '1', '2'"),
        (LeaveChromosomesOut([["chr1"], ["ch2"]]), ["chr1", "chr2", "chr3"], "mean 'chr2'"),
        (LeaveChromosomesOut(["a"]), ["a", "a", "a"], "testing a leaves no row to train on"),
        (LeaveChromosomesOut("chr8"), ["chr8", "a", "b"], "must be a list of names"),
        (LeaveChromosomesOut([]), ["chr8", "a", "b"], "must be a list of names"),
    ],
)
def test_errors(splitter, groups, message):
    with pytest.raises(ValueError, match=message):
        list(splitter.split(np.zeros((3, 1)), groups=groups))


def test_one_large_chromosome_is_told():
    groups = ["chr1"] * 80 + ["chr2"] * 10 + ["chr3"] * 10
    with pytest.warns(UserWarning, match="from 10 to 80 rows: the largest chromosome has 80"):
        list(ChromosomeKFold(3).split(np.zeros((100, 1)), groups=groups))


def test_names_of_one_chromosome_are_one():
    groups = ["chr1", "1", "chr2", "2", "chrM", "MT"]
    for _, test in ChromosomeKFold(3).split([0] * 6, groups=groups):
        assert test.tolist() in [[0, 1], [2, 3], [4, 5]]
    folds = [test.tolist() for _, test in LeaveChromosomesOut().split([0] * 6, groups=groups)]
    assert folds == [[0, 1], [2, 3], [4, 5]]
    assert LeaveChromosomesOut().get_n_splits(groups=groups) == 3


def test_sets_to_test_are_found_by_any_name():
    splitter = LeaveChromosomesOut([8, ("chr1", "chrM")])
    folds = splitter.split([0] * 4, groups=["chr8", "1", "2", "MT"])
    assert [test.tolist() for _, test in folds] == [[0], [1, 3]]
