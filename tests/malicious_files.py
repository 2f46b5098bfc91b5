"""Files of models and weights that are made to run code, fill the memory or write elsewhere.

Each maker writes one file in a folder; if its code runs, a file `CANARY` appears in that folder, in
its parent or in the working directory.
"""

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from skgenomics import CNNClassifier, load, save, zoo
from skgenomics.training._checkpoints import _MAGIC, _digest, read_checkpoint

CANARY = "canary"
X = ["ACGTACGT", "TTTTACGT", "GGGGACGT", "ACACACAC"]


class Payload:
    """Object whose pickle writes a file when it is read."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __reduce__(self):
        return os.system, (f"touch '{self.folder / CANARY}'",)


def _model(folder: Path) -> dict[str, bytes]:
    """Return the members of a saved model."""
    path = folder / "model.skops"
    model = CNNClassifier(n_filters=4, kernel_size=3, pool_size=1, max_iter=1, random_state=0)
    save(model.fit(X, [0, 1, 0, 1]), path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _pickled_model(folder: Path) -> Path:
    path = folder / "a.skops"
    path.write_bytes(pickle.dumps(Payload(folder)))
    return path


def _pickled_array(folder: Path) -> Path:
    """Write a model whose arrays are arrays of objects, which numpy would unpickle."""
    buffer = io.BytesIO()
    objects = np.empty(1, dtype=object)
    objects[0] = Payload(folder)
    np.save(buffer, objects)
    members = _model(folder)
    return _write(
        folder / "a.skops",
        {k: buffer.getvalue() if k.endswith(".npy") else x for k, x in members.items()},
    )


def _schema(folder: Path, node: dict) -> Path:
    """Write a model with a node of one's own instead of its first parameter."""
    members = _model(folder)
    schema = json.loads(members["schema.json"])
    attributes = schema["content"]["content"]
    attributes[next(iter(attributes))] = node
    members["schema.json"] = json.dumps(schema).encode()
    return _write(folder / "a.skops", members)


def _function(folder: Path) -> Path:
    node = {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "FunctionNode",
        "__id__": 1,
        "content": {"module_path": "os", "function": "system"},
    }
    return _schema(folder, node)


def _reduced(folder: Path) -> Path:
    """Write a model that asks for a call of `os.system` while it is built."""
    arguments = {
        "__class__": "tuple",
        "__module__": "builtins",
        "__loader__": "TupleNode",
        "__id__": 2,
        "content": [
            {
                "__class__": "str",
                "__module__": "builtins",
                "__loader__": "JsonNode",
                "__id__": 3,
                "content": json.dumps(f"touch '{folder / CANARY}'"),
                "is_json": True,
            }
        ],
    }
    node = {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "ReduceNode",
        "__id__": 1,
        "reduce": arguments,
        "content": arguments,
    }
    return _schema(folder, node)


def _traversal(folder: Path) -> Path:
    """Write a model with members that lie outside of it, instead of its arrays."""
    members = _model(folder)
    names = [x for x in members if x.endswith(".npy")]
    schema = members["schema.json"].decode()
    for number, name in enumerate(names):
        other = f"../{CANARY}" if number == 0 else f"../{number}.npy"
        members[other] = members.pop(name)
        schema = schema.replace(name, f"/etc/passwd/{number}")
    members["schema.json"] = schema.encode()
    return _write(folder / "a.skops", members)


def _bomb(folder: Path) -> Path:
    """Write 288 MiB of zeros in 288 KiB."""
    members = _model(folder)
    name = next(x for x in members if x.endswith(".npy"))
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(9 * 2**22))
    members[name] = buffer.getvalue()
    return _write(folder / "a.skops", members)


def _array_bomb(folder: Path) -> Path:
    """Write arrays of eight gigabytes, of which only the headers are there."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }"
    header += b" " * (117 - len(header)) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    members = _model(folder)
    return _write(
        folder / "a.skops",
        {k: content if k.endswith(".npy") else x for k, x in members.items()},
    )


def _pickled_weights(folder: Path) -> Path:
    path = folder / "a.pt"
    torch.save({"weight": torch.zeros(3), "more": Payload(folder)}, path)
    return path


def _bare_pickle(folder: Path) -> Path:
    path = folder / "a.pth"
    path.write_bytes(pickle.dumps(Payload(folder), protocol=2))
    return path


def _checkpoint(folder: Path) -> Path:
    """Write a checkpoint with the right checksum."""
    buffer = io.BytesIO()
    torch.save({"weights": Payload(folder)}, buffer)
    content = buffer.getvalue()
    path = folder / "lm.ckpt"
    path.write_bytes(_MAGIC + _digest(content) + b"\n" + content)
    return path


def _read_zoo(path: Path) -> object:
    return zoo.load_weights("Basset", path)


FILES: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    "model, a pickle": (_pickled_model, load),
    "model, pickled objects in an array": (_pickled_array, load),
    "model, a function": (_function, load),
    "model, a call": (_reduced, load),
    "model, members outside of it": (_traversal, load),
    "model, zip bomb": (_bomb, load),
    "model, arrays larger than the file": (_array_bomb, load),
    "weights, pickled objects": (_pickled_weights, _read_zoo),
    "weights, a pickle": (_bare_pickle, _read_zoo),
    "checkpoint, pickled objects": (_checkpoint, read_checkpoint),
}


def open_file(name: str, folder: Path) -> tuple[BaseException | None, bool]:
    """Open a malicious file.

    Parameters
    ----------
    name : str
        Key of `FILES`.
    folder : Path
        Empty folder, in which the file is written.

    Returns
    -------
    error : BaseException or None
        Error of the reader, None if it accepts the file.
    has_run : bool
        True if the file ran its code, or wrote outside of its own name.
    """
    make, read = FILES[name]
    path = make(folder)
    before = set(folder.iterdir())
    error = None
    try:
        read(path)
    except BaseException as raised:
        error = raised
    traces = (folder / CANARY, folder.parent / CANARY, Path(CANARY))
    return error, any(x.exists() for x in traces) or set(folder.iterdir()) != before
