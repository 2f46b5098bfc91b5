"""What an estimator says about sequences: probabilities with their log-odds, or numbers."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, logsumexp, softmax
from sklearn.base import is_classifier

from skgenomics.checks import check_choice
from skgenomics.genome.interval_encoder import IntervalEncoder
from skgenomics.sequences import decode, get_alphabet

_METHODS = ("predict_proba", "decision_function", "predict")
_MOST_TO_COMPARE = 64


def fitted_length(estimator) -> int | None:
    """Length of the sequences that an estimator was fitted on, if it keeps it."""
    return getattr(_first_part(estimator), "length_", None)


class Response:
    """Numbers that an estimator gives for windows, column by column.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor that takes text.
    method : str
        "auto", "predict_proba", "decision_function" or "predict".
    target : object
        Class or task to look at; all of them if None, and the second of two classes.

    Attributes
    ----------
    names : list
        Names of the columns, known after `learn`; [None] for a single one.
    """

    def __init__(self, estimator, method: str, target):
        if isinstance(_first_part(estimator), IntervalEncoder):
            raise ValueError(
                f"{type(estimator).__name__} reads intervals, but variants need what reads the "
                "sequences: give the steps behind its IntervalEncoder, such as pipeline[1:]"
            )
        self.estimator = estimator
        self.method = _choose_method(estimator, method)
        self.target = target
        self.names: list | None = None

    def learn(self, windows: np.ndarray) -> None:
        """Learn from a few windows which columns there are, and how they follow from scores."""
        X = self._input(windows[:_MOST_TO_COMPARE])
        raw = self._call(self.method, X)
        self._link = self._find_link(X, raw) if self.method == "predict_proba" else None
        self._is_multilabel = self._has_tasks(raw)
        labels = self._labels(raw)
        if self.target is None:
            is_pair = len(labels) == 2 and self.method != "predict" and not self._is_multilabel
            self._columns = [1] if is_pair else list(range(len(labels)))
            self.names = [None] if len(self._columns) == 1 else list(labels)
            return
        found = [i for i, label in enumerate(labels) if str(label) == str(self.target)]
        if not found:
            raise ValueError(f"target={self.target!r} is none of {', '.join(map(str, labels))}")
        self._columns, self.names = found[:1], [None]

    def scores(self, windows: np.ndarray) -> np.ndarray:
        """What may be averaged over strands, shape (n, n_scores): log-odds, if there are any."""
        return self._call("decision_function" if self._link else self.method, self._input(windows))

    def finish(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and log-odds, both of shape (n, n_columns); NaN where odds make no sense."""
        scores = scores.astype(float)
        values, log_odds = self._all_columns(scores)
        return values[:, self._columns], log_odds[:, self._columns]

    def _input(self, windows: np.ndarray):
        """Codes for our own estimators, which read them as text; text for all others."""
        # Rows of A and C alone could be taken for one-hot.
        if _reads_codes(_first_part(self.estimator), windows.shape[1]) and windows.max() > 1:
            return windows
        return decode(windows)

    def _call(self, method: str, X) -> np.ndarray:
        raw = getattr(self.estimator, method)(X)
        if isinstance(raw, list):
            # One array per task; scikit-learn's trees and MultiOutputClassifier do so.
            raw = np.column_stack([_chance_of_one(task) for task in raw])
        raw = np.asarray(raw)
        if raw.dtype.kind not in "biuf" or raw.ndim > 2:
            raise ValueError(
                f"{type(self.estimator).__name__}.{method} gives {raw.dtype} of shape {raw.shape} "
                f"for {len(raw)} sequences, but variants need one number or a row of numbers each"
            )
        return raw.reshape(len(raw), -1)

    def _find_link(self, X, chances: np.ndarray) -> str | None:
        """How probabilities follow from scores, where they do: then odds need no rounding."""
        if not hasattr(self.estimator, "decision_function"):
            return None
        scores = self._call("decision_function", X)
        for name, link in (("pair", _pair), ("softmax", _softmax), ("logistic", expit)):
            expected = link(scores)
            if expected.shape == chances.shape and np.allclose(expected, chances, atol=1e-5):
                return name
        return None

    def _has_tasks(self, raw: np.ndarray) -> bool:
        if self.method == "predict":
            return False
        last = getattr(self.estimator, "multilabel_", None)
        if last is not None:
            return bool(last)
        if self._link is not None or self.method == "decision_function":
            return self._link == "logistic"
        return not np.allclose(raw.sum(axis=1), 1, atol=1e-5)

    def _labels(self, raw: np.ndarray):
        width = raw.shape[1]
        classes = getattr(self.estimator, "classes_", None)
        if self.method == "predict" or self._is_multilabel or classes is None:
            return range(width)
        if self.method == "decision_function" and width == 1:
            width = 2
        return classes if len(classes) == width else range(width)

    def _all_columns(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._link == "pair":
            return _pair(scores), np.hstack([-scores, scores])
        if self._link == "softmax":
            return _softmax(scores), _log_odds_of_softmax(scores)
        if self._link == "logistic":
            return expit(scores), scores
        if self.method == "predict_proba":
            least = np.finfo(np.float32).eps
            return scores, logit(scores.clip(least, 1 - least))
        is_pair = self.method == "decision_function" and scores.shape[1] == 1
        values = np.hstack([-scores, scores]) if is_pair else scores
        return values, np.full(values.shape, np.nan)


def _choose_method(estimator, method: str) -> str:
    check_choice("response", method, ("auto", *_METHODS))
    if method != "auto":
        if not hasattr(estimator, method):
            raise ValueError(f"{type(estimator).__name__} has no {method}; leave response='auto'")
        return method
    wanted = _METHODS[:2] if is_classifier(estimator) else _METHODS[2:]
    for name in wanted:
        if hasattr(estimator, name):
            return name
    raise ValueError(
        f"{type(estimator).__name__} has neither of {', '.join(wanted)}, so there is nothing to "
        "compare; is it a fitted classifier or regressor?"
    )


def _first_part(estimator):
    """The estimator that reads the sequences, inside of searches, wrappers and pipelines."""
    for name in ("best_estimator_", "estimator_"):
        if hasattr(estimator, name):
            return _first_part(getattr(estimator, name))
    if hasattr(estimator, "calibrated_classifiers_"):
        return _first_part(estimator.calibrated_classifiers_[0].estimator)
    steps = [step for _, step in getattr(estimator, "steps", [])]
    first = next((step for step in steps if step not in (None, "passthrough")), None)
    return estimator if first is None else _first_part(first)


def _reads_codes(part, length: int) -> bool:
    if getattr(part, "input_form_", None) not in ("text", "codes", "channels"):
        return False
    if not hasattr(part, "alphabet") or getattr(part, "length_", length) != length:
        return False
    return get_alphabet(part.alphabet).letters.upper().replace("U", "T") == "ACGT"


def _chance_of_one(task: np.ndarray) -> np.ndarray:
    if task.ndim != 2 or task.shape[1] != 2:
        raise ValueError(
            f"a task has probabilities of shape {task.shape}; several tasks must have two classes"
        )
    return task[:, 1]


def _pair(scores: np.ndarray) -> np.ndarray:
    return np.hstack([expit(-scores), expit(scores)]) if scores.shape[1] == 1 else scores[:, :0]


def _softmax(scores: np.ndarray) -> np.ndarray:
    return softmax(scores, axis=1)


def _log_odds_of_softmax(scores: np.ndarray) -> np.ndarray:
    others = np.repeat(scores[:, np.newaxis], scores.shape[1], axis=1)
    diagonal = np.arange(scores.shape[1])
    others[:, diagonal, diagonal] = -np.inf
    return scores - logsumexp(others, axis=2)
