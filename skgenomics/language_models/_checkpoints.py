"""Checkpoints from which an interrupted training goes on as if nothing had happened."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch.history import History

from skgenomics.training.batches import BatchLoader

_FORMAT = 1
# What early stopping remembers of the epochs before.
_STOPPING = ("misses_", "dynamic_threshold_", "best_epoch_", "best_model_weights_")


class Checkpoint:
    """A file that holds all that training needs to go on, from within an epoch too.

    Parameters
    ----------
    path : str or Path
        The file. It is replaced as a whole, so that there is always a complete one.
    every : int
        Batches between two of them.
    origin : dict of str to str
        What training depends on: settings and data. A checkpoint of another origin is an error.
    seed : int
        Seed of the training.
    """

    def __init__(self, path: str | Path, every: int, origin: dict[str, str], seed: int):
        self.path = Path(path)
        self.every = every
        self.origin = origin
        self.seed = seed
        self.n_batches = 0
        self.saved: dict[str, Any] | None = None
        self._epoch_start: list[torch.Tensor] = []
        self._device = "cpu"

    @property
    def is_finished(self) -> bool:
        """Whether the training has come to its end."""
        return self.saved is not None and self.saved["finished"]

    def read(self) -> None:
        """Read the file, if there is one; raise a ValueError if it is of another training."""
        if self.path.is_file():
            self.saved = read_checkpoint(self.path)
            _check_same_origin(self.path, self.saved["origin"], self.origin)
            self.seed = self.saved["seed"]

    def history(self) -> History:
        """What happened in each epoch until the file was written."""
        return History.from_file(io.StringIO(self.saved["history"]))

    def restore(self, net) -> None:
        """Bring a net that is about to train to where the checkpoint was written."""
        saved, self._device = self.saved, str(net.device)
        if saved is None:
            return
        net.module_.load_state_dict(saved["weights"])
        net.optimizer_.load_state_dict(saved["optimizer"])
        callbacks = dict(net.callbacks_)
        if saved["schedule"] is not None:
            callbacks["_schedule"].lr_scheduler_.load_state_dict(saved["schedule"])
        if saved["stopping"] is not None:
            vars(callbacks["_early_stopping"]).update(saved["stopping"])
        net.history_ = self.history()
        # The epoch that was under way begins again, and goes through what it did already.
        saved["epoch"] = net.history.pop()
        self.n_batches = saved["n_batches"]

    def begin_epoch(self, net) -> None:
        """Remember the random state that the order of the batches is drawn from."""
        if self.saved is not None and "epoch" in self.saved:
            net.history[-1]["batches"] = self.saved.pop("epoch")["batches"]
            _set_random_state(self.saved["epoch_start"], self._device)
        self._epoch_start = _random_state(self._device)

    def skip(self) -> int:
        """How many batches of the epoch that begins are done; also sets the random state then."""
        saved, self.saved = self.saved, None
        if saved is None:
            return 0
        _set_random_state(saved["random_state"], self._device)
        return saved["n_done"]

    def end_batch(self, net) -> None:
        """Write the file, if it is time to."""
        self.n_batches += 1
        if self.n_batches % self.every == 0:
            self.write(net)

    def write(self, net, *, finished: bool = False) -> None:
        """Write the file."""
        callbacks = dict(net.callbacks_)
        schedule = callbacks.get("_schedule")
        state = {
            "format": _FORMAT,
            "finished": finished,
            "origin": self.origin,
            "seed": self.seed,
            "weights": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "schedule": None if schedule is None else schedule.lr_scheduler_.state_dict(),
            "stopping": _stopping_state(callbacks.get("_early_stopping")),
            "history": _write_history(net.history),
            "n_batches": self.n_batches,
            "n_done": len(net.history[-1]["batches"]),
            "epoch_start": self._epoch_start,
            "random_state": _random_state(self._device),
        }
        part = self.path.with_name(f"{self.path.name}.part{os.getpid()}")
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)


def find_checkpoint(path: str | Path, every: int, origin: dict[str, str], seed: int) -> Checkpoint:
    """The checkpoint of a training, with what an earlier run of it has written.

    Raises
    ------
    ValueError
        If there is no such folder, or a file of something else, or of another training.
    """
    path = Path(path)
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ValueError(f"checkpoint={str(path)!r} must be a file in a folder that exists")
    checkpoint = Checkpoint(path, every, origin, seed)
    checkpoint.read()
    return checkpoint


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; raise a ValueError if it is damaged or something else."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        known = isinstance(saved, dict) and saved.get("format") == _FORMAT
    except Exception as error:
        raise ValueError(
            f"{path} is no checkpoint, or it is damaged ({str(error)[:200]}); remove it to train "
            "from the start, or name another file"
        ) from error
    if not known:
        raise ValueError(
            f"{path} is no checkpoint of this version of skgenomics; remove it to train from the "
            "start, or name another file"
        )
    return saved


def _check_same_origin(path: Path, theirs: dict[str, str], ours: dict[str, str]) -> None:
    names = [name for name in sorted(ours | theirs) if theirs.get(name) != ours.get(name)]
    if names:
        differences = "; ".join(
            f"{name} was {theirs.get(name, 'absent')} and is {ours.get(name, 'absent')} now"
            for name in names
        )
        raise ValueError(
            f"{path} is the checkpoint of another training: {differences}. Remove it to train from "
            "the start, or name another file"
        )


def _write_history(history: History) -> str:
    """History in JSON, without the batches of the epochs that are over."""
    *over, last = history.to_list()
    epochs = [*({**epoch, "batches": []} for epoch in over), last]
    return json.dumps(epochs, default=lambda value: value.item())


def _stopping_state(callback) -> dict[str, Any] | None:
    if callback is None:
        return None
    state = {name: value for name, value in vars(callback).items() if name in _STOPPING}
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in state.items()}


def _random_state(device: str) -> list[torch.Tensor]:
    """State of the processor's random numbers, and behind it that of the GPU's, if one is used."""
    on_gpu = device.startswith("cuda")
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if on_gpu else [])]


def _set_random_state(states: list[torch.Tensor], device: str) -> None:
    torch.set_rng_state(states[0])
    # A checkpoint from another kind of device has none for this one, or one too many.
    if device.startswith("cuda") and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)


class ResumingLoader(BatchLoader):
    """Batches, of which those that a checkpoint has done already are passed over."""

    def __init__(self, dataset, batch_size: int, checkpoint: Checkpoint):
        super().__init__(dataset, batch_size, shuffle=True)
        self.checkpoint = checkpoint

    def __iter__(self) -> Iterator:
        batches = np.array_split(self._order(len(self.dataset)), len(self))
        for rows in batches[self.checkpoint.skip() :]:
            yield self.dataset[rows]


class CheckpointedTraining:
    """What a net does with its `checkpoint`, if it has one."""

    checkpoint: Checkpoint | None = None

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """As of any net, but for batches that a checkpoint has done already."""
        if training and self.checkpoint is not None:
            return ResumingLoader(dataset, self.batch_size, self.checkpoint)
        return super().get_iterator(dataset, training)

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train the epochs that are left."""
        if self.checkpoint is not None:
            self.checkpoint.restore(self)
            epochs -= len(self.history)
        return super().fit_loop(X, y, epochs=epochs, **fit_params)

    def notify(self, method_name, **cb_kwargs) -> None:
        """Call the callbacks, and then see to the checkpoint, which holds what they did too."""
        super().notify(method_name, **cb_kwargs)
        if self.checkpoint is None:
            return
        if method_name == "on_epoch_begin":
            self.checkpoint.begin_epoch(self)
        elif method_name == "on_batch_end" and cb_kwargs["training"]:
            self.checkpoint.end_batch(self)
