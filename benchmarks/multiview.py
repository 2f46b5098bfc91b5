"""Sequence and positions of PUM2 sites: single views, and fusion of both in several ways.

    python benchmarks/multiview.py [--rows 6000] [--seeds 3] [--models joint concat ...] [--jobs 1]

The sites are those of rbp_pum2_positional: RNA of 101 positions, and the distances to the
transcription start and to the polyadenylation site. Parameters were chosen on the development rows;
all models are fitted on the same training rows, and test rows are scored once. Results are appended
to results/multiview.jsonl, so that an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from data import DATA, RESULTS
from runs import complete

LOG = RESULTS / "multiview.jsonl"
TABLE = RESULTS / "multiview.md"
POSITIONS = ["TSS_distance", "polya_distance"]
FIGURES = ("AUPRC", "AUROC", "log loss")
# Views, and parameters of the classifier.
MODELS = {
    "sequence alone": (("sequence",), {}),
    "positions alone": (("positions",), {}),
    "ensemble": (("sequence", "positions"), {"fusion": "ensemble"}),
    "concat": (("sequence", "positions"), {"fusion": "concat"}),
    "attention": (("sequence", "positions"), {"fusion": "attention"}),
    "joint": (("sequence", "positions"), {"fusion": "joint"}),
    "joint, views dropped": (("sequence", "positions"), {"fusion": "joint", "view_dropout": 0.2}),
}


def make(model: str, seed: int):
    """Make the classifier of a row of the table."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, SplineTransformer

    from skgenomics import CNNClassifier, MLPClassifier
    from skgenomics.multiview import MultiViewClassifier

    distances = make_pipeline(FunctionTransformer(log_distance), SplineTransformer(10))
    views = [
        ("sequence", None, CNNClassifier(), "sequence"),
        ("positions", distances, MLPClassifier(n_channels=1), POSITIONS),
    ]
    names, settings = MODELS[model]
    views = [view for view in views if view[0] in names]
    return MultiViewClassifier(views=views, random_state=seed, **settings)


def log_distance(x):
    """Return the decimal logarithm of one plus the distance."""
    return np.log10(1 + abs(x))


def run(model: str, rows: int, seed: int) -> dict:
    """Fit one model and score it on the test rows."""
    import torch
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
    from sklearn.model_selection import train_test_split

    torch.set_num_threads(1)
    frame = pd.read_csv(DATA / "rbp_pum2_positional" / "pum2.csv.gz")
    train, test = (frame[frame["split"] == split] for split in ("train", "test"))
    if rows < len(train):
        train, _ = train_test_split(train, train_size=rows, stratify=train["label"], random_state=0)
    start = time.perf_counter()
    fitted = make(model, seed).fit(train, train["label"])
    seconds = time.perf_counter() - start
    result = {"model": model, "rows": rows, "seed": seed, "seconds": seconds}
    hidden = {"": []} | ({} if "alone" in model else {" without positions": POSITIONS})
    for suffix, columns in hidden.items():
        seen = test.assign(**dict.fromkeys(columns, np.nan))
        proba = fitted.predict_proba(seen)[:, 1]
        scores = {
            "AUPRC": average_precision_score(test["label"], proba),
            "AUROC": roc_auc_score(test["label"], proba),
            "log loss": log_loss(test["label"], proba),
        }
        result |= {f"{name}{suffix}": value for name, value in scores.items()}
    return result


def write_table(results: pd.DataFrame, rows: int) -> None:
    """Write the means over seeds."""
    results = results[results["rows"] == rows]
    lines = [
        "# Sequence and positions of PUM2 sites",
        "",
        f"{rows} training rows of rbp_pum2_positional, 7475 test rows of which 20 % are positive;"
        " means over seeds, and the lowest and highest AUPRC. The last columns are for the same"
        " model with the positions of all test rows missing.",
        "",
        "| model | seeds | " + " | ".join(FIGURES) + " | AUPRC, range | AUPRC without positions "
        "| log loss without positions |",
        "|---" * (len(FIGURES) + 5) + "|",
    ]
    for model in MODELS:
        runs = results[results["model"] == model]
        if not len(runs):
            continue
        cells = [model, str(len(runs)), *(f"{runs[figure].mean():.3f}" for figure in FIGURES)]
        cells.append(f"{runs['AUPRC'].min():.3f} to {runs['AUPRC'].max():.3f}")
        for figure in ("AUPRC", "log loss"):
            value = runs.get(f"{figure} without positions", pd.Series([np.nan])).mean()
            cells.append("" if np.isnan(value) else f"{value:.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    TABLE.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    tasks = [(m, args.rows, seed) for seed in range(args.seeds) for m in args.models]
    results = complete(LOG, ("model", "rows", "seed"), tasks, run, args.jobs)
    write_table(results, args.rows)


if __name__ == "__main__":
    main()
