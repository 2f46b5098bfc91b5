import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgenomics import CNNClassifier
from skgenomics.genome import SignalEncoder

PEAKS = pd.DataFrame(
    {
        "name": ["a", "b", "c"],
        "chrom": ["1", "chr1", "chr1"],
        "start": [0, 4, 10],
        "end": [6, 10, 16],
        "strand": ["+", "-", "."],
    },
    index=[3, 1, 1],
)
FIRST = np.arange(14, dtype=np.float32)
SECOND = 100 + FIRST


@pytest.fixture
def tracks(tmp_path):
    paths = []
    for name, values in (("atac", FIRST), ("ctcf", SECOND)):
        paths.append(tmp_path / f"{name}.rep1.bedGraph")
        lines = [f"chr1\t{i}\t{i + 1}\t{value}" for i, value in enumerate(values)]
        paths[-1].write_text("\n".join(lines) + "\n")
    return paths


def test_one_value_per_base_position_by_position(tracks):
    channels = SignalEncoder(tracks).fit_transform(PEAKS).reshape(3, 6, 2)
    padded = np.append(FIRST, [0, 0])
    np.testing.assert_array_equal(channels[0, :, 0], FIRST[:6])
    np.testing.assert_array_equal(channels[1, :, 1], SECOND[4:10][::-1])
    np.testing.assert_array_equal(channels[2, :, 0], padded[10:16])
    assert channels.dtype == np.float32


def test_bins_and_lengths(tracks):
    encoder = SignalEncoder(tracks, bins=2, length=4, statistic="sum", missing=np.nan)
    channels = encoder.fit_transform(PEAKS)
    # Around the base at 3 of the interval from its 5' end, two to its left and one to its right.
    assert channels[0].tolist() == [1 + 2, 101 + 102, 3 + 4, 103 + 104]
    assert channels[1].tolist() == [8 + 7, 108 + 107, 6 + 5, 106 + 105]
    assert channels[2].tolist() == [11 + 12, 111 + 112, 13, 113]


def test_intervals_of_several_lengths_need_bins(tracks):
    ragged = PEAKS.assign(end=[6, 9, 16])
    with pytest.raises(
        ValueError, match=r"row 1, chr1:4-9, has 5 bases, .* length, 6 bases; set `length`"
    ):
        SignalEncoder(tracks).fit(ragged)
    with pytest.raises(ValueError, match="row 1, chr1:4-9, has 5 bases"):
        SignalEncoder(tracks).fit(PEAKS).transform(ragged)
    assert SignalEncoder(tracks, bins=5).fit_transform(ragged).shape == (3, 10)
    with pytest.raises(ValueError, match="row 1, chr1:4-9, has 5 bases, fewer than the 6 bins"):
        SignalEncoder(tracks, bins=6).fit(PEAKS).transform(ragged)


def test_conventions_of_scikit_learn(tracks):
    encoder = SignalEncoder(tracks, bins=3)
    checks = list(estimator_checks_generator(encoder))
    assert checks
    for instance, check in checks:
        check(instance)
    fitted = clone(encoder).fit(PEAKS)
    names = ["atac_0", "ctcf_0", "atac_1", "ctcf_1", "atac_2", "ctcf_2"]
    assert fitted.get_feature_names_out().tolist() == names
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(PEAKS), fitted.transform(PEAKS))
    frame = fitted.set_output(transform="pandas").transform(PEAKS)
    assert frame.columns.tolist() == names
    assert frame.index.tolist() == [3, 1, 1]
    same = SignalEncoder([tracks[0], tracks[0]], bins=1).fit(PEAKS)
    assert same.get_feature_names_out().tolist() == ["atac0_0", "atac1_0"]


def test_a_single_path_is_one_channel(tracks):
    alone = SignalEncoder(str(tracks[0]), bins=3).fit_transform(PEAKS)
    np.testing.assert_array_equal(alone, SignalEncoder(tracks[:1], bins=3).fit_transform(PEAKS))


def test_channels_of_a_network_and_a_part_of_a_column_transformer(tracks):
    columns = ["chrom", "start", "end"]
    encoder = make_column_transformer((SignalEncoder(tracks), columns))
    frame = pd.concat([PEAKS] * 8)
    channels = encoder.fit_transform(frame)
    classifier = CNNClassifier(
        n_channels=2, n_filters=4, kernel_size=3, pool_size=1, max_iter=1, random_state=0
    ).fit(channels, np.arange(24) % 2)
    assert classifier.predict_proba(channels).shape == (24, 2)
    assert classifier.length_ == 6


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"bins": 0}, "bins must be None or a positive integer, got 0"),
        ({"bins": 2.0}, "bins must be"),
        ({"length": -3}, "length must be None or a positive integer, got -3"),
        ({"statistic": "median"}, "statistic must be one of .*got 'median'"),
        ({"missing": "zero"}, "missing must be a number or NaN, got 'zero'"),
        ({"bigwigs": []}, "bigwigs is empty"),
    ],
)
def test_bad_parameters(tracks, parameters, message):
    with pytest.raises(ValueError, match=message):
        SignalEncoder(**{"bigwigs": tracks} | parameters).fit(PEAKS)


def test_bad_intervals(tracks):
    encoder = SignalEncoder(tracks).fit(PEAKS)
    unknown = PEAKS.assign(chrom=["2", "chr2", "chr2"])
    for method in (encoder.transform, clone(encoder).fit):
        with pytest.raises(
            ValueError, match=r"row 0: .*'2' is not in .*atac.rep1.bedGraph; there are"
        ):
            method(unknown)
    with pytest.raises(ValueError, match="X has no column 'strand', but had one in fit"):
        encoder.transform(PEAKS.drop(columns="strand"))
    with pytest.raises(ValueError, match="row 1 has the strand 'x'"):
        encoder.transform(PEAKS.assign(strand=["+", "x", "-"]))
    with pytest.raises(ValueError, match="has 6 bases, fewer than the 7 bins"):
        SignalEncoder(tracks, bins=7).fit(PEAKS)
    with pytest.raises(ValueError, match=r"row 1, chr1:-5-0, lies completely past an end"):
        encoder.transform(PEAKS.assign(start=[0, -5, 3], end=[6, 0, 9]))
    with pytest.raises(FileNotFoundError):
        SignalEncoder("none.bw").fit(PEAKS)


def test_a_chromosome_without_values_is_missing(tracks):
    encoder = SignalEncoder(tracks, missing=-1.0).fit(PEAKS)
    X = PEAKS.assign(chrom=["1", "chr1", "chrY"])
    with pytest.warns(UserWarning, match=r"bedGraph has no chromosome 'chrY'; its values are"):
        channels = encoder.transform(X)
    np.testing.assert_array_equal(channels[:2], encoder.transform(PEAKS)[:2])
    assert (channels[2] == -1).all()


def test_intervals_of_another_assembly(tmp_path):
    """A bigWig file tells how long the chromosomes are."""
    pybigtools = pytest.importorskip("pybigtools")
    path = tmp_path / "x.bw"
    pybigtools.open(str(path), "w").write({"chr1": 20}, iter([("chr1", 0, 20, 1.0)]))
    encoder = SignalEncoder(path, bins=1).fit(
        pd.DataFrame({"chrom": ["chr1"], "start": [15], "end": [25]})
    )
    other = pd.DataFrame({"chrom": ["chr1", "1"], "start": [0, 20], "end": [9, 29]})
    for method in (encoder.transform, clone(encoder).fit):
        with pytest.raises(ValueError, match=r"row 1, 1:20-29, .*which has 20 bases in .*x.bw; 1"):
            method(other)
