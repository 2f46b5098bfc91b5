"""What an estimator says about sequences: probabilities with their log-odds, or numbers."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, logsumexp, softmax
from sklearn.base import is_classifier

from skgenomics._utils.pipelines import first_step
from skgenomics._utils.validation import check_choice
from skgenomics.alphabets import Alphabet, get_alphabet
from skgenomics.sequences import decode

_METHODS = ("predict_proba", "decision_function", "predict", "score_samples")
# What compares two alleles by itself, and gives nothing for a sequence alone.
_OF_PAIRS = "variant_scores"
_MAX_TO_COMPARE = 64


class Response:
    """Numbers that an estimator gives for sequences, column by column.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor that takes text.
    method : str, default="auto"
        "auto", "predict_proba", "decision_function", "predict" or "score_samples"; or
        "variant_scores" for pairs of sequences.
    target : object, optional
        Class or task to look at; all of them if None, and the second of two classes.
    alphabet : str or Alphabet, default="ACGT"
        What codes stand for.

    Attributes
    ----------
    names : list
        Names of the columns, known after `learn`; [None] for a single one.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics import KmerCounter
    >>> from skgenomics._outputs import Response
    >>> from skgenomics.sequences import encode
    >>> model = make_pipeline(KmerCounter(k=1), LogisticRegression())
    >>> response = Response(model.fit(["AAC", "CCA", "GGT", "TTG"], [0, 0, 1, 1]))
    >>> codes = encode(["AAA", "GGG"])
    >>> response.learn(codes)
    >>> chances, log_odds = response.finish(response.scores(codes))
    >>> chances.round(1).tolist(), log_odds.round(1).tolist()
    ([[0.2], [0.8]], [[-1.6], [1.6]])
    """

    def __init__(
        self,
        estimator,
        method: str = "auto",
        target=None,
        *,
        alphabet: str | Alphabet = "ACGT",
    ):
        if hasattr(first_step(estimator), "fasta"):
            raise ValueError(
                f"{type(estimator).__name__} reads intervals, but this needs what reads the "
                "sequences: give the steps behind its IntervalEncoder, such as pipeline[1:]"
            )
        self.estimator = estimator
        self.alphabet = get_alphabet(alphabet)
        self.method = _choose_method(estimator, method)
        self.target = target
        self.names: list | None = None

    def learn(self, codes: np.ndarray) -> None:
        """Learn from a few sequences which columns there are, and how they follow from scores."""
        if self.takes_pairs:
            self._learn_pairs()
            return
        X = self._input(codes[:_MAX_TO_COMPARE])
        given = getattr(self.estimator, self.method)(X)
        raw = self._as_rows(given)
        self._link = self._find_link(X, raw) if self.method == "predict_proba" else None
        self._is_multilabel = isinstance(given, list) or self._has_tasks(raw)
        labels = self._labels(raw)
        if self.target is None:
            is_pair = len(labels) == 2 and not self._gives_numbers and not self._is_multilabel
            self._columns = [1] if is_pair else list(range(len(labels)))
            self.names = [None] if len(self._columns) == 1 else list(labels)
            return
        wanted = (self.target, str(self.target))
        found = [i for i, label in enumerate(labels) if label in wanted or str(label) in wanted]
        if not found:
            raise ValueError(f"target={self.target!r} is none of {', '.join(map(str, labels))}")
        self._columns, self.names = found[:1], [None]

    @property
    def takes_pairs(self) -> bool:
        """Whether sequences are compared in pairs, by `pair_scores`."""
        return self.method == _OF_PAIRS

    @property
    def _gives_numbers(self) -> bool:
        return self.method in ("predict", "score_samples")

    def _learn_pairs(self) -> None:
        if self.target is not None:
            raise ValueError(
                f"target={self.target!r}, but {type(self.estimator).__name__} has neither classes "
                "nor targets; leave it None"
            )
        self._link, self._columns, self.names = None, [0], [None]

    def pair_scores(self, ref: np.ndarray, alt: np.ndarray) -> np.ndarray:
        """Scores of the first of each pair and, below them, of the second: shape (2 n, 1)."""
        found = self.estimator.variant_scores(*(decode(x, self.alphabet) for x in (ref, alt)))
        return np.concatenate(found)[:, np.newaxis]

    def scores(self, codes: np.ndarray) -> np.ndarray:
        """What may be averaged over strands, shape (n, n_scores): log-odds, if there are any."""
        return self._call("decision_function" if self._link else self.method, self._input(codes))

    def finish(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and log-odds, both of shape (n, n_columns); NaN where odds make no sense."""
        scores = scores.astype(float)
        values, log_odds = self._all_columns(scores)
        return values[:, self._columns], log_odds[:, self._columns]

    def _input(self, codes: np.ndarray):
        """Codes for our own estimators, which read them as text; text for all others."""
        # Rows of the first two letters alone could be taken for one-hot.
        if codes.max() > 1 and _reads_codes(self.estimator, codes.shape[1], self.alphabet):
            return codes
        return decode(codes, self.alphabet)

    def _call(self, method: str, X) -> np.ndarray:
        return self._as_rows(getattr(self.estimator, method)(X))

    def _as_rows(self, raw) -> np.ndarray:
        if isinstance(raw, list):
            # One array per task; scikit-learn's trees and MultiOutputClassifier do so.
            raw = np.column_stack([_chance_of_one(task) for task in raw])
        raw = np.asarray(raw)
        if raw.dtype.kind not in "biuf" or raw.ndim > 2:
            raise ValueError(
                f"{type(self.estimator).__name__} gives {raw.dtype} of shape {raw.shape} for "
                f"{len(raw)} sequences, but this needs one number or a row of numbers each"
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
        if self._gives_numbers:
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
        if self._gives_numbers or self._is_multilabel or classes is None:
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
    check_choice("response", method, ("auto", *_METHODS, _OF_PAIRS))
    if not any(hasattr(estimator, name) for name in (*_METHODS, _OF_PAIRS)):
        raise ValueError(
            f"{type(estimator).__name__} has no predict; give a fitted classifier or regressor, or "
            "a pipeline that ends in one"
        )
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


def _reads_codes(estimator, length: int, alphabet: Alphabet) -> bool:
    part = first_step(estimator)
    if getattr(part, "input_form_", None) not in ("text", "codes", "channels"):
        return False
    if not hasattr(part, "alphabet") or getattr(part, "length_", length) != length:
        return False
    own, given = (get_alphabet(a).symbols.upper() for a in (part.alphabet, alphabet))
    return own.replace("U", "T") == given.replace("U", "T")


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
