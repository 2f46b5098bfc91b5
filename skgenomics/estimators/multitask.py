"""Several tasks of different kinds, learned by one network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if
from torch import nn

from skgenomics.estimators import _multitask_targets as tasks
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._docstrings import documented
from skgenomics.estimators._multitask_targets import (
    Answers,
    TaskTargets,
    mean_score,
    score_table,
    to_proba,
)
from skgenomics.estimators._named_network import NamedNetwork
from skgenomics.estimators._targets import read_sample_weight
from skgenomics.networks.multitask import TaskHeads


def _has_classes(self) -> bool:
    # Unknown before fit, when scikit-learn asks which methods there are.
    return not self.__sklearn_is_fitted__() or bool(self.classes_)


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class MultiTaskEstimator(TaskTargets, NamedNetwork, SequenceEstimator):
    """One network for several tasks: classes, yes or no, and real numbers side by side.

    The tasks share the network up to its last hidden layer, and each has a head and a loss of its
    own. Labels may be missing: they take no part in the loss or in the scores.

    Parameters
    ----------
    network : str, default="cnn"
        "cnn", "resnet", "unet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer" or
        "mlp".
    network_params : dict, default=None
        Hyperparameters of the network that replace the defaults of :class:`CNNClassifier` etc.
    tasks : dict, default=None
        Kind of each task by its name: "binary", "multiclass" or "regression". Those that are left
        out follow from y by the rules of :func:`sklearn.utils.multiclass.type_of_target`: two
        labels are binary, more labels or whole numbers are classes, other numbers are regression.
        Tasks of an array are called by the numbers of their columns, or as they are called here if
        all are, in their order.
    task_weights : None, "uncertainty", dict or sequence of float, default=None
        Weights of the tasks in the loss: each known label counts the same (None); weights by name,
        one where it is left out, or in the order of the columns; or learned with the network, by
        the uncertainty of each task [1]_.
    task_units : int or tuple of int, default=()
        Sizes of hidden layers that each task has to itself.
    task_dropout : float, default=0.0
        Dropout after each of them.
    losses : dict, default=None
        Losses of tasks by their names: "cross_entropy" (the default of classes) or "focal", "mse"
        (that of numbers) or "huber", or a callable, which takes scores and targets and gives one
        loss per entry. Numbers are standardized inside.
    class_weight : None, "balanced", "effective_number" or dict, default=None
        Weights of the classes of all tasks, as in :class:`CNNClassifier`; or a dict of them by the
        names of the tasks.
    {input}
    {training}

    Attributes
    ----------
    tasks_ : dict
        Kind of each task by its name.
    classes_ : dict
        Classes of each task that has some, by its name.
    y_mean_, y_scale_ : dict
        What numbers are standardized by, by the names of their tasks.
    returns_frames_ : bool
        Whether y was a frame, and predictions are frames.
    {receptive field}
    {fitted}

    See Also
    --------
    CNNClassifier : Takes an indicator matrix, for tasks that are all yes or no.
    CNNRegressor : Takes several columns of real numbers.

    References
    ----------
    .. [1] Kendall, Gal and Cipolla, Multi-task learning using uncertainty to weigh losses for scene
       geometry and semantics, CVPR 2018.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics import MultiTaskEstimator
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = pd.DataFrame({"TATA": ["yes", "yes", "no", None] * 8, "level": [2.1, 1.9, None, 0] * 8})
    >>> model = MultiTaskEstimator(max_iter=10, random_state=0).fit(X, y)
    >>> model.tasks_
    {'TATA': 'binary', 'level': 'regression'}
    >>> model.predict(["CCGTATAAAGGA"])["TATA"].tolist()
    ['yes']
    """

    task_units: int | tuple[int, ...] = ()
    task_dropout: float = 0.0

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Train the network.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n_samples,) or (n_samples, 1); codes of shape (n_samples, length);
            channels of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : DataFrame or array-like of shape (n, n_tasks)
            A column per task, with NaN or None where a label is missing.
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
            If X or y is empty, malformed or of different lengths, a task has no label at all or a
            single class, or a hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, with a constant learning rate and no early stopping.

        Kinds of tasks, their classes and the scale of numbers are those of the first call.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : DataFrame or array-like of shape (n_samples, n_tasks)
            Labels and numbers, as in :meth:`fit`.
        classes : dict, default=None
            All labels that will ever occur, by the name of the task; required for tasks of which
            the first call lacks some.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    @available_if(_has_classes)
    def decision_function(self, X) -> dict | list | np.ndarray:
        """Compute the log-odds or scores of the classes of each task.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        dict, list or ndarray
            By task, as :meth:`predict_proba`: arrays of shape (n,), the log-odds of the second of
            two classes, or of shape (n, n_classes).
        """
        scores = self._class_scores(X)
        return self._by_task(
            {name: s[:, 0] if s.shape[1] == 1 else s for name, s in scores.items()}
        )

    @available_if(_has_classes)
    def predict_proba(self, X) -> dict | list | np.ndarray:
        """Predict the probabilities of the classes of each task.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        dict, list or ndarray
            If y was a frame in fit, a dict with an array of shape (n, n_classes) for each task that
            has classes. Else a list with one entry per task, None for real numbers; or for a
            single task the array itself.
        """
        return self._to_proba(self._scores_of_tasks(X))

    @available_if(_has_classes)
    def predict_log_proba(self, X) -> dict | list | np.ndarray:
        """Predict the logarithms of the probabilities of the classes of each task.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        dict, list or ndarray
            Logarithms of :meth:`predict_proba`, in the same form.
        """
        scores = self._class_scores(X).items()
        with np.errstate(divide="ignore"):
            return self._by_task({name: np.log(to_proba(s)) for name, s in scores})

    def predict(self, X) -> pd.DataFrame | np.ndarray:
        """Predict the most probable class, or the number, of each task.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.

        Returns
        -------
        DataFrame or ndarray of shape (n, n_tasks)
            As y of fit, without missing values. An array of labels and numbers has the type object.
        """
        return self._to_predictions(self._scores_of_tasks(X), X)

    def _to_predictions(self, scores: dict[Any, np.ndarray], X) -> pd.DataFrame | np.ndarray:
        """Turn raw scores of each task into classes and numbers."""
        columns = {name: self._decode(name, s) for name, s in scores.items()}
        if self.returns_frames_:
            index = X.index if isinstance(X, pd.DataFrame | pd.Series) else None
            return pd.DataFrame(columns, index=index)
        is_text = [column.dtype.kind not in "biuf" for column in columns.values()]
        dtype = object if any(is_text) and not all(is_text) else None
        return np.column_stack(
            [column.astype(dtype or column.dtype) for column in columns.values()]
        )

    def score(self, X, y, sample_weight=None) -> float:
        """Compute the mean over the tasks of the AUROC of classes, or else the R2 of numbers.

        Missing labels do not count, and neither do tasks with fewer than two different labels. Of
        several classes the AUROC is the mean of each against the rest.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : DataFrame or array-like of shape (n_samples, n_tasks)
            True labels and numbers, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            Mean score of the tasks.
        """
        return mean_score(self._answers(self._scores_of_tasks(X), X, y, sample_weight))

    def score_tasks(self, X, y, sample_weight=None) -> pd.DataFrame:
        """Score each task over its known labels.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Sequences, as in :meth:`fit`.
        y : DataFrame or array-like of shape (n_samples, n_tasks)
            True labels and numbers, as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        DataFrame
            A row per task with its ``kind``, the number ``n`` of known labels, and of classes
            ``roc_auc``, ``average_precision`` (of several classes the means of each against the
            rest) and ``matthews_corrcoef``, of numbers ``r2`` and ``spearman``, which has no
            weights. NaN where a task has fewer than two different labels.
        """
        return score_table(self._answers(self._scores_of_tasks(X), X, y, sample_weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def _read_training(self, X, y, *args, resume: bool, **kwargs):
        if not resume:
            self.returns_frames_ = isinstance(y, pd.DataFrame)
        return super()._read_training(X, y, *args, resume=resume, **kwargs)

    def _build_network(self, **settings) -> nn.Module:
        heads = settings.pop("heads")
        network: Any = super()._build_network(**settings)
        network.output = TaskHeads(network.output, **heads)
        return network

    def _network_params(self) -> dict[str, Any]:
        heads = {
            "sizes": self._sizes(),
            "units": self.task_units,
            "dropout": self.task_dropout,
            "learns_weights": self.task_weights == "uncertainty",
        }
        return super()._network_params() | {"heads": heads}

    def _scores_of_tasks(self, X) -> dict[Any, np.ndarray]:
        """Raw scores of each task, of shape (n, n_scores)."""
        return self._split_tasks(self._predict_scores(X))

    def _split_tasks(self, raw: np.ndarray) -> dict[Any, np.ndarray]:
        parts = np.split(raw, np.cumsum(self._sizes())[:-1], axis=1)
        return dict(zip(self.tasks_, parts, strict=True))

    def _to_proba(self, scores: dict[Any, np.ndarray]) -> dict | list | np.ndarray:
        """Turn raw scores of each task into probabilities of the classes."""
        return self._by_task({n: to_proba(s) for n, s in scores.items() if n in self.classes_})

    def _class_scores(self, X) -> dict[Any, np.ndarray]:
        return {n: s for n, s in self._scores_of_tasks(X).items() if n in self.classes_}

    def _by_task(self, values: dict) -> dict | list | np.ndarray:
        if self.returns_frames_:
            return values
        in_order: list[Any] = [values.get(name) for name in self.tasks_]
        return in_order[0] if len(in_order) == 1 else in_order

    def _answers(self, scores: dict[Any, np.ndarray], X, y, sample_weight) -> list[Answers]:
        """Known labels of each task, and what is predicted for them."""
        table = self._align(self._read_y(y))
        weight = read_sample_weight(sample_weight, len(table))
        check_consistent_length(X, table)
        return [self._answer(name, scores[name], table[name], weight) for name in self.tasks_]

    def _answer(self, name, scores: np.ndarray, column: pd.Series, weight: np.ndarray) -> Answers:
        known = column.notna().to_numpy() & (weight > 0)
        truth, predicted = np.empty(0), scores[known]
        if name in self.classes_:
            predicted = to_proba(predicted)
            if known.any():
                truth = tasks.encode_classes(name, column[known], self.classes_[name])
        else:
            predicted = self._decode(name, predicted)
            truth = tasks.read_values(name, column)[known]
        return Answers(name, self.tasks_[name], truth, predicted, weight[known])
