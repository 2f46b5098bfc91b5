"""Published networks by name, as configurations of the estimators.

Each is an estimator like any other, with randomly initialized parameters unless
:func:`load_weights` reads published ones: the layers, the optimizer
and the batches are those of the paper or of its authors' code, as far as the estimators have them,
and every hyperparameter may be replaced.  Numbers of parameters equal the published ones, up to
stated differences: torch has two biases for each gate of a recurrent network, and language models
get an output layer here.

An unknown base is a position of only zeros, as in the papers; no network of one-hot DNA ignores it
as padding.

Networks that read several kinds of input at once, such as ``"DeepCpG"``, are a
:class:`~skgenomics.MultiViewClassifier` over the columns of a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from difflib import get_close_matches
from functools import cache
from os import PathLike
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from torch import nn

from skgenomics.estimators._heads import gather_network_params
from skgenomics.zoo import _convolutional as convolutional
from skgenomics.zoo import _feedforward as feedforward
from skgenomics.zoo import _language_models as tokens
from skgenomics.zoo import _multiview as multiview
from skgenomics.zoo import _per_position as by_position
from skgenomics.zoo import _recurrent as recurrent
from skgenomics.zoo._entry import Entry
from skgenomics.zoo._loading import load_into
from skgenomics.zoo._multiview import MultiViewEntry
from skgenomics.zoo._scaling import scale_widths

__all__ = ["build_network", "list_models", "load_weights", "make"]

_FAMILIES = (feedforward, convolutional, recurrent, by_position, tokens)


def list_models() -> pd.DataFrame:
    """List the published networks.

    Returns
    -------
    DataFrame
        Table with the columns name, year, paper, task, input, parameters (number of trainable
        parameters at the published sizes of input and output) and estimator (name of the class;
        those that read tokens follow a :class:`~skgenomics.KmerTokenizer` in a pipeline).

    Examples
    --------
    >>> from skgenomics import zoo
    >>> zoo.list_models().set_index("name").loc["DeepSEA", ["year", "parameters"]].tolist()
    [2015, 52843119]
    """
    columns = ["name", "year", "paper", "task", "input", "parameters"]
    entries: list[Entry | MultiViewEntry] = [*_entries().values(), *multiview.ENTRIES]
    rows = [
        {column: getattr(entry, column) for column in columns}
        | {"estimator": entry.estimator.__name__}
        for entry in entries
    ]
    return pd.DataFrame(rows)


def make(name: str, *, width: float = 1.0, **overrides) -> BaseEstimator:
    """Make a published network as an unfitted estimator.

    Parameters
    ----------
    name : str
        Name in :func:`list_models`, in upper or lower case.
    width : float, default=1.0
        Factor of the numbers of filters and units; less than 1 gives a narrower network, for small
        data sets or for machines without a GPU.
    **overrides
        Hyperparameters of the estimator that replace the published ones, whatever the width.
        ``network_params`` is merged with the published ones. In a pipeline they are those of the
        last step, or of any step as ``step__parameter``.

    Returns
    -------
    estimator : BaseEstimator
        A deep estimator; or a pipeline of a tokenizer and one, for networks that read tokens.

    Raises
    ------
    ValueError
        If the name or a hyperparameter is unknown (naming the nearest), or the width is not
        positive.

    Examples
    --------
    >>> from skgenomics import zoo
    >>> zoo.make("DanQ", max_iter=5).n_filters
    320
    >>> zoo.make("DanQ", width=0.1).n_filters
    32
    """
    entry = _find(name)
    if isinstance(entry, MultiViewEntry):
        model = entry.make(width)
        return _override(entry, model, model, "", overrides)
    settings = scale_widths(deepcopy(entry.settings), width)
    estimator = entry.estimator(**gather_network_params(entry.estimator, settings))
    if entry.tokenizer is None:
        return _override(entry, estimator, estimator, "", overrides)
    from skgenomics.encoding.kmer_tokens import KmerTokenizer

    model = make_pipeline(KmerTokenizer(**entry.tokenizer), estimator)
    return _override(entry, model, estimator, f"{model.steps[-1][0]}__", overrides)


def build_network(name: str, *, width: float = 1.0, **overrides) -> nn.Module:
    """Build a published network as a torch module, for input and output of the published sizes.

    Parameters
    ----------
    name : str
        Name in :func:`list_models`, in upper or lower case.
    width : float, default=1.0
        Factor of the numbers of filters and units.
    **overrides
        Hyperparameters that replace the published ones, as in :func:`make`.

    Returns
    -------
    torch.nn.Module
        Module that maps one-hot sequences or signals of shape (batch, channels, length), or token
        ids of shape (batch, length), to outputs without a final activation; a network of several
        views takes a list of these, and a mask of the views that are present.

    Raises
    ------
    ValueError
        As in :func:`make`.

    Examples
    --------
    >>> from skgenomics import zoo
    >>> sum(weights.numel() for weights in zoo.build_network("DeepBind").parameters())
    1569
    """
    entry, model = _find(name), make(name, width=width, **overrides)
    if isinstance(entry, MultiViewEntry):
        return entry.build(model)
    estimator = model[-1] if isinstance(model, Pipeline) else model
    return estimator._build_unfitted(entry.length, entry.n_outputs, entry.n_bins)


def load_weights(
    name: str,
    path: str | PathLike,
    *,
    names: Sequence | None = None,
    part: str | None = None,
    weights_only: bool = True,
    **overrides,
) -> BaseEstimator:
    """Load published weights of a network.

    Files of PyTorch (``state_dict``), safetensors and Keras (HDF5) are recognized by their content.
    A layer map for each network tells which weight is which, and the shape of each one is checked.
    The package holds no weights itself, and those of others have licenses of their own.

    Parameters
    ----------
    name : str
        Name in :func:`list_models`, in upper or lower case.
    path : str or Path
        File of weights.
    names : sequence or None, default=None
        Classes, tasks, targets or tracks in the order of the published outputs; None to number
        them.
    part : str or None, default=None
        Prefix of the names of the weights in a file of several networks, such as "bias" in one of
        ChromBPNet; None for the main one.
    weights_only : bool, default=True
        If False, a file of PyTorch may hold pickled objects, which can run any code.
    **overrides
        Hyperparameters of the estimator, as in :func:`make`, such as `length`.

    Returns
    -------
    estimator : BaseEstimator
        Fitted estimator, whose `fit` and `partial_fit` train it further. A language model without
        published output layer, such as "HyenaDNA-tiny", is a pipeline to be fitted that starts
        from the weights (`pretrained`).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If h5py or safetensors is needed for the file and not installed.
    ValueError
        If the network has no layer map, the file is damaged or holds pickled objects, or a weight
        does not fit; the message names the first one with both shapes.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import torch
    >>> from skgenomics import zoo
    >>> network = zoo.build_network("Scover")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scover.pt"
    ...     torch.save(network.state_dict(), path)
    ...     regressor = zoo.load_weights("Scover", path)
    >>> regressor.predict(["ACGTA" * 100]).shape
    (1, 100)
    """
    entry = _find(name)
    if isinstance(entry, MultiViewEntry):
        raise ValueError(f"{entry.name} reads several inputs, and has no layer map for weights")
    return load_into(
        entry,
        make(name, **overrides),
        path,
        names=names,
        part=part,
        weights_only=weights_only,
    )


@cache
def _entries() -> dict[str, Entry]:
    """Index the entries of networks of one input by their lower-case names."""
    return {entry.name.lower(): entry for family in _FAMILIES for entry in family.ENTRIES}


def _find(name: str) -> Entry | MultiViewEntry:
    entries = _entries() | {entry.name.lower(): entry for entry in multiview.ENTRIES}
    if str(name).lower() not in entries:
        nearest = get_close_matches(str(name).lower(), entries, 1)
        hint = f"did you mean {entries[nearest[0]].name!r}" if nearest else "see list_models()"
        raise ValueError(f"there is no published network {name!r} in the zoo; {hint}")
    return entries[str(name).lower()]


def _override(
    entry: Entry | MultiViewEntry,
    model: BaseEstimator,
    estimator: BaseEstimator,
    prefix: str,
    overrides: dict,
) -> BaseEstimator:
    """Set the hyperparameters of the user, in the estimator or in another step of the pipeline."""
    overrides = {name.removeprefix(prefix): value for name, value in overrides.items()}
    known = list(estimator.get_params())
    elsewhere = [name for name in model.get_params() if "__" in name]
    for name in overrides:
        if name not in known + elsewhere:
            nearest = get_close_matches(name, known + elsewhere, 1)
            hint = f"; did you mean {nearest[0]!r}" if nearest else ""
            if name in (estimator.get_params().get("network_params") or {}):
                hint = f"; give it as network_params={{{name!r}: ...}}"
            raise ValueError(f"{entry.name} ({type(estimator).__name__}) has no {name!r}{hint}")
    own = {name: value for name, value in overrides.items() if name in known}
    estimator.set_params(**_complete(estimator, own))
    return model.set_params(**{k: v for k, v in overrides.items() if k not in known})


def _complete(estimator: BaseEstimator, overrides: dict[str, Any]) -> dict[str, Any]:
    """Drop the published parameters of an optimizer or network that is replaced."""
    if "optimizer" in overrides:
        overrides = {"optimizer_params": None} | overrides
    if "network" in overrides:
        return {"network_params": None} | overrides
    if overrides.get("network_params"):
        params = (estimator.network_params or {}) | overrides["network_params"]
        return overrides | {"network_params": params}
    return overrides
