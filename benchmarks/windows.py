"""Speed of reading windows of a genome, compared with other packages.

    python benchmarks/windows.py

All ways of one table are interleaved in one process on one thread; times are medians. Results are
checked to be equal to those of the other packages before timing. Needs
`pip install "skgenomics[genome,benchmark]"`, pyfaidx and pysam.
"""

from __future__ import annotations

import gzip
import os
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

# Before any of the packages below starts threads.
os.environ |= dict.fromkeys(["OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"], "1")

import numpy as np
import pandas as pd
import pyfaidx
import pysam
import torch
from data import DATA, RESULTS
from tangermeme.io import extract_loci
from tangermeme.utils import PackedSequence

from skgenomics.genome import Genome
from skgenomics.sequences import encode

N_RUNS = 5
N_WINDOWS = 100_000
LENGTH = 1000
PACKAGES = ["numpy", "numba", "pyfaidx", "pysam", "tangermeme"]
YEAST = DATA / "io" / "sacCer3" / "sacCer3.fa.gz"


def write_genomes(folder: Path) -> tuple[Path, Path]:
    """Write the yeast genome as plain and as bgzip-compressed FASTA, both with an index."""
    plain, blocks = folder / "sacCer3.fa", folder / "sacCer3.fa.bgz"
    plain.write_bytes(gzip.decompress(YEAST.read_bytes()))
    pysam.tabix_compress(str(plain), str(blocks))
    for path in (plain, blocks):
        pysam.faidx(str(path))
    return plain, blocks


def random_windows(genome: Genome) -> pd.DataFrame:
    """Draw windows within chromosomes, in random order, on the "+" strand."""
    random = np.random.default_rng(0)
    lengths = np.array(list(genome.lengths.values()))
    chosen = random.choice(len(lengths), size=N_WINDOWS, p=lengths / lengths.sum())
    starts = (random.random(N_WINDOWS) * (lengths[chosen] - LENGTH)).astype(np.int64)
    chroms = np.array(genome.names, dtype=object)[chosen]
    return pd.DataFrame({"chrom": chroms, "start": starts, "end": starts + LENGTH})


def medians(ways: dict) -> dict[str, float]:
    """Measure the median seconds of each way; runs are interleaved."""
    times = {name: [] for name in ways}
    for _ in range(N_RUNS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def check_equal(ways: dict) -> None:
    expected = next(iter(ways.values()))()
    for name, way in ways.items():
        np.testing.assert_array_equal(as_codes(way()), as_codes(expected), err_msg=name)


def as_codes(result) -> np.ndarray:
    if isinstance(result, torch.Tensor):
        return result.numpy().argmax(axis=1).astype(np.uint8)
    if isinstance(result, PackedSequence):
        return result.to_codes().numpy().astype(np.uint8)
    return result if result.dtype == np.uint8 else encode(result)


def table(title: str, ways: dict) -> list[str]:
    check_equal(ways)
    times = medians(ways)
    ours = next(iter(times.values()))
    rows = [f"| {name} | {s:.3f} | {s / ours:.1f} |" for name, s in times.items()]
    return [f"### {title}", "", "| way | s | times ours |", "|---|---:|---:|", *rows, ""]


def pysam_texts(path: Path, windows: pd.DataFrame) -> np.ndarray:
    with pysam.FastaFile(str(path)) as file:
        rows = zip(windows["chrom"], windows["start"], windows["end"], strict=True)
        return np.array([file.fetch(*row) for row in rows], dtype=object)


def pyfaidx_texts(path: Path, windows: pd.DataFrame) -> np.ndarray:
    with pyfaidx.Fasta(str(path), as_raw=True) as file:
        rows = zip(windows["chrom"], windows["start"], windows["end"], strict=True)
        return np.array([file[chrom][start:end] for chrom, start, end in rows], dtype=object)


def tangermeme_one_hot(path: Path, windows: pd.DataFrame) -> torch.Tensor:
    return extract_loci(windows, str(path), in_window=LENGTH, n_jobs=1)


def our_codes(path: Path, windows: pd.DataFrame) -> np.ndarray:
    return Genome(path).codes(windows["chrom"], windows["start"], LENGTH)


def our_texts(path: Path, windows: pd.DataFrame) -> np.ndarray:
    return Genome(path).fetch_many(windows["chrom"], windows["start"], windows["end"])


def main() -> None:
    torch.set_num_threads(1)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    with tempfile.TemporaryDirectory() as folder:
        plain, blocks = write_genomes(Path(folder))
        windows = random_windows(Genome(plain))
        to_model = {
            "**skgenomics** `Genome.codes`, uint8": lambda: our_codes(plain, windows),
            "skgenomics `Genome.codes`, of the bgzip file": lambda: our_codes(blocks, windows),
            "tangermeme `extract_loci`, int8 one-hot": lambda: tangermeme_one_hot(plain, windows),
            "tangermeme `extract_loci`, packed to 2 bits": lambda: extract_loci(
                windows, str(plain), in_window=LENGTH, n_jobs=1, return_packed=True
            ),
            "pysam `fetch`, then our `encode`": lambda: encode(pysam_texts(plain, windows)),
            "pyfaidx, then our `encode`": lambda: encode(pyfaidx_texts(plain, windows)),
        }
        to_text = {
            "**skgenomics** `Genome.fetch_many`": lambda: our_texts(plain, windows),
            "skgenomics `Genome.fetch_many`, of the bgzip file": lambda: our_texts(blocks, windows),
            "pysam `fetch`": lambda: pysam_texts(plain, windows),
            "pyfaidx": lambda: pyfaidx_texts(plain, windows),
        }
        lines = [
            "# Reading windows of a genome",
            "",
            f"`python benchmarks/windows.py`: {N_WINDOWS:,} random windows of {LENGTH} nt of the "
            "yeast genome (12.2 Mb), in random order; times include opening the file and reading "
            f"its index. Medians of {N_RUNS} interleaved runs, one thread, CPU. Every result is "
            "checked to be equal to ours.",
            "",
            f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
            "",
            *table("To model input", to_model),
            *table("To text", to_text),
        ]
    output = RESULTS / "windows.md"
    output.write_text("\n".join(lines).rstrip() + "\n")
    print(output.read_text())


if __name__ == "__main__":
    main()
