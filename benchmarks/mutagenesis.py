"""Time of in-silico saturation mutagenesis of published networks, compared with other packages.

    python benchmarks/mutagenesis.py

Every network has its full width and random weights. Results are checked to be equal before timing;
times are process times on one thread, and memory is the growth of the peak of a separate process.
tangermeme skips its fast path if it expects the whole job to take less than 30 seconds; here it
always tries it, and capturing a model takes some seconds of each call, which matter less in longer
jobs. captum ablates each base, which is a third of the edits.

Needs `pip install "skgenomics[benchmark,interpret]"`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import multiprocessing
import platform
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from captum.attr import FeatureAblation
from data import RESULTS
from tangermeme.saturation_mutagenesis import saturation_mutagenesis

from skgenomics import CNNClassifier, ResNetClassifier, zoo
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.mutations._edits import NetworkScore
from skgenomics.inspection.mutations.substitutions import mutagenesis
from skgenomics.sequences import decode

OUTPUT = RESULTS / "mutagenesis.md"
N_RUNS = 3
PACKAGES = ["numpy", "torch", "tangermeme", "captum"]
BATCH_SIZE = 256
WAYS = {
    "**skgenomics**": "ours",
    "skgenomics, whole sequences": "full",
    "tangermeme, fast": "tangermeme_fast",
    "tangermeme, not fast": "tangermeme_slow",
    "captum `FeatureAblation`": "captum",
}
# Estimator, length, number of sequences, shape of y for one sequence, target, mutated positions.
ONE_EPOCH = {"max_iter": 1, "batch_size": 16, "random_state": 0}
NETWORKS = {
    "DeepBind, 101 bp": (lambda: zoo.make("DeepBind", **ONE_EPOCH), 101, 16, "class", None, 101),
    "Basset, 200 bp": (lambda: zoo.make("Basset", **ONE_EPOCH), 200, 2, (164,), 0, 200),
    "Basset, 600 bp": (lambda: zoo.make("Basset", **ONE_EPOCH), 600, 1, (164,), 0, 600),
    "Basset, long job, 600 bp": (
        lambda: zoo.make("Basset", **ONE_EPOCH),
        *(600, 4, (164,), 0, 600),
    ),
    "DeepSTARR, 249 bp": (lambda: zoo.make("DeepSTARR", **ONE_EPOCH), 249, 4, (2,), 0, 249),
    "BPNet, 2114 bp": (
        lambda: zoo.make("BPNet", **ONE_EPOCH),
        2114,
        1,
        "bins",
        None,
        200,
    ),
    "dilated ResNet, 500 bp": (
        lambda: ResNetClassifier(dilation=(1, 2, 4, 8), stem_pool_size=1, **ONE_EPOCH),
        *(500, 1, "class", None, 200),
    ),
    "CNNClassifier(), 251 bp": (lambda: CNNClassifier(**ONE_EPOCH), 251, 8, "class", None, 251),
    "DanQ, 1000 bp": (lambda: zoo.make("DanQ", **ONE_EPOCH), 1000, 1, (919,), 0, 300),
}


def fit(name: str) -> tuple[SequenceScore, np.ndarray, object, tuple[int, int]]:
    """Return a network fitted to a few random sequences, and sequences to mutate."""
    make, length, n, targets, target, n_changed = NETWORKS[name]
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, size=(max(n, 8), length)).astype(np.uint8)
    estimator = make()
    if targets == "class":
        y = np.arange(len(codes)) % 2
    elif targets == "bins":
        y = rng.poisson(2, size=(len(codes), 1000)).astype(float)
    elif hasattr(estimator, "class_weight"):
        y = rng.integers(0, 2, size=(len(codes), *targets))
    else:
        y = rng.normal(size=(len(codes), *targets))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(decode(codes), y)
    start = (length - n_changed) // 2
    return SequenceScore(estimator, target), codes[:n], target, (start, start + n_changed)


class Wrapped(torch.nn.Module):
    """Score as a plain module of sequences without padding."""

    def __init__(self, score: SequenceScore):
        super().__init__()
        self.network, self.select = deepcopy(score.network), score._reduction
        self.reads_both = score.estimator.strands_ == "average"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.network(x)
        if self.reads_both:
            scores = (scores + self.network(x.flip(1, 2))) / 2
        return self.select(scores)[:, None]


def ours(score, codes, target, span) -> np.ndarray:
    return mutagenesis(score.estimator, codes, target=target, start=span[0], end=span[1])


def full(score, codes, target, span) -> np.ndarray:
    known = NetworkScore._can_be_local
    NetworkScore._can_be_local = lambda self, edits: False
    try:
        return ours(score, codes, target, span)
    finally:
        NetworkScore._can_be_local = known


def tangermeme(score, codes, span, *, fast: bool) -> np.ndarray:
    module = import_module("tangermeme.saturation_mutagenesis")
    module._FAST_MIN_SECONDS = 0.0
    before, after = saturation_mutagenesis(
        Wrapped(score).eval(),
        score.to_channels(codes),
        start=span[0],
        end=span[1],
        batch_size=BATCH_SIZE,
        raw_outputs=True,
        device="cpu",
        dtype=torch.float32,
        fast=fast,
    )
    return (after[..., 0] - before[:, :, None]).numpy().transpose(0, 2, 1)


def tangermeme_fast(score, codes, target, span) -> np.ndarray:
    return tangermeme(score, codes, span, fast=True)


def tangermeme_slow(score, codes, target, span) -> np.ndarray:
    return tangermeme(score, codes, span, fast=False)


@torch.no_grad()
def captum(score, codes, target, span) -> np.ndarray:
    x = score.to_channels(codes)
    # Positions outside of the span are one feature.
    groups = (torch.arange(x.shape[2]) - span[0] + 1).clamp(0, span[1] - span[0] + 1)
    groups[span[1] :] = 0
    hidden = FeatureAblation(score).attribute(
        x, feature_mask=groups.expand(1, x.shape[1], -1), perturbations_per_eval=BATCH_SIZE
    )
    return -hidden[..., span[0] : span[1]].numpy().transpose(0, 2, 1)


def peak(name: str, way: str, queue: multiprocessing.Queue) -> None:
    """Measure the memory of a way beyond that of the network, in MB (on Linux only)."""
    torch.set_num_threads(1)
    args = fit(name)
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    globals()[way](*args)
    queue.put((_status("VmHWM") - before) / 1024)


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def measure_peak(name: str, way: str) -> float:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=peak, args=(name, way, queue))
    process.start()
    result = queue.get()
    process.join()
    return result


def clock(way: Callable, args: tuple) -> float:
    start = time.process_time()
    way(*args)
    return time.process_time() - start


def table(name: str, with_memory: bool) -> list[str]:
    args = fit(name)
    ways = {title: globals()[way] for title, way in WAYS.items()}
    notes = dict.fromkeys(ways, "")
    expected = full(*args)
    scale = np.abs(expected).max()
    for title, way in ways.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = way(*args)
        for warning in caught:
            if "fast=False because" in str(warning.message):
                notes[title] = " (fell back)"
                print(warning.message)
        if title != "captum `FeatureAblation`":
            score = np.abs(args[0].predict(args[1])).max()
            assert np.abs(found - expected).max() < 1e-5 * max(scale, score), title
    seconds = {title: [] for title in ways}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(N_RUNS):
            for title, way in ways.items():
                seconds[title].append(clock(way, args))
    best = {title: min(values) for title, values in seconds.items()}
    own = best["**skgenomics**"]
    n_edits = 3 * len(args[1]) * (args[3][1] - args[3][0])
    lines = [f"### {name}: {len(args[1])} sequences, {n_edits:,} edits", ""]
    lines += ["| way | s | times ours | MB |", "|---|---:|---:|---:|"]
    for title, way in WAYS.items():
        memory = f"{measure_peak(name, way):,.0f}" if with_memory else ""
        ratio = best[title] / own
        lines.append(f"| {title}{notes[title]} | {best[title]:.2f} | {ratio:.1f} | {memory} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="prefixes of network names; all by default")
    parser.add_argument("--no-memory", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    lines = ["# In-silico saturation mutagenesis", "", __doc__.split("\n\n")[2], ""]
    lines += [f"Python {platform.python_version()}, " + ", ".join(map(_versioned, PACKAGES)), ""]
    for name in NETWORKS:
        if not arguments.names or name.startswith(tuple(arguments.names)):
            rows = table(name, not arguments.no_memory)
            print("\n".join(rows), flush=True)
            lines += rows
    if not arguments.names:
        OUTPUT.write_text("\n".join(lines))


def _versioned(package: str) -> str:
    return f"{package} {version(package)}"


if __name__ == "__main__":
    main()
