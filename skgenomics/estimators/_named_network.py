"""Networks for whole sequences, chosen by the name of their architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from skgenomics._utils.validation import check_choice
from skgenomics.estimators._heads import PathSettings
from skgenomics.estimators.cnn import CNNClassifier
from skgenomics.estimators.cnn_rnn import CNNRNNClassifier
from skgenomics.estimators.conv_transformer import ConvTransformerClassifier
from skgenomics.estimators.long_conv import LongConvClassifier
from skgenomics.estimators.mlp import MLPClassifier
from skgenomics.estimators.resnet import ResNetClassifier
from skgenomics.estimators.rnn import RNNClassifier
from skgenomics.estimators.transformer import TransformerClassifier
from skgenomics.networks._sequence_network import SequenceNetwork
from skgenomics.networks._trunks import Trunk

_CLASSIFIERS: dict[str, type[PathSettings]] = {
    "cnn": CNNClassifier,
    "resnet": ResNetClassifier,
    "rnn": RNNClassifier,
    "cnnrnn": CNNRNNClassifier,
    "transformer": TransformerClassifier,
    "longconv": LongConvClassifier,
    "convtransformer": ConvTransformerClassifier,
    "mlp": MLPClassifier,
}
# What the settings of a network are found out from.
_READ = ("input_form_", "n_channels_", "length_", "is_sequence_", "complement_", "strands_")


@dataclass(kw_only=True, eq=False, repr=False)
class NamedNetwork:
    """Hyper-parameters of a network by its name, with the defaults of its classifier."""

    _networks: ClassVar[tuple[str, ...]] = tuple(_CLASSIFIERS)
    # Settings whose defaults are others than those of the classifier.
    _other_defaults: ClassVar[dict[str, Any]] = {}

    network: str = "cnn"
    network_params: dict[str, Any] | None = None

    @property
    def receptive_field_(self) -> int | None:
        """Positions of a sequence that one position of the last map sees; None for all."""
        return self.network_.trunk.receptive_field

    def _architecture(self) -> type[SequenceNetwork]:
        return _CLASSIFIERS[self.network]._network_class

    def _network(self):
        return self._build_network

    def _build_network(self, **settings) -> nn.Module:
        return self._architecture()(**settings)

    def _network_params(self) -> dict[str, Any]:
        params = self._other_defaults | (self.network_params or {})
        classifier = _CLASSIFIERS[self.network](alphabet=self.alphabet, **params)
        vars(classifier).update({name: getattr(self, name) for name in _READ})
        return classifier._network_params()

    def _chosen_settings(self) -> set[str]:
        return set(self.network_params or {})

    def _trunk_class(self) -> type[Trunk]:
        return self._architecture().trunk_class

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("network", self.network, self._networks)
        if not isinstance(self.network_params, dict | None):
            raise ValueError(f"network_params must be a dict, got {self.network_params!r}")
        known = _CLASSIFIERS[self.network]._defaults().keys() - {"vocabulary_size"}
        for name in self.network_params or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={self.network!r} does not know; "
                    f"it knows {', '.join(sorted(known))}"
                )
