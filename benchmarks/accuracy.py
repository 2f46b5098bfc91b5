"""Test accuracy of all estimators with default parameters on public data.

    python benchmarks/accuracy.py [--sets tf0 nucleosome ...] [--families CNN ResNet ...]
                                  [--seeds 3] [--jobs 2]

Each model is trained on the training and development rows of a data set and scored once on its test
rows, or on each of its folds. Figures are means over folds and medians over seeds. Each fit uses
one thread. Results are appended to results/accuracy.jsonl, so that an interrupted run continues
where it stopped. The defaults were chosen without the test rows.
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
# Column that marks test rows that occur in the training rows too; they are left out.
REPEATED = "in_train"


def make(family: str, data: DataSet, seed: int):
    """Make the estimator of a family for a data set, with default parameters."""
    import skgenomics

    if data.by_position:
        return skgenomics.SequenceLabeler(network=family.lower(), random_state=seed)
    kind = "Regressor" if data.metric == "Spearman" else "Classifier"
    return getattr(skgenomics, family + kind)(random_state=seed)


def run(name: str, family: str, seed: int) -> dict:
    """Fit and score one estimator with one seed on all splits of a data set."""
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
    """Return y: a column for one target, a matrix for several."""
    return rows[data.targets[0]] if len(data.targets) == 1 else rows[list(data.targets)]


def score(data: DataSet, fitted, X, y) -> dict[str, float]:
    """Compute the metrics on test rows."""
    if data.metric == "Spearman":
        return {"Spearman": spearmanr(y, fitted.predict(X)).statistic}
    if data.by_position:
        labels, predicted = (np.array(list("".join(rows))) for rows in (y, fitted.predict(X)))
        return {"macro F1": f1_score(labels, predicted, average="macro")}
    proba = fitted.predict_proba(X)
    if len(data.targets) > 1:
        known = y.notna().to_numpy()
        aucs = [
            roc_auc_score(y.to_numpy()[rows, i], proba[rows, i]) for i, rows in enumerate(known.T)
        ]
        return {"macro AUROC": float(np.mean(aucs))}
    label = fitted.classes_[proba.argmax(axis=1)]
    return {
        "ACC": accuracy_score(y, label),
        "MCC": matthews_corrcoef(y, label),
        "AUROC": roc_auc_score(y, proba[:, 1] if proba.shape[1] == 2 else proba, multi_class="ovr"),
    }


def rows_of(data: DataSet, results: pd.DataFrame) -> list[dict]:
    """Return one row for each family that was run on a data set, the best one first."""
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
    return f"""# Accuracy with default parameters

`python benchmarks/accuracy.py` ({versions}), median over seeds, one thread per fit. "linear" is
logistic or ridge regression on k-mer counts and one-hot encoding; bold marks figures at least as
good as it, and as the published figure where the protocol is the same (DNABERT-2, GraphProt).
Figures of sets with folds are means over folds. "strands" is the choice of
reverse_complement="auto"; minutes are the time of all fits of one seed, two at a time on two cores.
Families and seeds that are missing were not run. Rows with three seeds are from an earlier run with
the same networks and training, but other random draws.

## Best family on each set

{as_markdown([rows[0] for rows in tables])}

## All runs

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
