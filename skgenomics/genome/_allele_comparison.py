"""Comparison of what an estimator predicts for windows with either allele of a variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgenomics._outputs import Outputs, Predictor, Reduction, takes_pairs
from skgenomics._utils.validation import check_choice
from skgenomics.alphabets import get_alphabet
from skgenomics.sequences import decode, reverse_complement

_RESPONSES = (
    *("auto", "predict_proba", "decision_function", "predict", "score_samples"),
    "variant_scores",
)
_EFFECTS = ("ref", "alt", "delta", "log_odds")
_DNA = get_alphabet("dna")
_UNKNOWN = _DNA.n_symbols


def compare_alleles(estimator, response: str, target) -> AlleleComparison:
    """Choose how predictions for two alleles are compared.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    response : str
        As in :func:`~skgenomics.genome.score_variants`.
    target : object
        Output to look at; None for all.

    Returns
    -------
    AlleleComparison

    Raises
    ------
    ValueError
        If the estimator has no such response or target.
    """
    check_choice("response", response, _RESPONSES)
    if response == "variant_scores" or (response == "auto" and takes_pairs(estimator)):
        return PairComparison(estimator, target)
    return PredictionComparison(Predictor(estimator, response), target)


class AlleleComparison:
    """Base of the comparisons: columns of numbers from pairs of windows."""

    def columns(self) -> list[str]:
        """Return the names of the columns that :meth:`compare` fills."""
        raise NotImplementedError

    def learn(self, ref: np.ndarray, window: int) -> None:
        """Learn the names of the outputs from the first windows, if need be."""

    def compare(self, ref: np.ndarray, alt: np.ndarray, both_strands: bool) -> np.ndarray:
        """Compare pairs of windows.

        Parameters
        ----------
        ref, alt : ndarray of shape (n_variants, window), uint8
            Codes of windows with the reference and with the alternative allele.
        both_strands : bool
            True to average over the windows and their reverse complements.

        Returns
        -------
        ndarray of shape (n_variants, n_columns)
        """
        raise NotImplementedError


class PredictionComparison(AlleleComparison):
    """Predictions for both alleles, their difference, and that of their log-odds.

    Parameters
    ----------
    predictor : Predictor
        The estimator.
    target : object
        Output to look at; None for all.
    """

    def __init__(self, predictor: Predictor, target):
        self.predictor, self.target = predictor, target
        self._reductions: list[Reduction] | None = None
        if predictor.outputs is not None:
            self._reductions = self._choose(predictor.outputs)

    def _choose(self, outputs: Outputs) -> list[Reduction]:
        if outputs.axis == "position" and not callable(self.target):
            raise ValueError(
                f"{type(self.predictor.estimator).__name__} predicts a {outputs.noun} for each "
                "position, which has no single effect"
            )
        return outputs.columns() if self.target is None else [outputs.select(self.target)]

    def learn(self, ref: np.ndarray, window: int) -> None:
        if self._reductions is None:
            probes = ref if len(ref) else np.full((1, window), _UNKNOWN, dtype=np.uint8)
            self._reductions = self._choose(self.predictor.describe(decode(probes, _DNA)))

    def columns(self) -> list[str]:
        suffixes = [""]
        if self._reductions is not None and self.target is None:
            suffixes = [_suffix(reduction.name) for reduction in self._reductions]
        return [effect + suffix for suffix in suffixes for effect in _EFFECTS]

    def compare(self, ref: np.ndarray, alt: np.ndarray, both_strands: bool) -> np.ndarray:
        raw, columns = self._predict(ref, alt, both_strands), []
        for reduction in self._reductions or ():
            before, after = np.split(reduction.predict(raw), 2)
            odds_before, odds_after = np.split(reduction.log_odds(raw), 2)
            columns += [before, after, after - before, odds_after - odds_before]
        return np.stack(columns, axis=1)

    def _predict(self, ref: np.ndarray, alt: np.ndarray, both_strands: bool) -> np.ndarray:
        """Return raw outputs, those of `alt` behind those of `ref`.

        Equal windows are predicted once.
        """
        windows = np.concatenate([ref, alt])
        if both_strands:
            windows = np.concatenate([windows, reverse_complement(windows)])
        first, number = _distinct(windows)
        raw = self.predictor.of_codes(windows[first], _DNA)[number]
        if not both_strands:
            return raw
        half = len(windows) // 2
        return (raw[:half] + raw[half:]) / 2


class PairComparison(AlleleComparison):
    """Log-probabilities of both alleles by a language model, which compares pairs of windows."""

    def __init__(self, estimator, target):
        if not takes_pairs(estimator):
            raise ValueError(
                f"{type(estimator).__name__} has no variant_scores; leave response='auto'"
            )
        if target is not None:
            raise ValueError(
                f"target={target!r}, but {type(estimator).__name__} has neither classes nor "
                "targets; leave it None"
            )
        self.estimator = estimator

    def columns(self) -> list[str]:
        return list(_EFFECTS)

    def compare(self, ref: np.ndarray, alt: np.ndarray, both_strands: bool) -> np.ndarray:
        before, after = self._score(ref, alt)
        if both_strands:
            turned = self._score(*map(reverse_complement, (ref, alt)))
            before, after = (before + turned[0]) / 2, (after + turned[1]) / 2
        return np.stack([before, after, after - before, np.full(len(ref), np.nan)], axis=1)

    def _score(self, ref: np.ndarray, alt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores = self.estimator.variant_scores(*(decode(x, _DNA) for x in (ref, alt)))
        before, after = (np.asarray(x, dtype=np.float64) for x in scores)
        return before, after


def _suffix(name) -> str:
    """Return the end of the names of the columns of an output."""
    if name is None:
        return ""
    parts: Sequence = name if isinstance(name, tuple) else (name,)
    return "".join(f"_{part}" for part in parts)


def _distinct(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of each distinct window, and which distinct window each one is."""
    numbers: dict[bytes, int] = {}
    number = np.fromiter(
        (numbers.setdefault(row.tobytes(), len(numbers)) for row in windows),
        dtype=np.int64,
        count=len(windows),
    )
    # Numbers are given in order of appearance, so a new one exceeds all before.
    is_first = np.diff(np.maximum.accumulate(number), prepend=-1) > 0
    return np.flatnonzero(is_first), number
