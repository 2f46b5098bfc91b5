"""Likelihoods of numeric features in dense variational autoencoders.

Each likelihood learns the scale of the features from the training data, and has

- ``read(x)``, the input of the encoder;
- ``log_prob(x, scores)``, the log-likelihood of samples given the output of the decoder, in nats;
- ``mean(scores)``, the expected features; and ``sample(scores)``, features drawn at random.
"""

from __future__ import annotations

from math import log, pi

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Fractions of 0 and 1 have no finite log-odds.
_MIN_SHARE = 1e-3
_DISPERSIONS = (1e-2, 1e2)


class LogScale(nn.Module):
    """Logarithm of a scale for each feature, learned at ten times the learning rate.

    The scale without a code is far from the one with a code, and adaptive optimizers take steps of
    the same size for all parameters.
    """

    pace = 10.0

    def __init__(self, n_columns: int):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(n_columns))

    def set(self, logs) -> None:
        """Set the logarithms."""
        self.value.data.copy_(torch.as_tensor(logs) / self.pace)

    def forward(self) -> torch.Tensor:
        """Return the logarithms."""
        return self.pace * self.value


class Likelihood(nn.Module):
    """Base class of likelihoods of numeric features.

    Parameters
    ----------
    n_columns : int
        Number of features.
    """

    center: torch.Tensor

    def __init__(self, n_columns: int):
        super().__init__()

    def learn(self, X: np.ndarray) -> None:
        """Set the scale of the features from training data of shape (n_samples, n_features)."""
        raise NotImplementedError

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Transform features into the input of the encoder."""
        raise NotImplementedError

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Compute the log-likelihood of samples given the output of the decoder, in nats."""
        raise NotImplementedError

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        """Compute the expected features given the output of the decoder."""
        raise NotImplementedError

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        """Draw features given the output of the decoder."""
        raise NotImplementedError


class GaussianLikelihood(Likelihood):
    """Normal features, each with a learned variance.

    The encoder reads, and the decoder predicts, features standardized by the training data, so that
    the model does not depend on their units.
    """

    scale: torch.Tensor

    def __init__(self, n_columns: int):
        super().__init__(n_columns)
        self.register_buffer("center", torch.zeros(n_columns))
        self.register_buffer("scale", torch.ones(n_columns))
        self.log_variance = LogScale(n_columns)

    def learn(self, X: np.ndarray) -> None:
        """Set means and standard deviations."""
        self.center.copy_(torch.from_numpy(X.mean(axis=0, dtype=np.float64)))
        self.scale.copy_(torch.from_numpy(X.std(axis=0, dtype=np.float64)))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Transform features into the input of the encoder."""
        return (x - self.center) / self.scale

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Compute the log-likelihood of each sample."""
        squares = (self.read(x) - scores).square() * (-self.log_variance()).exp()
        constants = self.log_variance() + 2 * self.scale.log() + log(2 * pi)
        return -0.5 * (squares + constants).sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        """Compute the expected features."""
        return self.center + self.scale * scores

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        """Draw features."""
        noise = torch.randn_like(scores) * (0.5 * self.log_variance()).exp()
        return self.mean(scores + noise)


class BernoulliLikelihood(Likelihood):
    """Features of 0 and 1, or values between; the decoder predicts log-odds."""

    def __init__(self, n_columns: int):
        super().__init__(n_columns)
        self.register_buffer("center", torch.zeros(n_columns))

    def learn(self, X: np.ndarray) -> None:
        """Set the log-odds of the features."""
        share = X.mean(axis=0, dtype=np.float64).clip(_MIN_SHARE, 1 - _MIN_SHARE)
        self.center.copy_(torch.from_numpy(np.log(share / (1 - share))))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Transform features into the input of the encoder."""
        return x

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Compute the log-likelihood of each sample."""
        scores, x = torch.broadcast_tensors(self.center + scores, x)
        return -F.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        """Compute the expected features."""
        return (self.center + scores).sigmoid()

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        """Draw features."""
        return torch.bernoulli(self.mean(scores))


class NegativeBinomialLikelihood(Likelihood):
    """Overdispersed counts with a given total of each sample.

    The mean is the softmax of the output of the decoder times the total of a sample; the variance
    is ``mean + mean ** 2 / dispersion``, with a learned dispersion for each feature [1]_. The
    encoder reads the logarithms of counts scaled to the median total of the training data, which
    are centered and divided by one common scale.

    References
    ----------
    .. [1] Lopez et al., Deep generative modeling for single-cell transcriptomics, Nature Methods
       15, 2018.
    """

    totals: torch.Tensor
    location: torch.Tensor
    spread: torch.Tensor

    def __init__(self, n_columns: int):
        super().__init__(n_columns)
        self.register_buffer("center", torch.zeros(n_columns))
        self.register_buffer("totals", torch.ones(3))
        self.register_buffer("location", torch.zeros(n_columns))
        self.register_buffer("spread", torch.ones(()))
        self.log_dispersion = LogScale(n_columns)

    def learn(self, X: np.ndarray) -> None:
        """Set totals, fractions of features, and dispersions by the method of moments."""
        totals = X.sum(axis=1, dtype=np.float64).clip(min=1)
        median, logs = np.median(totals), np.log(totals)
        self.totals.copy_(torch.tensor([median, logs.mean(), logs.std()]))
        # A pseudocount of one half keeps the fraction of an empty feature above zero.
        shares = (X.sum(axis=0, dtype=np.float64) + 0.5) / totals.sum()
        self.center.copy_(torch.from_numpy(np.log(shares)))
        even = X * (median / totals[:, np.newaxis])
        mean, variance = even.mean(axis=0), even.var(axis=0)
        dispersion = mean**2 / np.maximum(variance - mean, 1e-9)
        self.log_dispersion.set(np.log(dispersion.clip(*_DISPERSIONS)))
        logs = np.log1p(even)
        self.location.copy_(torch.from_numpy(logs.mean(axis=0)))
        self.spread.copy_(torch.tensor(max(logs.std(axis=0).mean(), 1e-6)))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Transform features into the input of the encoder."""
        logs = (x * (self.totals[0] / self._total(x))).log1p()
        return (logs - self.location) / self.spread

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Compute the log-likelihood of each sample."""
        log_mean = self._total(x).log() + (self.center + scores).log_softmax(dim=-1)
        return self._distribution(log_mean).log_prob(x).sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        """Compute the expected counts of samples with the median total."""
        return self.totals[0] * (self.center + scores).softmax(dim=-1)

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        """Draw counts of samples whose totals have a log-normal distribution."""
        _, mean, deviation = self.totals
        log_total = mean + deviation * torch.randn_like(scores[:, :1])
        return self._distribution(log_total + (self.center + scores).log_softmax(dim=-1)).sample()

    def _total(self, x: torch.Tensor) -> torch.Tensor:
        return x.sum(dim=-1, keepdim=True).clamp(min=1)

    def _distribution(self, log_mean: torch.Tensor) -> torch.distributions.NegativeBinomial:
        log_dispersion = self.log_dispersion()
        return torch.distributions.NegativeBinomial(
            log_dispersion.exp(), logits=log_mean - log_dispersion, validate_args=False
        )


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "gaussian": GaussianLikelihood,
    "bernoulli": BernoulliLikelihood,
    "negative_binomial": NegativeBinomialLikelihood,
}
