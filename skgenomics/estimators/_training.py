"""The training skeleton of all estimators: from a call of `fit` to the epochs of the net."""

from __future__ import annotations

import contextlib
import copy
import inspect
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, NoReturn, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import _num_samples
from skorch.callbacks import Callback, EarlyStopping, GradientNormClipping
from torch import nn

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.estimators._targets import (
    column_names,
    keep_target_names,
    read_sample_weight,
    take_weighted_rows,
)
from skgenomics.estimators._transfer import find_source
from skgenomics.networks.imported import ImportedNetwork, remove_tensors, restore_tensors
from skgenomics.training import (
    Checkpoint,
    MaxNorm,
    Net,
    Penalty,
    Regularization,
    SequenceDataset,
    isolated_rng,
    resolve_device,
)
from skgenomics.training._checkpoints import TrainingCheckpoint, find_checkpoint, stored_seed
from skgenomics.training._descriptions import (
    describe_array,
    describe_parameters,
    describe_setting,
)
from skgenomics.training._freezing import parameter_groups
from skgenomics.training._optimization import (
    choose_batch_size,
    choose_epochs,
    choose_optimizer,
    default_params,
    make_schedule,
    stops_early,
)
from skgenomics.training._precision import PRECISIONS
from skgenomics.training._validation_split import (
    is_splitter,
    labelled_validation_rows,
    splitter_rows,
)
from skgenomics.training.batches import n_batches

# Parameters that a clone shares with its original: a pretrained model is data that scikit-learn
# would make unfitted, and callbacks may hold files or connections that cannot be copied.
_SHARED_BY_CLONES = ("pretrained", "callbacks")


class TrainingData(NamedTuple):
    """Samples to train on, and how to split off a validation part.

    Attributes
    ----------
    dataset : SequenceDataset
        All samples.
    seed : int
        Seed of the split, the parameters of the network and the order of the batches.
    labels : ndarray of shape (n_samples,) or None
        Classes to keep in proportion in both parts.
    groups : array-like of shape (n_samples,) or None
        Samples of one group stay in one part.
    validation : SequenceDataset or None
        Samples to validate on; None for a part of `dataset`.
    """

    dataset: Any
    seed: int
    labels: np.ndarray | None = None
    groups: Any = None
    validation: Any = None


@dataclass(kw_only=True, eq=False, repr=False)
class NetEstimator(BaseEstimator):
    """Base of the estimators that hold a skorch net, supervised or not.

    `_fit` is the skeleton of every fit. A subclass fills in the steps: it reads its input
    (`_read`, `_learn_input`) and its targets (`_read_y`, `_learn_targets`, `_encode_targets`),
    builds the net (`_make_net`) from attributes learned before, so that a pickle can rebuild it,
    and gives it a loss (`_prepare_training`).
    """

    # False for estimators without `partial_fit`.
    _can_resume: ClassVar[bool] = True
    # Hyperparameters that hold others, of this class and not of its bases: the class of each one,
    # or classes by the names that stand for them.
    _groups: ClassVar[dict[str, Any]] = {
        "regularization": Regularization,
        "checkpoint": Checkpoint,
    }
    # Hyperparameters that training does not depend on: a resumed training may change them.
    _free_on_resume: ClassVar[frozenset[str]] = frozenset(
        {"checkpoint", "callbacks", "device", "verbose", "n_jobs"}
    )

    optimizer: str | Callable = "adamw"
    optimizer_params: dict[str, Any] | None = None
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    regularization: Regularization | None = None
    schedule: str | None = "onecycle"
    max_grad_norm: float | None = 1.0
    batch_size: int | str = "auto"
    max_iter: int | str = "auto"
    early_stopping: bool | str = "auto"
    validation_fraction: Any = 0.1
    n_iter_no_change: int = 10
    tol: float = 1e-4
    warm_start: bool = False
    callbacks: list | None = None
    checkpoint: str | os.PathLike | Checkpoint | None = None
    precision: str = "fp32"
    compile: bool = False
    device: str = "auto"
    random_state: int | np.random.RandomState | None = None
    verbose: int = 0

    @property
    def _is_imported(self) -> bool:
        """Whether the network was trained elsewhere, so that its outputs have their own units."""
        return isinstance(getattr(self, "network", None), ImportedNetwork)

    @property
    def _has_balanced_batches(self) -> bool:
        """Whether each batch holds the same number of samples of every class."""
        return False

    def _fit(
        self,
        X,
        y=None,
        sample_weight=None,
        groups=None,
        *,
        one_epoch=False,
        classes=None,
        validation=(None, None, None),
    ) -> Self:
        """Train for `max_iter` epochs, or for one more; an error leaves the estimator as it was."""
        with _restored_on_error(self):
            self._check_settings()
            held_out = choose_validation(*validation)
            resume = "net_" in vars(self) and (one_epoch or self.warm_start)
            data = self._read_training(X, y, sample_weight, groups, resume=resume, classes=classes)
            if data is not None:
                if held_out is not None:
                    data = data._replace(validation=self._read_held_out(*held_out))
                self._fit_net(data, resume=resume, one_epoch=one_epoch)
        return self

    def _adopt_network(self, X, y=None, classes=None) -> Self:
        """Become fitted with the parameters that a new network has, without any training.

        Parameters
        ----------
        X, y : array-like
            Samples of the form that the network reads and predicts. They are read as in `fit`, to
            learn sizes, classes and names from them, and are not trained on.
        classes : array-like or None, default=None
            All classes, as in `partial_fit`.

        Returns
        -------
        self : object
            Fitted estimator.
        """
        with _restored_on_error(self):
            self._check_settings()
            data = self._read_training(X, y, None, None, resume=False, classes=classes)
            if data is None:
                raise ValueError(f"{type(self).__name__} holds no network of its own")
            device = resolve_device(self.device)
            with isolated_rng(data.seed, device):
                self.net_ = self._make_net(device)
            self.network_.eval()
        return self

    def _read_held_out(self, X, y, sample_weight=None) -> SequenceDataset:
        """Read validation data; errors say that they are of these."""
        try:
            return self._read_validation(X, y, sample_weight)
        except (ValueError, TypeError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"validation_data: {error}") from error

    def _read_validation(self, X, y, sample_weight) -> SequenceDataset:
        """Read samples to validate on as those of fit, from which all is learned already."""
        y = self._read_y(y)
        data = self._read_samples(X, reset=False)
        check_consistent_length(data, y)
        y = self._match_targets(X, y)
        targets, weight = self._encode_targets(y, read_sample_weight(sample_weight, len(data)))
        extra = self._read_extra_inputs(X)
        return SequenceDataset(data, targets, weight, dtype=self.dtype_, extra_inputs=extra)

    def _fit_net(self, data: TrainingData, *, resume: bool, one_epoch: bool) -> None:
        """Build the net, unless training resumes, and train it."""
        device = resolve_device(self.device)
        checkpoint = None if one_epoch else self._find_checkpoint(data)
        with isolated_rng(data.seed + self.n_iter_, device):
            if not resume:
                self.net_ = self._make_net(device)
            data = data._replace(dataset=self._precompute(data.dataset))
            if data.validation is not None:
                data = data._replace(validation=self._precompute(data.validation))
            train, valid = (data.dataset, None) if one_epoch else self._split(data)
            with self._writing(checkpoint):
                if not resume:
                    self._initialize_net(train, data.seed)
                with self.net_.restored_on_error() if resume else nullcontext():
                    self._train(train, valid, one_epoch)

    @contextlib.contextmanager
    def _writing(self, checkpoint: TrainingCheckpoint | None) -> Iterator[None]:
        """Let the net write a checkpoint, and resume from it, within a block."""
        self.net_.checkpoint = checkpoint
        try:
            yield
        finally:
            self.net_.checkpoint = None

    def _find_checkpoint(self, data: TrainingData) -> TrainingCheckpoint | None:
        """Prepare the checkpoint of a training, or refuse that of another one."""
        if self.checkpoint is None:
            return None
        return find_checkpoint(self._group("checkpoint"), self._origin(data), data.seed)

    def _origin(self, data: TrainingData) -> dict[str, str]:
        """Describe all that a training depends on."""
        settings = self.get_params(deep=False)
        pretrained = settings.pop("pretrained", None)
        named = {k: v for k, v in settings.items() if k not in self._free_on_resume}
        origin = {name: describe_setting(value) for name, value in named.items()}
        origin["estimator"] = type(self).__name__
        if pretrained is not None:
            origin["pretrained"] = describe_parameters(find_source(pretrained))
        origin |= data.dataset.describe()
        if data.validation is not None:
            held_out = data.validation.describe()
            origin |= {f"{name} of the validation data": text for name, text in held_out.items()}
        if data.groups is not None:
            origin["groups"] = describe_array(data.groups)
        versions = {f"version of {name}": version(name) for name in ("skgenomics", "torch")}
        return origin | versions

    def _read_training(
        self, X, y, sample_weight, groups, *, resume: bool, classes=None
    ) -> TrainingData | None:
        """Read X and y and learn from them what the net is built for, unless training resumes."""
        if y is None and self.__sklearn_tags__().target_tags.required:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        self._check_something_is_trained(resume)
        seed = self._draw_seed()
        names = column_names(y)
        y = self._read_y(y)
        weight = None
        if y is not None or sample_weight is not None:
            weight = read_sample_weight(sample_weight, _num_samples(X if y is None else y))
            if not weight.all():
                X, y, weight, groups = take_weighted_rows(weight, X, y, weight, groups)
        data = self._read_samples(X, reset=not resume)
        check_consistent_length(data, y, groups)
        y = self._match_targets(X, y)
        weight = np.ones(len(data)) if weight is None else weight
        if not resume:
            self._learn_targets(y, weight, classes)
            keep_target_names(self, names)
            self._forget_training()
            self._learn_input(data, y, seed)
        targets, weight = self._encode_targets(y, weight)
        dataset = SequenceDataset(
            data, targets, weight, dtype=self.dtype_, extra_inputs=self._read_extra_inputs(X)
        )
        return TrainingData(dataset, seed, self._labels_to_stratify(y), groups)

    def _read(self, X, *, reset: bool) -> np.ndarray:
        """Check X and convert it to an array."""
        raise NotImplementedError

    def _read_samples(self, X, *, reset: bool) -> Any:
        """Read X to train or predict, by `_read` unless padding would need much memory."""
        return self._read(X, reset=reset)

    def _read_extra_inputs(self, X) -> dict[str, np.ndarray]:
        """Read the additional inputs of the network, by the names of its arguments."""
        return {}

    def _read_y(self, y) -> Any:
        """Check y and convert it to an array."""
        raise NotImplementedError

    def _match_targets(self, X, y) -> Any:
        """Match targets with the sequences that they belong to, or raise a ValueError."""
        return y

    def _learn_targets(self, y, weight: np.ndarray, classes) -> None:
        """Learn from y what the network has to predict, `n_outputs_` above all."""

    def _learn_input(self, data: np.ndarray, y, seed: int) -> None:
        """Learn from X what the network is built for, `dtype_` among it."""
        raise NotImplementedError

    def _encode_targets(self, y, weight: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """Targets as the loss takes them, and the weights of their entries."""
        raise NotImplementedError

    def _labels_to_stratify(self, y) -> np.ndarray | None:
        """Classes to keep in proportion when a validation part is split off."""
        return None

    def _check_something_is_trained(self, resume: bool) -> None:
        """Raise a ValueError if the settings leave no parameter to train."""

    def _make_net(self, device: str) -> Net:
        """Build the net with new parameters, in the state in which it predicts."""
        raise NotImplementedError

    def _precompute(self, dataset: SequenceDataset) -> SequenceDataset:
        """Replace the input by what frozen parts of the network compute from it, once for all."""
        return dataset

    def _initialize_net(self, dataset: SequenceDataset, seed: int) -> None:
        """Set parameters of a new net that do not start from random values."""

    def _split(self, data: TrainingData) -> tuple[Any, Any]:
        """Split the samples into a training part and, with early stopping, a validation part."""
        train, valid = data.dataset, data.validation
        has_splitter = is_splitter(self.validation_fraction)
        is_chosen = has_splitter and self.early_stopping == "auto"
        is_to_split = is_chosen or stops_early(self.early_stopping, len(train))
        if valid is None and is_to_split:
            rows = self._split_by_splitter(data) if has_splitter else self._split_rows(data)
            train, valid = map(train.subset, rows)
        if valid is not None and self._has_balanced_batches:
            valid = valid.with_balanced_weights()
        return train, valid

    def _split_by_splitter(self, data: TrainingData) -> tuple[np.ndarray, np.ndarray]:
        """Split the indices of the samples by a splitter that the user chose."""
        has_label = data.dataset.weight.reshape(len(data.dataset), -1).any(axis=1)
        X = data.dataset.X
        return splitter_rows(
            self.validation_fraction,
            X if isinstance(X, np.ndarray) else np.empty((len(X), 1)),
            data.labels,
            data.groups,
            has_label,
        )

    def _split_rows(self, data: TrainingData) -> tuple[np.ndarray, np.ndarray]:
        """Split into indices of training samples and of validation samples, which have a label."""
        has_label = data.dataset.weight.reshape(len(data.dataset), -1).any(axis=1)
        return labelled_validation_rows(
            has_label, data.labels, data.groups, self.validation_fraction, data.seed
        )

    def _train(self, train: SequenceDataset, valid: SequenceDataset | None, one_epoch: bool):
        """Train the net for `max_iter` epochs, or for one more at a constant learning rate."""
        if one_epoch and not isinstance(self.net_.criterion_, nn.Identity):
            self.net_.set_learning_rate(self.learning_rate)
        else:
            self._prepare_training(train, self.learning_rate)
        with self._frozen() as callbacks:
            self._run_epochs(
                train,
                valid,
                1 if one_epoch else self.max_iter,
                peak=None if one_epoch else self.learning_rate,
                balanced=self._has_balanced_batches,
                callbacks=callbacks,
                is_main=not one_epoch,
            )

    def _frozen(self) -> AbstractContextManager[list]:
        """Keep frozen layers as they are; yields the callbacks that unfreeze them."""
        return nullcontext([])

    def _prepare_training(self, dataset: SequenceDataset, learning_rate: float) -> None:
        """Give the net its loss and a new optimizer, by `_prepare_net`."""
        raise NotImplementedError

    def _prepare_net(self, loss: nn.Module, learning_rate: float, layer_decay: float = 1.0) -> None:
        optimizer = choose_optimizer(self.optimizer)
        params = default_params(optimizer, self.weight_decay) | (self.optimizer_params or {})
        check_accepted(optimizer, self.optimizer_params or {}, "optimizer_params")
        groups = parameter_groups(self.network_, learning_rate, layer_decay)
        limits = self._group("regularization")
        penalty = Penalty(limits.l1, limits.l2) if limits.l1 or limits.l2 else None
        self.net_.prepare(loss, partial(optimizer, lr=learning_rate, **params), groups, penalty)

    def _forget_training(self) -> None:
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] = []
        self.n_iter_: int = 0

    def _run_epochs(
        self,
        dataset: SequenceDataset,
        valid: SequenceDataset | None,
        epochs: int | str,
        *,
        peak: float | None,
        balanced: bool = False,
        callbacks: list | None = None,
        is_main: bool = False,
    ) -> None:
        """Train with the current optimizer, and record the losses.

        `peak` is the maximum learning rate of the schedule; None keeps the rate constant. Callbacks
        that monitor a validation part are refused in the main training without one, and left out
        of single epochs and of a second stage.
        """
        net, n = self.net_, len(dataset)
        batch_size = choose_batch_size(self.batch_size, n)
        epochs = choose_epochs(epochs, n, batch_size)
        callbacks = (callbacks or []) + self._make_callbacks(valid is not None)
        if valid is None:
            unserved = [c for c in callbacks if _monitors_validation(c)]
            if unserved and is_main:
                self._refuse_unserved_callback(unserved[0])
            callbacks = [c for c in callbacks if not _monitors_validation(c)]
        if peak is not None:
            peaks = [peak * group["share"] for group in net.optimizer_.param_groups]
            n_steps = epochs * n_batches(n, batch_size)
            callbacks = make_schedule(self.schedule, peaks, n_steps) + callbacks
        net.train_on(
            dataset,
            valid,
            epochs=epochs,
            batch_size=batch_size,
            callbacks=callbacks,
            balanced=balanced,
            precision=self.precision,
            compile=self.compile,
        )
        self.n_iter_ += len(net.history)
        self.loss_curve_ = [*self.loss_curve_, *map(float, net.history[:, "train_loss"])]
        if valid is not None:
            losses = map(float, net.history[:, "valid_loss"])
            self.validation_loss_curve_ = [*self.validation_loss_curve_, *losses]
        if not np.isfinite(self.loss_curve_[-1]) or not net.is_finite():
            warnings.warn(
                f"training diverged: the loss is {self.loss_curve_[-1]} after {self.n_iter_} "
                "epochs; choose a smaller learning_rate, or scale numeric channels",
                ConvergenceWarning,
                stacklevel=6,
            )

    def _make_callbacks(self, validates: bool) -> list:
        callbacks: list = []
        if self.max_grad_norm is not None:
            callbacks += [("_clipping", GradientNormClipping(self.max_grad_norm))]
        max_norm = self._group("regularization").max_norm
        if max_norm is not None:
            callbacks += [("_max_norm", MaxNorm(max_norm))]
        if not isinstance(self.callbacks, list | tuple | None):
            raise ValueError(f"callbacks must be a list of callbacks, got {self.callbacks!r}")
        callbacks += map(_instantiate, self.callbacks or [])
        if validates and self.early_stopping is not False:
            stopping = EarlyStopping(
                patience=self.n_iter_no_change,
                threshold=self.tol,
                threshold_mode="abs",
                load_best=True,
            )
            # The last one, since it ends the epoch for those behind it.
            callbacks += [("_early_stopping", stopping)]
        return callbacks

    def _refuse_unserved_callback(self, callback) -> NoReturn:
        callback = callback[1] if isinstance(callback, tuple) else callback
        raise ValueError(
            f"{type(callback).__name__} in callbacks monitors {callback.monitor!r}, but there is "
            f"no validation part with early_stopping={self.early_stopping!r}; set "
            "early_stopping=True, pass validation_data to fit, or let it monitor 'train_loss'"
        )

    def _draw_seed(self) -> int:
        """Draw the seed of a training, or take that of the training to resume."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if self.checkpoint is None or isinstance(self.random_state, Integral):
            return seed
        stored = stored_seed(self._group("checkpoint"))
        return seed if stored is None else stored

    def _check_settings(self) -> None:
        for name in self._group_types():
            self._check_group(name)
        check_real("learning_rate", self.learning_rate, 0, inclusive=False)
        check_real("weight_decay", self.weight_decay, 0)
        if self.max_iter != "auto":
            check_integer("max_iter", self.max_iter, 1)
        check_choice("early_stopping", self.early_stopping, (True, False, "auto"))
        if not is_splitter(self.validation_fraction):
            check_real("validation_fraction", self.validation_fraction, 0, 1, inclusive=False)
        check_integer("n_iter_no_change", self.n_iter_no_change, 1)
        check_real("tol", self.tol, 0)
        if self.batch_size != "auto":
            check_integer("batch_size", self.batch_size, 1)
        if self.checkpoint is not None:
            self._check_checkpoint()
        check_choice("precision", self.precision, tuple(PRECISIONS))
        check_choice("compile", self.compile, (True, False))
        if self.precision == "fp16" and resolve_device(self.device) == "cpu":
            raise ValueError(
                "precision='fp16' needs a GPU: a CPU computes slowly in it, and gains nothing; use "
                "'bf16' or 'fp32'"
            )
        if self.max_grad_norm is not None:
            check_real("max_grad_norm", self.max_grad_norm, 0, inclusive=False)

    def _check_checkpoint(self) -> None:
        if self.warm_start:
            raise ValueError(
                "checkpoint records a training from its start; set warm_start=False, or "
                "checkpoint=None"
            )
        if self._group("checkpoint").per_fit and not isinstance(self.random_state, Integral):
            raise ValueError(
                "checkpoints with per_fit=True are told apart by the hyperparameters, and need an "
                f"integer random_state, got {self.random_state!r}"
            )

    @property
    def network_(self) -> nn.Module:
        """The trained torch module."""
        return self.net_.module_

    def _refuse_diverged(self, scores: np.ndarray) -> np.ndarray:
        """Return scores, or raise a ValueError if they are those of a training that diverged."""
        # Parameters that are not finite leave no finite scores, which are quicker to look at.
        if not np.isfinite(scores).all() and not self.net_.is_finite():
            raise ValueError(
                f"the network of this {type(self).__name__} has parameters that are not finite, "
                "since training diverged; fit it again with a smaller learning_rate, or scale "
                "numeric channels"
            )
        return scores

    def __sklearn_is_fitted__(self) -> bool:
        return "net_" in vars(self)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the hyperparameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            If True, also return those of nested objects; a pretrained model has none to set.

        Returns
        -------
        params : dict
            Hyperparameters by their names.
        """
        params = super().get_params(deep)
        if deep:
            network_params = params.get("network_params")
            if isinstance(network_params, dict):
                params |= {f"network__{name}": value for name, value in network_params.items()}
        return {name: v for name, v in params.items() if not name.startswith("pretrained__")}

    def set_params(self, **params) -> Self:
        """Set hyperparameters of this estimator.

        Parameters
        ----------
        **params : dict
            Hyperparameters by their names; those of nested objects as ``<name>__<parameter>``,
            and single entries of `network_params` as ``network__<parameter>``.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        own: dict[str, Any] = {}
        nested: dict[str, Any] = {}
        network: dict[str, Any] = {}
        groups = self._group_types()
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if inner and name == "network" and hasattr(self, "network_params"):
                network[inner] = value
            else:
                (nested if inner and name in groups else own)[key] = value
        super().set_params(**own)
        if network:
            # A hyperparameter of some subclasses.
            holder: Any = self
            holder.network_params = {**(holder.network_params or {}), **network}
        for name in {key.partition("__")[0] for key in nested}:
            if not hasattr(getattr(self, name), "set_params"):
                setattr(self, name, self._group(name))
        return super().set_params(**nested)

    @classmethod
    def _group_types(cls) -> dict[str, Any]:
        """Classes of the hyperparameters that hold others."""
        tables = [vars(base).get("_groups", {}) for base in reversed(cls.__mro__)]
        return {name: kind for table in tables for name, kind in table.items()}

    def _group(self, name: str) -> Any:
        """Object that holds a group of hyperparameters, a new one with defaults if it is None."""
        value = getattr(self, name)
        if hasattr(value, "get_params"):
            return value
        kind = self._group_types()[name]
        if kind is Checkpoint:
            return kind(value)
        return (kind[value] if isinstance(kind, dict) else kind)()

    def _check_group(self, name: str) -> None:
        value, kind = getattr(self, name), self._group_types()[name]
        if isinstance(kind, dict):
            is_group = isinstance(value, tuple(kind.values()))
            if is_group:
                value._check()
            return
        if kind is Checkpoint and (value is None or not hasattr(value, "get_params")):
            if value is not None:
                kind(value)._check()
            return
        if value is not None and not isinstance(value, kind):
            raise ValueError(
                f"{name} must be None or a {kind.__name__} of skgenomics.training, got {value!r}"
            )
        self._group(name)._check()

    def __sklearn_clone__(self):
        params = self.get_params(deep=False)
        shared = {name: params[name] for name in _SHARED_BY_CLONES if name in params}
        own = {k: clone(v, safe=False) for k, v in params.items() if k not in shared}
        twin = type(self)(**own, **shared)
        for name in ("_metadata_request", "_sklearn_output_config"):
            if hasattr(self, name):
                setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    def __getstate__(self):
        state = super().__getstate__().copy()
        # Paths are no plain values, which alone can be saved safely.
        paths = {k: os.fspath(v) for k, v in state.items() if isinstance(v, os.PathLike)}
        state |= paths
        network = state.get("network")
        if isinstance(network, nn.Module):
            skeleton, arrays, notes = remove_tensors(network)
            weights = state.get("weights_", {})
            same = [name for name, array in arrays.items() if _is_same(array, weights.get(name))]
            own = {name: array for name, array in arrays.items() if name not in same}
            state |= {"network": skeleton, "network_tensors_": [own, same, notes]}
        if "net_" in state:
            state["weights_"] = state.pop("net_").weights()
        return state

    def __setstate__(self, state):
        weights, tensors = state.get("weights_"), state.get("network_tensors_")
        stored = ("weights_", "network_tensors_")
        super().__setstate__({k: v for k, v in state.items() if k not in stored})
        if tensors is not None:
            own, same, notes = tensors
            arrays = own | {name: weights[name] for name in same}
            restore_tensors(state["network"], arrays, notes)
        if weights is not None:
            self._rebuild_net(weights)

    def _rebuild_net(self, weights: dict[str, np.ndarray]) -> None:
        """Build the net from the learned attributes, and load its parameters."""
        device = resolve_device(self.device, fall_back=True)
        with isolated_rng(0, device):
            self.net_ = self._make_net(device)
        self.net_.load_weights(weights)


@contextlib.contextmanager
def _restored_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Undo changes of the attributes of an estimator if a block fails or is interrupted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _is_same(a: np.ndarray, b: np.ndarray | None) -> bool:
    return (
        b is not None and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    )


def can_resume(estimator: NetEstimator) -> bool:
    """Tell whether an estimator has a method `partial_fit`."""
    return estimator._can_resume


def _instantiate(callback):
    """Return a callback instance unchanged; call a class or factory."""
    if isinstance(callback, tuple):
        return (callback[0], _instantiate(callback[1]))
    return callback if isinstance(callback, Callback) or not callable(callback) else callback()


def _monitors_validation(callback) -> bool:
    """Tell whether a callback reads the validation loss, which must then exist."""
    monitor = getattr(callback[1] if isinstance(callback, tuple) else callback, "monitor", None)
    return isinstance(monitor, str) and monitor.startswith("valid_loss")


def choose_validation(validation_data, X_val, y_val) -> tuple | None:
    """Choose the samples to validate on out of both ways to pass them to `fit`.

    Parameters
    ----------
    validation_data : tuple or None
        Samples, targets and possibly sample weights.
    X_val, y_val : array-like or None
        Samples and targets.

    Returns
    -------
    tuple or None
        Samples, targets and possibly sample weights; None if there are none.

    Raises
    ------
    ValueError
        If it is not a tuple of two or three, or both ways are used.
    """
    if validation_data is None:
        if y_val is not None and X_val is None:
            raise ValueError("y_val was passed without X_val")
        return None if X_val is None else (X_val, y_val)
    if X_val is not None or y_val is not None:
        raise ValueError("pass either validation_data or X_val and y_val, not both")
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
        raise ValueError(
            "validation_data must be a tuple (X_val, y_val) or (X_val, y_val, sample_weight), got "
            f"{type(validation_data).__name__}"
            + (f" of {len(validation_data)}" if isinstance(validation_data, tuple | list) else "")
        )
    return tuple(validation_data)


def check_accepted(function: Callable, names: Iterable[str], setting: str) -> None:
    """Raise a ValueError that names the setting if a function does not accept a parameter."""
    known = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in names:
        if name not in known:
            raise ValueError(
                f"{setting} has {name!r}, which {getattr(function, '__name__', function)} does "
                f"not accept; it accepts {', '.join(known)}"
            )
