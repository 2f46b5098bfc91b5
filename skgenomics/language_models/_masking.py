"""Which positions are hidden from a masked language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from skgenomics.language_models._vocabulary import Letters


@dataclass(frozen=True)
class Masking:
    """Random masks, of single positions or of spans side by side.

    Parameters
    ----------
    rate : float
        Share of the positions that a model is asked for.
    span : int, default=1
        Length of what is asked for at once; spans may meet.
    hidden : float, default=0.8
        Share of these positions that are hidden.
    replaced : float, default=0.1
        Share of them that hold something random. The rest is left as it is.
    """

    rate: float
    span: int = 1
    hidden: float = 0.8
    replaced: float = 0.1

    def choose(self, known: torch.Tensor, generator=None) -> torch.Tensor:
        """Draw the positions to ask for, out of the known ones: bool of shape (batch, length)."""
        n, length = known.shape
        # Each position lies in as many possible spans, those that stick out at the front included.
        start_rate = 1 - (1 - self.rate) ** (1 / self.span)
        draws = torch.rand(n, length + self.span - 1, device=known.device, generator=generator)
        starts = (draws < start_rate).unfold(1, self.span, 1).any(dim=2)
        return starts & known

    def corrupt(
        self, contents: Letters, x: torch.Tensor, chosen: torch.Tensor, generator=None
    ) -> torch.Tensor:
        """Hide what was chosen, replace some of it, and leave some of it as it is."""
        draws = torch.rand(chosen.shape, device=chosen.device, generator=generator)
        is_hidden = chosen & (draws < self.hidden)
        if self.replaced:
            is_replaced = chosen & ~is_hidden & (draws < self.hidden + self.replaced)
            x = contents.replace(x, is_replaced, generator)
        return contents.hide(x, is_hidden)


def in_turn(wanted: torch.Tensor, n_passes: int | None) -> Iterator[torch.Tensor]:
    """Split positions into masks: every `n_passes`-th of them, or one after the other for None."""
    length = wanted.shape[1]
    n_passes = min(n_passes or length, length)
    turn = torch.arange(length, device=wanted.device) % n_passes
    for i in range(n_passes):
        yield wanted & (turn == i)
