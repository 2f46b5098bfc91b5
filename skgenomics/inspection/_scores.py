"""One score of a fitted deep estimator, as a function that can be differentiated and counted on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.input_validation import sequence_length
from skgenomics._utils.pipelines import split_steps
from skgenomics.estimators._base import SequenceEstimator
from skgenomics.sequences import get_alphabet, is_text
from skgenomics.training.batches import to_channels

# Sequences are scored in batches of about this many positions: they fit in the cache.
_BATCH_POSITIONS = 1 << 16


class NoPositionsError(ValueError):
    """An estimator does not see sequences position by position, so nothing belongs to these."""


class SequenceReader:
    """A fitted deep estimator, what stands ahead of it in a pipeline, and how its network reads X.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one, whose other steps
        give text, codes or channels.

    Attributes
    ----------
    estimator : SequenceEstimator
        The last step.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Channels of a position.
    symbols : str or None
        What the channels stand for; None for signals.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    """

    def __init__(self, estimator):
        self.steps, self.estimator = split_steps(estimator)
        if not isinstance(self.estimator, SequenceEstimator):
            raise NoPositionsError(
                f"{type(self.estimator).__name__} is no deep estimator of skgenomics, so there are "
                "no gradients or activations to look at; use `mutagenesis`, or `attribute` with "
                "method='occlusion', which take any estimator of text"
            )
        check_is_fitted(self.estimator)
        if self.estimator.input_form_ == "tokens":
            raise NoPositionsError(
                f"{type(self.estimator).__name__} reads tokens, which stand for several letters "
                "each; use `mutagenesis`, or `attribute` with method='occlusion', which change the "
                "text itself"
            )
        self.network = self.estimator.network_.eval()
        self.n_channels = self.estimator.n_channels_
        has_symbols = self.estimator.is_sequence_
        self.symbols = get_alphabet(self.estimator.alphabet).symbols if has_symbols else None

    def read(self, X) -> np.ndarray:
        """Sequences as the network's estimator takes them: codes (n, L) or channels (n, L * C)."""
        if self.steps and self.symbols is None and is_text(X):
            names = ", ".join(type(step).__name__ for step in self.steps)
            raise NoPositionsError(
                f"{names} turns text into numbers that do not belong to single letters; use "
                "`mutagenesis`, or `attribute` with method='occlusion', which change the text "
                "itself"
            )
        for step in self.steps:
            X = step.transform(X)
        return self.estimator._read(X, reset=False)

    def to_channels(self, data: np.ndarray) -> torch.Tensor:
        """What :meth:`read` gave as a tensor of shape (n, C, L), on the device of the network."""
        weight = next(self.network.parameters())
        x = torch.from_numpy(np.ascontiguousarray(data)).to(weight.device)
        return to_channels(x, self.n_channels, weight.dtype)

    def batches(self, data: np.ndarray) -> Iterator[tuple[slice, torch.Tensor]]:
        """Rows, and their channels, some at a time."""
        size = max(1, _BATCH_POSITIONS // max(1, sequence_length(data, self.n_channels)))
        for start in range(0, len(data), size):
            rows = slice(start, min(start + size, len(data)))
            yield rows, self.to_channels(data[rows])


class SequenceScore(SequenceReader):
    """What a deep estimator says of sequences in one respect: one number for each.

    Explanations are of scores before they become probabilities, which saturate: the log-odds of a
    class, the prediction of a regressor in the units of y, or its logarithm where the network
    gives that. Of several classes the score is the one of `target` minus the mean over all.

    Parameters
    ----------
    estimator : object
        A fitted deep estimator of this package, or a pipeline that ends in one, whose other steps
        give text, codes or channels.
    target : object, optional
        What to look at. The class, of a classifier; by default the second of two. The number of
        the task or target, where there are several. Of a `SequenceLabeler` a label, or
        (label, position) for a single position. Of a `ProfileRegressor` a track, or (track, bin);
        by default all tracks. Without a position the mean over all of them is taken, or, where
        the network gives the logarithm of the total, that.

    Attributes
    ----------
    estimator : SequenceEstimator
        The last step.
    network : torch.nn.Module
        Its network, in evaluation mode.
    n_channels : int
        Channels of a position.
    symbols : str or None
        What the channels stand for; None for signals.

    Raises
    ------
    NoPositionsError
        If the estimator has no network that reads positions.
    ValueError
        If there is no such target.
    """

    def __init__(self, estimator, target=None):
        super().__init__(estimator)
        self._select = _choose(self.estimator, target)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The score of each sequence of a batch of channels (b, C, L), shape (b,)."""
        return self._select(self.estimator.net_.score_channels(x))

    @torch.no_grad()
    def predict(self, data: np.ndarray) -> np.ndarray:
        """The score of each row of what :meth:`read` gave, shape (n,)."""
        parts = [self(x).cpu().numpy() for _, x in self.batches(data)]
        return np.concatenate(parts) if parts else np.empty(0)


def _choose(estimator: SequenceEstimator, target) -> Callable[[torch.Tensor], torch.Tensor]:
    if hasattr(estimator, "profile_ndim_"):
        return _choose_profile(estimator, target)
    if hasattr(estimator, "label_form_"):
        return _choose_label(estimator, target)
    if hasattr(estimator, "multilabel_"):
        return _choose_class(estimator, target)
    return _choose_value(estimator, target)


def _choose_class(estimator, target):
    labels = estimator.classes_.tolist()
    if estimator.multilabel_:
        task = _place("task", target, range(len(labels)))
        return lambda scores: scores[:, task]
    if target is None and len(labels) == 2:
        target = labels[1]
    place = _place("class", target, labels)
    if estimator.n_outputs_ == 1:
        sign = 1 if place else -1
        return lambda scores: sign * scores[:, 0]
    if len(labels) == 2:
        return lambda scores: scores[:, place] - scores[:, 1 - place]
    return lambda scores: scores[:, place] - scores.mean(dim=1)


def _choose_value(estimator, target):
    n = estimator.n_outputs_
    place = 0 if target is None and n == 1 else _place("target", target, range(n))
    if estimator.link_ == "log":
        return lambda scores: scores[:, place]
    scale, mean = float(estimator.y_scale_[place]), float(estimator.y_mean_[place])
    return lambda scores: scores[:, place] * scale + mean


def _choose_label(estimator, target):
    label, position = target if isinstance(target, tuple) else (target, None)
    place = _place("class", label, estimator.classes_.tolist())
    if position is not None:
        n_positions = estimator.length_ - 2 * estimator.network_.crop
        position = _place("position", position, range(n_positions))

    def select(scores: torch.Tensor) -> torch.Tensor:
        normal = scores[:, place] - scores.mean(dim=1)
        return normal.mean(dim=1) if position is None else normal[:, position]

    return select


def _choose_profile(estimator, target):
    track, place = target if isinstance(target, tuple) else (target, None)
    n_tracks, n_bins = estimator.n_outputs_, estimator.n_bins_
    tracks = slice(None)
    if track is not None:
        track = _place("track", track, range(n_tracks))
        tracks = slice(track, track + 1)
    if place is not None:
        place = _place("bin", place, range(n_bins))

    def select(scores: torch.Tensor) -> torch.Tensor:
        bins, rest = scores[:, tracks, :n_bins], scores[:, tracks, n_bins:]
        if place is None:
            return (rest if rest.shape[2] else bins).mean(dim=(1, 2))
        shape = bins - bins.mean(dim=2, keepdim=True) if rest.shape[2] else bins
        return shape[:, :, place].mean(dim=1)

    return select


def _place(what: str, wanted, known) -> int:
    """Where something is among what there is, by itself or as it is written."""
    known = list(known)
    if wanted is not None and wanted in known:
        return known.index(wanted)
    written = list(map(str, known))
    if str(wanted) in written:
        return written.index(str(wanted))
    names = ", ".join(map(repr, known[:12])) + (", ..." if len(known) > 12 else "")
    got = "there are several" if wanted is None else f"{wanted!r} is none of them"
    raise ValueError(f"target must name a {what} out of {names}: {got}")
