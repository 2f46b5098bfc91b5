"""Autoencoders of sequences: a trunk as encoder, and a decoder."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from skgenomics.networks._heads import HeadPool
from skgenomics.networks._layers import as_tuple, dense_layers
from skgenomics.networks._sequence_decoders import DECODERS
from skgenomics.networks._trunks import Trunk, find_trunk
from skgenomics.networks.mlp import InputTrunk


def find_encoder(name: str) -> type[Trunk]:
    """Look up the trunk of an encoder by name; "mlp" has hidden layers only."""
    return InputTrunk if name == "mlp" else find_trunk(name)


class SequenceAutoencoderNetwork(nn.Module):
    """Encoder of sequences into a latent space, and decoder into probabilities of symbols.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_components : int
        Dimension of the latent space.
    encoder, decoder : str
        Name of the trunk, see :func:`find_encoder`, and one of
        :data:`~skgenomics.networks._sequence_decoders.DECODERS`.
    variational : bool
        Whether the encoder gives a Gaussian distribution rather than a point.
    hidden_units, hidden_dropout, hidden_normalization, hidden_activation
        Hidden layers between the trunk and the latent space, see
        :func:`~skgenomics.networks._layers.dense_layers`.
    decoder_params : dict
        Hyperparameters of the decoder.
    **settings
        Hyperparameters of the trunk.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_components: int,
        *,
        encoder: str,
        decoder: str,
        variational: bool,
        hidden_units,
        hidden_dropout,
        hidden_normalization,
        hidden_activation: str,
        decoder_params: dict[str, Any],
        **settings,
    ):
        super().__init__()
        self.length = length
        self.trunk = find_encoder(encoder)(n_channels, length, **settings)
        way = "last" if encoder == "rnn" else "flatten"
        self.pool = HeadPool(
            way, self.trunk.n_features, self.trunk.length_out, n_backward=self.trunk.n_backward
        )
        self.hidden, n_features = dense_layers(
            self.pool.n_features,
            as_tuple(hidden_units),
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
        )
        self.mean = nn.Linear(n_features, n_components)
        self.log_variance = nn.Linear(n_features, n_components) if variational else None
        self.decoder = DECODERS[decoder](n_components, n_channels, length, **decoder_params)

    def encode(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compute the mean and the log-variance of the latent vector of each sequence.

        Parameters
        ----------
        x : Tensor of shape (batch, n_channels, length)
            One-hot sequences.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding, which is ignored; None if there is none.

        Returns
        -------
        mean : Tensor of shape (batch, n_components)
            Mean of the latent vectors.
        log_variance : Tensor of shape (batch, n_components), or None
            Logarithm of the variance; None if the network is not variational.
        """
        features = self.hidden(self.pool(*self.trunk(x, mask)))
        mean = self.mean(features)
        return mean, None if self.log_variance is None else self.log_variance(features)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Decode (batch, n_components) into log-probabilities (batch, n_channels, length)."""
        return self.decoder(z).log_softmax(dim=1)


def log_likelihood(x: torch.Tensor, log_probabilities: torch.Tensor) -> torch.Tensor:
    """Compute the log-likelihood of each sequence in nats.

    Parameters
    ----------
    x, log_probabilities : Tensor of shape (batch, n_channels, length)
        One-hot or soft one-hot sequences, and log-probabilities of symbols. Positions of only zeros
        are unknown and have no effect.

    Returns
    -------
    Tensor of shape (batch,)
        Sum over positions.
    """
    return (x * log_probabilities).sum(dim=(1, 2))
