"""One network for ten histone marks of yeast, compared with one network for each mark.

    python benchmarks/multitask.py [--seeds 2] [--hidden-units 256] [--epochs 10]
                                   [--ways together ...] [--jobs 1]

All networks have the same architecture and number of epochs, each on the windows that have a label
of its task; most windows have labels of one or two tasks. The size of the hidden layer, which costs
little, was chosen on the development rows: 64 units are too few for tasks that share them. Test
rows are scored once. Each fit uses one thread. Results are appended to results/multitask.jsonl, so
that an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version

import pandas as pd
from data import RESULTS, find
from runs import complete

LOG = RESULTS / "multitask.jsonl"
TABLE = RESULTS / "multitask.md"
DATA = find("yeast histones")
NETWORK = {"n_filters": (64, 32, 32)}
KEYS = ("way", "task", "hidden_units", "epochs", "seed")
WEIGHTS = {"together": None, "by uncertainty": "uncertainty", "one each": None}
ALL = "all"


def run(way: str, task: str, hidden_units: int, epochs: int, seed: int) -> dict:
    """Train one network and score its tasks on the development and test rows."""
    import torch

    from skgenomics import MultiTaskEstimator

    torch.set_num_threads(1)
    tasks = list(DATA.targets) if task == ALL else [task]
    parts = {
        part: rows.dropna(subset=tasks, how="all") for part, rows in DATA.read().groupby("split")
    }
    train = parts["train"]
    model = MultiTaskEstimator(
        network_params=NETWORK | {"hidden_units": hidden_units},
        task_weights=WEIGHTS[way],
        max_iter=epochs,
        early_stopping=False,
        reverse_complement="average",
        random_state=seed,
    )
    start = time.process_time()
    model.fit(train["sequence"], train[tasks])
    seconds = time.process_time() - start
    scores = {
        part: model.score_tasks(parts[part]["sequence"], parts[part][tasks])["roc_auc"].to_dict()
        for part in ("dev", "test")
    }
    keys = dict(zip(KEYS, (way, task, hidden_units, epochs, seed), strict=True))
    return {**keys, "seconds": seconds, "labels": int(train[tasks].count().sum()), **scores}


def tasks_of(ways: list[str], hidden_units: int, epochs: int, n_seeds: int) -> list[tuple]:
    """List all fits, one seed after the other."""
    return [
        (way, task, hidden_units, epochs, seed)
        for seed in range(n_seeds)
        for way in ways
        for task in (DATA.targets if way == "one each" else [ALL])
    ]


def by_task(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each task of each fit, with its AUROC."""
    rows = [
        {"way": r.name, "seed": r.seed, "task": task, "dev": r.dev[task], "test": r.test[task]}
        for r in results.itertuples()
        for task in r.dev
    ]
    return pd.DataFrame(rows)


def summary(results: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each way: mean AUROC over tasks and seeds, and total training time."""
    seconds = results.groupby(["name", "seed"])["seconds"].sum().groupby(level=0).mean()
    by_seed = scores.groupby(["way", "seed"])[["dev", "test"]].mean()
    table = by_seed.groupby("way").mean()
    table["seeds"] = by_seed.groupby("way").size()
    table["test, range"] = (
        by_seed["test"]
        .groupby("way")
        .agg(lambda values: f"{values.min():.3f} to {values.max():.3f}")
    )
    table["s"] = seconds.round()
    return table.sort_values("dev", ascending=False)


def write(results: pd.DataFrame) -> None:
    """Write the tables of all results."""
    results["name"] = [
        f"{r.way}, {r.hidden_units} units, {r.epochs} epochs" for r in results.itertuples()
    ]
    scores = by_task(results)
    whole = summary(results, scores)
    tasks = scores.pivot_table(index="task", columns="way", values="test", sort=False)
    n_labels = results[results["task"] != ALL].groupby("task")["labels"].first()
    tasks.insert(0, "labels", n_labels.astype(str))
    text = (
        "# One network for several tasks\n\n"
        "`python benchmarks/multitask.py`: AUROC on ten histone marks of yeast (windows of 500 nt,"
        f" 22,139 to train on, each label missing in four of five), a CNN with {NETWORK}, "
        "mean over tasks and seeds. Times are on one core. "
        f"skgenomics {version('skgenomics')}, torch {version('torch')}.\n\n"
        f"{whole.to_markdown(floatfmt='.3f')}\n\n"
        "## Test AUROC of each task\n\n"
        f"{tasks.to_markdown(floatfmt='.3f')}\n"
    )
    TABLE.write_text(text)
    print(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--hidden-units", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--ways", nargs="+", choices=list(WEIGHTS), default=list(WEIGHTS))
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    tasks = tasks_of(options.ways, options.hidden_units, options.epochs, options.seeds)
    write(complete(LOG, KEYS, tasks, run, options.jobs))


if __name__ == "__main__":
    main()
