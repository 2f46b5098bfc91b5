"""Motifs of the filters in the first convolution of a network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from skgenomics._utils.validation import check_choice, check_integer, check_real, warn_user
from skgenomics.inspection._scores import SequenceReader
from skgenomics.inspection.motifs.found_motif import FoundMotif, count_symbols
from skgenomics.motifs import Motif
from skgenomics.networks._convolution import ConvUnit
from skgenomics.sequences import Alphabet, as_codes, get_alphabet
from skgenomics.training.batches import to_channels

# Number of positions of a batch: activations of this size fit in the cache.
_BATCH_POSITIONS = 1 << 15
# Number of sequences that are run to find the convolutions that read the sequence.
_N_PROBES = 8


def filter_motifs(
    estimator,
    X,
    *,
    threshold: float = 0.5,
    both_strands="auto",
    min_sites: int = 10,
) -> list[FoundMotif]:
    """Turn the filters in the first convolution of a network into motifs.

    The motif of a filter counts the symbols of all windows whose activation exceeds a fraction of
    the largest activation, as in DeepBind, Basset and DanQ [1]_ [2]_ [3]_.

    Parameters
    ----------
    estimator : object
        Fitted deep estimator whose first convolution reads sequences, or a pipeline that ends in
        one.
    X : array-like of shape (n_samples,) or (n_samples, n_features)
        Sequences as text, codes or channels, preferably ones that the estimator was not trained
        on.
    threshold : float, default=0.5
        Fraction of a filter's largest activation in X above which a window is a site.
    both_strands : {"auto", True, False}, default="auto"
        Whether the reverse strand is searched too; "auto" does so if the estimator reads both
        strands.
    min_sites : int, default=10
        Minimum number of sites. Filters with fewer ones are left out, with a warning that names
        them.

    Returns
    -------
    list of FoundMotif
        Motifs "filter_0", "filter_1", ..., numbered by filter. The score of their `sites` is the
        activation.

    Raises
    ------
    ValueError
        If no convolution of the network reads the sequence, the estimator was fitted on signals, or
        a parameter is out of range.

    See Also
    --------
    discover_motifs : Motifs in attributions, for any deep estimator.

    Notes
    -----
    The activation of a filter is taken after its normalization and activation function and before
    pooling; without an activation function it is the cross-correlation without the bias. Windows
    that contain unknown symbols or reach past an end are not sites. In weight-tied networks, each
    filter exists for both strands and is reported once.

    References
    ----------
    .. [1] Alipanahi et al. (2015), Predicting the sequence specificities of DNA- and RNA-binding
       proteins by deep learning, Nature Biotechnology 33.
    .. [2] Kelley et al. (2016), Basset, Genome Research 26.
    .. [3] Quang and Xie (2016), DanQ, Nucleic Acids Research 44, e107.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics.datasets import make_motif_classification
    >>> from skgenomics.inspection.motifs.filters import filter_motifs
    >>> data = make_motif_classification(200, 40, motifs=["GATAAG"], random_state=0)
    >>> model = CNNClassifier(n_filters=2, kernel_size=7, max_iter=2, random_state=0)
    >>> motifs = filter_motifs(model.fit(data.X, data.y), data.X, min_sites=1)
    >>> motifs[0].width
    7
    """
    check_real("threshold", threshold, 0, 1)
    check_choice("both_strands", both_strands, ("auto", True, False))
    check_integer("min_sites", min_sites, 1)
    reader = SequenceReader(estimator)
    alphabet = find_alphabet(reader)
    codes = as_codes(reader.read(X), alphabet.n_symbols)
    strands = {"+": codes}
    if reads_both_strands(reader, both_strands, alphabet):
        strands["-"] = alphabet.complement[codes[:, ::-1]]
    motifs, left_out, n_before = [], [], 0
    for layer in _first_layers(reader, codes[:_N_PROBES]):
        for i, sites in enumerate(_sites(layer, strands, alphabet.n_symbols, threshold)):
            name = f"filter_{n_before + i}"
            if len(sites) < min_sites:
                left_out.append(name)
            else:
                motifs.append(_make_motif(name, sites, layer, codes, alphabet))
        n_before += layer.n_filters
    _warn_about(left_out, n_before, min_sites)
    return motifs


@dataclass(frozen=True)
class _Layer:
    """Convolution that reads the sequence, with the unit that it is part of.

    Parameters
    ----------
    conv : Conv1d or Conv2d
        The convolution.
    unit : ConvUnit or None
        Its normalization and activation function; None in networks of other packages.
    order : list of int or None
        Order of the input channels in weight-tied networks, which sort symbols such that the
        reverse of the channels is the complement.
    """

    conv: nn.Conv1d | nn.Conv2d
    unit: ConvUnit | None
    order: list[int] | None

    @property
    def n_filters(self) -> int:
        """Number of filters; in weight-tied networks without their reverse complements."""
        return len(self.conv.weight) // (1 if self.order is None else 2)

    @property
    def offsets(self) -> np.ndarray:
        """Positions of a window that the filter reads."""
        return np.arange(self.conv.kernel_size[-1]) * self.conv.dilation[-1]

    @property
    def span(self) -> int:
        """Width of a window, with the gaps of a dilated filter."""
        return int(self.offsets[-1]) + 1

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Compute activations (b, n_filters, L - span + 1) of windows in channels (b, C, L)."""
        x = x if self.order is None else x[:, self.order]
        weight = self.conv.weight.flatten(2)
        if self.unit is None or self.unit.act is None:
            # A bias would shift the largest activation that the threshold is a fraction of.
            return F.conv1d(x, weight, dilation=self.conv.dilation[-1])[:, : self.n_filters]
        maps = F.conv1d(x, weight, self.conv.bias, dilation=self.conv.dilation[-1])
        maps = self._activate(self.unit, maps.unsqueeze(2)).squeeze(2)
        return maps[:, : self.n_filters]

    def _activate(self, unit: ConvUnit, maps: torch.Tensor) -> torch.Tensor:
        for step in unit.steps[unit.steps.index("conv") :]:
            if step == "norm" and unit.norm is not None:
                maps = unit.norm(maps)
            elif step == "act" and unit.act is not None:
                maps = unit.act(maps)
        return maps


@torch.no_grad()
def _first_layers(reader: SequenceReader, codes: np.ndarray) -> list[_Layer]:
    """Find the convolutions whose input is the one-hot sequence.

    Their inputs are inspected during a forward pass: the names and the order of modules say nothing
    about that in networks of other packages.
    """
    found: list[nn.Conv1d | nn.Conv2d] = []
    hooks = []

    def inspect_input(conv, inputs):
        if _is_one_hot(inputs[0], reader.n_channels):
            found.append(conv)

    for module in reader.network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and _slides_over_positions(module):
            hooks.append(module.register_forward_pre_hook(inspect_input))
    try:
        reader.network(reader.to_channels(codes))
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise ValueError(
            f"{type(reader.estimator).__name__} has no convolution that reads the sequence, so no "
            "filters that could be motifs; use discover_motifs"
        )
    units: dict[nn.Module, ConvUnit] = {
        m.conv: m for m in reader.network.modules() if isinstance(m, ConvUnit)
    }
    strand_order = getattr(reader.network, "strand_order", None)
    order = None if strand_order is None else list(strand_order.order)
    return [_Layer(conv, units.get(conv), order) for conv in dict.fromkeys(found)]


def _slides_over_positions(conv: nn.Conv1d | nn.Conv2d) -> bool:
    """Return True for kernels that cover several positions and all channels."""
    return conv.groups == 1 and conv.kernel_size[-1] == math.prod(conv.kernel_size) > 1


def _is_one_hot(maps: torch.Tensor, n_symbols: int) -> bool:
    is_binary = bool(((maps == 0) | (maps == 1)).all())
    return maps.shape[1] == n_symbols and is_binary and float(maps.sum(dim=1).max()) == 1


def _sites(
    layer: _Layer, strands: dict[str, np.ndarray], n_symbols: int, threshold: float
) -> Iterator[pd.DataFrame]:
    """Find the sites of each filter."""
    largest = np.zeros(layer.n_filters)
    for codes in strands.values():
        for _, activations in _activations(layer, codes, n_symbols):
            np.maximum(largest, activations.max(axis=(0, 2)), out=largest)
    # A dead filter, whose largest activation is zero, has no sites.
    minimum = np.where(largest > 0, threshold * largest, np.inf)
    parts = [
        part
        for strand, codes in strands.items()
        for part in _strand_sites(layer, codes, strand, n_symbols, minimum)
    ]
    if not parts:
        return iter([pd.DataFrame()] * layer.n_filters)
    sites = pd.concat(parts, ignore_index=True)
    return (sites[sites["filter"] == i].drop(columns="filter") for i in range(layer.n_filters))


def _strand_sites(
    layer: _Layer, codes: np.ndarray, strand: str, n_symbols: int, minimum: np.ndarray
) -> Iterator[pd.DataFrame]:
    for first_row, activations in _activations(layer, codes, n_symbols):
        rows, filters, columns = np.nonzero(activations > minimum[:, np.newaxis])
        # Sites are counted on the forward strand, from the other end of the reverse complement.
        starts = columns if strand == "+" else codes.shape[1] - columns - layer.span
        yield pd.DataFrame(
            {
                "sequence": first_row + rows,
                "start": starts,
                "end": starts + layer.span,
                "strand": strand,
                "score": activations[rows, filters, columns],
                "filter": filters,
            }
        )


@torch.no_grad()
def _activations(
    layer: _Layer, codes: np.ndarray, n_symbols: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the index of the first sequence and the activations of each batch.

    Windows with unknown symbols have the activation minus infinity.
    """
    n, length = codes.shape
    if length < layer.span:
        return
    weight = layer.conv.weight
    size = max(1, _BATCH_POSITIONS // length)
    for start in range(0, n, size):
        batch = codes[start : start + size]
        x = to_channels(torch.from_numpy(batch).to(weight.device), n_symbols, weight.dtype)
        is_unknown = np.asarray(batch >= n_symbols)
        windows = np.lib.stride_tricks.sliding_window_view(is_unknown, layer.span, axis=1)
        activations = layer(x).cpu().numpy()
        has_unknown = np.expand_dims(windows.any(axis=2), 1)
        yield start, np.where(has_unknown, -np.inf, activations)


def _make_motif(
    name: str, sites: pd.DataFrame, layer: _Layer, codes: np.ndarray, alphabet: Alphabet
) -> FoundMotif:
    sites = sites.sort_values(["sequence", "start", "strand"], ignore_index=True)
    counts = count_symbols(codes, sites, alphabet)[layer.offsets]
    motif = Motif.from_counts(name, counts, alphabet.symbols)
    return FoundMotif(name, motif.probabilities, alphabet.symbols, motif.n_sites, sites=sites)


def _warn_about(left_out: list[str], n_filters: int, min_sites: int) -> None:
    if left_out:
        warn_user(
            f"{len(left_out)} of {n_filters} filters are left out because fewer than "
            f"min_sites={min_sites} windows of X activate them: {', '.join(left_out)}"
        )


def find_alphabet(reader: SequenceReader) -> Alphabet:
    """Return the alphabet that an estimator reads; raise ValueError if it reads signals."""
    if reader.symbols is None:
        raise ValueError(
            f"{type(reader.estimator).__name__} was fitted on signals; motifs need sequences"
        )
    return get_alphabet(reader.symbols)


def reads_both_strands(reader: SequenceReader, both_strands, alphabet: Alphabet) -> bool:
    """Resolve `both_strands="auto"`; raise ValueError if the alphabet has no reverse strand."""
    if both_strands is True and not alphabet.is_nucleic:
        raise ValueError(
            f"both_strands=True needs nucleic acids, but the alphabet is {alphabet.symbols!r}; "
            "set both_strands=False"
        )
    return reader.estimator.strands_ is not None if both_strands == "auto" else both_strands
