"""Published weights in estimators of the zoo."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.pipeline import Pipeline

from skgenomics.estimators import ProfileRegressor, SequenceLabeler
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._imported import sort_classes, template_input
from skgenomics.estimators._targets import keep_target_names
from skgenomics.zoo._entry import Entry
from skgenomics.zoo._layer_maps import LAYER_MAPS, ByName, MisfitError
from skgenomics.zoo._weight_files import WeightFile, read_weights

# Layers whose rows are outputs.
_OUTPUT_LAYERS = ("output.", "profile.", "linear_path.")


def load_into(
    entry: Entry,
    model: BaseEstimator,
    path: str | PathLike,
    *,
    names: Sequence | None,
    part: str | None,
    weights_only: bool,
) -> BaseEstimator:
    """Load published weights into an estimator of the zoo.

    Parameters
    ----------
    entry : Entry
        The published network.
    model : estimator
        Estimator that was made of it.
    path : str or Path
        File of weights.
    names : sequence or None
        Classes, tasks, targets or tracks, in the order of the outputs.
    part : str or None
        Prefix of the names of the weights in the file.
    weights_only : bool
        If False, the file may hold pickled objects.

    Returns
    -------
    estimator
        Fitted estimator; or, if the network has no published output layer, an unfitted one that
        starts from the weights.

    Raises
    ------
    ValueError
        If the file does not fit the network.
    """
    if entry.name not in LAYER_MAPS:
        raise ValueError(
            f"{entry.name} has no layer map for published weights; these have one: "
            + ", ".join(LAYER_MAPS)
        )
    layer_map = LAYER_MAPS[entry.name]
    file = read_weights(path, weights_only=weights_only)
    if part is not None:
        file = _select_part(file, part)
    estimator = clone(model[-1] if isinstance(model, Pipeline) else model)
    assert isinstance(estimator, SequenceEstimator)
    length = layer_map.find_length(file) if isinstance(layer_map, ByName) else None
    order = _adopt(entry, estimator, names, length)
    try:
        found = layer_map.match(file, estimator.network_)
    except MisfitError as error:
        raise ValueError(f"{path!s} does not hold weights of {entry.name}: {error}") from error
    state = {name: torch.from_numpy(np.array(array)) for name, array in found.items()}
    if order is not None:
        state = {name: _reorder(name, tensor, order) for name, tensor in state.items()}
    estimator.network_.load_state_dict(state, strict=False)
    estimator.network_.eval()
    if getattr(layer_map, "missing", ()):
        step = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
        return clone(model).set_params(**{f"{step}pretrained": estimator})
    return estimator


def _select_part(file: WeightFile, part: str) -> WeightFile:
    start = part.rstrip(".") + "."
    tensors = {n.removeprefix(start): t for n, t in file.tensors.items() if n.startswith(start)}
    if not tensors:
        parts = sorted({name.partition(".")[0] for name in file.tensors})
        raise ValueError(f"{file.path!r} has no part {part!r}; it has {', '.join(parts[:20])}")
    return WeightFile(file.path, tensors, file.is_keras)


def _adopt(
    entry: Entry, estimator: Any, names: Sequence | None, length: int | None
) -> list[int] | None:
    """Make an estimator fitted, and return the order of its outputs if it is another one."""
    n = entry.n_outputs
    form = {
        "length": estimator.length or length or entry.length,
        "alphabet": estimator.alphabet,
        "n_channels": estimator.n_channels,
    }
    if isinstance(estimator, ProfileRegressor):
        _check_number(entry, names, n)
        y = np.zeros((1, entry.n_bins or 1, n) if n > 1 else (1, entry.n_bins or 1))
        estimator._adopt_network(template_input(1, **form), y)
        keep_target_names(estimator, None if names is None else list(names))
        return None
    if not is_classifier(estimator) and not isinstance(estimator, SequenceLabeler):
        _check_number(entry, names, n)
        y = np.zeros(1) if n == 1 else pd.DataFrame(np.zeros((1, n)), columns=names)
        estimator._adopt_network(template_input(1, **form), y)
        return None
    if n > 2 and not isinstance(estimator, SequenceLabeler):
        _check_number(entry, names, n)
        y = pd.DataFrame(np.zeros((1, n)), columns=names)
        estimator._adopt_network(template_input(1, **form), y)
        return None
    n = max(n, 2)
    _check_number(entry, names, n)
    classes, order = sort_classes(range(n) if names is None else names)
    labels: Any = classes
    if entry.tokenizer is not None:
        X: Any = np.zeros((n, form["length"]), dtype=int)
    else:
        X = template_input(n, **form)
    if isinstance(estimator, SequenceLabeler):
        width = form["length"] - 2 * estimator.crop
        labels = [c * width if isinstance(c, str) else [c] * width for c in classes]
    estimator._adopt_network(X, labels, classes)
    return None if order == sorted(order) else order


def _check_number(entry: Entry, names: Sequence | None, n: int) -> None:
    if names is not None and len(names) != n:
        raise ValueError(f"{entry.name} has {n} outputs, but {len(names)} names are given")


def _reorder(name: str, tensor: torch.Tensor, order: list[int]) -> torch.Tensor:
    """Bring the outputs into the order of sorted classes."""
    if not name.startswith(_OUTPUT_LAYERS):
        return tensor
    # A single output is the log-odds of the second of two classes.
    return -tensor if len(tensor) == 1 else tensor[order]
