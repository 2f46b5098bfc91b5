"""Accuracy of all estimators with all their defaults on public data.

    python benchmarks/accuracy.py [--sets tf0 nucleosome ...] [--families CNN ResNet ...]
                                  [--seeds 3] [--jobs 2]

Every set is trained on its training and development rows and scored once on its test rows, or on
each of its folds; the figure is the mean over folds, the table has the median over seeds. Each
fit uses one thread, and its result is kept in results/accuracy.jsonl, so that a run which is
interrupted goes on where it stopped. The defaults were chosen without the test rows.
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from data import RESULTS, SETS, DataSet, find
from runs import complete
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, roc_auc_score

LOG = RESULTS / "accuracy.jsonl"
TABLE = RESULTS / "accuracy.md"
FAMILIES = ("CNN", "ResNet", "CNNRNN", "RNN", "Transformer", "ConvTransformer", "LongConv", "MLP")
# Rows of the test part that stand in the training part too are left out.
REPEATED = "in_train"


def make(family: str, data: DataSet, seed: int):
    """The estimator of a family for a set, with all its defaults."""
    import skgenomics

    if data.by_position:
        return skgenomics.SequenceLabeler(network=family.lower(), random_state=seed)
    kind = "Regressor" if data.metric == "Spearman" else "Classifier"
    return getattr(skgenomics, family + kind)(random_state=seed)


def run(name: str, family: str, seed: int) -> dict:
    """Fit and score one estimator with one seed on all splits of a set."""
    import torch

    torch.set_num_threads(1)
    data = find(name)
    estimator = make(family, data, seed)
    scores, start = [], time.perf_counter()
    for train, test in data.splits(data.read()):
        if REPEATED in test:
            test = test[test[REPEATED] == 0]
        fitted = estimator.fit(train["sequence"], targets(data, train))
        scores.append(score(data, fitted, test["sequence"], targets(data, test)))
    return {
        "set": data.name,
        "family": family,
        "seed": seed,
        "minutes": (time.perf_counter() - start) / 60,
        "n": len(train) + len(test),
        "fits": len(scores),
        "strands": fitted.strands_,
        "weights": sum(weight.numel() for weight in fitted.network_.parameters()),
        **pd.DataFrame(scores).mean().to_dict(),
    }


def targets(data: DataSet, rows: pd.DataFrame):
    """y: one column as it is, several as a matrix."""
    return rows[data.targets[0]] if len(data.targets) == 1 else rows[list(data.targets)]


def score(data: DataSet, fitted, X, y) -> dict[str, float]:
    """Figures of merit on test rows."""
    if data.metric == "Spearman":
        return {"Spearman": spearmanr(y, fitted.predict(X)).statistic}
    if data.by_position:
        labels, predicted = (np.array(list("".join(rows))) for rows in (y, fitted.predict(X)))
        return {"macro F1": f1_score(labels, predicted, average="macro")}
    chance = fitted.predict_proba(X)
    if len(data.targets) > 1:
        known = y.notna().to_numpy()
        aucs = [
            roc_auc_score(y.to_numpy()[rows, i], chance[rows, i]) for i, rows in enumerate(known.T)
        ]
        return {"macro AUROC": float(np.mean(aucs))}
    label = fitted.classes_[chance.argmax(axis=1)]
    return {
        "ACC": accuracy_score(y, label),
        "MCC": matthews_corrcoef(y, label),
        "AUROC": roc_auc_score(
            y, chance[:, 1] if chance.shape[1] == 2 else chance, multi_class="ovr"
        ),
    }


def rows_of(data: DataSet, results: pd.DataFrame) -> list[dict]:
    """One row per family that was run on a set, the best one first."""
    runs = results[results["set"] == data.name]
    rows = []
    for family, ours in runs.groupby("family"):
        figures = ours[data.metric]
        bars = [bar for bar in (data.linear, data.goal) if bar is not None]
        median = figures.median()
        rows.append(
            {
                "set": data.name,
                "sequences": ours["n"].iloc[0],
                "strands": "both" if ours["strands"].iloc[0] == "average" else "one",
                "metric": data.metric,
                "linear": "" if data.linear is None else f"{data.linear:.3f}",
                "published": data.published,
                "family": family,
                "ours": f"**{median:.3f}**" if median >= max(bars) else f"{median:.3f}",
                "range": f"{figures.min():.3f} to {figures.max():.3f}",
                "seeds": len(figures),
                "AUROC": f"{ours['AUROC'].median():.3f}" if ours["AUROC"].notna().any() else "",
                "weights": f"{ours['weights'].iloc[0]:,.0f}"
                if ours["weights"].notna().any()
                else "",
                "minutes": f"{ours['minutes'].median():.1f}",
            }
        )
    return sorted(rows, key=lambda row: row["ours"].strip("*"), reverse=True)


def as_markdown(rows: list[dict]) -> str:
    header = list(rows[0])
    lines = [header, ["---"] * len(header), *([str(v) for v in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(results: pd.DataFrame) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("skgenomics", "torch"))
    tables = [rows for data in SETS if (rows := rows_of(data, results))]
    return f"""# Accuracy with all defaults

`python benchmarks/accuracy.py` ({versions}), median over seeds, one thread per fit. "linear" is
logistic or ridge regression on k-mer counts and one-hot; bold is where ours is level with it or
better, and with the published figure where the protocol is the same (DNABERT-2, GraphProt).
Figures of sets with folds are means over them. "strands" is what reverse_complement="auto" found;
minutes are those of all fits of one seed, two at a time on two cores. Families and seeds that are
not there were not run. Rows of three seeds are of an earlier run: the same network and training,
but other random draws.

## The best of ours on each set

{as_markdown([rows[0] for rows in tables])}

## All that was run

{as_markdown([row for rows in tables for row in rows])}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="*", default=[data.name for data in SETS])
    parser.add_argument("--families", nargs="*", default=list(FAMILIES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    tasks = [
        (name, family, seed)
        for seed in range(arguments.seeds)
        for family in arguments.families
        for name in arguments.sets
        if not (find(name).by_position and family in ("ConvTransformer", "MLP"))
    ]
    results = complete(LOG, ("set", "family", "seed"), tasks, run, arguments.jobs)
    TABLE.write_text(report(results))
    print(TABLE.read_text())


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
