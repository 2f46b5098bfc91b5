"""Targets of classifiers: labels of one or many tasks, probabilities and scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from torch import nn

from skgenomics._outputs import ClassOutputs, TaskOutputs
from skgenomics.estimators._multitask_targets import task_factors
from skgenomics.estimators._targets import (
    as_array,
    average_one,
    check_labelled,
    encode_labels,
    weigh_classes,
    weigh_positives,
)
from skgenomics.estimators._training import can_resume
from skgenomics.training._freezing import frozen
from skgenomics.training.hyperparameters import (
    LOSSES,
    ClassBalancing,
    CrossEntropyLoss,
    FocalLoss,
)
from skgenomics.training.losses import BINARY_LOSSES, CLASS_LOSSES, WeightedLoss, choose_loss

# Number of tasks whose positives decide on strand symmetry: enough, and quick for hundreds.
_TASKS_TO_LOOK_AT = 8
# The head is near where it should be, and at the full rate it would overfit.
_REFIT_RATE = 0.1


@dataclass(kw_only=True, eq=False, repr=False)
class ClassifierTargets(ClassifierMixin):
    """Labels and losses of classifiers: binary, multi-class, or multi-label with missing labels.

    The class that it is mixed into trains a net, and returns raw scores by ``_predict_scores``.
    """

    loss: str | Callable | CrossEntropyLoss | FocalLoss = "cross_entropy"
    class_weight: str | dict | None = None
    balancing: ClassBalancing | None = None
    task_weights: Sequence[float] | None = None
    two_scores: bool = False

    _groups: ClassVar[dict[str, Any]] = {"balancing": ClassBalancing, "loss": LOSSES}

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels; or an indicator matrix of 0 and 1, with NaN where a label is missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; a weight of zero is the same as leaving the sample out.
        groups : array-like of shape (n_samples,), default=None
            Groups of samples that are not separated when early stopping splits off a validation
            part.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If X or y is empty, malformed or of different lengths, y has a single class, a task
            without labels or -1 for a missing label, or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    @available_if(can_resume)
    def partial_fit(self, X, y, classes=None, sample_weight=None) -> Self:
        """Train for one more epoch, with a constant learning rate and no early stopping.

        All layers are trained; `refit_head` is ignored. The state of the optimizer is kept between
        calls, but is not saved with the estimator.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, as in :meth:`fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; required in the first call if its y lacks some.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if y has a label that the first call did not announce.
        """
        if classes is not None and self.__sklearn_is_fitted__() and not self.multilabel_:
            self._check_same_classes(classes)
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def decision_function(self, X) -> np.ndarray:
        """Compute the log-odds or scores of the classes.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_tasks)
            Log-odds of ``classes_[1]`` for two classes; one score per class for more; log-odds of
            each task for an indicator matrix.
        """
        scores = self._predict_scores(X)
        if self._is_binary:
            return scores[:, 0]
        is_pair = not self.multilabel_ and len(self.classes_) == 2
        return scores[:, 1] - scores[:, 0] if is_pair else scores

    def predict_proba(self, X) -> np.ndarray:
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_tasks)
            Probability of each class; for an indicator matrix that of the 1 of each task.
        """
        scores = self._predict_scores(X)
        if self.multilabel_:
            return expit(scores)
        if self._is_binary:
            proba = expit(scores)
            return np.hstack([1 - proba, proba])
        return softmax(scores, axis=1)

    def predict_log_proba(self, X) -> np.ndarray:
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_tasks)
            Logarithms of :meth:`predict_proba`, -inf for a probability that is rounded to zero.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X) -> np.ndarray:
        """Predict the most probable class of each sequence.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Labels as in y of :meth:`fit`; for an indicator matrix 0 or 1 for each task.
        """
        scores = self._predict_scores(X)
        if self.multilabel_:
            return (scores > 0).astype(int)
        if self._is_binary:
            return self.classes_[(scores[:, 0] > 0).astype(int)]
        return self.classes_[scores.argmax(axis=1)]

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the accuracy of the predictions.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            True labels; in an indicator matrix NaN marks a missing one.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            Fraction of the samples that are classified correctly; for an indicator matrix, of those
            whose known labels are all predicted correctly.
        """
        if not self.multilabel_:
            return super().score(X, y, sample_weight)
        y = self._read_y(y)
        right = ((self.predict(X) == y) | np.isnan(y)).all(axis=1)
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _describe_outputs(self) -> ClassOutputs | TaskOutputs:
        """Describe what `_predict_scores` returns."""
        if self.multilabel_:
            return TaskOutputs(tuple(self.target_names_))
        return ClassOutputs(tuple(self.classes_.tolist()), n_scores=self.n_outputs_)

    @property
    def _is_binary(self) -> bool:
        return self.n_outputs_ == 1 and not self.multilabel_

    def _check_same_classes(self, classes) -> None:
        if not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} differ from those of the first call, {self.classes_.tolist()}"
            )

    def _check_settings(self) -> None:
        super()._check_settings()

    def _read_y(self, y) -> np.ndarray:
        y = y.toarray() if issparse(y) else as_array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            return _read_indicator(y)
        y = column_or_1d(y, warn=True)
        missing = pd.isna(y)
        if missing.any():
            raise ValueError(
                f"Input y contains NaN: the label of row {missing.argmax()} is missing; drop the "
                "row (only an indicator matrix of several tasks may have missing labels)"
            )
        check_classification_targets(y)
        return y

    def _learn_targets(self, y, weight, classes) -> None:
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            known = ~np.isnan(y)
            if not known.any(axis=0).all():
                raise ValueError(
                    f"task {known.any(axis=0).argmin()} of y has no label at all; drop the column"
                )
            self.classes_ = np.arange(y.shape[1])
            self.target_names_ = list(range(y.shape[1]))
            self.n_outputs_ = y.shape[1]
            return
        if classes is None:
            check_labelled(y)
        self.classes_ = np.unique(y if classes is None else classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes, but y has only one class: "
                f"{self.classes_.tolist()[0]!r}"
            )
        has_one_score = len(self.classes_) == 2 and not self.two_scores
        self.n_outputs_ = 1 if has_one_score else len(self.classes_)

    def _encode_targets(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        if (y.ndim == 2) != self.multilabel_ or (y.ndim == 2 and y.shape[1] != self.n_outputs_):
            raise ValueError(
                f"y has the shape {y.shape}, unlike the y that {type(self).__name__} was "
                "fitted on first"
            )
        if self.multilabel_:
            return self._encode_tasks(y, weight)
        if self._group("balancing").pos_weight is not None and len(self.classes_) > 2:
            raise ValueError(
                f"pos_weight is for two classes or an indicator matrix, but y has "
                f"{len(self.classes_)} classes; use class_weight"
            )
        if self.task_weights is not None:
            raise ValueError(
                f"task_weights={self.task_weights!r} is for an indicator matrix of several tasks, "
                "but y has one label per row; use class_weight"
            )
        codes = encode_labels(y, self.classes_)
        weight = self._weigh(codes, self.classes_, weight)
        weight = average_one(weigh_positives(self._group("balancing").pos_weight, codes, weight))
        if self._is_binary:
            return codes[:, np.newaxis].astype(float), weight[:, np.newaxis]
        return codes, weight

    def _encode_tasks(self, y, weight) -> tuple[np.ndarray, np.ndarray]:
        if self._group("balancing").balanced_batches:
            raise ValueError(
                "balanced_batches=True needs one label per row, but y is an indicator matrix of "
                f"{y.shape[1]} tasks; use class_weight='balanced' or pos_weight"
            )
        known = ~np.isnan(y)
        targets = np.where(known, y, 0)
        weights = np.zeros(y.shape)
        for task in range(y.shape[1]):
            rows = known[:, task]
            codes = targets[rows, task].astype(int)
            weights[rows, task] = self._weigh(codes, (0, 1), weight[rows])
        weights *= task_factors(self.task_weights, list(range(y.shape[1])))
        pos_weight = self._group("balancing").pos_weight
        return targets, average_one(weigh_positives(pos_weight, targets, weights))

    def _weigh(self, codes, classes, weight) -> np.ndarray:
        beta = self._group("balancing").effective_number_beta
        return weigh_classes(self.class_weight, codes, classes, weight, beta)

    @property
    def _has_balanced_batches(self) -> bool:
        return self._group("balancing").balanced_batches

    def _train(self, train, valid, one_epoch: bool) -> None:
        super()._train(train, valid, one_epoch)
        if self._group("balancing").refit_head and not one_epoch:
            with self._frozen(), frozen(self.net_, self._find_trunk()):
                peak = _REFIT_RATE * self.learning_rate
                self._prepare_training(train, peak)
                self._run_epochs(train, None, self._group("balancing").refit_head, peak=peak)

    def _find_trunk(self) -> nn.Module:
        """Find the part of the network that `refit_head` keeps."""
        body = getattr(self.network_, "trunk", None)
        if not isinstance(body, nn.Module):
            raise ValueError(
                "refit_head keeps the trunk of the network as it is, but "
                f"{type(self.network_).__name__} has none; make it a module "
                "`trunk` of the network, or set refit_head=0"
            )
        return body

    def _row_sets(self, y) -> list[np.ndarray]:
        if self.multilabel_:
            return [np.ones(len(y), dtype=bool), *(y == 1).T[:_TASKS_TO_LOOK_AT]]
        return [y == label for label in self.classes_]

    def _labels_to_stratify(self, y) -> np.ndarray | None:
        return None if self.multilabel_ else y

    def _make_loss(self) -> WeightedLoss:
        is_binary = self.multilabel_ or self._is_binary
        loss = choose_loss(self.loss, BINARY_LOSSES if is_binary else CLASS_LOSSES)
        return WeightedLoss(loss, is_binary=is_binary, is_one_of_many=not is_binary)


def _read_indicator(y) -> np.ndarray:
    y = check_array(y, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y")
    is_invalid = ~(np.isnan(y) | (y == 0) | (y == 1))
    if is_invalid.any():
        row, task = np.argwhere(is_invalid)[0]
        raise ValueError(
            f"y has {y.shape[1]} columns, so it must be an indicator matrix of 0, 1 and NaN "
            f"(missing), but y[{row}, {task}] is {y[row, task]:g}; several classes in one column "
            "go into a y of shape (n,)"
        )
    return y
