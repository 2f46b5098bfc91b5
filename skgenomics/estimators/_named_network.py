"""Networks for whole sequences, chosen by the name of their architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from skgenomics._utils.validation import check_choice
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.estimators._heads import NetworkSettings, resolve_params
from skgenomics.estimators.cnn import CNNSettings
from skgenomics.estimators.cnn_rnn import CNNRNNSettings
from skgenomics.estimators.conv_transformer import ConvTransformerSettings
from skgenomics.estimators.long_conv import LongConvSettings
from skgenomics.estimators.mlp import MLPSettings
from skgenomics.estimators.resnet import ResNetSettings
from skgenomics.estimators.rnn import RNNSettings
from skgenomics.estimators.transformer import TransformerSettings
from skgenomics.estimators.unet import UNetSettings
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

_SETTINGS: dict[str, type[NetworkSettings]] = {
    "cnn": CNNSettings,
    "resnet": ResNetSettings,
    "unet": UNetSettings,
    "rnn": RNNSettings,
    "cnnrnn": CNNRNNSettings,
    "transformer": TransformerSettings,
    "longconv": LongConvSettings,
    "convtransformer": ConvTransformerSettings,
    "mlp": MLPSettings,
}


# What the mixin is mixed into.
if TYPE_CHECKING:
    _Base = SequenceEstimator
else:
    _Base = object


@dataclass(kw_only=True, eq=False, repr=False)
class NamedNetwork(_Base):
    """Hyperparameters of a network by its name, with the defaults of its architecture."""

    _networks: ClassVar[tuple[str, ...]] = tuple(_SETTINGS)
    # Hyperparameters whose defaults differ from those of the architecture.
    _other_defaults: ClassVar[dict[str, Any]] = {}

    network: str = "cnn"
    network_params: dict[str, Any] | None = None

    @property
    def receptive_field_(self) -> int | None:
        """Positions of a sequence that one position of the last map sees; None for all."""
        network: Any = self.network_
        return network.trunk.receptive_field

    def _architecture(self) -> type[SequenceNetwork]:
        return _SETTINGS[self.network]._network_class

    def _network(self):
        return self._build_network

    def _build_network(self, **settings) -> nn.Module:
        return self._architecture()(**settings)

    def _network_params(self) -> dict[str, Any]:
        defaults = _SETTINGS[self.network]._defaults()
        params = defaults | self._other_defaults | (self.network_params or {})
        return resolve_params(self, params, defaults)

    def _chosen_settings(self) -> set[str]:
        return set(self.network_params or {})

    def _trunk_class(self) -> type[Trunk]:
        return self._architecture().trunk_class

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("network", self.network, self._networks)
        if not isinstance(self.network_params, dict | None):
            raise ValueError(f"network_params must be a dict, got {self.network_params!r}")
        known = _SETTINGS[self.network]._defaults().keys() - {"vocabulary_size"}
        for name in self.network_params or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={self.network!r} does not know; "
                    f"it knows {', '.join(sorted(known))}"
                )
