"""What everything that trains a network shares: the training loop, and pickles of plain arrays."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from skorch.callbacks import EarlyStopping, GradientNormClipping
from torch import nn

from skgenomics._utils.validation import check_choice, check_integer, check_real
from skgenomics.training import MaxNorm, Net, Penalty, SequenceDataset, isolated_rng, resolve_device
from skgenomics.training._freezing import parameter_groups
from skgenomics.training._optimization import (
    choose_batch_size,
    choose_epochs,
    choose_optimizer,
    default_params,
    make_schedule,
)
from skgenomics.training.batches import n_batches


@dataclass(kw_only=True, eq=False, repr=False)
class TrainingSettings(BaseEstimator):
    """Hyper-parameters of training."""

    optimizer: str | Callable = "adamw"
    optimizer_params: dict[str, Any] | None = None
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    schedule: str | None = "onecycle"
    max_grad_norm: float | None = 1.0
    batch_size: int | str = "auto"
    max_iter: int | str = "auto"
    early_stopping: bool | str = "auto"
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    tol: float = 1e-4
    warm_start: bool = False
    callbacks: list | None = None
    device: str = "auto"
    random_state: int | np.random.RandomState | None = None
    verbose: int = 0

    def _check_settings(self) -> None:
        for name in ("l1", "l2"):
            check_real(name, getattr(self, name), 0)
        if self.max_norm is not None:
            check_real("max_norm", self.max_norm, 0, inclusive=False)
        check_real("learning_rate", self.learning_rate, 0, inclusive=False)
        check_real("weight_decay", self.weight_decay, 0)
        if self.max_iter != "auto":
            check_integer("max_iter", self.max_iter, 1)
        check_choice("early_stopping", self.early_stopping, (True, False, "auto"))
        check_real("validation_fraction", self.validation_fraction, 0, 1, inclusive=False)
        check_integer("n_iter_no_change", self.n_iter_no_change, 1)
        check_real("tol", self.tol, 0)
        if self.batch_size != "auto":
            check_integer("batch_size", self.batch_size, 1)
        if self.max_grad_norm is not None:
            check_real("max_grad_norm", self.max_grad_norm, 0, inclusive=False)

    def _make_callbacks(self, validates: bool) -> list:
        callbacks = []
        if self.max_grad_norm is not None:
            callbacks += [("_clipping", GradientNormClipping(self.max_grad_norm))]
        if self.max_norm is not None:
            callbacks += [("_max_norm", MaxNorm(self.max_norm))]
        if not isinstance(self.callbacks, list | tuple | None):
            raise ValueError(f"callbacks must be a list of callbacks, got {self.callbacks!r}")
        callbacks += copy.deepcopy(list(self.callbacks or []))
        if validates:
            stopping = EarlyStopping(
                patience=self.n_iter_no_change,
                threshold=self.tol,
                threshold_mode="abs",
                load_best=True,
            )
            # The last one, since it ends the epoch for those behind it.
            callbacks += [("_early_stopping", stopping)]
        return callbacks


@dataclass(kw_only=True, eq=False, repr=False)
class NetEstimator(TrainingSettings):
    """Base of all that hold a skorch net, supervised or not.

    A subclass builds the net (`_make_net`) from attributes that it has learnt before, so that a
    pickle can build it again, and calls `_prepare_net` and `_run_epochs`.
    """

    def _make_net(self, device: str) -> Net:
        """The net with new weights, as it is used after training."""
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    @property
    def network_(self) -> nn.Module:
        """The trained torch module."""
        return self.net_.module_

    def _frozen(self) -> AbstractContextManager[list]:
        """Keeps what is frozen as it is while training; gives callbacks that free it later."""
        return nullcontext([])

    def _draw_seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _forget_training(self) -> None:
        self.loss_curve_, self.validation_loss_curve_, self.n_iter_ = [], [], 0

    def _prepare_net(self, learning_rate: float, loss: nn.Module, layer_decay: float = 1.0) -> None:
        """Give the net what it is trained with."""
        optimizer = choose_optimizer(self.optimizer)
        params = default_params(optimizer, self.weight_decay) | (self.optimizer_params or {})
        groups = parameter_groups(self.network_, learning_rate, layer_decay)
        penalty = Penalty(self.l1, self.l2) if self.l1 or self.l2 else None
        try:
            self.net_.prepare(loss, partial(optimizer, lr=learning_rate, **params), groups, penalty)
        except TypeError as error:
            if "unexpected keyword" not in str(error):
                raise
            raise ValueError(f"{error}; check optimizer_params") from error

    def _run_epochs(
        self,
        dataset: SequenceDataset,
        valid: SequenceDataset | None,
        epochs: int | str,
        *,
        peak: float | None,
        balanced: bool = False,
        callbacks: list | None = None,
    ) -> None:
        """Train with the optimiser that is there, and keep count.

        `peak` is the highest learning rate of the schedule; None leaves the rate as it is.
        """
        net, n = self.net_, len(dataset)
        batch_size = choose_batch_size(self.batch_size, n)
        epochs = choose_epochs(epochs, n, batch_size)
        callbacks = (callbacks or []) + self._make_callbacks(valid is not None)
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
        )
        self.n_iter_ += len(net.history)
        self.loss_curve_ += map(float, net.history[:, "train_loss"])
        if valid is not None:
            self.validation_loss_curve_ += map(float, net.history[:, "valid_loss"])
        if not np.isfinite(self.loss_curve_[-1]):
            warnings.warn(
                f"training diverged: the loss is {self.loss_curve_[-1]} after {self.n_iter_} "
                "epochs; choose a smaller learning_rate, or scale numeric channels",
                ConvergenceWarning,
                stacklevel=5,
            )

    def __getstate__(self):
        state = super().__getstate__().copy()
        # Paths are no plain values, which alone can be saved safely.
        paths = {k: os.fspath(v) for k, v in state.items() if isinstance(v, os.PathLike)}
        state |= paths
        if "net_" in state:
            state["weights_"] = state.pop("net_").weights()
        return state

    def __setstate__(self, state):
        weights = state.get("weights_")
        super().__setstate__({k: v for k, v in state.items() if k != "weights_"})
        if weights is not None:
            device = resolve_device(self.device, fall_back=True)
            with isolated_rng(0, device):
                self.net_ = self._make_net(device)
            self.net_.load_weights(weights)
