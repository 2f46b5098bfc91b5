"""Dense variational autoencoders of numeric features."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import cast

import torch
from torch import nn

from skgenomics.networks._layers import (
    as_tuple,
    check_sizes,
    dense_layers,
    make_activation,
    make_normalization,
)
from skgenomics.networks._likelihoods import LIKELIHOODS
from skgenomics.networks.mlp import InputTrunk


def gaussian_kl(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Compute the Kullback-Leibler divergence of Gaussians from the standard normal.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (..., n_latent)
        Mean and log-variance of each independent coordinate.

    Returns
    -------
    Tensor of shape (...)
        Divergence in nats, summed over the coordinates [1]_.

    References
    ----------
    .. [1] D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=-1)


def draw(
    mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor | None = None
) -> torch.Tensor:
    """Draw from independent Gaussians by the reparameterization trick.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (..., n_latent)
        Mean and log-variance of each coordinate.
    noise : Tensor, optional
        Standard normal numbers that broadcast with the moments; by default drawn from torch's
        random state. Common noise reduces the variance of differences between two inputs.

    Returns
    -------
    Tensor of shape (..., n_latent)
    """
    noise = torch.randn_like(mean) if noise is None else noise
    return mean + (0.5 * log_variance).exp() * noise


class VariationalNetwork(nn.Module):
    """Dense encoder to a Gaussian code, and decoder to the parameters of a likelihood.

    Parameters
    ----------
    n_inputs, n_components : int
        Number of input features, and dimension of the code.
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}, default="gaussian"
        Distribution of the features given the code.
    hidden_units : int or tuple of int, default=()
        Sizes of the hidden layers of the encoder, and in reverse order of the decoder.
    hidden_activation : str, default="relu"
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}, default=None
        Normalization in the hidden layers of the encoder.
    hidden_dropout : float or tuple of float, default=0.0
        Dropout rate before the hidden layers of the encoder, and after each of them.
    latent_normalization, latent_activation : str or None
        Normalization and activation of the mean and of the log-variance of the code.
    n_conditions : int, default=0
        Number of further inputs of the layers that give the moments, and of the decoder.
    """

    def __init__(
        self,
        n_inputs: int,
        n_components: int,
        *,
        likelihood: str = "gaussian",
        hidden_units: int | Sequence[int] = (),
        hidden_activation: str = "relu",
        hidden_normalization: str | None = None,
        hidden_dropout: float | Sequence[float] = 0.0,
        latent_normalization: str | None = None,
        latent_activation: str | None = None,
        n_conditions: int = 0,
    ):
        super().__init__()
        check_sizes("n_components", (n_components,))
        units = as_tuple(hidden_units)
        self.trunk = InputTrunk(1, n_inputs)
        self.hidden, n_features = dense_layers(
            n_inputs,
            units,
            normalization=hidden_normalization,
            activation=hidden_activation,
            dropout=hidden_dropout,
        )
        self.mean, self.log_variance = (
            moment_layer(
                n_features + n_conditions, n_components, latent_normalization, latent_activation
            )
            for _ in range(2)
        )
        layers, n_features = dense_layers(
            n_components + n_conditions,
            units[::-1],
            normalization=None,
            activation=hidden_activation,
            dropout=0.0,
        )
        self.decoder = nn.Sequential(layers, nn.Linear(n_features, n_inputs))
        self.likelihood = LIKELIHOODS[likelihood](n_inputs)

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Compute hidden features (batch, n_features) of (batch, n_inputs)."""
        return self.hidden(self.likelihood.read(x))

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute mean and log-variance of the code, each (batch, n_components)."""
        features = self.read(x)
        return self.mean(features), self.log_variance(features)

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Compute the expected features (batch, n_inputs) given the code."""
        return self.likelihood.mean(self.decoder(code))

    def sample(self, code: torch.Tensor) -> torch.Tensor:
        """Draw features (batch, n_inputs) from the likelihood given the code."""
        return self.likelihood.sample(self.decoder(code))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Compute the log-likelihood given a drawn code, and the divergence of the code."""
        mean, log_variance = self.posterior(x)
        scores = self.decoder(draw(mean, log_variance))
        return self.likelihood.log_prob(x, scores), gaussian_kl(mean, log_variance)

    def log_weights(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Compute log importance weights: joint density over posterior density of drawn codes.

        Their mean over draws estimates the evidence lower bound; the logarithm of the mean of their
        exponentials estimates the importance-weighted bound.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
            Numeric features.
        noise : Tensor of shape (n_draws, n_components)
            Standard normal numbers, shared by all samples.

        Returns
        -------
        Tensor of shape (n_draws, batch)
        """
        mean, log_variance = self.posterior(x)
        return torch.stack([self._log_weight(x, mean, log_variance, e) for e in noise])

    def _log_weight(self, x, mean, log_variance, noise) -> torch.Tensor:
        code = draw(mean, log_variance, noise)
        log_prob = self.likelihood.log_prob(x, self.decoder(code))
        return log_prob + log_density_ratio(code, log_variance, noise)


class SemiSupervisedNetwork(VariationalNetwork):
    """Semi-supervised variational autoencoder with a class as a second latent variable.

    The encoder predicts the class from its features, and the moments of the code from its features
    and the class; the decoder reads the code and the class. The prior of the classes is uniform.

    Parameters
    ----------
    n_inputs, n_components, n_classes : int
        Number of input features, dimension of the code, and number of classes.
    **settings
        Hyperparameters of :class:`VariationalNetwork`.
    """

    def __init__(self, n_inputs: int, n_components: int, *, n_classes: int, **settings):
        super().__init__(n_inputs, n_components, n_conditions=n_classes, **settings)
        self.n_classes = n_classes
        self.output = nn.Linear(cast(nn.Linear, self.mean[0]).in_features - n_classes, n_classes)

    def class_scores(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the logits (batch, n_classes) of the classes."""
        return self.output(self.read(x))

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute mean and log-variance of the code for each class.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
            Numeric features.

        Returns
        -------
        mean, log_variance : Tensor of shape (batch, n_classes, n_components)
        """
        return self._moments(self.read(x))

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the expected code and the probabilities of the classes.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
            Numeric features.

        Returns
        -------
        Tensor of shape (batch, n_components + n_classes)
            Input of the decoder.
        """
        features = self.read(x)
        proba = self.output(features).softmax(dim=1)
        mean = (proba.unsqueeze(2) * self._moments(features)[0]).sum(dim=1)
        return torch.cat([mean, proba], dim=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Compute the logits of the classes, and the terms of the bound for each class.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
            Numeric features.

        Returns
        -------
        logits, log_prob, divergence : Tensor of shape (batch, n_classes)
            Logits; log-likelihood given a drawn code; divergence of the code.
        """
        features = self.read(x)
        mean, log_variance = self._moments(features)
        log_prob = self._log_prob(x, draw(mean, log_variance))
        return self.output(features), log_prob, gaussian_kl(mean, log_variance)

    def _log_weight(self, x, mean, log_variance, noise) -> torch.Tensor:
        code = draw(mean, log_variance, noise)
        log_joint = self._log_prob(x, code) + log_density_ratio(code, log_variance, noise)
        return log_joint.logsumexp(dim=1) - log(self.n_classes)

    def _moments(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self._with_classes(features.unsqueeze(1).expand(-1, self.n_classes, -1))
        return tuple(
            layer(rows).unflatten(0, (-1, self.n_classes))
            for layer in (self.mean, self.log_variance)
        )

    def _log_prob(self, x: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        scores = self.decoder(self._with_classes(codes)).unflatten(0, (-1, self.n_classes))
        return self.likelihood.log_prob(x.unsqueeze(1), scores)

    def _with_classes(self, values: torch.Tensor) -> torch.Tensor:
        """Append one-hot classes to (batch, n_classes, ...), and flatten the first two axes."""
        classes = torch.eye(self.n_classes, dtype=values.dtype, device=values.device)
        return torch.cat([values, classes.expand(len(values), -1, -1)], dim=2).flatten(0, 1)


def log_density_ratio(
    code: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Compute the log-density of codes under the prior minus that under their posterior."""
    return 0.5 * (log_variance + noise.square() - code.square()).sum(dim=-1)


def moment_layer(
    n_inputs: int, n_outputs: int, normalization: str | None, activation: str | None
) -> nn.Sequential:
    """Build a linear layer with optional normalization and activation."""
    layers = [
        nn.Linear(n_inputs, n_outputs),
        make_normalization(normalization, n_outputs),
        None if activation is None else make_activation(activation),
    ]
    return nn.Sequential(*(layer for layer in layers if layer is not None))
