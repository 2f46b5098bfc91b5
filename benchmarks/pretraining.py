"""Perplexity and embeddings of language models of the yeast genome.

    python benchmarks/pretraining.py [--minutes 10] [--models resnet transformer] [--folder FOLDER]

Each model is trained on all but four chromosomes of yeast for about the given processor time; an
interrupted run continues from its last checkpoint in the folder. Perplexity is measured on windows
of two held-out chromosomes, and compared with Markov models whose pseudocounts were chosen on two
others. A logistic regression on the frozen embedding is compared with k-mer counts and with the
embedding of an untrained network, on the official splits of five labeled sets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS
from markov import Counts, best_model
from runs import complete
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics import KmerCounter, load, save
from skgenomics.genome import Genome
from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel
from skgenomics.language_models._corpus import GenomeWindows, split_stretches
from skgenomics.training import Checkpoint

LOG, TABLE = RESULTS / "pretraining.jsonl", RESULTS / "pretraining.md"
DEV, TEST = ("chrXI", "chrXIV"), ("chrXII", "chrXIII")
WINDOW, BATCH, N_WINDOWS = 512, 32, 200
MODELS: dict[str, Callable] = {
    "resnet": lambda **s: MaskedLanguageModel(network="resnet", **s),
    "transformer": lambda **s: MaskedLanguageModel(network="transformer", **s),
    "longconv": lambda **s: MaskedLanguageModel(network="longconv", **s),
    "causal rnn": lambda **s: CausalLanguageModel(network="rnn", **s),
    "causal longconv": lambda **s: CausalLanguageModel(network="longconv", **s),
}
# File and label column; yeast comes first.
SETS = {
    "yeast 4mC": ("idna_ms/4mC_S.cerevisiae", "label"),
    "yeast 6mA": ("idna_ms/6mA_S.cerevisiae", "label"),
    "yeast H3K4me3": ("yeast_histone_multilabel/emp10", "H3K4me3"),
    "human nucleosome": ("nucleosome/h_sapiens", "label"),
    "human TATA promoters": ("gue_prom_core/prom_core_tata", "label"),
}
MAX_ROWS = 4000


def genome(folder: Path) -> Genome:
    path = folder / "sacCer3.fa"
    if not path.exists():
        with gzip.open(DATA / "io/sacCer3/sacCer3.fa.gz") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
    return Genome(path)


def windows(yeast: Genome, chromosomes, n: int | None = N_WINDOWS) -> np.ndarray:
    """Return non-overlapping windows, `n` of them drawn at random."""
    stretches, _ = split_stretches(yeast, chromosomes, 0, WINDOW)
    codes = GenomeWindows(yeast, stretches, WINDOW, 1).tiles().X
    return codes[np.random.default_rng(0).permutation(len(codes))[:n]]


@cache
def counts(folder: Path) -> Counts:
    """Count bases in their contexts in the training chromosomes."""
    yeast = genome(folder)
    return Counts(windows(yeast, training_chromosomes(yeast), None))


def training_chromosomes(yeast: Genome) -> list[str]:
    return [name for name in yeast.names if name not in DEV + TEST]


def train(name: str, minutes: float, folder: Path) -> dict:
    """Train a model, continuing from a checkpoint, save it, and return its speed and memory."""
    yeast = genome(folder)
    settings = {
        "window": WINDOW,
        "batch_size": BATCH,
        "chromosomes": training_chromosomes(yeast),
        "random_state": 0,
    }
    seconds = seconds_per_step(MODELS[name], yeast, settings)
    plan = folder / f"{name}.json"
    if not plan.exists():
        plan.write_text(json.dumps({"n_steps": max(1, round(60 * minutes / seconds))}))
    n_steps = json.loads(plan.read_text())["n_steps"]
    model = MODELS[name](
        **settings,
        max_iter=1,
        epoch_size=n_steps * BATCH,
        checkpoint=Checkpoint(folder / name, every=50),
    )
    model.fit(yeast).set_params(checkpoint=None)
    save(model, folder / f"{name}.skops")
    return {
        "parameters": sum(w.numel() for w in model.network_.parameters()),
        "steps": n_steps,
        "bases per second": BATCH * WINDOW / seconds,
        "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def seconds_per_step(make: Callable, yeast: Genome, settings: dict, n: int = 6) -> float:
    """Measure the processor time of a step, including set-up."""
    model = make(**settings, max_iter=1, epoch_size=n * BATCH)
    # A warm-up: the first fit compiles code and reads files.
    model.fit(yeast)
    start = time.process_time()
    model.fit(yeast)
    return (time.process_time() - start) / n


def perplexity(name: str, folder: Path) -> dict:
    """Compute the perplexity of a saved model or a Markov model on held-out chromosomes."""
    yeast = genome(folder)
    test = windows(yeast, TEST)
    if not name.startswith("Markov"):
        return {"perplexity": load(folder / f"{name}.skops").perplexity(test)}
    before, behind = map(int, name.split()[1].split("+"))
    model = best_model(counts(folder), windows(yeast, DEV), before, behind)
    return {"perplexity": model.perplexity(test), "strength": model.strength}


def labeled_rows(name: str) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Return training and test rows, at most MAX_ROWS of each."""
    path, column = SETS[name]
    frame = pd.read_csv(DATA / f"{path}.csv.gz").dropna(subset=[column])
    is_test = frame["split"] == "test" if "split" in frame else frame["fold"] == 0
    is_train = frame["split"].isin(["train", "dev"]) if "split" in frame else ~is_test
    parts = (frame[mask] for mask in (is_train, is_test))
    train, test = (p.sample(min(len(p), MAX_ROWS), random_state=0) for p in parts)
    return train, test, column


def encoder_of(features: str, texts: pd.Series, folder: Path):
    """Return a fitted transformer from sequences to features."""
    if features == "k-mers":
        return KmerCounter(k=(1, 5), reverse_complement=True, weighting="sqrt").fit(texts)
    if features.startswith("untrained "):
        # The learning rate is so small that the network keeps its random weights.
        settings = {"max_iter": 1, "learning_rate": 1e-12, "random_state": 0}
        return MODELS[features.removeprefix("untrained ")](**settings).fit(texts)
    return load(folder / f"{features}.skops")


def probe(features: str, name: str, folder: Path) -> dict:
    """Compute the AUROC of a logistic regression on frozen features."""
    train, test, column = labeled_rows(name)
    encoder = encoder_of(features, train["sequence"], folder)
    X, X_test = (encoder.transform(part["sequence"]) for part in (train, test))
    regression = LogisticRegressionCV(
        Cs=np.logspace(-4, 1, 6), max_iter=300, scoring="roc_auc", l1_ratios=(0,)
    )
    model = make_pipeline(StandardScaler(), regression).fit(X, train[column])
    return {"AUROC": roc_auc_score(test[column], model.decision_function(X_test))}


def report(results: pd.DataFrame, models: list[str]) -> str:
    """Format all results as tables."""
    trained = results[results["kind"] == "train"].set_index("model")
    measured = results[results["kind"] == "perplexity"].set_index("model")["perplexity"]
    auroc = results[results["kind"] == "probe"].pivot(index="set", columns="model", values="AUROC")
    lines = [
        "| model | perplexity | parameters | steps | bases/s | MB |",
        "|---|---|---|---|---|---|",
    ]
    for name in models:
        row = trained.loc[name]
        lines.append(
            f"| {name} | {measured[name]:.4f} | {row['parameters']:,.0f} | {row['steps']:,.0f} | "
            f"{row['bases per second']:,.0f} | {row['MB']:,.0f} |"
        )
    markov = [
        f"| {name} | {value:.4f} |" for name, value in measured.items() if name.startswith("Markov")
    ]
    columns = [c for c in features_of(models) if c in auroc]
    probes = ["| set | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in SETS:
        if name in auroc.index:
            figures = " | ".join(f"{auroc.loc[name, c]:.3f}" for c in columns).replace("nan", "-")
            probes.append(f"| {name} | {figures} |")
    newline = "\n"
    return f"""# Language models of the yeast genome

`python benchmarks/pretraining.py` (torch {version("torch")}, one thread): windows of {WINDOW} bp
of all but four chromosomes, batches of {BATCH}, both strands. Perplexity is that of {N_WINDOWS}
windows of {" and ".join(TEST)}. That of masked models is a pseudo-perplexity with every eighth base
masked at once: they see both sides of a base and are to be compared with Markov models of both
sides, causal models with those of one side.

{newline.join(lines)}

Markov models, by the number of bases of context before and after; pseudocounts were chosen on
{" and ".join(DEV)}.

| model | perplexity |
|---|---|
{newline.join(markov)}

AUROC of a logistic regression on frozen features, {MAX_ROWS:,} training and test rows at most.

{newline.join(probes)}
"""


def features_of(models: list[str]) -> list[str]:
    masked = [name for name in models if not name.startswith("causal")]
    return ["k-mers", *(f"{kind}{name}" for name in masked for kind in ("untrained ", ""))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--models", nargs="*", default=["resnet", "transformer"], choices=MODELS)
    default = Path(tempfile.gettempdir()) / "skgenomics-pretraining"
    parser.add_argument("--folder", type=Path, default=default)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.folder.mkdir(exist_ok=True)

    def run(kind: str, model: str, data: str) -> dict:
        task = {"kind": kind, "model": model, "set": data}
        if kind == "train":
            return task | train(model, arguments.minutes, arguments.folder)
        if kind == "perplexity":
            return task | perplexity(model, arguments.folder)
        return task | probe(model, data, arguments.folder)

    markov = [f"Markov {k}+0" for k in range(9)] + [f"Markov {k}+{k}" for k in range(1, 6)]
    tasks = [("perplexity", name, "") for name in markov]
    for name in arguments.models:
        tasks += [("train", name, ""), ("perplexity", name, "")]
    tasks += [("probe", f, data) for f in features_of(arguments.models) for data in SETS]
    results = complete(LOG, ("kind", "model", "set"), tasks, run, 1)
    TABLE.write_text(report(results, arguments.models))
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
