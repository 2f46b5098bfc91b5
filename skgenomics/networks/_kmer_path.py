"""Linear model of k-mer counts that is differentiable in the sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.overrides import handle_torch_function, has_torch_function_unary

# K-mers are counted in pieces of this many positions, which bounds the memory of long sequences.
_PIECE = 1024
_MAX_KMERS = 2**20
# Adam moves all weights by steps of the same size: smaller features make the outputs move less.
_SCALE = 0.1


def count_kmers(x: torch.Tensor, max_k: int) -> torch.Tensor:
    """Count k-mers of length 1 to `max_k`.

    On one-hot sequences these are the counts of
    :class:`~skgenomics.encoding.KmerCounter` with ``k=(1, max_k)``, in the same order; on soft
    one-hot sequences they are the expected counts if positions are independent.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length)
        One-hot or soft one-hot sequences; zeros at unknown bases.
    max_k : int
        Length of the longest k-mers.

    Returns
    -------
    Tensor of shape (batch, channels + channels**2 + ... + channels**max_k)
        Counts of k-mers of length 1, then 2, and so on, in lexicographic order.
    """
    length = x.shape[-1]
    pieces = [
        _count_piece(x[..., start : start + _PIECE + max_k - 1], max_k, min(_PIECE, length - start))
        for start in range(0, length, _PIECE)
    ]
    return torch.stack(pieces).sum(dim=0) if len(pieces) > 1 else pieces[0]


def _count_piece(x: torch.Tensor, max_k: int, n_starts: int) -> torch.Tensor:
    # The indicator of a k-mer at a position is the product of the indicators of its two halves.
    # Summed over positions this is one matrix product for all k-mers of a length, which needs
    # indicators of half that length only: 4**(k/2) rows for each half instead of 4**k.
    n_channels, length = x.shape[1:]
    words = {1: x}
    for k in range(2, (max_k + 1) // 2 + 1):
        longer = words[k - 1][:, :, None, : length - k + 1] * x[:, None, :, k - 1 :]
        words[k] = longer.flatten(1, 2)
    counts = [x[..., :n_starts].sum(dim=-1)]
    for k in range(2, max_k + 1):
        half, rest = k // 2, k - k // 2
        n = min(n_starts, length - k + 1)
        if n < 1:
            counts.append(x.new_zeros(x.shape[0], n_channels**k))
            continue
        heads, tails = words[half][..., :n], words[rest][..., half : half + n]
        counts.append((heads @ tails.transpose(1, 2)).flatten(1))
    return torch.cat(counts, dim=1)


class KmerPath(nn.Module):
    """Linear model of damped k-mer counts, initialized at zero.

    Parameters
    ----------
    n_channels, n_outputs : int
        Number of symbols of the alphabet, and of outputs.
    max_k : int
        Length of the longest k-mers.

    Raises
    ------
    ValueError
        If there are more than about a million k-mers.
    """

    def __init__(self, n_channels: int, n_outputs: int, max_k: int):
        super().__init__()
        self.max_k = max_k
        n_words = sum(n_channels**k for k in range(1, max_k + 1))
        if n_words > _MAX_KMERS:
            raise ValueError(
                f"kmer_path={max_k} makes {n_words:,} k-mers of {n_channels} symbols, more than "
                f"{_MAX_KMERS:,}; choose a smaller kmer_path"
            )
        self.linear = nn.Linear(n_words, n_outputs, bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the outputs of (batch, channels, length); gives (batch, n_outputs)."""
        return score_kmers(self, x)


def score_kmers(path: KmerPath, x: torch.Tensor) -> torch.Tensor:
    """Apply a k-mer path; tensor-like classes may override it by ``__torch_function__``."""
    if has_torch_function_unary(x):
        return handle_torch_function(score_kmers, (x,), path, x)
    return path.linear(damp(count_kmers(x, path.max_k)))


def damp(counts: torch.Tensor) -> torch.Tensor:
    """Damp counts: like a square root for large counts, and smooth at zero."""
    return ((counts.clamp(min=0) + 0.25).sqrt() - 0.5) * _SCALE
