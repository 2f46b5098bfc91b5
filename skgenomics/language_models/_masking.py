"""Random masks of masked language modeling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from skgenomics.language_models._vocabulary import Symbols


@dataclass(frozen=True)
class Masking:
    """Random masks of single positions or of spans of adjacent positions.

    Parameters
    ----------
    rate : float
        Fraction of the positions to predict.
    span : int, default=1
        Length of the spans that are masked together; spans may overlap.
    hidden : float, default=0.8
        Fraction of the chosen positions that are masked.
    replaced : float, default=0.1
        Fraction of the chosen positions that get a random symbol. The rest is left unchanged.
    """

    rate: float
    span: int = 1
    hidden: float = 0.8
    replaced: float = 0.1

    def choose(self, known: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """Draw the positions to predict among the known ones, bool of shape (batch, length)."""
        n, length = known.shape
        # Each position is covered by `span` possible spans, those that begin before the sequence
        # included, so that it is chosen at the same rate at the start as elsewhere. With start
        # probability p it stays uncovered with probability (1 - p) ** span = 1 - rate.
        start_rate = 1 - (1 - self.rate) ** (1 / self.span)
        draws = torch.rand(n, length + self.span - 1, device=known.device, generator=generator)
        starts = (draws < start_rate).unfold(1, self.span, 1).any(dim=2)
        return starts & known

    def corrupt(
        self,
        vocabulary: Symbols,
        x: torch.Tensor,
        chosen: torch.Tensor,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Mask most of the chosen positions, replace some, and leave the rest unchanged."""
        draws = torch.rand(chosen.shape, device=chosen.device, generator=generator)
        is_hidden = chosen & (draws < self.hidden)
        if self.replaced:
            is_replaced = chosen & ~is_hidden & (draws < self.hidden + self.replaced)
            x = vocabulary.replace(x, is_replaced, generator)
        return vocabulary.hide(x, is_hidden)


def split_into_passes(wanted: torch.Tensor, n_passes: int | None) -> Iterator[torch.Tensor]:
    """Split positions into masks of every `n_passes`-th one, or of a single one for None."""
    length = wanted.shape[1]
    n_passes = min(n_passes or length, length)
    index = torch.arange(length, device=wanted.device) % n_passes
    for i in range(n_passes):
        yield wanted & (index == i)
