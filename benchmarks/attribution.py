"""Speed, completeness and accuracy of attributions, compared with captum and tangermeme.

    python benchmarks/attribution.py

Times are process times on one thread, the median of interleaved runs, for networks made of torch
modules that all packages can hook. The gaps of all results are shown; the results of the first two
ways are checked to be equal before timing. Needs `pip install "skgenomics[benchmark]"`.
"""

from __future__ import annotations

import platform
import time
import warnings
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import DeepLiftShap, IntegratedGradients
from data import RESULTS
from tangermeme.deep_lift_shap import deep_lift_shap
from torch import nn

from skgenomics import CNNClassifier, zoo
from skgenomics.datasets import make_motif_classification
from skgenomics.inspection.attribution._deeplift import deeplift
from skgenomics.inspection.attribution._gradients import BATCH_POSITIONS, integrate, relative_gap
from skgenomics.inspection.attribution.attribute import METHODS, attribute

N_RUNS = 5
N_BASELINES = 20
N_STEPS = 50
OUTPUT = RESULTS / "attribution.md"
PACKAGES = ["torch", "captum", "tangermeme"]
# Shorter lengths for networks of the zoo whose published length is long.
LENGTHS = {"SPEID": 4000, "SpliceAI-2k": 4000, "SpliceAI-10k": 11000, "Basenji-small": 2**14}
BINS = {"Basenji-small": 2**7, "Enformer": 60, "Enformer-mini": 60}


class Score:
    """First output of a module, in the form that attribution methods expect."""

    def __init__(self, module: nn.Module):
        self.network = self.estimator = module

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.network(x)
        return scores.flatten(1).mean(dim=1)


def conv(n_in: int, n_out: int, width: int, pool: int) -> list[nn.Module]:
    return [
        nn.Conv1d(n_in, n_out, width, padding=width // 2),
        nn.BatchNorm1d(n_out),
        nn.ReLU(),
        nn.MaxPool1d(pool),
    ]


def dense(n_in: int, n_out: int) -> list[nn.Module]:
    return [nn.Linear(n_in, n_out), nn.ReLU()]


def make_modules() -> dict[str, tuple[nn.Module, int]]:
    """Make networks of torch modules, with the length of their sequences."""
    modules = {
        "DeepBind, 101 bp": (
            [nn.Conv1d(4, 16, 24), nn.ReLU(), nn.MaxPool1d(78), nn.Flatten(), *dense(16, 32)],
            32,
            101,
        ),
        "Basset, 600 bp": (
            [
                *conv(4, 300, 19, 3),
                *conv(300, 200, 11, 4),
                *conv(200, 200, 7, 4),
                nn.Flatten(),
                *dense(2400, 1000),
            ],
            1000,
            600,
        ),
        "DeepSTARR, 249 bp": (
            [
                *conv(4, 256, 7, 2),
                *conv(256, 60, 3, 2),
                *conv(60, 60, 5, 2),
                *conv(60, 120, 3, 2),
                nn.Flatten(),
                *dense(1800, 256),
            ],
            256,
            249,
        ),
    }
    torch.manual_seed(0)
    return {
        name: (nn.Sequential(*layers, nn.Linear(n, 1)).eval(), length)
        for name, (layers, n, length) in modules.items()
    }


def draw(n_channels: int, *shape: int) -> torch.Tensor:
    """Draw random one-hot sequences, or normal numbers for a single channel."""
    if n_channels == 1:
        return torch.randn(*shape[:-1], 1, shape[-1])
    return torch.eye(n_channels)[torch.randint(0, n_channels, shape)].transpose(-1, -2).contiguous()


def in_batches(explain, x: torch.Tensor, baselines: torch.Tensor) -> torch.Tensor:
    """Compute the multipliers of all pairs of a sequence and a baseline in batches."""
    size = max(1, BATCH_POSITIONS // x.shape[-1])
    pairs = x.repeat_interleave(baselines.shape[1], dim=0), baselines.flatten(0, 1)
    found = [explain(*part)[0] for part in zip(*(p.split(size) for p in pairs), strict=True)]
    return torch.cat(found).unflatten(0, baselines.shape[:2])


def median_times(ways: dict) -> dict[str, float]:
    """Measure the median process time of each way; runs are interleaved."""
    times = {name: [] for name in ways}
    for _ in range(N_RUNS):
        for name, way in ways.items():
            start = time.process_time()
            way()
            times[name].append(time.process_time() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def deeplift_ways(module: nn.Module, x: torch.Tensor, baselines: torch.Tensor) -> dict:
    size = max(1, BATCH_POSITIONS // x.shape[-1])
    score, captum = Score(module), DeepLiftShap(module)

    def ours():
        multipliers = in_batches(lambda *pair: deeplift(score, *pair), x, baselines)
        return ((x[:, None] - baselines) * multipliers).mean(dim=1)

    def tangermeme():
        found = deep_lift_shap(
            module, x, references=baselines, batch_size=size, device="cpu", raw_outputs=True
        )
        return ((x[:, None] - baselines) * found).mean(dim=1)

    def of_captum():
        parts = [captum.attribute(x[i : i + 1], baselines[i]) for i in range(len(x))]
        return torch.cat(parts).detach()

    return {"**skgenomics**": ours, "tangermeme": tangermeme, "captum": of_captum}


def gradient_ways(module: nn.Module, x: torch.Tensor) -> dict:
    baseline = torch.full_like(x, 0.25)
    score, captum = Score(module), IntegratedGradients(module)
    size = max(1, BATCH_POSITIONS // x.shape[-1])

    def ours():
        return (x - baseline) * integrate(score, x, baseline, N_STEPS, np.inf)[0]

    def of_captum():
        return captum.attribute(x, baseline, n_steps=N_STEPS, internal_batch_size=size)

    return {"**skgenomics**": ours, "captum": of_captum}


def time_tables() -> list[str]:
    lines = []
    for what in ("DeepLIFT-SHAP", "Integrated gradients"):
        n = 4 if what == "DeepLIFT-SHAP" else 8
        how = f"{N_BASELINES} baselines" if n == 4 else f"{N_STEPS} points"
        lines += [
            f"### {what}: {n} sequences, {how}",
            "",
            "| network | way | largest relative gap | CPU s | times ours |",
            "|---|---|---:|---:|---:|",
        ]
        for name, (module, length) in make_modules().items():
            x, baselines = draw(4, n, length), draw(4, n, N_BASELINES, length)
            is_deeplift = what == "DeepLIFT-SHAP"
            ways = deeplift_ways(module, x, baselines) if is_deeplift else gradient_ways(module, x)
            baselines = baselines if is_deeplift else torch.full_like(x, 0.25)[:, None]
            results = {way: compute().to(x.dtype) for way, compute in ways.items()}
            ours, second, *_ = results.values()
            torch.testing.assert_close(ours, second, atol=1e-5, rtol=1e-3)
            with torch.no_grad():
                base = module(baselines.flatten(0, 1)).view(n, -1).mean(dim=1)
                difference = module(x)[:, 0] - base
            times = median_times(ways)
            least = next(iter(times.values()))
            for way, seconds in times.items():
                gap = relative_gap(results[way].sum(dim=1), difference).abs().max()
                row = f"| {name} | {way} | {gap:.1e} | {seconds:.3f} | {seconds / least:.2f} |"
                lines.append(row)
                print(row, flush=True)
        lines.append("")
    return lines


def build(entry) -> tuple[nn.Module, int]:
    """Build a narrow network of the zoo with random batch-norm statistics."""
    n_bins = BINS.get(entry.name, entry.n_bins)
    length = LENGTHS.get(entry.name, entry.length if n_bins == entry.n_bins else 2**14)
    estimator = zoo.make(entry.name, width=0.05)
    module = estimator._build_unfitted(length, min(entry.n_outputs, 2), n_bins)
    for layer in module.modules():
        if getattr(layer, "running_mean", None) is not None:
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return module.eval().double(), length


def gap_table() -> list[str]:
    lines = [
        "### Completeness of every network of the zoo",
        "",
        "Largest relative gap of three random sequences; narrow networks with random weights, in",
        "double precision, so that it is that of the methods and not of rounding.",
        "",
        f"| network | integrated gradients, {N_STEPS} points or more | DeepLIFT |",
        "|---|---:|---:|",
    ]
    for entry in zoo._entries().values():
        if entry.tokenizer is not None:
            lines.append(f"| {entry.name} | reads tokens: occlusion, mutagenesis | |")
            continue
        torch.manual_seed(0)
        module, length = build(entry)
        x, baseline = (draw(entry.n_channels, 3, length).double() for _ in range(2))
        gaps = [largest_gap(integrate, module, x, baseline, n_steps=N_STEPS, max_gap=0.01)]
        try:
            gaps.append(largest_gap(deeplift, module, x, baseline))
        except ValueError as error:
            gaps.append(f"no rule for {str(error).split(' in ')[1].split(',')[0]}")
        lines.append(f"| {entry.name} | {gaps[0]} | {gaps[1]} |")
        print(lines[-1], flush=True)
    return [*lines, ""]


def largest_gap(explain, module, x, baseline, **settings) -> str:
    multipliers, difference = explain(Score(module), x, baseline, **settings)
    actual = ((x - baseline) * multipliers).sum(dim=1)
    return f"{float(relative_gap(actual, difference).abs().max()):.1e}"


def recall_table() -> list[str]:
    motif = "CATGTGAC"
    train, test = (
        make_motif_classification(n, 100, motifs=[motif], conservation=0.95, random_state=i)
        for i, n in enumerate((2000, 400))
    )
    model = CNNClassifier(random_state=0).fit(train.X, train.y)
    rows = np.flatnonzero(test.y == 1)
    offsets = np.arange(100) - test.positions[rows][:, np.newaxis]
    is_planted = (offsets >= 0) & (offsets < len(motif))
    lines = [
        "### Recall at planted positions",
        "",
        f"{len(rows)} sequences of 100 bp with {motif} (95 % conserved, either strand); a default",
        f"`CNNClassifier` trained on 2,000 (accuracy {model.score(test.X, test.y):.3f}). Top:",
        "fraction of sequences whose largest attribution is in the motif. Recall: fraction of the",
        "motif among the same number of positions with the largest attributions. Process times.",
        "",
        "| method | top | recall | largest relative gap | CPU s |",
        "|---|---:|---:|---:|---:|",
    ]
    for method in METHODS:
        start = time.process_time()
        A = attribute(model, test.X[rows], method=method, random_state=0)
        seconds = time.process_time() - start
        order = np.argsort(-abs(A.actual), axis=1)[:, : len(motif)]
        hits = np.take_along_axis(is_planted, order, axis=1)
        gap = "" if A.relative_gap is None else f"{abs(A.relative_gap).max():.1e}"
        lines.append(
            f"| {method} | {hits[:, 0].mean():.3f} | {hits.mean():.3f} | {gap} | {seconds:.1f} |"
        )
        print(lines[-1], flush=True)
    return [*lines, ""]


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = ["# Attributions", "", f"{versions}; {platform.processor() or platform.machine()}", ""]
    OUTPUT.write_text("\n".join([*head, *time_tables(), *gap_table(), *recall_table()]))


if __name__ == "__main__":
    main()
