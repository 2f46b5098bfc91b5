"""Estimators made of modules that were trained elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.networks.imported import LAYOUTS, ImportedNetwork
from skgenomics.sequences import get_alphabet

# Sequences in the batch that shows the shape of the output: one could hide a lost batch axis.
_N_PROBES = 2


def import_network(
    module: nn.Module,
    *,
    length: int,
    alphabet: str,
    n_channels: int | None,
    input_symbols: str | None,
    layout: str,
    **settings: Any,
) -> ImportedNetwork:
    """Adapt a module to the input and output of the networks of this package.

    Parameters
    ----------
    module : torch.nn.Module
        Trained module.
    length : int
        Number of positions of its input.
    alphabet : str
        Alphabet of the estimator.
    n_channels : int or None
        Number of channels of a position, for signals.
    input_symbols : str or None
        Symbols in the order of the input channels of the module; None for that of the alphabet.
    layout : str
        Axes of its input.
    **settings
        Further arguments of :class:`~skgenomics.networks.imported.ImportedNetwork`.

    Returns
    -------
    ImportedNetwork

    Raises
    ------
    ValueError
        If the module is not a module with parameters, or an argument is invalid.
    """
    if not isinstance(module, nn.Module):
        raise ValueError(
            f"module must be a torch module with trained parameters, got {module!r:.80}; build it "
            "first, and load its parameters"
        )
    check_integer("length", length, 1)
    check_choice("layout", layout, LAYOUTS)
    channels = None
    if input_symbols is not None:
        symbols = get_alphabet(alphabet).symbols
        if n_channels is not None or sorted(input_symbols.upper()) != sorted(symbols.upper()):
            raise ValueError(
                f"input_symbols={input_symbols!r} must have the symbols of the alphabet, "
                f"{symbols!r}, in the order of the channels of the module"
            )
        channels = [symbols.upper().index(symbol) for symbol in input_symbols.upper()]
    return ImportedNetwork(module, channels=channels, layout=layout, **settings)


def probe_module(
    network: ImportedNetwork, *, length: int, alphabet: str, n_channels: int | None
) -> tuple[tuple[int, ...], ...]:
    """Find the shapes of the outputs of a module for one sequence.

    Parameters
    ----------
    network : ImportedNetwork
        The adapted module.
    length : int
        Number of positions of a sequence.
    alphabet : str
        Alphabet of the sequences.
    n_channels : int or None
        Number of channels, for signals.

    Returns
    -------
    tuple of tuple of int
        Shape of each output tensor, without the axis of the batch.

    Raises
    ------
    ValueError
        If the module cannot read the input, or gives something else than tensors with one entry
        for each sequence.
    """
    size = n_channels or get_alphabet(alphabet).n_symbols
    dtype = next(network.parameters()).dtype
    x = torch.zeros(_N_PROBES, size, length, dtype=dtype)
    x[:, torch.arange(length) % size, torch.arange(length)] = 1
    with torch.no_grad():
        try:
            found = network.eval().run(x)
        except Exception as error:
            raise ValueError(
                f"{type(network.module).__name__} cannot read {_N_PROBES} one-hot sequences of "
                f"{size} channels and {length} positions in layout={network.layout!r}: {error}"
            ) from error
    outputs = found if isinstance(found, tuple | list) else (found,)
    for output in outputs:
        shape = getattr(output, "shape", None)
        if shape is None or not len(shape) or shape[0] != _N_PROBES:
            what = type(output).__name__ if shape is None else f"shape {tuple(shape)}"
            raise ValueError(
                f"{type(network.module).__name__} gives an output of {what} for {_N_PROBES} "
                "sequences, but the first axis must be that of the sequences"
            )
    return tuple(tuple(output.shape[1:]) for output in outputs)


def refuse_shape(network: ImportedNetwork, found: Sequence, promised: str) -> ValueError:
    """Make the error that names the shape of an output and the one that was promised.

    Parameters
    ----------
    network : ImportedNetwork
        The adapted module.
    found : sequence of tuple of int
        Shapes that :func:`probe_module` found.
    promised : str
        Description of the promised shape.

    Returns
    -------
    ValueError
    """
    shapes = " and ".join(str(("n", *shape)).replace("'", "") for shape in found)
    return ValueError(
        f"{type(network.module).__name__} gives outputs of shape {shapes}, but {promised}"
    )


def template_input(
    n_samples: int, *, length: int, alphabet: str, n_channels: int | None
) -> list[str] | np.ndarray:
    """Make sequences of the form that an estimator of an imported module reads.

    Parameters
    ----------
    n_samples : int
        Number of sequences.
    length : int
        Number of positions.
    alphabet : str
        Alphabet of the sequences.
    n_channels : int or None
        Number of channels, for signals.

    Returns
    -------
    list of str, or ndarray of shape (n_samples, length * n_channels)
    """
    if n_channels is None:
        return [get_alphabet(alphabet).symbols[0] * length] * n_samples
    return np.zeros((n_samples, length * n_channels), dtype=np.float32)


def sort_classes(classes: Sequence) -> tuple[list, list[int]]:
    """Sort class labels, as estimators do, and find the index of each one.

    Parameters
    ----------
    classes : sequence
        Labels in the order of the outputs of a module.

    Returns
    -------
    labels : list
        Sorted labels.
    order : list of int
        Indices of the sorted labels in `classes`.

    Raises
    ------
    ValueError
        If there are fewer than two labels, or one occurs twice.
    """
    given = np.asarray(list(classes))
    if given.ndim != 1 or len(given) < 2 or len(np.unique(given)) < len(given):
        raise ValueError(
            f"classes must hold at least two different labels in the order of the outputs of the "
            f"module, got {classes!r}"
        )
    order = np.argsort(given, kind="stable")
    return given[order].tolist(), order.tolist()
