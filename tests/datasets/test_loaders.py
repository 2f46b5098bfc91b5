"""Loaders: what files mean, and errors that say what is wrong with them."""

import gzip
import os
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skgenomics.datasets import load_csv, load_fasta, load_intervals
from skgenomics.datasets._tables import read_chunks
from skgenomics.genome import read_fasta

TABLE = "sequence,label,other,split,fold,group\nACGT,1,0.5,train,0,a\nNA,0,,test,1,b\n"


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_file


@pytest.mark.parametrize(
    ("name", "separator"),
    [("a.csv", ","), ("a.tsv", "\t"), ("a.csv.gz", ","), ("a.txt", "\t"), ("a.csv", ";")],
)
def test_tables_with_any_separator_give_the_same(write, name, separator):
    data = load_csv(write(name, TABLE.replace(",", separator)), target="label")
    # "NA" is a sequence of two bases.
    assert data.X.tolist() == ["ACGT", "NA"]
    assert data.X.dtype == object
    assert_array_equal(data.y, [1, 0])
    assert data.split.tolist() == ["train", "test"]
    assert data.fold.tolist() == [0, 1]
    assert data.groups.tolist() == ["a", "b"]
    assert data.target_names == ["label"]
    assert list(data.frame) == ["sequence", "label", "other", "split", "fold", "group"]


def test_windows_files_with_a_byte_order_mark_are_read(write):
    path = write("a.csv", "\ufeff" + TABLE.replace("\n", "\r\n"))
    assert load_csv(path, "label").X.tolist() == ["ACGT", "NA"]


def test_without_target_and_further_columns_these_are_none(write):
    data = load_csv(write("a.csv", "dna\nACGT\n"), sequence="dna")
    assert data.X.tolist() == ["ACGT"]
    assert data.y is data.split is data.fold is data.groups is None


def test_text_labels_stay_text(write):
    data = load_csv(write("a.csv", "sequence,label\nAC,None\nGT,yes\n"), "label")
    assert data.y.tolist() == ["None", "yes"]


@pytest.mark.parametrize("target", ["label,other", "label, other", ["label", "other"]])
def test_several_targets_may_have_missing_labels(write, target):
    data = load_csv(write("a.csv", TABLE), target=target)
    assert_array_equal(data.y, [[1, 0.5], [0, np.nan]])
    assert data.target_names == ["label", "other"]


def test_only_the_empty_cell_is_missing_in_text(write):
    """Segments of influenza: HA, NA and NP."""
    path = write("a.csv", "sequence,segment,dose\nAC,HA,1\nGT,NA,NA\nGG,null,3\nTT,nan,4.5\n")
    data = load_csv(path, target="segment")
    assert data.y.tolist() == ["HA", "NA", "null", "nan"]
    np.testing.assert_array_equal(data.frame["dose"], [1, np.nan, 3, 4.5])
    with pytest.raises(ValueError, match="row 1, counted from 0, has no label"):
        load_csv(write("a.csv", "sequence,segment\nAC,HA\nGT,\n"), target="segment")


@pytest.mark.parametrize("value", ["1e1", "10.0", "True", "", "x", "9" * 19])
def test_coordinates_are_integers_in_all_files(tmp_path, value):
    (tmp_path / "genome.fa").write_text(">chr1\n" + "ACGT" * 10 + "\n")
    for name, separator, header in [("a.csv", ",", "chrom,start,end\n"), ("a.bed", "\t", "")]:
        path = tmp_path / name
        rows = [["chr1", "2", "12"], ["chr1", value, "20"]]
        path.write_text(header + "".join(separator.join(row) + "\n" for row in rows))
        with pytest.raises(ValueError, match="is not an integer"):
            load_intervals(path, tmp_path / "genome.fa")


def test_long_sequences(write):
    """The module csv refuses fields of more than 131,072 characters."""
    sequence = "ACGT" * 40_000
    assert (
        load_csv(write("a.csv", f"sequence,label\n{sequence},1\n"), target="label").X[0] == sequence
    )
    with pytest.raises(ValueError, match=r"no column 'sequence', only '[ACGT]*\.\.\.'") as info:
        load_csv(write("a.csv", f"{sequence}\n{sequence}\n"))
    assert len(str(info.value)) < 400


def test_pipes_are_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    text = "sequence,label\n" + "".join(f"{'ACGT' * (i % 9 + 1)},{i % 2}\n" for i in range(9000))
    writer = threading.Thread(target=path.write_text, args=(text,))
    writer.start()
    data = load_csv(path, target="label")
    writer.join()
    assert len(data.X) == 9000
    assert data.y.sum() == 4500


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        ("", "label", "is empty"),
        ("\n\n", "label", "is empty"),
        ("sequence,label\n", "label", "has a header, but no rows"),
        ("seq,label\nAC,1\n", "label", "no column 'sequence', only 'seq', 'label'"),
        (TABLE, "labell", "no column 'labell'.*did you mean 'label'"),
        (TABLE, "label,fulfilled", "no column 'fulfilled'"),
        ("sequence,label\nAC,1\n,0\n", "label", "row 1, counted from 0, has no sequence"),
        ("sequence,label\nAC,1\nAC,\n", "label", "row 1.* has no label in column 'label'"),
        ("sequence,label\nAC,1\nAC,NA\n", "label", "row 1.* has no label"),
        ("sequence,a,b\nAC,1,0\nAC,x,0\n", "a,b", "column 'a' has 'x' in row 1"),
        ("sequence,a,b\nAC,1,\nAC,0,\n", "a,b", "column 'b' has no label at all"),
        ("sequence,label\nAC,1,3\nGT,0,4\n", "label", "more fields than its header"),
        ("sequence,label\nAC,1\nGT,0,4,5\n", "label", "is not a valid table: .* in line 3"),
        (b"\x00\xff\xfe\x81", "label", "is not a text file"),
        (b"\x1f\x8b\x08\x00abc", "label", "damaged gzip"),
    ],
)
def test_errors_of_tables_are_one_line_and_name_the_file(write, content, target, message):
    path = write("a.csv", content)
    with pytest.raises(ValueError, match=message) as caught:
        load_csv(path, target)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_are_missing_files(tmp_path):
    for load in (load_csv, load_fasta):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none.csv")


def test_chunks_make_up_the_table(write):
    rows = [f"{i},{'ACGT'[i % 4] * 3}" for i in range(10)]
    path = write("a.csv.gz", "\n".join(["id,sequence", *rows]))
    chunks = list(read_chunks(path, "sequence", "id", 4))
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    assert [x for chunk in chunks for x in chunk["id"]] == [str(i) for i in range(10)]


FASTA = ">a first one label=1\nACGT\nac\n\n>b|label=0\r\nNN\r\n"


@pytest.mark.parametrize("name", ["a.fa", "a.fa.gz"])
def test_fasta_records_may_span_lines(write, name):
    data = load_fasta(write(name, FASTA))
    assert data.X.tolist() == ["ACGTac", "NN"]
    assert data.ids.tolist() == ["a", "b|label=0"]
    assert data.descriptions.tolist() == ["first one label=1", ""]
    assert data.y is None


def test_labels_of_headers_become_numbers_if_all_are(write):
    assert_array_equal(load_fasta(write("a.fa", FASTA), label="label").y, [1, 0])
    text = FASTA.replace("label=0", "label=no")
    assert load_fasta(write("b.fa", text), label="label").y.tolist() == ["1", "no"]


@pytest.mark.parametrize(
    "table", ["b,0\na,1\n", "id,label\nb,0\na,1\nzz,5\n", "id,label,split\nb,0,test\na,1,train\n"]
)
def test_a_table_of_labels_is_matched_by_identifier(write, table):
    fasta = write("a.fa", ">a x\nAC\n>b\nGT\n")
    data = load_fasta(fasta, labels=write("labels.csv", table))
    assert_array_equal(data.y, [1, 0])
    assert data.target_names == ["label"]
    if "split" in table:
        assert data.split.tolist() == ["train", "test"]


def test_a_table_of_labels_may_have_several_targets(write):
    table = write("labels.tsv", "name\tu\tv\nb\t0\t\na\t1\t0\n")
    data = load_fasta(write("a.fa", ">a\nAC\n>b\nGT\n"), labels=table, target="u,v")
    assert_array_equal(data.y, [[1, 0], [0, np.nan]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("ACGT\n>a\nAC\n", "is not a FASTA file: it begins with 'ACGT'"),
        (">a\nAC\n>b x\n>c\nAC\n", "record 'b x' has no sequence"),
        (">a\nAC\n>last", "record 'last' has no sequence"),
        (">a label=1\nAC\n>b\nAC\n", "record 'b' has no 'label=...'"),
    ],
)
def test_errors_of_fasta_name_the_record(write, content, message):
    with pytest.raises(ValueError, match=message):
        load_fasta(write("a.fa", content), label="label")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,label\na,1\n", "no label for the record 'b'"),
        ("id,label\na,1\na,0\nb,1\n", "two rows for 'a'"),
        ("id\na\nb\n", "one column"),
    ],
)
def test_errors_of_labels_name_the_record(write, table, message):
    fasta = write("a.fa", ">a\nAC\n>b\nGT\n")
    with pytest.raises(ValueError, match=message):
        load_fasta(fasta, labels=write("labels.csv", table))


def test_reading_fasta_is_lazy(write):
    records = read_fasta(write("a.fa", ">a\nAC\n>b\n>c\nGT\n"))
    assert next(records) == ("a", "AC")
    with pytest.raises(ValueError, match="'b'"):
        next(records)


def test_blanks_are_no_sequence(tmp_path):
    path = tmp_path / "peaks.csv"
    path.write_text("sequence,label\nACGT,1\n  ,0\n")
    with pytest.raises(ValueError, match="row 1, counted from 0, has no sequence"):
        load_csv(path, "label")


def test_chromosomes_of_two_namings_are_one_group(tmp_path):
    genome, peaks = tmp_path / "genome.fa", tmp_path / "peaks.bed"
    genome.write_text(">chr1\nACGTACCG\n")
    peaks.write_text("chr1\t2\t5\n1\t0\t4\n")
    assert load_intervals(peaks, genome).groups.tolist() == ["chr1", "chr1"]
