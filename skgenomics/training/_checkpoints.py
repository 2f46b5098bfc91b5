"""Checkpoints from which an interrupted training continues exactly where it stopped.

A checkpoint file is a line that names the format, a line with the SHA-256 digest of all that
follows, and a state that :func:`torch.save` wrote. The archive of torch is not checked when it is
read: without the digest, a flipped bit would silently become another parameter.

A training has one stage for each call of :meth:`~skgenomics.training.Net.train_on`. The file holds
the result of each finished stage, and the state of the one that was interrupted.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.history import History

from skgenomics._utils.files import replace_file
from skgenomics.training.hyperparameters import Checkpoint

if TYPE_CHECKING:
    from skgenomics.training.net import Net

_MAGIC = b"skgenomics training checkpoint 3\n"
_FILE = "training.pt"
# State of early stopping that carries over from one epoch to the next.
_STOPPING = ("misses_", "dynamic_threshold_", "best_epoch_", "best_model_weights_")
# Entries of the origin that do not tell trainings apart, but make another one of the same.
_VERSIONS = ("version of skgenomics", "version of torch")


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
        Descriptions of all that training depends on: hyperparameters, data and versions.
    seed : int
        Seed of the training.

    Raises
    ------
    ValueError
        If there is a file that is damaged or belongs to another training.
    """

    def __init__(self, path: Path, every: int, origin: dict[str, str], seed: int):
        self.path = path
        self.every = every
        self.origin = origin
        self.seed = seed
        self.n_batches = 0
        self._finished: list[dict[str, Any]] = []
        self._interrupted: dict[str, Any] | None = None
        self._stage = 0
        self._epoch_start: list[torch.Tensor] = []
        self._device = "cpu"
        if path.is_file():
            state = read_checkpoint(path)
            _check_same_origin(path, state["origin"], origin)
            self.n_batches, self._finished = state["n_batches"], state["finished"]
            self._interrupted = state["interrupted"]

    def nested(self, name: str) -> TrainingCheckpoint:
        """Make the checkpoint of a part of the training, in a folder of its own.

        Parameters
        ----------
        name : str
            Name of the folder.

        Returns
        -------
        TrainingCheckpoint
            Checkpoint of the same origin.
        """
        folder = _make_folder(self.path.parent / name)
        return TrainingCheckpoint(folder / _FILE, self.every, self.origin, self.seed)

    def settings_of(self, name: str) -> Checkpoint:
        """Make the settings of an estimator that does a part of the training.

        Parameters
        ----------
        name : str
            Name of a folder of its own.

        Returns
        -------
        Checkpoint
            Value of its hyperparameter `checkpoint`.
        """
        return Checkpoint(str(self.path.parent / name), self.every)

    def restore_finished_stage(self, net: Net) -> bool:
        """Bring a net to the end of the stage that begins, if that has been trained already.

        Parameters
        ----------
        net : Net
            Net that is about to train.

        Returns
        -------
        bool
            True if the stage is finished.
        """
        self._device = str(net.device)
        if self._stage == len(self._finished):
            return False
        stage = self._finished[self._stage]
        self._stage += 1
        _load_weights(net, stage["weights"])
        net.history_ = _history_of(stage["history"])
        _set_random_state(stage["random_state"], self._device)
        return True

    def restore_interrupted_stage(self, net: Net) -> None:
        """Bring a net whose callbacks are initialized to where its stage was interrupted.

        Parameters
        ----------
        net : Net
            Net that is about to train.
        """
        state = self._interrupted
        if state is None:
            return
        _load_weights(net, state["weights"])
        net.optimizer_.load_state_dict(state["optimizer"])
        if net.precision.scaler is not None:
            net.precision.scaler.load_state_dict(state["scaler"])
        for name, callback in net.callbacks_:
            if name in state["callbacks"]:
                _load_callback(callback, state["callbacks"][name])
        net.history_ = _history_of(state["history"])
        # The interrupted epoch begins again, and then skips the batches that are done.
        state["batches"] = net.history.pop()["batches"]

    def begin_epoch(self, net: Net) -> None:
        """Record the random state from which the order of the batches is drawn.

        Parameters
        ----------
        net : Net
            Net that trains.
        """
        if self._interrupted is not None:
            net.history[-1]["batches"] = self._interrupted["batches"]
            _set_random_state(self._interrupted["epoch_start"], self._device)
        self._epoch_start = _random_state(self._device)

    def skip(self) -> int:
        """Count the finished batches of the epoch that begins, and restore the random state.

        Returns
        -------
        int
            Number of batches that are trained on already.
        """
        if self._interrupted is None:
            return 0
        state, self._interrupted = self._interrupted, None
        _set_random_state(state["random_state"], self._device)
        return len(state["batches"])

    def end_batch(self, net: Net) -> None:
        """Write the file after every `every`-th batch.

        Parameters
        ----------
        net : Net
            Net that trains.
        """
        self.n_batches += 1
        if self.n_batches % self.every == 0:
            scaler = net.precision.scaler
            callbacks = {name: _callback_state(callback) for name, callback in net.callbacks_}
            interrupted = {
                "weights": _weights_of(net),
                "optimizer": net.optimizer_.state_dict(),
                "scaler": None if scaler is None else scaler.state_dict(),
                "callbacks": {k: state for k, state in callbacks.items() if state is not None},
                "history": _history_as_json(net.history),
                "epoch_start": self._epoch_start,
                "random_state": _random_state(self._device),
            }
            self._write(interrupted)

    def end_stage(self, net: Net) -> None:
        """Write the result of the stage.

        Parameters
        ----------
        net : Net
            Net that has trained.
        """
        stage = {
            "weights": _weights_of(net),
            "history": _history_as_json(net.history),
            "random_state": _random_state(self._device),
        }
        self._finished.append(stage)
        self._stage += 1
        self._write(None)

    def _write(self, interrupted: dict[str, Any] | None) -> None:
        state = {
            "origin": self.origin,
            "seed": self.seed,
            "n_batches": self.n_batches,
            "finished": self._finished,
            "interrupted": interrupted,
        }
        write_checkpoint(self.path, state)


def find_checkpoint(settings: Checkpoint, origin: dict[str, str], seed: int) -> TrainingCheckpoint:
    """Prepare the checkpoint of a training, with the state of an earlier run if there is one.

    Parameters
    ----------
    settings : Checkpoint
        Where and how often to write it.
    origin : dict of str to str
        Descriptions of all that training depends on.
    seed : int
        Seed of the training.

    Returns
    -------
    TrainingCheckpoint
        Checkpoint of the training.

    Raises
    ------
    ValueError
        If the folder cannot be made, or its file is damaged or belongs to another training.
    """
    folder = _make_folder(Path(settings.folder))
    if settings.per_fit:
        own = {k: text for k, text in origin.items() if k not in _VERSIONS}
        content = json.dumps(own, sort_keys=True).encode()
        folder = _make_folder(folder / _digest(content).decode()[:16])
    return TrainingCheckpoint(folder / _FILE, settings.every, origin, seed)


def stored_seed(settings: Checkpoint) -> int | None:
    """Read the seed of the training that a folder belongs to.

    Parameters
    ----------
    settings : Checkpoint
        Where the checkpoint is.

    Returns
    -------
    int or None
        Seed; None if the folder has no checkpoint, or one for each training.
    """
    path = Path(settings.folder) / _FILE
    return read_checkpoint(path)["seed"] if path.is_file() else None


def _make_folder(folder: Path) -> Path:
    if folder.is_file() or not folder.resolve().parent.is_dir():
        raise ValueError(
            f"checkpoint={str(folder)!r} must be a folder, or a new one in a folder that exists"
        )
    folder.mkdir(exist_ok=True)
    return folder


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
    remedy = "remove it to train from scratch, or name another folder"
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
            "from scratch, name another folder, or pass Checkpoint(folder, per_fit=True) where "
            "several trainings share one"
        )


def _history_as_json(history: History) -> str:
    """Serialize a history, without the batches of finished epochs."""
    *finished, last = history.to_list()
    epochs = [*({**epoch, "batches": []} for epoch in finished), last]
    return json.dumps(epochs, default=lambda value: value.item())


def _history_of(text: str) -> History:
    return History.from_file(io.StringIO(text))


def _weights_of(net: Net) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(weight) for name, weight in net.weights().items()}


def _load_weights(net: Net, weights: dict[str, torch.Tensor]) -> None:
    net.load_weights({name: weight.numpy() for name, weight in weights.items()})


def _callback_state(callback: Callback) -> dict[str, Any] | None:
    """Give the state of a callback that carries over from one batch to the next."""
    if isinstance(callback, LRScheduler):
        return callback.lr_scheduler_.state_dict()
    if isinstance(callback, EarlyStopping):
        state = {name: value for name, value in vars(callback).items() if name in _STOPPING}
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in state.items()}
    return callback.state_dict() if hasattr(callback, "state_dict") else None


def _load_callback(callback: Callback, state: dict[str, Any]) -> None:
    if isinstance(callback, LRScheduler):
        callback.lr_scheduler_.load_state_dict(state)
    elif isinstance(callback, EarlyStopping):
        vars(callback).update(state)
    else:
        callback.load_state_dict(state)


def _random_state(device: str) -> list[torch.Tensor]:
    """Give the random state of the CPU, followed by that of the GPU if one is used."""
    on_gpu = device.startswith("cuda")
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if on_gpu else [])]


def _set_random_state(states: list[torch.Tensor], device: str) -> None:
    torch.set_rng_state(states[0])
    # A checkpoint that was written on another kind of device lacks the state of this one.
    if device.startswith("cuda") and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)
