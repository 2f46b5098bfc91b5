"""Motifs of the first filters of a network."""

from __future__ import annotations

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
from skgenomics.sequences import Alphabet, get_alphabet, most_likely_codes
from skgenomics.training.batches import to_channels

# Activations are computed in batches of about this many positions.
_BATCH_POSITIONS = 1 << 15
# So many sequences tell which convolution reads the letters.
_N_PROBES = 8


def filter_motifs(
    estimator,
    X,
    *,
    threshold: float = 0.5,
    both_strands="auto",
    min_sites: int = 10,
) -> list[FoundMotif]:
    """What the first filters of a fitted network look for, as motifs.

    The letters of all windows that activate a filter by more than a share of its largest
    activation are counted, as in DeepBind, Basset and DanQ [1]_ [2]_ [3]_.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator whose first convolution reads letters, or a pipeline that ends in
        one.
    X : text, codes or channels
        Sequences to look at, such as those that the estimator was not trained on.
    threshold : float, default=0.5
        Share of a filter's largest activation in X above which a window counts.
    both_strands : {"auto", True, False}, default="auto"
        Whether windows of the other strand are looked at as well; "auto" does so if the estimator
        reads both strands.
    min_sites : int, default=10
        Filters with fewer windows are left out, with a warning that names them.

    Returns
    -------
    list of FoundMotif
        Motifs "filter_0" and so on, with the numbers of the filters. The score of their `sites` is
        the activation.

    Raises
    ------
    ValueError
        If no convolution of the network reads letters, the estimator was fitted on signals, or a
        parameter is out of its range.

    Notes
    -----
    An activation is what the filter gives after the normalisation and the activation function
    that come with it, before pooling; where there is no such function, the filter's match without
    its bias. Windows that reach over an end of the sequence or have an unknown letter don't count.
    Networks whose weights are shared between strands have each filter on both, and give it once.

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
    if reads_both(reader, both_strands, alphabet):
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
    _warn_of(left_out, n_before, min_sites)
    return motifs


def find_alphabet(reader: SequenceReader) -> Alphabet:
    """The letters that an estimator reads; an error if these are signals."""
    if reader.symbols is None:
        raise ValueError(
            f"{type(reader.estimator).__name__} was fitted on signals; motifs need sequences of "
            "letters"
        )
    return get_alphabet(reader.symbols)


def as_codes(data: np.ndarray, n_symbols: int) -> np.ndarray:
    """Codes (n, L) of what :meth:`SequenceReader.read` gave."""
    if data.dtype == np.uint8:
        return data
    return most_likely_codes(data.reshape(len(data), -1, n_symbols))


def reads_both(reader: SequenceReader, both_strands, alphabet: Alphabet) -> bool:
    if both_strands is True and not alphabet.is_nucleic:
        raise ValueError(
            f"both_strands=True needs nucleic acids, but the letters are {alphabet.symbols!r}; "
            "set both_strands=False"
        )
    return reader.estimator.strands_ is not None if both_strands == "auto" else both_strands


@dataclass(frozen=True)
class _Layer:
    """A convolution of letters, and what comes with it.

    `order` is that of the channels, where weights are shared between strands.
    """

    conv: nn.Module
    unit: ConvUnit | None
    order: list[int] | None

    @property
    def n_filters(self) -> int:
        """Filters; of those that are each other's reverse complement the first half."""
        return len(self.conv.weight) // (1 if self.order is None else 2)

    @property
    def offsets(self) -> np.ndarray:
        """Places in a window that the filter reads."""
        return np.arange(self.conv.kernel_size[-1]) * self.conv.dilation[-1]

    @property
    def span(self) -> int:
        return int(self.offsets[-1]) + 1

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Activations (b, n_filters, L - span + 1) of windows within channels (b, C, L)."""
        x = x if self.order is None else x[:, self.order]
        weight = self.conv.weight.flatten(2)
        activates = self.unit is not None and self.unit.act is not None
        bias = self.conv.bias if activates else None
        maps = F.conv1d(x, weight, bias, dilation=self.conv.dilation[-1])
        if activates:
            maps = self._activate(maps.unsqueeze(2)).squeeze(2)
        return maps[:, : self.n_filters]

    def _activate(self, maps: torch.Tensor) -> torch.Tensor:
        for step in self.unit.steps[self.unit.steps.index("conv") :]:
            if step == "norm" and self.unit.norm is not None:
                maps = self.unit.norm(maps)
            elif step == "act":
                maps = self.unit.act(maps)
        return maps


@torch.no_grad()
def _first_layers(reader: SequenceReader, codes: np.ndarray) -> list[_Layer]:
    """The convolutions whose input are letters, found by looking at what they get."""
    found, hooks = [], []

    def look(conv, inputs):
        if _are_symbols(inputs[0], reader.n_channels):
            found.append(conv)

    for module in reader.network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and _is_window(module):
            hooks.append(module.register_forward_pre_hook(look))
    try:
        reader.network(reader.to_channels(codes))
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise ValueError(
            f"{type(reader.estimator).__name__} has no convolution that reads the letters, so no "
            "filters that could be motifs; use discover_motifs"
        )
    units = {m.conv: m for m in reader.network.modules() if isinstance(m, ConvUnit)}
    strand_order = getattr(reader.network, "strand_order", None)
    order = None if strand_order is None else list(strand_order.order)
    return [_Layer(conv, units.get(conv), order) for conv in dict.fromkeys(found)]


def _is_window(conv: nn.Module) -> bool:
    """Whether a convolution sees several positions, and nothing but positions and channels."""
    return conv.groups == 1 and conv.kernel_size[-1] == np.prod(conv.kernel_size) > 1


def _are_symbols(maps: torch.Tensor, n_symbols: int) -> bool:
    is_binary = bool(((maps == 0) | (maps == 1)).all())
    return maps.shape[1] == n_symbols and is_binary and float(maps.sum(dim=1).max()) == 1


def _sites(
    layer: _Layer, strands: dict[str, np.ndarray], n_symbols: int, threshold: float
) -> Iterator[pd.DataFrame]:
    """The windows of each filter that activate it."""
    largest = np.zeros(layer.n_filters)
    for codes in strands.values():
        for _, activations in _activations(layer, codes, n_symbols):
            np.maximum(largest, activations.max(axis=(0, 2)), out=largest)
    # Nothing is above what a dead filter has at its best.
    least = np.where(largest > 0, threshold * largest, np.inf)
    parts = [
        part
        for strand, codes in strands.items()
        for part in _strand_sites(layer, codes, strand, n_symbols, least)
    ]
    if not parts:
        return iter([pd.DataFrame()] * layer.n_filters)
    sites = pd.concat(parts, ignore_index=True)
    return (sites[sites["filter"] == i].drop(columns="filter") for i in range(layer.n_filters))


def _strand_sites(layer, codes, strand, n_symbols, least) -> Iterator[pd.DataFrame]:
    for first_row, activations in _activations(layer, codes, n_symbols):
        rows, filters, places = np.nonzero(activations > least[:, np.newaxis])
        starts = places if strand == "+" else codes.shape[1] - places - layer.span
        yield pd.DataFrame(
            {
                "sequence": first_row + rows,
                "start": starts,
                "end": starts + layer.span,
                "strand": strand,
                "score": activations[rows, filters, places],
                "filter": filters,
            }
        )


@torch.no_grad()
def _activations(
    layer: _Layer, codes: np.ndarray, n_symbols: int
) -> Iterator[tuple[int, np.ndarray]]:
    """The number of the first row, and activations of windows of known letters, batch by batch;
    minus infinity for other windows.
    """
    n, length = codes.shape
    if length < layer.span:
        return
    weight = layer.conv.weight
    size = max(1, _BATCH_POSITIONS // length)
    for start in range(0, n, size):
        batch = codes[start : start + size]
        x = to_channels(torch.from_numpy(batch).to(weight.device), n_symbols, weight.dtype)
        unknown = np.lib.stride_tricks.sliding_window_view(batch == n_symbols, layer.span, axis=1)
        activations = layer(x).cpu().numpy()
        yield start, np.where(unknown.any(axis=2)[:, np.newaxis], -np.inf, activations)


def _make_motif(name, sites, layer, codes, alphabet) -> FoundMotif:
    sites = sites.sort_values(["sequence", "start", "strand"], ignore_index=True)
    counts = count_symbols(codes, sites, alphabet)[layer.offsets]
    motif = Motif.from_counts(name, counts, alphabet.symbols)
    return FoundMotif(name, motif.probabilities, alphabet.symbols, motif.n_sites, sites=sites)


def _warn_of(left_out: list[str], n_filters: int, min_sites: int) -> None:
    if left_out:
        warn_user(
            f"{len(left_out)} of {n_filters} filters are left out, since fewer than "
            f"min_sites={min_sites} windows of X activate them: {', '.join(left_out)}"
        )
