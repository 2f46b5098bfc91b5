"""Time of sequences of unequal length, compared with the same number of bases in equal lengths.

    python benchmarks/lengths.py

6,320 sequences have lengths of a log-normal distribution with a mean of about 158, and one of them
1,182. The same number of bases in sequences of one length, and the same sequences all padded to the
longest one, are trained on and predicted in one process, in alternating rounds, so that changes of
the machine's speed affect all of them.
"""

from __future__ import annotations

import contextlib
import time
from functools import partial
from unittest import mock

import numpy as np
import torch
from data import RESULTS

from skgenomics import CNNClassifier
from skgenomics.training import SequenceNet

N, LONGEST, ROUNDS = 6_320, 1_182, 3


def simulate(lengths: np.ndarray) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(0)
    bases = "".join(rng.choice(list("ACGT"), lengths.sum()))
    ends = lengths.cumsum()
    texts = [bases[end - n : end] for end, n in zip(ends, lengths, strict=True)]
    return texts, rng.integers(0, 2, len(lengths))


def draw_lengths() -> np.ndarray:
    rng = np.random.default_rng(0)
    lengths = np.exp(rng.normal(np.log(145), 0.42, N)).astype(int).clip(30, LONGEST)
    lengths[0] = LONGEST
    return lengths


def as_before():
    """Pad all sequences to the longest one, in training and in prediction."""
    return mock.patch.object(SequenceNet, "_lengths", return_value=None)


def seconds(function) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    torch.set_num_threads(1)
    lengths = draw_lengths()
    unequal, y = simulate(lengths)
    equal, _ = simulate(np.full(N, round(lengths.mean())))
    # Two lengths, so that the networks are the same: neither has weights for each position.
    equal[0] = equal[0][:-1]
    lines = [
        "| step | real bases s | by length s | padded s | by length / real | padded / real |",
        "|---|---|---|---|---|---|",
    ]
    data = {"real": equal, "by length": unequal, "padded": unequal}
    settings = {"random_state": 0, "reverse_complement": None, "batch_size": 128}
    models = {way: CNNClassifier(**settings).partial_fit(X, y) for way, X in data.items()}
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for way, X in data.items():
            with as_before() if way == "padded" else contextlib.nullcontext():
                for step, function in (
                    ("epoch", partial(models[way].partial_fit, X, y)),
                    ("predict", partial(models[way].predict, X)),
                ):
                    times.setdefault((step, way), []).append(seconds(function))
    for step in ("epoch", "predict"):
        real, ours, padded = (float(np.median(times[step, way])) for way in data)
        lines.append(
            f"| {step} | {real:.2f} | {ours:.2f} | {padded:.2f} | {ours / real:.2f} "
            f"| {padded / real:.2f} |"
        )
        print(lines[-1], flush=True)
    text = f"""# Sequences of unequal length

`python benchmarks/lengths.py` (torch {torch.__version__}, one thread): {N:,} sequences of
{lengths.min()} to {lengths.max()} bp, mean {lengths.mean():.0f}; batches of 128; medians of
{ROUNDS} rounds. "real bases": sequences of one length with as many bases; "by length": batches of
similar length, the default; "padded": all sequences padded to the longest one.

"""
    (RESULTS / "lengths.md").write_text(text + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
