"""Targets and losses of several tasks of different kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd
import torch
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target

from skgenomics._outputs import ClassOutputs, MultiTaskOutputs, ValueOutputs
from skgenomics._utils.validation import check_choice, warn_user
from skgenomics.estimators._targets import average_one, check_labelled, weigh_classes
from skgenomics.metrics._table import find_metric
from skgenomics.training.hyperparameters import QuantileLoss
from skgenomics.training.losses import (
    BINARY_LOSSES,
    CLASS_LOSSES,
    REGRESSION_LOSSES,
    MultiTaskLoss,
    TaskLoss,
    choose_loss,
    task_precision,
)

KINDS = ("binary", "multiclass", "regression")
_KIND_OF_TYPE = {"binary": "binary", "multiclass": "multiclass", "continuous": "regression"}


def read_table(y) -> pd.DataFrame:
    """Turn y into a frame with a column per task; arrays get the numbers of their columns.

    Raises
    ------
    ValueError
        If it has not two axes, has no column or a name twice, or holds an infinite number.
    """
    if issparse(y):
        y = y.toarray()
    if not isinstance(y, pd.DataFrame):
        # Numpy would turn rows of mixed types into strings.
        y = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
        if y.dtype.kind == "c":
            raise ValueError("Complex data not supported: y has complex numbers")
        if y.ndim != 2:
            raise ValueError(
                f"y has the shape {y.shape}, but must have a column per task: (n, n_tasks); a "
                "single task goes in a frame of one column, or into CNNClassifier"
            )
        y = pd.DataFrame(y).infer_objects()
    if not y.shape[1]:
        raise ValueError("y has no column; it needs one for each task")
    if y.columns.has_duplicates:
        name = y.columns[y.columns.duplicated()][0]
        raise ValueError(f"y has several columns {name!r}; give each task a name of its own")
    for name in y.columns:
        if pd.api.types.is_float_dtype(y[name].dtype):
            read_values(name, y[name])
    return y


def name_tasks(table: pd.DataFrame, given: Mapping | None) -> list:
    """Names of the tasks: those of the columns, or for an array those that are given."""
    names = table.columns.tolist()
    if given is None:
        return names
    if not isinstance(given, Mapping):
        raise ValueError(f"tasks must be a dict from the name of a task to its kind, got {given!r}")
    for name, kind in given.items():
        if kind not in KINDS:
            raise ValueError(f"tasks[{name!r}] must be one of {KINDS}, got {kind!r}")
    unknown = [name for name in given if name not in names]
    if not unknown:
        return names
    if isinstance(table.columns, pd.RangeIndex) and len(given) == len(names):
        return list(given)
    raise ValueError(f"tasks has {unknown[0]!r}, but the columns of y are {names}")


def check_names(setting: str, given: Mapping | None, names: list) -> None:
    """Raise a ValueError if a setting by task names something that is no task."""
    for name in given or {}:
        if name not in names:
            raise ValueError(f"{setting} has {name!r}, but the tasks are {names}")


def read_classes(given: Mapping | None, names: list) -> dict:
    """Classes of the tasks that are given, as arrays by the names of the tasks.

    Raises
    ------
    ValueError
        If it is not a dict, or names an unknown task.
    """
    if not isinstance(given, Mapping | None):
        raise ValueError(
            f"classes must be a dict from the name of a task to its labels, got {given!r}"
        )
    check_names("classes", given, names)
    return {name: np.asarray(labels) for name, labels in (given or {}).items()}


def known_values(name, column: pd.Series) -> np.ndarray:
    """Values of a task that are not missing.

    Raises
    ------
    ValueError
        If there are none, or they are strings and others mixed.
    """
    values = column[column.notna()].tolist()
    if not values:
        raise ValueError(f"task {name!r} of y has no label at all; drop the column")
    is_text = [isinstance(value, str) for value in values]
    if any(is_text) and not all(is_text):
        raise ValueError(
            f"task {name!r} of y has strings such as {values[is_text.index(True)]!r} and other "
            f"values such as {values[is_text.index(False)]!r}; make them all the same type"
        )
    return np.array(values)


def find_kind(name, values: np.ndarray) -> str:
    """Kind of a task by scikit-learn's rules: whole numbers are classes, others real numbers."""
    found = type_of_target(values, input_name=f"task {name!r} of y")
    if found not in _KIND_OF_TYPE:
        raise ValueError(
            f"task {name!r} of y is neither classes nor numbers, but {found}; it holds "
            f"{values[0]!r}"
        )
    return _KIND_OF_TYPE[found]


def read_values(name, column: pd.Series) -> np.ndarray:
    """Real numbers of a task, NaN where one is missing."""
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError(
            f"task {name!r} of y is of the kind 'regression', but it holds "
            f"{known_values(name, column)[0]!r}; set its kind in `tasks`, or make it numeric"
        ) from None
    return check_array(values, ensure_2d=False, ensure_all_finite="allow-nan", input_name="y")


def find_classes(name, kind: str, values: np.ndarray) -> np.ndarray:
    """Classes of a task, sorted.

    Raises
    ------
    ValueError
        If there is only one class, or there are more than two in a binary task.
    """
    classes = np.unique(values)
    if len(classes) < 2:
        raise ValueError(
            f"task {name!r} of y has only one class: {classes.tolist()[0]!r}; drop the column, or "
            "set its kind to 'regression' in `tasks`"
        )
    if kind == "binary" and len(classes) > 2:
        raise ValueError(
            f"task {name!r} of y has {len(classes)} classes, but its kind is 'binary'; set it to "
            "'multiclass' in `tasks`"
        )
    return classes


def encode_classes(name, column: pd.Series, classes: np.ndarray) -> np.ndarray:
    """Encode labels as class indices."""
    labels = known_values(name, column)
    codes = pd.Index(classes).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        label = labels[codes < 0][:1].tolist()[0]
        raise ValueError(
            f"task {name!r} of y has the label {label!r}, which is none of the classes "
            f"{classes.tolist()} of the first fit"
        )
    return codes


def task_factors(task_weights, names: list) -> np.ndarray:
    """Weight of each task.

    Parameters
    ----------
    task_weights : None, mapping of name to float, or sequence of float
        A task that a mapping leaves out has the weight one.
    names : list
        The tasks.

    Raises
    ------
    ValueError
        If it names another task, has not one weight for each, or one is negative or not finite.
    """
    if task_weights is None:
        return np.ones(len(names))
    if isinstance(task_weights, Mapping):
        check_names("task_weights", task_weights, names)
        task_weights = [task_weights.get(name, 1.0) for name in names]
    factors = np.asarray(task_weights, dtype=float)
    if factors.shape != (len(names),):
        raise ValueError(
            f"task_weights must have a number for each of the {len(names)} tasks, got "
            f"{task_weights!r}"
        )
    if not np.isfinite(factors).all() or factors.min() < 0 or not factors.any():
        raise ValueError(
            f"task_weights must be finite, not negative and not all zero, got {task_weights!r}"
        )
    return factors


class Answers(NamedTuple):
    """The known labels of a task, and what is predicted for them.

    Attributes
    ----------
    task : object
        Name of the task.
    kind : {"binary", "multiclass", "regression"}
        Its kind.
    truth : ndarray of shape (n,)
        Class indices, or real numbers.
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


def to_proba(scores: np.ndarray) -> np.ndarray:
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
    """Tabulate the scores of each task."""
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


def _metric(name: str) -> Callable:
    return cast(Callable, find_metric(name))


def _classes(answers: Answers) -> dict[str, float]:
    predicted = answers.predicted.argmax(axis=1)
    metric = _metric("matthews_corrcoef")
    return {
        "roc_auc": _rank("roc_auc", answers),
        "average_precision": _rank("average_precision", answers),
        "matthews_corrcoef": metric(answers.truth, predicted, sample_weight=answers.weight),
    }


def _numbers(answers: Answers) -> dict[str, float]:
    spearman = _metric("spearman")
    return {"r2": _r2(answers), "spearman": spearman(answers.truth, answers.predicted)}


def _r2(answers: Answers) -> float:
    return _metric("r2")(answers.truth, answers.predicted, sample_weight=answers.weight)


def _rank(name: str, answers: Answers) -> float:
    """Score of the second class; of more than two the mean of each against the rest."""
    metric = _metric(name)
    n_classes = answers.predicted.shape[1]
    indices = [1] if n_classes == 2 else np.unique(answers.truth)
    scores = [
        metric(answers.truth == i, answers.predicted[:, i], sample_weight=answers.weight)
        for i in indices
    ]
    return float(np.mean(scores))


# Losses of each kind of task, and the one that is taken by default.
_LOSSES: dict[str, tuple[dict[str, Callable], str]] = {
    "binary": (BINARY_LOSSES, "cross_entropy"),
    "multiclass": (CLASS_LOSSES, "cross_entropy"),
    # A number has one score, which is no logarithm.
    "regression": ({k: REGRESSION_LOSSES[k] for k in ("mse", "huber", "quantile")}, "mse"),
}
# Number of classes whose samples decide on strand symmetry: enough, and quick for hundreds.
_CLASSES_TO_LOOK_AT = 8


# What the mixin is mixed into.
if TYPE_CHECKING:
    from skgenomics.estimators._base import SequenceEstimator

    _Base = SequenceEstimator
else:
    _Base = object


@dataclass(kw_only=True, eq=False, repr=False)
class TaskTargets(_Base):
    """Hyperparameters of tasks, and how their targets are learned and encoded."""

    tasks: Mapping[Any, str] | None = None
    task_weights: str | Mapping[Any, float] | Sequence[float] | None = None
    losses: Mapping[Any, str | Callable] | None = None
    class_weight: str | Mapping | None = None

    @property
    def task_weights_(self) -> dict[Any, float]:
        """Weights that the losses of the tasks were given, or have learned."""
        network: Any = self.network_
        variance = network.output.log_variance
        if variance is None:
            factors = task_factors(self.task_weights, list(self.tasks_))
        else:
            is_regression = torch.tensor(self._is_regression())
            factors = task_precision(variance.detach().cpu(), is_regression).numpy()
        return dict(zip(self.tasks_, factors.tolist(), strict=True))

    def _read_y(self, y) -> pd.DataFrame:
        return read_table(y)

    def _learn_targets(self, y: pd.DataFrame, weight, classes) -> None:
        self.tasks_: dict[Any, Any] = dict.fromkeys(name_tasks(y, self.tasks))
        self.classes_: dict[Any, np.ndarray] = {}
        self.y_mean_: dict[Any, float] = {}
        self.y_scale_: dict[Any, float] = {}
        classes = read_classes(classes, list(self.tasks_))
        for name, (_, column) in zip(self.tasks_, y.items(), strict=True):
            self._learn_task(name, column, weight, classes.get(name))
        self.n_outputs_ = sum(self._sizes())

    def _learn_task(self, name, column: pd.Series, weight: np.ndarray, classes) -> None:
        values = known_values(name, column) if classes is None else classes
        kind = (self.tasks or {}).get(name) or find_kind(name, values)
        self.tasks_[name] = kind
        if kind != "regression":
            if classes is None:
                check_labelled(values, f"task {name!r} of y")
            self.classes_[name] = find_classes(name, kind, values)
            return
        known_values(name, column)
        values = read_values(name, column)
        known = ~np.isnan(values)
        mean = np.average(values[known], weights=weight[known])
        spread = np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known]))
        is_constant = spread <= 1e-12 * abs(mean)
        self.y_mean_[name], self.y_scale_[name] = float(mean), float(1 if is_constant else spread)

    def _sizes(self) -> list[int]:
        """Return the number of scores of each task."""
        return [
            len(self.classes_[name]) if kind == "multiclass" else 1
            for name, kind in self.tasks_.items()
        ]

    def _is_regression(self) -> list[bool]:
        return [kind == "regression" for kind in self.tasks_.values()]

    def _align(self, y: pd.DataFrame) -> pd.DataFrame:
        """Columns in the order of the tasks, and called as these are."""
        names = list(self.tasks_)
        if len(names) == y.shape[1]:
            if set(y.columns) == set(names):
                return y[names]
            if isinstance(y.columns, pd.RangeIndex):
                return y.set_axis(names, axis=1)
        raise ValueError(
            f"y has the columns {y.columns.tolist()}, but {type(self).__name__} was fitted on "
            f"{names}"
        )

    def _encode_targets(self, y: pd.DataFrame, weight) -> tuple[np.ndarray, np.ndarray]:
        y = self._align(y)
        if isinstance(self.class_weight, Mapping):
            check_names("class_weight", self.class_weight, list(self.tasks_))
        targets, weights = np.zeros(y.shape), np.zeros(y.shape)
        for i, name in enumerate(self.tasks_):
            known = y[name].notna().to_numpy()
            if known.any():
                targets[known, i] = self._encode(name, y[name][known])
                weights[known, i] = self._weigh(name, targets[known, i], weight[known])
        if not isinstance(self.task_weights, str):
            weights *= task_factors(self.task_weights, list(self.tasks_))
        return targets, average_one(weights)

    def _encode(self, name, column: pd.Series) -> np.ndarray:
        """Known labels of a task as the loss takes them."""
        if name in self.classes_:
            return encode_classes(name, column, self.classes_[name])
        return (read_values(name, column) - self.y_mean_[name]) / self.y_scale_[name]

    def _decode(self, name, scores: np.ndarray) -> np.ndarray:
        """Predictions of a task."""
        if name not in self.classes_:
            return scores[:, 0].astype(np.float64) * self.y_scale_[name] + self.y_mean_[name]
        codes = scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)
        return self.classes_[name][codes]

    def _describe_outputs(self) -> MultiTaskOutputs:
        """Describe what `_predict_scores` returns."""
        spans = pairwise(accumulate(self._sizes(), initial=0))
        parts = [
            (slice(*span), self._describe_task(name))
            for name, span in zip(self.tasks_, spans, strict=True)
        ]
        return MultiTaskOutputs(tuple(self.tasks_), parts=tuple(parts))

    def _describe_task(self, name) -> ClassOutputs | ValueOutputs:
        if name not in self.classes_:
            return ValueOutputs((name,), scale=(self.y_scale_[name],), mean=(self.y_mean_[name],))
        labels = tuple(self.classes_[name].tolist())
        n_scores = 1 if self.tasks_[name] == "binary" else len(labels)
        return ClassOutputs(labels, n_scores=n_scores)

    def _weigh(self, name, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        if name not in self.classes_:
            return weight
        given = self.class_weight
        if isinstance(given, Mapping):
            given = given.get(name)
        return weigh_classes(given, codes.astype(int), self.classes_[name], weight)

    def _has_same_targets(self, source) -> bool:
        # The scores of the tasks are in their order.
        if list(self.tasks_.items()) != list(getattr(source, "tasks_", {}).items()):
            return False
        return all(np.array_equal(c, source.classes_[name]) for name, c in self.classes_.items())

    def _make_loss(self) -> MultiTaskLoss:
        network: Any = self.network_
        variance = network.output.log_variance
        if (variance is None) == isinstance(self.task_weights, str):
            raise ValueError(
                f"task_weights={self.task_weights!r}, but the network was built "
                f"{'without' if variance is None else 'with'} weights of tasks that are learned; "
                "set warm_start=False to fit a new one"
            )
        return MultiTaskLoss(self._make_losses(), variance, self._is_regression())

    def _make_losses(self) -> list[TaskLoss]:
        """Losses of the tasks; those of numbers and of yes or no that are the same in one."""
        parts: dict[Any, TaskLoss] = {}
        given = self.losses or {}
        check_names("losses", given, list(self.tasks_))
        spans = pairwise(accumulate(self._sizes(), initial=0))
        for i, (name, span) in enumerate(zip(self.tasks_, spans, strict=True)):
            kind = self.tasks_[name]
            table, default = _LOSSES[kind]
            chosen = given.get(name, default)
            if isinstance(chosen, QuantileLoss) and len(chosen._ascending()) > 1:
                raise ValueError(
                    f"losses[{name!r}] has several quantiles, but a task has one score; make a "
                    "task of each quantile, or use CNNRegressor"
                )
            key = (kind, name if kind == "multiclass" else chosen)
            part = parts.setdefault(key, TaskLoss(choose_loss(chosen, table), [], []))
            part.scores.extend(range(*span))
            part.targets.append(i)
        return list(parts.values())

    def _row_sets(self, y: pd.DataFrame) -> list[np.ndarray]:
        y = self._align(y)
        sets = [np.ones(len(y), dtype=bool)]
        for name, classes in self.classes_.items():
            sets += [(y[name] == label).fillna(False).to_numpy(dtype=bool) for label in classes[1:]]
        return sets[: 1 + _CLASSES_TO_LOOK_AT]

    def _check_settings(self) -> None:
        super()._check_settings()
        if isinstance(self.task_weights, str):
            check_choice("task_weights", self.task_weights, ("uncertainty",))
        if not isinstance(self.losses, Mapping | None):
            raise ValueError(
                f"losses must be a dict from the name of a task to its loss, got {self.losses!r}"
            )
