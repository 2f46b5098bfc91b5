"""Exported graphs of every family: difference to the estimator, and time of ONNX Runtime and torch.

    python benchmarks/export.py [MODEL ...]

Each network has its default hyperparameters and is trained for one epoch on sequences of unequal
length, so that graphs read a mask. Differences are the largest ones of probabilities or values;
times are the best of several runs on one thread. Needs `pip install "skgenomics[export]"`. Writes
benchmarks/results/export.md, whose rows of models that are not named are kept.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import sys
import tempfile
import textwrap
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from data import RESULTS
from sklearn.base import is_regressor

import skgenomics
from skgenomics import OneHotEncoder, SequenceLabeler, export
from skgenomics.testing import make_text

_RESULTS = RESULTS / "export.md"
_LENGTH, _N_TRAINING = 200, 64
_BATCH_SIZES = (1, 256)
_N_RUNS = 7
_FAMILIES = ["MLP", "CNN", "ResNet", "RNN", "CNNRNN", "Transformer", "LongConv", "ConvTransformer"]
_MODELS = [name + kind for name in _FAMILIES for kind in ("Classifier", "Regressor")]
_MODELS += ["SequenceLabeler", "SequenceLabeler, crf", "ProfileRegressor"]
_ONE_EPOCH = {"max_iter": 1, "random_state": 0, "device": "cpu"}


def fit(name: str, X: list[str]):
    """Fit an estimator by its name in the table."""
    rng = np.random.default_rng(0)
    if name.startswith("SequenceLabeler"):
        labels = ["".join(rng.choice(list("NE"), len(x))) for x in X]
        return SequenceLabeler(crf="crf" in name, **_ONE_EPOCH).fit(X, labels)
    estimator = getattr(skgenomics, name)(**_ONE_EPOCH)
    if name == "ProfileRegressor":
        return estimator.fit(X, rng.poisson(2, (len(X), _LENGTH)))
    return estimator.fit(X, rng.normal(size=len(X)) if is_regressor(estimator) else _classes(X))


def _classes(X: list[str]) -> np.ndarray:
    return np.arange(len(X)) % 3


def make_inputs(model, X: list[str]) -> list[np.ndarray]:
    """Make the inputs of a graph: channels and, if it has read padding, the mask."""
    x = OneHotEncoder(length=_LENGTH).fit_transform(X)
    inputs = [x.reshape(len(X), _LENGTH, 4).transpose(0, 2, 1).copy()]
    if model.has_padding_:
        inputs.append(np.arange(_LENGTH) < np.array([[len(text)] for text in X]))
    return inputs


def best_time(run: Callable) -> float:
    """Return the seconds of the fastest run, after one to warm up."""
    run()
    times = []
    for _ in range(_N_RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def largest_difference(found, model, X: list[str]) -> float:
    """Compare the outputs of a graph with the predictions of the estimator at real positions."""
    expected = model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)
    found, expected = np.asarray(found).reshape(expected.shape), np.asarray(expected)
    if isinstance(model, SequenceLabeler):
        found = np.where(expected.any(axis=2, keepdims=True), found, 0)
    return float(np.abs(found - expected).max())


@torch.no_grad()
def measure(model, X: list[str], folder: Path) -> list[str]:
    """Export a model to both formats, and return differences and times as cells of a table."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    start = time.perf_counter()
    export(model, folder / "model.onnx")
    seconds = time.perf_counter() - start
    export(model, folder / "model.pt2")
    session = onnxruntime.InferenceSession(folder / "model.onnx", options)
    program = torch.export.load(folder / "model.pt2").module()
    names = [node.name for node in session.get_inputs()]
    differences, times = np.zeros(2), []
    for size in _BATCH_SIZES:
        inputs = make_inputs(model, X[:size])
        arrays, tensors = dict(zip(names, inputs, strict=True)), list(map(torch.from_numpy, inputs))
        graphs = [lambda a=arrays: session.run(None, a)[0], lambda t=tensors: program(*t)[0]]
        found = [largest_difference(run(), model, X[:size]) for run in graphs]
        differences = np.maximum(differences, found)
        onnx, torch_ = map(best_time, graphs)
        times += [f"{1000 * onnx:.2f}", f"{1000 * torch_:.2f}", f"{torch_ / onnx:.1f}"]
    return [f"{differences[1]:.0e}", f"{differences[0]:.0e}", *times, f"{seconds:.1f}"]


def main() -> None:
    """Measure, print and write the table."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    # The longest is first, so that each batch has the width of fit.
    lengths = [_LENGTH, *rng.integers(_LENGTH // 2, _LENGTH, max(_BATCH_SIZES) - 1)]
    texts = make_text(len(lengths), _LENGTH)
    X = [text[:n] for text, n in zip(texts, lengths, strict=True)]
    whole = [x.ljust(_LENGTH, "N") for x in X]
    rows = read_rows()
    for name in sys.argv[1:] or _MODELS:
        read = whole if name == "ProfileRegressor" else X
        with tempfile.TemporaryDirectory() as folder:
            cells = measure(fit(name, read[:_N_TRAINING]), read, Path(folder))
        rows[name] = f"| {name} | {' | '.join(cells)} |"
        print(rows[name], flush=True)
        write(rows)


def read_rows() -> dict[str, str]:
    """Read the rows of the table by model."""
    if not _RESULTS.exists():
        return {}
    lines = [line for line in _RESULTS.read_text().splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines[1:]}


def write(rows: dict[str, str]) -> None:
    """Write the table."""
    header = ["model", "torch, difference", "ONNX, difference"]
    for size in _BATCH_SIZES:
        header += [f"ONNX Runtime, batch {size}, ms", f"torch, batch {size}, ms", "ratio"]
    header.append("export to ONNX, s")
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnx", "onnxruntime"))
    text = (
        f"Made by `python benchmarks/export.py`: sequences of up to {_LENGTH} bp, default "
        f"hyperparameters, one epoch, one thread; {platform.machine()}, {packages}. Differences "
        "are to `predict_proba` or `predict`; torch runs the program of `torch.export`. Ratios "
        "above 1 favor ONNX Runtime. Times are the best of several runs, and rough where other "
        "processes share the machine."
    )
    lines = ["# Exported graphs", "", *textwrap.wrap(text, 98), ""]
    lines += [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [rows[name] for name in _MODELS if name in rows]
    _RESULTS.write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
