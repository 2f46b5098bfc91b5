"""Performance of an estimator as parts of a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import pearsonr, spearmanr
from sklearn.base import is_classifier
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PrecisionRecallDisplay,
    RocCurveDisplay,
    accuracy_score,
    average_precision_score,
    classification_report,
    matthews_corrcoef,
    r2_score,
    roc_auc_score,
)

from skgenomics._outputs import (
    LabelOutputs,
    MultiTaskOutputs,
    PairOutputs,
    ProfileOutputs,
    describe_outputs,
)
from skgenomics._utils.pipelines import split_steps
from skgenomics._utils.position_labels import UNKNOWN_LABEL, read_labels
from skgenomics.inspection.displays._common import make_axes
from skgenomics.inspection.report._page import draw, figure, heading, pairs, paragraph, row, table
from skgenomics.metrics import (
    average_precision_baseline,
    bootstrap_interval,
    expected_calibration_error,
    recall_at_fdr_score,
)

_MAX_CURVES = 6


def performance(estimator, X, y, target=None) -> str:
    """Render scores and curves that fit the outputs of an estimator.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    X : array-like of shape (n_samples, ...)
        Samples.
    y : array-like of shape (n_samples, ...)
        Their targets.
    target : object, default=None
        Class that counts as the positive one, if it is a class of the estimator.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If y does not fit the estimator.
    """
    outputs = describe_outputs(estimator, X)
    if isinstance(outputs, LabelOutputs):
        return of_labels(estimator, X, y)
    if isinstance(outputs, MultiTaskOutputs):
        return table(split_steps(estimator)[1].score_tasks(*_ahead(estimator, X), y).reset_index())
    if isinstance(outputs, PairOutputs):
        return _of_pairs(estimator, X, y, outputs)
    y = np.asarray(y)
    if isinstance(outputs, ProfileOutputs):
        return of_profiles(np.asarray(estimator.predict(X)), y.astype(float), outputs.names)
    if not is_classifier(estimator):
        return _of_values(np.asarray(estimator.predict(X)), y.astype(float), outputs.names)
    probabilities = np.asarray(estimator.predict_proba(X))
    if y.ndim == 2:
        return _of_tasks(probabilities, y.astype(float), outputs.names)
    classes = np.asarray(estimator.classes_)
    _check_known(y, classes)
    chosen = next((i for i, name in enumerate(classes) if str(name) == str(target)), None)
    if len(classes) == 2:
        # The positive class comes second.
        order = [1, 0] if chosen == 0 else [0, 1]
        names = classes[order]
        return _of_two(probabilities[:, order[1]], y == names[1], names)
    return _of_classes(probabilities, y, classes, chosen)


def _of_pairs(estimator, X, y, outputs: PairOutputs) -> str:
    """Show the performance on the known pairs of all sequences, each pair once."""
    predicted = estimator.predict_proba(X) if outputs.is_class else estimator.predict(X)
    truths, values = [], []
    for target, prediction in zip(y, predicted, strict=True):
        rows, columns = np.triu_indices(len(target))
        truth, value = np.asarray(target, dtype=float)[rows, columns], prediction[rows, columns]
        known = ~np.isnan(truth.reshape(len(truth), -1)).any(axis=1)
        truths.append(truth[known])
        values.append(value[known])
    truth, value = np.concatenate(truths), np.concatenate(values)
    if not outputs.is_class:
        return _of_values(value, truth, outputs.names)
    classes = np.asarray(estimator.classes_)
    _check_known(truth, classes)
    if len(classes) == 2:
        return _of_two(value[:, 1], truth == classes[1], classes)
    return _of_classes(value, truth.astype(int), classes, None)


def _ahead(estimator, X) -> tuple:
    """Transform samples by the steps ahead of the final estimator."""
    for step in split_steps(estimator)[0]:
        X = step.transform(X)
    return (X,)


def _check_known(y: np.ndarray, classes: np.ndarray) -> None:
    unknown = ~np.isin(y, classes)
    if unknown.any():
        sample = int(unknown.argmax())
        raise ValueError(
            f"y has the label {y[[sample]].tolist()[0]!r} at index {sample}, but the estimator "
            f"was fitted on the classes {classes.tolist()}; leave such samples out"
        )


def _of_two(score: np.ndarray, truth: np.ndarray, classes: np.ndarray) -> str:
    if truth.all() or not truth.any():
        return paragraph("All sequences are of one class, so there is nothing to compare.", "note")
    positive = str(classes[1])
    predicted = score > 0.5
    low, high = bootstrap_interval("roc_auc", truth, score, random_state=0)[1:]
    figures = {
        "AUROC": roc_auc_score(truth, score),
        "AUROC, 95 % interval": f"{low:.3f} to {high:.3f}",
        "AUPRC": average_precision_score(truth, score),
        "AUPRC of a random classifier (prevalence)": average_precision_baseline(truth),
        "recall at 25 % false discoveries": recall_at_fdr_score(truth, score),
        "accuracy": accuracy_score(truth, predicted),
        "MCC": matthews_corrcoef(truth, predicted),
        "calibration error (ECE)": expected_calibration_error(truth, score),
    }
    return "\n".join(
        [
            pairs(figures),
            _curves(truth, score, positive),
            per_class(classes[truth.astype(int)], classes[predicted.astype(int)]),
        ]
    )


def _curves(truth: np.ndarray, score: np.ndarray, positive: str) -> str:
    n_bins = max(2, min(10, len(truth) // 20))
    displays = {
        f"ROC curve of the class {positive!r}.": RocCurveDisplay.from_predictions(
            truth, score, ax=new_axes(), plot_chance_level=True
        ),
        "Precision and recall.": PrecisionRecallDisplay.from_predictions(
            truth, score, ax=new_axes(), plot_chance_level=True
        ),
        "Calibration: observed and predicted rates.": CalibrationDisplay.from_predictions(
            truth, score, n_bins=n_bins, strategy="quantile", ax=new_axes()
        ),
    }
    figures = []
    for i, (caption, display) in enumerate(displays.items()):
        axis = display.ax_
        axis.get_legend().remove()
        axis.set(xlabel=axis.get_xlabel().split(" (")[0], ylabel=axis.get_ylabel().split(" (")[0])
        figures.append(figure(draw(axis.figure, f"curve-{i}"), caption))
    return row(figures)


def _of_classes(
    probabilities: np.ndarray, y: np.ndarray, classes: np.ndarray, chosen: int | None
) -> str:
    predicted = classes[probabilities.argmax(axis=1)]
    figures = {"accuracy": accuracy_score(y, predicted), "MCC": matthews_corrcoef(y, predicted)}
    truth = y[:, np.newaxis] == classes
    varied = truth.any(axis=0) & ~truth.all(axis=0)
    aucs = [roc_auc_score(truth[:, i], probabilities[:, i]) for i in np.flatnonzero(varied)]
    figures["AUROC, mean of one class versus the rest"] = float(np.mean(aucs)) if aucs else np.nan
    figures["calibration error (ECE)"] = expected_calibration_error(
        y, probabilities, labels=classes
    )
    roc, confusion = new_axes(), new_axes()
    for i in np.flatnonzero(varied)[:_MAX_CURVES]:
        RocCurveDisplay.from_predictions(
            truth[:, i], probabilities[:, i], ax=roc, name=str(classes[i])
        )
    ConfusionMatrixDisplay.from_predictions(
        y, predicted, labels=classes, ax=confusion, colorbar=False, xticks_rotation="vertical"
    )
    roc.set(xlabel="False Positive Rate", ylabel="True Positive Rate")
    figures_of = [
        figure(draw(roc.figure, "roc"), "ROC curves, of each class versus the rest."),
        figure(draw(confusion.figure, "confusion"), "Confusion matrix."),
    ]
    parts = [pairs(figures), row(figures_of), per_class(y, predicted)]
    if chosen is not None and varied[chosen]:
        name, score = str(classes[chosen]), probabilities[:, chosen]
        of_one = {
            "AUROC": roc_auc_score(truth[:, chosen], score),
            "AUPRC": average_precision_score(truth[:, chosen], score),
            "AUPRC of a random classifier (prevalence)": truth[:, chosen].mean(),
        }
        curves = _curves(truth[:, chosen], score, name)
        parts += [heading(f"Class {name!r} versus the rest"), pairs(of_one), curves]
    return "\n".join(parts)


def _of_tasks(probabilities: np.ndarray, y: np.ndarray, names: Sequence) -> str:
    rows = []
    for task in range(y.shape[1]):
        known = ~np.isnan(y[:, task])
        truth, score = y[known, task], probabilities[known, task]
        varied = 0 < truth.sum() < len(truth)
        rows.append(
            {
                "task": str(names[task]),
                "labels": int(known.sum()),
                "positive": truth.mean() if len(truth) else np.nan,
                "AUROC": roc_auc_score(truth, score) if varied else np.nan,
                "AUPRC": average_precision_score(truth, score) if varied else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    means = {f"mean {name}": frame[name].mean() for name in ("AUROC", "AUPRC")}
    return pairs(means) + table(frame)


def _of_values(predicted: np.ndarray, y: np.ndarray, names: Sequence) -> str:
    predicted, y = (values.reshape(len(values), -1) for values in (predicted, y))
    if predicted.shape != y.shape:
        raise ValueError(
            f"y has the shape {y.shape}, but the predictions of the estimator {predicted.shape}"
        )
    rows = [
        {"target": str(names[i])} | _agreement(y[:, i], predicted[:, i]) for i in range(y.shape[1])
    ]
    axis = new_axes()
    axis.scatter(y.ravel(), predicted.ravel(), s=8, alpha=0.4, rasterized=True)
    if not np.isnan(y).all():
        ends = np.nanmin(y), np.nanmax(y)
        axis.plot(ends, ends, color="0.5", linestyle="--")
    axis.set(xlabel="truth", ylabel="prediction")
    caption = "Predictions against true values; on the dashed line they agree."
    return table(pd.DataFrame(rows)) + figure(draw(axis.figure, "scatter"), caption)


def _agreement(truth: np.ndarray, predicted: np.ndarray) -> dict:
    """Score one target; NaN for too few or constant values."""
    known = ~np.isnan(truth)
    truth, predicted = truth[known], predicted[known]
    varied = len(truth) > 1 and np.ptp(truth) > 0 and np.ptp(predicted) > 0
    return {
        "values": len(truth),
        "R2": r2_score(truth, predicted) if varied else np.nan,
        "Pearson": pearsonr(truth, predicted).statistic if varied else np.nan,
        "Spearman": spearmanr(truth, predicted).statistic if varied else np.nan,
    }


def of_labels(estimator, X, y) -> str:
    """Render scores of labels over all known positions."""
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
            figure(drawing, "Confusion matrix."),
            per_class(truth, predicted, "positions"),
        ]
    )


def _show(labels: np.ndarray, is_text: bool) -> np.ndarray:
    return np.array(list(map(chr, labels))) if is_text else labels


def of_profiles(predicted: np.ndarray, y: np.ndarray, names: Sequence | None = None) -> str:
    """Render correlations of predicted and true profiles: of shapes and of totals."""
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
                "track": str(track if names is None else names[track]),
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
    """Render precision, recall and F1 of each class."""
    report = classification_report(y, predicted, output_dict=True, zero_division=0)
    rows = [
        {"class": str(name), **{k.replace("support", what): v for k, v in values.items()}}
        for name, values in report.items()
        if isinstance(values, dict) and not str(name).endswith(" avg")
    ]
    frame = pd.DataFrame(rows).rename(columns={"f1-score": "F1"})
    return table(frame.astype({what: int}))


def new_axes():
    """Make axes of a size of which two or three fit a row of a desktop, and one a phone."""
    return make_axes(None, 2.95, 2.9)
