"""Seconds per epoch and peak memory of CNNClassifier, compared with plain torch and skorch.

    python benchmarks/train.py

All train the same module with the same batches and optimizer in one process, in alternating epochs,
so that changes of the machine's speed affect all of them; memory is measured in separate
processes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import torch
from data import RESULTS
from skorch import NeuralNet
from torch import nn

from skgenomics import CNNClassifier
from skgenomics.networks import CNN
from skgenomics.sequences import decode, one_hot

NETS = {
    "small": {"n_filters": 32, "kernel_size": 11, "pool_size": 1, "hidden_units": 32},
    "middle": {
        "n_filters": (128, 64, 64),
        "kernel_size": (13, 5, 3),
        "pool_size": (3, 2, 1),
        "hidden_units": 64,
    },
}
COMMON = {"head_pool": "max", "dropout": 0.1, "hidden_dropout": 0.1, "normalization": "batch"}
N, LENGTH, BATCH, ROUNDS = 12_800, 200, 128, 7
MEMORY_N, MEMORY_LENGTH = 100_000, 500


def simulate(n: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 4, (n, length), dtype=np.uint8), rng.integers(0, 2, n)


def hand_written_epoch(module, optimizer, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train an epoch as a careful user would: float one-hot in memory, shuffled batches."""
    module.train()
    for rows in torch.randperm(len(x)).split(BATCH):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(module(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        loss.item()


def time_net(settings: dict) -> dict[str, float]:
    """Measure the median seconds per epoch of each way."""
    codes, labels = simulate(N, LENGTH)
    channels = one_hot(codes).transpose(0, 2, 1).copy()
    x, y = torch.from_numpy(channels), torch.from_numpy(labels[:, np.newaxis]).float()
    sizes = {"n_channels": 4, "length": LENGTH, "n_outputs": 1}
    module = CNN(**sizes, **settings, **COMMON)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    plain = NeuralNet(
        CNN(**sizes, **settings, **COMMON),
        nn.BCEWithLogitsLoss(),
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        batch_size=BATCH,
        max_epochs=1,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    ).initialize()
    ours = CNNClassifier(
        **{**vars_of_cnn(), **settings, **COMMON},
        batch_size=BATCH,
        reverse_complement=None,
        augmentation=None,
        max_grad_norm=None,
    )
    ours.partial_fit(codes, labels)
    ways = {
        "torch": lambda: hand_written_epoch(module, optimizer, x, y),
        "skorch": lambda: plain.partial_fit(channels, y.numpy()),
        "skgenomics": lambda: ours.partial_fit(codes, labels),
    }
    seconds = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, epoch in ways.items():
            start = time.perf_counter()
            epoch()
            seconds[way].append(time.perf_counter() - start)
    return {way: float(np.median(times)) for way, times in seconds.items()}


def vars_of_cnn() -> dict:
    """Return the parameters of a plain network, so that the defaults play no part."""
    return {
        "residual": False,
        "linear_path": False,
        "kmer_path": 0,
        "network_params": {"flat_channels": None},
    }


def peak_memory(way: str) -> float:
    """Measure the peak memory in MB of one epoch on 100,000 sequences of 500 bp."""
    command = [sys.executable, __file__, "--memory", way]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def train_once(way: str) -> None:
    codes, labels = simulate(MEMORY_N, MEMORY_LENGTH)
    settings = {"n_filters": 8, "kernel_size": 5, "pool_size": 4, "hidden_units": ()}
    if way == "skgenomics":
        texts = decode(codes).tolist()
        del codes
        CNNClassifier(**{**vars_of_cnn(), **settings, **COMMON}, batch_size=BATCH, max_iter=1).fit(
            texts, labels
        )
    elif way == "torch":
        x = torch.from_numpy(one_hot(codes)).transpose(1, 2).contiguous()
        y = torch.from_numpy(labels[:, np.newaxis]).float()
        module = CNN(4, MEMORY_LENGTH, 1, **settings, **COMMON)
        hand_written_epoch(module, torch.optim.AdamW(module.parameters()), x, y)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    torch.set_num_threads(1)
    if "--memory" in sys.argv:
        train_once(sys.argv[-1])
        return
    lines = [
        "| net | torch s | skorch s | skgenomics s | to torch | to skorch |",
        "|---|---|---|---|---|---|",
    ]
    for name, settings in NETS.items():
        s = time_net(settings)
        ratios = (s["skgenomics"] / s["torch"], s["skgenomics"] / s["skorch"])
        figures = [s["torch"], s["skorch"], s["skgenomics"], *ratios]
        lines.append(f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")
    memory = {way: peak_memory(way) for way in ("imports", "torch", "skgenomics")}
    text = f"""# Training: seconds per epoch and memory

`python benchmarks/train.py` (torch {torch.__version__}, one thread): {N:,} sequences of {LENGTH}
bp, batches of {BATCH}, medians of {ROUNDS} rounds; the same module and optimizer throughout.

{chr(10).join(lines)}

Peak memory of one epoch on {MEMORY_N:,} sequences of {MEMORY_LENGTH} bp: hand-written loop on
float32 one-hot {memory["torch"]:,.0f} MB; CNNClassifier on a list of str
{memory["skgenomics"]:,.0f} MB, {memory["skgenomics"] / memory["torch"]:.2f} of it
({memory["imports"]:,.0f} MB are imports and the initial codes).
"""
    (RESULTS / "train.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
