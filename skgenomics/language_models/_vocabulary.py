"""What positions hold: letters, signals or tokens; how it is hidden, and what a guess costs."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from skgenomics.networks.language_model import Places


class Letters:
    """One-hot letters, or mixtures of letters; zeros where a letter is unknown.

    A batch has the shape (batch, n_symbols, length).
    """

    def __init__(self, n_symbols: int):
        self.n_outputs = n_symbols

    def known(self, x: torch.Tensor) -> torch.Tensor:
        """Positions that may be asked for: (batch, length)."""
        return x.any(dim=1)

    def unknown(self, x: torch.Tensor) -> torch.Tensor:
        """Positions that are hidden already."""
        return ~x.any(dim=1)

    def hide(self, x: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """Sequences without what stands `where`, as if it were unknown."""
        return x.masked_fill(where[:, None], 0)

    def replace(self, x: torch.Tensor, where: torch.Tensor, generator) -> torch.Tensor:
        """Sequences with random letters `where`."""
        symbols = torch.randint(self.n_outputs, where.shape, device=x.device, generator=generator)
        rows = torch.eye(self.n_outputs, dtype=x.dtype, device=x.device)
        return torch.where(where[:, None], rows[symbols].transpose(1, 2), x)

    def targets(self, x: torch.Tensor, places: Places) -> torch.Tensor:
        """What is asked for at some positions, (n, ...)."""
        rows, columns = places
        return x[rows, :, columns]

    def losses(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihoods of shape (n,)."""
        return -(targets * scores.log_softmax(dim=1)).sum(dim=1)

    def predictions(self, scores: torch.Tensor) -> torch.Tensor:
        """What scores (n, n_outputs) say: probabilities."""
        return scores.softmax(dim=1)

    def certain(self, x: torch.Tensor) -> torch.Tensor:
        """The same for what is known: (batch, length, n_outputs)."""
        return x.transpose(1, 2)


class Signals(Letters):
    """Numbers, each with a normal distribution of variance one around what is predicted."""

    def known(self, x):
        return torch.ones_like(x[:, 0], dtype=torch.bool)

    def replace(self, x, where, generator):
        order = torch.randperm(len(x), device=x.device, generator=generator)
        return torch.where(where[:, None], x[order], x)

    def losses(self, scores, targets):
        return (scores - targets).square().sum(dim=1) / 2

    def predictions(self, scores):
        return scores


class Tokens(Letters):
    """Ids of tokens, of which those up to that of the mask are never asked for.

    A batch has the shape (batch, length).
    """

    def __init__(self, vocabulary_size: int, mask_token: int):
        super().__init__(vocabulary_size)
        self.mask_token = mask_token

    def known(self, x):
        return x > self.mask_token

    def unknown(self, x):
        return x == self.mask_token

    def hide(self, x, where):
        return x.masked_fill(where, self.mask_token)

    def replace(self, x, where, generator):
        tokens = torch.randint(
            *(self.mask_token + 1, self.n_outputs, where.shape),
            dtype=x.dtype,
            device=x.device,
            generator=generator,
        )
        return torch.where(where, tokens, x)

    def targets(self, x, places):
        return x[places].long()

    def losses(self, scores, targets):
        return F.cross_entropy(scores, targets, reduction="none")

    def certain(self, x):
        return F.one_hot(x.long(), self.n_outputs).float()
