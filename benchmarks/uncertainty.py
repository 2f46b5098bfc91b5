"""Calibration and error detection: one network, dropout, an ensemble, temperature scaling.

    python benchmarks/uncertainty.py [--sets mouse0 ...] [--jobs 2]

Five CNNs with default parameters are trained on the training rows, without a fifth of them where
there are no development rows; the development rows (at most 2,000) set the temperature. Test rows
are scored once. "own errors" is the AUROC with which the entropy of a prediction detects that its
class is wrong. For regression, half of the development rows calibrate the intervals, whose coverage
is measured on the test rows. Results are appended to results/uncertainty.jsonl.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS
from runs import complete
from scipy.stats import entropy
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

LOG = RESULTS / "uncertainty.jsonl"
TABLE = RESULTS / "uncertainty.md"
CLASSIFICATION = {
    "mouse0": "gue_tf_mouse/mouse0",
    "6mA_S.cerevisiae": "idna_ms/6mA_S.cerevisiae",
    "pum2 positional (1:4)": "rbp_pum2_positional/pum2",
}
REGRESSION = {"tevsacas9": "crisprhal_tevsacas9/tevsacas9"}
N_MEMBERS = 5
COVERAGE = 0.9


def read(path: str) -> dict[str, pd.DataFrame]:
    """Return training, development and test rows."""
    frame = pd.read_csv(DATA / f"{path}.csv.gz")
    parts = {name: frame[frame["split"] == name] for name in ("train", "dev", "test")}
    if not len(parts["dev"]):
        kept = np.random.default_rng(0).random(len(parts["train"])) < 0.2
        parts["dev"], parts["train"] = parts["train"][kept], parts["train"][~kept]
    parts["dev"] = parts["dev"].sample(min(2000, len(parts["dev"])), random_state=0)
    return parts


def figures(y: np.ndarray, proba: np.ndarray) -> dict[str, float]:
    """Compute the metrics of probabilities of two classes."""
    from skgenomics.metrics import expected_calibration_error

    is_wrong = proba.argmax(axis=1) != y
    values = {
        "AUROC": roc_auc_score(y, proba[:, 1]),
        "log loss": log_loss(y, proba),
        "Brier": brier_score_loss(y, proba[:, 1]),
        "ECE": expected_calibration_error(y, proba[:, 1]),
        "own errors": roc_auc_score(is_wrong, entropy(proba, axis=1)),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def classify(name: str) -> list[dict]:
    """Evaluate the ways to compute probabilities."""
    from skgenomics import CNNClassifier
    from skgenomics.uncertainty import DeepEnsembleClassifier, mc_dropout

    parts = read(CLASSIFICATION[name])
    train, dev, test = (parts[part] for part in ("train", "dev", "test"))
    X, y = test["sequence"], test["label"].to_numpy()
    ensemble = DeepEnsembleClassifier(CNNClassifier(), n_estimators=N_MEMBERS, random_state=0)
    ensemble.fit(train["sequence"], train["label"])
    single = ensemble.estimators_[0]

    def scaled(estimator):
        frozen = FrozenEstimator(estimator)
        fitted = CalibratedClassifierCV(frozen, method="temperature")
        return fitted.fit(dev["sequence"], dev["label"].to_numpy()).predict_proba(X)

    ways = {
        "one network": single.predict_proba(X),
        "one network, temperature": scaled(single),
        "dropout, 30 draws": mc_dropout(single, X, random_state=0).mean(axis=0),
        f"ensemble of {N_MEMBERS}": ensemble.predict_proba(X),
        f"ensemble of {N_MEMBERS}, temperature": scaled(ensemble),
    }
    return [{"way": way, **figures(y, proba)} for way, proba in ways.items()]


def regress(name: str) -> list[dict]:
    """Measure the coverage and the width of prediction intervals."""
    from skgenomics import CNNRegressor
    from skgenomics.uncertainty import ConformalRegressor, DeepEnsembleRegressor

    parts = read(REGRESSION[name])
    known = pd.concat([parts["train"], parts["dev"]])
    test = parts["test"]
    ensemble = DeepEnsembleRegressor(CNNRegressor(), n_estimators=N_MEMBERS, random_state=0)
    rows = []
    for width in ("constant", "std"):
        model = ConformalRegressor(ensemble, width=width, random_state=0)
        model.fit(known["sequence"], known["label"])
        low, high = model.predict_interval(test["sequence"], COVERAGE).T
        y = test["label"].to_numpy()
        rows.append(
            {
                "way": f"width {width}",
                "coverage": round(float(((low <= y) & (y <= high)).mean()), 4),
                "mean width": round(float((high - low).mean()), 3),
                "width / sd of target": round(float((high - low).mean() / y.std()), 3),
            }
        )
    return rows


def run(name: str) -> dict:
    """Compute all figures of a set."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    rows = classify(name) if name in CLASSIFICATION else regress(name)
    return {"set": name, "rows": rows, "seconds": round(time.perf_counter() - start)}


def table(results: pd.DataFrame, names) -> str:
    """Format the rows of some sets as a table."""
    rows = [
        {"set": result["set"], **row}
        for _, result in results.iterrows()
        if result["set"] in names
        for row in result["rows"]
    ]
    if not rows:
        return ""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(row[c]) for c in columns) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    names = [*CLASSIFICATION, *REGRESSION]
    parser.add_argument("--sets", nargs="+", default=names, choices=names)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    results = complete(LOG, ("set",), [(name,) for name in args.sets], run, args.jobs)
    TABLE.write_text(
        f"# Uncertainty\n\n`python benchmarks/uncertainty.py` (torch {torch.__version__}), one "
        f"seed, {N_MEMBERS} members.\n\n{table(results, CLASSIFICATION)}\n\n"
        f"Intervals for a coverage of {COVERAGE}:\n\n{table(results, REGRESSION)}\n"
    )
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
