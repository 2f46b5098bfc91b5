"""Descriptions of hyperparameters and data, which tell whether two trainings are the same."""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np
import torch

# Bytes of an array that are read at once for its checksum.
_CHUNK_SIZE = 1 << 24


def describe_setting(value: Any) -> str:
    """Describe the value of a hyperparameter in the same way in every process.

    Parameters
    ----------
    value : object
        Hyperparameter; estimators and modules among them are described with their parameters.

    Returns
    -------
    str
        Description, equal for equal values.
    """
    if isinstance(value, torch.nn.Module):
        parameters = {name: tensor.detach().cpu() for name, tensor in value.state_dict().items()}
        return f"{value!r} with weights of checksum {_checksum_of(parameters):08x}"
    if hasattr(value, "get_params") and not isinstance(value, type):
        free = getattr(value, "_free_on_resume", ())
        params = {k: v for k, v in value.get_params(deep=False).items() if k not in free}
        described = type(value).__name__ + describe_setting(params)
        return f"{described} with {describe_parameters(value)}" if _is_trained(value) else described
    if isinstance(value, dict):
        entries = (f"{name}={describe_setting(value[name])}" for name in sorted(value, key=str))
        return f"({', '.join(entries)})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(describe_setting, value))}]"
    if isinstance(value, np.ndarray):
        return describe_array(value)
    # The representation of a function includes its address in memory.
    return re.sub(" at 0x[0-9A-Fa-f]+", "", repr(value))


def describe_parameters(source: Any) -> str:
    """Describe a trained model by its class and the checksum of its parameters.

    Parameters
    ----------
    source : estimator
        Fitted estimator that holds a net.

    Returns
    -------
    str
        Description, equal for equal parameters.
    """
    checksum = _checksum_of(source.net_.weights())
    return f"a {type(source).__name__} with weights of checksum {checksum:08x}"


def describe_array(array: Any) -> str:
    """Describe an array by its type, shape and checksum, a chunk at a time.

    Parameters
    ----------
    array : array-like
        Array, which may lie on a disk.

    Returns
    -------
    str
        Description, equal for equal arrays.
    """
    array = array if hasattr(array, "dtype") and hasattr(array, "shape") else np.asarray(array)
    row = array.dtype.itemsize * int(np.prod(array.shape[1:]))
    step, checksum = max(1, _CHUNK_SIZE // max(1, row)), 0
    for start in range(0, array.shape[0] if array.ndim else 0, step):
        part = np.asarray(array[start : start + step])
        if part.dtype.kind == "O":
            content = repr(part.tolist()).encode()
            checksum = zlib.crc32(content, checksum)
        else:
            part = np.ascontiguousarray(part)
            checksum = zlib.crc32(part.reshape(-1).view(np.uint8).data, checksum)
    return f"{array.dtype} of shape {tuple(array.shape)}, checksum {checksum:08x}"


def _is_trained(value: Any) -> bool:
    return hasattr(value, "net_") and hasattr(value.net_, "weights")


def _checksum_of(weights: dict[str, Any]) -> int:
    checksum = 0
    for weight in weights.values():
        checksum = zlib.crc32(np.ascontiguousarray(weight).tobytes(), checksum)
    return checksum
