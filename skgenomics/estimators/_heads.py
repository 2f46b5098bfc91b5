"""Hyperparameters that all architectures share, and how they become arguments of a network."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.motifs import Motif, read_motifs
from skgenomics.networks._layers import as_tuple
from skgenomics.networks._padding import find_mask
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.sequences import get_alphabet

# Rarely used parameters of the hidden layers of a head.
HIDDEN_LAYERS: dict[str, Any] = {"hidden_normalization": None, "hidden_activation": "relu"}
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
        # A number of numpy, compared with a tuple, would give an array.
        if n
        and isinstance(default := defaults.get(name), tuple)
        and isinstance(params.get(name), tuple)
        and params[name] == default
    }


# 6-mers of nucleic acids, 2-mers of proteins.
_MAX_KMERS = 4096
_STEM_FILTERS = (128,)
_FIXED_LENGTH_POOLS = ("max", "mean", "flatten")


# What the mixins are mixed into.
if TYPE_CHECKING:
    _Base = SequenceEstimator
else:
    _Base = object


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkSettings(_Base):
    """Hyperparameters that all architectures share: hidden layers, and linear models beside them.

    A subclass adds those of one architecture; `vocabulary_size`, where it has it, makes the network
    read tokens, and `motifs` initializes its first filters.
    """

    _network_class: ClassVar[type[SequenceNetwork]]
    # Parameters of the network that are entries of `network_params`, with their defaults.
    _rare: ClassVar[dict[str, Any]] = {}

    hidden_units: int | tuple[int, ...] = 64
    hidden_dropout: float | tuple[float, ...] = 0.5
    linear_path: bool | str = "auto"
    kmer_path: int | str = "auto"
    network_params: dict[str, Any] | None = None

    @property
    def receptive_field_(self) -> int | None:
        """Receptive field of a position of the last feature map, in input positions.

        None if it spans the whole sequence.
        """
        network: Any = self.network_
        return network.trunk.receptive_field

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Hyperparameters of the network with their defaults."""
        settings = next(base for base in cls.__mro__ if not issubclass(base, BaseEstimator))
        own = {field.name: field.default for field in fields(settings)}
        del own["network_params"]
        return own | cls._rare

    def _network(self) -> type[SequenceNetwork]:
        return self._network_class

    def _network_params(self) -> dict[str, Any]:
        return resolve_params(self, self._given_params(), self._defaults())

    def _given_params(self) -> dict[str, Any]:
        """Hyperparameters of the network as they are set."""
        own = self._defaults().keys() - self._rare.keys()
        given = {name: getattr(self, name) for name in own}
        return given | self._rare | (self.network_params or {})

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        # Hidden layers that are taken over may be more or fewer than those of the defaults.
        return fit_defaults(super()._adopt(params), self._defaults())

    def _chosen_settings(self) -> set[str]:
        defaults = self._defaults()
        return {name for name, value in self._given_params().items() if value != defaults[name]}

    def _check_settings(self) -> None:
        super()._check_settings()
        if not isinstance(self.network_params, dict | None):
            raise ValueError(f"network_params must be a dict, got {self.network_params!r}")
        for name in self.network_params or {}:
            if name not in self._rare:
                raise ValueError(
                    f"network_params has {name!r}, which is unknown or has a parameter of its own; "
                    f"it accepts {', '.join(sorted(self._rare)) or 'none'}"
                )
        if getattr(self, "vocabulary_size", None) is not None:
            check_integer("vocabulary_size", self.vocabulary_size, 2)


def gather_network_params(estimator: type, settings: dict[str, Any]) -> dict[str, Any]:
    """Move rarely used parameters of a network into `network_params`.

    Parameters
    ----------
    estimator : type
        Class of an estimator.
    settings : dict
        Its hyperparameters, among which entries of `network_params` may stand by themselves.

    Returns
    -------
    dict
        Hyperparameters as the class accepts them.
    """
    rare = {name: settings[name] for name in getattr(estimator, "_rare", ()) if name in settings}
    if not rare:
        return settings
    own = {name: value for name, value in settings.items() if name not in rare}
    return own | {"network_params": rare | (settings.get("network_params") or {})}


def resolve_params(
    estimator: SequenceEstimator, params: dict[str, Any], defaults: dict[str, Any]
) -> dict[str, Any]:
    """Turn hyperparameters into arguments of a network that fits the input.

    Parameters
    ----------
    estimator : SequenceEstimator
        Estimator that has read its input.
    params : dict
        Hyperparameters of the network, in which "auto" leaves the choice to the input.
    defaults : dict
        Defaults of the same hyperparameters.

    Returns
    -------
    dict
        Arguments of the network, sizes of input and output aside.

    Raises
    ------
    ValueError
        If a hyperparameter does not fit the input, such as motifs for token ids.
    """
    check_choice("linear_path", params["linear_path"], (True, False, "auto"))
    params = fit_defaults(params, defaults)
    is_token = estimator.input_form_ == "tokens"
    if is_token and (params["linear_path"] is True or params["kmer_path"] not in ("auto", 0)):
        raise ValueError(
            "linear_path and kmer_path read symbols of an alphabet, but X holds token ids; leave "
            "them 'auto'"
        )
    if params["linear_path"] == "auto":
        # If both strands are equivalent, a base at a fixed position carries no information alone.
        # Sequences of unequal length may be longer still in prediction, where it has no weights.
        has_positions = not is_token and not estimator.has_padding_
        params["linear_path"] = estimator.strands_ is None and has_positions
    if params["kmer_path"] == "auto":
        params["kmer_path"] = _longest_kmers(estimator) if estimator.is_sequence_ else 0
    params["complement"] = estimator.complement_ if estimator.strands_ == "tied" else None
    if params.get("head_pool") == "auto":
        # "flatten" has weights for each position, and none for those of longer sequences.
        params["head_pool"] = ("max", "mean") if estimator.has_padding_ else _FIXED_LENGTH_POOLS
    if params.get("stem_filters") == "auto":
        params["stem_filters"] = () if is_token else _STEM_FILTERS
    if "motifs" in params:
        params["motifs"] = _read_motifs(estimator, params["motifs"])
        if params["motifs"] and estimator.strands_ == "tied":
            raise ValueError(
                "motifs cannot initialize filters that both strands share; use "
                "reverse_complement='average', or leave motifs=None"
            )
    return params


def _longest_kmers(estimator: SequenceEstimator) -> int:
    if estimator.n_channels_ == 1:
        return 0
    return min(int(log(_MAX_KMERS, estimator.n_channels_) + 1e-9), estimator.length_)


def _read_motifs(estimator: SequenceEstimator, motifs) -> list[np.ndarray]:
    """Probabilities of motifs, with columns in the order of the alphabet."""
    if motifs is None:
        return []
    if not estimator.is_sequence_:
        raise ValueError("motifs need X to hold sequences; leave motifs=None for signals")
    is_file = isinstance(motifs, str | PathLike)
    motifs = read_motifs(motifs) if is_file else list(motifs)
    symbols = get_alphabet(estimator.alphabet).symbols
    return [_in_order(motif, symbols) for motif in motifs]


def _in_order(motif: Motif, symbols: str) -> np.ndarray:
    known = get_alphabet(motif.alphabet).symbols.replace("U", "T")
    columns = [known.find(symbol) for symbol in symbols.replace("U", "T")]
    if -1 in columns or len(known) != len(symbols):
        raise ValueError(
            f"motif {motif.name!r} has the symbols {motif.alphabet!r}, but the sequences have "
            f"{symbols!r}; choose motifs of the same alphabet"
        )
    return motif.probabilities[:, columns]


class AttentionMixin(_Base):
    """Attention maps of an estimator whose trunk has them."""

    def attention_maps(self, X) -> list[np.ndarray]:
        """Compute the attention weights of each head of each layer.

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
        network: Any = self.network_

        def compute(x: torch.Tensor, mask: torch.Tensor | None) -> list[np.ndarray]:
            maps = network.trunk.attention_maps(x, find_mask(x, mask))
            return [layer.cpu().numpy() for layer in maps]

        batches = self.net_.map_batches(self._read(X, reset=False), compute)
        return [np.concatenate(layers) for layers in zip(*batches, strict=True)]
