"""Files of published weights: PyTorch state dicts, safetensors and Keras HDF5."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

_HDF5 = b"\x89HDF\r\n\x1a\n"
# Entries of checkpoints that hold the state dict of the model beside that of an optimizer.
_STATE_DICTS = ("state_dict", "model_state_dict", "model_state", "model")
# Names of Keras, and those of torch.
_KERAS_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "bias": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "embeddings": "weight",
}


@dataclass(frozen=True)
class WeightFile:
    """Weights of a file, with the names of the file and in the layout of torch.

    Attributes
    ----------
    path : str
        The file.
    tensors : dict of str to ndarray
        Weights by the name of the layer and that of the weight, such as "conv1d_1.weight".
    is_keras : bool
        True for a file of Keras, whose dense layers read positions before channels.
    """

    path: str
    tensors: dict[str, np.ndarray]
    is_keras: bool = False

    def layers(self) -> dict[str, dict[str, np.ndarray]]:
        """Group the weights by layer, in the order of the file.

        Returns
        -------
        dict of str to dict
            Weights of each layer by name. A bidirectional layer is two layers, of which the name of
            the second one ends in " (reverse)".
        """
        grouped: dict[str, dict[str, np.ndarray]] = {}
        for name, tensor in self.tensors.items():
            layer, _, last = name.rpartition(".")
            if last.endswith("_reverse"):
                layer, last = f"{layer} (reverse)", last.removesuffix("_reverse")
            if last != "num_batches_tracked":
                grouped.setdefault(layer, {})[last] = tensor
        return grouped


def read_weights(path: str | PathLike, *, weights_only: bool = True) -> WeightFile:
    """Read a file of weights; its format is recognized by its content.

    Parameters
    ----------
    path : str or Path
        File that torch, safetensors or Keras wrote.
    weights_only : bool, default=True
        If False, a file of torch may hold pickled objects, which can run any code.

    Returns
    -------
    WeightFile

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If h5py or safetensors is needed and not installed.
    ValueError
        If the file is damaged, truncated or of an unknown format, or holds pickled objects.
    """
    with Path(path).open("rb") as file:
        start = file.read(16)
    name = fspath(path)
    if start.startswith(_HDF5):
        return WeightFile(name, _read_keras(name), is_keras=True)
    if start[:1] == b"\x80" or start[:2] == b"PK":
        return WeightFile(name, _read_torch(name, weights_only))
    if start[8:9] == b"{":
        return WeightFile(name, _read_safetensors(name))
    raise ValueError(
        f"{name!r} is not a file of weights: neither HDF5, nor of torch.save, nor safetensors"
    )


def _read_torch(path: str, weights_only: bool) -> dict[str, np.ndarray]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=weights_only)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path!r} holds pickled objects beside tensors, which can run any code on your "
            "machine; pass weights_only=False if you trust it, or a file of "
            f"torch.save(module.state_dict(), ...) ({_first_line(error)})"
        ) from error
    except Exception as error:
        if zipfile.is_zipfile(path) and path.endswith(".keras"):
            raise ValueError(
                f"{path!r} is of the format .keras; save the model as HDF5, with the suffix .h5"
            ) from error
        raise ValueError(f"{path!r} is damaged or truncated: {_first_line(error)}") from error
    state = _find_state(content)
    if state is None:
        raise ValueError(
            f"{path!r} holds {type(content).__name__}, but not the state dict of a module"
        )
    return {name: _to_array(tensor) for name, tensor in state.items()}


def _find_state(content: Any) -> Mapping[str, torch.Tensor] | None:
    if isinstance(content, nn.Module):
        return content.state_dict()
    if not isinstance(content, Mapping):
        return None
    for name in _STATE_DICTS:
        if isinstance(content.get(name), Mapping | nn.Module):
            return _find_state(content[name])
    is_state = bool(content) and all(isinstance(t, torch.Tensor) for t in content.values())
    return content if is_state else None


def _to_array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach()
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    return tensor.numpy()


def _read_safetensors(path: str) -> dict[str, np.ndarray]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise ImportError(
            'files of safetensors need safetensors: pip install "skgenomics[weights]"'
        ) from error
    try:
        return {name: _to_array(tensor) for name, tensor in load_file(path).items()}
    except SafetensorError as error:
        raise ValueError(f"{path!r} is damaged or truncated: {_first_line(error)}") from error


def _read_keras(path: str) -> dict[str, np.ndarray]:
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            'HDF5 files of Keras need h5py: pip install "skgenomics[weights]"'
        ) from error
    tensors: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            group = file.get("model_weights", file)
            if "layer_names" not in group.attrs:
                raise ValueError(
                    f"{path!r} is an HDF5 file, but not of a model of Keras: it has no layer_names"
                )
            for layer in sorted(map(_as_text, group.attrs["layer_names"]), key=_creation):
                for weight in map(_as_text, group[layer].attrs["weight_names"]):
                    name, array = _convert(layer, weight, np.asarray(group[layer][weight]))
                    tensors[name] = array
    except (OSError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path!r} is damaged or truncated: {_first_line(error)}") from error
    return tensors


def _as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _creation(layer: str) -> int:
    """Return the number that Keras gave to a layer when it was made; 0 if its name has none."""
    number = re.search(r"_(\d+)$", layer)
    return int(number[1]) if number else 0


def _convert(layer: str, weight: str, array: np.ndarray) -> tuple[str, np.ndarray]:
    """Convert a weight of Keras to the name and the order of axes of torch."""
    *_, inner, last = ["", *weight.split(":")[0].split("/")]
    is_recurrent = last == "recurrent_kernel" or "lstm" in inner or "gru" in inner
    suffix = "_reverse" if inner.startswith("backward") else ""
    if is_recurrent:
        names = {"kernel": "weight_ih_l0", "recurrent_kernel": "weight_hh_l0", "bias": "bias_ih_l0"}
        return f"{layer}.{names.get(last, last)}{suffix}", array.T
    if last == "kernel":
        # (width, in, out) to (out, in, width), and (in, out) to (out, in).
        array = array.transpose(array.ndim - 1, array.ndim - 2, *range(array.ndim - 2))
    return f"{layer}.{_KERAS_NAMES.get(last, last)}", array


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]
