"""How every network is trained: its hyper-parameters, their checks, and the callbacks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from skorch.callbacks import EarlyStopping, GradientNormClipping

from skgenomics.checks import check_choice, check_integer, check_real
from skgenomics.training import MaxNorm


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
