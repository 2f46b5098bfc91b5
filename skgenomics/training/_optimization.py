"""Optimizers and learning-rate schedules by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from skorch.callbacks import LRScheduler
from torch import optim
from torch.optim import lr_scheduler

# Approximate number of optimizer steps, and limits of the number of epochs.
_STEPS, _MIN_EPOCHS, _MAX_EPOCHS = 600, 16, 60
_MIN_BATCH, _MAX_BATCH = 16, 128
# Small data sets need small batches, or an epoch has too few steps.
_BATCHES_PER_EPOCH = 40
# The threshold of HistGradientBoostingClassifier(early_stopping="auto").
_SMALL_DATA = 10_000


def choose_batch_size(batch_size: int | str, n: int) -> int:
    """Choose the batch size; "auto" is a power of 2 that gives about 40 batches per epoch."""
    if batch_size != "auto":
        return int(batch_size)
    power = round(np.log2(max(1, n / _BATCHES_PER_EPOCH)))
    return int(np.clip(2**power, _MIN_BATCH, _MAX_BATCH))


def choose_epochs(max_iter: int | str, n: int, batch_size: int) -> int:
    """Choose the number of epochs; "auto" gives about 600 optimizer steps."""
    if max_iter != "auto":
        return int(max_iter)
    return int(np.clip(round(_STEPS * batch_size / n), _MIN_EPOCHS, _MAX_EPOCHS))


def stops_early(early_stopping: bool | str, n: int) -> bool:
    """Tell whether to hold out validation data; "auto" does so for at least 10,000 samples."""
    return n >= _SMALL_DATA if early_stopping == "auto" else bool(early_stopping)


_OPTIMIZERS = {
    name.lower(): value
    for name, value in vars(optim).items()
    if isinstance(value, type) and issubclass(value, optim.Optimizer)
}
# The base class, and optimizers that need more than dense gradients of every parameter.
for _name in ("optimizer", "lbfgs", "sparseadam", "muon"):
    _OPTIMIZERS.pop(_name, None)


def choose_optimizer(optimizer: str | Callable) -> Callable:
    """Look up an optimizer of torch by its case-insensitive name; return a class unchanged."""
    if callable(optimizer):
        return optimizer
    if str(optimizer).lower() not in _OPTIMIZERS:
        raise ValueError(
            f"optimizer must be one of {sorted(_OPTIMIZERS)} or a class, got {optimizer!r}"
        )
    return _OPTIMIZERS[optimizer.lower()]


def default_params(optimizer: Callable, weight_decay: float) -> dict[str, Any]:
    """Return the default parameters of an optimizer, which `optimizer_params` overrides."""
    named = inspect.signature(optimizer).parameters
    params = {"weight_decay": weight_decay} if "weight_decay" in named else {}
    if "fused" in named:
        # One pass over the parameters instead of one per operation, on CPUs too.
        params["fused"] = True
    return params


def _one_cycle(learning_rates: list[float], n_steps: int) -> LRScheduler:
    return LRScheduler(
        lr_scheduler.OneCycleLR,
        max_lr=learning_rates,
        # torch divides by zero if a tenth of the steps is one step.
        total_steps=n_steps + (2 if n_steps == 9 else 1),
        pct_start=0.1,
        cycle_momentum=False,
        step_every="batch",
    )


def _cosine(learning_rates: list[float], n_steps: int) -> LRScheduler:
    return LRScheduler(lr_scheduler.CosineAnnealingLR, T_max=n_steps, step_every="batch")


def _linear(learning_rates: list[float], n_steps: int) -> LRScheduler:
    return LRScheduler(
        lr_scheduler.LinearLR,
        start_factor=1.0,
        end_factor=0.0,
        total_iters=n_steps,
        step_every="batch",
    )


_SCHEDULES = {"onecycle": _one_cycle, "cosine": _cosine, "linear": _linear}


def make_schedule(schedule: str | None, learning_rates: list[float], n_steps: int) -> list[Any]:
    """Make the callback of a learning-rate schedule over `n_steps` batches, if any.

    `learning_rates` has the maximum of each parameter group.
    """
    if schedule is None:
        return []
    if schedule not in _SCHEDULES:
        raise ValueError(f"schedule must be None or one of {sorted(_SCHEDULES)}, got {schedule!r}")
    return [("_schedule", _SCHEDULES[schedule](learning_rates, n_steps))]
