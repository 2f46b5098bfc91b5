"""Rule for the linear model of k-mer counts: an edit changes only the k-mers that cover it."""

from __future__ import annotations

import torch

from skgenomics.inspection.mutations._local.edited_maps import EditedMaps, rule
from skgenomics.networks._kmer_path import KmerPath, count_kmers, damp


@rule("score_kmers")
def _score_kmers(function, path: KmerPath, x):
    """Score edits by the scores of the original sequences and the lost and gained k-mers."""
    if not isinstance(x, EditedMaps) or x.axes != "ncl" or x.windows.width > 1:
        return NotImplemented
    codes = x.base.recall(("codes",), lambda: _encode(x.base.maps))
    if codes is None:
        return NotImplemented
    counts = x.base.recall(
        ("counts", path.max_k), lambda: count_kmers(x.base.maps.transpose(1, 2), path.max_k)
    )
    weight = path.linear.weight
    scores = x.base.recall(("k-mers", weight), lambda: path.linear(damp(counts)))
    scores = scores.index_select(0, x.windows.rows)
    old, new = _codes_around(x, codes, path.max_k)
    # Counts of all k-mers follow those of all (k - 1)-mers.
    first = 0
    for k in range(1, path.max_k + 1):
        kmers = torch.cat([_kmers(part, k, path.max_k, x.n_channels) for part in (old, new)], dim=1)
        scores = scores + _score_change(counts[:, first:], weight[:, first:], x.windows.rows, kmers)
        first += x.n_channels**k
    return scores


def _encode(maps: torch.Tensor) -> torch.Tensor | None:
    """Encode one-hot channels as codes (n, length), -1 for unknown; None if there are mixtures."""
    is_one_hot = ((maps == 0) | (maps == 1)).all() and (maps.sum(dim=2) <= 1).all()
    if not is_one_hot:
        return None
    return maps.argmax(dim=2).masked_fill(~maps.any(dim=2), -1)


def _codes_around(x: EditedMaps, codes: torch.Tensor, max_k: int):
    """Return the codes around each edit in the original and in the edited sequence.

    Both have shape (n_edits, 2 * max_k - 1): every k-mer that covers the edit lies within. Unknown
    symbols and positions past the ends are -1.
    """
    reach = max_k - 1
    windows = x.windows.shift(-reach, 2 * max_k - 1, x.windows.length)
    old = codes.flatten().index_select(0, windows.index).view(len(windows), -1)
    if windows.outside is not None:
        old = old.masked_fill(windows.outside, -1)
    new = old.clone()
    edited = x.values[:, 0]
    new[:, reach] = edited.argmax(dim=1).masked_fill(~(edited > 0.5).any(dim=1), -1)
    return old, new


def _kmers(codes: torch.Tensor, k: int, max_k: int, n_symbols: int) -> torch.Tensor:
    """Compute the indices of the k k-mers that cover the middle, -1 where a symbol is unknown."""
    around = codes[:, max_k - k : max_k + k - 1].unfold(1, k, 1)
    powers = n_symbols ** torch.arange(k - 1, -1, -1, device=codes.device)
    kmers = (around * powers).sum(dim=2)
    return kmers.masked_fill((around < 0).any(dim=2), -1)


def _score_change(counts, weight, rows: torch.Tensor, kmers: torch.Tensor) -> torch.Tensor:
    """Compute the change of the scores by the k-mers of one length.

    The first half of the k-mers is lost, the second half is gained. Counts are damped by a concave
    function, so that the change of a k-mer's count must be applied at once; a k-mer that occurs
    several times among the lost and gained ones is therefore weighted by one over its occurrences.
    """
    n_kmers = kmers.shape[1]
    is_same = kmers[:, :, None] == kmers[:, None, :]
    sign = torch.ones(n_kmers, dtype=counts.dtype, device=counts.device)
    sign[: n_kmers // 2] = -1
    count_change = (is_same * sign).sum(dim=2)
    share = (kmers >= 0).to(counts.dtype) / is_same.sum(dim=2)
    index = kmers.clamp(min=0)
    before = counts[rows[:, None], index]
    difference = (damp(before + count_change) - damp(before)) * share
    return torch.einsum("nw,onw->no", difference, weight[:, index])
