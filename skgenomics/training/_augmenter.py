"""Random edits of a batch of sequences, a whole batch at a time.

Each sequence has its own random size and position, drawn from torch's random state: the size is
uniform from 0 to the maximum, the position uniform among those where an edit of that size fits.
No edit changes the length of a sequence.

Shift, insertion, deletion, inversion and translocation work within the span of a row, which is all
of it but the padding that a mask names, and leave what is outside as it is.  So padding stays
padding and receives no symbols.  Unknown symbols are moved like any other, at the ends too.  No
edit is larger than the span, and a row of padding alone is not changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch

from skgenomics.networks._padding import turn_spans


def shift_randomly(x: torch.Tensor, most: int, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Move each sequence by -most to most positions; zeros move in."""
    ranks, spans = _ranks(x, mask)
    steps = torch.randint(-most, most + 1, (len(x), 1), device=x.device)
    sources = ranks + steps
    in_span = (ranks >= 0) & (ranks < spans)
    has_source = in_span & (sources >= 0) & (sources < spans)
    moved = _take(x, _positions(x) + torch.where(has_source, steps, 0))
    return moved.masked_fill((in_span & ~has_source).unsqueeze(1), 0)


def mutate(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Substitute random symbols at a fraction of the known positions."""
    n, _, length = x.shape
    hit = torch.rand(n, length, device=x.device) < rate
    known = x.any(dim=1)
    return torch.where((hit & known).unsqueeze(1), _random_symbols(x), x)


def insert(x: torch.Tensor, most: int, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Insert up to `most` random symbols at a random position.

    Of the excess symbols, the first half (rounded down) leaves at the start and the rest at the
    end, as in the second version of EvoAug; so the symbols in front of the position move left
    by half of the size, and those behind it move right by the other half.
    """
    ranks, spans = _ranks(x, mask)
    sizes = _draw(spans.clamp(max=most))
    starts = _draw(spans)
    longer = ranks + sizes // 2
    sources = torch.where(longer < starts, longer, longer - sizes)
    is_new = (longer >= starts) & (longer < starts + sizes)
    return _move_and_fill(x, ranks, spans, sources.masked_fill(is_new, -1))


def delete(x: torch.Tensor, most: int, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Delete a random segment of up to `most` symbols and close the gap.

    Random symbols enter, half of them (rounded down) at the start and the rest at the end, as
    in EvoAug.
    """
    ranks, spans = _ranks(x, mask)
    sizes = _draw(spans.clamp(max=most))
    starts = _draw(spans - sizes)
    shorter = ranks - sizes // 2
    sources = torch.where(shorter < starts, shorter, shorter + sizes)
    return _move_and_fill(x, ranks, spans, sources)


def invert(
    x: torch.Tensor, most: int, complement: tuple[int, ...], mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Replace a random segment of up to `most` symbols by its reverse complement."""
    ranks, spans = _ranks(x, mask)
    sizes = _draw(spans.clamp(max=most))
    starts = _draw(spans - sizes)
    is_inside = (ranks >= starts) & (ranks < starts + sizes)
    steps = torch.where(is_inside, 2 * starts + sizes - 1 - 2 * ranks, 0)
    moved = _take(x, _positions(x) + steps)
    return torch.where(is_inside.unsqueeze(1), moved[:, list(complement)], moved)


def translocate(x: torch.Tensor, most: int, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Roll each sequence by -most to most positions: what leaves at one end enters at the other.

    That is the same as to cut it in two and to swap the pieces.
    """
    ranks, spans = _ranks(x, mask)
    shifts = torch.randint(-most, most + 1, (len(x), 1), device=x.device)
    # A row of zeros has an empty span, by which nothing can be divided.
    sources = (ranks - shifts) % spans.clamp(min=1)
    in_span = (ranks >= 0) & (ranks < spans)
    return _take(x, _positions(x) + torch.where(in_span, sources - ranks, 0))


def _positions(x: torch.Tensor) -> torch.Tensor:
    return torch.arange(x.shape[2], device=x.device)


def _ranks(x: torch.Tensor, mask: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute positions relative to the start of each span (b, L), and sizes of spans (b, 1)."""
    positions = _positions(x)
    if mask is None:
        length = x.shape[2]
        return positions.expand(len(x), -1), torch.full((len(x), 1), length, device=x.device)
    return positions - mask.int().argmax(dim=1, keepdim=True), mask.sum(dim=1, keepdim=True)


def _draw(most: torch.Tensor) -> torch.Tensor:
    """Draw a random integer from 0 to each bound, inclusive."""
    # The bias of the remainder is negligible: bounds are tiny next to 2**62.
    return torch.randint(0, 1 << 62, most.shape, device=most.device) % (most + 1)


def _move_and_fill(x, ranks, spans, sources) -> torch.Tensor:
    """Fill each position of a span with the symbol at its source, or a random one.

    A source outside the span stands for a random symbol.
    """
    in_span = (ranks >= 0) & (ranks < spans)
    has_source = (sources >= 0) & (sources < spans)
    steps = torch.where(in_span & has_source, sources - ranks, 0)
    moved = _take(x, _positions(x) + steps)
    is_new = (in_span & ~has_source).unsqueeze(1)
    return torch.where(is_new, _random_symbols(x), moved)


def _take(x: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Read other columns (b, L) of a batch (b, C, L)."""
    return x.gather(2, columns.unsqueeze(1).expand(-1, x.shape[1], -1))


def _random_symbols(x: torch.Tensor) -> torch.Tensor:
    """Draw a random symbol at each position, one-hot, of the shape and type of `x`."""
    n, n_channels, length = x.shape
    symbols = torch.randint(0, n_channels, (n, length), device=x.device)
    return torch.nn.functional.one_hot(symbols, n_channels).transpose(1, 2).to(x.dtype)


def hide(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Mask a fraction of the positions."""
    hit = torch.rand(len(x), x.shape[2], device=x.device) < rate
    return x.masked_fill(hit.unsqueeze(1), 0)


@dataclass(frozen=True)
class Augmenter:
    """Label-preserving changes of a batch of sequences, drawn again for each batch.

    Edits come before shifts and substitutions, in the order inversion, deletion, insertion,
    translocation; all that are set are made on every sequence.  Insertion, deletion, inversion
    and translocation are those of EvoAug [1]_, see :mod:`skgenomics.training._augmenter` for what
    becomes of the ends and of padding.

    Parameters
    ----------
    complement : tuple of int or None
        Channel that pairs with each channel; None for sequences without strands.
    flip : bool, default=False
        Whether half of the sequences are read from the reverse strand.
    turns_rows : bool, default=False
        Whether the reverse strand is that of whole rows, so that padding moves to the other end;
        otherwise it stays where it is.
    shift : int, default=0
        Maximum number of positions by which sequences move, either way; zeros move in.
    mutation_rate : float, default=0.0
        Fraction of positions that get a random symbol.
    masking_rate : float, default=0.0
        Fraction of positions that are masked as unknown.
    insertion : int, default=0
        Maximum length of an inserted random segment.
    deletion : int, default=0
        Maximum length of a deleted segment.
    inversion : int, default=0
        Maximum length of a segment that is replaced by its reverse complement.
    translocation : int, default=0
        Maximum number of positions by which sequences are rolled, either way.

    Raises
    ------
    ValueError
        If `flip` or `inversion` is set without `complement`.

    References
    ----------
    .. [1] N. K. Lee et al., "EvoAug: improving generalization and interpretability of genomic
           deep neural networks with evolution-inspired data augmentations", Genome Biology 24,
           2023.
    """

    complement: tuple[int, ...] | None = None
    flip: bool = False
    turns_rows: bool = False
    shift: int = 0
    mutation_rate: float = 0.0
    masking_rate: float = 0.0
    insertion: int = 0
    deletion: int = 0
    inversion: int = 0
    translocation: int = 0

    def __post_init__(self):
        for name in ("flip", "inversion"):
            if getattr(self, name) and self.complement is None:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} reads the reverse strand, but the sequences "
                    f"have none; leave {name} out, or give the complement of each channel"
                )

    def __call__(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Change a batch of shape (batch, channels, length) and its mask."""
        x, mask, _ = self.flip_randomly(x, mask)
        return self.change(x, mask), mask

    def flip_randomly(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Read half of the sequences from the reverse strand, if `flip` is set.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)
        mask : Tensor of bool of shape (batch, length), optional
            False at padding.

        Returns
        -------
        x : Tensor of shape (batch, channels, length)
        mask : Tensor of bool of shape (batch, length), or None
        flipped : Tensor of bool of shape (batch,)
            Which of the sequences are those of the reverse strand now.
        """
        if not self.flip:
            return x, mask, torch.zeros(len(x), dtype=torch.bool, device=x.device)
        flipped = torch.rand(len(x), device=x.device) < 0.5
        other, other_mask = self.other_strand(x, mask)
        if mask is not None and other_mask is not None:
            mask = torch.where(flipped[:, None], other_mask, mask)
        return torch.where(flipped[:, None, None], other, x), mask, flipped

    def change(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Make all changes but the flip; shapes as in :meth:`__call__`."""
        if self.inversion:
            x = invert(x, self.inversion, cast("tuple[int, ...]", self.complement), mask)
        if self.deletion:
            x = delete(x, self.deletion, mask)
        if self.insertion:
            x = insert(x, self.insertion, mask)
        if self.translocation:
            x = translocate(x, self.translocation, mask)
        if self.shift:
            x = shift_randomly(x, self.shift, mask)
        if self.mutation_rate:
            x = mutate(x, self.mutation_rate)
        if self.masking_rate:
            x = hide(x, self.masking_rate)
        return x

    def other_strand(
        self, x: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the reverse complement of each sequence, and its mask."""
        x = x[:, list(cast("tuple[int, ...]", self.complement))]
        if mask is None or self.turns_rows:
            return x.flip(-1), None if mask is None else mask.flip(1)
        return turn_spans(x, mask), mask
