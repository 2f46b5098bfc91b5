"""How good the predictions of each position are, as parts of a page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import pearsonr
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    accuracy_score,
    classification_report,
    matthews_corrcoef,
)

from skgenomics.estimators.labels import UNKNOWN_LABEL, read_labels
from skgenomics.inspection.displays._common import make_axes
from skgenomics.inspection.report.page import draw, figure, pairs, table
from skgenomics.steps import split_steps


def of_labels(estimator, X, y) -> str:
    """Scores of a label for each position, over all known ones."""
    last = split_steps(estimator)[1]
    is_text = last.label_form_ == "text"
    unknown = last.unknown_label
    if unknown is None:
        unknown = "?" if is_text else -1
    truth, predicted = (
        read_labels(labels, last.label_form_, unknown) for labels in (y, estimator.predict(X))
    )
    if truth.shape != predicted.shape:
        raise ValueError(
            f"y holds {truth.shape[0]} rows of up to {truth.shape[1]} labels, but the estimator "
            f"gives {predicted.shape[0]} of up to {predicted.shape[1]}"
        )
    known = (truth > UNKNOWN_LABEL) & (predicted > UNKNOWN_LABEL)
    truth, predicted = (_show(labels[known], is_text) for labels in (truth, predicted))
    figures = {
        "positions": len(truth),
        "accuracy": accuracy_score(truth, predicted),
        "MCC": matthews_corrcoef(truth, predicted),
    }
    confusion = new_axes()
    ConfusionMatrixDisplay.from_predictions(truth, predicted, ax=confusion, colorbar=False)
    drawing = draw(confusion.figure, "confusion")
    return "\n".join(
        [
            pairs(figures),
            figure(drawing, "Which label is taken for which."),
            per_class(truth, predicted, "positions"),
        ]
    )


def _show(labels: np.ndarray, is_text: bool) -> np.ndarray:
    return np.array(list(map(chr, labels))) if is_text else labels


def of_profiles(predicted: np.ndarray, y: np.ndarray) -> str:
    """How alike predicted and true profiles are: their shapes, and their totals."""
    if predicted.shape != y.shape:
        raise ValueError(
            f"y has the shape {y.shape}, but the predictions of the estimator {predicted.shape}"
        )
    predicted, y = (values.reshape(*values.shape[:2], -1) for values in (predicted, y))
    rows = []
    for track in range(y.shape[2]):
        truth, values = y[:, :, track], predicted[:, :, track]
        known = ~np.isnan(truth)
        shapes = [
            _pearson(t[k], v[k]) for t, v, k in zip(truth, values, known, strict=True) if k.any()
        ]
        totals = [np.where(known, of, 0).sum(axis=1) for of in (truth, values)]
        rows.append(
            {
                "track": str(track),
                "Pearson of all bins": _pearson(truth[known], values[known]),
                "mean Pearson along a sequence": pd.Series(shapes, dtype=float).mean(),
                "Pearson of the totals": _pearson(*totals),
            }
        )
    return table(pd.DataFrame(rows))


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return pearsonr(a, b).statistic


def per_class(y: np.ndarray, predicted: np.ndarray, what: str = "sequences") -> str:
    """Precision, recall and F1 of each class."""
    report = classification_report(y, predicted, output_dict=True, zero_division=0)
    rows = [
        {"class": str(name), **{k.replace("support", what): v for k, v in values.items()}}
        for name, values in report.items()
        if isinstance(values, dict) and not str(name).endswith(" avg")
    ]
    frame = pd.DataFrame(rows).rename(columns={"f1-score": "F1"})
    return table(frame.astype({what: int}))


def new_axes():
    """Axes of the size that fits a phone, and two or three of which fit a row of a desktop."""
    return make_axes(None, 2.95, 2.9)
