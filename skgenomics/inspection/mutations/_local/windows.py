"""Positions where edited sequences differ from the original ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch


@dataclass(frozen=True, eq=False)
class Windows:
    """One window for each edit, all of the same width.

    A window may reach past the ends of a sequence. That keeps the width the same for all edits, so
    that their contents form one tensor; `outside` tells which positions do not exist.

    Parameters
    ----------
    rows : Tensor of int of shape (n_edits,)
        Index of the original sequence of each edit.
    start : Tensor of int of shape (n_edits,)
        First position of each window.
    low, high : int
        Lower and upper bound of `start`. Kept as Python integers: deciding whether any window
        reaches past an end would otherwise wait for the device at every layer.
    width : int
        Number of positions in a window.
    length : int
        Number of positions in a sequence.
    """

    rows: torch.Tensor
    start: torch.Tensor
    low: int
    high: int
    width: int
    length: int

    def __len__(self) -> int:
        return len(self.rows)

    def shift(self, offset: int, width: int, length: int) -> Windows:
        """Move the start of all windows, and change their width and the length of sequences."""
        return Windows(
            self.rows, self.start + offset, self.low + offset, self.high + offset, width, length
        )

    def flip(self) -> Windows:
        """Return the windows in reversed sequences."""
        end = self.length - self.width
        return replace(self, start=end - self.start, low=end - self.high, high=end - self.low)

    def pool(self, size: int, length: int) -> Windows:
        """Return windows over the output of pooling that contain all bins these windows overlap.

        A window of ``w`` positions overlaps at most ``ceil((w + size - 1) / size)`` bins, whatever
        its start; all windows get that width.
        """
        return Windows(
            self.rows,
            self.start.div(size, rounding_mode="floor"),
            self.low // size,
            self.high // size,
            (self.width + 2 * size - 2) // size,
            length,
        )

    def relocate(self, start: torch.Tensor, width: int = 1) -> Windows:
        """Return windows of the same edits at other positions."""
        return replace(self, start=start, low=int(start.min()), high=int(start.max()), width=width)

    def offset_to(self, other: Windows) -> int | None:
        """Return the offset of the other windows if it is the same for all edits, else None."""
        offset = other.low - self.low
        is_same = self.rows is other.rows and self.length == other.length
        return offset if is_same and torch.equal(self.start + offset, other.start) else None

    def union(self, other: Windows) -> Windows | None:
        """Return the smallest windows that cover both; None if their offset varies."""
        offset = self.offset_to(other)
        if offset is None:
            return None
        first = min(0, offset)
        width = max(self.width, offset + other.width) - first
        return self.shift(first, width, self.length)

    @cached_property
    def positions(self) -> torch.Tensor:
        """Positions of all windows, shape (n_edits, width), clipped to the sequence."""
        columns = torch.arange(self.width, device=self.start.device)
        return (self.start[:, None] + columns).clamp(0, self.length - 1)

    @cached_property
    def index(self) -> torch.Tensor:
        """Index of `positions` into all original sequences end to end, flattened."""
        return (self.rows[:, None] * self.length + self.positions).flatten()

    @cached_property
    def outside(self) -> torch.Tensor | None:
        """Mask of positions past the ends, shape (n_edits, width); None if there are none."""
        if self.low >= 0 and self.high + self.width <= self.length:
            return None
        positions = self.start[:, None] + torch.arange(self.width, device=self.start.device)
        return (positions < 0) | (positions >= self.length)
