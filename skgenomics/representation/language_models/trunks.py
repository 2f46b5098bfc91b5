"""Which network a language model trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skgenomics.checks import check_choice
from skgenomics.estimators.settings import fit_defaults
from skgenomics.networks.architectures import find_trunk, trunk_defaults, trunk_settings
from skgenomics.networks.trunk import Trunk


@dataclass(kw_only=True, eq=False, repr=False)
class TrunkSettings:
    """Hyper-parameters of the trunk, whose defaults by its name a subclass knows."""

    _networks: ClassVar[dict[str, dict[str, Any]]]
    # What the trunk has to be told to look at one side only.
    _one_sided: ClassVar[dict[str, Any]] = {}

    network: str
    network_params: dict[str, Any] | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("network", self.network, tuple(self._networks))
        given = self.network_params
        if not isinstance(given, dict | None):
            raise ValueError(f"network_params must be a dict, got {given!r}")
        known = trunk_settings(self.network) - self._one_sided.keys()
        for name in given or {}:
            if name not in known:
                raise ValueError(
                    f"network_params has {name!r}, which network={self.network!r} does not know, "
                    f"or which is set otherwise; it knows {', '.join(sorted(known))}"
                )
        takes_tokens = "vocabulary_size" in trunk_defaults(self._trunk_class())
        if self.vocabulary_size is not None and not takes_tokens:
            raise ValueError(
                f"network={self.network!r} takes no token ids; choose 'transformer', 'longconv' or "
                "'rnn', or leave vocabulary_size=None"
            )

    def _trunk_params(self) -> dict[str, Any]:
        defaults = self._networks[self.network]
        if self.vocabulary_size is not None:
            # Convolutions read letters.
            defaults = defaults | {"stem_filters": (), "vocabulary_size": self.vocabulary_size}
        params = fit_defaults(defaults | (self.network_params or {}), defaults) | self._one_sided
        known = trunk_defaults(self._trunk_class())
        return {name: value for name, value in params.items() if name in known}

    def _trunk_class(self) -> type[Trunk]:
        return find_trunk(self.network)

    def _chosen_settings(self) -> set[str]:
        tokens = {"vocabulary_size"} if self.vocabulary_size is not None else set()
        return set(self.network_params or {}) | tokens

    def _adopt(self, params: dict[str, Any]) -> dict[str, Any]:
        adopted = super()._adopt(params)
        for name, value in self._one_sided.items():
            if adopted.get(name, value) != value:
                raise ValueError(
                    f"`pretrained` was built with {name}={adopted[name]!r} and looks at both sides "
                    "of a position, where it would see the letter that it is to guess; start from "
                    "a CausalLanguageModel"
                )
        return adopted
