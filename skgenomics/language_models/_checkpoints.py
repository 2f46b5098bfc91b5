"""Checkpoints from which an interrupted training continues exactly where it stopped.

A checkpoint file is a line that names the format, a line with the SHA-256 digest of all that
follows, and a state that :func:`torch.save` wrote. The archive of torch is not checked when it is
read: without the digest, a flipped bit would silently become another parameter.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import re
import zlib
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch.history import History

from skgenomics._utils.files import replace_file
from skgenomics.training import Net
from skgenomics.training.batches import BatchLoader

_MAGIC = b"skgenomics training checkpoint 2\n"
# State of early stopping that carries over from one epoch to the next.
_STOPPING = ("misses_", "dynamic_threshold_", "best_epoch_", "best_model_weights_")


class TrainingCheckpoint:
    """Complete state of a training, from which it can be resumed within an epoch too.

    Resumed parameters are bitwise those of an uninterrupted training.

    Parameters
    ----------
    path : Path
        File, which is always replaced as a whole.
    every : int
        Number of batches between two writes.
    origin : dict of str to str
        Descriptions of all that training depends on: hyperparameters and data.
    seed : int
        Seed of the training.
    """

    def __init__(self, path: Path, every: int, origin: dict[str, str], seed: int):
        self.path = path
        self.every = every
        self.origin = origin
        self.seed = seed
        self.n_batches = 0
        self._state: dict[str, Any] = {}
        self._interrupted_epoch: dict[str, Any] | None = None
        self._is_to_resume = False
        self._epoch_start: list[torch.Tensor] = []
        self._device = "cpu"

    @property
    def is_finished(self) -> bool:
        """Whether the training has run to its end."""
        return bool(self._state.get("finished"))

    def read(self) -> None:
        """Read the file, if there is one.

        Raises
        ------
        ValueError
            If it is damaged or belongs to another training.
        """
        if self.path.is_file():
            state = read_checkpoint(self.path)
            _check_same_origin(self.path, state["origin"], self.origin)
            self._state, self._is_to_resume, self.seed = state, True, state["seed"]

    def parameters(self) -> dict[str, torch.Tensor]:
        """Give the state of the module."""
        return self._state["weights"]

    def history(self) -> History:
        """Give the skorch history up to the last write."""
        return History.from_file(io.StringIO(self._state["history"]))

    def restore(self, net: Net) -> None:
        """Bring a net that is about to train to the state of the file."""
        self._device = str(net.device)
        if not self._is_to_resume:
            return
        state = self._state
        net.module_.load_state_dict(state["weights"])
        net.optimizer_.load_state_dict(state["optimizer"])
        callbacks = dict(net.callbacks_)
        if state["schedule"] is not None:
            callbacks["_schedule"].lr_scheduler_.load_state_dict(state["schedule"])
        if state["stopping"] is not None:
            callbacks["_early_stopping"].__dict__.update(state["stopping"])
        net.history_ = self.history()
        # The interrupted epoch begins again, and then skips the batches that are done.
        self._interrupted_epoch = net.history.pop()
        self.n_batches = state["n_batches"]

    def begin_epoch(self, net: Net) -> None:
        """Record the random state from which the order of the batches is drawn."""
        if self._interrupted_epoch is not None:
            net.history[-1]["batches"] = self._interrupted_epoch["batches"]
            self._interrupted_epoch = None
            _set_random_state(self._state["epoch_start"], self._device)
        self._epoch_start = _random_state(self._device)

    def skip(self) -> int:
        """Count the finished batches of the epoch that begins, and restore the random state."""
        if not self._is_to_resume:
            return 0
        self._is_to_resume = False
        state, self._state = self._state, {}
        _set_random_state(state["random_state"], self._device)
        return state["n_done"]

    def end_batch(self, net: Net) -> None:
        """Write the file after every `every`-th batch."""
        self.n_batches += 1
        if self.n_batches % self.every == 0:
            self.write(net)

    def write(self, net: Net, *, finished: bool = False) -> None:
        """Write the state of a net to the file."""
        callbacks = dict(net.callbacks_)
        schedule = callbacks.get("_schedule")
        state = {
            "finished": finished,
            "origin": self.origin,
            "seed": self.seed,
            "weights": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "schedule": None if schedule is None else schedule.lr_scheduler_.state_dict(),
            "stopping": _stopping_state(callbacks.get("_early_stopping")),
            "history": _history_as_json(net.history),
            "n_batches": self.n_batches,
            "n_done": len(net.history[-1]["batches"]),
            "epoch_start": self._epoch_start,
            "random_state": _random_state(self._device),
        }
        write_checkpoint(self.path, state)


def find_checkpoint(
    path: str | PathLike, every: int, origin: dict[str, str], seed: int
) -> TrainingCheckpoint:
    """Prepare the checkpoint of a training, with the state of an earlier run if there is one.

    Raises
    ------
    ValueError
        If the path has no folder, or the file is damaged or belongs to another training.
    """
    path = Path(path)
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise ValueError(f"checkpoint={str(path)!r} must be a file in a folder that exists")
    checkpoint = TrainingCheckpoint(path, every, origin, seed)
    checkpoint.read()
    return checkpoint


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace a checkpoint file by a new one, which is complete on the disk before."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with replace_file(path) as new, new.open("wb") as file:
        file.write(_MAGIC + _digest(buffer.getbuffer()) + b"\n")
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read the state in a checkpoint file.

    Raises
    ------
    ValueError
        If it is not a checkpoint, not exactly what was written, or holds pickled objects.
    """
    remedy = "remove it to train from scratch, or name another file"
    magic, _, rest = path.read_bytes().partition(b"\n")
    if magic + b"\n" != _MAGIC:
        raise ValueError(
            f"{path} is not a checkpoint of this version of skgenomics, or it is damaged; {remedy}"
        )
    digest, _, content = rest.partition(b"\n")
    if digest != _digest(content):
        raise ValueError(
            f"{path} is a damaged checkpoint: its content does not have the checksum with which "
            f"it was written; {remedy}"
        )
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # The checksum is right, so that somebody else wrote this file.
        raise ValueError(
            f"{path} holds pickled objects beside tensors, which can run any code on your machine, "
            f"and no checkpoint does; {remedy}"
        ) from error


def describe_setting(value: Any) -> str:
    """Describe the value of a hyperparameter in the same way in every process."""
    # The representation of a function includes its address in memory.
    return re.sub(" at 0x[0-9A-Fa-f]+", "", repr(value))


def describe_parameters(source: Any) -> str:
    """Describe a pretrained model by its class and the checksum of its parameters."""
    checksum = 0
    for weight in source.net_.weights().values():
        checksum = zlib.crc32(weight.tobytes(), checksum)
    return f"a {type(source).__name__} with weights of checksum {checksum:08x}"


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _check_same_origin(path: Path, theirs: dict[str, str], ours: dict[str, str]) -> None:
    names = [name for name in sorted(ours | theirs) if theirs.get(name) != ours.get(name)]
    if names:
        differences = "; ".join(
            f"{name} was {theirs.get(name, 'absent')} and is {ours.get(name, 'absent')} now"
            for name in names
        )
        raise ValueError(
            f"{path} is the checkpoint of another training: {differences}. Remove it to train "
            "from scratch, or name another file"
        )


def _history_as_json(history: History) -> str:
    """Serialize a history, without the batches of finished epochs."""
    *finished, last = history.to_list()
    epochs = [*({**epoch, "batches": []} for epoch in finished), last]
    return json.dumps(epochs, default=lambda value: value.item())


def _stopping_state(callback: Any) -> dict[str, Any] | None:
    if callback is None:
        return None
    state = {name: value for name, value in vars(callback).items() if name in _STOPPING}
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in state.items()}


def _random_state(device: str) -> list[torch.Tensor]:
    """Give the random state of the CPU, followed by that of the GPU if one is used."""
    on_gpu = device.startswith("cuda")
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if on_gpu else [])]


def _set_random_state(states: list[torch.Tensor], device: str) -> None:
    torch.set_rng_state(states[0])
    # A checkpoint that was written on another kind of device lacks the state of this one.
    if device.startswith("cuda") and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)


class ResumingBatchLoader(BatchLoader):
    """Shuffled batches, without those that a checkpoint has finished already."""

    def __init__(self, dataset, batch_size: int, checkpoint: TrainingCheckpoint):
        super().__init__(dataset, batch_size, shuffle=True)
        self.checkpoint = checkpoint

    def __iter__(self) -> Iterator:
        batches = np.array_split(self._order(len(self.dataset)), len(self))
        for rows in batches[self.checkpoint.skip() :]:
            yield self.dataset[rows]


class CheckpointedNet(Net):
    """A net that writes and resumes its `checkpoint`, if it has one."""

    checkpoint: TrainingCheckpoint | None = None

    def get_iterator(self, dataset, training=False) -> BatchLoader:
        """Make batches, without those that the checkpoint has finished."""
        if training and self.checkpoint is not None:
            return ResumingBatchLoader(dataset, self.batch_size, self.checkpoint)
        return super().get_iterator(dataset, training)

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train the remaining epochs."""
        if self.checkpoint is not None:
            self.checkpoint.restore(self)
            epochs -= len(self.history)
        return super().fit_loop(X, y, epochs=epochs, **fit_params)

    def notify(self, method_name, **cb_kwargs) -> None:
        """Notify the callbacks first and the checkpoint last, so that it records their effect."""
        super().notify(method_name, **cb_kwargs)
        if self.checkpoint is None:
            return
        if method_name == "on_epoch_begin":
            self.checkpoint.begin_epoch(self)
        elif method_name == "on_batch_end" and cb_kwargs["training"]:
            self.checkpoint.end_batch(self)
