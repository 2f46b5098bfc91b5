"""Population structure in the features of a network, and what its removal costs.

    python benchmarks/populations.py [--samples 2000] [--variants 300] [--epochs 30] [--repeats 3]

Training samples have a disease whose risk depends on causal variants and, much more, on ancestry.
R2 is that of the first two principal components of the genotypes, predicted from the last hidden
layer by ridge regression. It and the AUROC are those of two further cohorts: one with the same
confounding, and one in which ancestry has no effect, where a model has to know the causal variants.
For the quantitative trait, the Spearman correlation stands in place of the AUROC.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from data import RESULTS
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from skgenomics import DomainAdversarialClassifier, DomainAdversarialRegressor
from skgenomics.datasets import make_genotypes
from skgenomics.model_selection import ConfounderResidualizer

TABLE = RESULTS / "populations.md"
CONFOUNDING = 1.5
WEIGHTS = {"plain network": 0, "adversary, weight 5": 5, "adversary, weight 10": 10}
RESIDUALS = "residuals of genotypes"


def settings(epochs: int, seed: int) -> dict:
    """Hyperparameters of all models."""
    return {
        "network": "mlp",
        "n_channels": 1,
        "network_params": {"hidden_units": (32,), "hidden_dropout": 0.1},
        "batch_size": 128,
        "max_iter": epochs,
        "weight_decay": 0.05,
        "random_state": seed,
    }


def run(samples: int, variants: int, epochs: int, seed: int) -> list[dict]:
    """Fit and score all models on the cohorts of a seed."""
    sizes = {"n_samples": samples, "n_variants": variants, "frequencies_seed": seed}
    train, confounded, matched = (
        make_genotypes(**sizes, confounding=strength, random_state=3 * seed + i)
        for i, strength in enumerate((CONFOUNDING, CONFOUNDING, 0.0))
    )
    pca = PCA(2, random_state=seed).fit(train.X)

    def components(data):
        return pca.transform(data.X).astype(float)

    residualizer = ConfounderResidualizer([0, 1])
    residualizer.fit(np.hstack([components(train), train.X]))

    def residuals(data):
        return residualizer.transform(np.hstack([components(data), data.X])).astype(np.float32)

    rows = []
    for kind in ("class", "trait"):
        is_class = kind == "class"
        for name in [*WEIGHTS, RESIDUALS]:
            make = DomainAdversarialClassifier if is_class else DomainAdversarialRegressor
            own = {"per_class": False} if is_class else {}
            weight = WEIGHTS.get(name, 0)
            model = make(**settings(epochs, seed), **own, adversary_weight=weight)
            read = residuals if name == RESIDUALS else lambda data: data.X
            y = train.y if is_class else train.trait
            begin = time.process_time()
            model.fit(read(train), y, confounders=components(train))
            row = {"target": kind, "model": name, "CPU seconds": time.process_time() - begin}
            for cohort, data in (("confounded", confounded), ("matched", matched)):
                X = read(data)
                score = model.confounder_score(X, confounders=components(data))
                row[f"R2 of components, {cohort}"] = score
                if is_class:
                    score = roc_auc_score(data.y, model.decision_function(X))
                else:
                    score = spearmanr(data.trait, model.predict(X)).statistic
                row[f"score, {cohort}"] = score
            rows.append(row)
    return rows


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--variants", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    runs = [run(args.samples, args.variants, args.epochs, seed) for seed in range(args.repeats)]
    names = list(runs[0][0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for rows in zip(*runs, strict=True):
        means = [np.mean([row[name] for row in rows]) for name in names[2:]]
        cells = [rows[0]["target"], rows[0]["model"], *(f"{value:.3f}" for value in means)]
        lines.append(f"| {' | '.join(cells)} |")
    explanation = __doc__.split("\n\n")[2].strip()
    sizes = (
        f"Means of {args.repeats} simulations with {args.samples} samples of {args.variants} "
        f"variants, {args.epochs} epochs."
    )
    text = "\n".join([explanation, "", sizes, "", *lines, ""])
    print(text)
    TABLE.write_text(f"# Population structure\n\n{text}")


if __name__ == "__main__":
    main()
