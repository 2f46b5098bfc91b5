"""Time of clustering 100,000 sequences by homology, and recall against all pairs.

    python benchmarks/homology.py

Real sequences (GUE transcription factors and promoters) mixed with planted families of mutated
copies on both strands. The truth is computed by brute force on a sample, since that is quadratic:
the fraction of common k-mers of each pair, by a sparse product of exact k-mer counts, without
hashes, inverted lists or MinHash.
"""

from __future__ import annotations

import platform
import resource
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from data import DATA, RESULTS
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from skgenomics.model_selection import homology_clusters
from skgenomics.sequences import decode, encode, reverse_complement

SETS = ["gue_tf_human/tf0", "gue_tf_human/tf1", "gue_prom_core/prom_core_all"]
N_REAL, N_FAMILIES, FAMILY_SIZE, LENGTH = 70_000, 6_000, 5, 100
SIMILARITY, K = 0.9, 12
N_SAMPLED, N_PLANTED = 20_000, 5_000
OUTPUT = RESULTS / "homology.md"


def real_sequences(n: int, rng) -> list[str]:
    columns = [pd.read_csv(DATA / f"{name}.csv.gz")["sequence"] for name in SETS]
    sequences = pd.concat(columns).to_numpy()
    return rng.choice(sequences, size=n, replace=False).tolist()


def planted_families(rng, rate: float) -> tuple[list[str], np.ndarray]:
    """Make copies of random ancestors with a fraction of bases mutated, on either strand."""
    ancestors = rng.integers(4, size=(N_FAMILIES, LENGTH), dtype=np.uint8)
    copies = np.repeat(ancestors, FAMILY_SIZE, axis=0)
    changed = rng.random(copies.shape) < rate
    copies[changed] = (copies[changed] + rng.integers(1, 4, size=changed.sum())) % 4
    other = rng.random(len(copies)) < 0.5
    copies[other] = reverse_complement(copies[other])
    return decode(copies).tolist(), np.repeat(np.arange(N_FAMILIES), FAMILY_SIZE)


def word_matrix(texts: list[str]) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return a sparse matrix of k-mer occurrences (the j-th one in a column of its own)."""
    names: dict[tuple[str, int], int] = {}
    rows, columns = [], []
    for i, text in enumerate(texts):
        seen: dict[str, int] = {}
        other = reverse_complement(text)
        for j in range(len(text) - K + 1):
            word = min(text[j : j + K], other[len(text) - K - j : len(text) - j])
            if any(word[p:] == word[:-p] for p in (1, 2, 3)):
                continue
            seen[word] = seen.get(word, 0) + 1
            rows.append(i)
            columns.append(names.setdefault((word, seen[word]), len(names)))
    shape = len(texts), len(names)
    matrix = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    return matrix, np.array([max(0, len(text) - K + 1) for text in texts])


def true_pairs(texts: list[str]) -> sparse.coo_matrix:
    """Return all pairs whose fraction of common k-mers is large enough."""
    words, n_words = word_matrix(texts)
    common = sparse.triu(words @ words.T, k=1).tocoo()
    least = np.minimum(n_words[common.row], n_words[common.col])
    kept = common.data >= SIMILARITY**K * least - 1e-9
    return sparse.coo_matrix(
        (common.data[kept], (common.row[kept], common.col[kept])), shape=common.shape
    )


def pairs_of(labels: np.ndarray) -> int:
    sizes = np.bincount(labels)
    return int((sizes * (sizes - 1) // 2).sum())


def against_truth(name: str, texts: list[str]) -> str:
    """Format a row: similar pairs in one cluster, and clusters compared with the true ones."""
    pairs = true_pairs(texts)
    truth = connected_components(pairs, directed=False)[1]
    found = homology_clusters(texts, similarity=SIMILARITY, k=K)
    linked = (found[pairs.row] == found[pairs.col]).mean() if pairs.nnz else 1.0
    both = np.unique(np.stack([truth, found]), axis=1, return_inverse=True)[1].ravel()
    n_both, n_true, n_found = pairs_of(both), pairs_of(truth), pairs_of(found)
    return (
        f"| {name} | {pairs.nnz:,} | {linked:.2%} | {n_both / max(1, n_true):.2%} | "
        f"{n_both / max(1, n_found):.2%} | {len(set(truth)):,} / {len(set(found)):,} |"
    )


def speed(name: str, texts: list[str]) -> str:
    start = time.perf_counter()
    labels = homology_clusters(texts, similarity=SIMILARITY, k=K)
    seconds = time.perf_counter() - start
    sizes = np.bincount(labels)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return (
        f"| {name} | {len(texts):,} | {seconds:.1f} | {peak:.2f} | {len(sizes):,} | "
        f"{sizes.max():,} |"
    )


def planted_recall(texts: list[str], truth: np.ndarray, rate: float) -> str:
    found = homology_clusters(texts, similarity=SIMILARITY, k=K)
    both = np.unique(np.stack([truth, found]), axis=1, return_inverse=True)[1].ravel()
    identity = (1 - rate) ** 2 + rate**2 / 3
    return (
        f"| {rate:.0%} | {identity:.1%} | {pairs_of(both) / pairs_of(truth):.2%} | "
        f"{pairs_of(both) / max(1, pairs_of(found)):.2%} |"
    )


def main() -> None:
    rng = np.random.default_rng(0)
    homology_clusters(["ACGT" * 10, "GGCA" * 10])
    real = real_sequences(N_REAL, rng)
    planted, _ = planted_families(rng, 0.03)
    texts = [*real, *planted]
    sizes = [speed("mix", texts[:: 100_000 // n]) for n in (12_500, 25_000, 50_000, 100_000)]
    long = [decode(encode(texts[i : i + 5]).reshape(1, -1))[0] for i in range(0, 50_000, 5)]
    sizes.append(speed("real sequences, five joined end to end", long))
    some = rng.choice(len(texts), size=N_SAMPLED, replace=False)
    repeats = [
        text for text in real if "GGCTCACGCCTGTAATCC" in text or "CTGGCCAACATGGTGAAA" in text
    ]
    lines = [
        "# Clustering by homology",
        "",
        f"`python benchmarks/homology.py`: skgenomics {version('skgenomics')}, Python "
        f"{platform.python_version()}, numba {version('numba')}, one core of a shared machine.",
        "",
        f"Mix: {N_REAL:,} real sequences of {', '.join(SETS)} (70 or 101 nt) and {N_FAMILIES:,} "
        f"planted families of {FAMILY_SIZE} mutated copies ({LENGTH} nt, both strands). "
        f"`similarity={SIMILARITY}`, `k={K}`. Memory is the peak of the process so far.",
        "",
        "| sequences | n | seconds | GiB | clusters | largest |",
        "|---|---:|---:|---:|---:|---:|",
        *sizes,
        "",
        "Compared with all pairs (recall of similar pairs; recall and precision of pairs in one "
        "cluster, against the single-linkage clusters of all similar pairs):",
        "",
        "| sample | similar pairs | in one cluster | recall | precision | clusters, true / found |",
        "|---|---:|---:|---:|---:|---:|",
        against_truth(f"{N_SAMPLED:,} of the mix", [texts[i] for i in some]),
        against_truth(f"{N_PLANTED:,} planted", planted[:N_PLANTED]),
        against_truth(f"{len(repeats):,} real ones with a part of an Alu element", repeats),
        "",
        f"Planted families ({N_FAMILIES * FAMILY_SIZE:,} sequences), by the fraction of "
        "bases mutated in each copy:",
        "",
        "| mutated | identity of two copies | recall of pairs | precision |",
        "|---:|---:|---:|---:|",
        *(planted_recall(*planted_families(rng, r), r) for r in (0.01, 0.03, 0.05, 0.07, 0.1)),
    ]
    OUTPUT.write_text("\n".join(lines) + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
