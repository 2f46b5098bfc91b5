"""Save fitted estimators in a format that runs no code when it is read."""

from __future__ import annotations

import importlib
import json
import math
import platform
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np
import skops.io
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics._utils.files import replace_file
from skgenomics.motifs import Motif

_HEADER = "skgenomics.json"
_FORMAT = 1
_RECORDED = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy")
# Packages whose estimators and networks may be loaded; anything else must be named by the user.
_TRUSTED_PACKAGES = ("skgenomics.", "imblearn.", "torch.nn.modules.")
# Parameters hardly compress, so that a larger ratio is a file made to exhaust the memory. Arrays
# of zeros compress a thousandfold, but are small.
_MAX_RATIO = 20
_ALWAYS_ALLOWED = 256 * 2**20  # bytes


def save(estimator: BaseEstimator, path: str | Path) -> None:
    """Save a fitted estimator or pipeline.

    The file is a skops file: a zip archive of arrays and plain values, with a header that names
    the versions of packages. Reading it runs no code, unlike a pickle.

    Parameters
    ----------
    estimator : estimator or pipeline
        Fitted estimator. Callbacks and networks of your own are stored by the name of their class.
    path : str or Path
        File to write; the usual suffix is ".skops". An existing file is replaced when all is
        written, and kept if that fails.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If there is no such folder, or the file cannot be written.
    ValueError
        If a loss is a torch module rather than its class, or a module that is the `network` holds
        what is neither a tensor nor a plain value.

    See Also
    --------
    load : Load a saved estimator.
    skgenomics.persistence.describe : Read the header of a saved estimator.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter, load, save
    >>> X, y = ["AAAA", "AATA", "CGCG", "CCGG"], [0, 0, 1, 1]
    >>> model = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.skops"
    ...     save(model, path)
    ...     load(path).predict(["CGCC"])
    array([1])
    """
    check_is_fitted(estimator)
    _refuse_modules(estimator)
    modules = _own_modules(estimator)
    header = {
        "format": _FORMAT,
        "class": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in _RECORDED},
    }
    with replace_file(path) as new:
        try:
            skops.io.dump(estimator, new)
        except Exception as error:
            if not modules:
                raise
            # Attributes of a module can be of any type.
            raise ValueError(
                f"the module {modules[0]} has attributes other than tensors, submodules and plain "
                f"values, which cannot be saved safely ({error}); register tensors as buffers, or "
                "use pickle"
            ) from error
        with zipfile.ZipFile(new, "a") as archive:
            archive.writestr(_HEADER, json.dumps(header, indent=2))


def _refuse_modules(estimator) -> None:
    for name, value in estimator.get_params().items():
        if isinstance(value, nn.Module) and name.rpartition("__")[2] != "network":
            raise ValueError(
                f"{name} is a torch module itself, which cannot be saved safely; pass its class, "
                "or use pickle"
            )


def _own_modules(estimator) -> list[str]:
    """List the classes of modules that are hyperparameters."""
    values = estimator.get_params().values()
    return [type(value).__name__ for value in values if isinstance(value, nn.Module)]


def load(path: str | Path, trusted: str | Iterable[str] = ()) -> Any:
    """Load an estimator that :func:`save` wrote.

    Parameters
    ----------
    path : str or Path
        File to read.
    trusted : str or iterable of str, default=()
        Full names of your own classes and functions that may be loaded, such as
        ``"mymodule.MyNetwork"``.

    Returns
    -------
    estimator
        The fitted estimator. One that was trained on a GPU uses the CPU where there is none.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or of another kind, would unpack to more than 20 times its size and
        256 MiB, or refers to classes that are not trusted; the message names them.

    Examples
    --------
    See :func:`save`.
    """
    header = describe(path)
    if header["format"] > _FORMAT:
        raise ValueError(
            f"{path} was written by skgenomics {header['versions']['skgenomics']}, which is newer "
            "than this one; upgrade skgenomics"
        )
    _check_size(path)
    with _damaged_errors(path):
        untrusted = skops.io.get_untrusted_types(file=path)
    trusted = {trusted} if isinstance(trusted, str) else set(trusted)
    known = {name for name in untrusted if _is_known(name)}
    unknown = sorted(set(untrusted) - known - trusted)
    if unknown:
        raise ValueError(
            f"{path} refers to {', '.join(unknown)}; if you know and trust them, pass "
            f"trusted={unknown}"
        )
    with _damaged_errors(path):
        return skops.io.load(path, trusted=sorted(known | trusted))


@contextmanager
def _damaged_errors(path: str | Path) -> Iterator[None]:
    """Turn what a damaged file makes the reader raise, of any type, into one ValueError."""
    try:
        yield
    except Exception as error:
        if _is_about_access(error):
            raise
        reason = str(error) or type(error).__name__
        raise ValueError(f"{path} is damaged: {reason}") from error


def _is_about_access(error: Exception) -> bool:
    """Tell errors of opening a file, which name it, from those of reading a damaged one."""
    return isinstance(error, OSError) and error.filename is not None


def _check_size(path: str | Path) -> None:
    """Refuse a file that would unpack to far more than its size, before memory is taken."""
    with _damaged_errors(path), zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        for entry in archive.infolist():
            if entry.filename.endswith(".npy"):
                # The header of an array may ask for more memory than the file holds.
                with archive.open(entry) as file:
                    unpacked += max(0, _array_size(file) - entry.file_size)
    limit = max(_MAX_RATIO * Path(path).stat().st_size, _ALWAYS_ALLOWED)
    if unpacked > limit:
        raise ValueError(
            f"{path} would unpack to {unpacked / 2**20:,.0f} MiB, more than {_MAX_RATIO} times its "
            f"size and {_ALWAYS_ALLOWED // 2**20} MiB: it is damaged, or made to exhaust the memory"
        )


def _array_size(file: IO[bytes]) -> int:
    """Compute the number of bytes that the header of an array in numpy's format asks for."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version > (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return math.prod(shape) * dtype.itemsize


def _is_known(name: str) -> bool:
    """Tell whether a name is that of a trusted estimator, network or motif; no function is.

    Data types of arrays, which imputers hold, run no code either.
    """
    if name == "numpy.dtype":
        return True
    if not name.startswith(_TRUSTED_PACKAGES):
        return False
    module, _, attribute = name.rpartition(".")
    try:
        value = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return False
    return isinstance(value, type) and issubclass(value, BaseEstimator | nn.Module | Motif)


def describe(path: str | Path) -> dict[str, Any]:
    """Read the header of a saved estimator: format, class and versions.

    Parameters
    ----------
    path : str or Path
        File that :func:`save` wrote.

    Returns
    -------
    dict
        The items "format", "class" and "versions".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, or was not written by :func:`save`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics import OneHotEncoder, save
    >>> from skgenomics.persistence import describe
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "encoder.skops"
    ...     save(OneHotEncoder().fit(["ACGT"]), path)
    ...     describe(path)["class"]
    'skgenomics.encoding.one_hot.OneHotEncoder'
    """
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read(_HEADER))
        return {"format": int(header["format"]), **header}
    except Exception as error:
        if _is_about_access(error):
            raise
        # A damaged archive raises errors of zipfile, zlib, struct and json.
        raise ValueError(
            f"{path} is not a model that skgenomics.save wrote, or it is damaged ({error})"
        ) from error
