"""Accuracy of the estimators with all their defaults on public data.

    python benchmarks/accuracy.py [--sets tf0 nucleosome ...] [--seeds 3] [--jobs 2]

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
from data import RESULTS, SETS, find
from runs import complete
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, matthews_corrcoef, roc_auc_score

LOG = RESULTS / "accuracy.jsonl"
TABLE = RESULTS / "accuracy.md"
# Rows of the test part that stand in the training part too are left out.
REPEATED = "in_train"


def run(name: str, seed: int) -> dict:
    """Fit and score one estimator with one seed on all splits of a set."""
    import torch

    from skgenomics import CNNClassifier, CNNRegressor

    torch.set_num_threads(1)
    data = find(name)
    estimator = (CNNRegressor if data.metric == "Spearman" else CNNClassifier)(random_state=seed)
    scores, start = [], time.perf_counter()
    for train, test in data.splits(data.read()):
        if REPEATED in test:
            test = test[test[REPEATED] == 0]
        fitted = estimator.fit(train["sequence"], train["label"])
        scores.append(score(fitted, test["sequence"], test["label"]))
    minutes = (time.perf_counter() - start) / 60
    mean = pd.DataFrame(scores).mean().to_dict()
    settings = {"n": len(train) + len(test), "fits": len(scores), "strands": fitted.strands_}
    return {"set": data.name, "seed": seed, "minutes": minutes, **settings, **mean}


def score(fitted, X, y) -> dict[str, float]:
    """Figures of merit on test rows."""
    if not hasattr(fitted, "classes_"):
        return {"Spearman": spearmanr(y, fitted.predict(X)).statistic}
    chance = fitted.predict_proba(X)
    label = fitted.classes_[chance.argmax(axis=1)]
    return {
        "ACC": accuracy_score(y, label),
        "MCC": matthews_corrcoef(y, label),
        "AUROC": roc_auc_score(
            y, chance[:, 1] if chance.shape[1] == 2 else chance, multi_class="ovr"
        ),
    }


def table(results: pd.DataFrame) -> str:
    """The results beside what others reached, as Markdown."""
    rows = []
    for data in SETS:
        runs = results[results["set"] == data.name]
        if runs.empty:
            continue
        ours = runs[data.metric]
        beaten = [ours.median() >= bar for bar in (data.linear, data.goal) if bar is not None]
        rows.append(
            {
                "set": data.name,
                "sequences": runs["n"].iloc[0],
                "strands": "both" if runs["strands"].iloc[0] == "average" else "one",
                "metric": data.metric,
                "linear": f"{data.linear:.3f}",
                "published": data.published,
                "CNN": f"**{ours.median():.3f}**" if all(beaten) else f"{ours.median():.3f}",
                "range": f"{ours.min():.3f} to {ours.max():.3f}",
                "AUROC": f"{runs['AUROC'].median():.3f}" if data.metric != "Spearman" else "",
                "minutes": f"{runs['minutes'].median():.1f}",
            }
        )
    header = list(rows[0])
    lines = [header, ["---"] * len(header), *([str(v) for v in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(results: pd.DataFrame) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("skgenomics", "torch"))
    return f"""# Accuracy with all defaults

`python benchmarks/accuracy.py` ({versions}), median of {results["seed"].nunique()} seeds, one
thread per fit. "linear" is logistic or ridge regression on k-mer counts and one-hot; bold is where
the CNN is level with it or better, and with the published figure where the protocol is the same
(DNABERT-2, GraphProt). Figures of sets with folds are means over them. "strands" is what
reverse_complement="auto" found; minutes are those of all fits of one seed, two at a time on two
cores.

{table(results)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="*", default=[data.name for data in SETS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    tasks = [(name, seed) for seed in range(arguments.seeds) for name in arguments.sets]
    results = complete(LOG, ("set", "seed"), tasks, run, arguments.jobs)
    TABLE.write_text(report(results))
    print(TABLE.read_text())


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
