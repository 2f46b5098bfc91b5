"""Where edited sequences differ from the original ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch


@dataclass(frozen=True, eq=False)
class Windows:
    """One window of the same width for each edit.

    A window may reach past both ends of a sequence; nothing is there.

    Parameters
    ----------
    rows : Tensor of int of shape (n_edits,)
        Original sequence of each edit.
    start : Tensor of int of shape (n_edits,)
        First position of each window.
    low, high : int
        Smallest and largest start, or bounds of them.
    width : int
        Positions of a window.
    length : int
        Positions of a sequence.
    """

    rows: torch.Tensor
    start: torch.Tensor
    low: int
    high: int
    width: int
    length: int

    def __len__(self) -> int:
        return len(self.rows)

    def move(self, offset: int, width: int, length: int) -> Windows:
        """Windows that start so many positions later, in sequences of another length."""
        return Windows(
            self.rows, self.start + offset, self.low + offset, self.high + offset, width, length
        )

    def turn(self) -> Windows:
        """The same windows, counted from the other end."""
        end = self.length - self.width
        return replace(self, start=end - self.start, low=end - self.high, high=end - self.low)

    def pool(self, size: int, length: int) -> Windows:
        """Pooling windows of a size that these windows have a part in."""
        return Windows(
            self.rows,
            self.start.div(size, rounding_mode="floor"),
            self.low // size,
            self.high // size,
            (self.width + 2 * size - 2) // size,
            length,
        )

    def place(self, start: torch.Tensor, width: int = 1) -> Windows:
        """Windows of the same edits at other places."""
        return replace(self, start=start, low=int(start.min()), high=int(start.max()), width=width)

    def offset_to(self, other: Windows) -> int | None:
        """How much later each of the other windows starts, if that is the same for all."""
        offset = other.low - self.low
        is_same = self.rows is other.rows and self.length == other.length
        return offset if is_same and torch.equal(self.start + offset, other.start) else None

    def span(self, other: Windows) -> Windows | None:
        """Smallest windows that cover these and the other ones, if they are alike for all edits."""
        offset = self.offset_to(other)
        if offset is None:
            return None
        first = min(0, offset)
        width = max(self.width, offset + other.width) - first
        return self.move(first, width, self.length)

    @cached_property
    def positions(self) -> torch.Tensor:
        """Positions of all windows, shape (n_edits, width); those past the ends are clipped."""
        places = torch.arange(self.width, device=self.start.device)
        return (self.start[:, None] + places).clamp(0, self.length - 1)

    @cached_property
    def index(self) -> torch.Tensor:
        """Places of the positions in all original sequences end to end, flat."""
        return (self.rows[:, None] * self.length + self.positions).flatten()

    @cached_property
    def outside(self) -> torch.Tensor | None:
        """Which positions are past the ends, shape (n_edits, width); None if there are none."""
        if self.low >= 0 and self.high + self.width <= self.length:
            return None
        places = self.start[:, None] + torch.arange(self.width, device=self.start.device)
        return (places < 0) | (places >= self.length)
