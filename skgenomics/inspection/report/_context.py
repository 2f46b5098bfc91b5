"""Context of a model: its data, leaks and confounders, hyperparameters and versions."""

from __future__ import annotations

import platform
from importlib.metadata import version
from inspect import signature

import numpy as np
from sklearn.base import BaseEstimator

from skgenomics.inspection.report._page import bullets, details, heading, pairs, paragraph, table
from skgenomics.model_selection import confounder_report, find_duplicates, find_leakage
from skgenomics.sequences import as_strings, is_text

_VERSIONS = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy")
_MAX_ROWS = 12


def data(X, y, *, by_position: bool) -> str:
    """Render the number, lengths and labels of the sequences."""
    rows = {"sequences": str(len(X))}
    if is_text(X):
        lengths = np.array([len(x) for x in as_strings(X)])
        same = lengths.min() == lengths.max()
        rows["length"] = f"{lengths.min()}" if same else f"{lengths.min()} to {lengths.max()}"
    else:
        rows["shape"] = " x ".join(map(str, np.shape(X)))
    if y is not None:
        rows["labels"] = "of each position" if by_position else _describe(np.asarray(y))
    return pairs(rows)


def _describe(y: np.ndarray) -> str:
    if y.ndim == 2:
        return f"{y.shape[1]} columns"
    labels, counts = np.unique(y, return_counts=True)
    if y.dtype.kind == "f" and len(labels) > _MAX_ROWS:
        return f"real values from {np.nanmin(y):.3g} to {np.nanmax(y):.3g}"
    shown = zip(labels[:_MAX_ROWS], counts[:_MAX_ROWS], strict=True)
    more = f", and {len(labels) - _MAX_ROWS} more" if len(labels) > _MAX_ROWS else ""
    return ", ".join(f"{label}: {count}" for label, count in shown) + more


def honesty(X, y, X_train, alphabet: str, *, has_labels: bool) -> str:
    """Render leaks from training sequences, duplicates, and confounders."""
    duplicates = find_duplicates(X, y if has_labels else None, alphabet=alphabet)
    n_against = int(duplicates["conflict"].sum()) if has_labels else 0
    against = f", {n_against} of them with labels that contradict each other" if has_labels else ""
    parts = [
        _leaks(X, X_train, alphabet),
        paragraph(
            f"{len(duplicates)} sequences occur more than once{against}.",
            "warn" if n_against else None,
        ),
    ]
    if has_labels:
        parts += [heading("Confounders that predict the label"), _confounders(X, y, alphabet)]
    return "\n".join(parts)


def _leaks(X, X_train, alphabet: str) -> str:
    if X_train is None:
        return paragraph(
            "Training sequences were not given, so leaks were not sought; scores on "
            "training sequences are too optimistic.",
            "warn",
        )
    leakage = find_leakage(X_train, X, alphabet=alphabet)
    total, *kinds = (line.strip() for line in str(leakage).splitlines())
    return paragraph(total, "warn" if len(leakage.rows_to_drop()) else None) + bullets(kinds)


def _confounders(X, y, alphabet: str) -> str:
    try:
        report = confounder_report(X, y, alphabet=alphabet)
    except ValueError as error:
        return paragraph(f"This could not be measured: {error}", "note")
    columns = ["source", "target", "metric", "score", "verdict"]
    return table(report[[name for name in columns if name in report]].head(_MAX_ROWS))


def settings(estimator) -> str:
    """Render the hyperparameters of the estimator, and versions of its dependencies."""
    steps = getattr(estimator, "steps", [("", estimator)])
    parameters, changed = {}, {}
    for name, step in steps:
        if isinstance(step, BaseEstimator):
            usual = signature(type(step).__init__).parameters
            for key, value in step.get_params(deep=False).items():
                full = f"{name}: {key}" if name else key
                parameters[full] = shorten(repr(value), 200)
                if key not in usual or repr(usual[key].default) != repr(value):
                    changed[full] = parameters[full]
    versions = {"Python": platform.python_version()} | {name: version(name) for name in _VERSIONS}
    return "\n".join(
        [
            pairs(changed) if changed else paragraph("All are the defaults."),
            details(f"All {len(parameters)} hyperparameters", pairs(parameters)),
            heading("Versions"),
            pairs(versions),
        ]
    )


def shorten(text: str, n: int) -> str:
    """Shorten a text to a maximum number of characters."""
    return text if len(text) <= n else f"{text[: n - 3]}..."
