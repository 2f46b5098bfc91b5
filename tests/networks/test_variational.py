"""Latent Gaussians: against torch's own distributions."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from skgenomics.networks.variational import draw, gaussian_kl


@pytest.fixture
def moments():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)


def test_divergence_is_that_of_torch(moments):
    mean, log_variance = moments
    exact = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0)).sum(dim=-1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), exact)


def test_divergence_of_the_prior_from_itself_is_zero():
    assert gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [0.0, 0.0]


def test_draws_have_the_moments_asked_for():
    torch.manual_seed(0)
    z = draw(torch.full((100_000, 1), 2.0), torch.full((100_000, 1), 9.0).log())
    assert abs(z.mean() - 2) < 0.05
    assert abs(z.std() - 3) < 0.05


def test_given_noise_is_used_and_broadcast(moments):
    mean, log_variance = moments
    noise = torch.ones(7, 1, 3, dtype=torch.float64)
    z = draw(mean, log_variance, noise)
    torch.testing.assert_close(z, (mean + (0.5 * log_variance).exp()).expand(7, 5, 3))


def test_gradients_reach_both_moments(moments):
    mean, log_variance = (m.clone().requires_grad_() for m in moments)
    noise = torch.full_like(mean, 2.0)
    draw(mean, log_variance, noise).sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones_like(mean))
    torch.testing.assert_close(log_variance.grad, (0.5 * log_variance.detach()).exp())
