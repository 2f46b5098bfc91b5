"""What estimators with targets for each position share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import nn

from skgenomics.estimators.base import SequenceEstimator
from skgenomics.estimators.settings import check_choice
from skgenomics.networks.architectures import find_trunk

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
}


_RESERVED = {
    *("trunk", "masked", "complement", "crop", "crf", "transitions", "swap_classes"),
    *("n_bins", "bin_size", "profile_kernel_size", "n_controls", "has_counts", "mean_log_total"),
    *("joint_tracks", "swap_tracks"),
}


@dataclass(kw_only=True, eq=False, repr=False)
class PositionEstimator(SequenceEstimator):
    """Base of estimators whose network is chosen by name and keeps positions apart."""

    _network_class: ClassVar[type[nn.Module]]
    _by_position: ClassVar[bool] = True

    network: str = "resnet"
    network_params: dict[str, Any] | None = None
    reverse_complement: str | None = None

    def _network(self) -> type[nn.Module]:
        return self._network_class

    def _network_params(self) -> dict[str, Any]:
        """Settings of the network; a subclass adds those of its head."""
        given = self.network_params or {}
        reserved = _RESERVED & set(given)
        if reserved:
            raise ValueError(
                f"network_params has {sorted(reserved)}, which are set by the parameters of "
                f"{type(self).__name__}, or learned in fit"
            )
        n_letters = self.n_channels_ - getattr(self, "n_controls", 0)
        return {
            "trunk": self.network,
            "masked": self.has_letters_,
            "complement": self.complement_[:n_letters] if self.strands_ == "tied" else None,
            **_DEFAULTS[self.network],
            **given,
        }

    def _can_tie_strands(self) -> bool:
        return find_trunk(self.network).can_tie_strands

    def _score_shape(self, network) -> tuple[int, ...]:
        return (self.n_outputs_, network.length_out)

    def _row_sets(self, y) -> list[np.ndarray]:
        return []

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("network", self.network, tuple(_DEFAULTS))
        for name in _MOVES:
            if getattr(self, name):
                raise ValueError(
                    f"{name}={getattr(self, name)!r} moves letters away from their targets, of "
                    f"which {type(self).__name__} has one for each position; set {name}=0"
                )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
