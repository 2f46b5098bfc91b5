"""Targets and losses of several tasks of different kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch

from skgenomics.checks import check_choice
from skgenomics.estimators import tasks
from skgenomics.estimators.targets import check_labelled
from skgenomics.estimators.weights import average_one, weigh_classes
from skgenomics.training.losses import (
    BINARY_LOSSES,
    CLASS_LOSSES,
    REGRESSION_LOSSES,
    choose_loss,
)
from skgenomics.training.task_losses import MultiTaskLoss, TaskLoss, task_precision

# Losses of each kind of task, and the one that is taken by default.
_LOSSES = {
    "binary": (BINARY_LOSSES, "cross_entropy"),
    "multiclass": (CLASS_LOSSES, "cross_entropy"),
    # Of counts the network would give the logarithm, as it does of no other task.
    "regression": ({k: v for k, v in REGRESSION_LOSSES.items() if k != "poisson"}, "mse"),
}
# Classes whose rows decide whether both strands are alike: enough to tell, quick for hundreds.
_CLASSES_TO_LOOK_AT = 8


@dataclass(kw_only=True, eq=False, repr=False)
class TaskTargets:
    """Hyper-parameters of tasks, and how their targets are learnt and encoded."""

    tasks: Mapping[Any, str] | None = None
    task_weights: str | Mapping[Any, float] | Sequence[float] | None = None
    losses: Mapping[Any, str | Callable] | None = None
    class_weight: str | Mapping | None = None

    @property
    def task_weights_(self) -> dict[Any, float]:
        """Weights that the losses of the tasks were given, or have learnt."""
        variance = self.network_.output.log_variance
        if variance is None:
            factors = tasks.task_factors(self.task_weights, list(self.tasks_))
        else:
            is_regression = torch.tensor(self._is_regression())
            factors = task_precision(variance.detach().cpu(), is_regression).numpy()
        return dict(zip(self.tasks_, factors.tolist(), strict=True))

    def _read_y(self, y) -> pd.DataFrame:
        return tasks.read_table(y)

    def _learn_targets(self, y: pd.DataFrame, weight, classes) -> None:
        self.tasks_ = dict.fromkeys(tasks.name_tasks(y, self.tasks))
        self.classes_, self.y_mean_, self.y_scale_ = {}, {}, {}
        classes = tasks.read_classes(classes, list(self.tasks_))
        for name, (_, column) in zip(self.tasks_, y.items(), strict=True):
            self._learn_task(name, column, weight, classes.get(name))
        self.n_outputs_ = sum(self._sizes())

    def _learn_task(self, name, column: pd.Series, weight: np.ndarray, classes) -> None:
        values = tasks.known_values(name, column) if classes is None else classes
        kind = (self.tasks or {}).get(name) or tasks.find_kind(name, values)
        self.tasks_[name] = kind
        if kind != "regression":
            if classes is None:
                check_labelled(values, f"task {name!r} of y")
            self.classes_[name] = tasks.find_classes(name, kind, values)
            return
        tasks.known_values(name, column)
        values = tasks.read_values(name, column)
        known = ~np.isnan(values)
        mean = np.average(values[known], weights=weight[known])
        spread = np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known]))
        is_constant = spread <= 1e-12 * abs(mean)
        self.y_mean_[name], self.y_scale_[name] = float(mean), float(1 if is_constant else spread)

    def _sizes(self) -> list[int]:
        """Number of scores of each task."""
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
            tasks.check_names("class_weight", self.class_weight, list(self.tasks_))
        targets, weights = np.zeros(y.shape), np.zeros(y.shape)
        for i, name in enumerate(self.tasks_):
            known = y[name].notna().to_numpy()
            if known.any():
                targets[known, i] = self._encode(name, y[name][known])
                weights[known, i] = self._weigh(name, targets[known, i], weight[known])
        if not isinstance(self.task_weights, str):
            weights *= tasks.task_factors(self.task_weights, list(self.tasks_))
        return targets, average_one(weights)

    def _encode(self, name, column: pd.Series) -> np.ndarray:
        """Known labels of a task as the loss takes them."""
        if name in self.classes_:
            return tasks.encode_classes(name, column, self.classes_[name])
        return (tasks.read_values(name, column) - self.y_mean_[name]) / self.y_scale_[name]

    def _decode(self, name, scores: np.ndarray) -> np.ndarray:
        """Predictions of a task."""
        if name not in self.classes_:
            return (scores[:, 0] * self.y_scale_[name] + self.y_mean_[name]).astype(self.dtype_)
        codes = scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)
        return self.classes_[name][codes]

    def _choose_score(self, target) -> Callable[[torch.Tensor], torch.Tensor]:
        """What to look at of a batch of scores: of classes the log-odds, or else the number.

        Parameters
        ----------
        target : object
            Name of a task, which a single one does not need, or a pair of it and the class to look
            at, by default the second of two.
        """
        name, label = target if isinstance(target, tuple) else (target, None)
        if name is None and len(self.tasks_) == 1:
            (name,) = self.tasks_
        if name not in self.tasks_:
            raise ValueError(f"target must name a task out of {list(self.tasks_)}, got {target!r}")
        i = list(self.tasks_).index(name)
        start = sum(self._sizes()[:i])
        if name not in self.classes_:
            scale, mean = self.y_scale_[name], self.y_mean_[name]
            return lambda scores: scores[:, start] * scale + mean
        labels = self.classes_[name].tolist()
        label = labels[1] if label is None and len(labels) == 2 else label
        if label not in labels:
            raise ValueError(
                f"target must name a class of task {name!r} too, ({name!r}, class) out of "
                f"{labels}, got {target!r}"
            )
        place = labels.index(label)
        if self._sizes()[i] == 1:
            sign = 1 if place else -1
            return lambda scores: sign * scores[:, start]
        span = slice(start, start + len(labels))
        return lambda scores: scores[:, start + place] - scores[:, span].mean(dim=1)

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
        variance = self.network_.output.log_variance
        if (variance is None) == isinstance(self.task_weights, str):
            raise ValueError(
                f"task_weights={self.task_weights!r}, but the network was built "
                f"{'without' if variance is None else 'with'} weights of tasks that are learnt; "
                "set warm_start=False to fit a new one"
            )
        return MultiTaskLoss(self._make_losses(), variance, self._is_regression())

    def _make_losses(self) -> list[TaskLoss]:
        """Losses of the tasks; those of numbers and of yes or no that are the same in one."""
        parts: dict[Any, TaskLoss] = {}
        given = self.losses or {}
        tasks.check_names("losses", given, list(self.tasks_))
        spans = pairwise(accumulate(self._sizes(), initial=0))
        for i, (name, span) in enumerate(zip(self.tasks_, spans, strict=True)):
            kind = self.tasks_[name]
            table, default = _LOSSES[kind]
            chosen = given.get(name, default)
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
