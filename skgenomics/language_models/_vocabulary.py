"""Contents of a position: how to mask it, and the likelihood of a prediction."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.networks.language_model import Sites


class Symbols:
    """One-hot symbols or mixtures of symbols, all zeros where a symbol is unknown.

    Batches have the shape (batch, n_symbols, length).

    Parameters
    ----------
    n_symbols : int
        Size of the alphabet.
    """

    def __init__(self, n_symbols: int):
        self.n_outputs = n_symbols

    def known(self, x: torch.Tensor) -> torch.Tensor:
        """Find the positions that can be predicted, bool of shape (batch, length)."""
        return x.any(dim=1)

    def unknown(self, x: torch.Tensor) -> torch.Tensor:
        """Find the positions that are masked already, bool of shape (batch, length)."""
        return ~x.any(dim=1)

    def hide(self, x: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """Mask the positions `where`, which makes them unknown."""
        return x.masked_fill(where[:, None], 0)

    def replace(
        self, x: torch.Tensor, where: torch.Tensor, generator: torch.Generator | None
    ) -> torch.Tensor:
        """Replace the positions `where` by random content."""
        symbols = torch.randint(self.n_outputs, where.shape, device=x.device, generator=generator)
        one_hot = torch.eye(self.n_outputs, dtype=x.dtype, device=x.device)
        return torch.where(where[:, None], one_hot[symbols].transpose(1, 2), x)

    def targets(self, x: torch.Tensor, positions: Sites) -> torch.Tensor:
        """Select the content of some positions, of shape (n_positions, ...)."""
        rows, columns = positions
        return x[rows, :, columns]

    def losses(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Compute negative log-likelihoods of shape (n_positions,)."""
        return -(targets * scores.log_softmax(dim=1)).sum(dim=1)

    def predictions(self, scores: torch.Tensor) -> torch.Tensor:
        """Convert scores to predictions, both of shape (n_positions, n_outputs)."""
        return scores.softmax(dim=1)

    def observed(self, x: torch.Tensor) -> torch.Tensor:
        """Give the content as a prediction would, of shape (batch, length, n_outputs)."""
        return x.transpose(1, 2)


class Signals(Symbols):
    """Real values, modeled as normal with unit variance around the prediction."""

    def known(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ones_like(x[:, 0], dtype=torch.bool)

    def replace(
        self, x: torch.Tensor, where: torch.Tensor, generator: torch.Generator | None
    ) -> torch.Tensor:
        order = torch.randperm(len(x), device=x.device, generator=generator)
        return torch.where(where[:, None], x[order], x)

    def losses(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (scores - targets).square().sum(dim=1) / 2

    def predictions(self, scores: torch.Tensor) -> torch.Tensor:
        return scores


class Tokens(Symbols):
    """Token ids, of which those up to that of the mask are special and never predicted.

    Batches have the shape (batch, length).

    Parameters
    ----------
    vocabulary_size : int
        Number of tokens.
    mask_token : int
        Id of the mask, the last of the special tokens.
    """

    def __init__(self, vocabulary_size: int, mask_token: int):
        super().__init__(vocabulary_size)
        self.mask_token = mask_token

    def known(self, x: torch.Tensor) -> torch.Tensor:
        return x > self.mask_token

    def unknown(self, x: torch.Tensor) -> torch.Tensor:
        return x == self.mask_token

    def hide(self, x: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        return x.masked_fill(where, self.mask_token)

    def replace(
        self, x: torch.Tensor, where: torch.Tensor, generator: torch.Generator | None
    ) -> torch.Tensor:
        tokens = torch.randint(
            self.mask_token + 1,
            self.n_outputs,
            where.shape,
            dtype=x.dtype,
            device=x.device,
            generator=generator,
        )
        return torch.where(where, tokens, x)

    def targets(self, x: torch.Tensor, positions: Sites) -> torch.Tensor:
        return x[positions].long()

    def losses(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(scores, targets, reduction="none")

    def observed(self, x: torch.Tensor) -> torch.Tensor:
        return F.one_hot(x.long(), self.n_outputs).float()
