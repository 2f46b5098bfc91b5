"""Scores of predictions; those that are robust to class imbalance come first."""

from __future__ import annotations

import warnings

import numpy as np

METRICS = {
    "classification": ("auroc", "auprc", "prevalence", "mcc", "accuracy"),
    "multilabel": ("auroc", "auprc", "prevalence", "mcc", "accuracy"),
    "regression": ("spearman", "pearson", "r2"),
}
# The least number above a half.
_HALF = float(np.nextafter(0.5, 1))


def score_model(
    model, X, y: np.ndarray, task: str
) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Scores of a fitted model, and those of each task or target where there are several.

    The former are means over classes, tasks or targets where there are several.
    """
    # Of models that tune them; at 0.5 itself the first class is predicted.
    thresholds = getattr(model, "thresholds_", np.array([_HALF]))
    if task == "classification":
        proba = np.asarray(model.predict_proba(X))
        return score_classes(y, proba, model.classes_, thresholds[0]), []
    is_regression = task == "regression"
    predicted = _columns(np.asarray(model.predict(X) if is_regression else model.predict_proba(X)))
    thresholds = np.broadcast_to(thresholds, len(predicted))
    apart = [
        score_values(truth, guess)
        if is_regression
        else score_tasks(truth[:, np.newaxis], guess[:, np.newaxis], threshold)
        for truth, guess, threshold in zip(_columns(y), predicted, thresholds, strict=True)
    ]
    return _mean([part for part in apart if part]), apart if len(apart) > 1 else []


def score_classes(
    y: np.ndarray, proba: np.ndarray, classes: np.ndarray, threshold: float = _HALF
) -> dict[str, float]:
    """Scores of probabilities of shape (n, n_classes); the positive of two classes is the last."""
    from sklearn.metrics import accuracy_score, matthews_corrcoef

    is_binary = len(classes) == 2
    predicted = classes[(proba[:, 1] >= threshold) * 1 if is_binary else proba.argmax(axis=1)]
    first = int(is_binary)
    columns = [
        _rank((y == label).astype(float), probability)
        for label, probability in zip(classes[first:], proba.T[first:], strict=True)
    ]
    # Text, since classes that only the test rows have may be of another type.
    truth, predicted = y.astype(str), predicted.astype(str)
    return _mean(columns) | {
        "mcc": float(matthews_corrcoef(truth, predicted)),
        "accuracy": float(accuracy_score(truth, predicted)),
    }


def score_tasks(y: np.ndarray, proba: np.ndarray, thresholds=_HALF) -> dict[str, float]:
    """Means over the tasks of an indicator matrix; NaN in y is a missing label."""
    from sklearn.metrics import accuracy_score, matthews_corrcoef

    columns = []
    thresholds = np.broadcast_to(thresholds, y.shape[1])
    for truth, probability, threshold in zip(y.T, proba.T, thresholds, strict=True):
        known = ~np.isnan(truth)
        if not known.any():
            continue
        truth, probability = truth[known], probability[known]
        guess = probability >= threshold
        columns.append(
            _rank(truth, probability)
            | {
                "mcc": float(matthews_corrcoef(truth, guess)),
                "accuracy": float(accuracy_score(truth, guess)),
            }
        )
    return _mean(columns)


def score_values(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Correlations and R2, means over the targets; NaN in y is a missing value."""
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import r2_score

    columns = []
    for truth, guess in zip(_columns(y), _columns(predicted), strict=True):
        known = ~np.isnan(truth)
        if known.sum() < 2:
            continue
        truth, guess = truth[known], guess[known]
        with warnings.catch_warnings():
            # Of constant values the correlation is NaN, which says enough.
            warnings.simplefilter("ignore")
            columns.append(
                {
                    "spearman": float(spearmanr(truth, guess).statistic),
                    "pearson": float(pearsonr(truth, guess).statistic),
                    "r2": float(r2_score(truth, guess)),
                }
            )
    return _mean(columns)


def _columns(y: np.ndarray) -> np.ndarray:
    return y.reshape(len(y), -1).T.astype(float)


def _rank(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    prevalence = float(truth.mean())
    if prevalence in (0, 1):
        return {"auroc": np.nan, "auprc": np.nan, "prevalence": prevalence}
    return {
        "auroc": float(roc_auc_score(truth, probability)),
        "auprc": float(average_precision_score(truth, probability)),
        "prevalence": prevalence,
    }


def _mean(columns: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each score over the columns for which there is one."""
    names = columns[0] if columns else ()
    values = {name: [c[name] for c in columns if not np.isnan(c[name])] for name in names}
    return {name: float(np.mean(v)) if v else np.nan for name, v in values.items()}
