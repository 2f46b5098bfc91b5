"""What the decoder of a variational auto-encoder says about the columns of a table.

Each likelihood learns the scale of the columns from the training data, and has

- ``read(x)``, what the encoder gets to see of rows ``x``;
- ``log_prob(x, scores)``, the log-likelihood of rows given the scores of the decoder, in nats;
- ``mean(scores)``, the expected rows; and ``sample(scores)``, rows drawn at random.
"""

from __future__ import annotations

from math import log, pi

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Shares of 0 and 1 have no finite log-odds to start from.
_MIN_SHARE = 1e-3
_DISPERSIONS = (1e-2, 1e2)


class LogScale(nn.Module):
    """Logarithm of a scale for each column, learnt at ten times the rate of the weights.

    It has to go a long way from where the columns start without a code, and adaptive optimisers
    take steps of the same size for all.
    """

    pace = 10.0

    def __init__(self, n_columns: int):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(n_columns))

    def set(self, logs) -> None:
        """Start from these logarithms."""
        self.value.data.copy_(torch.as_tensor(logs) / self.pace)

    def forward(self) -> torch.Tensor:
        return self.pace * self.value


class GaussianLikelihood(nn.Module):
    """Normal columns, each with a variance of its own that is learnt.

    Scores are in units of the standard deviation of a column in the training data, as is what
    the encoder reads; so the model does not depend on the units of the columns.
    """

    def __init__(self, n_columns: int):
        super().__init__()
        self.register_buffer("center", torch.zeros(n_columns))
        self.register_buffer("scale", torch.ones(n_columns))
        self.log_variance = LogScale(n_columns)

    def learn(self, X: np.ndarray) -> None:
        """Take over means and standard deviations."""
        self.center.copy_(torch.from_numpy(X.mean(axis=0, dtype=np.float64)))
        self.scale.copy_(torch.from_numpy(X.std(axis=0, dtype=np.float64)))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.center) / self.scale

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        squares = (self.read(x) - scores).square() * (-self.log_variance()).exp()
        constants = self.log_variance() + 2 * self.scale.log() + log(2 * pi)
        return -0.5 * (squares + constants).sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        return self.center + self.scale * scores

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        noise = torch.randn_like(scores) * (0.5 * self.log_variance()).exp()
        return self.mean(scores + noise)


class BernoulliLikelihood(nn.Module):
    """Columns of 0 and 1, or shares in between; scores are log-odds."""

    def __init__(self, n_columns: int):
        super().__init__()
        self.register_buffer("center", torch.zeros(n_columns))

    def learn(self, X: np.ndarray) -> None:
        """Take over the log-odds of the columns."""
        share = X.mean(axis=0, dtype=np.float64).clip(_MIN_SHARE, 1 - _MIN_SHARE)
        self.center.copy_(torch.from_numpy(np.log(share / (1 - share))))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores, x = torch.broadcast_tensors(self.center + scores, x)
        return -F.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        return (self.center + scores).sigmoid()

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        return torch.bernoulli(self.mean(scores))


class NegativeBinomialLikelihood(nn.Module):
    """Counts of columns that share the total of their row, more dispersed than Poisson's.

    The softmax of the scores are the shares of the columns; times the total of a row it is the
    mean of its counts, whose variance is ``mean + mean ** 2 / dispersion``, with a dispersion for
    each column that is learnt [1]_. The encoder reads the logarithms of counts brought to the same
    total, that of the median row of the training data; columns are centered, and keep the spread
    that they have to each other.

    References
    ----------
    .. [1] Lopez et al., Deep generative modeling for single-cell transcriptomics, Nature Methods
       15, 2018.
    """

    def __init__(self, n_columns: int):
        super().__init__()
        self.register_buffer("center", torch.zeros(n_columns))
        self.register_buffer("totals", torch.ones(3))
        self.register_buffer("location", torch.zeros(n_columns))
        self.register_buffer("spread", torch.ones(()))
        self.log_dispersion = LogScale(n_columns)

    def learn(self, X: np.ndarray) -> None:
        """Take over totals of rows, shares of columns, and dispersions by moments."""
        totals = X.sum(axis=1, dtype=np.float64).clip(min=1)
        median, logs = np.median(totals), np.log(totals)
        self.totals.copy_(torch.tensor([median, logs.mean(), logs.std()]))
        # A count of one half keeps the share of an empty column above zero.
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
        logs = (x * (self.totals[0] / self._total(x))).log1p()
        return (logs - self.location) / self.spread

    def log_prob(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        log_mean = self._total(x).log() + (self.center + scores).log_softmax(dim=-1)
        return self._distribution(log_mean).log_prob(x).sum(dim=-1)

    def mean(self, scores: torch.Tensor) -> torch.Tensor:
        """Expected counts of rows with the median total."""
        return self.totals[0] * (self.center + scores).softmax(dim=-1)

    def sample(self, scores: torch.Tensor) -> torch.Tensor:
        """Counts of rows whose totals are drawn from a log-normal distribution."""
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


LIKELIHOODS = {
    "gaussian": GaussianLikelihood,
    "bernoulli": BernoulliLikelihood,
    "negative_binomial": NegativeBinomialLikelihood,
}
