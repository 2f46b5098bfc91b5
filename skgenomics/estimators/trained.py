"""What everything that trains a network shares: the training loop, and pickles of plain arrays."""

from __future__ import annotations

import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from torch import nn

from skgenomics.estimators.training_settings import TrainingSettings
from skgenomics.training import Net, Penalty, SequenceDataset, isolated_rng, resolve_device
from skgenomics.training.batches import n_batches
from skgenomics.training.budget import choose_batch_size, choose_epochs
from skgenomics.training.freezing import parameter_groups
from skgenomics.training.optimizers import choose_optimizer, default_params, make_schedule


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
