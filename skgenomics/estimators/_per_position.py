"""What estimators with targets for each position share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from torch import nn

from skgenomics._utils.validation import check_choice
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._heads import fit_defaults
from skgenomics.estimators._transfer import check_frozen_weights_are_known, find_checkpoint
from skgenomics.networks._trunks import Trunk, find_trunk, trunk_settings
from skgenomics.networks.imported import ImportedNetwork
from skgenomics.sequences import get_alphabet

_MOVES = ("shift", "insertion", "deletion", "inversion", "translocation")
# What makes an architecture keep positions apart, and see far, where the user does not say.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "cnn": {"n_filters": (64, 64, 64), "kernel_size": 11, "normalization": "batch"},
    # Powers of 3, so that all reach along the frame of codons.
    "resnet": {"dilation": (1, 3, 9, 27, 81), "stem_kernel_size": 11, "dropout": 0.1},
    "rnn": {"embedding_size": 32, "dropout": 0.1},
    "cnnrnn": {"kernel_size": 11, "pool_size": 1, "normalization": "batch"},
    "transformer": {"stem_filters": 64, "stem_pool_size": 1, "d_model": 64, "n_layers": 2},
    "longconv": {"d_model": 64},
    "convtransformer": {"d_model": 96, "n_layers": 2, "n_heads": 4, "d_key": 16},
    "unet": {"n_filters": (48, 64, 96), "kernel_size": 7, "dropout": 0.1},
    "unettransformer": {
        "stem_filters": 64,
        "tower_filters": 64,
        "d_model": 96,
        "divisible_by": 8,
        "n_layers": 2,
        "d_key": 16,
    },
}


_HEAD = {"hidden_filters", "hidden_normalization", "hidden_activation"}


@dataclass(kw_only=True, eq=False, repr=False)
class PositionEstimator(SequenceEstimator):
    """Base of estimators whose network is chosen by name and keeps positions apart."""

    _network_class: ClassVar[type[nn.Module]]
    _by_position: ClassVar[bool] = True
    _networks: ClassVar[tuple[str, ...]] = tuple(_DEFAULTS)
    # Parameters of the head that are entries of `network_params`.
    _head_params: ClassVar[set[str]] = _HEAD
    # Fitted model of a checkpoint whose network is the trunk; None for networks of this package.
    _checkpoint = None

    network: str | ImportedNetwork = "resnet"
    network_params: dict[str, Any] | None = None
    reverse_complement: str | None = None

    def _network(self) -> Callable[..., nn.Module]:
        return self._copy_imported if self._is_imported else self._network_class

    def _copy_imported(self, **settings) -> nn.Module:
        return copy.deepcopy(cast(ImportedNetwork, self.network))

    def _learn_input(self, data: np.ndarray, y: np.ndarray, seed: int) -> None:
        # Kept to rebuild the trunk of a saved estimator.
        self._checkpoint = find_checkpoint(self.pretrained)
        super()._learn_input(data, y, seed)

    def _make_network(self) -> nn.Module:
        if self._checkpoint is None:
            return super()._make_network()
        symbols = get_alphabet(self.alphabet).symbols
        trunk = self._checkpoint._make_trunk(self.length_, symbols)
        return self._network_class(**self.network_settings_, trunk=trunk)

    def _initialize_net(self, dataset, seed: int) -> None:
        if self._checkpoint is None:
            super()._initialize_net(dataset, seed)
            return
        self.transferred_ = [n for n in self.network_.state_dict() if n.startswith("trunk.")]
        check_frozen_weights_are_known(self.freeze, self.network_, set(self.transferred_))

    def _choose_masking_rate(self, rate: float | str) -> float:
        # Masked positions would be unknown bases, of which a checkpoint has seen few.
        is_auto = rate == "auto" and self._checkpoint is not None
        return 0.0 if is_auto else super()._choose_masking_rate(rate)

    def _network_params(self) -> dict[str, Any]:
        """Return the arguments of the network; a subclass adds those of its head."""
        if isinstance(self.network, ImportedNetwork):
            return {}
        given = self.network_params or {}
        if self._checkpoint is not None:
            self._check_pretrained_trunk()
            return dict(given)
        defaults = _DEFAULTS[self.network]
        n_symbols = self.n_channels_ - getattr(self, "n_controls", 0)
        complement: Any = self.complement_
        return {
            "trunk": self.network,
            "complement": complement[:n_symbols] if self.strands_ == "tied" else None,
            **fit_defaults(defaults | given, defaults),
        }

    def _check_pretrained_trunk(self) -> None:
        """Raise a ValueError unless the estimator reads sequences and sets parts of the head."""
        if not self.is_sequence_:
            raise ValueError(
                f"`pretrained` ({type(self._checkpoint).__name__}) reads sequences, but X holds "
                "other channels; pass sequences, and leave n_channels=None"
            )
        others = set(self.network_params or {}) - self._head_params
        if others:
            raise ValueError(
                f"network_params has {min(others)!r}, but the trunk is that of `pretrained`; only "
                f"{', '.join(sorted(self._head_params))} can be set"
            )

    @property
    def receptive_field_(self) -> int | None:
        """Positions of a sequence that one position of the last map sees; None for all."""
        network: Any = self.network_
        return None if isinstance(network, ImportedNetwork) else network.trunk.receptive_field

    def _chosen_settings(self) -> set[str]:
        return set(self.network_params or {})

    def _trunk_class(self) -> type[Trunk] | None:
        if isinstance(self.network, ImportedNetwork) or self._checkpoint is not None:
            return None
        return find_trunk(self.network)

    def _score_shape(self, network) -> tuple[int | None, ...]:
        if self._is_imported:
            return (self.n_outputs_, self.length_ - 2 * network.crop)
        return (self.n_outputs_, None)

    def _row_sets(self, y) -> list[np.ndarray]:
        return []

    def _check_settings(self) -> None:
        super()._check_settings()
        if not self._is_imported:
            check_choice("network", self.network, self._networks)
            self._check_network_params()
        augmentation = self._augmentation()
        for name in _MOVES:
            if getattr(augmentation, name):
                raise ValueError(
                    f"{name}={getattr(augmentation, name)!r} moves bases away from their targets, "
                    f"of which {type(self).__name__} has one for each position; set {name}=0"
                )

    def _check_network_params(self) -> None:
        given, network = self.network_params, cast(str, self.network)
        if not isinstance(given, dict | None):
            raise ValueError(f"network_params must be a dict, got {given!r}")
        known = trunk_settings(network) | self._head_params
        for name in given or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={network!r} does not know, "
                    f"or which is set otherwise; it knows {', '.join(sorted(known))}"
                )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
