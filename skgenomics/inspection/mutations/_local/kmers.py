"""Rule for the linear model of k-mer counts: only words that cover an edit come or go."""

from __future__ import annotations

import torch

from skgenomics.inspection.mutations._local.maps import EditedMaps, rule
from skgenomics.networks._kmer_path import KmerPath, count_kmers, damp


@rule("score_kmers")
def _score_kmers(function, path: KmerPath, x):
    """Sum over the words that an edit takes away or brings, each once."""
    if not isinstance(x, EditedMaps) or x.axes != "ncl" or x.windows.width > 1:
        return NotImplemented
    symbols = x.base.recall(("letters",), lambda: _symbols(x.base.maps))
    if symbols is None:
        return NotImplemented
    counts = x.base.recall(
        ("counts", path.max_k), lambda: count_kmers(x.base.maps.transpose(1, 2), path.max_k)
    )
    weight = path.linear.weight
    scores = x.base.recall(("k-mers", weight), lambda: path.linear(damp(counts)))
    scores = scores.index_select(0, x.windows.rows)
    old, new = _words_around(x, symbols, path.max_k)
    shift = 0
    for k in range(1, path.max_k + 1):
        words = torch.cat([_words(part, k, path.max_k, x.n_channels) for part in (old, new)], dim=1)
        scores = scores + _change(counts[:, shift:], weight[:, shift:], x.windows.rows, words)
        shift += x.n_channels**k
    return scores


def _symbols(maps: torch.Tensor) -> torch.Tensor | None:
    """Letters (n, length), -1 for unknown ones; None if there are mixtures."""
    is_one_hot = ((maps == 0) | (maps == 1)).all() and (maps.sum(dim=2) <= 1).all()
    if not is_one_hot:
        return None
    return maps.argmax(dim=2).masked_fill(~maps.any(dim=2), -1)


def _words_around(x: EditedMaps, symbols: torch.Tensor, max_k: int):
    """Letters around an edit, before and after it: (n_edits, 2 * max_k - 1), -1 for none."""
    reach = max_k - 1
    windows = x.windows.move(-reach, 2 * max_k - 1, x.windows.length)
    old = symbols.flatten().index_select(0, windows.index).view(len(windows), -1)
    if windows.outside is not None:
        old = old.masked_fill(windows.outside, -1)
    new = old.clone()
    edited = x.values[:, 0]
    new[:, reach] = edited.argmax(dim=1).masked_fill(~(edited > 0.5).any(dim=1), -1)
    return old, new


def _words(symbols: torch.Tensor, k: int, max_k: int, n_symbols: int) -> torch.Tensor:
    """Numbers of the k words that cover the middle, -1 where a letter is unknown."""
    around = symbols[:, max_k - k : max_k + k - 1].unfold(1, k, 1)
    powers = n_symbols ** torch.arange(k - 1, -1, -1, device=symbols.device)
    words = (around * powers).sum(dim=2)
    return words.masked_fill((around < 0).any(dim=2), -1)


def _change(counts, weight, rows: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """What the words of one length add to the scores; the first half of them go, the others come.

    A word that is there several times is weighted by one over how often.
    """
    n_words = words.shape[1]
    same = words[:, :, None] == words[:, None, :]
    comes = torch.ones(n_words, dtype=counts.dtype, device=counts.device)
    comes[: n_words // 2] = -1
    change = (same * comes).sum(dim=2)
    share = (words >= 0).to(counts.dtype) / same.sum(dim=2)
    places = words.clamp(min=0)
    before = counts[rows[:, None], places]
    difference = (damp(before + change) - damp(before)) * share
    return torch.einsum("nw,onw->no", difference, weight[:, places])
