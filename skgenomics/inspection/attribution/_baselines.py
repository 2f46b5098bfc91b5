"""Baselines of integrated gradients and DeepLIFT."""

from __future__ import annotations

import numpy as np
import torch

from skgenomics._utils.input_validation import sequence_length
from skgenomics.inspection._scores import SequenceScore
from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import as_codes

KINDS = ("uniform", "zeros", "shuffle")


class Baselines:
    """Baselines of sequences, the same number for each.

    Positions whose symbol is unknown in the sequence are unknown in its baselines.

    Parameters
    ----------
    score : SequenceScore
        Score to explain; it reads baselines that the user passes.
    data : ndarray of shape (n, L) or (n, L * C)
        Output of :meth:`SequenceScore.read` for the sequences.
    kind : {"uniform", "zeros", "shuffle"} or array-like of shape (n_baselines,)
        "uniform": equal probabilities of all symbols at each position. "zeros": zeros. "shuffle":
        dinucleotide shuffles of each sequence. Sequences are used as baselines of every sequence.
    n_shuffles : int
        Number of shuffles of each sequence.
    random_state : int, RandomState instance or None
        Seed of the shuffles. The shuffles of a sequence depend on it and on the index of the
        sequence.

    Attributes
    ----------
    n_each : int
        Number of baselines of each sequence.

    Raises
    ------
    ValueError
        If the kind is unknown or needs symbols while the estimator was fitted on signals, or if
        baselines cannot be read or have another length than the sequences.
    """

    def __init__(self, score: SequenceScore, data: np.ndarray, kind, n_shuffles: int, random_state):
        self._score, self.n_each = score, 1
        self._kind = kind if isinstance(kind, str) else "given"
        self._rows = np.empty(0)
        if self._kind == "given":
            self._rows = self._read(kind, data)
            self.n_each = len(self._rows)
            return
        if kind not in KINDS:
            raise ValueError(
                f"baselines must be one of {('auto', *KINDS)}, or sequences themselves, got "
                f"{kind!r}; put a single sequence into a list"
            )
        if score.symbols is None and kind != "zeros":
            raise ValueError(
                f"baselines={kind!r} need symbols, but the estimator was fitted on signals; use "
                "baselines='zeros', or pass baselines of your own"
            )
        if kind == "shuffle":
            self.n_each = n_shuffles
            self._rows = shuffle_known(
                as_codes(data, score.n_channels), score, n_shuffles, random_state
            )

    def of(self, x: torch.Tensor, rows: np.ndarray, which: np.ndarray) -> torch.Tensor:
        """Build the baselines of a batch.

        Parameters
        ----------
        x : Tensor of shape (b, C, L)
            Sequences of the batch.
        rows : ndarray of shape (b,)
            Index of each sequence in the data.
        which : ndarray of shape (b,)
            Number of the baseline, from 0 to ``n_each - 1``.

        Returns
        -------
        Tensor of shape (b, C, L)
            Baselines.
        """
        if self._kind == "zeros":
            return torch.zeros_like(x)
        is_known = x.any(dim=1, keepdim=True).to(x.dtype)
        if self._kind == "uniform":
            return (is_known / x.shape[1]).expand_as(x)
        indices = rows * self.n_each + which if self._kind == "shuffle" else which
        baseline = self._score.to_channels(self._rows[indices])
        return baseline if self._score.symbols is None else baseline * is_known

    def _read(self, given, data: np.ndarray) -> np.ndarray:
        rows = self._score.read(given)
        n_channels = self._score.n_channels
        lengths = sequence_length(rows, n_channels), sequence_length(data, n_channels)
        if lengths[0] != lengths[1]:
            raise ValueError(
                f"baselines have {lengths[0]} positions, but X has {lengths[1]}; pass sequences "
                "of the same length"
            )
        return rows


def shuffle_known(
    codes: np.ndarray, score: SequenceScore, n_shuffles: int, random_state
) -> np.ndarray:
    """Shuffle the known symbols of codes (n, L) and keep unknown ones at their positions.

    Returns
    -------
    ndarray of uint8 of shape (n * n_shuffles, L)
        Shuffles; those of a sequence are consecutive.
    """
    is_known = codes < score.n_channels
    if is_known.all():
        return _shuffle(codes, score, n_shuffles, random_state)
    result = np.repeat(codes, n_shuffles, axis=0)
    known = [row[mask] for row, mask in zip(codes, is_known, strict=True)]
    # Known symbols move to the front: shuffles leave padding at the end alone.
    packed = np.full_like(codes, score.n_channels)
    for row, symbols in zip(packed, known, strict=True):
        row[: len(symbols)] = symbols
    shuffled = _shuffle(packed, score, n_shuffles, random_state)
    result[np.repeat(is_known, n_shuffles, axis=0)] = shuffled[shuffled < score.n_channels]
    return result


def _shuffle(codes, score, n_shuffles, random_state) -> np.ndarray:
    return dinucleotide_shuffle(
        codes, alphabet=score.symbols, n_shuffles=n_shuffles, random_state=random_state
    )
