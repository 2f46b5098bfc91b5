"""FASTA and FASTQ files: read and written, and read by other packages."""

import gzip
import os

import numpy as np
import pandas as pd
import pytest
from genome_files import bgzip, random_records
from hypothesis import given, settings
from hypothesis import strategies as st

from skgenomics.genome import Genome, read_fasta, read_fastq, write_fasta, write_fastq
from skgenomics.genome._bgzf import is_bgzf

ENDINGS = ["", ".gz", ".bgz", ".bgzip", ".GZ"]
SEQUENCES = random_records(lengths=(230, 61, 60, 7, 120))
READS = [("r1 a=1", "ACGTN", "IIII#"), ("r2", "", ""), ("@r3", "acg", "@+>"), ("r2", "A", "!")]
TEXT = "@r1 a=1\nACGTN\n+\nIIII#\n@r2\nacg\n+r2\n@+>\n@r3\n\n+\n\n@r4\nA\n+\nI\n"
RECORDS = [("r1 a=1", "ACGTN", "IIII#"), ("r2", "acg", "@+>"), ("r3", "", ""), ("r4", "A", "I")]


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "reads.fq"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT + "\n\n\n\n\n\n",
        TEXT + "\n",
        TEXT.replace("\n", "\r\n"),
        gzip.compress(TEXT.encode(), mtime=0),
        bgzip(TEXT.encode()),
    ],
    ids=["plain", "no newline", "blank lines", "blank line", "CRLF", "gz", "bgz"],
)
def test_records(write, content):
    assert list(read_fastq(write(content))) == RECORDS


def test_records_come_one_by_one(write):
    reader = read_fastq(write(TEXT + "@r5\nACGT\n+\nI\n"))
    assert [next(reader) for _ in range(4)] == RECORDS
    with pytest.raises(ValueError, match=r"line 20 of record 5 \('r5'\) has 1 qualities for 4"):
        next(reader)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (">a\nACGT\n", "line 1 of record 1 does not begin with '@': '>a'"),
        ("@a\nACGT\n", "line 3 of record 1 .'a'. is missing: the file is cut off"),
        ("@a\nACGT\n+\nIIII\n@b\nAC\n+\n", "line 8 of record 2 .'b'. is missing"),
        ("@a\nAC\nGT\n+\nII\nII\n", r"line 3 .* does not begin with '\+': 'GT'.* 4 lines"),
        ("@a\nAC\n+b\nII\n", r"line 3 .* another name than 'a': '\+b'"),
        ("@a\nAC\n+\nII\n\n@b\nAC\n+\nII\n", "line 5 of record 2 does not begin with '@'"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "damaged gzip file"),
        (b"@a\nA\xff\n+\nII\n", "is not a text file"),
    ],
)
def test_bad_files(write, content, message):
    with pytest.raises(ValueError, match=message):
        list(read_fastq(write(content)))


def content(path):
    """Text of a file, by Python's own gzip."""
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()


class TestFasta:
    @pytest.mark.parametrize("ending", ENDINGS)
    @pytest.mark.parametrize("width", [1, 60, None])
    def test_round_trip(self, tmp_path, ending, width):
        path = tmp_path / f"x.fa{ending}"
        names = [f"{name} some words" for name in SEQUENCES]
        write_fasta(list(SEQUENCES.values()), path, names, width=width)
        assert is_bgzf(path) == bool(ending)
        assert "\r" not in content(path)
        assert max(map(len, content(path).split("\n"))) <= max(width or 230, 16)
        assert list(read_fasta(path)) == list(zip(names, SEQUENCES.values(), strict=True))
        genome = Genome(path)
        assert {name: genome.fetch(name, 0, n) for name, n in genome.lengths.items()} == SEQUENCES

    @pytest.mark.parametrize("ending", ["", ".bgz"])
    def test_pysam_and_pyfaidx_read_the_same(self, tmp_path, ending):
        pysam = pytest.importorskip("pysam")
        pyfaidx = pytest.importorskip("pyfaidx")
        path = tmp_path / f"x.fa{ending}"
        records = random_records(1, lengths=(200_000, 100))
        write_fasta(pd.Series(records), path)
        with pysam.FastaFile(str(path)) as file:
            assert {name: file.fetch(name) for name in file.references} == records
            assert file.fetch("chr1", 150_000, 150_100) == records["chr1"][150_000:150_100]
        if not ending:
            # pyfaidx reads no bgzip without Biopython.
            assert {record.name: str(record) for record in pyfaidx.Fasta(str(path))} == records

    @settings(deadline=None, max_examples=60)
    @given(
        st.dictionaries(
            st.text(min_size=1).filter(lambda x: x == x.strip() and len(x.splitlines()) == 1),
            st.from_regex(r"[A-Za-z*.-]+", fullmatch=True),
            min_size=1,
        ),
        st.integers(1, 9),
    )
    def test_any_names_and_symbols(self, tmp_path_factory, records, width):
        path = tmp_path_factory.mktemp("any") / "x.fa"
        try:
            write_fasta(list(records.values()), path, list(records), width=width)
        except ValueError as error:
            assert "same name" in str(error) or "UTF-8" in str(error)  # noqa: PT017
        else:
            assert list(read_fasta(path)) == list(records.items())

    @pytest.mark.parametrize(
        ("X", "names"),
        [
            (("ACGT", "gg"), ["0", "1"]),
            (np.array([["ACGT"], ["gg"]], dtype=object), ["0", "1"]),
            (np.array(["ACGT", "gg"]), ["0", "1"]),
            (np.array([b"ACGT", b"gg"]), ["0", "1"]),
            (pd.Series(["ACGT", "gg"], index=["a", "b"]), ["a", "b"]),
            (pd.DataFrame({"x": ["ACGT", "gg"]}, index=[7, 3]), ["7", "3"]),
        ],
    )
    def test_containers_and_their_names(self, tmp_path, X, names):
        write_fasta(X, tmp_path / "x.fa")
        expected = list(zip(names, ["ACGT", "gg"], strict=True))
        assert list(read_fasta(tmp_path / "x.fa")) == expected

    @pytest.mark.parametrize(
        ("X", "names", "message"),
        [
            ([], None, "no sequence"),
            ("ACGT", None, "put it in a list"),
            (["ACGT", ""], None, r"sequence 1 \('1'\) is empty.*leave it out"),
            (["ACGT", "AC GT"], ["a", "b"], r"sequence 1 \('b'\) has ' ' at position 2"),
            (["AC\nGT"], None, r"sequence 0 .* has '\\n' at position 2"),
            (["AC>GT"], None, "has '>' at position 2"),
            (["ACÄ"], None, "has 'Ä' at position 2"),
            (["A", "C"], ["a"], "1 names for 2 sequences"),
            (["A"], "a", "give a list of names"),
            (["A", "C"], ["a", ""], "the name of sequence 1 is empty"),
            (["A", "C"], ["a", " \n"], "the name of sequence 1 is empty"),
            (["A", "C"], ["a", "b\r"], "the name of sequence 1 holds a line break"),
            (["A", "C"], [" a", "b"], "the name of sequence 0 .* begins or ends with a space"),
            (["A", "C", "G"], ["a x", "b", "a y"], "sequences 0 and 2 have the same name 'a'"),
            (pd.Series(["A", "C"], index=[5, 5]), None, "sequences 0 and 1 have the same name '5'"),
        ],
    )
    def test_bad_input(self, tmp_path, X, names, message):
        with pytest.raises(ValueError, match=message):
            write_fasta(X, tmp_path / "x.fa", names)
        assert not os.listdir(tmp_path)

    def test_no_text(self, tmp_path):
        with pytest.raises(TypeError, match=r"turn codes into text by skgenomics.sequences.decode"):
            write_fasta(np.zeros((2, 3), dtype=np.uint8), tmp_path / "x.fa")
        with pytest.raises(TypeError, match=r"sequence 1 .* is not a string, but None"):
            write_fasta(["A", None], tmp_path / "x.fa")
        with pytest.raises(ValueError, match="width must be"):
            write_fasta(["A"], tmp_path / "x.fa", width=0)


class TestFastq:
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_round_trip(self, tmp_path, ending):
        path = tmp_path / f"x.fq{ending}"
        write_fastq(iter(READS), path)
        assert list(read_fastq(path)) == READS
        assert content(path).startswith("@r1 a=1\nACGTN\n+\nIIII#\n@r2\n\n+\n\n")

    def test_pysam_reads_the_same(self, tmp_path):
        pysam = pytest.importorskip("pysam")
        reads = [(f"r{i}", "ACGT" * i, "I#!~" * i) for i in range(1, 50)]
        write_fastq(reads, tmp_path / "x.fq.gz")
        with pysam.FastxFile(str(tmp_path / "x.fq.gz")) as file:
            assert [(read.name, read.sequence, read.quality) for read in file] == reads

    @pytest.mark.parametrize(
        ("record", "message"),
        [
            (("x", "AC", "I"), r"record 2 \('x'\) has 1 qualities for 2 bases"),
            (("x", "A C", "III"), "record 2 .* has ' ' at position 1 of its sequence"),
            (("x", "AC", "I "), "record 2 .* has ' ' at position 1 of its quality"),
            (("x", "AC", "I\n"), "at position 1 of its quality"),
            (("", "AC", "II"), "the name of record 2 is empty"),
            (("a\nb", "AC", "II"), "the name of record 2 holds a line break"),
        ],
    )
    def test_bad_records(self, tmp_path, record, message):
        with pytest.raises(ValueError, match=message):
            write_fastq([READS[0], record], tmp_path / "x.fq")

    @pytest.mark.parametrize("record", ["abc", ("x", "AC"), ("x", "AC", [40, 40])])
    def test_no_records(self, tmp_path, record):
        with pytest.raises(TypeError, match=r"record 1 is .* tuple of three str"):
            write_fastq([record], tmp_path / "x.fq")
        with pytest.raises(ValueError, match="there is no read to write"):
            write_fastq([], tmp_path / "x.fq")
