"""Scores of many edits of sequences: substitutions of symbols or windows of one width."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch

from skgenomics.inspection._scores import NoPositionsError, SequenceScore, find_sequence_score
from skgenomics.inspection._text_scores import TextScore
from skgenomics.inspection.mutations._local import Base, EditedMaps, PeakMemory, Windows
from skgenomics.sequences import get_alphabet, most_likely_codes

# Tensors on the way have about this many numbers, so that they fit in the cache.
_BATCH_SIZE = 1 << 22
_MAX_BATCH = 4096
_FIRST_BATCH = 64
# Positions of a batch of sequences that are scored as a whole.
_BATCH_POSITIONS = 1 << 16
# This number of edits is scored in full too; scores may differ by this share of the largest.
_N_PROBES = 4
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Edits:
    """Replacements of windows of sequences.

    Parameters
    ----------
    rows, start : ndarray of int of shape (n_edits,)
        Index of the sequence, and first position of the window.
    codes : ndarray of uint8 of shape (n_edits, width)
        New symbols; the number of symbols, C, stands for an unknown one, and C + 1 for padding.
    """

    rows: np.ndarray
    start: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, wanted) -> Edits:
        return Edits(self.rows[wanted], self.start[wanted], self.codes[wanted])

    @property
    def width(self) -> int:
        return self.codes.shape[1]


def find_score(
    estimator, X, target, sequence_column: str | None = None
) -> NetworkScore | TextEdits:
    """Choose what scores edits of X: the network itself if it reads sequences, else predictions.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    X : array-like of shape (n_samples, ...)
        Sequences.
    target : object
        As in :func:`~skgenomics.inspection.attribute`.
    sequence_column : str or None, default=None
        Column of the sequence in a frame.

    Returns
    -------
    NetworkScore or TextEdits

    Raises
    ------
    ValueError
        If there is no such target, or the estimator reads signals.
    """
    try:
        score = find_sequence_score(estimator, target)
        data = score.read(X)
    except NoPositionsError:
        text_score = TextScore(estimator, target, sequence_column=sequence_column)
        return TextEdits(text_score, text_score.read(X))
    if score.symbols is None:
        raise ValueError(
            f"{type(score.estimator).__name__} reads signals, which have no other symbols; use "
            "`attribute` with method='occlusion', which masks positions"
        )
    return NetworkScore(score, data)


class NetworkScore:
    """Scores of edits by a network, which recomputes only what they change.

    Parameters
    ----------
    score : SequenceScore
        Score of the network.
    data : ndarray
        Result of its `read`.

    Attributes
    ----------
    n_symbols : int
        Number of symbols of the alphabet.
    codes : ndarray of uint8 of shape (n_samples, n_positions)
        Sequences; `n_symbols` for an unknown symbol or a mixture, and one more for padding.
    limit : int or None
        Maximum length of a sequence; None for any length.
    is_local : bool
        True if only what an edit changes is recomputed; False once a network turned out not to
        allow for it.
    """

    def __init__(self, score: SequenceScore, data: np.ndarray):
        self.score, self.data = score, data
        self.n_symbols = score.n_channels
        self.codes = self._read_codes()
        self.alphabet = get_alphabet(score.symbols)
        # Outputs by position would grow with a longer sequence, by more than the effect of an edit.
        model = score.estimator
        reads_longer = model._reads_any_length() and not model._by_position
        self.limit = None if reads_longer else self.codes.shape[1]
        self.is_local = True
        self._tally, self._is_known = PeakMemory(), False
        self._rows: np.ndarray | None = None
        self._base: Base | None = None

    def _read_codes(self) -> np.ndarray:
        if self.data.dtype == np.uint8:
            return self.data
        channels = self._positions()
        codes = most_likely_codes(channels)
        codes[channels.max(axis=2) != 1] = self.n_symbols
        return codes

    def _positions(self) -> np.ndarray:
        return self.data.reshape(len(self.data), -1, self.n_symbols)

    @property
    def is_real(self) -> np.ndarray:
        """True at positions of a sequence, False at padding, shape (n_samples, n_positions)."""
        if self.data.dtype == np.uint8:
            return self.data <= self.n_symbols
        # Channels hold no mark of padding: zeros at the end may be padding or not.
        return _inside(np.asarray(self._positions().any(axis=2)))

    def predict(
        self, codes: np.ndarray | None = None, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """Return the score of each sequence, or of sequences made from some of them."""
        return self.score.predict(self.data if codes is None else codes).astype(float)

    def edited(self, edits: Edits) -> NetworkScore:
        """Return the score of edited sequences, to edit them further."""
        if self.data.dtype == np.uint8:
            return NetworkScore(self.score, write(self.data, edits))
        symbols = np.eye(self.n_symbols + 2, self.n_symbols, dtype=self.data.dtype)
        channels = write(self._positions(), replace(edits, codes=symbols[edits.codes]))
        return NetworkScore(self.score, channels.reshape(len(edits), -1))

    @torch.no_grad()
    def predict_edits(self, edits: Edits, batch_size, report) -> np.ndarray:
        """Return the score of each edited sequence, of shape (n_edits,)."""
        lengths = self.is_real.sum(axis=1)[edits.rows]
        order = np.lexsort((edits.start, edits.rows, lengths))
        edits, lengths = edits[order], lengths[order]
        # Padding is the same in all sequences of a batch.
        borders = np.flatnonzero(lengths[1:] != lengths[:-1]) + 1
        result, done = np.empty(len(edits)), 0
        for end in [*borders.tolist(), len(edits)]:
            while done < end:
                size = self._choose_size(batch_size)
                batch = slice(done, min(done + size, end))
                result[order[batch]] = self._predict_batch(edits[batch])
                done = batch.stop
                report(done)
        self._rows = self._base = None
        return result

    def _choose_size(self, batch_size) -> int:
        if batch_size != "auto":
            return batch_size
        if not self.is_local:
            return max(1, _BATCH_POSITIONS // self.codes.shape[1])
        if not self._is_known:
            return _FIRST_BATCH
        return min(max(1, _BATCH_SIZE // self._tally.largest), _MAX_BATCH)

    def _predict_batch(self, edits: Edits) -> np.ndarray:
        if self.is_local and not self._is_known:
            self.is_local, self._is_known = self._can_be_local(edits), True
        maps, mask = self._make_maps(edits), self._mask(edits)
        return self._to_numpy(self._score(maps if self.is_local else maps.dense(), mask))

    def _can_be_local(self, edits: Edits) -> bool:
        """Return True if a few edits get the same scores as when computed in full."""
        probes = np.unique(np.linspace(0, len(edits) - 1, _N_PROBES).round().astype(int))
        maps, mask = self._make_maps(edits[probes]), self._mask(edits[probes])
        expected = self._to_numpy(self._score(maps.dense(), mask))
        # Memory of the full computation does not count.
        maps.peak_memory.largest = 1
        try:
            found = self._to_numpy(self._score(self._make_maps(edits[probes]), mask))
        except Exception:
            # A module of the user may call what only tensors support.
            return False
        scale = max(np.abs(expected).max(), np.finfo(np.float32).tiny)
        return found.shape == expected.shape and np.abs(found - expected).max() < _TOLERANCE * scale

    def _score(self, maps: EditedMaps | torch.Tensor, mask: torch.Tensor | None):
        # Edited maps stand for a tensor wherever torch dispatches on its arguments.
        return self.score(cast(torch.Tensor, maps), mask)

    def _mask(self, edits: Edits) -> torch.Tensor | None:
        """Return the mask of the edited sequences of a batch, whose padding is the same."""
        mask = self.score.mask(self.data[edits.rows[:1]])
        return None if mask is None else mask.expand(len(edits), -1)

    def _to_numpy(self, scores) -> np.ndarray:
        scores = scores.dense() if isinstance(scores, EditedMaps) else scores
        return scores.double().cpu().numpy()

    def _make_maps(self, edits: Edits) -> EditedMaps:
        rows, index = np.unique(edits.rows, return_inverse=True)
        base = self._originals(rows)
        device, dtype = base.maps.device, base.maps.dtype
        originals, start = (torch.from_numpy(np.array(a)).to(device) for a in (index, edits.start))
        low, high = int(edits.start.min()), int(edits.start.max())
        windows = Windows(originals, start, low, high, edits.width, base.maps.shape[1])
        symbols = torch.eye(self.n_symbols + 2, self.n_symbols, dtype=dtype, device=device)
        values = symbols[torch.from_numpy(edits.codes.astype(int)).to(device)]
        return EditedMaps(base, windows, self._tally, values=values)

    def _originals(self, rows: np.ndarray) -> Base:
        """Return the original sequences, with the feature maps that an earlier batch computed."""
        if self._base is None or self._rows is None or not np.array_equal(rows, self._rows):
            self._base = Base(self.score.to_channels(self.data[rows]).transpose(1, 2))
            self._rows = rows
        return self._base


class TextEdits:
    """Scores of edits by any estimator of text.

    Parameters
    ----------
    score : TextScore
        Score of the estimator.
    codes : ndarray of uint8 of shape (n_samples, n_positions)
        Result of its `read`.

    Attributes
    ----------
    n_symbols : int
        Number of symbols of the alphabet.
    limit : int or None
        Maximum length of a sequence; None for any length.
    is_local : bool
        False, since each edited sequence is predicted as a whole.
    """

    is_local = False

    def __init__(self, score: TextScore, codes: np.ndarray, samples: np.ndarray | None = None):
        self.score, self.codes = score, codes
        # Sample of X that each sequence was made from.
        self.samples = np.arange(len(codes)) if samples is None else samples
        self.alphabet, self.limit = score.alphabet, score.length
        self.n_symbols = score.alphabet.n_symbols

    @property
    def is_real(self) -> np.ndarray:
        """True at positions of a sequence, False at padding, shape (n_samples, n_positions)."""
        return self.codes <= self.n_symbols

    def edited(self, edits: Edits) -> TextEdits:
        """Return the score of edited sequences, to edit them further."""
        return TextEdits(self.score, write(self.codes, edits), self.samples[edits.rows])

    def predict(
        self, codes: np.ndarray | None = None, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """Return the score of each sequence, or of sequences made from some of them."""
        return self.score.predict(self.codes if codes is None else codes, self.samples[rows])

    def predict_edits(self, edits: Edits, batch_size, report) -> np.ndarray:
        """Return the score of each edited sequence, of shape (n_edits,)."""
        size, scores = batch_size, []
        if size == "auto":
            size = max(1, _BATCH_POSITIONS // self.codes.shape[1])
        for start in range(0, len(edits), size):
            part = edits[start : start + size]
            scores.append(self.predict(write(self.codes, part), part.rows))
            report(min(start + size, len(edits)))
        return np.concatenate(scores) if scores else np.empty(0)


def write(codes: np.ndarray, edits: Edits) -> np.ndarray:
    """Return the edited sequences, of shape (n_edits, n_positions, ...)."""
    edited = codes[edits.rows]
    positions = edits.start[:, np.newaxis] + np.arange(edits.width)
    edited[np.arange(len(edits))[:, np.newaxis], positions] = edits.codes
    return edited


def _inside(is_known: np.ndarray) -> np.ndarray:
    """Return True from the first known symbol of a sequence to its last one."""
    from_start = np.maximum.accumulate(is_known, axis=1)
    from_end = np.maximum.accumulate(is_known[:, ::-1], axis=1)[:, ::-1]
    return from_start & from_end
