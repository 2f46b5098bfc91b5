"""The latent space of variational auto-encoders: independent Gaussians, given by their moments."""

from __future__ import annotations

import torch


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
