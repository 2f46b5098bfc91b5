"""Saving fitted estimators in a format that cannot run code when it is read."""

from __future__ import annotations

import importlib
import json
import platform
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skgenomics.motifs import Motif

_HEADER = "skgenomics.json"
_FORMAT = 1
_RECORDED = ("skgenomics", "scikit-learn", "torch", "skorch", "numpy")
# Whose estimators and networks may be loaded; anything else has to be named by the user.
_TRUSTED_PACKAGES = ("skgenomics.", "imblearn.")


def save(estimator, path: str | Path) -> None:
    """Save a fitted estimator or pipeline.

    The file is a skops file: a zip archive of arrays and plain values, with a header of
    versions. Reading it runs no code, unlike a pickle.

    Parameters
    ----------
    estimator : estimator or pipeline
        What to save. Callbacks and networks of your own are stored by the name of their class.
    path : str or Path
        File to write; ".skops" is the customary ending.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If a parameter is a torch module rather than its class.

    See Also
    --------
    load : The way back.
    describe : The header of such a file.

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
    skops.io.dump(estimator, path)
    header = {
        "format": _FORMAT,
        "class": f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in _RECORDED},
    }
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(_HEADER, json.dumps(header, indent=2))


def _refuse_modules(estimator) -> None:
    for name, value in estimator.get_params().items():
        if isinstance(value, nn.Module):
            raise ValueError(
                f"{name} is a torch module itself, which cannot be saved safely; pass its class "
                "as `network` and its settings as `network_params`, or use pickle"
            )


def load(path: str | Path, trusted: Iterable[str] = ()):
    """Load what :func:`save` wrote.

    Parameters
    ----------
    path : str or Path
        File to read.
    trusted : str or iterable of str, default=()
        Full names of classes and functions of your own that may be loaded, such as
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
        If the file is damaged or of another kind, or refers to classes that are not trusted;
        the message names them.

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
    try:
        untrusted = skops.io.get_untrusted_types(file=path)
    except Exception as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    trusted = {trusted} if isinstance(trusted, str) else set(trusted)
    known = {name for name in untrusted if _is_known(name)}
    strange = sorted(set(untrusted) - known - trusted)
    if strange:
        raise ValueError(
            f"{path} refers to {', '.join(strange)}; if you know and trust them, pass "
            f"trusted={strange}"
        )
    return skops.io.load(path, trusted=sorted(known | trusted))


def _is_known(name: str) -> bool:
    """Whether a name is that of an estimator, a network or a motif of ours; functions never are.

    The types of arrays, which imputers hold, run no code either.
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
        With "format", "class" and "versions".

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
    except (zipfile.BadZipFile, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no model that skgenomics.save wrote, or it is damaged ({error})"
        ) from error
