"""BED, narrowPeak and broadPeak files: what is read is what is there, and errors name the line."""

import gzip

import numpy as np
import pandas as pd
import pytest

from skgenomics.genome.intervals import (
    read_bed,
    read_broadpeak,
    read_intervals,
    read_narrowpeak,
    write_bed,
)

BED6 = "chr1\t1\t5\ta\t7\t+\nchr1\t3\t9\tb\t.\t-\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="x.bed"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def test_columns_have_their_names_and_types(write):
    frame = read_bed(write(BED6))
    assert list(frame) == ["chrom", "start", "end", "name", "score", "strand"]
    assert frame["start"].tolist() == [1, 3]
    assert frame["start"].dtype == frame["end"].dtype == np.int64
    assert frame["score"].iloc[0] == 7
    assert np.isnan(frame["score"].iloc[1])
    assert frame["strand"].tolist() == ["+", "-"]
    assert list(frame.index) == [0, 1]


@pytest.mark.parametrize(
    "text",
    [
        BED6.replace("\n", "\r\n"),
        "track name=x\nbrowser position chr1\n# comment\n\n" + BED6,
        BED6.replace("\t", "  "),
        BED6.rstrip("\n"),
        "\ufeff" + BED6,
    ],
    ids=["CRLF", "header", "spaces", "no last newline", "BOM"],
)
def test_all_ways_to_write_the_same_file(write, text):
    pd.testing.assert_frame_equal(read_bed(write(text)), read_bed(write(BED6, "y.bed")))


def test_compressed_files(tmp_path, write):
    for name in ("x.bed.gz", "x.bed.bgz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(BED6[:19].encode()) + gzip.compress(BED6[19:].encode()))
        pd.testing.assert_frame_equal(read_intervals(path), read_bed(write(BED6)))


def test_a_truncated_file_is_an_error(tmp_path):
    path = tmp_path / "x.bed.gz"
    path.write_bytes(gzip.compress(BED6.encode() * 100)[:-12])
    with pytest.raises(ValueError, match="damaged gzip"):
        read_bed(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t1\t5\nchr1\t7\n", "line 2: 2 columns, unlike the 3 of line 1.*'chr1.t7'"),
        ("#x\nchr1\t1\n", "line 2: 2 columns, but there must be at least 3"),
        ("chr1\t1\t5\n\nchr1\t9\t5\n", "line 3: the start is greater than the end"),
        ("chr1\t-1\t5\n", "line 1: the start is below 0"),
        ("chr1\t1\t5\nchr1\t1.5\t5\n", "line 2: '1.5' in column 2 is not an integer"),
        ("chr1\t1\t5\nchr1\t1\t\n", "line 2: '' in column 3 is not an integer"),
        ("chr1\t1\t99999999999999999999\n", "line 1: '9+' in column 3 is not an integer"),
        ("chrom\tstart\tend\nchr1\t1\t2\n", "line 1: 'start' in column 2 is not an integer"),
        ("chr1 1 5\nchr1 1 x\n", "line 2: 'x' in column 3 is not an integer"),
        ("\t1\t5\n", "line 1: the chromosome is missing"),
        ("chr1\t1\t5\ta\t0\tx\n", "line 1: the strand 'x' is none of.*names"),
        ("chr1\t1\t5\ta\thigh\t+\n", "line 1: the score .* is not a number"),
        ("# nothing\n\n", "is empty"),
        ("", "is empty"),
    ],
)
def test_malformed_lines_are_named_and_shown(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_bed(write(text))


def test_long_lines_are_cut_in_messages(write):
    with pytest.raises(ValueError, match="is below 0") as caught:
        read_bed(write(f"chr1\t-1\t5\t{'x' * 10_000}\n"))
    assert len(str(caught.value)) < 400


def test_order_is_checked_on_request(write):
    ordered = "chr2\t5\t6\nchr2\t5\t7\nchr1\t0\t1\n"
    assert len(read_bed(write(ordered), check_sorted=True)) == 3
    falling = write("chr1\t5\t6\nchr1\t4\t9\n")
    assert len(read_bed(falling)) == 2
    with pytest.raises(ValueError, match=r"line 2: it starts before the line above.*chr1.t4.t9"):
        read_bed(falling, check_sorted=True)
    with pytest.raises(ValueError, match="line 3: its chromosome is not in one block"):
        read_bed(write("chr1\t5\t6\nchr2\t1\t2\nchr1\t8\t9\n"), check_sorted=True)


def test_further_columns(write):
    frame = read_bed(write("chr1\t1\t5\thigh\t0.5\n"), names=["level", "signal"])
    assert frame[["level", "signal"]].iloc[0].tolist() == ["high", "0.5"]
    with pytest.raises(ValueError, match="5 columns, but there must be at most 4"):
        read_bed(write("chr1\t1\t5\thigh\t0.5\n"), names=["level"])
    wide = read_bed(write("chr1\t1\t5\ta\t0\t+\t1\t5\t0\t1\t4,\t0,\tone\ttwo\n"))
    assert list(wide)[-3:] == ["block_starts", "column_13", "column_14"]
    assert wide["thick_end"].tolist() == [5]


def test_peaks(write):
    broad = "chr1\t482\t790\tp\t1521\t.\t10.8571\t152.18\t150.464"
    frame = read_broadpeak(write(broad + "\n"))
    assert frame["q_value"].tolist() == [150.464]
    frame = read_narrowpeak(write(broad + "\t157\n"))
    assert frame["summit"].tolist() == [157]
    with pytest.raises(ValueError, match="9 columns, but there must be at least 10"):
        read_narrowpeak(write(broad + "\n"))


@pytest.mark.parametrize("name", ["x.bed", "x.bed.gz", "x.bed.bgz"])
@pytest.mark.parametrize(
    "text",
    [
        "chr1\t1\t5\n",
        BED6,
        "chr1\t1\t5\ta\t0.25\t+\n",
        "chr17\t6010\t31420\tuc\t0\t-\t6012\t31270\t0\t2\t158,127,\t0,5195,\n",
        'chr1\t1\t5\t"quoted" #1\t0\t+\n',
    ],
)
def test_round_trip(tmp_path, write, text, name):
    path = tmp_path / f"again_{name}"
    frame = read_bed(write(text))
    write_bed(frame, path)
    opener = open if name.endswith(".bed") else gzip.open
    with opener(path, "rt") as file:
        assert file.read() == text
    pd.testing.assert_frame_equal(read_bed(path), frame)


def test_peaks_come_back_as_they_were(tmp_path, write):
    text = "chr1\t482\t790\tp\t1521\t.\t10.8571\t152.18\t150.464\t157\n"
    path = tmp_path / "again.narrowPeak"
    write_bed(read_narrowpeak(write(text)), path)
    assert path.read_text() == text


def test_columns_before_others_are_filled(tmp_path):
    frame = pd.DataFrame({"signal": [0.5], "end": [9], "chrom": ["chr1"], "start": [3]}, index=[7])
    before = frame.copy()
    write_bed(frame, tmp_path / "x.bed")
    assert (tmp_path / "x.bed").read_text() == "chr1\t3\t9\t.\t0\t.\t0.5\n"
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [1.5, 2.5]}, "row 0 has the start 1.5, but positions are integers"),
        ({"start": [1, 99]}, "row 1, counted from 0, has its start after its end"),
        ({"start": [-1, 2]}, "row 0, counted from 0, has a start below 0"),
        ({"chrom": ["chr1", None]}, "row 1, counted from 0, has no chromosome"),
        ({"strand": ["+", "x"]}, "row 1, counted from 0, has a strand"),
        ({"name": ["a", "b\tc"]}, "row 1, counted from 0, has a tab"),
    ],
)
def test_frames_that_make_no_bed(tmp_path, change, message):
    frame = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [1, 2], "end": [5, 6]})
    with pytest.raises(ValueError, match=message):
        write_bed(frame.assign(**change), tmp_path / "x.bed")


def test_intervals_that_cannot_be_written(tmp_path):
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [1], "end": [5]})
    with pytest.raises(ValueError, match="no column 'end'"):
        write_bed(frame.drop(columns="end"), tmp_path / "x.bed")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere; create it first"):
        write_bed(frame, tmp_path / "nowhere" / "x.bed")


def test_the_ending_tells_the_format(write):
    assert "summit" in read_intervals(write("chr1\t1\t5\tp\t0\t.\t1\t2\t3\t4\n", "x.narrowPeak"))
    assert read_intervals(write("c\ts\tgene\t1\t5\t.\t+\t.\tID=a\n", "x.GFF3"))["ID"][0] == "a"
    with pytest.raises(ValueError, match=r"ends in none of .bed.*read_vcf for variants"):
        read_intervals(write("x", "x.vcf"))
    with pytest.raises(FileNotFoundError):
        read_intervals("nowhere.bed")
