import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from genome_files import fasta_text, random_records
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgenomics import KmerCounter
from skgenomics.genome import Genome, IntervalEncoder
from skgenomics.sequences import reverse_complement

RECORDS = random_records()
PEAKS = pd.DataFrame(
    {
        "score": [1.0, 2.0, 3.0],
        "end": [40, 21, 200],
        "strand": ["+", "-", "."],
        "chrom": ["chr1", "3", "chr1"],
        "start": [10, 20, 180],
    },
    index=[5, 5, 1],
)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(fasta_text(RECORDS))
    return path


def test_intervals_as_they_are(fasta):
    texts = IntervalEncoder(fasta).fit_transform(PEAKS)
    expected = [
        RECORDS["chr1"][10:40],
        reverse_complement(RECORDS["chr3"][20:21]),
        RECORDS["chr1"][180:200],
    ]
    assert texts[:, 0].tolist() == expected
    assert texts.shape == (3, 1)
    assert texts.dtype == object


@pytest.mark.parametrize("length", [1, 8, 9])
@pytest.mark.parametrize("width", [0, 1, 6, 7])
def test_the_middle_of_an_interval_comes_to_the_middle_of_the_text(tmp_path, length, width):
    """Every position has a word of its own, so that a text tells where it is from."""
    path = tmp_path / "genome.fa"
    symbols = "".join(np.random.default_rng(0).choice(list("ACGT"), size=400))
    path.write_text(f">a\n{symbols}\n")
    for start in (200, 201):
        frame = pd.DataFrame({"chrom": "a", "start": [start] * 2, "end": [start + width] * 2})
        frame["strand"] = ["+", "-"]
        plus, minus = IntervalEncoder(path, length=length).fit_transform(frame)[:, 0]
        first = start + width // 2 - length // 2
        assert plus == symbols[first : first + length]
        # On the other strand, the same rule holds for the genome read backwards.
        backwards = reverse_complement(symbols)
        first = 400 - start - width + width // 2 - length // 2
        assert minus == backwards[first : first + length]


def test_soft_masking(fasta):
    kept = IntervalEncoder(fasta).fit_transform(PEAKS)[0, 0]
    dropped = IntervalEncoder(fasta, soft_masking="drop").fit_transform(PEAKS)[0, 0]
    masked = IntervalEncoder(fasta, soft_masking="mask").fit_transform(PEAKS)[0, 0]
    assert any(x.islower() for x in kept)
    assert dropped == kept.upper()
    assert masked == "".join("N" if x.islower() else x for x in kept)


def test_arrays_and_lists(fasta):
    expected = IntervalEncoder(fasta).fit_transform(PEAKS)
    columns = PEAKS[["chrom", "start", "end", "strand"]]
    for X in (columns.to_numpy(), columns.astype(str).to_numpy(), columns.to_numpy().tolist()):
        np.testing.assert_array_equal(IntervalEncoder(fasta).fit_transform(X), expected)
    without = IntervalEncoder(fasta).fit_transform(columns.to_numpy()[:, :3])
    assert without[1, 0] == reverse_complement(expected[1, 0])


def test_padding_is_counted_and_the_first_row_named(fasta):
    encoder = IntervalEncoder(fasta, length=100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.fit(PEAKS)
    assert encoder.n_padded_ == 2 + 1
    with pytest.warns(
        UserWarning, match=r"3 of 3 intervals .* with N, the first in row 0 .chr1:10"
    ) as caught:
        texts = encoder.transform(PEAKS)[:, 0]
    # Not that of scikit-learn's wrapper around `transform`.
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="3 of 3 intervals") as caught:
        make_pipeline(encoder, KmerCounter(k=1)).fit_transform(PEAKS)
    assert caught[0].filename == __file__
    assert {len(text) for text in texts} == {100}
    assert texts[0].startswith("N" * 25 + RECORDS["chr1"][:5])


def test_the_input_stays_as_it_is(fasta):
    before = PEAKS.copy(deep=True)
    IntervalEncoder(fasta, length=5).fit_transform(PEAKS)
    pd.testing.assert_frame_equal(PEAKS, before)


def test_conventions_of_scikit_learn(fasta):
    encoder = IntervalEncoder(Genome(fasta), length=10)
    checks = list(estimator_checks_generator(encoder))
    assert checks
    for instance, check in checks:
        check(instance)
    fitted = clone(encoder).fit(PEAKS)
    assert fitted.n_features_in_ == 5
    assert fitted.feature_names_in_.tolist() == list(PEAKS.columns)
    assert fitted.get_feature_names_out().tolist() == ["sequence"]
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(PEAKS), fitted.transform(PEAKS))
    frame = fitted.set_output(transform="pandas").transform(PEAKS)
    assert frame.columns.tolist() == ["sequence"]
    assert frame.index.tolist() == [5, 5, 1]


def planted(n=60):
    random = np.random.default_rng(0)
    y = np.arange(n) % 2
    symbols = ["ACGT"[i] for i in random.integers(4, size=n * 40)]
    for i in np.flatnonzero(y):
        symbols[i * 40 + 10 : i * 40 + 18] = "TTTTTTTT"
    frame = pd.DataFrame({"chrom": "1", "start": np.arange(n) * 40})
    frame["end"], frame["gc"], frame["strand"] = frame["start"] + 40, random.random(n), "+"
    return f">chr1\n{''.join(symbols)}\n", frame, y


def test_first_step_of_a_pipeline_and_part_of_a_column_transformer(tmp_path):
    text, frame, y = planted()
    path = tmp_path / "genome.fa"
    path.write_text(text)
    dna = make_pipeline(IntervalEncoder(path), KmerCounter(k=4))
    scores = cross_val_score(make_pipeline(dna, LogisticRegression()), frame, y)
    assert scores.mean() > 0.95
    columns = ["strand", "chrom", "start", "end"]
    both = make_column_transformer((dna, columns), (StandardScaler(), ["gc"]))
    assert both.fit_transform(frame).shape == (60, 4**4 + 1)
    assert both.get_feature_names_out()[-1] == "standardscaler__gc"


def change(**columns):
    return PEAKS.assign(**columns)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (PEAKS.drop(columns="end"), "X has no column 'end', only 'score', 'strand'"),
        (PEAKS.iloc[:0], "Found array with 0 sample"),
        (change(start=[10, 22, 180]), "row 1 of X, 3:22-21, starts after its end"),
        (change(start=[10.0, np.nan, 180]), "row 1 has the start .*nan"),
        (change(start=["10", "x", "180"]), "row 1 has the start 'x'"),
        (change(end=[40, 21, 199.5]), r"row 2 has the end .*199\.5"),
        (change(chrom=["chr1", None, "chr1"]), "row 1 of X has no chromosome"),
        (change(chrom=["chr1", "3", "chr9"]), "row 2: chromosome 'chr9' is not in"),
        (change(strand=["+", "-", "?"]), r"row 2 has the strand '\?'"),
        (change(strand=["+", "-", np.nan]), "row 2 has the strand nan"),
        (
            change(start=[10, 61, 180], end=[40, 62, 200]),
            "row 1, 3:61-62, lies completely past an end",
        ),
        (change(start=[-20, 20, 180], end=[-10, 21, 200]), "row 0, chr1:-20--10, lies completely"),
        (pd.concat([PEAKS, PEAKS[["start"]]], axis=1), "X has 2 columns 'start'"),
        (PEAKS[["chrom", "start"]].to_numpy(), r"an array of 3 or 4 columns .* shape \(3, 2\)"),
        (["chr1:10-40"], r"shape \(1,\)"),
    ],
)
def test_bad_intervals(fasta, X, message):
    with pytest.raises(ValueError, match=message):
        IntervalEncoder(fasta).fit(X)
    encoder = IntervalEncoder(fasta).fit(PEAKS)
    with pytest.raises(ValueError, match=message):
        encoder.transform(X)


def test_bad_parameters(fasta):
    for length in (0, -1, 2.5, True, "10"):
        with pytest.raises(ValueError, match="length must be None or a positive integer"):
            IntervalEncoder(fasta, length=length).fit(PEAKS)
    with pytest.raises(ValueError, match="soft_masking must be one of"):
        IntervalEncoder(fasta, soft_masking="lower").fit(PEAKS)
    with pytest.raises(FileNotFoundError, match="there is no FASTA file at none.fa"):  # noqa: RUF043
        IntervalEncoder("none.fa").fit(PEAKS)


def test_strands_do_not_come_or_go_without_a_word(fasta):
    without = PEAKS.drop(columns="strand")
    with pytest.raises(ValueError, match="X has no column 'strand', but had one in fit"):
        IntervalEncoder(fasta).fit(PEAKS).transform(without)
    with pytest.raises(ValueError, match="X has a column 'strand', but had none in fit"):
        IntervalEncoder(fasta).fit(without).transform(PEAKS)
