"""Compare a network with k-mers on simulated sequences, in about a minute.

Three small tasks with planted motifs: one at any position on either strand, one at a fixed
position, and one in 1 of 20 sequences.
"""

from __future__ import annotations

import argparse
from typing import Any

_N_FOLDS = 3
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "anywhere": (
        "GGGACTTTCC at any position, on either strand",
        {"motifs": ["GGGACTTTCC"], "conservation": 0.85},
    ),
    "fixed": (
        "TATAAA in the middle, on the forward strand",
        {"motifs": ["TATAAA"], "conservation": 0.8, "position": "fixed", "both_strands": False},
    ),
    "rare": (
        "GGGACTTTCC at any position, in 1 of 20 sequences",
        {"motifs": ["GGGACTTTCC"], "conservation": 0.95, "weights": [0.95, 0.05]},
    ),
}
_LENGTH = 60
# So that both models learn from 1 in 20.
_SETTINGS = ["cnn:class_weight=balanced", "kmer-logreg:class_weight=balanced"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--n-samples",
        type=int,
        default=800,
        help="sequences per task, twice this number for the rare one; default: %(default)s",
    )


def run(args: argparse.Namespace) -> None:
    """Simulate, cross-validate, and print one table."""
    from skgenomics.cli._models import DEFAULT, make_models
    from skgenomics.cli._reports import print_table

    models = make_models(list(DEFAULT), "classification", "ACGT", args.seed, _SETTINGS)
    print(f"Simulated DNA of {_LENGTH} bp; mean ± sd of {_N_FOLDS} stratified folds.")
    for name, (words, _) in TASKS.items():
        print(f"  {name}: {words}")
    print("Default settings but for class_weight=balanced.\n", flush=True)
    rows = [row for name in TASKS for row in _evaluate(name, models, args)]
    print_table(["data", "model", "AUROC", "AUPRC", "(prevalence)", "MCC", "seconds"], rows)


def _evaluate(name: str, models: dict, args: argparse.Namespace) -> list[list[str]]:
    """Make the rows of the table for one task."""
    from skgenomics.cli._reports import with_spread
    from skgenomics.cli._splitting import choose_folds
    from skgenomics.cli.evaluate import evaluate

    data = _simulate(name, args.n_samples, args.seed)
    _, folds = choose_folds(data, _N_FOLDS, args.seed)
    rows = []
    for result in evaluate(models, data, folds):
        mean, sd = result["mean"], result["sd"]
        cells = [with_spread(mean[score], sd[score]) for score in ("auroc", "auprc", "mcc")]
        cells.insert(2, f"({mean['prevalence']:.3f})")
        seconds = sum(fold["seconds"] for fold in result["folds"])
        rows.append([name, result["model"], *cells, f"{seconds:.1f}"])
    return rows


def _simulate(name: str, n_samples: int, seed: int):
    from skgenomics.datasets import make_motif_classification

    n_samples = 2 * n_samples if name == "rare" else n_samples
    data = make_motif_classification(n_samples, _LENGTH, random_state=seed, **TASKS[name][1])
    data.update(task="classification", groups=None)
    return data
