"""Indexes beside FASTA files: used where they fit, never where they belong to another file."""

import os
from pathlib import Path

import numpy as np
import pytest
from genome_files import bgzip, fasta_text, random_records

from skgenomics.genome import Genome, read_fasta

RECORDS = random_records(seed=5, lengths=(600, 600))


def write(path, text):
    """Replace a file as `mv` and `rsync` do, which keep the time of the original."""
    new = path.with_name("new")
    new.write_bytes(bgzip(text.encode()) if path.suffix == ".gz" else text.encode())
    os.utime(new, (1, 1))
    os.replace(new, path)


def read_all(path):
    genome = Genome(path)
    lengths = genome.lengths
    many = genome.fetch_many(list(lengths), [0] * len(lengths), list(lengths.values()))
    single = [genome.fetch(name, 0, n) for name, n in lengths.items()]
    assert single == many.tolist()
    return dict(zip(lengths, single, strict=True))


@pytest.mark.parametrize("name", ["g.fa", "g.fa.gz"])
@pytest.mark.parametrize("change", ["headers", "order", "wrapped", "bases"])
def test_an_index_of_another_file_is_not_used(tmp_path, name, change):
    path = tmp_path / name
    text = fasta_text(RECORDS)
    write(path, text)
    assert read_all(path) == RECORDS
    assert (tmp_path / f"{name}.fai").exists()
    records = dict(reversed(RECORDS.items())) if change == "order" else dict(RECORDS)
    if change == "bases":
        records["chr1"] = records["chr1"][::-1]
    text = fasta_text(records, width=50 if change == "wrapped" else 60)
    write(path, text.replace("some words", "some more words") if change == "headers" else text)
    assert read_all(path) == records


@pytest.mark.parametrize("kind", [".fa", ".fa.gz"])
def test_mutated_indexes_never_give_other_bases(tmp_path, kind):
    path = tmp_path / f"g{kind}"
    write(path, fasta_text(RECORDS))
    read_all(path)
    index = Path(f"{path}.fai")
    whole = index.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[random.integers(len(whole))] = random.choice(list(b"0123456789\tchr\n"))
        index.write_bytes(damaged)
        try:
            found = read_all(path)
        except ValueError as error:
            assert "index does not fit" in str(error)  # noqa: PT017
        else:
            assert found == RECORDS


def test_an_index_is_written_without_fchmod(tmp_path, monkeypatch):
    """Windows has no os.fchmod before Python 3.13."""
    monkeypatch.delattr(os, "fchmod")
    path = tmp_path / "g.fa"
    path.write_text(">a\nACGT\n")
    assert Genome(path).lengths == {"a": 4}
    assert Path(f"{path}.fai").read_text() == "a\t4\t3\t4\t5\n"


def test_a_cut_index_is_never_published(tmp_path, monkeypatch):
    """On a full disk, the file has no index rather than half of one."""

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skgenomics._utils.files.os.fsync", full)
    path = tmp_path / "g.fa"
    path.write_text(">a\nACGT\n")
    assert Genome(path).fetch("a", 0, 4) == "ACGT"
    assert os.listdir(tmp_path) == ["g.fa"]


def test_a_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "g.fa"
    path.write_bytes(b"\xef\xbb\xbf>a x\nACGT\nGG\n>b\nTT\n")
    for _ in range(2):
        assert read_all(path) == {"a": "ACGTGG", "b": "TT"}
    assert list(read_fasta(path)) == [("a x", "ACGTGG"), ("b", "TT")]


def test_carriage_returns_inside_lines(tmp_path):
    path = tmp_path / "g.fa"
    path.write_bytes(b">chr1\nACGTACGTAC\nGG\rTTGGTTG\nAC\n")
    with pytest.raises(ValueError, match=r"line 3, in the record 'chr1', holds a carriage return"):
        Genome(path).fetch("chr1", 0, 22)


def test_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is a pipe or a device"):
        Genome(tmp_path / "pipe")
