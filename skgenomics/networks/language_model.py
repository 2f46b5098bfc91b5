"""Language model: a network that predicts the symbol at each position."""

from __future__ import annotations

import torch
from torch import nn

from skgenomics.networks._trunks import find_trunk

# Indices of sequences in a batch, and of positions in these.
Sites = tuple[torch.Tensor, torch.Tensor]


class LanguageModelNetwork(nn.Module):
    """A trunk that keeps all positions, and a linear decoder.

    Parameters
    ----------
    n_channels, length : int
        Number of channels and of positions of a sequence.
    n_outputs : int
        Number of outputs of a position: symbols, tokens or channels.
    trunk : str
        Name of an architecture, see :func:`~skgenomics.networks._trunks.find_trunk`.
    next_symbol : bool, default=False
        Whether the outputs of a position are computed from the feature map at the position before
        it, as a causal model needs.
    **settings
        Hyperparameters of the trunk.

    Raises
    ------
    ValueError
        If the trunk pools positions.
    """

    def __init__(
        self,
        n_channels: int,
        length: int,
        n_outputs: int,
        *,
        trunk: str,
        next_symbol: bool = False,
        **settings,
    ):
        super().__init__()
        self.trunk = find_trunk(trunk)(n_channels, length, **settings)
        if self.trunk.stride > 1 or self.trunk.length_out != length:
            raise ValueError(
                "a language model needs a network that keeps all positions, but this one has "
                f"{self.trunk.length_out} for {length}; use pools of size 1 and padding='same'"
            )
        # Stands for the features in front of the first position.
        self.start = nn.Parameter(torch.zeros(self.trunk.n_features)) if next_symbol else None
        self.output = nn.Linear(self.trunk.n_features, n_outputs)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, sites: Sites | None = None
    ) -> torch.Tensor:
        """Compute the outputs of positions.

        Parameters
        ----------
        x : Tensor of shape (batch, channels, length), or of int of shape (batch, length)
            One-hot sequences or token ids, in which the positions to predict are masked.
        mask : Tensor of bool of shape (batch, length), optional
            False at padding; None if there is none.
        sites : tuple of two Tensors of int of shape (n,), optional
            Indices of sequences and of their positions to predict; None for all positions.

        Returns
        -------
        Tensor of shape (batch, n_outputs, length), or (n, n_outputs) with `sites`
            Logits.
        """
        maps, real = self.trunk(x, mask)
        if self.start is not None:
            maps = _shift(maps, real, self.start)
        if sites is None:
            return self.output(maps.transpose(1, 2)).transpose(1, 2)
        rows, columns = sites
        # Most trunks keep the channels of a position contiguous, so that reshape copies nothing. A
        # flat index is several times faster in the backward pass than an index on two axes.
        vectors = maps.transpose(1, 2).reshape(-1, maps.shape[1])
        return self.output(vectors.index_select(0, rows * maps.shape[2] + columns))


def _shift(maps: torch.Tensor, real: torch.Tensor | None, start: torch.Tensor) -> torch.Tensor:
    """Shift a feature map by one position; the first real position of a sequence gets `start`."""
    before = nn.functional.pad(maps[..., :-1], (1, 0))
    is_known = torch.ones_like(maps[:, 0], dtype=torch.bool) if real is None else real
    is_known = nn.functional.pad(is_known[:, :-1], (1, 0))
    return torch.where(is_known[:, None], before, start[None, :, None])
