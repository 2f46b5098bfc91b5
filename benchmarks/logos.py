"""How fast logos are drawn, against logomaker and tangermeme.

    python benchmarks/logos.py

The ways of one table take turns in one process; times are medians of what the processor needs, and
include the drawing of the figure by Agg. Needs `pip install "skgenomics[benchmark]"`.
"""

from __future__ import annotations

import platform
import time
from importlib.metadata import version
from pathlib import Path

import matplotlib

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
OUTPUT = Path(__file__).parent / "results" / "logos.md"


def make_heights(hypothetical: bool) -> np.ndarray:
    """Attributions of shape (LENGTH, 4): of all letters, or of those that are there alone."""
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
    """Milliseconds of the processor to draw a logo into new axes, and these into pixels."""
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
        f"`python benchmarks/logos.py`: medians of {N_RUNS} interleaved runs, time of the "
        "processor, Agg, figures of 2000 x 200 pixels. Outlines of letters are made once, before "
        "the clock starts, by all that keep them.",
        "",
        f"skgenomics {version('skgenomics')}, Python {platform.python_version()}, {versions}.",
        "",
        *table(f"{LENGTH} positions, the letter that is there", make_heights(False)),
        *table(f"{LENGTH} positions, all four letters", make_heights(True)),
    ]
    OUTPUT.write_text("\n".join(lines).rstrip() + "\n")
    print(OUTPUT.read_text())


if __name__ == "__main__":
    main()
