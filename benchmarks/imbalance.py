"""Remedies for rare positives: weights, losses, batches, samplers and two-stage training.

    python benchmarks/imbalance.py [--sets splice-20 ...] [--models cnn logreg] [--remedies ...]
                                   [--seeds 3] [--jobs 2]

Every model is fitted on four fifths of the training rows (at most 6,000). The other fifth, with the
class proportions of the data, selects the threshold with the highest MCC; test rows are scored
once. Data sets are imbalanced themselves, or thinned to 1 positive for 20 or 100 negatives, test
rows included. Samplers see only the rows of the fit. Results are appended to
results/imbalance.jsonl, so that an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from data import DATA, RESULTS
from runs import complete

from skgenomics.training import ClassBalancing

LOG = RESULTS / "imbalance.jsonl"
TABLE = RESULTS / "imbalance.md"
MAX_ROWS = 6000
FIGURES = ("AUPRC", "MCC", "recall at 25 % FDR")
# File, and number of negatives for each positive; None for the ratio of the file.
SETS = {
    "pum2 positional": ("rbp_pum2_positional/pum2", None),
    "iPro-MP E. coli": ("ipro_mp/escherichia_coli_k12", None),
    "iPro-MP S. aureus": ("ipro_mp/staphylococcus_aureus_mw2", None),
    "cnnprom B. subtilis": ("cnnprom/bacillus_subtilis", None),
    "cnnprom E. coli": ("cnnprom/ecoli_sigma70", None),
    "cnnprom mouse TATA": ("cnnprom/mouse_tata", None),
    "tf0 1:20": ("gue_tf_human/tf0", 20),
    "tf0 1:100": ("gue_tf_human/tf0", 100),
    "tf4 1:20": ("gue_tf_human/tf4", 20),
    "tf4 1:100": ("gue_tf_human/tf4", 100),
    "splice EI 1:20": ("uci_splice/splice", 20),
    "splice EI 1:100": ("uci_splice/splice", 100),
}
# Parameters of CNNClassifier.
TRAINING = {
    "plain": {},
    "class_weight": {"class_weight": "balanced"},
    "effective_number": {"class_weight": "effective_number"},
    "focal": {"loss": "focal"},
    "balanced_batches": {"balancing": ClassBalancing(balanced_batches=True)},
    "two stages": {"balancing": ClassBalancing(balanced_batches=True, refit_head=10)},
}
SAMPLERS = (
    "RandomOverSampler",
    "RandomUnderSampler",
    "SMOTE",
    "ReverseComplementOverSampler",
    "MutationOverSampler",
    "SequenceSMOTE",
    "HomologyUnderSampler",
    "GenerativeOverSampler",
)


def read(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sequences, labels 0 and 1, and a mask of the test rows."""
    path, n_negatives = SETS[name]
    frame = pd.read_csv(DATA / f"{path}.csv.gz")
    y = (frame["label"].isin([1, "EI"])).to_numpy(int)
    if n_negatives is None and "split" in frame:
        is_test = (frame["split"] == "test").to_numpy()
    elif "fold" in frame:
        is_test = (frame["fold"] == 0).to_numpy()
    else:
        # The official test rows are too few to be thinned.
        is_test = np.random.default_rng(0).random(len(frame)) < 1 / 3
    keep = np.arange(len(frame))
    if n_negatives is not None:
        rng = np.random.default_rng(1)
        parts = []
        for part in (~is_test, is_test):
            positives, negatives = np.flatnonzero(part & (y == 1)), np.flatnonzero(part & (y == 0))
            n = max(2, round(len(negatives) / n_negatives))
            parts += [negatives, rng.permutation(positives)[:n]]
        keep = np.sort(np.concatenate(parts))
    return frame["sequence"].to_numpy(object)[keep], y[keep], is_test[keep]


def make(model: str, remedy: str, seed: int):
    """Make a pipeline from text to a model with one remedy."""
    from imblearn import over_sampling, under_sampling
    from imblearn.pipeline import make_pipeline
    from sklearn.linear_model import LogisticRegression
    from sklearn.mixture import GaussianMixture

    from skgenomics import CNNClassifier, KmerCounter, OneHotEncoder, OrdinalEncoder, sampling

    settings = TRAINING.get(remedy, {})
    if model == "cnn":
        steps = [CNNClassifier(random_state=seed, **settings)]
    else:
        counter = KmerCounter(k=(1, 5), weighting="sqrt")
        steps = [counter, LogisticRegression(max_iter=1000, **settings)]
    if remedy in TRAINING:
        return make_pipeline(*steps)
    if remedy == "GenerativeOverSampler":
        mixture = GaussianMixture(2, covariance_type="diag", reg_covar=1e-3, random_state=seed)
        return make_pipeline(sampling.GenerativeOverSampler(mixture, random_state=seed), *steps)
    if hasattr(sampling, remedy):
        return make_pipeline(getattr(sampling, remedy)(random_state=seed), *steps)
    module = over_sampling if hasattr(over_sampling, remedy) else under_sampling
    sampler = getattr(module, remedy)(random_state=seed)
    if remedy == "SMOTE":
        return make_pipeline(OneHotEncoder(), sampler, *steps)
    return make_pipeline(OrdinalEncoder(), sampler, *steps)


def run(name: str, model: str, remedy: str, seed: int) -> dict:
    """Fit one model with one remedy and score it on the test rows."""
    import torch
    from sklearn.metrics import average_precision_score, matthews_corrcoef
    from sklearn.model_selection import train_test_split

    from skgenomics.metrics import expected_calibration_error, recall_at_fdr_score

    torch.set_num_threads(1)
    X, y, is_test = read(name)
    rows = np.flatnonzero(~is_test)
    if len(rows) > MAX_ROWS:
        rows, _ = train_test_split(rows, train_size=MAX_ROWS, stratify=y[rows], random_state=0)
    # The same rows are drawn for each remedy.
    fit, tune = train_test_split(rows, test_size=0.2, stratify=y[rows], random_state=seed)
    start = time.perf_counter()
    fitted = make(model, remedy, seed).fit(X[fit], y[fit])
    seconds = time.perf_counter() - start
    proba = fitted.predict_proba(X[is_test])[:, 1]
    threshold = best_threshold(y[tune], fitted.predict_proba(X[tune])[:, 1], matthews_corrcoef)
    truth = y[is_test]
    return {
        "set": name,
        "model": model,
        "remedy": remedy,
        "seed": seed,
        "positives": int(y[fit].sum()),
        "rows": len(fit),
        "prevalence": float(truth.mean()),
        "AUPRC": average_precision_score(truth, proba),
        "MCC": matthews_corrcoef(truth, proba >= threshold),
        "MCC at 0.5": matthews_corrcoef(truth, proba >= 0.5),
        "recall at 25 % FDR": recall_at_fdr_score(truth, proba, fdr=0.25),
        "ECE": expected_calibration_error(truth, proba),
        "seconds": seconds,
    }


def best_threshold(y: np.ndarray, proba: np.ndarray, metric: Callable) -> float:
    """Return the threshold with the highest score, between two observed probabilities."""
    values = np.unique(proba)
    values = np.unique(np.quantile(values, np.linspace(0, 1, 200)))
    scores = [metric(y, proba >= value) for value in values]
    return float(values[int(np.argmax(scores))])


def tasks(names, models, remedies, seeds: int) -> list[tuple]:
    """List all runs seed by seed, so that an interrupted series is balanced."""
    every = []
    for seed in range(seeds):
        for name in names:
            for model in models:
                own = [r for r in remedies if model == "cnn" or is_for_any_model(r)]
                every += [(name, model, remedy, seed) for remedy in own]
    return every


def is_for_any_model(remedy: str) -> bool:
    return remedy in ("plain", "class_weight", *SAMPLERS)


def report(results: pd.DataFrame) -> list[str]:
    """Format the differences from plain training, over all sets and set by set."""
    lines = ["# Remedies for class imbalance", "", *__doc__.split("\n\n")[2:]]
    lines += [
        "Differences are between means over seeds for each set; ± is the standard error of the "
        "mean over sets. *better* and *worse* count the sets whose AUPRC differs by more than two "
        "standard deviations of plain training between seeds.",
        "",
    ]
    for model, runs in results.groupby("model"):
        lines += [f"## {model}", "", *summary(runs), "", *per_set(runs), ""]
    return lines


def summary(runs: pd.DataFrame) -> list[str]:
    """Format one row for each remedy: mean differences from plain training."""
    figures = [*FIGURES, "MCC at 0.5", "ECE", "seconds"]
    means = runs.groupby(["remedy", "set"])[figures].mean()
    plain = means.loc["plain"]
    spread = runs[runs["remedy"] == "plain"].groupby("set")["AUPRC"].std()
    noise = spread.fillna(spread.median()).reindex(plain.index)
    n_repeated = spread.notna().sum()
    words = "Every remedy was run with one seed."
    if n_repeated:
        words = (
            f"Plain training has a standard deviation of {spread.median():.3f} AUPRC between "
            f"seeds (the median over {n_repeated} sets)."
        )
    lines = [
        words,
        "",
        "| remedy | runs | AUPRC | median | MCC | recall at 25 % FDR | MCC at 0.5 | ECE | better "
        "| worse | time |",
        "|---|" + "---:|" * 10,
    ]
    for remedy in [*TRAINING, *SAMPLERS]:
        if remedy not in means.index:
            continue
        change = means.loc[remedy] - plain.loc[means.loc[remedy].index]
        own = means.loc["plain"] if remedy == "plain" else change
        cells = [_mean(own[name], remedy == "plain") for name in figures[:-1]]
        cells.insert(1, f"{own['AUPRC'].median():{'.3f' if remedy == 'plain' else '+.3f'}}")
        limit = 2 * noise.loc[change.index]
        better, worse = (change["AUPRC"] > limit).sum(), (change["AUPRC"] < -limit).sum()
        ratio = (means.loc[remedy]["seconds"] / plain["seconds"]).median()
        n_runs = (runs["remedy"] == remedy).sum()
        lines.append(
            f"| {remedy} | {n_runs} | {' | '.join(cells)} | {better} | {worse} | {ratio:.1f} |"
        )
    return lines


def _mean(values: pd.Series, is_plain: bool) -> str:
    return f"{values.mean():.3f}" if is_plain else f"{values.mean():+.3f} ± {values.sem():.3f}"


def per_set(runs: pd.DataFrame) -> list[str]:
    """Format the AUPRC of each remedy on each set, averaged over seeds."""
    table = runs.pivot_table(index="remedy", columns="set", values="AUPRC")
    sizes = runs.groupby("set")[["positives", "rows", "prevalence"]].first()
    names = [name for name in SETS if name in table]
    lines = [
        "AUPRC by set; below the name are the positives and all rows of the fit, and the fraction "
        "of positives among the test rows, which is the AUPRC of random scores.",
        "",
        "| remedy | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
        "| | "
        + " | ".join(
            f"{sizes.positives[n]} of {sizes.rows[n]}, {sizes.prevalence[n]:.3f}" for n in names
        )
        + " |",
    ]
    for remedy in [*TRAINING, *SAMPLERS]:
        if remedy in table.index:
            figures = " | ".join(f"{table.loc[remedy, name]:.3f}" for name in names)
            lines.append(f"| {remedy} | {figures} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    remedies = [*TRAINING, *SAMPLERS]
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--models", nargs="+", choices=["cnn", "logreg"], default=["cnn", "logreg"])
    parser.add_argument("--remedies", nargs="+", choices=remedies, default=remedies)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    # Fits run as parallel processes with one thread each.
    columns = ("set", "model", "remedy", "seed")
    every = tasks(args.sets, args.models, args.remedies, args.seeds)
    results = complete(LOG, columns, every, run, args.jobs)
    TABLE.write_text("\n".join(report(results)) + "\n")
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
