"""Heat map of the results of accuracy.py: families of estimators by data set.

    python benchmarks/default_classifier.py

A cell shows how much better (blue) or worse (red) a family with default parameters is than the
linear model, in the metric of the data set; a dot marks the best family of a row. Combinations that
were not run are white. Only data sets on which at least three families were run are shown.
"""

from __future__ import annotations

import json

import matplotlib
import numpy as np
import pandas as pd
from accuracy import FAMILIES, LOG
from data import RESULTS, SETS

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = RESULTS / "default_classifier.png"
TABLE = RESULTS / "default_classifier.md"
_MIN_FAMILIES = 3
# Larger differences have the same color.
_MAX = 0.15


def read() -> pd.DataFrame:
    """Return the median over seeds, one row for each data set and one column for each family."""
    results = pd.DataFrame([json.loads(line) for line in LOG.open()])
    rows = {}
    for data in SETS:
        runs = results[results["set"] == data.name]
        if runs["family"].nunique() >= _MIN_FAMILIES:
            rows[data.name] = runs.groupby("family")[data.metric].median()
    return pd.DataFrame(rows).T.reindex(columns=list(FAMILIES))


def draw(table: pd.DataFrame) -> None:
    by_name = {data.name: data for data in SETS}
    linear = pd.Series({name: by_name[name].linear for name in table.index}, dtype=float)
    # Without a linear model, families are compared with their median.
    gain = table.sub(linear.fillna(table.median(axis=1)), axis=0)
    figure, axes = plt.subplots(figsize=(9.5, 0.9 + 0.32 * len(table)), layout="constrained")
    image = axes.imshow(gain, cmap="RdBu", vmin=-_MAX, vmax=_MAX, aspect="auto")
    for i, row in enumerate(table.to_numpy()):
        for j, value in enumerate(row):
            if not np.isnan(value):
                is_best = value == np.nanmax(row)
                text = f"{value:.3f}" + (" •" if is_best else "")
                weight = "bold" if is_best else "normal"
                color = "white" if abs(gain.iloc[i, j]) > 0.7 * _MAX else "black"
                axes.text(
                    j, i, text, ha="center", va="center", fontsize=7.5, weight=weight, color=color
                )
    axes.set_xticks(range(len(table.columns)), table.columns, fontsize=8)
    axes.set_yticks(
        range(len(table)), [f"{name} ({by_name[name].metric})" for name in table.index], fontsize=8
    )
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    figure.colorbar(image, ax=axes, label="better than the linear model by", fraction=0.03)
    figure.savefig(PICTURE, dpi=150)


def main() -> None:
    table = read()
    draw(table)
    ranks = table.rank(axis=1, ascending=False)
    summary = pd.DataFrame(
        {
            "sets run": table.notna().sum(),
            "best on": (ranks == 1).sum(),
            "median rank": ranks.median().round(1),
        }
    )
    lines = [f"| {name} | " + " | ".join(f"{v:g}" for v in row) + " |"
             for name, row in summary.iterrows()]  # fmt: skip
    header = "| family | " + " | ".join(summary.columns) + " |\n" + "| --- " * 4 + "|\n"
    TABLE.write_text("# Families with default parameters\n\n" + header + "\n".join(lines) + "\n")
    print(TABLE.read_text())


if __name__ == "__main__":
    main()
