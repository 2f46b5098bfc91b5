"""What stands around a model: its data, leaks and confounders, settings and versions."""

from __future__ import annotations

import platform
from importlib.metadata import version

import numpy as np
import pandas as pd

from skgenomics.inspection.report.page import heading, paragraph, table
from skgenomics.model_selection import confounder_report, find_duplicates, find_leakage
from skgenomics.sequences import as_texts, is_text

_VERSIONS = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy")
_MOST_ROWS = 12


def data(X, y) -> str:
    """How many sequences there are, of what lengths and labels."""
    rows = {"sequences": len(X)}
    if is_text(X):
        lengths = np.array([len(x) for x in as_texts(X)])
        same = lengths.min() == lengths.max()
        rows["letters"] = f"{lengths.min()}" if same else f"{lengths.min()} to {lengths.max()}"
    else:
        rows["shape"] = " x ".join(map(str, np.shape(X)))
    if y is not None:
        rows["labels"] = _describe(np.asarray(y))
    return table(pd.DataFrame({"": list(rows), "of the data": [str(v) for v in rows.values()]}))


def _describe(y: np.ndarray) -> str:
    if y.ndim == 2:
        return f"{y.shape[1]} columns"
    labels, counts = np.unique(y, return_counts=True)
    if y.dtype.kind == "f" and len(labels) > 20:
        return f"real values from {y.min():.3g} to {y.max():.3g}"
    return ", ".join(
        f"{label}: {count}"
        for label, count in zip(labels[:_MOST_ROWS], counts[:_MOST_ROWS], strict=True)
    )


def honesty(X, y, X_train, alphabet: str) -> str:
    """Leaks from training sequences, duplicates, and what predicts the label by itself."""
    parts = []
    if X_train is None:
        parts.append(
            paragraph(
                "Training sequences were not given, so leaks were not looked for; scores of "
                "sequences that the model was trained on are too good.",
                "warn",
            )
        )
    else:
        leakage = find_leakage(X_train, X, alphabet=alphabet)
        kind = "warn" if len(leakage.rows_to_drop()) else None
        parts += [paragraph(line.strip(), kind) for line in str(leakage).splitlines()]
    duplicates = find_duplicates(X, y, alphabet=alphabet)
    n_against = int(duplicates["conflict"].sum())
    parts.append(
        paragraph(
            f"{len(duplicates)} sequences occur more than once, {n_against} of them with labels "
            "that contradict each other.",
            "warn" if n_against else None,
        )
    )
    if y is not None:
        parts += [heading("What predicts the label by itself"), _confounders(X, y, alphabet)]
    return "\n".join(parts)


def _confounders(X, y, alphabet: str) -> str:
    try:
        report = confounder_report(X, y, alphabet=alphabet)
    except ValueError as error:
        return paragraph(f"This could not be measured: {error}", "note")
    columns = ["source", "target", "metric", "score", "verdict"]
    return table(report[[name for name in columns if name in report]].head(_MOST_ROWS))


def settings(estimator) -> str:
    """Hyper-parameters of the estimator, and versions of what it rests on."""
    parameters = estimator.get_params(deep=False)
    if hasattr(estimator, "steps"):
        parameters = {
            f"{name}: {key}": value
            for name, step in estimator.steps
            if hasattr(step, "get_params")
            for key, value in step.get_params(deep=False).items()
        }
    frame = pd.DataFrame(
        {"parameter": list(parameters), "value": [repr(v)[:200] for v in parameters.values()]}
    )
    versions = {"python": platform.python_version()} | {name: version(name) for name in _VERSIONS}
    others = pd.DataFrame({"package": list(versions), "version": list(versions.values())})
    return "\n".join([table(frame), heading("Versions"), table(others)])
