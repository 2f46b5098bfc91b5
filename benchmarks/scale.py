"""CPU time and memory of data sets that are large in one respect.

Run: python benchmarks/scale.py [--share 1]. It writes `results/scale.md` unless the data sets are
made smaller by `--share`. Each row is measured in a process of its own: the CPU time of fit and
predict, and the peak of memory above what the sequences themselves and all imports take.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import torch
from data import RESULTS

from skgenomics import CNNClassifier, KmerCounter

NETWORK = {"n_filters": 16, "kernel_size": 8, "hidden_units": 32, "max_iter": 1}
# Each: sequences, length, classes, length of one more sequence.
DATA = {
    "a million sequences of 50 bp": (1_000_000, 50, 2, 0),
    "20,000 classes": (20_000, 50, 20_000, 0),
    "one sequence of 1 Mbp among 20,000 of 100 bp": (20_000, 100, 2, 1_000_000),
}


def make(n, length, n_classes, long, share):
    """Make random sequences with labels."""
    n, n_classes = int(n * share), max(2, int(n_classes * share))
    rng = np.random.default_rng(0)
    text = np.frombuffer(b"ACGT", "S1")[rng.integers(0, 4, n * length, dtype=np.uint8)]
    text = text.tobytes().decode()
    X = [text[i * length : (i + 1) * length] for i in range(n)]
    X += ["ACGT" * int(long * share / 4)] if long else []
    return X, np.arange(len(X)) % n_classes


def measure(name, model, share):
    """Print seconds of fit and predict, and MiB of memory beyond the sequences."""
    # What is loaded and compiled once is not counted.
    KmerCounter(k=4).fit_transform(["ACGT"] * 4)
    CNNClassifier(**NETWORK).fit(["ACGTACGTACGT"] * 4, [0, 1, 0, 1]).predict(["ACGTACGTACGT"])
    X, y = make(*DATA[name], share)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    if model == "CNN":
        estimator = CNNClassifier(**NETWORK, batch_size=1000, random_state=0).fit(X, y)
    else:
        estimator = KmerCounter(k=4).fit(X)
    fitted = time.process_time()
    if model == "CNN":
        estimator.predict(X)
    else:
        estimator.transform(X)
    end = time.process_time()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10
    print(f"{fitted - start:.1f} | {end - fitted:.1f} | {memory:,.0f}")


def main():
    """Measure all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1, help="share of the sizes")
    parser.add_argument("--row", nargs=2, help="data and model: measure one row in this process")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.row:
        measure(*args.row, args.share)
        return
    lines = [
        f"`python benchmarks/scale.py` (torch {torch.__version__}, one thread). CNN: one epoch in",
        "batches of 1,000. Memory is the peak above the sequences and all imports.",
        "",
        "| data | model | fit CPU s | predict or transform CPU s | MiB |",
        "|---|---|---:|---:|---:|",
    ]
    for name in DATA:
        for model in ("CNN", "4-mers"):
            if "classes" in name and model != "CNN":
                continue
            command = [sys.executable, __file__, "--share", str(args.share), "--row", name, model]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            lines.append(f"| {name} | {model} | {done.stdout.strip()} |")
            print(lines[-1], flush=True)
    if args.share == 1:
        (RESULTS / "scale.md").write_text("\n".join(["# Scale", "", *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
