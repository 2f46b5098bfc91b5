"""A position is an integer for every reader and writer; nothing that only looks like one is."""

import numpy as np
import pandas as pd
import pytest

from skgenomics import CNNClassifier
from skgenomics.datasets import load_intervals
from skgenomics.genome import (
    Genome,
    IntervalEncoder,
    SignalTrack,
    read_bed,
    read_gff,
    read_vcf,
    score_variants,
    write_bed,
    write_vcf,
)

BASES = "ACGTTGCAAC" * 5


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{BASES}\n")
    return path


@pytest.mark.parametrize("text", ["1e1", "10.0", "True", "1_0", "+10", "\uff11\uff10", "0x1"])
def test_text_that_is_not_an_integer(text, genome, tmp_path):
    files = {
        "a.bed": (f"chr1\t{text}\t20\n", read_bed),
        "a.gtf": (f'chr1\tx\texon\t{text}\t20\t.\t+\t.\tn "1"\n', read_gff),
        "a.vcf": (f"#CHROM\tPOS\nchr1\t{text}\t.\tA\tC\n", lambda p: list(read_vcf(p))),
        "a.bedGraph": (f"chr1\t{text}\t20\t1\n", lambda p: SignalTrack(p).names),
        "a.csv": (f"chrom,start,end\nchr1,{text},20\n", lambda p: load_intervals(p, genome)),
    }
    for name, (content, read) in files.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match="not an integer"):
            read(tmp_path / name)
    with pytest.raises(ValueError, match="positions are integers"):
        IntervalEncoder(genome).fit_transform([["chr1", text, 20]])
    with pytest.raises(ValueError, match="start must be an integer"):
        Genome(genome).fetch("chr1", text, 20)


@pytest.mark.parametrize("value", [True, 10.5, np.nan, "ten"])
def test_values_that_are_not_integers(value, genome, tmp_path):
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [value], "end": [20]}, dtype=object)
    with pytest.raises(ValueError, match="positions are integers"):
        IntervalEncoder(genome).fit_transform(frame)
    with pytest.raises(ValueError, match=r"positions are integers|no start"):
        write_bed(frame, tmp_path / "a.bed")
    with pytest.raises(ValueError, match="start must be an integer"):
        Genome(genome).fetch("chr1", value, 20)


@pytest.mark.parametrize("value", [10, 10.0, np.int8(10), "10"])
def test_values_that_are_integers(value, genome, tmp_path):
    frame = pd.DataFrame({"chrom": ["chr1"], "start": [value], "end": [20]}, dtype=object)
    assert IntervalEncoder(genome).fit_transform(frame).tolist() == [[BASES[10:20]]]
    assert Genome(genome).fetch("chr1", value, 20) == BASES[10:20]
    write_bed(frame, tmp_path / "a.bed")
    assert (tmp_path / "a.bed").read_text() == "chr1\t10\t20\n"
    variants = pd.DataFrame({"chrom": ["chr1"], "pos": [value], "ref": ["C"], "alt": ["A"]})
    write_vcf(variants, tmp_path / "a.vcf")
    assert next(read_vcf(tmp_path / "a.vcf"))["pos"].tolist() == [10]


def test_scores_of_variants_never_replace_their_input(genome, tmp_path):
    model = CNNClassifier(n_filters=4, kernel_size=3, max_iter=1).fit([BASES[:20]] * 4, [0, 1] * 2)
    path = tmp_path / "a.vcf"
    path.write_text("#CHROM\tPOS\nchr1\t21\t.\tA\tC\n")
    for target in (path, genome):
        before = target.read_text()
        with pytest.raises(ValueError, match="is the input file"):
            score_variants(model, path, genome, output=target)
        assert target.read_text() == before
