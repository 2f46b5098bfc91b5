"""Settings that all architectures share: how a map of features becomes scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import log
from os import PathLike
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.motifs import Motif, read_motifs
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.sequences import get_alphabet

_PER_LAYER = ("n_filters", "kernel_size", "dilation", "padding", "pool_size", "dropout")


def fit_defaults(params: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Bring defaults with a value per layer to the number of layers that the user asks for.

    Parameters
    ----------
    params : dict
        Settings of a network.
    defaults : dict
        What those are that the user left alone: tuples among them are cut, or go on with their
        last value.
    """
    own = [
        len(value)
        for name in _PER_LAYER
        if isinstance(value := params.get(name), tuple | list) and value != defaults.get(name)
    ]
    n_layers = {name: params.get("n_blocks") or max(own, default=None) for name in _PER_LAYER}
    if "hidden_units" in params:
        n_layers["hidden_dropout"] = len(as_tuple(params["hidden_units"])) + 1
    return params | {
        name: (default + default[-1:] * n)[:n]
        for name, n in n_layers.items()
        if n and isinstance(default := defaults.get(name), tuple) and params.get(name) == default
    }


# 6-mers of nucleic acids, 2-mers of proteins.
_MAX_KMERS = 4096
_STEM_FILTERS = (128,)
_TRAINING = {field.name for field in fields(SequenceEstimator)}


@dataclass(kw_only=True, eq=False, repr=False)
class PathSettings:
    """Hyper-parameters of the hidden layers, and of the linear models beside the network."""

    _network_class: ClassVar[type[SequenceNetwork]]

    hidden_units: int | tuple[int, ...] = 64
    hidden_dropout: float | tuple[float, ...] = 0.5
    hidden_normalization: str | None = None
    hidden_activation: str = "relu"
    linear_path: bool | str = "auto"
    kmer_path: int | str = "auto"

    def _network(self) -> type[SequenceNetwork]:
        return self._network_class

    @property
    def receptive_field_(self) -> int | None:
        """Positions of a sequence that one position of the last map sees; None for all."""
        return self.network_.trunk.receptive_field

    def _network_params(self) -> dict[str, Any]:
        """Fields of the settings, training aside, with those resolved that are "auto"."""
        check_choice("linear_path", self.linear_path, (True, False, "auto"))
        defaults = self._defaults()
        params = fit_defaults({name: getattr(self, name) for name in defaults}, defaults)
        is_token = self.input_form_ == "tokens"
        if is_token and (self.linear_path is True or self.kmer_path not in ("auto", 0)):
            raise ValueError(
                "linear_path and kmer_path read letters, but X holds token ids; leave them 'auto'"
            )
        if self.linear_path == "auto":
            # Where strands are alike, no letter at a fixed place can tell anything by itself.
            params["linear_path"] = self.strands_ is None and not is_token
        if self.kmer_path == "auto":
            params["kmer_path"] = self._longest_kmers() if self.is_sequence_ else 0
        params["masked"] = self.is_sequence_
        params["complement"] = self.complement_ if self.strands_ == "tied" else None
        return params

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        # Hidden layers that are taken over may be more or fewer than those of the defaults.
        return fit_defaults(super()._adopt(params), self._defaults())

    def _chosen_settings(self) -> set[str]:
        return {name for name, value in self._defaults().items() if getattr(self, name) != value}

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Settings of the network with their defaults."""
        settings = next(base for base in cls.__mro__ if not issubclass(base, BaseEstimator))
        return {f.name: f.default for f in fields(settings) if f.name not in _TRAINING}

    def _longest_kmers(self) -> int:
        if self.n_channels_ == 1:
            return 0
        return min(int(log(_MAX_KMERS, self.n_channels_) + 1e-9), self.length_)


@dataclass(kw_only=True, eq=False, repr=False)
class HeadSettings(PathSettings):
    """Hyper-parameters of a :class:`~skgenomics.networks.SequenceNetwork`, its trunk aside."""

    head_pool: str | int | tuple = ("max", "mean", "flatten")
    flat_channels: int | None = 16


@dataclass(kw_only=True, eq=False, repr=False)
class TokenSettings(HeadSettings):
    """Hyper-parameters of a network that reads sequences, or tokens of a known number."""

    vocabulary_size: int | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.vocabulary_size is not None:
            check_integer("vocabulary_size", self.vocabulary_size, 2)

    def _network_params(self) -> dict[str, Any]:
        params = super()._network_params()
        if params.get("stem_filters") == "auto":
            params["stem_filters"] = () if self.input_form_ == "tokens" else _STEM_FILTERS
        return params


@dataclass(kw_only=True, eq=False, repr=False)
class MotifSettings(HeadSettings):
    """Hyper-parameters of a network whose first filters may start from known motifs."""

    motifs: str | PathLike | Sequence[Motif] | None = None
    freeze_motifs: bool = False

    def _network_params(self) -> dict[str, Any]:
        params = super()._network_params()
        params["motifs"] = self._read_motifs()
        if params["motifs"] and self.strands_ == "tied":
            raise ValueError(
                "motifs cannot start filters that both strands share; use "
                "reverse_complement='average', or leave motifs=None"
            )
        return params

    def _read_motifs(self) -> list[np.ndarray]:
        """Probabilities in the order of the alphabet."""
        if self.motifs is None:
            return []
        if not self.is_sequence_:
            raise ValueError("motifs need X to hold letters; leave motifs=None for signals")
        is_path = isinstance(self.motifs, str | PathLike)
        motifs = read_motifs(self.motifs) if is_path else list(self.motifs)
        symbols = get_alphabet(self.alphabet).symbols
        return [_in_order(motif, symbols) for motif in motifs]


def _in_order(motif: Motif, symbols: str) -> np.ndarray:
    known = get_alphabet(motif.alphabet).symbols.replace("U", "T")
    places = [known.find(symbol) for symbol in symbols.replace("U", "T")]
    if -1 in places or len(known) != len(symbols):
        raise ValueError(
            f"motif {motif.name!r} has the letters {motif.alphabet!r}, but the sequences have "
            f"{symbols!r}; choose motifs of the same alphabet"
        )
    return motif.probabilities[:, places]


class AttentionMixin:
    """Attention maps of an estimator whose trunk has them."""

    def attention_maps(self, X) -> list[np.ndarray]:
        """What each head of each layer looks at.

        Parameters
        ----------
        X : text, uint8 codes, numeric channels or token ids
            As in :meth:`fit`; on the strand that is given.

        Returns
        -------
        list of ndarray of shape (n, n_heads, L, L)
            One per layer. L is the number of positions that convolutions and pooling leave, or of
            tokens; rows are the positions that look, and sum to 1. Padding is never looked at.
        """
        check_is_fitted(self)
        network = self.network_

        def compute(x: torch.Tensor) -> list[np.ndarray]:
            maps = network.trunk.attention_maps(x, network.mask(x))
            return [layer.cpu().numpy() for layer in maps]

        batches = self.net_.map_batches(self._read(X, reset=False), compute)
        return [np.concatenate(layers) for layers in zip(*batches, strict=True)]
