"""VCF files as streams: alleles, kinds, and errors that name the line."""

import gzip

import pandas as pd
import pytest
from real_data import DATA, needs_data

from skgenomics.genome._bgzf import BgzfWriter
from skgenomics.genome.vcf import frame_of_variants, read_vcf

SMALL = DATA / "io" / "small"

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def write(tmp_path):
    def write(*rows, header=HEADER, end="\n"):
        path = tmp_path / "x.vcf"
        path.write_bytes((header + "".join(f"{row}{end}" for row in rows)).encode())
        return path

    return write


def read(path, **options):
    return pd.concat(read_vcf(path, **options), ignore_index=True)


def test_each_alternative_allele_has_a_row(write):
    path = write("1\t7\trs1\tA\tG,AT,<DEL>\t.\t.\t.", "2\t8\t.\tc\tT")
    frame = read(path)
    assert list(frame) == ["chrom", "pos", "id", "ref", "alt", "kind", "line"]
    assert frame["alt"].tolist() == ["G", "AT", "<DEL>", "T"]
    assert frame["pos"].tolist() == [7, 7, 7, 8]
    assert frame["line"].tolist() == [3, 3, 3, 4]
    pd.testing.assert_frame_equal(
        read(write(*path.read_text().split("\n")[2:4], end="\r\n")), frame
    )


def test_a_bgzip_file_cut_between_blocks_is_an_error(tmp_path):
    """To gzip it is whole."""
    path = tmp_path / "x.vcf.gz"
    rows = "".join(f"1\t{i + 1}\trs{7919 * i}\tA\tC\n" for i in range(9000))
    with open(path, "wb") as file, BgzfWriter(file) as writer:
        writer.write((HEADER + rows).encode())
    assert len(read(path)) == 9000
    data = path.read_bytes()
    path.write_bytes(data[: int.from_bytes(data[16:18], "little") + 1])
    assert gzip.decompress(path.read_bytes()).startswith(HEADER.encode())
    with pytest.raises(ValueError, match=r"x.vcf.gz has no block that marks the end"):
        read(path)


@pytest.mark.parametrize(
    ("ref", "alt", "kind"),
    [
        *[("A", "G", "snv"), ("a", "N", "snv"), ("AC", "GT", "mnv"), ("A", "AT", "insertion")],
        *[("at", "A", "deletion"), ("AACG", "GA", "indel"), ("T", ".", "missing")],
        *[("T", alt, "symbolic") for alt in ("<DEL>", "*", "<INS:ME>", "G]17:198982]", ".A", "G.")],
        *[("T", alt, "symbolic") for alt in ("]13:123456]T", "C[<ctg1>:1[")],
    ],
)
def test_kinds(write, ref, alt, kind):
    assert read(write(f"1\t7\t.\t{ref}\t{alt}"))["kind"].tolist() == [kind]


def test_chunks_are_as_long_as_asked_for(write):
    path = write(*[f"1\t{i + 1}\t.\tA\tG,T" for i in range(25)])
    chunks = list(read_vcf(path, chunk_size=10))
    assert [len(chunk) for chunk in chunks] == [20, 20, 10]
    pd.testing.assert_frame_equal(pd.concat(chunks, ignore_index=True), read(path))
    with pytest.raises(ValueError, match="chunk_size must be an integer >= 1"):
        read_vcf(path, chunk_size=0)


def test_a_stream_reads_no_more_than_it_gives(write):
    path = write("1\t7\t.\tA\tG", "1\tx\t.\tA\tG")
    chunks = read_vcf(path, chunk_size=1)
    assert len(next(chunks)) == 1
    with pytest.raises(ValueError, match="line 4: the position 'x' is not an integer"):
        next(chunks)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1 7 . A G", r"line 3: 1 column\(s\), where a VCF has at least five"),
        ("1\t7\t.\tA", "line 3: 4 column"),
        ("1\t-7\t.\tA\tG", "line 3: the position '-7' is not an integer"),
        ("1\t7.0\t.\tA\tG", "line 3: the position '7.0' is not an integer"),
        (
            f"1\t{10**19}\t.\tA\tG",
            "line 3: the position '10000000000000000000' is not an integer of",
        ),
        ("\t7\t.\tA\tG", "line 3: the chromosome is missing"),
        ("1\t7\t.\t-\tG", "line 3: the reference allele '-' is not DNA"),
        ("1\t7\t.\tA\t-", "line 3: the alternative allele '-' is neither"),
        ("1\t7\t.\tA\tG,", "line 3: the alternative allele '' is neither"),
    ],
)
def test_malformed_lines_are_named_and_shown(write, row, message):
    with pytest.raises(ValueError, match=message) as caught:
        read(write(row))
    assert repr(row) in str(caught.value)


def test_compressed_truncated_and_empty_files(tmp_path, write):
    text = HEADER + "1\t7\t.\tA\tG\n" * 1000
    path = tmp_path / "x.vcf.gz"
    path.write_bytes(gzip.compress(text[:500].encode()) + gzip.compress(text[500:].encode()))
    assert len(read(path)) == 1000
    path.write_bytes(gzip.compress(text.encode())[:-9])
    with pytest.raises(ValueError, match="damaged gzip"):
        read(path)
    assert list(read_vcf(write())) == []
    with pytest.raises(ValueError, match="is empty"):
        read(write(header=""))
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere.vcf")


@needs_data
def test_real_files():
    broken = read(SMALL / "bionumpy" / "vcf_with_broken_header.vcf")
    assert broken["alt"].iloc[0] == "G"
    assert broken["line"].iloc[0] == broken["line"].iloc[1]
    assert len(read(SMALL / "bionumpy" / "variants.vcf")) == 3
    missing = read(SMALL / "kipoiseq" / "test_with_multiple_variants.vcf.gz")
    assert (missing["kind"] == "missing").sum() == 2
    yeast = read(DATA / "io" / "sacCer3" / "sacCer3_sample_variants.vcf.gz", chunk_size=999)
    assert yeast["line"].nunique() == 44_251


def test_frames_of_variants():
    variants = pd.DataFrame(
        {"alt": ["G,T", "C"], "chrom": [1, 2], "pos": [5, 6], "ref": ["A", "A"]}, index=[9, 9]
    )
    before = variants.copy()
    frame = frame_of_variants(variants)
    assert frame["chrom"].tolist() == ["1", "1", "2"]
    assert frame["line"].tolist() == [0, 0, 1]
    assert frame["id"].tolist() == [".", ".", "."]
    pd.testing.assert_frame_equal(variants, before)
    with pytest.raises(ValueError, match="no column 'ref', only"):
        frame_of_variants(variants.drop(columns="ref"))
    with pytest.raises(ValueError, match="row 1 of the variants, from 0, has a missing value"):
        frame_of_variants(variants.assign(ref=["A", None]))
    with pytest.raises(ValueError, match=r"row 1 of the variants.*'-' is not DNA"):
        frame_of_variants(variants.assign(ref=["A", "-"]))
