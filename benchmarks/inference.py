"""Predictions per second of CNNClassifier, beside a plain torch loop and ONNX Runtime.

    python benchmarks/inference.py

All predict with the same network in one process, in alternating rounds, so that changes of the
machine's speed affect all of them. The plain loop reads float32 one-hot tensors that are in memory
already, in batches of 256; ONNX Runtime runs the exported model on the same tensors. With both
strands, the plain loop predicts each batch and its reverse complement.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from data import RESULTS

import skgenomics
from skgenomics.sequences import decode, one_hot

NETS = {
    "small": {"n_filters": 32, "pool_size": 4, "kmer_path": 0, "linear_path": False},
    "default": {},
}
N, LENGTH, BATCH, ROUNDS = 20_000, 200, 256, 7


def plain_loop(network, x: torch.Tensor, both_strands: bool) -> np.ndarray:
    """Predict as a careful user would; scores of both strands are averaged."""
    parts = []
    with torch.inference_mode():
        for batch in x.split(BATCH):
            scores = network(batch)
            if both_strands:
                scores = (scores + network(batch.flip(1, 2))) / 2
            parts.append(torch.sigmoid(scores))
    return torch.cat(parts).numpy()


def time_net(settings: dict, both_strands: bool) -> dict[str, float]:
    """Measure the median of sequences per second of each way."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (N, LENGTH), dtype=np.uint8)
    texts = decode(codes)
    model = skgenomics.CNNClassifier(
        **settings,
        reverse_complement="average" if both_strands else None,
        max_iter=1,
        random_state=0,
    ).fit(codes[:2000], rng.integers(0, 2, 2000))
    network = model.network_.eval()
    x = torch.from_numpy(one_hot(codes).transpose(0, 2, 1).copy())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        skgenomics.export(model, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    (name,) = [part.name for part in session.get_inputs()]
    arrays = [batch.numpy() for batch in x.split(BATCH)]
    ways = {
        "torch": lambda: plain_loop(network, x, both_strands),
        "ONNX Runtime": lambda: [session.run(None, {name: array}) for array in arrays],
        "predict_proba of codes": lambda: model.predict_proba(codes),
        "predict_proba of text": lambda: model.predict_proba(texts),
    }
    expected = plain_loop(network, x, both_strands)[:, 0]
    np.testing.assert_allclose(model.predict_proba(codes)[:, 1], expected, atol=1e-5)
    seconds = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, predict in ways.items():
            start = time.perf_counter()
            predict()
            seconds[way].append(time.perf_counter() - start)
    return {way: N / float(np.median(times)) for way, times in seconds.items()}


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for net, settings in NETS.items():
        for both_strands in (False, True):
            rates = time_net(settings, both_strands)
            ratio = rates["predict_proba of codes"] / rates["torch"]
            strands = "both" if both_strands else "one"
            cells = [f"{rate:,.0f}" for rate in rates.values()]
            rows.append([net, strands, *cells, f"{ratio:.2f}"])
    header = ["net", "strands", *rates, "codes to torch"]
    lines = [header, ["---"] * len(header), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    print(text)
    (RESULTS / "inference.md").write_text(
        f"# Inference: sequences per second\n\n`python benchmarks/inference.py` (torch "
        f"{torch.__version__}, one thread): {N:,} sequences of {LENGTH} bp, medians of {ROUNDS} "
        f"rounds; the same network throughout.\n\n{text}\n"
    )


if __name__ == "__main__":
    main()
