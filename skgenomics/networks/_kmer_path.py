"""A linear model of k-mer counts that is differentiable in the sequence."""

from __future__ import annotations

import torch
from torch import nn
from torch.overrides import handle_torch_function, has_torch_function_unary

# Sequences are counted in pieces of so many positions, so that memory does not grow with them.
_PIECE = 1024
_MAX_WORDS = 2**20
# Adam moves all weights by the same step: smaller features make for smaller steps of the scores.
_SCALE = 0.1


def count_kmers(x: torch.Tensor, max_k: int) -> torch.Tensor:
    """Count the words of 1 to `max_k` letters.

    On one-hot sequences these are the counts of
    :class:`~skgenomics.encoding.KmerCounter` with ``k=(1, max_k)``, in the same order; on mixtures
    of letters they are the expected counts, if positions are independent.  The indicator of a word
    is the product of those of its halves, so that the counts of all words of a length are one
    product of two matrices, of the halves by positions.

    Parameters
    ----------
    x : Tensor of shape (batch, channels, length)
        One-hot or shares of letters; zeros where a letter is unknown.
    max_k : int
        Length of the longest words.

    Returns
    -------
    Tensor of shape (batch, channels + channels**2 + ... + channels**max_k)
    """
    length = x.shape[-1]
    pieces = [
        _count_piece(x[..., start : start + _PIECE + max_k - 1], max_k, min(_PIECE, length - start))
        for start in range(0, length, _PIECE)
    ]
    return torch.stack(pieces).sum(dim=0) if len(pieces) > 1 else pieces[0]


def _count_piece(x: torch.Tensor, max_k: int, n_starts: int) -> torch.Tensor:
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
            counts.append(x.new_zeros(len(x), n_channels**k))
            continue
        heads, tails = words[half][..., :n], words[rest][..., half : half + n]
        counts.append((heads @ tails.transpose(1, 2)).flatten(1))
    return torch.cat(counts, dim=1)


class KmerPath(nn.Module):
    """Linear model of damped k-mer counts, which starts at zero.

    Parameters
    ----------
    n_channels, n_outputs : int
        Letters of the alphabet, and scores.
    max_k : int
        Length of the longest words.
    """

    def __init__(self, n_channels: int, n_outputs: int, max_k: int):
        super().__init__()
        self.max_k = max_k
        n_words = sum(n_channels**k for k in range(1, max_k + 1))
        if n_words > _MAX_WORDS:
            raise ValueError(
                f"there are {n_words:,} words of up to {max_k} of {n_channels} letters, more than "
                f"{_MAX_WORDS:,}; choose a smaller kmer_path"
            )
        self.linear = nn.Linear(n_words, n_outputs, bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score a batch of shape (batch, channels, length)."""
        return score_kmers(self, x)


def score_kmers(path: KmerPath, x: torch.Tensor) -> torch.Tensor:
    """What a path gives; a tensor-like class may override it by ``__torch_function__``."""
    if has_torch_function_unary(x):
        return handle_torch_function(score_kmers, (x,), path, x)
    return path.linear(damp(count_kmers(x, path.max_k)))


def damp(counts: torch.Tensor) -> torch.Tensor:
    """Features of counts: like a square root for large ones, and smooth at zero."""
    return ((counts.clamp(min=0) + 0.25).sqrt() - 0.5) * _SCALE
