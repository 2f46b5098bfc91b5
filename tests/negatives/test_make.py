"""Labeled sets of positives and negatives."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from real_data import DATA, needs_data
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics import KmerCounter
from skgenomics.genome import Genome, read_bed
from skgenomics.negatives import dinucleotide_shuffle, make_negatives
from skgenomics.sequences import encode

YEAST = DATA / "io" / "sacCer3"
TEXTS = ["ACGTTACGATTAGCAgacc", "TTGACCAGTCCATGACCATTG", "GGCATTACCATGGACATAGGC"]


def test_positives_come_first_and_know_their_negatives():
    data = make_negatives(TEXTS, ratio=2, random_state=0)
    assert data.X[:3] == [text.upper() for text in TEXTS]
    assert data.X[3:] == dinucleotide_shuffle(TEXTS, n_shuffles=2, random_state=0)
    assert data.y.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert data.groups.tolist() == [0, 1, 2, 0, 0, 1, 1, 2, 2]


def test_the_container_stays():
    expected = make_negatives(TEXTS, random_state=0).X
    rows = make_negatives(tuple(TEXTS), random_state=0).X
    assert rows == tuple(expected)
    rows = make_negatives([[x] for x in TEXTS], random_state=0).X
    assert rows == [[x] for x in expected]
    array = make_negatives(np.array(TEXTS, dtype=object)[:, np.newaxis], random_state=0).X
    assert array.shape == (6, 1)
    assert array[:, 0].tolist() == expected
    series = pd.Series(TEXTS, index=[3, 3, "x"], name="sequence")
    result = make_negatives(series, random_state=0).X
    pd.testing.assert_series_equal(result, pd.Series(expected, name="sequence"))
    result = make_negatives(series.to_frame(), random_state=0).X
    pd.testing.assert_frame_equal(result, pd.DataFrame({"sequence": expected}))
    codes = make_negatives(encode(TEXTS), random_state=0)
    assert codes.X.dtype == np.uint8
    assert_array_equal(codes.X, encode(expected))


@pytest.mark.parametrize("as_codes", [False, True])
def test_shuffles_that_equal_a_positive_are_left_out(as_codes):
    texts = ["ACGTTACGATTAGCAGACCAT", "AAAAA", "TTGACCAGTCCATGACCATTG"]
    X = encode(texts) if as_codes else texts
    with pytest.warns(UserWarning, match=r"2 of 6 shuffles .* sequence 1") as told:
        data = make_negatives(X, ratio=2, random_state=0)
    assert told[0].filename == __file__
    assert data.y.tolist() == [1, 1, 1, 0, 0, 0, 0]
    assert data.groups.tolist() == [0, 1, 2, 0, 0, 2, 2]
    with pytest.raises(ValueError, match="every shuffle with k=2 equals a positive"):
        make_negatives(["AAAA", "ACGT"])


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    symbols = np.random.default_rng(0).choice(list("ACGT"), 20_000)
    path.write_text(f">chr1\n{''.join(symbols)}\n")
    return path


def test_intervals_get_a_matched_background(genome):
    peaks = pd.DataFrame(
        {"score": [3, 4], "end": [200, 1100], "chrom": ["1", "1"], "start": [100, 1000]},
        index=["a", "b"],
    )
    exclude = pd.DataFrame({"chrom": ["chr1"], "start": [9000], "end": [20_000]})
    settings = {"method": "matched", "genome": genome, "ratio": 3, "random_state": 0}
    data = make_negatives(peaks, exclude=exclude, **settings)
    assert data.X.columns.tolist() == ["chrom", "start", "end"]
    assert data.X["chrom"].eq("chr1").all()
    assert data.X["start"].tolist()[:2] == [100, 1000]
    assert data.X["end"].max() <= 9000
    assert data.X.index.tolist() == list(range(8))
    assert data.groups.tolist() == [0, 1, 0, 0, 0, 1, 1, 1]
    stranded = make_negatives(peaks.assign(strand=["-", "+"]), **settings)
    assert stranded.X["strand"].tolist() == ["-", "+", "-", "-", "-", "+", "+", "+"]


def test_errors(genome):
    peaks = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [10]})
    with pytest.raises(ValueError, match="set method='matched'"):
        make_negatives(peaks)
    with pytest.raises(ValueError, match="needs the genome"):
        make_negatives(peaks, method="matched")
    with pytest.raises(ValueError, match=r"needs a DataFrame of intervals .* got ndarray"):
        make_negatives(peaks.to_numpy(), method="matched", genome=genome)
    with pytest.warns(UserWarning, match="rows of exclude") as told:
        make_negatives(peaks, method="matched", genome=genome, exclude=peaks.assign(chrom="chrUn"))
    assert told[0].filename == __file__
    with pytest.raises(ValueError, match=r"intervals: .*chrom"):
        make_negatives(pd.DataFrame({"x": [1]}), method="matched", genome=genome)
    with pytest.raises(ValueError, match="method must be one of"):
        make_negatives(TEXTS, method="random")
    with pytest.raises(ValueError, match="ratio must be"):
        make_negatives(TEXTS, ratio=0)
    with pytest.raises(ValueError, match="before they are encoded"):
        make_negatives(np.zeros((2, 40)))


@needs_data
@pytest.mark.parametrize(("k", "low", "high"), [(2, 0.49, 0.51), (1, 0.75, 1.0)])
def test_dinucleotides_do_not_tell_yeast_promoters_from_their_shuffles(k, low, high):
    """Mononucleotide shuffles are told apart, however."""
    genome = Genome(YEAST / "sacCer3.fa.gz")
    genes = read_bed(YEAST / "sacCer3.transcripts.bed.gz").sample(1500, random_state=0)
    genes = genes[genes["start"] > 300]
    texts = genome.fetch_many(genes["chrom"], genes["start"] - 300, genes["start"])
    data = make_negatives(texts, k=k, random_state=0)
    classifier = make_pipeline(
        KmerCounter(k=(1, 2), weighting="frequency"), StandardScaler(), LogisticRegression()
    )
    folds = GroupKFold(5).split(data.X, data.y, data.groups)
    score = cross_val_score(classifier, data.X, data.y, cv=folds, scoring="roc_auc").mean()
    assert low <= score <= high
