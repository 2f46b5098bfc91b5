import builtins
import gzip
import multiprocessing
import pickle
import shutil

import joblib
import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data

from skgenomics.genome import SignalTrack

SMALL = DATA / "io" / "small"
BEDGRAPH = (
    'browser position chr1\ntrack type=bedGraph name="a b"\n# comment\n'
    "chr1\t0\t3\t2.5\nchr1\t5\t7\t-4\n\nchr2\t10\t12\t1e3\nchr1\t3\t4\t0\n"
)
TRUTH = {
    "chr1": [2.5, 2.5, 2.5, 0, np.nan, -4, -4],
    "chr2": [*[np.nan] * 10, 1000, 1000],
}


@pytest.fixture
def bedgraph(tmp_path):
    path = tmp_path / "a.bedGraph"
    path.write_text(BEDGRAPH)
    return path


@pytest.fixture
def bigwig(tmp_path):
    """The same values, written by another package."""
    pybigtools = pytest.importorskip("pybigtools")
    path = tmp_path / "a.bw"
    values = [("chr1", 0, 3, 2.5), ("chr1", 3, 4, 0.0), ("chr1", 5, 7, -4.0), ("chr2", 10, 12, 1e3)]
    pybigtools.open(str(path), "w").write({"chr1": 20, "chr2": 15}, iter(values))
    return path


@pytest.fixture(params=["bedgraph", "bigwig"])
def path(request):
    return request.getfixturevalue(request.param)


def slow_values(name, start, end):
    known = dict(enumerate(TRUTH[name]))
    return np.array([known.get(i, np.nan) for i in range(start, end)], dtype=np.float32)


def test_values_of_all_stretches(path):
    track = SignalTrack(path)
    for name in ("chr1", "chr2"):
        for start in range(-3, 14):
            for end in range(start, 16):
                values = track.values(name, start, end)
                np.testing.assert_array_equal(values, slow_values(name, start, end))
                assert values.dtype == np.float32


@pytest.mark.parametrize("statistic", ["mean", "max", "sum"])
@pytest.mark.parametrize("missing", [0.0, np.nan, -1.5])
@pytest.mark.parametrize("n_bins", [1, 2, 3, 7])
def test_bins_equal_a_slow_count(path, statistic, missing, n_bins):
    names = ["chr1", "2", "chr1", "chr2"]
    starts, ends = np.array([-2, 7, 0, 0]), np.array([6, 14, 7, 9])
    strands = ["+", "-", "-", "."]
    bins = SignalTrack(path).bins(
        names, starts, ends, n_bins, strands=strands, statistic=statistic, missing=missing
    )
    for i, strand in enumerate(strands):
        name = names[i] if names[i].startswith("chr") else f"chr{names[i]}"
        values = slow_values(name, starts[i], ends[i]).astype(float)
        values = values[::-1] if strand == "-" else values
        values[np.isnan(values)] = missing
        for j in range(n_bins):
            part = values[j * len(values) // n_bins : (j + 1) * len(values) // n_bins]
            part = part[~np.isnan(part)]
            expected = getattr(np, statistic)(part) if len(part) else np.nan
            np.testing.assert_allclose(bins[i, j], expected, rtol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        BEDGRAPH.replace("\n", "\r\n").encode(),
        gzip.compress(BEDGRAPH.encode()),
        BEDGRAPH.replace("\t", " ").encode(),
    ],
    ids=["CRLF", "gz", "spaces"],
)
def test_ways_to_write_a_bedgraph(tmp_path, content):
    path = tmp_path / "track.txt"
    path.write_bytes(content)
    np.testing.assert_array_equal(SignalTrack(path).values("1", -1, 9), slow_values("chr1", -1, 9))
    assert set(SignalTrack(path).names) == {"chr1", "chr2"}


def test_a_bigwig_by_another_name(bigwig, tmp_path):
    for name in ("a.BW", "download"):
        shutil.copy(bigwig, tmp_path / name)
        track = SignalTrack(tmp_path / name)
        np.testing.assert_array_equal(track.values("chr1", 0, 7), slow_values("chr1", 0, 7))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t8\t9", "line 9: 3 columns"),
        ("chr1\t8\tx\t1", "line 9: 'x' in column 3 is not an integer. The line is 'chr1"),
        ("chr1\t8\t9\tx", "line 9: the value in column 4 is not a number"),
        ("chr1\t8\t9\t.", "line 9: the value in column 4 is not finite"),
        ("chr1\t8\t9\tinf", "line 9: the value in column 4 is not finite"),
        ("chr1\t9\t9\t1", "line 9: the start is"),
        ("chr1\t-1\t9\t1", "line 9: the start is"),
        ("chr1\t6\t9\t1", "line 9: it overlaps another line"),
        ("fixedStep chrom=chr1 start=1 step=1\n1", "line 9: 1 columns"),
    ],
)
def test_bad_lines(bedgraph, line, message):
    bedgraph.write_text(BEDGRAPH + line + "\n")
    with pytest.raises(ValueError, match=message):
        _ = SignalTrack(bedgraph).names


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no bigWig or bedGraph file"):
        SignalTrack(tmp_path / "none.bw")
    path = tmp_path / "a.bw"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is empty"):
        _ = SignalTrack(path).names
    path.write_bytes(bytes.fromhex("ebf28987") + bytes(60))
    with pytest.raises(ValueError, match="is a bigBed file"):
        _ = SignalTrack(path).names
    pytest.importorskip("pybigtools")
    path.write_bytes(bytes.fromhex("26fc8f88") + bytes(3))
    with pytest.raises(ValueError, match="is a damaged bigWig file"):
        _ = SignalTrack(path).names


def test_bad_intervals(path):
    track = SignalTrack(path)
    with pytest.raises(ValueError, match=r"chromosome 'chr3' is not in .*a\.b.*did you mean"):
        track.values("chr3", 0, 4)
    with pytest.raises(ValueError, match="row 1: chromosome 'chr3' is not in"):
        track.bins(["chr1", "chr3"], [0, 0], [4, 4], 2)
    with pytest.raises(ValueError, match="row 0, chr1:2-4, has 2 bases, fewer than the 3 bins"):
        track.bins(["chr1"], [2], [4], 3)
    with pytest.raises(ValueError, match="starts after its end"):
        track.values("chr1", 4, 2)


def test_series_are_read_by_position(path):
    frame = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [0, 2], "end": [6, 8]}, index=[7, 3])
    columns = [frame[name] for name in frame]
    track = SignalTrack(path)
    np.testing.assert_array_equal(
        track.bins(*columns, 2), track.bins(*[column.tolist() for column in columns], 2)
    )
    with pytest.raises(ValueError, match="row 0, chr1:0-6, has 6 bases, fewer than the 7 bins"):
        track.bins(*columns, 7)


def test_lengths_of_chromosomes(bigwig, bedgraph):
    assert SignalTrack(bigwig).lengths_of(["2", "chr1", "2"]).tolist() == [15, 20, 15]
    assert SignalTrack(bedgraph).lengths_of(["chr1"]) == np.iinfo(np.int64).max
    with pytest.raises(ValueError, match="row 1: chromosome 'chr7' is not in"):
        SignalTrack(bigwig).lengths_of(["chr1", "chr7"])


def test_a_missing_package_is_named(bigwig, monkeypatch):
    real = builtins.__import__

    def fail(name, *args, **kwargs):
        if name == "pybigtools":
            raise ImportError
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ImportError, match=r'pip install "skgenomics\[genome\]"'):
        _ = SignalTrack(bigwig).names


def test_processes_read_the_same_values(path):
    track = SignalTrack(path)
    starts = np.arange(-4, 8)
    windows = [(["chr1"] * 12, starts + shift, starts + shift + 5, 5) for shift in range(4)]
    expected = np.stack([track.bins(*columns) for columns in windows])
    assert vars(pickle.loads(pickle.dumps(track))) == {"path": path}
    loky = joblib.Parallel(n_jobs=2)(joblib.delayed(track.bins)(*columns) for columns in windows)
    np.testing.assert_array_equal(loky, expected)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        np.testing.assert_array_equal(pool.starmap(track.bins, windows, chunksize=1), expected)


@needs_data
@pytest.mark.parametrize(
    "name", ["grelu/test.bw", "tangermeme/test.bw", "tangermeme/test3.bw", "pybigwig/test.bw"]
)
def test_files_of_other_packages(name):
    pybigtools = pytest.importorskip("pybigtools")
    track, theirs = SignalTrack(SMALL / name), pybigtools.open(str(SMALL / name))
    assert set(track.names) == set(theirs.chroms())
    for chrom in track.names:
        expected = np.full(300, np.nan, dtype=np.float32)
        for start, end, value in theirs.records(chrom, 0, min(300, theirs.chroms()[chrom])):
            expected[start:end] = value
        np.testing.assert_array_equal(track.values(chrom, 0, 300), expected)


@needs_data
def test_a_bedgraph_of_macs():
    values = SignalTrack(SMALL / "bionumpy/small_treat_pileup.bdg").values("chr1", 0, 466)
    assert values[[0, 1, 2, 142, 143, 463, 464, 465]].tolist() == [0, 0, 1, 1, 2, 2, 4, 5]
