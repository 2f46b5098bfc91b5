"""How good the predictions of an estimator are, as parts of a page."""

from __future__ import annotations

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

from skgenomics.inspection.report.page import draw, figure, paragraph, table
from skgenomics.metrics import (
    average_precision_baseline,
    bootstrap_interval,
    expected_calibration_error,
    recall_at_fdr_score,
)

_MOST_CURVES = 6


def performance(estimator, X, y) -> str:
    """Scores with their curves: of classes, of several tasks, or of real values."""
    y = np.asarray(y)
    if not is_classifier(estimator):
        return _of_values(estimator.predict(X), y.astype(float))
    chances = np.asarray(estimator.predict_proba(X))
    if y.ndim == 2:
        return _of_tasks(chances, y.astype(float))
    classes = np.asarray(estimator.classes_)
    if len(classes) == 2:
        return _of_two(chances[:, 1], y == classes[1], classes)
    return _of_classes(chances, y, classes)


def _of_two(chance: np.ndarray, truth: np.ndarray, classes: np.ndarray) -> str:
    if truth.all() or not truth.any():
        return paragraph("All sequences are of one class, so there is nothing to compare.", "note")
    positive = str(classes[1])
    predicted = chance > 0.5
    low, high = bootstrap_interval("roc_auc", truth, chance, random_state=0)[1:]
    figures = {
        "AUROC": roc_auc_score(truth, chance),
        "AUROC, 95 % interval": f"{low:.3f} to {high:.3f}",
        "AUPRC": average_precision_score(truth, chance),
        "AUPRC of chance (prevalence)": average_precision_baseline(truth),
        "recall at 25 % false discoveries": recall_at_fdr_score(truth, chance),
        "accuracy": accuracy_score(truth, predicted),
        "MCC": matthews_corrcoef(truth, predicted),
        "calibration error (ECE)": expected_calibration_error(truth, chance),
    }
    import matplotlib.pyplot as plt

    curves, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    RocCurveDisplay.from_predictions(truth, chance, ax=axes[0], plot_chance_level=True)
    PrecisionRecallDisplay.from_predictions(truth, chance, ax=axes[1], plot_chance_level=True)
    n_bins = max(2, min(10, len(truth) // 20))
    CalibrationDisplay.from_predictions(
        truth, chance, n_bins=n_bins, strategy="quantile", ax=axes[2]
    )
    for axis, name in zip(axes, ("ROC", "precision and recall", "calibration"), strict=True):
        axis.set_title(name)
        axis.get_legend().remove()
        axis.set(xlabel=axis.get_xlabel().split(" (")[0], ylabel=axis.get_ylabel().split(" (")[0])
    caption = f"Curves of the class {positive!r}: ROC, precision and recall, calibration."
    return "\n".join(
        [
            _scores(figures),
            figure(draw(curves, "curves"), caption),
            _per_class(classes[truth.astype(int)], classes[predicted.astype(int)]),
        ]
    )


def _of_classes(chances: np.ndarray, y: np.ndarray, classes: np.ndarray) -> str:
    predicted = classes[chances.argmax(axis=1)]
    figures = {"accuracy": accuracy_score(y, predicted), "MCC": matthews_corrcoef(y, predicted)}
    truth = y[:, np.newaxis] == classes
    varied = truth.any(axis=0) & ~truth.all(axis=0)
    aucs = [roc_auc_score(truth[:, i], chances[:, i]) for i in np.flatnonzero(varied)]
    figures["AUROC, mean of one class versus the rest"] = float(np.mean(aucs)) if aucs else np.nan
    figures["calibration error (ECE)"] = expected_calibration_error(y, chances, labels=classes)
    import matplotlib.pyplot as plt

    picture, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for i in np.flatnonzero(varied)[:_MOST_CURVES]:
        RocCurveDisplay.from_predictions(
            truth[:, i], chances[:, i], ax=axes[0], name=str(classes[i])
        )
    ConfusionMatrixDisplay.from_predictions(y, predicted, ax=axes[1], colorbar=False)
    axes[0].set_title("ROC, one class versus the rest")
    axes[1].set_title("confusion")
    caption = "ROC curves of each class, and how often which class is taken for which."
    return "\n".join(
        [_scores(figures), figure(draw(picture, "curves"), caption), _per_class(y, predicted)]
    )


def _of_tasks(chances: np.ndarray, y: np.ndarray) -> str:
    rows = []
    for task in range(y.shape[1]):
        known = ~np.isnan(y[:, task])
        truth, chance = y[known, task], chances[known, task]
        varied = 0 < truth.sum() < len(truth)
        rows.append(
            {
                "task": str(task),
                "labels": int(known.sum()),
                "positive": truth.mean() if len(truth) else np.nan,
                "AUROC": roc_auc_score(truth, chance) if varied else np.nan,
                "AUPRC": average_precision_score(truth, chance) if varied else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    means = {f"mean {name}": frame[name].mean() for name in ("AUROC", "AUPRC")}
    return _scores(means) + table(frame)


def _of_values(predicted: np.ndarray, y: np.ndarray) -> str:
    predicted, y = (values.reshape(len(values), -1) for values in (predicted, y))
    if predicted.shape != y.shape:
        return paragraph("Predictions and y have different shapes.", "note")
    rows = []
    for target in range(y.shape[1]):
        known = ~np.isnan(y[:, target])
        truth, values = y[known, target], predicted[known, target]
        rows.append(
            {
                "target": str(target),
                "values": int(known.sum()),
                "R2": r2_score(truth, values),
                "Pearson": pearsonr(truth, values).statistic,
                "Spearman": spearmanr(truth, values).statistic,
            }
        )
    import matplotlib.pyplot as plt

    picture, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axis.scatter(y.ravel(), predicted.ravel(), s=8, alpha=0.4, rasterized=True)
    ends = np.nanmin(y), np.nanmax(y)
    axis.plot(ends, ends, color="0.5", linestyle="--")
    axis.set(xlabel="truth", ylabel="prediction")
    caption = "Predictions against the truth; on the dashed line they agree."
    return table(pd.DataFrame(rows)) + figure(draw(picture, "scatter"), caption)


def _scores(figures: dict) -> str:
    return table(
        pd.DataFrame({"score": list(figures), "value": pd.Series(figures.values(), dtype=object)})
    )


def _per_class(y: np.ndarray, predicted: np.ndarray) -> str:
    report = classification_report(y, predicted, output_dict=True, zero_division=0)
    rows = [
        {"class": str(name), **{k.replace("support", "sequences"): v for k, v in values.items()}}
        for name, values in report.items()
        if isinstance(values, dict) and not str(name).endswith(" avg")
    ]
    frame = pd.DataFrame(rows).rename(columns={"f1-score": "F1"})
    return table(frame.astype({"sequences": int}))
