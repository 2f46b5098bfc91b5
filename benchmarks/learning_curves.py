"""Learning curves of the default CNN beside the linear model, from 50 samples on.

    python benchmarks/learning_curves.py [--sets ...] [--sizes 50 100 ...] [--settings ...]
                                         [--draws 5] [--part test] [--jobs 2]

Each draw takes as many samples from the training rows of a data set, with the proportions of its
classes, and all models of a draw read the same ones. They are scored by AUROC on the development
rows with `--part dev`, on which the defaults were chosen, or once on the test rows. Results are
appended to results/learning_curves.jsonl; the tables and the figure are results/learning_curves.md
and .png. The linear model is that of `skgenomics evaluate`, logistic regression on counts of k-mers
of 1 to 6 bases.
"""

from __future__ import annotations

import argparse
import time

import pandas as pd
from accuracy import score
from data import RESULTS, find
from defaults import development_rows
from runs import complete
from sklearn.model_selection import train_test_split

from skgenomics.training import Augmentation

LOG = RESULTS / "learning_curves.jsonl"
LINEAR, DEFAULT = "linear", "defaults"
# Settings that were tried on development rows; the defaults among them are those of the package.
SETTINGS = {
    LINEAR: None,
    DEFAULT: {},
    "batches of 32": {"batch_size": 32, "max_iter": 48},
    "30 epochs": {"max_iter": 30},
    "a quarter of the filters": {"n_filters": (32, 32, 32)},
    "twice the mutations": {"augmentation": Augmentation(mutation_rate=0.06)},
    "weight decay 0.1": {"weight_decay": 0.1},
}
DEFAULT_SETS = ("tf0", "mouse0", "prom_core_notata", "uci_splice", "uci_promoters", "nucleosome",
                "5hmC_H.sapiens", "6mA_D.melanogaster", "rbp igf2bp123", "ctcf_pu1")  # fmt: skip
SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
# Rows that are scored: the standard error of an AUROC is then about .01.
_MAX_SCORED = 2000


def make(setting: str, seed: int):
    """Make the linear model, or the CNN with a setting."""
    from skgenomics import CNNClassifier
    from skgenomics.cli._models import make_kmer_linear

    if setting == LINEAR:
        return make_kmer_linear("classification", "ACGT", seed)
    return CNNClassifier(random_state=seed, **SETTINGS[setting])


def run(name: str, setting: str, n: int, draw: int, part: str) -> dict:
    """Fit one model to one draw, and score it."""
    import torch

    torch.set_num_threads(1)
    data = find(name)
    frame = data.read()
    train, held_out = development_rows(frame)
    if part == "test":
        train, held_out = next(iter(data.splits(frame)))
    if n < len(train):
        train, _ = train_test_split(train, train_size=n, stratify=train["label"], random_state=draw)
    if len(held_out) > _MAX_SCORED:
        held_out = held_out.sample(_MAX_SCORED, random_state=0)
    start = time.process_time()
    fitted = make(setting, draw).fit(train["sequence"].to_numpy(), train["label"].to_numpy())
    seconds = time.process_time() - start
    auroc = score(data, fitted, held_out["sequence"].to_numpy(), held_out["label"])["AUROC"]
    key = {"set": name, "setting": setting, "n": n, "draw": draw, "part": part}
    return key | {"auroc": auroc, "seconds": seconds}


def differences(results: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return the mean difference to the linear model, and its standard error over the draws."""
    table = results.pivot_table(index=["set", "n", "draw"], columns="setting", values="auroc")
    gain = (table[setting] - table[LINEAR]).dropna().groupby(["set", "n"])
    return pd.DataFrame({"mean": gain.mean(), "se": gain.sem(), "draws": gain.count()})


def table(results: pd.DataFrame, setting: str) -> str:
    """Write AUROC of the linear model and of a setting, by data set and number of samples."""
    means = results.groupby(["setting", "set", "n"])["auroc"].mean()
    gain = differences(results, setting)
    sizes = sorted(results["n"].unique())
    lines = [["set", *map(str, sizes)], ["---"] * (len(sizes) + 1)]
    for name in results["set"].unique():
        cells = []
        for n in sizes:
            if (name, n) not in gain.index:
                cells.append("")
                continue
            ours, linear = means[setting, name, n], means[LINEAR, name, n]
            mean, se = gain.loc[(name, n), ["mean", "se"]]
            mark = "**" if mean > 2 * se else ""
            behind = " (behind)" if mean < -2 * se else ""
            cells.append(f"{linear:.3f} / {mark}{ours:.3f}{mark}{behind}")
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw_curves(results: pd.DataFrame, path) -> None:
    """Draw AUROC against the number of samples, a panel for each data set."""
    import matplotlib.pyplot as plt

    names = list(results["set"].unique())
    figure, axes = plt.subplots(
        2, -(-len(names) // 2), figsize=(13, 5.5), sharex=True, layout="constrained"
    )
    for ax, name in zip(axes.flat, names, strict=False):
        for setting, label in ((LINEAR, "k-mers, linear"), (DEFAULT, "CNNClassifier()")):
            rows = results[(results["set"] == name) & (results["setting"] == setting)]
            curve = rows.groupby("n")["auroc"]
            ax.errorbar(curve.mean().index, curve.mean(), 2 * curve.sem(), label=label, capsize=2)
        ax.set(title=name, xscale="log")
    figure.supxlabel("training samples")
    figure.supylabel("AUROC")
    axes.flat[0].legend()
    figure.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=DEFAULT_SETS)
    parser.add_argument("--settings", nargs="+", default=(LINEAR, DEFAULT), choices=SETTINGS)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    largest = {name: len(next(iter(find(name).splits(find(name).read())))[0]) for name in args.sets}
    tasks = [
        (name, setting, n, draw, args.part)
        for n in args.sizes
        for name in args.sets
        if n <= largest[name]
        for setting in args.settings
        for draw in range(args.draws)
    ]
    results = complete(LOG, ("set", "setting", "n", "draw", "part"), tasks, run, args.jobs)
    results = results[results["part"] == args.part]
    for setting in sorted(set(results["setting"]) - {LINEAR}):
        print(f"\n{setting}\n\n{table(results, setting)}")
        gain = differences(results, setting).groupby("n")["mean"].mean()
        print("\n".join(f"n = {n}: mean difference {value:+.3f}" for n, value in gain.items()))
    if args.part == "test":
        draw_curves(results, RESULTS / "learning_curves.png")
        (RESULTS / "learning_curves.md").write_text(
            f"{__doc__.splitlines()[0]}\n\n`python benchmarks/learning_curves.py`: AUROC of the "
            "linear model / of `CNNClassifier()` on test rows, means over draws of the training "
            "samples. Bold is ahead and (behind) is behind by more than two standard errors of the "
            f"paired difference.\n\n{table(results, DEFAULT)}\n\n![curves](learning_curves.png)\n"
        )


if __name__ == "__main__":
    main()
