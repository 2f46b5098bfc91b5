"""Genotypes and personal genomes: equality with pysam, bcftools and edits of text."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skgenomics.genome import Genome, read_genotypes

HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##contig=<ID=chr2>\n"
HEADER += '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
HEADER += '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]


def write_genome(sequences, path):
    """Write a FASTA file."""
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    return path


def write_vcf_file(path, lines, samples=("ann", "bob")):
    """Write lines of spaces as a VCF file with genotypes."""
    body = "\n".join("\t".join(line.split()) for line in lines)
    path.write_text(HEADER + "\t".join([*COLUMNS, *samples]) + "\n" + body + "\n")
    return path


def random_vcf(path, sequences, rng, n=150):
    """Write random variants, some of which overlap, and their genotypes."""
    lines = []
    for chrom, sequence in sequences.items():
        for pos in np.sort(rng.choice(len(sequence) - 8, n, replace=False)).tolist():
            ref = sequence[pos : pos + rng.integers(1, 4)]
            inserted = "".join(rng.choice(list("ACGT"), rng.integers(1, 4)))
            other = "ACGT".replace(ref[0], "")[rng.integers(3)]
            single = ref[0] if rng.random() < 0.5 else ref
            alts = {
                0: (ref[0], other),
                1: (ref[0], ref[0] + inserted),
                2: (ref, ref[0]),
                3: (single, other),
                4: (ref[0], f"{other},{ref[0]}{inserted}"),
            }
            ref, alt = alts[int(rng.integers(5))]
            if ref == alt:
                continue
            n_alleles = alt.count(",") + 2
            calls = ["|".join(map(str, rng.integers(0, n_alleles, 2))) for _ in range(2)]
            lines.append(f"{chrom} {pos + 1} . {ref} {alt} . . . GT {calls[0]} {calls[1]}")
    return write_vcf_file(path, lines)


@pytest.fixture
def genome(tmp_path):
    rng = np.random.default_rng(0)
    sequences = {f"chr{i}": "".join(rng.choice(list("ACGT"), 3000)) for i in (1, 2)}
    write_genome(sequences, tmp_path / "genome.fa")
    vcf = random_vcf(tmp_path / "random.vcf", sequences, rng)
    return tmp_path / "genome.fa", vcf, sequences


def consensus(fasta, vcf, sample, haplotype):
    """Sequences that bcftools makes, by chromosome."""
    pysam = pytest.importorskip("pysam")
    bcftools = pytest.importorskip("pysam.bcftools")
    packed = f"{vcf}.gz"
    pysam.tabix_compress(str(vcf), packed, force=True)
    pysam.tabix_index(packed, preset="vcf", force=True)
    text = bcftools.consensus("-f", str(fasta), "-s", sample, "-H", str(haplotype), packed)
    records = (record.split("\n", 1) for record in text.split(">")[1:])
    return {name.split()[0]: bases.replace("\n", "") for name, bases in records}


@pytest.mark.parametrize("sample", ["ann", "bob"])
@pytest.mark.parametrize("haplotype", [1, 2])
@pytest.mark.filterwarnings("ignore:.*overlap")
def test_equal_to_bcftools(genome, sample, haplotype):
    fasta, vcf, _ = genome
    expected = consensus(fasta, vcf, sample, haplotype)
    found = Genome(fasta, variants=vcf, sample=sample, haplotype=haplotype)
    for chrom, sequence in expected.items():
        assert found.lengths[chrom] == len(sequence)
        assert found.fetch(chrom, 0, len(sequence)) == sequence


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*overlap", "ignore:.*not phased", "ignore:.*lacks")
def test_yeast_is_equal_to_bcftools(tmp_path):
    folder = Path(os.environ.get("SKGENOMICS_DATA", "/nowhere")) / "io" / "sacCer3"
    if not folder.is_dir():
        pytest.skip("needs the environment variable SKGENOMICS_DATA")
    fasta, vcf = tmp_path / "yeast.fa", tmp_path / "yeast.vcf"
    packed = {fasta: "sacCer3.fa.gz", vcf: "sacCer3_sample_variants.vcf.gz"}
    for path, name in packed.items():
        path.write_bytes(gzip.decompress((folder / name).read_bytes()))
    sample = read_genotypes(vcf).samples[0]
    expected = consensus(fasta, vcf, sample, 1)
    found = Genome(fasta, variants=vcf, haplotype=1)
    for chrom, sequence in expected.items():
        assert found.fetch(chrom, 0, len(sequence) + 1).upper() == sequence.upper() + "N"


@pytest.mark.filterwarnings("ignore:.*overlap")
def test_positions_are_mapped_both_ways(genome):
    fasta, vcf, sequences = genome
    found = Genome(fasta, variants=vcf, sample="ann", haplotype=1)
    length = found.lengths["chr1"]
    bases = found.fetch("chr1", 0, length)
    there = found.to_reference("chr1", np.arange(length))
    assert (np.diff(there) >= 0).all()
    back = found.from_reference("chr1", there)
    is_anchor = np.append(there[1:] != there[:-1], True)
    # Positions that are no insertion come back to themselves, and most hold the same base.
    first = np.flatnonzero(np.append(True, there[1:] != there[:-1]))
    assert_array_equal(back[first], first)
    same = np.array([bases[i] == sequences["chr1"][there[i]] for i in first])
    assert same.mean() > 0.95
    assert is_anchor.sum() == len(first)
    reference = Genome(fasta)
    assert_array_equal(reference.to_reference("chr1", [5, 7]), [5, 7])


def test_small_edits_and_their_positions(tmp_path):
    write_genome({"chr1": "AAcgtTTGGA"}, tmp_path / "genome.fa")
    lines = [
        "chr1 2 . A ATT . . . GT 1|0 0|0",
        "chr1 4 . GT G . . . GT 1|0 0|1",
        "chr1 9 . G <DEL> . . . GT 1|1 0|0",
        "chr1 10 . A T . . . GT 1 ./.",
    ]
    vcf = write_vcf_file(tmp_path / "a.vcf", lines)
    genome = Genome(tmp_path / "genome.fa", variants=vcf, sample="ann", haplotype=1)
    with pytest.warns(UserWarning, match=r"1 variants .* have symbolic alleles"):
        sequence = genome.fetch("chr1", 0, 20)
    assert sequence.rstrip("N") == "AATTcgTTGGT"
    assert_array_equal(genome.to_reference("chr1", range(11)), [0, 1, 1, 1, 2, 3, 5, 6, 7, 8, 9])
    assert_array_equal(genome.from_reference("chr1", range(10)), [0, 1, 4, 5, 5, 6, 7, 8, 9, 10])
    copy = pickle.loads(pickle.dumps(genome))
    assert repr(copy) == repr(genome)
    with pytest.warns(UserWarning, match="symbolic"):
        assert copy.fetch("chr1", 3, 7, "-") == genome.fetch("chr1", 3, 7, "-")
    other = Genome(tmp_path / "genome.fa", variants=vcf, sample="bob", haplotype=1)
    assert other.fetch("chr1", 0, 10) == "AAcgtTTGGA"


def test_overlaps_are_left_out_and_counted(tmp_path):
    """An insertion or deletion may follow a substitution of the base before it."""
    write_genome({"chr1": "ACGTTTACGT"}, tmp_path / "genome.fa")
    lines = [
        "chr1 3 . G A . . . GT 1|1 0|1",
        "chr1 3 . GTT G . . . GT 1|1 0|0",
        "chr1 4 . T C . . . GT 1|1 0|0",
        "chr1 8 . C CAA . . . GT 1|1 0|0",
        "chr1 8 . C CGG . . . GT 1|1 0|0",
    ]
    vcf = write_vcf_file(tmp_path / "a.vcf", lines)
    genome = Genome(tmp_path / "genome.fa", variants=vcf, sample="ann", haplotype=1)
    with pytest.warns(UserWarning, match=r"2 variants of .* overlap with a variant before them"):
        assert genome.lengths == {"chr1": 10}
    assert genome.fetch("chr1", 0, 10) == "ACATACAAGT"


def test_dosages_are_equal_to_those_of_pysam(genome):
    pysam = pytest.importorskip("pysam")
    _, vcf, _ = genome
    found = read_genotypes(vcf)
    expected = []
    with pysam.VariantFile(str(vcf)) as file:
        assert list(file.header.samples) == found.samples
        for record in file:
            calls = [record.samples[name]["GT"] for name in found.samples]
            expected += [[c.count(i) for c in calls] for i in range(1, len(record.alleles))]
    assert_array_equal(found.dosages, np.array(expected).T)
    assert len(found.variants) == found.dosages.shape[1]
    one = read_genotypes(vcf, samples=["bob"])
    assert_array_equal(one.dosages, found.dosages[1:])


def test_missing_and_haploid_genotypes(tmp_path):
    lines = ["chr1 2 . A T . . . DP:GT 3:./1 .", "chr1 4 . G C . . . GT:DP 1 0|1:5"]
    found = read_genotypes(write_vcf_file(tmp_path / "a.vcf", lines))
    assert_array_equal(found.dosages, [[np.nan, 1], [np.nan, 1]])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1 2 . A T . . . DP 3 4", "line 7.*FORMAT has no GT"),
        ("chr1 2 . A T . . . GT 0/2 0/0", "line 7.*'0/2' names an allele"),
        ("chr1 2 . A T . . . GT x 0/0", "line 7.*'x' is not like '0/1'"),
        ("chr1 2 . A T . . . GT 0/0", "line 7.*10 columns, but the header has 11"),
    ],
)
def test_errors_name_the_line(tmp_path, line, message):
    path = write_vcf_file(tmp_path / "a.vcf", [line])
    with pytest.raises(ValueError, match=message):
        read_genotypes(path)


def test_other_errors(tmp_path, genome):
    fasta, vcf, _ = genome
    with pytest.raises(ValueError, match="no sample 'eve'; its samples are 'ann', 'bob'"):
        read_genotypes(vcf, samples=["eve"])
    with pytest.raises(ValueError, match="several samples; set `sample`"):
        Genome(fasta, variants=vcf, haplotype=1).fetch("chr1", 0, 1)
    with pytest.raises(ValueError, match="haplotype must be"):
        Genome(fasta, variants=vcf, sample="ann")
    with pytest.raises(ValueError, match="need `variants`"):
        Genome(fasta, haplotype=1)
    plain = tmp_path / "plain.vcf"
    plain.write_text("#CHROM\tPOS\tID\tREF\tALT\nchr1\t1\t.\tA\tC\n")
    with pytest.raises(ValueError, match="has no genotypes"):
        read_genotypes(plain)
    write_genome({"chr1": "AAAA"}, tmp_path / "other.fa")
    wrong = write_vcf_file(tmp_path / "wrong.vcf", ["chr1 2 . G T . . . GT 1/1 1/1"])
    with pytest.raises(ValueError, match=r"line 7: the reference allele is 'G', but .* has 'A'"):
        Genome(tmp_path / "other.fa", variants=wrong, sample="ann", haplotype=1).fetch("chr1", 0, 1)
    elsewhere = write_vcf_file(tmp_path / "x.vcf", ["chrZ 2 . G T . . . GT 1/1 1/1"])
    with pytest.raises(ValueError, match=r"no variant of .* is on a chromosome of"):
        Genome(tmp_path / "other.fa", variants=elsewhere, sample="ann", haplotype=1).fetch(
            "chr1", 0, 1
        )
