"""Speed and uniformity of dinucleotide shuffles, compared with other packages.

    python benchmarks/shuffle.py

All ways of one table are interleaved in one process on one thread; times are medians. Shuffles are
checked to keep the dinucleotides before timing. Needs `pip install "skgenomics[benchmark]"`.
"""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise, permutations

import numba
import numpy as np
import seqpro
import torch
from data import RESULTS
from encode import N_RUNS, medians
from scipy.stats import chisquare
from tangermeme.ersatz import dinucleotide_shuffle as tangermeme_shuffle

from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import decode, encode, one_hot

N_PER_SHUFFLE = 2000
SEQUENCES = ["ACAGACGA", "AACCAGTA", "ACACAGAGTA", "AACAGTAACT", "ACGTCATGAC"]
PACKAGES = ["numpy", "numba", "torch", "seqpro", "tangermeme"]
OUTPUT = RESULTS / "shuffle.md"


def skgenomics_shuffle(codes: np.ndarray) -> np.ndarray:
    return dinucleotide_shuffle(codes, random_state=0)


def seqpro_shuffle(symbols: np.ndarray) -> np.ndarray:
    return seqpro.k_shuffle(symbols, 2, seqpro.DNA, length_axis=1, seed=0)


def tangermeme_one_of_each(hot: torch.Tensor) -> torch.Tensor:
    return tangermeme_shuffle(hot, n=1, random_state=0)


def as_symbols(codes: np.ndarray) -> np.ndarray:
    return np.frombuffer(b"ACGT", dtype="S1")[codes]


def as_one_hot(codes: np.ndarray) -> torch.Tensor:
    hot = one_hot(codes, dtype=np.int8).transpose(0, 2, 1)
    return torch.from_numpy(np.ascontiguousarray(hot))


# Functions that prepare sequences, shuffle them, and convert the result to codes.
LIBRARIES: dict[str, tuple[Callable, Callable, Callable]] = {
    "**skgenomics** `dinucleotide_shuffle`, codes": (np.copy, skgenomics_shuffle, np.copy),
    "skgenomics `dinucleotide_shuffle`, list of str": (
        lambda codes: decode(codes).tolist(),
        skgenomics_shuffle,
        encode,
    ),
    "seqpro `k_shuffle`, bytes": (
        as_symbols,
        seqpro_shuffle,
        lambda symbols: np.searchsorted(np.frombuffer(b"ACGT", dtype="S1"), symbols),
    ),
    "tangermeme `dinucleotide_shuffle`, one-hot": (
        as_one_hot,
        tangermeme_one_of_each,
        lambda hot: hot[:, 0].argmax(dim=1).numpy(),
    ),
}


def count_dinucleotides(codes: np.ndarray) -> np.ndarray:
    pairs = 4 * codes[:, :-1].astype(np.int64) + codes[:, 1:]
    return np.stack([np.bincount(row, minlength=16) for row in pairs])


def speed_table(n: int, length: int) -> list[str]:
    codes = np.random.default_rng(0).integers(0, 4, size=(n, length)).astype(np.uint8)
    expected = count_dinucleotides(codes)
    ways = {}
    for name, (prepare, shuffle, to_codes) in LIBRARIES.items():
        sequences = prepare(codes)
        shuffled = to_codes(shuffle(sequences))
        np.testing.assert_array_equal(count_dinucleotides(shuffled), expected, err_msg=name)
        ways[name] = lambda shuffle=shuffle, sequences=sequences: shuffle(sequences)
    times = medians(ways)
    ours = next(iter(times.values()))
    rows = [f"| {name} | {ms:.1f} | {ms / ours:.1f} |" for name, ms in times.items()]
    return [
        f"### Speed: {n:,} x {length:,} nt",
        "",
        "| way | ms | times ours |",
        "|---|---:|---:|",
        *rows,
        "",
    ]


def all_shuffles(text: str) -> list[str]:
    """Return all sequences with the dinucleotides and the ends of a text."""

    def words(x: str) -> list[str]:
        return sorted(map("".join, pairwise(x)))

    candidates = {text[0] + "".join(x) + text[-1] for x in set(permutations(text[1:-1]))}
    return sorted(x for x in candidates if words(x) == words(text))


def uniformity_rows(text: str) -> list[str]:
    valid = all_shuffles(text)
    codes = np.repeat(encode([text]), N_PER_SHUFFLE * len(valid), axis=0)
    rows = []
    for name, (prepare, shuffle, to_codes) in LIBRARIES.items():
        if "list of str" in name:
            continue
        found = Counter(decode(to_codes(shuffle(prepare(codes))).astype(np.uint8)).tolist())
        counts = np.array([found[x] for x in valid])
        test = chisquare(counts)
        lowest, highest = counts.min() / N_PER_SHUFFLE, counts.max() / N_PER_SHUFFLE
        rows.append(
            f"| {text} | {name} | {(counts > 0).sum()} of {len(valid)} "
            f"| {lowest:.2f} to {highest:.2f} "
            f"| {test.statistic:.1f} ({len(valid) - 1}) | {_p_value(test.pvalue)} |"
        )
        assert counts.sum() == len(codes), name
    return rows


def _p_value(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-10 else "< 1e-10"


def main() -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# Dinucleotide shuffles",
        "",
        f"`python benchmarks/shuffle.py`: medians of {N_RUNS} interleaved runs, one thread, CPU. "
        "All ways keep the count of every dinucleotide. Each starts from its own input format, "
        "prepared before timing.",
        "",
        f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
        "",
        *speed_table(5000, 251),
        *speed_table(1000, 2000),
        "### Uniformity",
        "",
        "Short sequences whose valid shuffles (same dinucleotides, same ends) are enumerated; "
        f"{N_PER_SHUFFLE:,} draws for each of them. A uniform shuffle reaches all of them, each "
        "about 1.00 times as often as expected; a small p-value rejects uniformity.",
        "",
        "| sequence | way | reached | observed / expected | chi-square (df) | p |",
        "|---|---|---:|---:|---:|---:|",
        *(row for text in SEQUENCES for row in uniformity_rows(text)),
    ]
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
