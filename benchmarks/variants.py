"""Speed and memory of scoring variants.

    python benchmarks/variants.py

The 44,251 variants of a yeast strain are scored by a network that was trained on 2,000 windows of
200 bp: by `score_variants`, by the same batches with windows cut from strings, and by a loop over
the variants, of which a sample is timed. All must give the same effects. Times are processor times
on one thread. Needs the data sets and some minutes.
"""

from __future__ import annotations

import gzip
import multiprocessing
import re
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter
from skgenomics.genome import Genome, read_gff, read_vcf, score_variants

YEAST = DATA / "io" / "sacCer3"
VCF = YEAST / "sacCer3_sample_variants.vcf.gz"
FASTA = YEAST / "sacCer3.fa.gz"
WINDOW = 200
LEFT = WINDOW // 2
N_TRAINING = 2000
N_IN_LOOP = 500
N_AT_ONCE = 10_000
N_REPEATS = 10


def train(genome: Genome) -> CNNClassifier:
    """Train a classifier of windows inside and outside of coding sequence."""
    coding = read_gff(YEAST / "sacCer3.ensGene.gtf.gz", feature="CDS", attributes=["gene_id"])
    rng = np.random.default_rng(0)
    inside = coding.sample(N_TRAINING // 2, random_state=0)
    middle = (inside["start"] + inside["end"]).to_numpy() // 2
    names = rng.choice(np.array(genome.names, dtype=object), N_TRAINING // 2)
    anywhere = [int(rng.integers(genome.lengths[name])) for name in names]
    chroms = np.concatenate([inside["chrom"].to_numpy(object), names])
    X = genome.codes(chroms, np.concatenate([middle, anywhere]) - LEFT, WINDOW)
    y = np.repeat([1, 0], N_TRAINING // 2)
    return CNNClassifier(max_iter=5, random_state=0).fit(X, y)


def read_texts(genome: Genome) -> dict[str, str]:
    return {name: genome.fetch(name, 0, n).upper() for name, n in genome.lengths.items()}


def cut(text: str, first: int, last: int) -> str:
    """Cut a part of a chromosome, N past its ends."""
    return "N" * max(0, -first) + text[max(0, first) : last] + "N" * max(0, last - len(text))


def windows_of(texts: dict[str, str], row) -> tuple[str, str]:
    """Cut the two windows of a variant from strings."""
    text, start = texts[row.chrom], row.pos - 1
    before = cut(text, start - LEFT, start)
    after = start + len(row.ref)
    tail = cut(text, after, after + WINDOW)
    return tuple((before + allele.upper() + tail)[:WINDOW] for allele in (row.ref, row.alt))


def in_batches_of_strings(model, genome) -> np.ndarray:
    """Compute effects in batches of windows that are cut from strings."""
    texts, deltas = read_texts(genome), []
    for variants in read_vcf(VCF, chunk_size=N_AT_ONCE):
        pairs = [windows_of(texts, row) for row in variants.itertuples()]
        refs, alts = map(list, zip(*pairs, strict=True))
        deltas.append(model.predict_proba(alts)[:, 1] - model.predict_proba(refs)[:, 1])
    return np.concatenate(deltas)


def one_by_one(model, texts, variants: pd.DataFrame) -> np.ndarray:
    """Compute effects in a loop over the variants."""
    proba = [
        model.predict_proba(list(windows_of(texts, row)))[:, 1] for row in variants.itertuples()
    ]
    return np.diff(proba)[:, 0]


def seconds(way) -> tuple[float, object]:
    start = time.process_time()
    result = way()
    return time.process_time() - start, result


def repeated_vcf(folder: Path, repeats: int) -> Path:
    """Write the same variants several times."""
    with gzip.open(VCF, "rt") as file:
        lines = file.readlines()
    header = [line for line in lines if line.startswith("#")]
    # Columns after the alleles are not read.
    body = ["\t".join(line.split("\t", 5)[:5]) + "\n" for line in lines[len(header) :]]
    path = folder / f"{repeats}.vcf"
    path.write_text("".join(header + body * repeats))
    return path


def peak_memory(estimator, repeats: int, folder: Path) -> tuple[float, float, int]:
    """Measure peak memory (MB), seconds and number of variants in a separate process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_score_into_file, (estimator, repeated_vcf(folder, repeats), folder))


def _score_into_file(estimator, path: Path, folder: Path) -> tuple[float, float, int]:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    took, result = seconds(
        lambda: score_variants(estimator, path, FASTA, window=WINDOW, output=folder / "effects.tsv")
    )
    # Unlike getrusage, this does not include the memory of the parent process.
    status = Path("/proc/self/status").read_text()
    megabytes = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    return megabytes, took, result.n_variants


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    genome = Genome(FASTA)
    texts = read_texts(genome)
    model = train(genome)
    variants = pd.concat(read_vcf(VCF), ignore_index=True)
    sample = variants.sample(N_IN_LOOP, random_state=0)
    # A warm-up on a few variants, so that no way includes the compilation of loops.
    score_variants(model, sample, FASTA)
    ours, table = seconds(lambda: score_variants(model, VCF, FASTA))
    strings, in_batches = seconds(lambda: in_batches_of_strings(model, Genome(FASTA)))
    loop, in_loop = seconds(lambda: one_by_one(model, texts, sample))
    np.testing.assert_allclose(table["delta"], in_batches, atol=1e-5)
    np.testing.assert_allclose(table["delta"][sample.index], in_loop, atol=1e-5)
    loop *= len(variants) / N_IN_LOOP
    codes = genome.codes(variants["chrom"].to_numpy(object), variants["pos"] - 1 - LEFT, WINDOW)
    network, _ = seconds(lambda: model.predict_proba(np.concatenate([codes, codes])))
    counts = make_pipeline(KmerCounter(k=4), LogisticRegression(max_iter=1000))
    counts.fit(codes[:N_TRAINING], np.arange(N_TRAINING) % 2)
    runs = [
        ("the network", model, 1),
        ("k-mer counts", counts, 1),
        ("k-mer counts", counts, N_REPEATS),
    ]
    with tempfile.TemporaryDirectory() as folder:
        memory = [(name, *peak_memory(m, n, Path(folder))) for name, m, n in runs]
    rows = [
        ("**skgenomics** `score_variants`", ours),
        (f"windows from strings, {N_AT_ONCE:,} at once", strings),
        (f"loop over variants (timed on {N_IN_LOOP}, times {len(variants) / N_IN_LOOP:.1f})", loop),
        ("the network alone, on encoded windows", network),
    ]
    lines = [
        "# Scoring variants",
        "",
        f"`python benchmarks/variants.py`: {len(variants):,} alleles of a yeast strain, "
        f"`CNNClassifier` on windows of {WINDOW} bp, one thread, processor time; from the "
        "files (VCF and genome, both gzip) to the table, except for the loop, which has the "
        "chromosomes in memory. "
        "All ways give the same effects, and every reference allele is that of the genome: "
        f"{int(table['ref_match'].sum()):,} of {len(table):,}.",
        "",
        f"skgenomics {version('skgenomics')}, torch {torch.__version__}.",
        "",
        "| way | s | variants per s | times ours |",
        "|---|---:|---:|---:|",
        *[f"| {name} | {s:.1f} | {len(variants) / s:,.0f} | {s / ours:.2f} |" for name, s in rows],
        "",
        "### Memory, with `output=`",
        "",
        "Peak of a separate process, including Python, torch and the genome; the large file "
        "is scored by logistic regression on 4-mer counts, which is fast.",
        "",
        "| estimator | alleles | MB | s |",
        "|---|---:|---:|---:|",
        *[f"| {name} | {n:,} | {mb:,.0f} | {took:.1f} |" for name, mb, took, n in memory],
    ]
    output = RESULTS / "variants.md"
    output.write_text("\n".join(lines) + "\n")
    print(output.read_text())


if __name__ == "__main__":
    main()
