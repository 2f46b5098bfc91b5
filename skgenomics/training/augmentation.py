"""Random changes of a training batch: the other strand, shifts and substitutions."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Augmentation:
    """Changes that leave the label as it is, drawn anew for each batch.

    Parameters
    ----------
    complement : tuple of int or None
        Channel that pairs with each channel; None for sequences without strands.
    flip : bool, default=False
        Whether half of the sequences are read from the other strand.
    shift : int, default=0
        Sequences move by up to so many positions either way; zeros move in.
    mutation_rate : float, default=0.0
        Share of positions whose letter is replaced by a random one.
    """

    complement: tuple[int, ...] | None = None
    flip: bool = False
    shift: int = 0
    mutation_rate: float = 0.0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Change a batch of shape (batch, channels, length)."""
        if self.flip:
            x = torch.where(_coins(x), self.other_strand(x), x)
        if self.shift:
            x = shift_randomly(x, self.shift)
        if self.mutation_rate:
            x = mutate(x, self.mutation_rate)
        return x

    def other_strand(self, x: torch.Tensor) -> torch.Tensor:
        """The reverse complement of each sequence."""
        return x.flip(2)[:, list(self.complement)]


def _coins(x: torch.Tensor) -> torch.Tensor:
    return torch.rand(len(x), 1, 1, device=x.device) < 0.5


def shift_randomly(x: torch.Tensor, most: int) -> torch.Tensor:
    """Move each sequence by -most to most positions; zeros move in."""
    n, n_channels, length = x.shape
    starts = torch.randint(0, 2 * most + 1, (n, 1), device=x.device)
    columns = starts + torch.arange(length, device=x.device)
    padded = torch.nn.functional.pad(x, (most, most))
    return padded.gather(2, columns.unsqueeze(1).expand(-1, n_channels, -1))


def mutate(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Put a random letter at a share of the positions, unknown ones aside."""
    n, n_channels, length = x.shape
    hit = torch.rand(n, length, device=x.device) < rate
    letters = torch.randint(0, n_channels, (n, length), device=x.device)
    random = torch.nn.functional.one_hot(letters, n_channels).transpose(1, 2).to(x.dtype)
    known = x.any(dim=1)
    return torch.where((hit & known).unsqueeze(1), random, x)
