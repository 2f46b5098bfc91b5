"""Variational auto-encoders of rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

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
    """Divergence of independent Gaussians from standard ones, in closed form.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (..., n_latent)
        Moments of each coordinate.

    Returns
    -------
    Tensor of shape (...)
        Kullback-Leibler divergence in nats, summed over the coordinates [1]_.

    References
    ----------
    .. [1] D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=-1)


def draw(
    mean: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor | None = None
) -> torch.Tensor:
    """Draw from independent Gaussians, such that gradients reach their moments.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (..., n_latent)
        Moments of each coordinate.
    noise : Tensor, optional
        Standard normal numbers, of a shape that goes with the moments; by default new ones from
        torch's random state. The same noise for two inputs makes their difference precise.

    Returns
    -------
    Tensor
    """
    noise = torch.randn_like(mean) if noise is None else noise
    return mean + (0.5 * log_variance).exp() * noise


class VariationalNetwork(nn.Module):
    """Dense layers to the moments of a Gaussian code, and back to the scores of a likelihood.

    Parameters
    ----------
    n_inputs, n_components : int
        Columns of the input, and coordinates of the code.
    likelihood : {"gaussian", "bernoulli", "negative_binomial"}
        What the columns are, given the code.
    hidden_units : int or tuple of int
        Sizes of the layers between the input and the code, and in reverse order back.
    hidden_activation : str
        Activation of these layers.
    hidden_normalization : {None, "batch", "layer"}
        Normalization in the hidden layers of the encoder.
    hidden_dropout : float or tuple of float
        Dropout before the hidden layers of the encoder, and after each of them.
    latent_normalization, latent_activation : str or None
        Normalization and activation of the layers that give mean and log-variance of the code.
    n_conditions : int
        Further inputs of the layers that give the moments, and of the decoder.
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
        """Features (batch, n_features) of rows (batch, n_inputs)."""
        return self.hidden(self.likelihood.read(x))

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of the code of rows, each (batch, n_components)."""
        features = self.read(x)
        return self.mean(features), self.log_variance(features)

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Expected rows (batch, n_inputs), given their code."""
        return self.likelihood.mean(self.decoder(code))

    def sample(self, code: torch.Tensor) -> torch.Tensor:
        """Rows (batch, n_inputs) drawn from the likelihood, given their code."""
        return self.likelihood.sample(self.decoder(code))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-likelihood of rows given a code drawn for each, and the divergence of the code."""
        mean, log_variance = self.posterior(x)
        scores = self.decoder(draw(mean, log_variance))
        return self.likelihood.log_prob(x, scores), gaussian_kl(mean, log_variance)

    def log_weights(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Log-densities of rows and codes over that of the codes drawn, (n_draws, batch).

        Their mean over draws estimates the evidence lower bound, and the logarithm of the mean of
        their exponentials the importance-weighted bound.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
        noise : Tensor of shape (n_draws, n_components)
            Standard normal numbers, the same for all rows.
        """
        mean, log_variance = self.posterior(x)
        return torch.stack([self._log_weight(x, mean, log_variance, e) for e in noise])

    def _log_weight(self, x, mean, log_variance, noise) -> torch.Tensor:
        code = draw(mean, log_variance, noise)
        log_prob = self.likelihood.log_prob(x, self.decoder(code))
        return log_prob + log_density_ratio(code, log_variance, noise)


class SemiSupervisedNetwork(VariationalNetwork):
    """Variational auto-encoder whose rows have a class beside their code.

    The encoder gives scores of the classes from its features, and the moments of the code from
    its features and a class; the decoder reads the code and the class. A priori all classes have
    the same chance.

    Parameters
    ----------
    n_inputs, n_components, n_classes : int
        Columns of the input, coordinates of the code, and number of classes.
    **settings
        Settings of :class:`VariationalNetwork`.
    """

    def __init__(self, n_inputs: int, n_components: int, *, n_classes: int, **settings):
        super().__init__(n_inputs, n_components, n_conditions=n_classes, **settings)
        self.n_classes = n_classes
        self.output = nn.Linear(self.mean[0].in_features - n_classes, n_classes)

    def class_scores(self, x: torch.Tensor) -> torch.Tensor:
        """Scores (batch, n_classes) of the classes, whose softmax are their chances."""
        return self.output(self.read(x))

    def posterior(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log-variance of the code, supposed that a row is of each of the classes; both
        (batch, n_classes, n_components).
        """
        return self._moments(self.read(x))

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of the code over the classes, and their chances: (batch, n_components +
        n_classes), as the decoder reads them.
        """
        features = self.read(x)
        chances = self.output(features).softmax(dim=1)
        mean = (chances.unsqueeze(2) * self._moments(features)[0]).sum(dim=1)
        return torch.cat([mean, chances], dim=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores of the classes; and, supposed that a row is of each of them, its log-likelihood
        given a code that is drawn, and the divergence of the code; all (batch, n_classes).
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
        """Rows (batch * n_classes, ...) of values (batch, n_classes, ...), each with its class."""
        classes = torch.eye(self.n_classes, dtype=values.dtype, device=values.device)
        return torch.cat([values, classes.expand(len(values), -1, -1)], dim=2).flatten(0, 1)


def log_density_ratio(
    code: torch.Tensor, log_variance: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Log-density of codes under the prior, less that under the posterior they were drawn from."""
    return 0.5 * (log_variance + noise.square() - code.square()).sum(dim=-1)


def moment_layer(
    n_inputs: int, n_outputs: int, normalization: str | None, activation: str | None
) -> nn.Sequential:
    """Linear layer with normalization and activation, if there are any."""
    layers = [
        nn.Linear(n_inputs, n_outputs),
        make_normalization(normalization, n_outputs),
        None if activation is None else make_activation(activation),
    ]
    return nn.Sequential(*(layer for layer in layers if layer is not None))
