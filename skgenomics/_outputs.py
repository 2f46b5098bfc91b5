"""Description of what a fitted estimator predicts, and how it becomes one number per sequence.

Every fitted estimator of this package describes its raw outputs: ``estimator._describe_outputs()``
returns an :class:`Outputs`, and ``estimator._predict_scores(X)`` the array that it describes.
:func:`describe_outputs` and :class:`Predictor` do the same for any other classifier or regressor,
pipelines, searches and wrappers included. Attributions, mutagenesis, experiments, variant effects
and reports ask nothing else of a model:

- names: classes, tasks, targets, labels or tracks;
- axis: None, "position" or "bin", for outputs along the sequence;
- ``select(target)``: a :class:`Reduction` of raw outputs to one number per sequence, of the kind
  "log-odds" (of a class against all others), "value" (in the units of y), "log rate", "log total",
  "shape" (of a profile) or "score" (of estimators without probabilities).

A reduction takes numpy arrays and torch tensors alike, and is differentiable in the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit, logsumexp, softmax
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skgenomics._utils.pipelines import first_step, split_steps
from skgenomics._utils.validation import check_choice
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.sequences import decode

_METHODS = ("predict_proba", "decision_function", "predict", "score_samples")
_PAIR_METHOD = "variant_scores"
_MAX_NAMES = 12
# Sequences that the outputs of an unknown estimator are inferred from.
_MAX_PROBES = 64
# Probabilities of exactly 0 or 1, as trees give them, get the log-odds of this distance to them.
_MIN_PROBABILITY = float(np.finfo(np.float32).eps)
_FIRST_LINE_OF_TARGETS = "target must name a"


@dataclass(frozen=True)
class Reduction:
    """Function from raw outputs to one number per sequence.

    Parameters
    ----------
    name : object
        The target as the user wrote it; None for the default one.
    kind : str
        "log-odds", "value", "log rate", "log total", "shape" or "score".
    score : callable
        Takes raw outputs, an ndarray or a torch tensor of shape (n_samples, ...), and returns
        the scores, of shape (n_samples,).
    value : callable or None, default=None
        Takes raw outputs, an ndarray, and returns predictions on their natural scale, such as
        probabilities. By default the inverse link of the scores.
    """

    name: Any
    kind: str
    score: Callable
    value: Callable | None = None

    def __call__(self, raw):
        """Return the score of each sequence, of shape (n_samples,)."""
        return self.score(raw)

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the prediction of each sequence: a probability, value, rate or total."""
        if self.value is not None:
            return self.value(raw)
        scores = self.score(raw)
        if self.kind == "log-odds":
            return expit(scores)
        return np.exp(scores) if self.kind == "log rate" else scores

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        """Return the log-odds of each sequence; NaN where outputs are not probabilities."""
        return self.score(raw) if self.kind == "log-odds" else np.full(len(raw), np.nan)


@dataclass(frozen=True)
class Outputs:
    """Description of raw outputs of shape (n_samples, n_outputs, ...).

    Parameters
    ----------
    names : tuple
        Names of the outputs that a target can be.
    """

    names: tuple
    # What an output is called in messages.
    noun: ClassVar[str] = "output"
    # False for outputs of different kinds, such as classes and values.
    is_uniform: ClassVar[bool] = True
    # Axis of raw outputs along the sequence.
    axis: ClassVar[str | None] = None

    def columns(self) -> list[Reduction]:
        """Return one reduction for each output that a table of predictions shows."""
        if len(self.names) == 1:
            return [self.select(None)]
        return [self.select(name) for name in self.names]

    def select(self, target=None) -> Reduction:
        """Choose the output to look at.

        Parameters
        ----------
        target : object, default=None
            Name of an output, or a callable. The callable takes the array or tensor of all
            outputs on the scale of scores, of shape (n_samples, n_names) or
            (n_samples, n_names, n_positions), and returns one number per sequence.

        Returns
        -------
        Reduction

        Raises
        ------
        ValueError
            If there is no such target, or several and none is named.
        """
        if callable(target):
            return Reduction(target, "score", _Custom(self, target))
        return self._select(target)

    def stack(self, raw):
        """Return all outputs on the scale of scores, as a callable target gets them."""
        columns = [self._select(name).score(raw) for name in self.names]
        return _stack(columns)

    def mixed(self, members: Sequence[Outputs]) -> Outputs:
        """Describe the raw outputs that :meth:`mix` returns."""
        return self

    def mix(self, members: Sequence[Outputs], raws: Sequence, weights: Sequence[float]):
        """Return the raw outputs of one model that predicts the weighted mean of several.

        Parameters
        ----------
        members : sequence of Outputs
            Descriptions of the raw outputs, of the same type as this one.
        raws : sequence of ndarray or Tensor
            Raw outputs of each member.
        weights : sequence of float
            Weights that add up to one.

        Returns
        -------
        ndarray or Tensor
        """
        return _weighted_sum(raws, weights)

    def _select(self, target) -> Reduction:
        raise NotImplementedError

    def _refuse_pair(self, target) -> None:
        if isinstance(target, tuple):
            raise ValueError(
                f"target={target!r} is a pair, but this model has one {self.noun} per output and "
                f"no positions; {_FIRST_LINE_OF_TARGETS} {self.noun} out of {_listed(self.names)}"
            )


@dataclass(frozen=True)
class _Custom:
    """A target that is a function of all outputs."""

    outputs: Outputs
    function: Callable

    def __call__(self, raw):
        stacked = self.outputs.stack(raw)
        result = self.function(stacked)
        if not isinstance(raw, np.ndarray):
            shape = tuple(result.shape)
        else:
            result = np.asarray(result)
            shape = result.shape
        if shape != (len(raw),):
            raise ValueError(
                f"target must reduce outputs of shape {tuple(stacked.shape)} to one number per "
                f"sequence, of shape ({len(raw)},), but it returned the shape {shape}"
            )
        return result


@dataclass(frozen=True)
class ClassOutputs(Outputs):
    """Logits of mutually exclusive classes.

    Raw outputs have the shape (n_samples, n_classes), or (n_samples, 1) with the log-odds of the
    second of two classes. The score of a class is its log-odds against all others.

    Parameters
    ----------
    names : tuple
        The classes.
    n_scores : int
        Number of columns of the raw outputs.
    """

    n_scores: int = 0
    noun: ClassVar[str] = "class"

    def columns(self) -> list[Reduction]:
        return [self.select(None)] if len(self.names) == 2 else super().columns()

    def mix(self, members, raws, weights):
        return (_mix_log_odds if self.n_scores == 1 else _mix_logits)(raws, weights)

    def _select(self, target) -> Reduction:
        self._refuse_pair(target)
        i = self._index(target)
        return Reduction(target, "log-odds", lambda raw: self._log_odds(raw, i))

    def _index(self, target) -> int:
        if target is None and len(self.names) == 2:
            return 1
        return find_target(self.noun, target, self.names)

    def _log_odds(self, raw, i: int):
        if self.n_scores == 1:
            return raw[:, 0] if i else -raw[:, 0]
        return _against_rest(raw, i)


@dataclass(frozen=True)
class TaskOutputs(Outputs):
    """Log-odds of several tasks of two classes, of shape (n_samples, n_tasks)."""

    noun: ClassVar[str] = "task"

    def mix(self, members, raws, weights):
        return _mix_log_odds(raws, weights)

    def _select(self, target) -> Reduction:
        self._refuse_pair(target)
        i = find_target(self.noun, target, self.names)
        return Reduction(target, "log-odds", lambda raw: raw[:, i])


@dataclass(frozen=True)
class ProbabilityOutputs(Outputs):
    """Probabilities of classes or, if these are not exclusive, of tasks.

    Raw outputs have the shape (n_samples, n_classes) or (n_samples, n_tasks).

    Parameters
    ----------
    names : tuple
        The classes or tasks.
    exclusive : bool, default=True
        True for classes, False for tasks of two classes each.
    """

    exclusive: bool = True

    @property
    def noun(self) -> str:  # type: ignore[override]
        return "class" if self.exclusive else "task"

    def columns(self) -> list[Reduction]:
        if self.exclusive and len(self.names) == 2:
            return [self.select(None)]
        return super().columns()

    def _select(self, target) -> Reduction:
        self._refuse_pair(target)
        i = 1 if target is None and self.exclusive and len(self.names) == 2 else None
        i = find_target(self.noun, target, self.names) if i is None else i
        return Reduction(
            target, "log-odds", lambda raw: _logit(raw[:, i]), value=lambda raw: raw[:, i]
        )


@dataclass(frozen=True)
class ValueOutputs(Outputs):
    """Real numbers of shape (n_samples, n_targets): targets of a regressor, or scores.

    Parameters
    ----------
    names : tuple
        The targets.
    scale, mean : tuple of float, default=()
        Predictions in the units of y are ``raw * scale + mean``; empty for predictions
        themselves.
    link : {"identity", "log", "logit"}, default="identity"
        "log" if the raw outputs are logarithms of expected counts, in units of `scale`; "logit" if
        they are log-odds of fractions. Further columns behind those of the targets, such as
        variances, are not looked at.
    noun_ : str, default="target"
        What an output is called: "target", "class" or "sequence".
    kind : str, default="value"
        Kind of the numbers if the link is "identity": "value" or "score".
    """

    scale: tuple = ()
    mean: tuple = ()
    link: str = "identity"
    noun_: str = "target"
    kind: str = "value"

    @property
    def noun(self) -> str:  # type: ignore[override]
        return self.noun_

    def columns(self) -> list[Reduction]:
        is_pair = self.noun_ == "class" and len(self.names) == 2
        return [self.select(None)] if is_pair else super().columns()

    def mixed(self, members):
        return self if _have_one_scale(members) else replace(self, scale=(), mean=())

    def mix(self, members, raws, weights):
        is_log = self.link == "log"
        if not _have_one_scale(members):
            pairs = zip(members, raws, strict=True)
            raws = [
                _stack([member._select(name).score(raw) for name in member.names])
                for member, raw in pairs
            ]
        return _mix_logs(raws, weights) if is_log else _weighted_sum(raws, weights)

    def _select(self, target) -> Reduction:
        self._refuse_pair(target)
        is_pair = target is None and self.noun_ == "class" and len(self.names) == 2
        i = 1 if is_pair else find_target(self.noun, target, self.names)
        if self.link == "log":
            shift = float(np.log(self.scale[i])) if self.scale else 0.0
            return Reduction(target, "log rate", lambda raw: raw[:, i] + shift)
        if self.link == "logit":
            return Reduction(target, "log-odds", lambda raw: raw[:, i])
        if not self.scale:
            return Reduction(target, self.kind, lambda raw: raw[:, i])
        scale, mean = float(self.scale[i]), float(self.mean[i])
        return Reduction(target, self.kind, lambda raw: raw[:, i] * scale + mean)


@dataclass(frozen=True)
class MarginOutputs(Outputs):
    """The only decision value of two classes, of shape (n_samples, 1), without probabilities."""

    noun: ClassVar[str] = "class"

    def columns(self) -> list[Reduction]:
        return [self.select(None)]

    def _select(self, target) -> Reduction:
        self._refuse_pair(target)
        i = 1 if target is None else find_target(self.noun, target, self.names)
        return Reduction(target, "score", lambda raw: raw[:, 0] if i else -raw[:, 0])


@dataclass(frozen=True)
class MultiTaskOutputs(Outputs):
    """Outputs of tasks of different kinds, side by side in the columns of the raw outputs.

    Parameters
    ----------
    names : tuple
        The tasks.
    parts : tuple of (slice, Outputs)
        Columns of each task, and their description.
    """

    parts: tuple = ()
    noun: ClassVar[str] = "task"
    is_uniform: ClassVar[bool] = False

    def columns(self) -> list[Reduction]:
        found = []
        for name, (_, part) in zip(self.names, self.parts, strict=True):
            if isinstance(part, ClassOutputs) and len(part.names) > 2:
                found += [self.select((name, label)) for label in part.names]
            else:
                found.append(self.select(name))
        return found

    def stack(self, raw):
        return _stack([column.score(raw) for column in self.columns()])

    def mixed(self, members):
        parts = [
            (columns, part.mixed([member.parts[i][1] for member in members]))
            for i, (columns, part) in enumerate(self.parts)
        ]
        return replace(self, parts=tuple(parts))

    def mix(self, members, raws, weights):
        mixed = [
            part.mix(
                [member.parts[i][1] for member in members],
                [raw[:, columns] for raw in raws],
                weights,
            )
            for i, (columns, part) in enumerate(self.parts)
        ]
        return _concatenate(mixed)

    def _select(self, target) -> Reduction:
        task, label = target if _is_pair(target, self.names) else (target, None)
        i = find_target(self.noun, task, self.names)
        columns, part = self.parts[i]
        if label is not None and not isinstance(part, ClassOutputs):
            raise ValueError(
                f"target={target!r} names a class, but the task {self.names[i]!r} is a regression; "
                f"use target={self.names[i]!r}"
            )
        try:
            inner = part.select(label)
        except ValueError as error:
            raise ValueError(
                f"target={target!r}: of task {self.names[i]!r} it must be ({self.names[i]!r}, "
                f"class): {error}"
            ) from None
        return Reduction(target, inner.kind, lambda raw: inner.score(raw[:, columns]))


@dataclass(frozen=True)
class LabelOutputs(Outputs):
    """Logits of a label for each position, of shape (n_samples, n_labels, n_positions).

    The score of a label is its log-odds against all others, at one position or averaged over all.

    Parameters
    ----------
    names : tuple
        The labels.
    size : int or None, default=None
        Number of positions, if it is fixed.
    """

    size: int | None = None
    noun: ClassVar[str] = "label"
    axis: ClassVar[str | None] = "position"

    def columns(self) -> list[Reduction]:
        return [self.select(name) for name in self.names]

    def stack(self, raw):
        return _stack([_against_rest(raw, i) for i in range(len(self.names))])

    def mix(self, members, raws, weights):
        return _mix_logits(raws, weights)

    def _select(self, target) -> Reduction:
        label, position = target if _is_pair(target, self.names) else (target, None)
        if label is None and len(self.names) == 2:
            i = 1
        else:
            i = find_target(self.noun, label, self.names)
        if position is None:
            return Reduction(target, "log-odds", lambda raw: _against_rest(raw, i).mean(1))
        p = _find_index("position", position, self.size)

        def score(raw):
            # A list keeps the axis, which the fast mutagenesis engine reads at few positions.
            return _against_rest(raw[:, :, [p]], i)[:, 0]

        return Reduction(target, "log-odds", score)


@dataclass(frozen=True)
class ProfileOutputs(Outputs):
    """Signals along a sequence, of shape (n_samples, n_tracks, n_bins) or one column more.

    Parameters
    ----------
    names : tuple
        The tracks.
    n_bins : int
        Number of bins.
    link : {"softmax", "log", "identity"}
        "softmax": logits of the shape and, in the last column, the logarithm of one plus the
        total; "log": logarithms of expected counts; "identity": standardized values.
    scale, mean : tuple of float
        Units of each track, as in :class:`ValueOutputs`.
    joint : bool, default=False
        True if all tracks share one total and one shape.
    """

    n_bins: int = 0
    link: str = "identity"
    scale: tuple = ()
    mean: tuple = ()
    joint: bool = False
    noun: ClassVar[str] = "track"
    axis: ClassVar[str | None] = "bin"

    def columns(self) -> list[Reduction]:
        if len(self.names) == 1:
            return [self.select(None)]
        return [self.select((name, "total")) for name in self.names]

    def stack(self, raw):
        """Return the expected signals of shape (n_samples, n_tracks, n_bins), in units of y."""
        if self.link == "identity":
            return _stack(
                [raw[:, i] * self.scale[i] + self.mean[i] for i in range(len(self.names))]
            )
        return _exp(_stack([self._log_rates(raw, i) for i in range(len(self.names))]))

    def mixed(self, members):
        # The mean of several signals has no shape and total of its own parameters.
        link = "identity" if self.link == "identity" else "log"
        n = len(self.names)
        return replace(self, link=link, scale=(1.0,) * n, mean=(0.0,) * n, joint=False)

    def mix(self, members, raws, weights):
        pairs = list(zip(members, raws, strict=True))
        if self.link == "identity":
            return _weighted_sum([member.stack(raw) for member, raw in pairs], weights)
        tracks = range(len(self.names))
        logs = [_stack([member._log_rates(raw, i) for i in tracks]) for member, raw in pairs]
        return _mix_logs(logs, weights)

    def _select(self, target) -> Reduction:
        track, what = target if _is_pair(target, self.names) else (target, "total")
        if track in ("total", "profile") and track not in self.names:
            track, what = None, track
        if track is None:
            tracks = list(range(len(self.names)))
        else:
            tracks = [find_target(self.noun, track, (*self.names,), extra="'total', 'profile'")]
        if what is None or what == "total":
            kind = "value" if self.link == "identity" else "log total"
            return Reduction(target, kind, lambda raw: self._total(raw, tracks))
        if what == "profile":
            if self.link == "identity":
                raise ValueError(
                    f"target={target!r} needs a model of counts, whose bins have a shape apart "
                    "from their total; with loss='mse' use 'total' or (track, bin)"
                )
            return Reduction(target, "shape", lambda raw: self._shape(raw, tracks))
        b = _find_index("bin", what, self.n_bins)
        if self.link == "identity":
            return Reduction(target, "value", lambda raw: self._value(raw, tracks, b))
        return Reduction(
            target, "log rate", lambda raw: _mean([self._log_rates(raw, i)[:, b] for i in tracks])
        )

    def _count_bins(self, raw) -> int:
        """Count the bins in raw outputs, which longer sequences than in fit have more of."""
        return raw.shape[2] - (self.link == "softmax")

    def _value(self, raw, tracks, b: int):
        return _mean([raw[:, i, b] * self.scale[i] + self.mean[i] for i in tracks])

    def _log_rates(self, raw, i: int):
        """Logarithms of the expected counts of a track, of shape (n_samples, n_bins)."""
        if self.link == "log":
            return raw[:, i] + float(np.log(self.scale[i]))
        n_bins = self._count_bins(raw)
        bins = raw[:, :, :n_bins]
        log_total = _log_expm1(raw[:, i, n_bins])
        if not self.joint:
            normalizer = _logsumexp(bins[:, i], 1)
        else:
            normalizer = _logsumexp(_logsumexp(bins, 2), 1)
        return bins[:, i] + (log_total - normalizer)[:, None]

    def _total(self, raw, tracks: list[int]):
        """Mean over tracks of log(1 + total), or of the totals in the units of y."""
        if self.link == "identity":
            n_bins = self._count_bins(raw)
            totals = [raw[:, i].sum(1) * self.scale[i] + n_bins * self.mean[i] for i in tracks]
            return _mean(totals)
        if self.link == "softmax" and (not self.joint or len(tracks) == len(self.names)):
            return raw[:, tracks][:, :, self._count_bins(raw)].mean(1)
        return _mean([_log1p(_exp(_logsumexp(self._log_rates(raw, i), 1))) for i in tracks])

    def _shape(self, raw, tracks: list[int]):
        """Mean over tracks of the centered logits, weighted by the probabilities of the bins.

        The larger, the more the counts are concentrated; what the logits have in common has no
        part in it. A plain function of the logits, so that attributions of it add up.
        """
        found = []
        for i in tracks:
            bins = raw[:, i, : self._count_bins(raw)]
            centered = bins - bins.mean(1)[:, None]
            weights = _exp(centered - _logsumexp(centered, 1)[:, None])
            found.append((weights * centered).sum(1))
        return _mean(found)


@dataclass(frozen=True)
class PairOutputs(Outputs):
    """Outputs of pairs of positions or bins, of shape (n_samples, n_outputs, n_bins * n_bins).

    A target is (i, j) or (name, i, j) for one pair, or a name for the mean over all pairs.

    Parameters
    ----------
    names : tuple
        Classes, or tracks of values.
    size : int
        Number of bins.
    is_class : bool, default=False
        True for logits of classes, whose score is the log-odds against all others.
    scale, mean : tuple of float, default=()
        Units of each track, as in :class:`ValueOutputs`.
    """

    size: int = 0
    is_class: bool = False
    scale: tuple = ()
    mean: tuple = ()
    axis: ClassVar[str | None] = "pair"

    @property
    def noun(self) -> str:  # type: ignore[override]
        return "class" if self.is_class else "track"

    def columns(self) -> list[Reduction]:
        is_single = len(self.names) == 1 or (self.is_class and len(self.names) == 2)
        return [self.select(None)] if is_single else super().columns()

    def stack(self, raw):
        return _stack([self._score(raw, i) for i in range(len(self.names))])

    def _score(self, raw, i: int):
        if self.is_class:
            return _against_rest(raw, i)
        return raw[:, i] * self.scale[i] + self.mean[i]

    def _select(self, target) -> Reduction:
        name, pair = target, None
        if isinstance(target, tuple) and target not in self.names:
            if len(target) not in (2, 3):
                raise ValueError(f"target must be a pair (i, j), or (name, i, j), got {target!r}")
            name, pair = (target[0] if len(target) == 3 else None), target[-2:]
        is_default = name is None and self.is_class and len(self.names) == 2
        k = 1 if is_default else find_target(self.noun, name, self.names)
        kind = "log-odds" if self.is_class else "value"
        if pair is None:
            return Reduction(target, kind, lambda raw: self._score(raw, k).mean(1))
        i, j = (_find_index("position", index, self.size) for index in pair)
        cell = i * self.size + j
        return Reduction(target, kind, lambda raw: self._score(raw[:, :, [cell]], k)[:, 0])


def find_target(noun: str, target, names: Sequence, extra: str = "") -> int:
    """Find the index of an output by its name, its name as text, or its number.

    Parameters
    ----------
    noun : str
        What an output is called.
    target : object
        The name; None for the only one.
    names : sequence
        All names.
    extra : str, default=""
        Other targets to name in the message.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no such output; the message names those that there are.
    """
    names = list(names)
    if target is None and len(names) == 1:
        return 0
    if target is not None:
        if not isinstance(target, tuple | list | np.ndarray) and target in names:
            return names.index(target)
        texts = list(map(str, names))
        if str(target) in texts:
            return texts.index(str(target))
        # Outputs that are named by the columns of a frame have numbers too.
        is_number = isinstance(target, Integral) and not isinstance(target, bool)
        has_names = noun != "class" and all(isinstance(name, str) for name in names)
        if is_number and has_names and 0 <= target < len(names):
            return int(target)
    got = "there are several" if target is None else f"{target!r} is none of them"
    more = f", or {extra}" if extra else ""
    raise ValueError(f"{_FIRST_LINE_OF_TARGETS} {noun} out of {_listed(names)}{more}: {got}")


def _listed(names: Sequence) -> str:
    plain = [name.item() if isinstance(name, np.generic) else name for name in names]
    return ", ".join(map(repr, plain[:_MAX_NAMES])) + (", ..." if len(plain) > _MAX_NAMES else "")


def _is_pair(target, names: Sequence) -> bool:
    return isinstance(target, tuple) and len(target) == 2 and target not in names


def _find_index(noun: str, index, size: int | None) -> int:
    is_integer = isinstance(index, Integral) and not isinstance(index, bool)
    if not is_integer or index < 0 or (size is not None and index >= size):
        last = "" if size is None else f" to {size - 1}"
        raise ValueError(f"target must name a {noun} out of 0{last}: {index!r} is none of them")
    return int(index)


def _against_rest(logits, i: int):
    """Log-odds of one class against all others; classes are the second axis."""
    n_classes = logits.shape[1]
    if n_classes == 2:
        return logits[:, i] - logits[:, 1 - i]
    rest = [j for j in range(n_classes) if j != i]
    return logits[:, i] - _logsumexp(logits[:, rest], 1)


def _logit(probabilities: np.ndarray) -> np.ndarray:
    clipped = np.asarray(probabilities, float).clip(_MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    return np.log(clipped) - np.log1p(-clipped)


def _have_one_scale(members: Sequence) -> bool:
    return all((m.scale, m.mean) == (members[0].scale, members[0].mean) for m in members)


def _weighted_sum(raws: Sequence, weights: Sequence[float]):
    return sum(raw * float(weight) for raw, weight in zip(raws, weights, strict=True))


def _mix_logs(raws: Sequence, weights: Sequence[float]):
    """Logarithm of the weighted mean of the exponentials."""
    shifted = [raw + float(np.log(w)) for raw, w in zip(raws, weights, strict=True)]
    return shifted[0] if len(shifted) == 1 else _logsumexp(_stack(shifted), 1)


def _mix_logits(raws: Sequence, weights: Sequence[float]):
    """Logarithms of the weighted mean probabilities of classes, the second axis."""
    return _mix_logs([raw - _logsumexp(raw, 1)[:, None] for raw in raws], weights)


def _mix_log_odds(raws: Sequence, weights: Sequence[float]):
    """Log-odds of the weighted mean probabilities, exact where these round to 0 or 1."""
    yes, no = ([_log_sigmoid(sign * raw) for raw in raws] for sign in (1, -1))
    return _mix_logs(yes, weights) - _mix_logs(no, weights)


def _log_sigmoid(x):
    if isinstance(x, np.ndarray):
        return -np.logaddexp(0, -x)
    from torch.nn.functional import logsigmoid

    return logsigmoid(x)


def _concatenate(parts: list):
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts, axis=1)
    import torch

    return torch.cat(parts, dim=1)


def _logsumexp(x, axis: int):
    if isinstance(x, np.ndarray):
        return logsumexp(x, axis=axis)
    import torch

    return torch.logsumexp(x, axis)


def _exp(x):
    return np.exp(x) if isinstance(x, np.ndarray) else x.exp()


def _log1p(x):
    return np.log1p(x) if isinstance(x, np.ndarray) else x.log1p()


def _log_expm1(x):
    """Logarithm of exp(x) - 1, of the smallest normal number where it is not positive."""
    tiny = float(np.finfo(np.float32).tiny)
    if isinstance(x, np.ndarray):
        return np.log(np.expm1(x).clip(min=tiny))
    return x.expm1().clamp(min=tiny).log()


def _stack(columns: list):
    if isinstance(columns[0], np.ndarray):
        return np.stack(columns, axis=1)
    import torch

    return torch.stack(columns, dim=1)


def _mean(columns: list):
    return columns[0] if len(columns) == 1 else _stack(columns).mean(1)


@dataclass(frozen=True)
class Mixture:
    """Weighted mean of what the members of an ensemble predict.

    Probabilities, values in the units of y and expected signals are averaged, and expressed as the
    raw outputs of a single model that predicts these means.

    Parameters
    ----------
    members : sequence of Outputs
        Descriptions of the outputs of the members.
    weights : sequence of float
        Positive weights of the members.

    Raises
    ------
    ValueError
        If the members differ in the kind, names or shape of their outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics._outputs import ClassOutputs, Mixture
    >>> members = [ClassOutputs(("no", "yes"), n_scores=1)] * 2
    >>> mixture = Mixture(members, [1, 1])
    >>> raw = mixture([np.array([[0.0]]), np.array([[2.0]])])
    >>> mixture.outputs.select("yes").predict(raw).round(2).tolist()
    [0.69]
    """

    members: Sequence[Outputs]
    weights: Sequence[float]

    def __post_init__(self):
        first = self.members[0]
        for member in self.members[1:]:
            if type(member) is not type(first) or len(member.names) != len(first.names):
                raise ValueError(
                    "the members of the ensemble predict different outputs: "
                    f"{_listed(first.names)}, and {_listed(member.names)}"
                )

    @property
    def outputs(self) -> Outputs:
        """Description of the outputs of the mixture."""
        return self.members[0].mixed(self.members)

    def __call__(self, raws: Sequence):
        """Return the raw outputs of the mixture from those of the members."""
        weights = np.asarray(self.weights, dtype=float)
        return self.members[0].mix(self.members, raws, (weights / weights.sum()).tolist())


@dataclass
class Predictor:
    """A fitted estimator with its raw outputs and their description.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, a language model, or a pipeline, search or wrapper.
    method : str, default="auto"
        "auto", "predict_proba", "decision_function", "predict" or "score_samples".

    Attributes
    ----------
    outputs : Outputs or None
        The description; None for an estimator of another package until :meth:`describe`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics._outputs import Predictor
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> predictor = Predictor(model.fit(["AAC", "CCA", "GGT", "TTG"], [0, 0, 1, 1]))
    >>> X = ["AAA", "GGG"]
    >>> second = predictor.describe(X).select()
    >>> raw = predictor(X)
    >>> second.predict(raw).round(1).tolist(), second(raw).round(1).tolist()
    ([0.2, 0.8], [-1.6, 1.6])
    """

    estimator: Any
    method: str = "auto"
    outputs: Outputs | None = field(default=None, init=False)

    def __post_init__(self):
        check_choice("response", self.method, ("auto", *_METHODS))
        _check_reads_sequences(self.estimator)
        self._steps, last = split_steps(self.estimator)
        describe = getattr(last, "_describe_outputs", None)
        if describe is not None:
            check_is_fitted(last)
        own = describe() if describe is not None and self._is_default(last) else None
        self._own = None if own is None else last
        if own is not None:
            self.outputs = _with_names(own, self.estimator)
        else:
            self.method = _choose_method(self.estimator, self.method)

    def _is_default(self, last) -> bool:
        """Return True if raw outputs serve the requested method."""
        return self.method in ("auto", "predict_proba" if is_classifier(last) else "predict")

    def describe(self, X) -> Outputs:
        """Describe the outputs, inferred from the predictions of a few sequences if need be."""
        if self.outputs is None:
            self.outputs = self._infer(X[:_MAX_PROBES])
        return self.outputs

    def __call__(self, X) -> np.ndarray:
        """Return raw outputs, float64 of shape (n_samples, n_outputs, ...)."""
        if self._own is not None:
            for step in self._steps:
                X = step.transform(X)
            return np.asarray(self._own._predict_scores(X), dtype=np.float64)
        self.describe(X)
        return self._call(self.method, X)

    def of_codes(self, codes: np.ndarray, alphabet: Alphabet) -> np.ndarray:
        """Return raw outputs of sequences given as codes.

        Parameters
        ----------
        codes : ndarray of shape (n_samples, n_positions), uint8
            Sequences of one length.
        alphabet : Alphabet
            Alphabet of the codes.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, ...)
        """
        # A matrix of the first two symbols alone could be taken for one-hot channels.
        is_safe = codes.max(initial=0) > 1
        is_read = is_safe and _reads_codes(self.estimator, codes.shape[1], alphabet)
        return self(codes if is_read else decode(codes, alphabet))

    def _call(self, method: str, X) -> np.ndarray:
        return self._as_table(getattr(self.estimator, method)(X))

    def _as_table(self, raw) -> np.ndarray:
        if isinstance(raw, list):
            # One array per task, as trees and MultiOutputClassifier of scikit-learn give them.
            raw = np.column_stack([_probability_of_one(task) for task in raw])
        raw = np.asarray(raw)
        if raw.dtype.kind not in "biuf" or raw.ndim not in (1, 2):
            raise ValueError(
                f"{type(self.estimator).__name__} gives {raw.dtype} of shape {raw.shape} for "
                "some sequences, but this needs one number or a row of numbers each"
            )
        return raw.reshape(len(raw), -1).astype(np.float64)

    def _infer(self, X) -> Outputs:
        given = getattr(self.estimator, self.method)(X)
        raw = self._as_table(given)
        width = raw.shape[1]
        classes = getattr(self.estimator, "classes_", None)
        is_one_set = classes is not None and not isinstance(classes, list)
        classes = tuple(np.asarray(classes).tolist()) if is_one_set else None
        if self.method in ("predict", "score_samples"):
            return _with_names(ValueOutputs(tuple(range(width))), self.estimator)
        if self.method == "decision_function":
            if width == 1 and classes is not None and len(classes) == 2:
                return MarginOutputs(classes)
            if classes is not None and len(classes) == width:
                return ValueOutputs(classes, noun_="class", kind="score")
            scores = ValueOutputs(tuple(range(width)), noun_="task", kind="score")
            return _with_names(scores, self.estimator)
        link = self._find_link(X, raw)
        if link is not None:
            # The logits do not saturate as probabilities do.
            self.method = "decision_function"
        sums_to_one = np.allclose(raw.sum(axis=1), 1, atol=1e-5)
        is_multilabel = isinstance(given, list) or link == "logistic" or not sums_to_one
        names = classes if classes is not None and len(classes) == width else tuple(range(width))
        if is_multilabel:
            outputs = TaskOutputs(names) if link else ProbabilityOutputs(names, exclusive=False)
            return _with_names(outputs, self.estimator)
        if link is None:
            return ProbabilityOutputs(names)
        return ClassOutputs(names, n_scores=1 if link == "pair" else width)

    def _find_link(self, X, probabilities: np.ndarray) -> str | None:
        """Find out how probabilities follow from decision values, if they do."""
        if getattr(self.estimator, "decision_function", None) is None:
            return None
        scores = self._call("decision_function", X)
        for name, link in (("pair", _pair), ("softmax", _softmax), ("logistic", expit)):
            expected = link(scores)
            if expected.shape == probabilities.shape and np.allclose(
                expected, probabilities, atol=1e-5
            ):
                return name
        return None


def describe_outputs(estimator, X=None) -> Outputs:
    """Describe what a fitted estimator predicts.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or a pipeline, search or wrapper.
    X : array-like of shape (n_samples, ...), default=None
        A few samples. Needed for estimators of other packages, whose outputs are inferred from
        what they predict.

    Returns
    -------
    Outputs

    Raises
    ------
    ValueError
        If the estimator predicts nothing, or X is needed and None.

    Examples
    --------
    >>> from skgenomics import CNNClassifier
    >>> from skgenomics._outputs import describe_outputs
    >>> model = CNNClassifier(max_iter=1).fit(["ACGTACGT", "TTTTACGT"] * 10, ["a", "b"] * 10)
    >>> describe_outputs(model).names
    ('a', 'b')
    """
    predictor = Predictor(estimator)
    if predictor.outputs is None and X is None:
        raise ValueError(
            f"the outputs of {type(estimator).__name__} are inferred from what it predicts; "
            "give a few samples as X"
        )
    return predictor.outputs or predictor.describe(X)


def takes_pairs(estimator) -> bool:
    """Return whether an estimator compares pairs of sequences, as language models do."""
    return getattr(estimator, _PAIR_METHOD, None) is not None


def _check_reads_sequences(estimator) -> None:
    if getattr(first_step(estimator), "fasta", None) is not None:
        raise ValueError(
            f"{type(estimator).__name__} reads intervals, but this needs what reads the "
            "sequences: give the steps behind its IntervalEncoder, such as pipeline[1:]"
        )


def _with_names(outputs: Outputs, estimator) -> Outputs:
    """Give tasks and targets the names of the columns of y, where an estimator keeps them."""
    if not isinstance(outputs, TaskOutputs | ValueOutputs | ProbabilityOutputs | ProfileOutputs):
        return outputs
    if isinstance(outputs, ProbabilityOutputs) and outputs.exclusive:
        return outputs
    names = getattr(estimator, "target_names_", None)
    is_single = len(outputs.names) == 1
    if names is None or len(names) != len(outputs.names) or is_single:
        return outputs
    return replace(outputs, names=tuple(names))


def _reads_codes(estimator, length: int, alphabet: Alphabet) -> bool:
    """Return whether an estimator takes codes of an alphabet, which spares decoding them."""
    reader = first_step(estimator)
    form = getattr(reader, "input_form_", None)
    own = getattr(reader, "alphabet", None)
    if form not in ("text", "codes", "channels") or own is None:
        return False
    if getattr(reader, "length_", length) != length:
        return False
    ours, theirs = (get_alphabet(a).symbols.upper().replace("U", "T") for a in (own, alphabet))
    return ours == theirs


def _choose_method(estimator, method: str) -> str:
    has = {name: getattr(estimator, name, None) is not None for name in (*_METHODS, _PAIR_METHOD)}
    if not any(has.values()):
        raise ValueError(
            f"{type(estimator).__name__} has no predict; give a fitted classifier or regressor, or "
            "a pipeline that ends in one"
        )
    if method != "auto":
        if not has[method]:
            raise ValueError(f"{type(estimator).__name__} has no {method}; leave response='auto'")
        return method
    wanted = _METHODS[:2] if is_classifier(estimator) else _METHODS[2:]
    for name in wanted:
        if has[name]:
            return name
    raise ValueError(
        f"{type(estimator).__name__} has neither {' nor '.join(wanted)}, so there is nothing to "
        "compare; is it a fitted classifier or regressor?"
    )


def _probability_of_one(task) -> np.ndarray:
    task = np.asarray(task)
    if task.ndim != 2 or task.shape[1] != 2:
        raise ValueError(
            f"a task has probabilities of shape {task.shape}; several tasks must have two classes"
        )
    return task[:, 1]


def _pair(scores: np.ndarray) -> np.ndarray:
    return np.hstack([expit(-scores), expit(scores)]) if scores.shape[1] == 1 else scores[:, :0]


def _softmax(scores: np.ndarray) -> np.ndarray:
    return softmax(scores, axis=1)
