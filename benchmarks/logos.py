"""Speed of drawing sequence logos, compared with logomaker and tangermeme.

    python benchmarks/logos.py

The ways of one table are interleaved in one process; times are medians of processor time and
include rendering the figure with Agg. Needs `pip install "skgenomics[benchmark]"`.
"""

from __future__ import annotations

import platform
import time
from importlib.metadata import version

import matplotlib
from data import RESULTS

matplotlib.use("Agg")

import logomaker
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from tangermeme.plot import plot_logo

from skgenomics.inspection.displays.logo import draw_logo

N_RUNS = 15
LENGTH = 200
PACKAGES = ["matplotlib", "numpy", "logomaker", "tangermeme"]
OUTPUT = RESULTS / "logos.md"


def make_heights(hypothetical: bool) -> np.ndarray:
    """Make attributions (LENGTH, 4) of all symbols, or of the observed ones only."""
    rng = np.random.default_rng(0)
    heights = rng.normal(size=(LENGTH, 4))
    return heights if hypothetical else heights * np.eye(4)[rng.integers(4, size=LENGTH)]


def draw_nothing(ax, heights: np.ndarray) -> None:
    ax.set(xlim=(-0.5, len(heights) - 0.5), ylim=(heights.min(), heights.max()))


def draw_by_logomaker(ax, heights: np.ndarray) -> None:
    logomaker.Logo(pd.DataFrame(heights, columns=list("ACGT")), ax=ax)


def draw_by_tangermeme(ax, heights: np.ndarray) -> None:
    plot_logo(heights.T, ax=ax)


WAYS = {
    "**skgenomics** `draw_logo`": draw_logo,
    "tangermeme `plot_logo`": draw_by_tangermeme,
    "logomaker `Logo`": draw_by_logomaker,
    "empty axes": draw_nothing,
}


def draw(way, heights: np.ndarray) -> float:
    """Measure the processor time, in milliseconds, of drawing and rendering a logo."""
    figure, ax = plt.subplots(figsize=(20, 2))
    start = time.process_time()
    way(ax, heights)
    figure.canvas.draw()
    passed = 1000 * (time.process_time() - start)
    plt.close(figure)
    return passed


def table(title: str, heights: np.ndarray) -> list[str]:
    for way in WAYS.values():
        draw(way, heights)
    times = {name: [] for name in WAYS}
    for _ in range(N_RUNS):
        for name, way in WAYS.items():
            times[name].append(draw(way, heights))
    medians = {name: float(np.median(values)) for name, values in times.items()}
    ours = next(iter(medians.values()))
    rows = [f"| {name} | {ms:.0f} | {ms / ours:.1f} |" for name, ms in medians.items()]
    return [f"### {title}", "", "| way | ms | times ours |", "|---|---:|---:|", *rows, ""]


def main() -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# Logos",
        "",
        f"`python benchmarks/logos.py`: medians of {N_RUNS} interleaved runs, "
        "processor time, Agg, figures of 2000 x 200 pixels. Packages that cache the outlines of "
        "symbols compute them before timing.",
        "",
        f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
        "",
        *table(f"{LENGTH} positions, observed symbols", make_heights(False)),
        *table(f"{LENGTH} positions, all four symbols", make_heights(True)),
    ]
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
