"""Base class of the autoencoders of sequences: reading, encoding and decoding sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_array, check_is_fitted, check_non_negative

from skgenomics._utils.input_validation import has_padding, is_soft_one_hot, read_sequences
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.autoencoders._base import BaseAutoencoder
from skgenomics.autoencoders._reconstruction_net import ReconstructionNet, SequenceBoundLoss
from skgenomics.estimators._heads import fit_defaults
from skgenomics.estimators._transfer import shared_settings
from skgenomics.networks._sequence_decoders import DECODERS
from skgenomics.networks._trunks import trunk_settings
from skgenomics.networks.mlp import InputTrunk
from skgenomics.networks.sequence_autoencoders import (
    SequenceAutoencoderNetwork,
    log_likelihood,
)
from skgenomics.sequences import decode, most_likely_codes

_ENCODERS = ("mlp", "cnn", "resnet", "rnn", "cnnrnn", "transformer", "longconv", "convtransformer")
# Parameters of an encoder that differ from the defaults of its architecture.
_ENCODER_DEFAULTS: dict[str, dict[str, Any]] = {
    "cnn": {"n_filters": (64, 64), "kernel_size": (9, 5), "pool_size": ("auto", 2)},
    "rnn": {"embedding_size": 32, "cell": "gru"},
}
_HIDDEN = ("hidden_units", "hidden_normalization", "hidden_activation")


@dataclass(kw_only=True, eq=False, repr=False)
class BaseSequenceAutoencoder(BaseAutoencoder):
    """Base class of the autoencoders of sequences."""

    _variational: ClassVar[bool] = False

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

    def fit(self, X, y=None, sample_weight=None, groups=None, validation_data=None, X_val=None):
        """Train the network to reconstruct sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as text; codes of shape (n_samples, length), uint8; or non-negative channels
            of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length).
        y : None
            Ignored, present for API consistency.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights, such as those of :func:`sequence_weights`; a weight of zero equals
            removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are not split between training and early stopping.
        validation_data : tuple (X_val, None) or (X_val, None, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            The fitted autoencoder.

        Raises
        ------
        ValueError
            If X is empty, malformed, negative or without any known symbol, or a hyperparameter is
            out of range.
        """
        return self._fit(X, None, sample_weight, groups, validation=(validation_data, X_val, None))

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`fit`. The first call sets their length.
        y : None
            Ignored, present for API consistency.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted autoencoder.

        Raises
        ------
        ValueError
            If X or a hyperparameter is invalid, see :meth:`fit`.
        """
        return self._fit(X, None, sample_weight, one_epoch=True)

    def transform(self, X) -> np.ndarray:
        """Encode sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`fit`, in any of its formats.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Latent vectors; the means of the latent Gaussians of a variational autoencoder.

        Raises
        ------
        ValueError
            If X is invalid, see :meth:`fit`, or sequences are longer than in fit.
        """
        network: Any = self.network_
        return self._map(X, lambda x, mask: network.encode(x, mask)[0])

    def inverse_transform(self, Z):
        """Decode latent vectors.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_components)
            Latent vectors.

        Returns
        -------
        X : ndarray of shape (n_samples,) or (n_samples, ...)
            Most probable sequences as text, or as codes of shape (n_samples, length) if X was codes
            in fit; if it was channels, the probabilities of the symbols, of shape (n_samples,
            length * n_channels). Padding and unknown symbols are not reproduced: each position has
            a symbol.

        Raises
        ------
        ValueError
            If the number of columns differs from the size of the latent space.
        """
        proba = self._decode(Z)
        if self.input_form_ == "channels":
            return proba.reshape(len(proba), -1)[:, : self.n_features_in_]
        return self._as_input_form(most_likely_codes(proba))

    def score_samples(self, X) -> np.ndarray:
        """Compute the log-likelihood of each sequence given its own latent vector.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`transform`.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Log-likelihoods in nats, summed over the known symbols.
        """
        return self._map(X, self._reconstruction_log_likelihood)

    def score_variants(self, reference, variants, **options) -> np.ndarray:
        """Compute the log-likelihood ratio of each variant to its reference sequence.

        Parameters
        ----------
        reference : str or array-like of shape (1,), (n_samples,) or (n_samples, ...)
            Reference sequence: one for all variants, or one for each.
        variants : array-like of shape (n_samples,) or (n_samples, ...)
            Variants of the reference, as text, codes or channels.
        **options : dict
            Keyword arguments of :meth:`score_samples`.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Differences of :meth:`score_samples` in nats, negative if the variant is less likely.

        Raises
        ------
        ValueError
            If the number of references is neither one nor that of the variants, or sequences are
            invalid.
        """
        reference = [reference] if isinstance(reference, str) else reference
        before = self.score_samples(reference, **options)
        scores = self.score_samples(variants, **options)
        if len(before) not in (1, len(scores)):
            raise ValueError(
                f"there are {len(before)} references for {len(scores)} variants; pass one for all, "
                "or one for each"
            )
        return scores - before

    def _network_params(self) -> dict[str, Any]:
        """Give the parameters of the network that do not depend on the input."""
        defaults = _ENCODER_DEFAULTS.get(self.encoder, {})
        names = ("n_components", "encoder", "decoder", *_HIDDEN, "hidden_dropout")
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
        decoder: Any = DECODERS[self.decoder]
        known = set(decoder.__init__.__kwdefaults__)
        _check_params("decoder", self.decoder, self.decoder_params, known)

    def _make_loss(self, n_rows: int) -> SequenceBoundLoss:
        return SequenceBoundLoss(self.length_, n_rows)

    def _learn_input(self, data: np.ndarray, y, seed: int) -> None:
        self.dtype_ = "float64" if data.dtype == np.float64 else "float32"
        self.is_sequence_ = is_soft_one_hot(data, self.n_channels_)
        self.network_settings_ = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "variational": self._variational,
            **self._network_params(),
        }

    def _read(self, X, *, reset: bool) -> np.ndarray:
        data = read_sequences(
            self,
            X,
            alphabet=self.alphabet,
            length=self.length,
            allow_table=False,
            reset=reset,
        )
        if data.dtype != np.uint8:
            check_non_negative(data, f"{type(self).__name__}, which models sequences")
        if reset:
            self.has_padding_ = has_padding(data, self.n_channels_)
        if reset and not is_known(data, self.n_channels_).any():
            raise ValueError("X holds no known symbol, so that there is nothing to learn")
        return data

    def _make_net(self, device: str) -> ReconstructionNet:
        """Build the net with random parameters."""
        network = SequenceAutoencoderNetwork(**self.network_settings_)
        network = network.to(getattr(torch, self.dtype_))
        return ReconstructionNet(
            network,
            n_channels=self.n_channels_,
            masked=self.has_padding_,
            device=device,
            verbose=self.verbose,
        ).initialize()

    def _reconstruction_log_likelihood(
        self, x: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        network: Any = self.network_
        return log_likelihood(x, network.decode(network.encode(x, mask)[0]))

    def _decode(self, Z) -> np.ndarray:
        """Compute the probabilities of symbols, of shape (n_samples, length, n_channels)."""
        check_is_fitted(self)
        Z = check_array(Z, dtype=self.dtype_, estimator=self, input_name="Z")
        if Z.shape[1] != self._n_features_out:
            raise ValueError(
                f"Z has {Z.shape[1]} columns, but the latent space of {type(self).__name__} has "
                f"{self._n_features_out}"
            )
        return self.net_.decode(Z)

    def _as_input_form(self, codes: np.ndarray) -> np.ndarray:
        """Convert codes to text if X was text in fit."""
        return decode(codes, self.alphabet) if self.input_form_ == "text" else codes

    def _shared_settings(self) -> dict[str, Any]:
        """Give the parameters that an estimator must share to start from this one."""
        shared = shared_settings(self)
        if isinstance(self.network_.trunk, InputTrunk):
            shared |= {name: self.network_settings_[name] for name in _HIDDEN}
        return shared

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        return tags


def is_known(data: np.ndarray, n_channels: int) -> np.ndarray:
    """Find the known symbols of codes or of flat non-negative channels."""
    return data < n_channels if data.dtype == np.uint8 else data > 0


def _check_params(part: str, name: str, params: dict[str, Any] | None, known: set[str]) -> None:
    if not isinstance(params, dict | None):
        raise ValueError(f"{part}_params must be a dict, got {params!r}")
    for param in params or {}:
        if param not in known:
            raise ValueError(
                f"{part}_params has {param!r}, which {part}={name!r} does not know; it knows "
                f"{', '.join(sorted(known)) or 'none'}"
            )
