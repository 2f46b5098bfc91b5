"""A network that scores what may stand at each position."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._padding import nonzero_span
from skgenomics.networks._trunks import find_trunk

# Rows and columns of positions in a batch.
Places = tuple[torch.Tensor, torch.Tensor]


class LanguageModelNetwork(nn.Module):
    """A trunk that keeps positions apart, and a linear decoder.

    Parameters
    ----------
    n_channels, length : int
        Size of a sequence.
    n_outputs : int
        Scores of a position: letters, tokens or channels.
    trunk : str
        Name of an architecture, see :func:`~skgenomics.networks._trunks.find_trunk`.
    next_symbol : bool
        Whether the scores of a position come from the map at the position before it, as those of
        the next letter.
    masked : bool
        Whether positions of only zeros at the ends of a sequence are padding.
    **settings
        Settings of the trunk.

    Raises
    ------
    ValueError
        If the trunk pools positions together.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        trunk: str,
        next_symbol: bool = False,
        masked: bool = False,
        **settings,
    ):
        super().__init__()
        self.masked = masked
        self.trunk = find_trunk(trunk)(n_channels, length, **settings)
        if self.trunk.stride > 1 or self.trunk.length_out != length:
            raise ValueError(
                "a language model needs a network that keeps all positions, but this one has "
                f"{self.trunk.length_out} for {length}; use pools of size 1 and padding='same'"
            )
        # What stands in front of the first letter.
        self.start = nn.Parameter(torch.zeros(self.trunk.n_features)) if next_symbol else None
        self.output = nn.Linear(self.trunk.n_features, n_outputs)

    def mask(self, x: torch.Tensor) -> torch.Tensor | None:
        """Real positions of a batch, None for all; token 0 is padding."""
        if not torch.is_floating_point(x):
            return x != 0
        return nonzero_span(x) if self.masked else None

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, places: Places | None = None
    ) -> torch.Tensor:
        """Score positions.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or (batch, length) for token ids
            Sequences, in which what is to be found out is hidden.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding; None if there is none. What is hidden is no padding, so that `x` does
            not tell.
        places : tuple of two Tensors of int of shape (n,), optional
            Rows and columns of the positions to score; all of them if None.

        Returns
        -------
        Tensor of shape (batch, n_outputs, length), or (n, n_outputs) with `places`
        """
        maps, real = self.trunk(x, mask)
        if self.start is not None:
            maps = self._move_on(maps, real)
        if places is None:
            return self.output(maps.transpose(1, 2)).transpose(1, 2)
        rows, columns = places
        # Most trunks have the channels of a position side by side, so that this copies nothing; the
        # gradient of an index on two axes would take several times as long.
        vectors = maps.transpose(1, 2).reshape(-1, maps.shape[1])
        return self.output(vectors.index_select(0, rows * maps.shape[2] + columns))

    def _move_on(self, maps: torch.Tensor, real: torch.Tensor | None) -> torch.Tensor:
        """What was known in front of each position."""
        before = nn.functional.pad(maps[..., :-1], (1, 0))
        is_known = torch.ones_like(maps[:, 0], dtype=torch.bool) if real is None else real
        is_known = nn.functional.pad(is_known[:, :-1], (1, 0))
        return torch.where(is_known[:, None], before, self.start[None, :, None])
