"""Files that are written: read again by our readers and by those of others."""

import gzip
import os
import stat
import warnings

import numpy as np
import pandas as pd
import pytest
from genome_files import random_records

from skgenomics.genome import (
    SignalTrack,
    read_bed,
    read_fastq,
    read_vcf,
    write_bed,
    write_bedgraph,
    write_bigwig,
    write_fasta,
    write_fastq,
    write_vcf,
)
from skgenomics.genome._bgzf import BgzfFile, BgzfWriter, is_bgzf

ENDINGS = ["", ".gz", ".bgz", ".bgzip", ".GZ"]
RECORDS = random_records(lengths=(230, 61, 60, 7, 120))
READS = [("r1 a=1", "ACGTN", "IIII#"), ("r2", "", ""), ("@r3", "acg", "@+>"), ("r2", "A", "!")]


def content(path):
    """Text of a file, by Python's own gzip."""
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()


class TestFiles:
    """Properties of all writers."""

    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path):
        path = tmp_path / "reads.fq"
        path.write_text("old")
        with pytest.raises(ValueError, match="record 2"):
            write_fastq([READS[0], ("x", "ACGT", "I")], path)
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["reads.fq"]

    def test_a_file_may_be_rewritten_while_it_is_read(self, tmp_path):
        path = tmp_path / "reads.fq.gz"
        write_fastq(READS, path)
        write_fastq(((name, x[::-1], q[::-1]) for name, x, q in read_fastq(path)), path)
        assert [x for _, x, _ in read_fastq(path)] == ["NTGCA", "", "gca", "A"]

    @pytest.mark.parametrize("name", ["x.fa", "x.fa.gz"])
    def test_no_folder(self, tmp_path, name):
        with pytest.raises(FileNotFoundError, match=r"no folder .*missing; create it first"):
            write_fasta(["ACGT"], tmp_path / "missing" / name)
        with pytest.raises(IsADirectoryError, match="is a folder"):
            write_fasta(["ACGT"], tmp_path)

    def test_permissions_and_links_stay(self, tmp_path):
        path, link, new = (tmp_path / name for name in ("x.fa", "link.fa", "new.fa"))
        path.write_text("old")
        path.chmod(0o640)
        link.symlink_to("x.fa")
        write_fasta(["ACGT"], link)
        assert link.is_symlink()
        assert path.read_text() == ">0\nACGT\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        write_fasta(["ACGT"], new)
        (tmp_path / "usual").write_text("")
        assert new.stat().st_mode == (tmp_path / "usual").stat().st_mode

    def test_a_pipe_is_written_to_itself(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write_fasta(["ACGT"], pipe)
        assert os.read(reader, 100) == b">0\nACGT\n"
        os.close(reader)
        assert stat.S_ISFIFO(pipe.stat().st_mode)

    def test_same_input_same_bytes(self, tmp_path):
        for name in ("a.fa.gz", "b.fa.gz"):
            write_fasta(list(RECORDS.values()), tmp_path / name)
        assert (tmp_path / "a.fa.gz").read_bytes() == (tmp_path / "b.fa.gz").read_bytes()


class TestBgzf:
    @pytest.mark.parametrize("size", [0, 1, 0xFF00 - 1, 0xFF00, 0xFF00 + 1, 300_000])
    @pytest.mark.parametrize("step", [1000, 10**6])
    def test_text_comes_back(self, tmp_path, size, step):
        # Random bytes do not compress, so that blocks are as large as they can be.
        data = np.random.default_rng(0).bytes(size)
        with open(tmp_path / "x.bgz", "wb") as file, BgzfWriter(file) as writer:
            for start in range(0, size, step):
                writer.write(data[start : start + step])
        assert gzip.decompress((tmp_path / "x.bgz").read_bytes()) == data
        assert is_bgzf(tmp_path / "x.bgz")
        file = BgzfFile(tmp_path / "x.bgz")
        assert file.size == size
        assert file.read(size // 3, size) == data[size // 3 :]


@pytest.fixture
def variants():
    return pd.DataFrame(
        {
            "chrom": ["chr2", "chr2", "chr2", "chr1"],
            "pos": [7, 7, 90, 3],
            "id": ["rs1", None, ".", "x;y"],
            "ref": ["A", "AC", "g", "T"],
            "alt": ["G,AT", "A", "<DEL>", "*"],
            "qual": [30, np.nan, 0.125, 1e6],
            "filter": ["PASS", "q10;s50", None, "."],
            "info": ["DP=10;DB", "AF=0.5,0.25", "", "DP=3"],
        },
        index=[5, 5, 0, 1],
    )


class TestVcf:
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_round_trip(self, tmp_path, variants, ending):
        path = tmp_path / f"x.vcf{ending}"
        before = variants.copy()
        write_vcf(variants, path)
        pd.testing.assert_frame_equal(variants, before)
        (frame,) = read_vcf(path)
        assert frame["alt"].tolist() == ["G", "AT", "A", "<DEL>", "*"]
        assert frame["pos"].tolist() == [7, 7, 7, 90, 3]
        assert frame["id"].tolist() == ["rs1", "rs1", ".", ".", "x;y"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            write_vcf(frame, tmp_path / "again.vcf")
        (again,) = read_vcf(tmp_path / "again.vcf")
        pd.testing.assert_frame_equal(again.drop(columns="line"), frame.drop(columns="line"))

    @pytest.mark.parametrize("lengths", [None, {"chr1": 100, "chr2": 200, "chr3": 9}])
    def test_pysam_reads_the_same(self, tmp_path, variants, lengths):
        pysam = pytest.importorskip("pysam")
        path = str(tmp_path / "x.vcf.gz")
        write_vcf(variants, path, lengths=lengths)
        with pysam.VariantFile(path) as file:
            contigs = {name: file.header.contigs[name].length for name in file.header.contigs}
            records = list(file)
        assert list(contigs) == list(lengths or ["chr2", "chr1"])
        assert lengths is None or contigs == lengths
        assert [r.chrom for r in records] == variants["chrom"].tolist()
        assert [r.pos for r in records] == variants["pos"].tolist()
        assert [r.alts for r in records] == [("G", "AT"), ("A",), ("<DEL>",), ("*",)]
        assert [r.qual for r in records] == [30, None, 0.125, 1e6]
        assert [list(r.filter) for r in records] == [["PASS"], ["q10", "s50"], [], []]
        assert dict(records[0].info) == {"DP": ("10",), "DB": True}
        assert dict(records[1].info) == {"AF": ("0.5", "0.25")}
        pysam.tabix_index(path, preset="vcf")
        with pysam.VariantFile(path) as file:
            assert [r.pos for r in file.fetch("chr2", 50, 100)] == [90]

    def test_the_header_declares_what_is_used(self, tmp_path, variants):
        write_vcf(variants, tmp_path / "x.vcf")
        header = (tmp_path / "x.vcf").read_text().split("#CHROM")[0].splitlines()
        assert header == [
            "##fileformat=VCFv4.2",
            '##FILTER=<ID=q10,Description="q10">',
            '##FILTER=<ID=s50,Description="s50">',
            '##INFO=<ID=AF,Number=.,Type=String,Description="AF">',
            '##INFO=<ID=DB,Number=0,Type=Flag,Description="DB">',
            '##INFO=<ID=DP,Number=.,Type=String,Description="DP">',
            "##contig=<ID=chr2>",
            "##contig=<ID=chr1>",
        ]

    def test_columns_that_the_format_lacks_are_named(self, tmp_path, variants):
        with pytest.warns(UserWarning, match="no column for score, 7: left out"):
            write_vcf(variants.assign(score=1.0, **{"7": 2}), tmp_path / "x.vcf")

    def test_no_variants(self, tmp_path, variants):
        write_vcf(variants[:0], tmp_path / "x.vcf", lengths={"chr1": 9})
        assert list(read_vcf(tmp_path / "x.vcf")) == []

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"pos": [9, 7, 90, 3]}, r"row 1.* a position before .*sort_values"),
            ({"chrom": ["1", "2", "1", "1"]}, "row 2.* a chromosome that is not in one block"),
            ({"chrom": ["1", None, "1", "1"]}, "row 1 .* has a missing value"),
            ({"chrom": ["1", "<1>", "2", "3"]}, "row 1.* name VCF does not allow"),
            ({"pos": [7, 8, 9.5, 3]}, "row 2 .*'9.5' is not an integer|'7.0' is not an integer"),
            ({"ref": ["A", "-", "A", "A"]}, "row 1 .*'-' is not DNA"),
            ({"alt": ["A", "A", "A,", "A"]}, "row 2 .*allele '' is neither"),
            ({"id": ["a", "b c", "d", "e"]}, "row 1.* a space, tab or line break in 'id'"),
            ({"info": ["A=1", "B", "C=1\n", "."]}, "row 2.* line break in 'info'"),
            ({"info": ["A=1", "B;=3", "C=1", "."]}, "row 1.* `info` that is not like .*: '=3'"),
            ({"info": ["A=1", "B;", "C=1", "."]}, "row 1.* `info` that is not like .*: ''"),
            ({"qual": [1, 2, -3, 4]}, "row 2.* a `qual` that is not a non-negative number"),
            ({"qual": [1, 2, "high", 4]}, "row 2.* a `qual`"),
            ({"qual": [1, np.inf, 3, 4]}, "row 1.* a `qual`"),
        ],
    )
    def test_bad_rows(self, tmp_path, variants, change, message):
        with pytest.raises(ValueError, match=message):
            write_vcf(variants.assign(**change), tmp_path / "x.vcf")
        assert not os.listdir(tmp_path)

    def test_bad_lengths_and_columns(self, tmp_path, variants):
        path = tmp_path / "x.vcf"
        with pytest.raises(ValueError, match=r"row 3.* not in `lengths`, which begins with 'chr2'"):
            write_vcf(variants, path, lengths={"chr2": 100})
        with pytest.raises(ValueError, match=r"row 2.* past the end of its chromosome"):
            write_vcf(variants, path, lengths={"chr2": 80, "chr1": 10})
        with pytest.raises(ValueError, match="no column 'alt'"):
            write_vcf(variants.drop(columns="alt"), path)


@pytest.fixture
def arrays():
    random = np.random.default_rng(0)
    levels = np.array([np.nan, 0.0, 0.1, -2.5, 1e-7], dtype=np.float32)
    return {name: np.repeat(random.choice(levels, 99), 3) for name in ("chr2", "chr10", "chr1")}


def runs(arrays):
    """A slow frame of the bases one by one."""
    rows = [
        (chrom, i, i + 1, value)
        for chrom, array in arrays.items()
        for i, value in enumerate(array.tolist())
        if not np.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "value"])


class TestSignals:
    @pytest.mark.parametrize("name", ["x.bedGraph", "x.bedGraph.gz", "x.bw", "x.bigWig"])
    @pytest.mark.parametrize("form", ["arrays", "frame"])
    def test_round_trip(self, tmp_path, arrays, name, form):
        lengths = {"chr1": 400, "chr2": 297, "chr3": 8, "chr10": 297}
        values = arrays if form == "arrays" else runs(arrays)
        if "bedGraph" in name:
            write_bedgraph(values, tmp_path / name)
        else:
            pytest.importorskip("pybigtools")
            write_bigwig(values, tmp_path / name, lengths)
        track = SignalTrack(tmp_path / name)
        for chrom, array in arrays.items():
            np.testing.assert_array_equal(track.values(chrom, 0, len(array)), array)
        assert os.listdir(tmp_path) == [name]

    def test_runs_of_a_value_are_one_line(self, tmp_path):
        array = np.array([np.nan, np.nan, 1, 1, 0, 0, np.nan, 2])
        write_bedgraph({"a": array, "b": np.array([3, 3]), "c": []}, tmp_path / "x.bedGraph")
        text = (tmp_path / "x.bedGraph").read_text()
        assert text == "a\t2\t4\t1.0\na\t4\t6\t0.0\na\t7\t8\t2.0\nb\t0\t2\t3.0\n"

    def test_every_digit_comes_back(self, tmp_path):
        values = np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(-100, 100)
        frame = pd.DataFrame({"chrom": "1", "start": range(200), "end": range(1, 201)})
        write_bedgraph(frame.assign(value=values), tmp_path / "x.bedGraph")
        read = read_bed(tmp_path / "x.bedGraph", names=["value"])["value"].astype(float)
        np.testing.assert_array_equal(read, values)

    def test_pybigtools_reads_lengths_and_order(self, tmp_path, arrays):
        pybigtools = pytest.importorskip("pybigtools")
        write_bigwig(arrays, tmp_path / "x.bw")
        file = pybigtools.open(str(tmp_path / "x.bw"))
        assert list(file.chroms().items()) == [("chr1", 297), ("chr10", 297), ("chr2", 297)]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"value": [1, np.nan, 2]}, "row 1.* no finite value; drop it"),
            ({"value": [1, 2, np.inf]}, "row 2.* no finite value"),
            ({"value": ["1", "2", "3"]}, "column 'value' must hold numbers"),
            ({"value": [True, False, True]}, "column 'value' must hold numbers"),
            ({"end": [3, 5, 9]}, "row 1.* an interval without bases"),
            ({"end": [7, 8, 9]}, "row 1.* bases of the row above"),
            ({"start": [2, 0, 0]}, "row 1.* a start before the row above; sort the frame"),
            ({"start": [-1, 5, 0]}, "row 0.* a start below 0"),
            ({"start": [0.5, 5, 0]}, "row 0 has the start 0.5, but positions are integers"),
            ({"start": [True, 5, 0]}, "row 0 has the start True, but positions are integers"),
            ({"chrom": ["a", "b", "a"]}, "row 2.* a chromosome that is not in one block"),
            ({"chrom": ["a", "#b", "c"]}, "row 1.* a chromosome whose name"),
            ({"chrom": ["a", "track", "c"]}, "row 1.* a chromosome whose name"),
        ],
    )
    @pytest.mark.parametrize("write", [write_bedgraph, write_bigwig])
    def test_bad_frames(self, tmp_path, change, message, write):
        frame = pd.DataFrame({"chrom": ["a", "a", "b"], "start": [0, 5, 0], "end": [3, 8, 9]})
        path = tmp_path / ("x.bw" if write is write_bigwig else "x.bedGraph")
        if write is write_bigwig:
            pytest.importorskip("pybigtools")
        with pytest.raises(ValueError, match=message):
            write(frame.assign(**{"value": [1.0, 2.0, 3.0], **change}), path)
        assert not os.listdir(tmp_path)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({}, "no values to write"),
            ({"a": np.full(4, np.nan)}, "no values to write"),
            ({"a": np.array([1, np.inf])}, "base 1 of chromosome 'a' is not finite"),
            ({"a": np.zeros((2, 3))}, r"chromosome 'a' must be numbers of shape \(length,\)"),
            ({"a": np.array(["x"])}, "chromosome 'a' must be numbers"),
            (pd.DataFrame({"chrom": ["a"], "start": [0], "end": [1]}), "no column 'value'"),
            (pd.DataFrame({"chrom": ["a"], "start": [0]}), "no column 'end'"),
        ],
    )
    def test_bad_values(self, tmp_path, values, message):
        with pytest.raises(ValueError, match=message):
            write_bedgraph(values, tmp_path / "x.bedGraph")
        with pytest.raises(TypeError, match="not list"):
            write_bedgraph([1, 2], tmp_path / "x.bedGraph")

    def test_bad_bigwigs(self, tmp_path):
        pytest.importorskip("pybigtools")
        frame = pd.DataFrame({"chrom": ["a"], "start": [0], "end": [5], "value": [1e39]})
        small = frame.assign(value=1)
        path = tmp_path / "x.bw"
        for values, lengths, message in [
            (small, None, "give `lengths`"),
            (small, {"b": 5}, "row 0.* not in `lengths`, which begins with 'b'"),
            (small, {"a": 4}, "row 0.* an end past that of its chromosome"),
            (small, {"a": 0}, r"lengths\['a'\] must be an integer >= 1"),
            (small, {"a": 2**32}, "more than a bigWig file can hold"),
            (frame, {"a": 5}, "row 0.* too large for the 32-bit floats"),
        ]:
            with pytest.raises(ValueError, match=message):
                write_bigwig(values, path, lengths)
        with pytest.raises(ValueError, match=r"must end in .bw or .bigWig"):
            write_bigwig(small, tmp_path / "x.txt", {"a": 5})
        assert not os.listdir(tmp_path)


def test_tabix_reads_intervals(tmp_path):
    pysam = pytest.importorskip("pysam")
    frame = pd.DataFrame({"chrom": "chr1", "start": range(0, 90, 9), "end": range(9, 99, 9)})
    write_bed(frame, tmp_path / "x.bed.gz")
    pysam.tabix_index(str(tmp_path / "x.bed.gz"), preset="bed")
    with pysam.TabixFile(str(tmp_path / "x.bed.gz")) as file:
        assert list(file.fetch("chr1", 10, 20)) == ["chr1\t9\t18", "chr1\t18\t27"]
