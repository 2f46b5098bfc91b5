"""Hyper-parameters of the auto-encoders of sequences, and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skgenomics.checks import check_choice, check_integer
from skgenomics.estimators.settings import fit_defaults
from skgenomics.networks.architectures import trunk_settings
from skgenomics.networks.sequence_decoders import DECODERS

# What an encoder is built with where the user does not say.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "cnn": {"n_filters": (64, 64), "kernel_size": (9, 5), "pool_size": ("auto", 2)},
    "rnn": {"embedding_size": 32, "cell": "gru"},
}
_ENCODERS = ("mlp", "cnn", "resnet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer")
HIDDEN = ("hidden_units", "hidden_normalization", "hidden_activation")


@dataclass(kw_only=True, eq=False, repr=False)
class CoderSettings:
    """Hyper-parameters of an encoder, a decoder, and what they read and write."""

    n_components: int = 16
    encoder: str = "cnn"
    encoder_params: dict[str, Any] | None = None
    hidden_units: int | tuple[int, ...] = 128
    hidden_dropout: float | tuple[float, ...] = 0.0
    hidden_normalization: str | None = None
    hidden_activation: str = "relu"
    decoder: str = "cnn"
    decoder_params: dict[str, Any] | None = None
    alphabet: str = "ACGT"
    length: int | None = None

    def _network_params(self) -> dict[str, Any]:
        """Settings to build the network with, sizes of a sequence aside."""
        defaults = _DEFAULTS.get(self.encoder, {})
        names = ("n_components", "encoder", "decoder", *HIDDEN, "hidden_dropout")
        return {
            "decoder_params": dict(self.decoder_params or {}),
            **{name: getattr(self, name) for name in names},
            **fit_defaults(defaults | (self.encoder_params or {}), defaults),
        }

    def _check_settings(self) -> None:
        super()._check_settings()
        check_integer("n_components", self.n_components, 1)
        if self.length is not None:
            check_integer("length", self.length, 1)
        check_choice("encoder", self.encoder, _ENCODERS)
        check_choice("decoder", self.decoder, tuple(DECODERS))
        known = set() if self.encoder == "mlp" else trunk_settings(self.encoder)
        _check_params("encoder", self.encoder, self.encoder_params, known)
        known = set(DECODERS[self.decoder].__init__.__kwdefaults__)
        _check_params("decoder", self.decoder, self.decoder_params, known)


def _check_params(part: str, kind: str, given, known: set[str]) -> None:
    if not isinstance(given, dict | None):
        raise ValueError(f"{part}_params must be a dict, got {given!r}")
    for name in given or {}:
        if name not in known:
            raise ValueError(
                f"{part}_params has {name!r}, which {part}={kind!r} does not know; it knows "
                f"{', '.join(sorted(known)) or 'none'}"
            )
