"""Text files of all readers: pipes, damage, comments, coordinates, and containers of frames."""

import gzip
import os
import threading

import numpy as np
import pandas as pd
import pytest
from genome_files import bgzip

from skgenomics.genome import (
    IntervalEncoder,
    SignalTrack,
    read_bed,
    read_fasta,
    read_fastq,
    read_gff,
    read_intervals,
    read_narrowpeak,
    read_vcf,
    write_bed,
    write_vcf,
)

ROWS = range(3000)
TEXTS = {
    "bed": (read_bed, "#x\n" + "".join(f"chr1\t{i * 10}\t{i * 10 + 200}\tpeak{i}\n" for i in ROWS)),
    "gff": (read_gff, "".join(f"1\t.\texon\t{i + 1}\t{i + 9}\t.\t+\t.\tID=e{i}\n" for i in ROWS)),
    "fasta": (lambda path: list(read_fasta(path)), "".join(f">s{i}\nACGT\n" for i in ROWS)),
    "fastq": (lambda path: list(read_fastq(path)), "".join(f"@{i}\nAC\n+\nII\n" for i in ROWS)),
    "vcf": (
        lambda path: pd.concat(read_vcf(path)),
        "#CHROM\tPOS\tID\tREF\tALT\n" + "".join(f"1\t{i + 1}\t.\tA\tG\n" for i in ROWS),
    ),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip])
def test_pipes_are_read_from_the_first_byte_on(tmp_path, name, pack):
    read, text = TEXTS[name]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(pack(text.encode()),))
    writer.start()
    assert len(read(pipe)) == len(ROWS)
    writer.join()


def test_a_cut_pipe_of_bgzip_is_an_error(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = bgzip(TEXTS["bed"][1].encode())[:-28]
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    with pytest.raises(ValueError, match="seems to be cut off"):
        read_bed(pipe)
    writer.join()


@pytest.mark.parametrize("value", ["1e1", "10.0", "True", "0x5", "", " ", "9" * 19])
def test_coordinates_are_integers(tmp_path, value):
    for name, line in [
        ("a.bed", f"chr1\t{value}\t90\n"),
        ("a.gff", f"chr1\t.\texon\t{value}\t90\t.\t+\t.\tID=x\n"),
        ("a.bedGraph", f"chr1\t{value}\t90\t1\n"),
    ]:
        (tmp_path / name).write_text(line)
        read = read_intervals if name != "a.bedGraph" else lambda path: SignalTrack(path).names
        with pytest.raises(ValueError, match=r"line 1: .* is not an integer"):
            read(tmp_path / name)


def test_comments_and_semicolons_of_gtf(tmp_path):
    path = tmp_path / "a.gtf"
    start = "1\tme\tgene\t1\t9\t.\t+\t.\t"
    path.write_text(
        f'{start}gene_id "a"; x "1"; # pseudo\n{start}gene_id "b";; x "2" # note "n"\n'
        f'{start}gene_id "c#1"; x 3;\n'
    )
    frame = read_gff(path)
    assert list(frame.columns[8:]) == ["gene_id", "x"]
    assert frame["gene_id"].tolist() == ["a", "b", "c#1"]
    assert frame["x"].tolist() == ["1", "2", "3"]
    path.write_text(f"{start}ID=a;;Name=n;\n")
    assert read_gff(path)[["ID", "Name"]].iloc[0].tolist() == ["a", "n"]


def test_bare_track_lines(tmp_path):
    path = tmp_path / "a.bed"
    path.write_text("browser\ntrack\ntrack name=x\nchr1\t1\t5\ntrack1\t2\t9\n")
    assert read_bed(path)["chrom"].tolist() == ["chr1", "track1"]


@pytest.mark.parametrize("text", ["#", "##fileformat=VCFv4.2\n"])
def test_cut_vcf_files(tmp_path, text):
    path = tmp_path / "a.vcf"
    path.write_text(text)
    with pytest.raises(ValueError, match="neither variants nor the header line"):
        list(read_vcf(path))
    path.write_text("#CHROM\tPOS\tID\tREF\tALT\tQUAL\n1\t7\t.\tA\tGT\t.\n1\t8\t.\tA\tG")
    with pytest.raises(ValueError, match="line 3: the line is cut off"):
        list(read_vcf(path))


class Polars:
    """The least that a frame of another library has."""

    def __init__(self, frame):
        self.columns = list(frame)
        self._frame = frame

    def __getitem__(self, name):
        return self._frame[name].tolist()


def test_frames_of_other_types_are_written(tmp_path):
    frame = pd.DataFrame({"chrom": ["1", "1"], "pos": [3, 9], "ref": "A", "alt": "G"})
    frame["id"] = pd.array([1, None], dtype="Int64")
    forms = [
        frame,
        frame.astype({"chrom": "category", "pos": "Int64", "id": "category"}),
        Polars(frame),
    ]
    for form in forms:
        write_vcf(form, tmp_path / "a.vcf")
        (read,) = read_vcf(tmp_path / "a.vcf")
        assert read["id"].tolist() == ["1", "."]
        assert read["pos"].tolist() == [3, 9]
    bed = pd.DataFrame({"chrom": ["1"], "start": [3], "end": [9]})
    for form in (bed.astype({"chrom": "category", "start": "Int64"}), Polars(bed)):
        write_bed(form, tmp_path / "a.bed")
        pd.testing.assert_frame_equal(read_bed(tmp_path / "a.bed"), bed)
    with pytest.raises(ValueError, match="row 0, counted from 0, has no start"):
        write_bed(bed.assign(start=pd.array([None], dtype="Int64")), tmp_path / "a.bed")


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\n" + "ACGTTGCAAC" * 10 + "\n")
    return path


def test_strand_in_capitals_is_refused(genome):
    X = pd.DataFrame({"chrom": ["chr1"], "start": [1], "end": [9], "Strand": ["-"]})
    with pytest.raises(ValueError, match="X has a column 'Strand'; rename it to 'strand'"):
        IntervalEncoder(genome).fit(X)
    with pytest.raises(ValueError, match=r"row 0 has the start .*True"):
        IntervalEncoder(genome).fit(X.drop(columns="Strand").assign(start=[True]))


def test_summits_are_the_center(tmp_path, genome):
    path = tmp_path / "a.narrowPeak"
    path.write_text(
        "chr1\t20\t60\ta\t0\t+\t1\t1\t1\t7\nchr1\t20\t60\tb\t0\t-\t1\t1\t1\t7\n"
        "chr1\t20\t60\tc\t0\t+\t1\t1\t1\t-1\n"
    )
    peaks = read_narrowpeak(path)
    found = IntervalEncoder(genome, length=9, center="summit").fit_transform(peaks)[:, 0]
    single = peaks.assign(start=[27, 27, 40], end=[28, 28, 41])
    np.testing.assert_array_equal(
        found, IntervalEncoder(genome, length=9).fit_transform(single)[:, 0]
    )
    with pytest.raises(ValueError, match="center='summit' needs `length`"):
        IntervalEncoder(genome, center="summit").fit(peaks)
    with pytest.raises(ValueError, match="row 0, counted from 0, has a summit outside"):
        IntervalEncoder(genome, length=9, center="summit").fit(peaks.assign(summit=[40, 1, 1]))
    with pytest.raises(ValueError, match="needs a frame with a column 'summit'"):
        IntervalEncoder(genome, length=9, center="summit").fit(peaks.drop(columns="summit"))
