"""What auto-encoders of sequences share: reading, training, encoding and writing sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_array, check_is_fitted, check_non_negative

from skgenomics._utils.input_validation import is_soft_one_hot, read_sequences
from skgenomics.autoencoders._base import HIDDEN, Coder, CoderSettings
from skgenomics.autoencoders._reconstruction_net import ReconstructionNet, SequenceBoundLoss
from skgenomics.estimators._transfer import TransferSettings
from skgenomics.networks.mlp import InputTrunk
from skgenomics.networks.sequence_autoencoders import (
    SequenceAutoencoderNetwork,
    log_likelihood,
)
from skgenomics.sequences import decode, most_likely_codes


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceCoder(CoderSettings, Coder):
    """Base of the auto-encoders of sequences."""

    _variational: ClassVar[bool] = False

    # Estimators of sequences start from the trunk by the same rule as from one of their own.
    _shared_trunk_settings = TransferSettings._shared_settings

    def fit(self, X, y=None, sample_weight=None, groups=None):
        """Train the network to write the sequences that it reads.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n,) or (n, 1); codes of shape (n, L); channels, which must not be
            negative, of shape (n, L * C), (n, L, C) or (n, C, L).
        y : None
            Ignored; there by convention.
        sample_weight : array-like of shape (n,), optional
            Weights of the sequences, such as :func:`sequence_weights` gives; a weight of zero
            equals removal.
        groups : array-like of shape (n,), optional
            Sequences of one group stay on one side of the split for early stopping.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If X is empty, malformed or negative, has no known letter at all, or a hyper-parameter
            is out of range.
        """
        return self._fit(X, None, sample_weight, groups)

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`. The first call sets the length of the sequences.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As in :meth:`fit`.
        """
        return self._fit(X, None, sample_weight, one_epoch=True)

    def transform(self, X) -> np.ndarray:
        """Encode sequences.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            As in :meth:`fit`, in the same form or in another one.

        Returns
        -------
        Z : ndarray of shape (n, n_components)
            Place of each sequence in the latent space; the mean of it, if it is a Gaussian.

        Raises
        ------
        ValueError
            As in :meth:`fit`, and if sequences are longer than in fit.
        """
        return self._map(X, lambda x: self.network_.encode(x)[0])

    def inverse_transform(self, Z):
        """Decode sequences.

        Parameters
        ----------
        Z : array-like of shape (n, n_components)
            Places in the latent space.

        Returns
        -------
        X : ndarray
            The most likely letters as text of shape (n,), or as codes of shape (n, L); their
            probabilities of shape (n, L * C), if X was channels in fit. There is a letter at every
            position, in place of padding and of unknown letters too.

        Raises
        ------
        ValueError
            If Z has another number of columns than the latent space.
        """
        chances = self._decode(Z)
        if self.input_form_ == "channels":
            return chances.reshape(len(chances), -1)[:, : self.n_features_in_]
        return self._write(most_likely_codes(chances))

    def score_samples(self, X) -> np.ndarray:
        """Log-likelihood of each sequence, given what the network makes of itself.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            As in :meth:`transform`.

        Returns
        -------
        scores : ndarray of shape (n,)
            In nats, summed over the known letters.
        """
        return self._map(X, self._score_points)

    def score_variants(self, reference, variants, **options) -> np.ndarray:
        """How much more likely variants are than the sequence that they come from.

        Parameters
        ----------
        reference : str, or text, codes or channels of one sequence or of n
            What the variants come from: one sequence for all, or one for each.
        variants : text, uint8 codes or numeric channels
            n sequences.
        **options
            What :meth:`score_samples` takes.

        Returns
        -------
        scores : ndarray of shape (n,)
            Difference of :meth:`score_samples`, in nats: below zero for what is less likely.

        Raises
        ------
        ValueError
            If there are neither one nor as many references as variants, or as in
            :meth:`transform`.
        """
        reference = [reference] if isinstance(reference, str) else reference
        before = self.score_samples(reference, **options)
        scores = self.score_samples(variants, **options)
        if len(before) not in (1, len(scores)):
            raise ValueError(
                f"there are {len(before)} references for {len(scores)} variants; give one for all, "
                "or one for each"
            )
        return scores - before

    def _make_loss(self, n_rows: int) -> SequenceBoundLoss:
        return SequenceBoundLoss(self.length_, n_rows)

    def _learn_input(self, data: np.ndarray) -> None:
        self.dtype_ = "float64" if data.dtype == np.float64 else "float32"
        self.is_sequence_ = is_soft_one_hot(data, self.n_channels_)
        self.network_settings_ = {
            "n_channels": self.n_channels_,
            "length": self.length_,
            "variational": self._variational,
            **self._network_params(),
        }

    def _read(self, X, *, reset: bool) -> np.ndarray:
        data = read_sequences(self, X, alphabet=self.alphabet, length=self.length, reset=reset)
        if data.dtype != np.uint8:
            check_non_negative(data, f"{type(self).__name__}, which models letters")
        if reset and not is_known(data, self.n_channels_).any():
            raise ValueError("X holds no known letter, so there is nothing to learn")
        return data

    def _make_net(self, device: str) -> ReconstructionNet:
        """The net with new weights."""
        network = SequenceAutoencoderNetwork(**self.network_settings_)
        network = network.to(getattr(torch, self.dtype_))
        return ReconstructionNet(
            network, n_channels=self.n_channels_, device=device, verbose=self.verbose
        ).initialize()

    def _score_points(self, x: torch.Tensor) -> torch.Tensor:
        return log_likelihood(x, self.network_.decode(self.network_.encode(x)[0]))

    def _decode(self, Z) -> np.ndarray:
        """Probabilities of letters, shape (n, L, C)."""
        check_is_fitted(self)
        Z = check_array(Z, dtype=self.dtype_, estimator=self, input_name="Z")
        if Z.shape[1] != self._n_features_out:
            raise ValueError(
                f"Z has {Z.shape[1]} columns, but the latent space of {type(self).__name__} has "
                f"{self._n_features_out}"
            )
        return self.net_.decode(Z)

    def _write(self, codes: np.ndarray) -> np.ndarray:
        """Codes as they are, or as text."""
        return decode(codes, self.alphabet) if self.input_form_ == "text" else codes

    def _shared_settings(self) -> dict[str, Any]:
        """Settings of what an estimator has to be that starts from these weights."""
        shared = self._shared_trunk_settings()
        if isinstance(self.network_.trunk, InputTrunk):
            shared |= {name: self.network_settings_[name] for name in HIDDEN}
        return shared

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        return tags


def is_known(data: np.ndarray, n_channels: int) -> np.ndarray:
    """Where codes, or flat channels that are not negative, hold a letter."""
    return data < n_channels if data.dtype == np.uint8 else data > 0
