"""Scorers by name, for cross-validation and searches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from sklearn import metrics as sklearn_metrics
from sklearn.base import BaseEstimator, ClassifierMixin

from skgenomics._utils.pipelines import split_steps
from skgenomics.metrics import _table
from skgenomics.metrics.calibration import expected_calibration_error
from skgenomics.metrics.missing_labels import masked_score
from skgenomics.metrics.top_k_positions import read_indices, top_k_positions_score

_MASKED = re.compile(r"masked_(.+)")
_LABELS = re.compile(r"positions_(.+)")
_UNMASKED = ("adjusted_average_precision", "recall_at_fdr", "geometric_mean", "pearson", "spearman")
_CALIBRATION, _POSITIONS = "neg_expected_calibration_error", "top_k_positions"


def get_scorer(scoring: str | Callable) -> Callable:
    """Get a scorer by name, for `scoring=` of scikit-learn's cross-validation and searches.

    Names of this package take precedence over those of scikit-learn:

    - "adjusted_average_precision": average precision relative to a random ranking.
    - "recall_at_fdr", "recall_at_fdr_10": recall at a false discovery rate of 25 % or of the given
      percentage.
    - "geometric_mean": geometric mean of the recalls of all classes.
    - "neg_expected_calibration_error": negative calibration error of one or several tasks.
    - "top_k_positions": top-k accuracy of :class:`~skgenomics.SequenceLabeler`.
    - ``"positions_"`` and the name of a scorer of classifiers: that score of all known labels of
      positions, as if each position were a sample: "positions_f1_macro",
      "positions_matthews_corrcoef", "positions_roc_auc_ovr", ... Without it scikit-learn compares
      the labels of whole sequences, of which hardly any are equal.
    - "pearson", "spearman": correlations.
    - ``"masked_"`` and a name: mean over tasks or targets, each over its known labels, where NaN
      is a missing one: "masked_roc_auc", "masked_average_precision", "masked_recall_at_fdr_10",
      "masked_matthews_corrcoef", "masked_spearman", ...

    These scorers accept classes of any type; the positive one of two is ``classes_[1]`` of the
    estimator, whereas scikit-learn's require classes 0 and 1 if one class is scored. Predictions
    for several tasks may be scikit-learn's list of arrays. If y holds NaN, pass a splitter such as
    ``cv=KFold(5)`` to cross-validation: for a number scikit-learn inspects y and refuses NaN,
    unless y is of type object.

    Parameters
    ----------
    scoring : str or callable
        Name of a scorer; a callable is returned unchanged.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None) -> float``, larger is better.

    Raises
    ------
    ValueError
        If there is no scorer of that name; the message lists similar ones.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.metrics import get_scorer
    >>> data = make_motif_classification(400, 30, weights=[0.9, 0.1], random_state=0)
    >>> model = make_pipeline(KmerCounter(k=5), LogisticRegression())
    >>> scores = cross_val_score(model, data.X, data.y, scoring=get_scorer("recall_at_fdr"), cv=3)
    >>> scores.shape
    (3,)
    """
    if callable(scoring):
        return scoring
    scorer = _make(scoring) if isinstance(scoring, str) else None
    if scorer is not None:
        return scorer
    if scoring not in sklearn_metrics.get_scorer_names():
        raise _table.unknown_name(scoring, get_scorer_names(), "scorer")
    return sklearn_metrics.get_scorer(scoring)


def get_scorer_names() -> list[str]:
    """List the names that :func:`get_scorer` accepts, including scikit-learn's.

    Returns
    -------
    list of str
        Names in alphabetical order.

    Examples
    --------
    >>> from skgenomics.metrics import get_scorer_names
    >>> {"masked_roc_auc", "recall_at_fdr", "average_precision"} <= set(get_scorer_names())
    True
    """
    metrics = [*_table.RANKING, *_table.LABELS, *_table.VALUES]
    own = [*_UNMASKED, _CALIBRATION, _POSITIONS, *(f"masked_{name}" for name in metrics)]
    own += [f"positions_{name}" for name in (*_table.LABELS, "f1_macro", "roc_auc_ovr")]
    return sorted({*own, *sklearn_metrics.get_scorer_names()})


def _make(name: str) -> Callable | None:
    if name == _CALIBRATION:
        return CalibrationScorer()
    if name == _POSITIONS:
        return PositionsScorer()
    if match := _LABELS.fullmatch(name):
        return LabelsScorer(get_scorer(match[1]))
    if match := _MASKED.fullmatch(name):
        metric = _table.find_metric(match[1])
        return metric and MaskedScorer(metric, _table.takes_scores(match[1]))
    if name not in _UNMASKED and not name.startswith("recall_at_fdr_"):
        return None
    metric = _table.find_metric(name)
    if metric is None or not _table.takes_scores(name):
        # Scikit-learn's own kind, which TunedThresholdClassifierCV takes too.
        return metric and sklearn_metrics.make_scorer(metric)
    return RankingScorer(metric)


@dataclass(frozen=True)
class RankingScorer:
    """Scorer of a ranking metric for two classes."""

    metric: Callable

    def __call__(self, estimator, X, y, sample_weight=None) -> float:
        """Score an estimator on X and y."""
        classes = _two_classes(estimator)
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            raise ValueError(f"y has {y.shape[1]} tasks; use the scorer with 'masked_' before it")
        scores = _score_tasks(estimator, X, 1)[:, 0]
        return float(
            self.metric(y.ravel(), scores, pos_label=classes[1], **_weights(sample_weight))
        )


@dataclass(frozen=True)
class MaskedScorer:
    """Scorer that averages a metric over tasks, each over its known labels."""

    metric: Callable
    of_scores: bool

    def __call__(self, estimator, X, y, sample_weight=None) -> float:
        """Score an estimator on X and y."""
        y = _as_numbers(y)
        predicted = (
            _score_tasks(estimator, X, y.shape[1]) if self.of_scores else estimator.predict(X)
        )
        predicted = np.asarray(predicted).reshape(len(y), -1)
        score = masked_score(self.metric, y, predicted, sample_weight=sample_weight)
        # A number, since the tasks are averaged.
        return cast(float, score)


@dataclass(frozen=True)
class CalibrationScorer:
    """Scorer of the negative calibration error."""

    def __call__(self, estimator, X, y, sample_weight=None) -> float:
        """Score an estimator on X and y."""
        n_tasks = np.shape(y)[1] if np.ndim(y) == 2 else 1
        if n_tasks > 1:
            y, labels = _as_numbers(y), None
            proba = _task_columns(estimator.predict_proba(X), estimator, n_tasks)
        else:
            y, labels = np.asarray(y).ravel(), estimator.classes_
            proba = estimator.predict_proba(X)
        error = expected_calibration_error(y, proba, labels=labels, sample_weight=sample_weight)
        return -error


@dataclass(frozen=True)
class PositionsScorer:
    """Scorer of the top-k accuracy of position labels."""

    def __call__(self, estimator, X, y) -> float:
        """Score an estimator on X and y."""
        unknown = getattr(estimator, "unknown_label", None)
        proba, classes = estimator.predict_proba(X), estimator.classes_.tolist()
        score = top_k_positions_score(y, proba, classes=classes, unknown_label=unknown)
        # A number, since the classes are averaged.
        return cast(float, score)


@dataclass(frozen=True)
class LabelsScorer:
    """Scorer of position labels, each as a sample of its own."""

    scorer: Callable

    def __call__(self, estimator, X, y, sample_weight=None) -> float:
        """Score an estimator on X and y."""
        proba, classes = estimator.predict_proba(X), np.asarray(estimator.classes_)
        if np.ndim(proba) != 3:
            raise ValueError(
                f"{type(estimator).__name__} does not predict labels of positions; use the scorer "
                "without 'positions_'"
            )
        unknown = getattr(split_steps(estimator)[1], "unknown_label", None)
        truth, predicted = (
            read_indices(labels, classes.tolist(), unknown, proba.shape[:2])
            for labels in (y, estimator.predict(X))
        )
        known = (truth >= 0) & (predicted >= 0)
        weight = {}
        if sample_weight is not None:
            weight["sample_weight"] = np.broadcast_to(
                np.asarray(sample_weight)[:, np.newaxis], known.shape
            )[known]
        positions = _Predicted(classes, classes[predicted[known]])
        return self.scorer(positions, proba[known], classes[truth[known]], **weight)


class _Predicted(ClassifierMixin, BaseEstimator):
    """Predictions that are known already, as a classifier whose X is their probabilities."""

    def __init__(self, classes: np.ndarray, labels: np.ndarray):
        self.classes_, self.labels = classes, labels

    def predict(self, X) -> np.ndarray:
        return self.labels

    def predict_proba(self, X) -> np.ndarray:
        return X


def _weights(sample_weight) -> dict:
    return {} if sample_weight is None else {"sample_weight": sample_weight}


def _as_numbers(y) -> np.ndarray:
    """Convert labels of tasks to floats of shape (n_samples, n_tasks), NaN where missing."""
    try:
        y = y.to_numpy(float, na_value=np.nan) if hasattr(y, "to_numpy") else np.asarray(y, float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y must be numbers, and NaN where one is missing ({error}); for classes of one task "
            "use the scorer without 'masked_'"
        ) from error
    return y.reshape(len(y), -1)


def _two_classes(estimator) -> np.ndarray:
    classes = np.asarray(estimator.classes_)
    if classes.shape != (2,):
        raise ValueError(
            f"the scorer ranks two classes, but {type(estimator).__name__} has "
            f"{len(classes)}; for several tasks use the scorer with 'masked_' before it"
        )
    return classes


def _score_tasks(estimator, X, n_tasks: int) -> np.ndarray:
    """Compute the score of the positive class of each task, shape (n_samples, n_tasks)."""
    for name in ("decision_function", "predict_proba"):
        respond = getattr(estimator, name, None)
        if respond is not None:
            return _task_columns(respond(X), estimator, n_tasks)
    raise ValueError(
        f"{type(estimator).__name__} has neither decision_function nor predict_proba to rank by"
    )


def _task_columns(response, estimator, n_tasks: int) -> np.ndarray:
    """Convert any output format of scikit-learn's estimators to one column per task."""
    if isinstance(response, list):
        pairs = zip(response, estimator.classes_, strict=True)
        response = np.column_stack([_positive_column(*pair) for pair in pairs])
    response = np.asarray(response)
    columns = response.reshape(len(response), -1)
    if n_tasks == 1 and columns.shape[1] == 2:
        return columns[:, 1:]
    if columns.shape[1] != n_tasks:
        raise ValueError(
            f"y has {n_tasks} tasks, but {type(estimator).__name__} gives scores of shape "
            f"{response.shape}"
        )
    return columns


def _positive_column(proba: np.ndarray, classes) -> np.ndarray:
    """Select the probability of 1; a task that had one class in training has one column."""
    index = np.flatnonzero(np.asarray(classes) == 1)
    if proba.ndim == 1:
        return proba
    return proba[:, index[0]] if len(index) else np.zeros(len(proba))
