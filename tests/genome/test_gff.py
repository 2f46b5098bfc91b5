"""GFF3 and GTF: coordinates, attributes, and errors that name the line."""

import gzip

import pandas as pd
import pytest
from real_data import DATA, needs_data

from skgenomics.genome.gff import read_gff

GFF3 = """##gff-version 3
chr1\tme\tgene\t11\t20\t.\t+\t.\tID=g1;Name=one%3B two;Dbxref=a,b
chr1\tme\tCDS\t11\t13\t0.5\t?\t0\tID=c1;Parent=g1
"""
GTF = """#!genome-build x
chr1\tme\tgene\t11\t20\t.\t+\t.\tgene_id "g1"; note "a; b = c"; level 2;
chr1\tme\tCDS\t11\t13\t0.5\t-\t0\tgene_id "g1"; tag "basic"; tag "CCDS"; empty "";
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "genes.gff"
        path.write_bytes(text.encode())
        return path

    return write


def test_coordinates_become_those_of_bed(write):
    for text in (GFF3, GTF):
        frame = read_gff(write(text))
        assert frame[["start", "end"]].to_numpy().tolist() == [[10, 20], [10, 13]]
        assert frame["feature"].tolist() == ["gene", "CDS"]
        assert frame["phase"].tolist() == [".", "0"]
        assert frame["score"].isna().tolist() == [True, False]


def test_attributes_of_gff3(write):
    frame = read_gff(write(GFF3))
    assert frame["Name"].tolist() == ["one; two", None]
    assert frame["Parent"].tolist() == [None, "g1"]
    assert frame["Dbxref"][0] == "a,b"
    assert frame["strand"].tolist() == ["+", "."]


def test_attributes_of_gtf(write):
    frame = read_gff(write(GTF))
    assert frame["gene_id"].tolist() == ["g1", "g1"]
    assert frame["note"][0] == "a; b = c"
    assert frame["level"][0] == "2"
    assert frame["tag"][1] == "basic,CCDS"
    assert frame["empty"].tolist() == [None, ""]


def test_features_and_attributes_are_chosen(write):
    frame = read_gff(write(GTF), feature="CDS", attributes=["tag"])
    assert frame.index.tolist() == [0]
    assert list(frame)[-1] == "tag"
    assert "gene_id" not in frame
    assert len(read_gff(write(GTF), feature=["CDS", "gene"])) == 2
    with pytest.raises(ValueError, match="no feature 'exon', only gene, CDS"):
        read_gff(write(GTF), feature="exon")
    with pytest.raises(ValueError, match="no attribute 'Name', only gene_id, tag, empty"):
        read_gff(write(GTF), feature="CDS", attributes=["Name"])


def test_symbols_behind_the_annotation_are_passed_over(write):
    frame = read_gff(write(GFF3 + "##FASTA\n>chr1\nACGT\n"))
    pd.testing.assert_frame_equal(frame, read_gff(write(GFF3.replace("\n", "\r\n"))))


def test_an_attribute_called_like_a_column_is_renamed(write):
    frame = read_gff(write("chr1\tme\tgene\t1\t2\t.\t+\t.\tscore=7;source=x\n"))
    assert frame["attribute_score"][0] == "7"
    assert frame["source"][0] == "me"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\tme\tgene\t11\t20\t.\t+", "line 4: 7 columns, unlike the 9 of line 2"),
        ("chr1\tme\tgene\t0\t20\t.\t+\t.\tID=x", "line 4: the start is below 1"),
        ("chr1\tme\tgene\t30\t20\t.\t+\t.\tID=x", "line 4: the start is greater than the end"),
        ("chr1\tme\tgene\tx\t20\t.\t+\t.\tID=x", "line 4: 'x' in column 4 is not an integer"),
        ("chr1\tme\tgene\t3\t20\t.\tfwd\t.\tID=x", "line 4: the strand is none of"),
        ("chr1\tme\tgene\t3\t20\t.\t+\t3\tID=x", "line 4: the phase is none of"),
        ("chr1\tme\tgene\t3\t20\thigh\t+\t.\tID=x", "line 4: the score is not a number"),
        ('chr1\tme\tgene\t3\t20\t.\t+\t.\tgene_id "x";', "line 4: the attributes are not.*GFF3"),
    ],
)
def test_malformed_lines_are_named_and_shown(write, line, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_gff(write(GFF3 + line + "\n"))
    assert repr(line)[1:-1] in str(caught.value)


def test_files_without_attributes(write):
    frame = read_gff(write("chr1\tme\tgene\t1\t2\t.\t+\t.\n"))
    assert list(frame)[-1] == "source"


@needs_data
def test_start_codons_of_yeast_read_atg():
    from skgenomics.genome import Genome

    folder = DATA / "io" / "sacCer3"
    path = folder / "sacCer3.ensGene.gtf.gz"
    codons = read_gff(path, feature="start_codon", attributes=["gene_id"])
    codons = codons[codons["end"] - codons["start"] == 3]
    genome = Genome(folder / "sacCer3.fa.gz")
    columns = (codons[name].to_numpy(object) for name in ("chrom", "start", "end", "strand"))
    symbols = pd.Series(genome.fetch_many(*columns)).str.upper()
    with gzip.open(path, "rt") as file:
        n_lines = sum(1 for line in file if not line.startswith("#"))
    assert len(read_gff(path)) == n_lines
    assert len(codons) == 6596
    assert (symbols == "ATG").sum() == 6586
    for strand in "+-":
        assert (symbols[(codons["strand"] == strand).to_numpy()] == "ATG").mean() > 0.997
