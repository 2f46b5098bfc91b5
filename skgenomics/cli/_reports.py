"""Print tables, write JSON, and check output files before the work."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from skgenomics._utils.files import check_not_input, check_writable, replace_file

_VERSIONS = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy", "pandas")
# Suffixes of formats that users may expect; numbers such as that of "model.v2" are none.
_FORMATS = {
    *(".csv", ".tsv", ".txt", ".json", ".html", ".htm", ".pdf", ".png", ".svg", ".xlsx", ".xls"),
    *(".skops", ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".h5", ".parquet", ".onnx", ".npz"),
    *(".npy", ".bed", ".vcf", ".fa", ".fasta", ".bw", ".md", ".yaml", ".yml"),
}
_TITLES = {"auroc": "AUROC", "auprc": "AUPRC", "mcc": "MCC", "r2": "R2"}


def title(name: str) -> str:
    """Give the heading of the column of a score."""
    return _TITLES.get(name, name)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns, text to the left and numbers to the right."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    # The first character may be a sign or a bracket.
    is_text = [not any(x.isdigit() for row in rows for x in row[i][:2]) for i in range(len(header))]
    for row in table:
        cells = (
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, is_text, strict=True)
        )
        print("  ".join(cells).rstrip())


def summarize(folds: Sequence[dict[str, float]]) -> tuple[dict, dict]:
    """Compute mean and standard deviation of each score over the folds."""
    names = folds[0]
    values = {name: [fold[name] for fold in folds] for name in names}
    mean = {name: float(np.mean(v)) for name, v in values.items()}
    sd = {name: float(np.std(v, ddof=1)) if len(v) > 1 else math.nan for name, v in values.items()}
    return mean, sd


def with_spread(mean: float, sd: float) -> str:
    """Format a mean, with its standard deviation if there is one."""
    if math.isnan(mean):
        return "-"
    return f"{mean:.3f}" if math.isnan(sd) else f"{mean:.3f} ±{sd:.3f}"


def versions() -> dict[str, str]:
    """Collect the versions of the packages that results depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _VERSIONS}


def write_json(path: str, content) -> None:
    """Write JSON, with null for NaN, which JSON does not have."""
    text = json.dumps(_without_nan(content), indent=2, default=_plain)
    with replace_file(path) as new:
        new.write_text(text + "\n", encoding="utf-8")


def check_output(path: str | None, *inputs: str | None, suffixes: Sequence[str]) -> None:
    """Raise an error before the work if an output file cannot be written as asked.

    Parameters
    ----------
    path : str or None
        Output file; None or "-" for none.
    *inputs : str or None
        Input files, none of which may be the output.
    suffixes : sequence of str
        Suffixes of the format that is written. Another known suffix would name another format.

    Raises
    ------
    OSError
        If the file or its folder does not exist or is not writable.
    ValueError
        If the output is an input, or has the suffix of another format.
    """
    if path is None or path == "-":
        return
    check_not_input(path, *inputs)
    check_writable(path)
    names = [suffix.lower() for suffix in Path(path).suffixes]
    names = names[:-1] if names and names[-1] in (".gz", ".bgz", ".bgzip") else names
    is_regular = not Path(path).exists() or Path(path).is_file()
    if is_regular and names and names[-1] in _FORMATS - {*suffixes}:
        raise ValueError(
            f"the output {path} is written as {' or '.join(suffixes)}, not as {names[-1]}; give it "
            "such a name"
        )


def _without_nan(value):
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value):
    return value.item() if isinstance(value, np.generic) else str(value)
