import gzip
import multiprocessing
import os
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from genome_files import bgzip, fasta_text, gzi, random_records
from real_data import DATA, needs_data

from skgenomics.genome import Genome
from skgenomics.sequences import encode, reverse_complement

RECORDS = random_records()


def write(folder, text, kind="plain"):
    text = text.encode() if isinstance(text, str) else text
    path = folder / ("genome.fa" if kind == "plain" else "genome.fa.gz")
    packers = {"plain": bytes, "gz": gzip.compress, "bgz": bgzip}
    path.write_bytes(packers[kind.removesuffix("+gzi")](text))
    if kind == "bgz+gzi":
        (folder / "genome.fa.gz.gzi").write_bytes(gzi(text))
    return path


def random_windows(records, n=300, longest=90, seed=0):
    """Windows on all strands, many of which reach past an end or lie wholly behind one."""
    random = np.random.default_rng(seed)
    names = random.choice(list(records), size=n)
    lengths = np.array([len(records[name]) for name in names])
    starts = random.integers(-longest, lengths + longest)
    return (
        names,
        starts,
        starts + random.integers(0, longest, size=n),
        random.choice(list("+-."), n),
    )


def slow_fetch(records, name, start, end, strand):
    symbols = records[name]
    text = "".join(symbols[i] if 0 <= i < len(symbols) else "N" for i in range(start, end))
    return reverse_complement(text) if strand == "-" and text else text


LAYOUTS = {
    "60": {},
    "CRLF": {"newline": "\r\n", "end": "\r\n"},
    "no newline": {"end": ""},
    "CRLF, no newline": {"newline": "\r\n", "end": ""},
    "blank lines": {"end": "\n\n\n"},
    "one line": {"width": 10_000},
    "1": {"width": 1},
    "widths": {"width": [60, 60, 13, 60, 3, 50]},
}


@pytest.fixture(params=["plain", "gz", "bgz", "bgz+gzi"])
def kind(request):
    return request.param


@pytest.fixture
def genome(tmp_path):
    return Genome(write(tmp_path, fasta_text(RECORDS)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_windows_equal_slices_of_the_records(tmp_path, kind, layout):
    genome = Genome(write(tmp_path, fasta_text(RECORDS, **LAYOUTS[layout]), kind))
    windows = random_windows(RECORDS)
    expected = [slow_fetch(RECORDS, *window) for window in zip(*windows, strict=True)]
    assert genome.names == tuple(RECORDS)
    assert genome.lengths == {name: len(symbols) for name, symbols in RECORDS.items()}
    assert genome.fetch_many(*windows).tolist() == expected
    assert [genome.fetch(*window) for window in zip(*windows, strict=True)] == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_codes_equal_encoded_text(tmp_path, kind, layout):
    genome = Genome(write(tmp_path, fasta_text(RECORDS, **LAYOUTS[layout]), kind))
    names, starts, _, strands = random_windows(RECORDS)
    for length in (1, 60, 77):
        codes = genome.codes(names, starts, length, strands)
        texts = genome.fetch_many(names, starts, starts + length, strands)
        np.testing.assert_array_equal(codes, encode(texts))
        assert codes.dtype == np.uint8


def test_windows_across_many_stretches_of_a_bgzip_file(tmp_path):
    """More blocks than are read at a time."""
    records = random_records(seed=1, lengths=(40_000, 30_000))
    genome = Genome(write(tmp_path, fasta_text(records), "bgz"))
    windows = random_windows(records, longest=20_000, n=60)
    expected = [slow_fetch(records, *window) for window in zip(*windows, strict=True)]
    assert genome.fetch_many(*windows).tolist() == expected
    np.testing.assert_array_equal(
        genome.codes(windows[0], windows[1], 15_000),
        encode(genome.fetch_many(windows[0], windows[1], windows[1] + 15_000)),
    )


def test_equal_to_pyfaidx_and_pysam(tmp_path):
    pyfaidx, pysam = pytest.importorskip("pyfaidx"), pytest.importorskip("pysam")
    path = write(tmp_path, fasta_text(RECORDS | {"chr2": "A"}))
    genome = Genome(path)
    ours = genome.fetch("chr1", 17, 190), genome.fetch("chr6", 0, 120)
    pysam.faidx(str(path), "--fai-idx", str(tmp_path / "theirs.fai"))
    assert (tmp_path / "genome.fa.fai").read_text() == (tmp_path / "theirs.fai").read_text()
    with pysam.FastaFile(str(path)) as file:
        assert (file.fetch("chr1", 17, 190), file.fetch("chr6", 0, 120)) == ours
    with pyfaidx.Fasta(str(path), as_raw=True) as file:
        assert (file["chr1"][17:190], file["chr6"][0:120]) == ours


# The index


def test_the_index_is_written_once_and_used(tmp_path, monkeypatch):
    path = write(tmp_path, fasta_text(RECORDS))
    text = Genome(path).fetch("chr1", 0, 230)
    assert [x.name for x in tmp_path.iterdir() if x != path] == ["genome.fa.fai"]
    monkeypatch.setattr("skgenomics.genome._fasta_file.build_index", None)
    assert Genome(path).fetch("chr1", 0, 230) == text


def test_an_older_index_is_built_again(tmp_path):
    path = write(tmp_path, fasta_text(RECORDS))
    assert Genome(path).names == tuple(RECORDS)
    os.utime(f"{path}.fai", (1, 1))
    path.write_text(">other\n" + "ACGT" * 300 + "\n")
    assert Genome(path).names == ("other",)
    assert Path(f"{path}.fai").read_text() == "other\t1200\t7\t1200\t1201\n"


@pytest.mark.parametrize("kind", ["plain", "bgz"])
def test_an_index_of_another_size_is_built_again(tmp_path, kind):
    path = write(tmp_path, fasta_text(RECORDS), kind)
    Path(f"{path}.fai").write_text("chr1\t100\t7\t50\t51\n")
    assert Genome(path).lengths["chr1"] == 230


@pytest.mark.parametrize(
    "index", ["chrA\t230\t17\t60\t61\nchr2\t8\t269\t8\t9\n", "nonsense", "", "chr1\t-1\t0\t0\t0\n"]
)
def test_an_index_that_does_not_fit_is_built_again(tmp_path, index):
    records = {"chr1": RECORDS["chr1"], "chr2": "ACGTACGT"}
    path = write(tmp_path, fasta_text(records))
    Path(f"{path}.fai").write_text(index)
    assert Genome(path).fetch("chr2", 0, 8) == "ACGTACGT"


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError

    monkeypatch.setattr("skgenomics.genome._fasta_file.replace_file", refuse)
    path = write(tmp_path, fasta_text(RECORDS))
    assert Genome(path).fetch("chr1", 0, 230) == RECORDS["chr1"]
    assert list(tmp_path.iterdir()) == [path]


# Names and windows


def test_namings_are_reconciled(genome):
    assert genome.fetch("1", 3, 9) == genome.fetch("chr1", 3, 9)
    assert "CHR3" in genome
    assert "chr9" not in genome
    assert genome.resolve("4") == "chr4"
    np.testing.assert_array_equal(
        genome.codes([1, 3], [0, 0], 5), genome.codes(["chr1", "3"], [0, 0], 5)
    )


def test_one_chromosome_and_strand_for_all(genome):
    texts = genome.fetch_many("chr1", [0, 10], [5, 15], "-")
    assert texts.tolist() == [genome.fetch("chr1", a, a + 5, "-") for a in (0, 10)]


def test_no_windows_at_all(genome):
    assert genome.fetch_many([], [], []).shape == (0,)
    assert genome.codes([], [], 4).shape == (0, 4)


def test_odd_containers(genome):
    frame = pd.DataFrame({"c": ["chr1", "chr3"], "s": [5.0, 6.0]}, index=[7, 7])
    codes = genome.codes(frame["c"].astype("category"), frame["s"].astype("Int64"), 9)
    np.testing.assert_array_equal(codes, genome.codes(["chr1", "chr3"], [5, 6], 9))


def test_rna_pairs_with_u(tmp_path):
    genome = Genome(write(tmp_path, ">r\nACGUUaa\n"))
    assert genome.fetch("r", 5, 9, "-") == "NNuu"
    assert genome.fetch_many("r", [0], [7], "-").tolist() == ["uuAACGU"]
    assert genome.codes("r", [0], 7, "-").tolist() == [[3, 3, 0, 0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (("chr7", 0, 5), "row 1: chromosome 'chr7' is not in .*genome.fa; did you mean"),
        ((None, 0, 5), "row 1 has no chromosome"),
        (("chr1", 6, 5), "row 1, from 6 to 5, starts after its end"),
        (("chr1", float("nan"), 5), "row 1 has the start .*nan"),
        (("chr1", 1.5, 5), "row 1 has the start .*1.5"),
        (("chr1", 0, 5, "x"), "row 1 has the strand 'x'"),
        (("chr1", 0, 5, None), "row 1 has the strand None"),
    ],
)
def test_bad_windows_name_the_row(genome, window, message):
    columns = zip(("chr1", 0, 5, "+")[: len(window)], window, strict=True)
    with pytest.raises(ValueError, match=message):
        genome.fetch_many(*map(list, columns))


def test_bad_single_windows(genome):
    with pytest.raises(ValueError, match="chr1:6-5 starts after its end"):
        genome.fetch("chr1", 6, 5)
    with pytest.raises(ValueError, match="strand must be one of"):
        genome.fetch("chr1", 5, 6, "x")
    with pytest.raises(ValueError, match="length must be a positive integer, got 0"):
        genome.codes(["chr1"], [0], 0)
    with pytest.raises(ValueError, match="there are 2 chromosomes for 1 starts"):
        genome.codes(["chr1", "chr1"], [0], 5)


def test_symbols_of_proteins(tmp_path):
    genome = Genome(write(tmp_path, ">p\nMKV\n>q\nEL*\n"))
    assert genome.fetch("q", 0, 3) == "EL*"
    with pytest.raises(ValueError, match=r"row 1 holds 'E' in .*which is not a nucleotide"):
        genome.codes(["p", "q"], [1, 0], 2)
    with pytest.raises(ValueError, match="row 1 holds 'E' in"):
        genome.fetch_many(["p", "q"], [1, 0], [2, 2], "-")
    with pytest.raises(ValueError, match="holds 'E'"):
        genome.fetch("q", 0, 3, "-")


# Files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty: it has 0 record"),
        (">a\n>b\n", "is empty: it has 2 record.s. and no bases"),
        ("ACGT\n", "is not a FASTA file: line 1 does not begin with '>'"),
        (">a\nACGT\nA\rC\n", "line 3, in the record 'a', holds a carriage return"),
        (">a\nAC>b\nAC\n", "line 2, in the record 'a', holds '>' among the bases"),
        ("\nsome text\n>a\nAC\n", "is not a FASTA file: line 2 does not begin with '>'"),
        (">a\nACGT\nAC\nACGT\n", "line 4, in the record 'a', follows a shorter line"),
        (">a\nAC\nACGT\n", "line 3, in the record 'a', .*longer than the first"),
        (">a\nAC\n>b\nACGT\r\nACGT\nAC\n", "line 6, in the record 'b', .*another line ending"),
        (">a\nACGT\n\nACGT\n", "line 4, in the record 'a', follows a blank line inside"),
        (">a\nAC GT\n", "line 2, in the record 'a', holds a space or a tab.*The line is 'AC GT'"),
        (">a\nAC\n>b\nAC\n>a x\nAC\n", "has two records with the name 'a'"),
        (">a\nAC\n> \nAC\n", "record 2 has no name"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "gz", "bgz"])
def test_bad_files(tmp_path, text, message, kind):
    with pytest.raises(ValueError, match=message):
        _ = Genome(write(tmp_path, text, kind)).names


def test_lines_of_files_that_are_read_in_parts(tmp_path):
    """The parts of a bgzip file end anywhere, in the middle of headers and lines too."""
    records = {f"contig{i}": "ACGTTGCA" * (i % 5) for i in range(2000)}
    text = fasta_text(records, width=7)
    genome = Genome(write(tmp_path, text, "bgz"))
    assert genome.lengths == {name: len(symbols) for name, symbols in records.items()}
    assert genome.fetch("contig1999", 3, 20) == records["contig1999"][3:20]
    with pytest.raises(ValueError, match=rf"line {text.count(chr(10)) + 2}, in the record 'z'"):
        _ = Genome(write(tmp_path, text + ">z\nA C\n", "bgz")).names


def test_truncated_gzip(tmp_path):
    path = write(tmp_path, fasta_text(RECORDS), "gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"genome\.fa\.gz is a damaged or cut off gzip file"):
        _ = Genome(path).names


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no FASTA file at .*none\.fa"):
        Genome(tmp_path / "none.fa")
    with pytest.raises(FileNotFoundError):
        Genome(tmp_path)


# Processes


def test_a_pickle_holds_the_path_alone(genome):
    before = genome.fetch("chr1", 0, 100)
    again = pickle.loads(pickle.dumps(genome))
    none = dict.fromkeys(("variants", "sample", "haplotype"))
    assert vars(again) == {"path": genome.path} | none
    assert len(pickle.dumps(genome)) < 500
    assert again.fetch("chr1", 0, 100) == before
    assert repr(again) == f"Genome({str(genome.path)!r})"


@pytest.mark.parametrize("kind", ["plain", "bgz"])
def test_processes_read_the_same_bytes(tmp_path, kind):
    genome = Genome(write(tmp_path, fasta_text(RECORDS), kind))
    windows = [random_windows(RECORDS, seed=seed) for seed in range(6)]
    expected = [genome.fetch_many(*columns).tolist() for columns in windows]
    for backend in ("loky", "threading"):
        texts = joblib.Parallel(n_jobs=2, backend=backend)(
            joblib.delayed(genome.fetch_many)(*columns) for columns in windows
        )
        assert [x.tolist() for x in texts] == expected
    # Before and after the first reading.
    for shared in (genome, Genome(genome.path)):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            texts = pool.starmap(shared.fetch_many, windows, chunksize=1)
        assert [x.tolist() for x in texts] == expected


# Real data


@needs_data
def test_start_codons_of_yeast_read_atg_on_both_strands():
    columns = ["chrom", "source", "feature", "start", "end", "score", "strand", "frame", "info"]
    folder = DATA / "io" / "sacCer3"
    gtf = pd.read_csv(folder / "sacCer3.ensGene.gtf.gz", sep="\t", names=columns, comment="#")
    codons = gtf[(gtf["feature"] == "start_codon") & (gtf["end"] - gtf["start"] == 2)]
    genome = Genome(folder / "sacCer3.fa.gz")
    starts, strands = codons["start"] - 1, codons["strand"]
    texts = genome.fetch_many(codons["chrom"], starts, codons["end"], strands)
    assert (texts == "ATG").sum() == 6586
    assert len(texts) == 6596
    assert all((texts[strands == strand] == "ATG").mean() > 0.99 for strand in "+-")
    codes = genome.codes(codons["chrom"], starts, 3, strands)
    assert ((codes == [0, 3, 2]).all(axis=1) == (texts == "ATG")).all()


@needs_data
def test_lengths_of_yeast():
    sizes = pd.read_csv(DATA / "io/sacCer3/sacCer3.chrom.sizes", sep="\t", names=["name", "size"])
    genome = Genome(DATA / "io/sacCer3/sacCer3.fa.gz")
    assert genome.lengths == dict(zip(sizes["name"], sizes["size"], strict=True))


@needs_data
@pytest.mark.parametrize(
    "name",
    [
        "tangermeme/test.fa",
        "selene/small.fasta",
        "bionumpy/small_genome.fa",
        "pyfaidx/issue_83.fasta",
        "pyfaidx/chr17.hg19.part.fa",
        "sarscov2/nCoV-2019.reference.fasta",
        "hg38_chr1_1Mb/hg38_1m.fa.gz",
        "kipoiseq/sample.5kb.fa",
    ],
)
def test_files_of_other_packages(name):
    from skgenomics.genome import read_fasta

    path = DATA / "io/small" / name
    genome = Genome(path)
    for header, symbols in read_fasta(path):
        assert genome.fetch(header.split()[0], 0, len(symbols)) == symbols
        assert genome.fetch(header.split()[0], -2, 3) == "NN" + (symbols + "NNN")[:3]
    assert sum(1 for _ in read_fasta(path)) == len(genome.names)
