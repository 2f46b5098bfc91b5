"""Time and memory of one training step by sequence length.

    python benchmarks/longcontext.py [--lengths 1024 4096 16384 65536 262144]

Each measurement runs in its own process: the median time of a few steps after the first one, and
the peak memory minus the memory before the network is built. A network that scales as n log n takes
about 4.5 times as long for four times the length; attention over all pairs takes up to 16 times as
long. Lengths that do not fit into memory or take longer than a few minutes have no figure.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import pandas as pd
from data import RESULTS

TABLE = RESULTS / "longcontext.md"
LENGTHS = [2**10, 2**12, 2**14, 2**16, 2**18]
# All of the same width and depth, without pooling.
NETWORKS = {
    "LongConv": {"d_model": 32, "n_layers": 2},
    "ResNet": {
        "n_filters": 32,
        "stem_filters": 32,
        "dilation": (1, 4, 16, 64),
        "stem_pool_size": 1,
    },
    "Transformer": {"d_model": 32, "n_layers": 2, "n_heads": 4, "stem_pool_size": 1},
}
_STEPS, _SECONDS, _MAX_MB = 3, 150, 16_000


def measure(name: str, length: int) -> dict[str, float]:
    """Measure the seconds of a step and the megabytes for one sequence."""
    import torch

    from skgenomics import networks

    torch.set_num_threads(1)
    torch.manual_seed(0)
    before = peak_mb()
    symbols = torch.randint(0, 4, (1, length))
    x = torch.nn.functional.one_hot(symbols, 4).transpose(1, 2).float()
    network = getattr(networks, name)(4, length, 1, **NETWORKS[name])
    optimizer = torch.optim.AdamW(network.parameters())
    times = []
    for _ in range(_STEPS + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        network(x).square().sum().backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return {"seconds": float(np.median(times[1:])), "MB": peak_mb() - before}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_apart(name: str, length: int) -> dict[str, float]:
    """Measure in a separate process; NaN if it fails or takes too long."""
    command = [sys.executable, __file__, "--one", name, str(length)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return {"seconds": np.nan, "MB": np.nan}
    return json.loads(done.stdout)


def measure_all(name: str, lengths: list[int]) -> Iterator[dict]:
    """Measure all lengths up to the first that takes too long."""
    for length in lengths:
        figures = measure_apart(name, length)
        yield {"network": name, "length": length, **figures}
        if np.isnan(figures["seconds"]):
            return


def report(results: pd.DataFrame) -> str:
    table = results.pivot(index="length", columns="network", values=["seconds", "MB"])
    growth = table["seconds"] / table["seconds"].shift()
    lines = ["| length | " + " | ".join(f"{n}: s, growth, MB" for n in NETWORKS) + " |"]
    lines += ["| --- " * (len(NETWORKS) + 1) + "|"]
    for length, row in table.iterrows():
        cells = [
            f"{row['seconds', n]:.3f}, {growth.loc[length, n]:.1f}, {row['MB', n]:,.0f}"
            for n in NETWORKS
        ]
        lines.append(f"| {length:,} | " + " | ".join(cells).replace("nan", "-") + " |")
    return (
        f"""# One training step on one long sequence

`python benchmarks/longcontext.py` (torch {version("torch")}), one thread, batch of one, without
pooling. "growth" is the time over that of a quarter of the length. A dash: more than
{_SECONDS} seconds or {_MAX_MB // 1000} GB.

"""
        + "\n".join(lines)
        + f"\n\n{overall(table['seconds'])}\n"
    )


def overall(seconds: pd.DataFrame) -> str:
    """Format the growth of the time from the first to the last length, next to n log n."""
    lines = []
    for name, times in seconds.items():
        first, last = times.dropna().index[[0, -1]]
        n_log_n = last * np.log(last) / (first * np.log(first))
        lines.append(
            f"- {name}, from {first:,} to {last:,}: {times[last] / times[first]:,.0f} times the "
            f"time, where n log n is {n_log_n:,.0f} times."
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", nargs="*", type=int, default=LENGTHS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MB << 20,) * 2)
        name, length = arguments.one
        print(json.dumps(measure(name, int(length))))
        return
    rows = [row for name in NETWORKS for row in measure_all(name, arguments.lengths)]
    TABLE.write_text(report(pd.DataFrame(rows)))
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
