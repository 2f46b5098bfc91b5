"""Contacts between two planted motifs: precision, time and memory by the length of sequences.

    python benchmarks/pairs.py [--lengths 40 80] [--rows 100] [--epochs 14] [--seed 0]

Two motifs of 8 bp are in contact wherever they are; precision is that of the best L/5 pairs of test
sequences with a separation of at least 6. Memory is the growth of the peak of the process while a
model is fitted, each in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np
from data import RESULTS

TABLE = RESULTS / "pairs.md"
MOTIFS = "TGACTCAG", "CCGGAAGT"


def simulate(n: int, length: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Sequences with both motifs, and the contacts of the middles of these."""
    rng = np.random.default_rng(seed)
    X, y = [], np.zeros((n, length, length))
    for contacts in y:
        bases = rng.choice(list("ACGT"), length)
        i = int(rng.integers(0, length // 2 - 8))
        j = int(rng.integers(length // 2, length - 8))
        for start, motif in zip((i, j), MOTIFS, strict=True):
            bases[start : start + 8] = list(motif)
        contacts[i + 1 : i + 7, j + 1 : j + 7] = 1
        X.append("".join(bases))
    return X, y + y.transpose(0, 2, 1)


def run(length: int, rows: int, epochs: int, seed: int) -> dict:
    """Fit and score a model on sequences of one length."""
    from skgenomics import PairLabeler
    from skgenomics.metrics import contact_precision_score

    X, y = simulate(rows, length, seed)
    model = PairLabeler(
        network="cnn",
        network_params={"n_filters": (16,), "kernel_size": 9},
        pair_filters=12,
        pair_dilation=(1, 2),
        max_iter=epochs,
        learning_rate=0.01,
        class_weight="balanced",
        random_state=seed,
    )
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - begin
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    X, y = simulate(50, length, seed + 1)
    scores = model.predict_proba(X)[..., 1]
    precision = contact_precision_score(y, scores, top="L/5", min_separation=6)
    row = {"length": length, "positive pairs": f"{y.mean():.2%}", "precision@L/5": precision}
    return row | {"CPU seconds of fit": seconds, "MiB": memory}


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[40, 80])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    found = []
    for length in args.lengths:
        with context.Pool(1) as pool:
            found.append(pool.apply(run, (length, args.rows, args.epochs, args.seed)))
    names = list(found[0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for row in found:
        cells = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values())
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join([f"{args.rows} sequences, {args.epochs} epochs.", "", *lines, ""])
    print(text)
    TABLE.write_text(f"# Pairs of positions\n\n{text}")


if __name__ == "__main__":
    main()
