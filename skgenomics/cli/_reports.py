"""Tables for people and JSON for programs."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

_VERSIONS = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy", "pandas")
_TITLES = {"auroc": "AUROC", "auprc": "AUPRC", "mcc": "MCC", "r2": "R2"}


def title(name: str) -> str:
    """Heading of the column of a score."""
    return _TITLES.get(name, name)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns that are as wide as they need to be, text on the left, numbers on the right."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    # The first letter may be a sign or a bracket.
    is_text = [not any(x.isdigit() for row in rows for x in row[i][:2]) for i in range(len(header))]
    for row in table:
        cells = (
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, is_text, strict=True)
        )
        print("  ".join(cells).rstrip())


def summarize(folds: Sequence[dict[str, float]]) -> tuple[dict, dict]:
    """Mean and standard deviation of each score over the folds."""
    names = folds[0]
    values = {name: [fold[name] for fold in folds] for name in names}
    mean = {name: float(np.mean(v)) for name, v in values.items()}
    sd = {name: float(np.std(v, ddof=1)) if len(v) > 1 else math.nan for name, v in values.items()}
    return mean, sd


def with_spread(mean: float, sd: float) -> str:
    """Write a mean, and its standard deviation if there is one."""
    if math.isnan(mean):
        return "-"
    return f"{mean:.3f}" if math.isnan(sd) else f"{mean:.3f} ±{sd:.3f}"


def versions() -> dict[str, str]:
    """Versions of what results depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _VERSIONS}


def write_json(path: str, content) -> None:
    """Write JSON in which a NaN is null, since JSON has none."""
    text = json.dumps(_without_nan(content), indent=2, default=_plain)
    Path(path).write_text(text + "\n", encoding="utf-8")


def check_can_write(path: str | None) -> None:
    """Raise an error before the work rather than after it if a file cannot be written."""
    if path is None or path == "-":
        return
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise ValueError(f"cannot write {path}: there is no folder {folder}")
    if Path(path).is_dir():
        raise ValueError(f"cannot write {path}: it is a folder")


def _without_nan(value):
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)
