"""Rejection sampling of matching loci."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics.negatives._genome_line import GenomeLine, TakenRegions

# Factors by which tolerances are widened in turn for intervals that are hard to match.
_WIDENINGS = (1, 2, 4, 8)
# A candidate that overlaps another one of its round uses up the tries of that round.
_TRIES_PER_ROUND, _CANDIDATES_PER_ROUND = 64, 2**17
_ROUNDING = 1e-9
# Partners per interval from which the dinucleotide score is learned.
_N_REFERENCES = 4


class Drawer:
    """Rejection sampler, which draws random loci until they match.

    Parameters
    ----------
    line : GenomeLine
        Genome that loci are drawn from.
    taken : TakenRegions
        Regions to avoid.
    loci : DataFrame
        Intervals, in concatenated coordinates, that partners are drawn for.
    minus : ndarray of shape (n_intervals,), bool
        True for intervals on the reverse strand.
    tolerances : dict of str to float
        Maximum differences of "gc", "repeats" and "dinucleotides".
    max_unknown : float
        Maximum fraction of unknown bases.
    same_chromosome : bool
        When True, partners are on the chromosome of their interval.
    """

    def __init__(
        self,
        line: GenomeLine,
        taken: TakenRegions,
        loci: pd.DataFrame,
        minus: np.ndarray,
        tolerances: dict[str, float],
        max_unknown: float,
        same_chromosome: bool,
    ):
        self._line, self._taken, self._loci, self._minus = line, taken, loci, minus
        self._lengths = loci["length"].to_numpy()
        self._wanted = line.composition(loci["start"].to_numpy(), loci["end"].to_numpy())
        self._tolerances, self._max_unknown = tolerances, max_unknown
        self._scorer: Pipeline | None = None
        # The range of the line from which the start of each partner is drawn.
        self._lows = np.zeros_like(self._lengths)
        self._highs = np.full_like(self._lengths, line.total)
        if same_chromosome:
            self._lows = line.offsets[loci["chromosome"]]
            last = self._lows + line.sizes[loci["chromosome"]] - self._lengths
            self._highs = np.maximum(last, self._lows) + 1

    def learn_score(self, max_tries: int, random: np.random.RandomState) -> None:
        """Learn to tell the intervals from other partners by dinucleotides; then match that."""
        slots = np.repeat(np.arange(len(self._lengths)), _N_REFERENCES)
        starts, widened = self.draw(slots, max_tries, random, apart=False)
        starts, slots = starts[widened > 0], slots[widened > 0]
        if not len(slots):
            return
        own = self._line.dinucleotides(
            self._loci["start"].to_numpy(), self._loci["end"].to_numpy(), self._minus
        )
        others = self._dinucleotides(slots, starts)
        scorer = make_pipeline(
            StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000)
        ).fit(np.vstack([own, others]), np.repeat([1, 0], [len(own), len(others)]))
        self._scorer = scorer
        self._wanted["dinucleotides"] = scorer.decision_function(own)

    def draw(
        self, slots: np.ndarray, max_tries: int, random: np.random.RandomState, *, apart: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Start on the line of a partner for each slot, and its widening; 0 where none is found."""
        starts, widened = np.zeros((2, len(slots)), dtype=np.int64)
        for widening in _WIDENINGS if self._tolerances else (1,):
            n_tries = 0
            while n_tries < max_tries and (open_ones := np.flatnonzero(widened == 0)).size:
                n_now = min(_TRIES_PER_ROUND, -(-_CANDIDATES_PER_ROUND // len(open_ones)))
                n_now = min(n_now, max_tries - n_tries)
                n_tries += n_now
                found, candidates = self._try(slots[open_ones], n_now, widening, random)
                if apart:
                    found, candidates = self._take(slots[open_ones], found, candidates)
                starts[open_ones[found]] = candidates
                widened[open_ones[found]] = widening
        return starts, widened

    def _try(
        self, rows: np.ndarray, n_tries: int, widening: int, random: np.random.RandomState
    ) -> tuple[np.ndarray, np.ndarray]:
        """Try to find a partner for each interval; return a mask of successes and the starts."""
        lows, spans = self._lows[rows], self._highs[rows] - self._lows[rows]
        draws = random.random_sample((len(rows), n_tries))
        candidates = lows[:, np.newaxis] + (draws * spans[:, np.newaxis]).astype(np.int64)
        fits = self._fit(np.repeat(rows, n_tries), candidates.ravel(), widening)
        fits = fits.reshape(candidates.shape)
        found = np.flatnonzero(fits.any(axis=1))
        starts = candidates[found, fits[found].argmax(axis=1)]
        return found, starts

    def _take(
        self, rows: np.ndarray, found: np.ndarray, starts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take the loci that do not overlap each other."""
        ends = starts + self._lengths[rows[found]]
        apart = _keep_apart(starts, ends)
        self._taken.add(starts[apart], ends[apart])
        return found[apart], starts[apart]

    def _fit(self, rows: np.ndarray, starts: np.ndarray, widening: int) -> np.ndarray:
        ends = starts + self._lengths[rows]
        chromosomes = self._line.chromosome_at(starts)
        fits = ends <= self._line.offsets[chromosomes] + self._line.sizes[chromosomes]
        fits &= ~self._taken.overlap(starts, ends)
        # Composition is computed only for candidates that can still be accepted.
        candidates = np.flatnonzero(fits)
        fractions = self._line.composition(starts[candidates], ends[candidates])
        matches = (fractions["unknown"] <= self._max_unknown).to_numpy()
        for name in fractions.columns.intersection(list(self._tolerances)):
            near = self._are_near(name, rows[candidates], fractions[name].to_numpy(), widening)
            matches = matches & near
        fits[candidates] = matches
        candidates = candidates[matches]
        if self._scorer is not None and len(candidates):
            pairs = self._dinucleotides(rows[candidates], starts[candidates])
            scores = self._scorer.decision_function(pairs)
            fits[candidates] = self._are_near("dinucleotides", rows[candidates], scores, widening)
        return fits

    def _are_near(
        self, name: str, rows: np.ndarray, values: np.ndarray, widening: int
    ) -> np.ndarray:
        difference = np.abs(values - self._wanted[name].to_numpy()[rows])
        return difference <= widening * self._tolerances[name] + _ROUNDING

    def _dinucleotides(self, rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
        return self._line.dinucleotides(starts, starts + self._lengths[rows], self._minus[rows])


def _keep_apart(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Select the intervals that begin after all earlier ones have ended."""
    order = np.argsort(starts, kind="stable")
    latest = np.maximum.accumulate(ends[order])
    return np.sort(order[np.append(True, starts[order][1:] >= latest[:-1])[: len(order)]])
