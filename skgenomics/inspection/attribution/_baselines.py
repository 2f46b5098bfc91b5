"""What attributions compare sequences with."""

from __future__ import annotations

import numpy as np
import torch

from skgenomics._utils.input_validation import sequence_length
from skgenomics.inspection._scores import SequenceScore
from skgenomics.negatives import dinucleotide_shuffle
from skgenomics.sequences import most_likely_codes

KINDS = ("uniform", "zeros", "shuffle")
# A share of the sequence that stands for nothing: nothing at all would be taken for padding.
_TRACE = 1e-6


class Baselines:
    """Baselines of sequences, as many of each.

    Where a letter is unknown the baseline is unknown too.

    Parameters
    ----------
    score : SequenceScore
        Reads baselines that the user gives.
    data : ndarray of shape (n, L) or (n, L * C)
        What :meth:`SequenceScore.read` gave.
    kind : {"uniform", "zeros", "shuffle"}, text, codes or channels
        "uniform" has the same share of every letter at each position; "zeros" has nothing at all;
        "shuffle" are shuffles with the dinucleotides of the sequence. Or baselines themselves,
        every one of which is taken for every sequence.
    n_shuffles : int
        Shuffles of each sequence.
    random_state : int, RandomState instance or None
        Seed of the shuffles; those of a sequence depend on it and on the place of the sequence.

    Attributes
    ----------
    n_each : int
        Baselines of a sequence.

    Raises
    ------
    ValueError
        If the kind is unknown, signals are to be shuffled or to have letters, or baselines that
        are given cannot be read.
    """

    def __init__(self, score: SequenceScore, data: np.ndarray, kind, n_shuffles: int, random_state):
        self._score, self._kind = score, kind
        self.n_each, self._rows = 1, None
        if not isinstance(kind, str):
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
                f"baselines={kind!r} are made of letters, but the estimator was fitted on "
                "signals; take baselines='zeros', or give baselines of your own"
            )
        if kind == "shuffle":
            self.n_each = n_shuffles
            self._rows = shuffle_known(_as_codes(score, data), score, n_shuffles, random_state)

    def of(self, x: torch.Tensor, rows: np.ndarray, which: np.ndarray) -> torch.Tensor:
        """Baselines of some sequences.

        Parameters
        ----------
        x : Tensor of shape (b, C, L)
            The sequences.
        rows, which : ndarray of shape (b,)
            Their places in the data, and the numbers of the baselines that are wanted of them.

        Returns
        -------
        Tensor of shape (b, C, L)
        """
        if self._kind_is("zeros"):
            return x * _TRACE
        is_known = x.any(dim=1, keepdim=True).to(x.dtype)
        if self._kind_is("uniform"):
            return (is_known / x.shape[1]).expand_as(x)
        at = rows * self.n_each + which if self._kind_is("shuffle") else which
        baseline = self._score.to_channels(self._rows[at])
        if self._score.symbols is not None:
            baseline = baseline * is_known
        return torch.where(baseline.any(dim=1, keepdim=True), baseline, x * _TRACE)

    def _kind_is(self, kind: str) -> bool:
        return isinstance(self._kind, str) and self._kind == kind

    def _read(self, kind, data: np.ndarray) -> np.ndarray:
        rows = self._score.read(kind)
        n_channels = self._score.n_channels
        lengths = sequence_length(rows, n_channels), sequence_length(data, n_channels)
        if lengths[0] != lengths[1]:
            raise ValueError(
                f"baselines have {lengths[0]} positions, but X has {lengths[1]}; give sequences "
                "of the same length"
            )
        return rows


def _as_codes(score: SequenceScore, data: np.ndarray) -> np.ndarray:
    """Codes of sequences; of mixtures the letter that has the largest share."""
    if data.dtype == np.uint8:
        return data
    return most_likely_codes(data.reshape(len(data), -1, score.n_channels))


def shuffle_known(
    codes: np.ndarray, score: SequenceScore, n_shuffles: int, random_state
) -> np.ndarray:
    """Shuffle the known letters of codes (n, L), and leave the unknown ones where they are.

    Returns
    -------
    ndarray of shape (n * n_shuffles, L), uint8
        Shuffles of a sequence follow each other.
    """
    is_known = codes < score.n_channels
    if is_known.all():
        return _shuffle(codes, score, n_shuffles, random_state)
    result = np.repeat(codes, n_shuffles, axis=0)
    known = [row[mask] for row, mask in zip(codes, is_known, strict=True)]
    # Padded at the end, where shuffles leave padding alone.
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
