"""Speed of encoding text as codes, one-hot and k-mer counts, compared with other packages.

    python benchmarks/encode.py

All ways of one table are interleaved in one process on one thread; times are medians. Results are
checked to be equal to those of the other packages before timing. Needs
`pip install "skgenomics[benchmark]"`.
"""

from __future__ import annotations

import platform
import time
from importlib.metadata import version

import numba
import numpy as np
import seqpro
import torch
from data import RESULTS
from kmer.encoders import SpectrumEncoder
from sklearn.feature_extraction.text import CountVectorizer
from tangermeme.kmers import kmers
from tangermeme.utils import one_hot_encode

from skgenomics import KmerCounter
from skgenomics.sequences import encode, one_hot

N_RUNS = 15
LENGTH = 251
PACKAGES = ["numpy", "numba", "scikit-learn", "torch", "seqpro", "tangermeme", "kmer-learn"]
OUTPUT = RESULTS / "encode.md"
TOKENS = {symbol: code for code, symbol in enumerate("ACGT")}


def make_texts(n: int) -> list[str]:
    symbols = np.random.default_rng(0).choice(list("ACGT"), size=(n, LENGTH))
    return ["".join(row) for row in symbols]


def medians(ways: dict) -> dict[str, float]:
    """Measure the median time of each way in milliseconds; runs are interleaved."""
    times = {name: [] for name in ways}
    for _ in range(N_RUNS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in times.items()}


def check_equal(ways: dict, views: dict) -> None:
    """Compare the result of each way, converted by its view, with that of the first one."""
    results = {name: views.get(name, np.asarray)(way()) for name, way in ways.items()}
    expected = next(iter(results.values()))
    for name, result in results.items():
        np.testing.assert_array_equal(result, expected, err_msg=name)


def table(title: str, ways: dict, views: dict) -> list[str]:
    check_equal(ways, views)
    times = medians(ways)
    ours = next(iter(times.values()))
    rows = [f"| {name} | {ms:.1f} | {ms / ours:.1f} |" for name, ms in times.items()]
    return [f"### {title}", "", "| way | ms | times ours |", "|---|---:|---:|", *rows, ""]


def tangermeme_one_hot(texts: list[str], dtype=torch.int8) -> torch.Tensor:
    return torch.stack([one_hot_encode(text, dtype=dtype) for text in texts])


def codes_table(texts: list[str]) -> list[str]:
    ways = {
        "**skgenomics** `encode`, uint8": lambda: encode(texts),
        "seqpro `tokenize`, int32, symbols not checked": lambda: seqpro.tokenize(
            texts, TOKENS, 4, parallel=False
        ),
        "seqpro `DNA.ohe`, uint8 one-hot": lambda: seqpro.DNA.ohe(texts),
        "tangermeme `one_hot_encode`, loop and stack": lambda: tangermeme_one_hot(texts),
    }
    _, _, ohe, tangermeme = ways
    views = {ohe: lambda hot: hot.argmax(axis=2), tangermeme: lambda hot: hot.argmax(1).numpy()}
    return table(f"To model input: {len(texts):,} x {LENGTH} nt", ways, views)


def one_hot_table(texts: list[str], name: str) -> list[str]:
    dtype, torch_dtype = np.dtype(name), getattr(torch, name)
    ways = {
        "**skgenomics** `one_hot(encode(...))`": lambda: one_hot(encode(texts), dtype=dtype),
        "seqpro `DNA.ohe`": lambda: seqpro.DNA.ohe(texts).astype(dtype, copy=False),
        "tangermeme `one_hot_encode`, loop and stack": lambda: tangermeme_one_hot(
            texts, torch_dtype
        ),
    }
    views = {list(ways)[2]: lambda hot: hot.numpy().transpose(0, 2, 1)}
    return table(f"To one-hot in {name}: {len(texts):,} x {LENGTH} nt", ways, views)


def kmer_table(texts: list[str], k: int) -> list[str]:
    dense, csr = (KmerCounter(k, sparse_output=s).fit(texts) for s in (False, True))
    spectrum = SpectrumEncoder(k).fit(texts)
    words = CountVectorizer(
        analyzer="char",
        ngram_range=(k, k),
        lowercase=False,
        vocabulary=dense.get_feature_names_out(),
    ).fit(texts)
    hot = tangermeme_one_hot(texts)
    ways = {
        "**skgenomics** `KmerCounter`, dense": lambda: dense.transform(texts),
        "skgenomics `KmerCounter`, CSR": lambda: csr.transform(texts),
        "tangermeme `kmers`, dense, from ready one-hot": lambda: kmers(hot, k),
        "kmer-learn `SpectrumEncoder`, CSR": lambda: spectrum.transform(texts),
        "scikit-learn `CountVectorizer`, CSR": lambda: words.transform(texts),
    }
    views = {name: lambda X: X.toarray() for name in ways if name.endswith("CSR")}
    # tangermeme numbers k-mers with the first base as the least significant digit.
    views[list(ways)[2]] = lambda X: (
        X.numpy().reshape(len(X), *[4] * k).transpose(0, *range(k, 0, -1)).reshape(len(X), -1)
    )
    return table(f"{k}-mer counts: {len(texts):,} x {LENGTH} nt", ways, views)


def main() -> None:
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    many, few = make_texts(20_000), make_texts(5_000)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# Encoding speed",
        "",
        f"`python benchmarks/encode.py`: medians of {N_RUNS} interleaved runs, one thread, CPU. "
        "All results are checked to be equal.",
        "",
        f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
        "",
        *codes_table(many),
        *one_hot_table(many, "uint8"),
        *one_hot_table(many, "float32"),
        *kmer_table(few, 4),
        *kmer_table(few, 6),
    ]
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
