"""Random changes of a training batch: the other strand, moves, edits and substitutions."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from skgenomics.networks.masking import real_span, turn_spans
from skgenomics.training.edits import (
    delete,
    hide,
    insert,
    invert,
    mutate,
    shift_randomly,
    translocate,
)


@dataclass(frozen=True)
class Augmentation:
    """Changes that leave the label as it is, drawn anew for each batch.

    Edits come before shifts and substitutions, in the order inversion, deletion, insertion,
    translocation; all that are set are made on every sequence.  Insertion, deletion, inversion
    and translocation are those of EvoAug [1]_, see :mod:`skgenomics.training.edits` for what
    becomes of the ends and of padding.

    Parameters
    ----------
    complement : tuple of int or None
        Channel that pairs with each channel; None for sequences without strands.
    flip : bool, default=False
        Whether half of the sequences are read from the other strand.
    turns_rows : bool, default=False
        Whether the other strand is that of whole rows, so that padding changes its end.
    shift : int, default=0
        Sequences move by up to so many positions either way; zeros move in.
    mutation_rate : float, default=0.0
        Share of positions whose letter is replaced by a random one.
    masking_rate : float, default=0.0
        Share of positions whose letter is made unknown.
    insertion : int, default=0
        Up to so many random letters are put in at a random place.
    deletion : int, default=0
        A random segment of up to so many letters is cut out.
    inversion : int, default=0
        A random segment of up to so many letters is replaced by its reverse complement.
    translocation : int, default=0
        Sequences roll by up to so many positions either way: one end is moved to the other.

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
                    f"{name}={getattr(self, name)!r} reads the other strand, but the sequences "
                    f"have none; leave {name} out, or give the complement of each channel"
                )

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Change a batch of shape (batch, channels, length)."""
        return self.change(self.flip_randomly(x)[0])

    def flip_randomly(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Read half of the sequences from the other strand, if `flip` is set.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length)

        Returns
        -------
        x : Tensor of shape (batch, channels, length)
        flipped : Tensor of bool of shape (batch,)
            Which of the sequences are those of the other strand now.
        """
        if not self.flip:
            return x, torch.zeros(len(x), dtype=torch.bool, device=x.device)
        flipped = torch.rand(len(x), device=x.device) < 0.5
        return torch.where(flipped[:, None, None], self.other_strand(x), x), flipped

    def change(self, x: torch.Tensor) -> torch.Tensor:
        """Make all changes but the flip; shapes as in :meth:`__call__`."""
        if self.inversion:
            x = invert(x, self.inversion, self.complement)
        if self.deletion:
            x = delete(x, self.deletion)
        if self.insertion:
            x = insert(x, self.insertion)
        if self.translocation:
            x = translocate(x, self.translocation)
        if self.shift:
            x = shift_randomly(x, self.shift)
        if self.mutation_rate:
            x = mutate(x, self.mutation_rate)
        if self.masking_rate:
            x = hide(x, self.masking_rate)
        return x

    def other_strand(self, x: torch.Tensor) -> torch.Tensor:
        """The reverse complement of each sequence, its padding where it was."""
        mask = None if self.turns_rows else real_span(x)
        return turn_spans(x[:, list(self.complement)], mask)
