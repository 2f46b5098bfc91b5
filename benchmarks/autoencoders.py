"""Reconstruction and downstream use of codes of gene expression.

    python benchmarks/autoencoders.py

Golub's leukemia data (72 samples, 7,129 genes) and simulated expression with known clusters. Every
model is fitted on three quarters of the samples without their labels, and evaluated on the rest by
the fraction of variance that is reconstructed, the AUROC of a logistic regression on the codes of a
few labeled samples, and the agreement of k-means clusters of the codes with the classes (ARI).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skgenomics.autoencoders.autoencoder import Autoencoder
from skgenomics.autoencoders.denoising import DenoisingAutoencoder
from skgenomics.autoencoders.semi_supervised import SemiSupervisedVAE
from skgenomics.autoencoders.variational import VariationalAutoencoder
from skgenomics.datasets import make_expression

N_SPLITS, N_LABELED, N_COMPONENTS = 5, 16, 10
# As in Dudoit et al., JASA 2002, except that all genes that vary are kept.
FLOOR, CEILING = 100, 16_000
OUTPUT = RESULTS / "autoencoders.md"
COUNTS = "VariationalAutoencoder, negative binomial"


@dataclass(frozen=True)
class Expression:
    """Samples with their classes; logarithms in `X`, and counts if there are any."""

    name: str
    X: np.ndarray
    y: np.ndarray
    counts: np.ndarray | None = None


def read_golub() -> Expression:
    frame = pd.read_csv(DATA / "golub_expression" / "golub72.csv.gz")
    levels = frame.drop(columns=["sample", "label", "split"]).to_numpy("float32")
    return Expression("Golub", np.log10(levels.clip(FLOOR, CEILING)), frame["label"].to_numpy())


def simulate(name: str, **settings) -> Expression:
    data = make_expression(400, 1000, separation=2, random_state=0, **settings)
    X = data.X.to_numpy("float32")
    if not settings.get("counts"):
        return Expression(name, X, data.y)
    totals = X.sum(axis=1, keepdims=True)
    return Expression(name, np.log1p(X / totals * np.median(totals)), data.y, X)


def read_sets() -> list[Expression]:
    return [
        read_golub(),
        simulate("simulated", nuisance=0.3),
        simulate("simulated, strong nuisances", nuisance=1.0),
        simulate("simulated counts", nuisance=0.3, counts=True),
    ]


def make_models(seed: int) -> dict[str, Callable]:
    shared = {"n_components": N_COMPONENTS, "random_state": seed}
    return {
        "columns themselves": FunctionTransformer(),
        "PCA": PCA(**shared),
        "Autoencoder": Autoencoder(**shared),
        "Autoencoder, max_iter=200": Autoencoder(**shared, max_iter=200),
        "Autoencoder, no hidden layer": Autoencoder(**shared, hidden_units=()),
        "DenoisingAutoencoder": DenoisingAutoencoder(**shared),
        "VariationalAutoencoder": VariationalAutoencoder(**shared),
        "VariationalAutoencoder, beta=4": VariationalAutoencoder(**shared, beta=4.0),
        "VariationalAutoencoder, batch normalization": VariationalAutoencoder(
            **shared, hidden_normalization="batch"
        ),
        COUNTS: VariationalAutoencoder(**shared, likelihood="negative_binomial"),
        "SemiSupervisedVAE": SemiSupervisedVAE(**shared),
    }


def judge(model, scaled, y: np.ndarray, rows, counts: np.ndarray | None) -> dict[str, float]:
    """Evaluate one model on one split; `scaled` are the standardized logarithms."""
    train, labeled, test = rows
    X = scaled if counts is None else counts
    start = time.perf_counter()
    is_labeled = np.isin(train, labeled)
    codes_of_y = np.unique(y, return_inverse=True)[1]
    model.fit(X[train], np.where(is_labeled, codes_of_y[train], -1))
    seconds = time.perf_counter() - start
    few, codes = model.transform(X[labeled]), model.transform(X[test])
    return {
        "restored": restored_fraction(model, codes, scaled, test, counts),
        "AUROC": auroc(model, few, codes, X[test], y[labeled], y[test]),
        "ARI": agreement_with_classes(model, codes, X[test], y[test]),
        "seconds": seconds,
    }


def restored_fraction(model, codes, scaled, test, counts) -> float:
    if isinstance(model, FunctionTransformer):
        return np.nan
    found = model.inverse_transform(codes)
    if counts is not None:
        logs = np.log1p(counts / counts.sum(axis=1, keepdims=True) * np.median(counts.sum(axis=1)))
        found = (np.log1p(found) - logs.mean(axis=0)) / logs.std(axis=0).clip(min=1e-6)
    return 1 - ((scaled[test] - found) ** 2).sum() / (scaled[test] ** 2).sum()


def auroc(model, few, codes, X, y_few, y) -> float:
    if isinstance(model, SemiSupervisedVAE):
        proba = model.predict_proba(X)
    else:
        # One scale for all units of a code, so that unused units stay small.
        scale = few.std()
        classifier = LogisticRegression(max_iter=2000).fit(few / scale, y_few)
        proba = classifier.predict_proba(codes / scale)
    proba = proba[:, 1] if proba.shape[1] == 2 else proba
    return roc_auc_score(y, proba, multi_class="ovr")


def agreement_with_classes(model, codes, X, y) -> float:
    if isinstance(model, SemiSupervisedVAE):
        return adjusted_rand_score(y, model.predict(X))
    found = [
        KMeans(len(np.unique(y)), n_init=5, random_state=seed).fit_predict(codes)
        for seed in range(3)
    ]
    return np.mean([adjusted_rand_score(y, clusters) for clusters in found])


def split(y: np.ndarray, seed: int):
    """Return the indices of training, labeled training and test samples."""
    halves = StratifiedShuffleSplit(1, test_size=0.25, random_state=seed)
    train, test = next(halves.split(y, y))
    few = StratifiedShuffleSplit(1, train_size=N_LABELED, random_state=seed)
    labeled, _ = next(few.split(y[train], y[train]))
    return train, train[labeled], test


def measure(data: Expression) -> pd.DataFrame:
    figures = []
    for seed in range(N_SPLITS):
        rows = split(data.y, seed)
        scaler = make_pipeline(VarianceThreshold(), StandardScaler()).fit(data.X[rows[0]])
        scaled = scaler.transform(data.X)
        for name, model in make_models(seed).items():
            if name != COUNTS or data.counts is not None:
                counts = data.counts if name == COUNTS else None
                figures.append({"model": name} | judge(model, scaled, data.y, rows, counts))
        print(data.name, seed, flush=True)
    return pd.DataFrame(figures).groupby("model", sort=False).agg(["mean", "std"])


def table(data: Expression) -> list[str]:
    frame = measure(data)
    n, p = data.X.shape
    lines = [
        f"## {data.name}: {n} samples, {p:,} genes, {len(np.unique(data.y))} classes",
        "",
        "| code | restored | AUROC | ARI | seconds |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in frame.iterrows():
        cells = [cell(row, figure) for figure in ("restored", "AUROC", "ARI")]
        lines.append(f"| {name} | {' | '.join(cells)} | {row['seconds', 'mean']:.1f} |")
    return [*lines, "", agreement(frame), ""]


def cell(row, figure: str) -> str:
    mean, deviation = row[figure, "mean"], row[figure, "std"]
    return "" if np.isnan(mean) else f"{mean:.3f} ± {deviation:.3f}"


def agreement(frame: pd.DataFrame) -> str:
    means = frame.xs("mean", axis=1, level=1).drop(index="SemiSupervisedVAE").dropna()
    rho = means.corr(method="spearman").loc["restored"]
    return (
        "Rank correlation over the unsupervised codes: reconstruction with AUROC "
        f"{rho['AUROC']:.2f}, with ARI {rho['ARI']:.2f}."
    )


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    lines = [
        "# Codes of expression",
        "",
        "`python benchmarks/autoencoders.py`: means and standard deviations over "
        f"{N_SPLITS} random splits. Models are trained on three quarters of the samples, "
        f"{N_LABELED} of which have a label, and evaluated on the other quarter. *restored* is the "
        "fraction of variance of the standardized logarithms that is reconstructed; *AUROC* that "
        "of a logistic regression on the codes of the labeled samples; *ARI* that of k-means on "
        "the codes. SemiSupervisedVAE sees the labels in training, and its figures are those of "
        f"its own predictions. Codes have {N_COMPONENTS} units; other parameters are defaults. The "
        "logarithm of the expected counts of the negative binomial exceeds the mean logarithm, "
        "which lowers its reconstruction.",
        "",
    ]
    for data in read_sets():
        lines += table(data)
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
