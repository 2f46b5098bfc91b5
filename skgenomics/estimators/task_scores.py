"""How well tasks of different kinds are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, softmax
from sklearn.exceptions import UndefinedMetricWarning

from skgenomics.metrics._table import find_metric
from skgenomics.user_warnings import warn_user


class Answers(NamedTuple):
    """The known labels of a task, and what is predicted for them.

    Attributes
    ----------
    task : object
        Name of the task.
    kind : {"binary", "multiclass", "regression"}
        Its kind.
    truth : ndarray of shape (n,)
        Places of classes, or real numbers.
    predicted : ndarray of shape (n, n_classes) or (n,)
        Probabilities, or real numbers.
    weight : ndarray of shape (n,)
        Weights of the rows.
    """

    task: Any
    kind: str
    truth: np.ndarray
    predicted: np.ndarray
    weight: np.ndarray

    @property
    def is_defined(self) -> bool:
        """Whether there are two different labels, without which there is no score."""
        return len(np.unique(self.truth)) > 1


def chances(scores: np.ndarray) -> np.ndarray:
    """Probabilities of two classes or more, from one score or from one score each."""
    if scores.shape[1] == 1:
        return np.hstack([expit(-scores), expit(scores)])
    return softmax(scores, axis=1)


def mean_score(answers: Iterable[Answers]) -> float:
    """Mean over the tasks of the AUROC of classes, or else the R2 of numbers."""
    defined = _defined(answers)
    scores = [_r2(a) if a.kind == "regression" else _rank("roc_auc", a) for a in defined]
    return float(np.mean(scores)) if scores else np.nan


def score_table(answers: Iterable[Answers]) -> pd.DataFrame:
    """A row of scores for each task."""
    answers = list(answers)
    scores = {
        a.task: _numbers(a) if a.kind == "regression" else _classes(a) for a in _defined(answers)
    }
    rows = [{"kind": a.kind, "n": len(a.truth), **scores.get(a.task, {})} for a in answers]
    return pd.DataFrame(rows, index=pd.Index([a.task for a in answers], name="task"))


def _defined(answers: Iterable[Answers]) -> list[Answers]:
    answers = list(answers)
    left_out = [a.task for a in answers if not a.is_defined]
    if left_out:
        warn_user(
            f"{len(left_out)} of {len(answers)} tasks have fewer than two different known labels "
            f"and are left out of the score: {', '.join(map(str, left_out[:8]))}",
            UndefinedMetricWarning,
        )
    return [a for a in answers if a.is_defined]


def _classes(answers: Answers) -> dict[str, float]:
    predicted = answers.predicted.argmax(axis=1)
    metric = find_metric("matthews_corrcoef")
    return {
        "roc_auc": _rank("roc_auc", answers),
        "average_precision": _rank("average_precision", answers),
        "matthews_corrcoef": metric(answers.truth, predicted, sample_weight=answers.weight),
    }


def _numbers(answers: Answers) -> dict[str, float]:
    spearman: Callable = find_metric("spearman")
    return {"r2": _r2(answers), "spearman": spearman(answers.truth, answers.predicted)}


def _r2(answers: Answers) -> float:
    return find_metric("r2")(answers.truth, answers.predicted, sample_weight=answers.weight)


def _rank(name: str, answers: Answers) -> float:
    """Score of the second class; of more than two the mean of each against the rest."""
    metric = find_metric(name)
    n_classes = answers.predicted.shape[1]
    places = [1] if n_classes == 2 else np.unique(answers.truth)
    scores = [
        metric(answers.truth == i, answers.predicted[:, i], sample_weight=answers.weight)
        for i in places
    ]
    return float(np.mean(scores))
