"""Learning curves with few labels: from scratch, from a related task, from a language model.

    python benchmarks/transfer.py [--sets tf1 ...] [--labels 50 200 1000 all] [--seeds 3] [--jobs 2]

Six models learn from a number of training rows that are drawn with the seed: the default CNN from
scratch, and from a CNN trained on all training rows of a related task, with a frozen trunk or
fine-tuned; and the network of a masked language model, likewise from scratch, frozen or fine-tuned,
pretrained without labels on the pooled training sequences of all sets of the same kind.

Binding sites of two factors overlap, so that a related task may contain some of the test rows:
scores on test rows that share no 32-mer with its training rows are reported too. Test rows are
scored once; parameters were chosen on the development rows of tf1 and on a fourth of the training
rows of 6mA_H.sapiens. Results are appended to results/transfer.jsonl, so that an interrupted run
continues where it stopped; pretrained models are stored in `--cache`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from data import DATA, RESULTS
from runs import complete
from sklearn.metrics import roc_auc_score

from skgenomics.training import Transfer

LOG = RESULTS / "transfer.jsonl"
TABLE = RESULTS / "transfer.md"
TF = ("gue_tf_human/tf0", "gue_tf_human/tf1", "gue_tf_human/tf4")
TF += ("gue_tf_mouse/mouse0", "gue_tf_mouse/mouse4")
METHYLATION = tuple(
    f"idna_ms/6mA_{species}"
    for species in (
        "C.elegans",
        "C.equisetifolia",
        "D.melanogaster",
        "F.vesca",
        "H.sapiens",
        "S.cerevisiae",
        "Tolypocladium",
    )
)
# The set, the related task, and the sets that the language model is trained on.
SETS = {
    "tf1": ("gue_tf_human/tf1", "gue_tf_human/tf0", TF),
    "tf4": ("gue_tf_human/tf4", "gue_tf_human/tf1", TF),
    "mouse4": ("gue_tf_mouse/mouse4", "gue_tf_human/tf0", TF),
    "6mA_H.sapiens": ("idna_ms/6mA_H.sapiens", "idna_ms/6mA_D.melanogaster", METHYLATION),
    "6mA_C.elegans": ("idna_ms/6mA_C.elegans", "idna_ms/6mA_D.melanogaster", METHYLATION),
}
ARMS = ("scratch", "task, frozen", "task, tuned", "lm network, scratch", "lm, frozen", "lm, tuned")
# Chosen on development rows.
FROZEN = {"freeze": "trunk"}
TUNED = {"learning_rate": 1e-3, "transfer": Transfer(layer_decay=0.5)}


def rows(path: str, split: str) -> pd.DataFrame:
    """Read the rows of one official split of a set."""
    frame = pd.read_csv(DATA / f"{path}.csv.gz")
    return frame[frame["split"] == split]


def kmers(X: pd.Series, k: int = 32) -> np.ndarray:
    """Compute the indices of all k-mers of sequences of one length, (n, L - k + 1)."""
    from skgenomics.sequences import encode

    codes = encode(X).astype(np.uint64)
    n = codes.shape[1] - k + 1
    return sum(codes[:, i : i + n] << np.uint64(2 * (k - 1 - i)) for i in range(k))


@cache
def is_apart(name: str) -> np.ndarray:
    """Mask test rows that share no k-mer with the related task, on either strand."""
    from skgenomics.sequences import reverse_complement

    path, task, _ = SETS[name]
    train, test = rows(task, "train")["sequence"], rows(path, "test")["sequence"]
    seen = [kmers(train), kmers(pd.Series(reverse_complement(train)))]
    return ~np.isin(kmers(test), np.concatenate(seen)).any(axis=1)


def related_task(path: str, folder: Path):
    """Train the default CNN on all training rows of a set."""
    from skgenomics import CNNClassifier

    train = rows(path, "train")
    return kept(
        folder / f"task-{path.replace('/', '-')}.skops",
        lambda: CNNClassifier(random_state=0).fit(train["sequence"], train["label"]),
    )


def language_model(paths: tuple[str, ...], folder: Path):
    """Train a masked language model on the distinct training sequences of some sets."""
    from skgenomics import MaskedLanguageModel

    pooled = pd.concat([rows(path, "train")["sequence"] for path in paths]).drop_duplicates()
    name = paths[0].split("/")[0]
    return kept(
        folder / f"lm-{name}.skops",
        lambda: MaskedLanguageModel(network="resnet", random_state=0, max_iter=10).fit(
            pooled.to_numpy()
        ),
    )


def kept(path: Path, train):
    """Load a model from a file, or train it and save it there."""
    from skgenomics import load, save

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        save(train(), unfinished)
        unfinished.rename(path)
    return load(path)


def make(arm: str, name: str, seed: int, folder: Path):
    """Make the classifier of an arm."""
    import skgenomics

    _, task, pool = SETS[name]
    if not arm.startswith("lm"):
        source = None if arm == "scratch" else related_task(task, folder)
        make_classifier, settings = skgenomics.CNNClassifier, {}
    else:
        source = language_model(pool, folder)
        family = {"resnet": "ResNet", "cnn": "CNN", "transformer": "Transformer"}
        family["longconv"] = "LongConv"
        make_classifier = getattr(skgenomics, f"{family[source.network]}Classifier")
        settings = source._shared_settings()
    if arm.endswith("scratch"):
        return make_classifier(random_state=seed, **settings)
    how = FROZEN if arm.endswith("frozen") else TUNED
    return make_classifier(random_state=seed, pretrained=source, **how)


def run(name: str, n_labels: str, arm: str, seed: int, folder: str) -> dict:
    """Train one model on some rows, and score the test rows."""
    torch.set_num_threads(1)
    path = SETS[name][0]
    train, test = rows(path, "train"), rows(path, "test")
    if n_labels != "all":
        train = train.sample(int(n_labels), random_state=seed)
    classifier = make(arm, name, seed, Path(folder))
    start = time.perf_counter()
    classifier.fit(train["sequence"], train["label"])
    seconds = time.perf_counter() - start
    score = classifier.predict_proba(test["sequence"])[:, 1]
    apart = is_apart(name)
    return {
        "set": name,
        "labels": n_labels,
        "arm": arm,
        "seed": seed,
        "AUROC": round(roc_auc_score(test["label"], score), 4),
        "AUROC apart": round(roc_auc_score(test["label"][apart], score[apart]), 4),
        "apart": round(apart.mean(), 3),
        "seconds": round(seconds, 1),
    }


def table(results: pd.DataFrame) -> str:
    """Format means over seeds, one row for each set and number of labels."""
    results = results.assign(labels=results["labels"].astype(str))
    cells = results.groupby(["set", "labels", "arm"])["AUROC"].agg(["mean", "std", "count"])
    lines = [f"| set | labels | {' | '.join(ARMS)} |", "|" + " --- |" * (len(ARMS) + 2)]
    for name in SETS:
        for n_labels in ("50", "200", "1000", "all"):
            row = []
            for arm in ARMS:
                if (name, n_labels, arm) not in cells.index:
                    row.append("")
                    continue
                mean, spread, count = cells.loc[(name, n_labels, arm)]
                row.append(f"{mean:.3f}" + (f" ± {spread:.3f}" if count > 1 else ""))
            if any(row):
                lines.append(f"| {name} | {n_labels} | {' | '.join(row)} |")
    return "\n".join(lines)


def gains(results: pd.DataFrame, figure: str) -> str:
    """Format the difference of the better transfer from the better network from scratch."""
    chosen = results[results["labels"].astype(str) == "200"].dropna(subset=[figure])
    means = chosen.groupby(["set", "arm"])[figure].mean().unstack()
    scratch = means[[a for a in means if a.endswith("scratch")]].max(axis=1)
    lines = []
    for kind in ("task", "lm"):
        arms = [a for a in means if a.startswith(kind) and not a.endswith("scratch")]
        if arms:
            ahead = 100 * (means[arms].max(axis=1) - scratch)
            listed = ", ".join(f"{name} {value:+.1f}" for name, value in ahead.items())
            what = "related task" if kind == "task" else "language model"
            lines.append(f"- from a {what}: {listed}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--labels", nargs="+", default=["50", "200", "1000", "all"])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", default=str(Path(tempfile.gettempdir()) / "skgenomics-transfer"))
    args = parser.parse_args()
    tasks = [
        (name, n_labels, arm, seed)
        for n_labels in args.labels
        for name in args.sets
        for arm in args.arms
        for seed in range(1 if n_labels == "all" else args.seeds)
    ]

    def with_cache(*task):
        return run(*task, folder=args.cache)

    columns = ("set", "labels", "arm", "seed")
    results = complete(LOG, columns, tasks, with_cache, args.jobs)
    shares = results.groupby("set")["apart"].mean().dropna()
    apart = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    TABLE.write_text(
        "# Learning curves with few labels\n\n"
        "`python benchmarks/transfer.py`: AUROC on the test rows, mean and standard deviation over "
        f"seeds (up to {np.max(results['seed']) + 1}; one for all labels). torch "
        f"{torch.__version__}.\n\n{table(results)}\n\n"
        "AUROC points above the better of both networks from scratch at 200 labels:\n\n"
        f"{gains(results, 'AUROC')}\n\n"
        "The same on test rows that share no 32-mer with the training rows of the "
        f"related task ({apart}):\n\n{gains(results, 'AUROC apart')}\n"
    )
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
