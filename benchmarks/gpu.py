"""Networks on a GPU: throughput by family and precision, memory over many fits, equal predictions.

Where there is no GPU, the same is measured on the CPU, with "bf16" and "fp32".

    python benchmarks/gpu.py [--quick]
"""

from __future__ import annotations

import argparse
import gc
import pickle
import platform
import time

import numpy as np
import torch
from data import RESULTS

import skgenomics
from skgenomics.testing import make_text

FAMILIES = ("CNN", "ResNet", "RNN", "CNNRNN", "Transformer", "LongConv", "ConvTransformer", "MLP")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PRECISIONS = ("fp32", "bf16", "fp16") if DEVICE == "cuda" else ("fp32", "bf16")


def main() -> None:
    """Measure, print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few sequences and fits")
    args = parser.parse_args()
    n, n_fits = (256, 5) if args.quick else (8192, 50) if DEVICE == "cuda" else (1024, 20)
    X = make_text(n, 200)
    y = np.array([text.count("GC") > 12 for text in X]).astype(int)
    machine = torch.cuda.get_device_name() if DEVICE == "cuda" else platform.processor()
    lines = [
        "# Networks on a GPU",
        "",
        f"`python benchmarks/gpu.py{' --quick' * args.quick}` on {DEVICE} ({machine}), "
        f"torch {torch.__version__}, {n} sequences of 200 nt, batches of 128.",
        "",
        "| family | precision | training, sequences/s | prediction, sequences/s | "
        "largest difference of probabilities to the same model on the CPU |",
        "|---|---|---|---|---|",
    ]
    for family in FAMILIES:
        for precision in PRECISIONS:
            lines.append(measure(family, precision, X, y))
            print(lines[-1], flush=True)
    lines += ["", measure_memory(n_fits, X[:256], y[:256])]
    text = "\n".join(lines) + "\n"
    print(text)
    if not args.quick:
        (RESULTS / f"gpu_{DEVICE}.md").write_text(text)


def measure(family: str, precision: str, X: list[str], y: np.ndarray) -> str:
    """Time an epoch after a first one, and compare predictions with those of the CPU."""
    cls = getattr(skgenomics, f"{family}Classifier")
    settings = {"batch_size": 128, "max_iter": 1, "early_stopping": False, "random_state": 0}
    model = cls(device=DEVICE, precision=precision, **settings).fit(X[:256], y[:256])
    training = seconds_of(lambda: model.set_params(max_iter=1).fit(X, y))
    proba = model.predict_proba(X)
    prediction = seconds_of(lambda: model.predict_proba(X))
    twin = pickle.loads(pickle.dumps(model.set_params(device="cpu")))
    difference = abs(twin.predict_proba(X) - proba).max()
    return (
        f"| {family} | {precision} | {len(X) / training:,.0f} | {len(X) / prediction:,.0f} | "
        f"{difference:.1e} |"
    )


def seconds_of(call) -> float:
    """Time a call, all kernels included."""
    start = time.perf_counter()
    call()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measure_memory(n_fits: int, X: list[str], y: np.ndarray) -> str:
    """Measure how memory grows over fits of new estimators, as in a search."""
    used = []
    for i in range(n_fits):
        skgenomics.CNNClassifier(device=DEVICE, max_iter=1, random_state=i).fit(X, y)
        gc.collect()
        used.append(memory_in_use())
    growth = (used[-1] - used[min(4, n_fits - 1)]) / 2**20
    return f"Memory in use grew by {growth:.1f} MiB from the 5th to the {n_fits}th fit."


def memory_in_use() -> int:
    """Memory of tensors on the GPU, or of the process."""
    if DEVICE == "cuda":
        return torch.cuda.memory_allocated()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


if __name__ == "__main__":
    main()
