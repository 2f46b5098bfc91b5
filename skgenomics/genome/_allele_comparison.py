"""Comparison of what an estimator predicts for windows with either allele of a variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from skgenomics._outputs import (
    LabelOutputs,
    Outputs,
    Predictor,
    ProfileOutputs,
    Reduction,
    find_target,
    takes_pairs,
)
from skgenomics._utils.validation import check_choice
from skgenomics.alphabets import get_alphabet
from skgenomics.genome._gene_models import Gene
from skgenomics.genome._other_columns import OtherColumns
from skgenomics.sequences import decode, reverse_complement

_RESPONSES = (
    *("auto", "predict_proba", "decision_function", "predict", "score_samples"),
    "variant_scores",
)
_EFFECTS = ("ref", "alt", "delta", "log_odds")
_DNA = get_alphabet("dna")
_UNKNOWN = _DNA.n_symbols


@dataclass(frozen=True)
class AllelePairs:
    """Pairs of windows that hold the reference and the alternative allele of variants.

    Parameters
    ----------
    ref, alt : ndarray of shape (n_variants, window), uint8
        Codes of the windows, in which alleles begin at ``window // 2``.
    ref_sizes, alt_sizes : ndarray of shape (n_variants,), int
        Lengths of the alleles.
    others : OtherColumns or None, default=None
        Other columns that the estimator reads.
    genes : list of list of Gene or None, default=None
        Genes that each variant lies in.
    positions : ndarray of shape (n_variants,), int, or None, default=None
        Positions of the variants, counted from 1; needed with `genes`.
    """

    ref: np.ndarray
    alt: np.ndarray
    ref_sizes: np.ndarray
    alt_sizes: np.ndarray
    others: OtherColumns | None = None
    genes: list[list[Gene]] | None = None
    positions: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ref)


def compare_alleles(
    estimator, response: str, target, distance: int, masked: bool = False
) -> AlleleComparison:
    """Choose how predictions for two alleles are compared.

    Parameters
    ----------
    estimator : object
        A fitted estimator.
    response : str
        As in :func:`~skgenomics.genome.score_variants`.
    target : object
        Output to look at; None for all.
    distance : int
        Positions on either side of a variant at which labels are compared.
    masked : bool, default=False
        True sets gains at annotated splice sites and losses at others to zero.

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
    predictor = Predictor(estimator, response)
    outputs = predictor.outputs
    # A pair or a function names one number, which is compared as that of any other model.
    is_one = callable(target) or isinstance(target, tuple)
    if isinstance(outputs, LabelOutputs) and not is_one:
        return LabelComparison(predictor, outputs, target, distance, masked)
    is_shape = target in ("total", "profile") and not is_one
    if isinstance(outputs, ProfileOutputs) and not is_one and not is_shape:
        return ProfileComparison(predictor, outputs, target)
    return PredictionComparison(predictor, target)


class AlleleComparison:
    """Base of the comparisons: columns of numbers from pairs of windows."""

    def columns(self) -> list[str]:
        """Return the names of the columns that :meth:`compare` fills."""
        raise NotImplementedError

    def learn(self, pairs: AllelePairs, window: int) -> None:
        """Learn the names of the outputs from the first windows, if need be."""

    def compare(self, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
        """Compare pairs of windows.

        Parameters
        ----------
        pairs : AllelePairs
            The windows.
        both_strands : bool
            True to average over the windows and their reverse complements.

        Returns
        -------
        ndarray of shape (n_variants, n_columns)
        """
        raise NotImplementedError


def predict_pairs(predictor: Predictor, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
    """Return raw outputs, those of alternative alleles behind those of reference alleles.

    Equal windows are predicted once.
    """
    windows = np.concatenate([pairs.ref, pairs.alt])
    if both_strands:
        windows = np.concatenate([windows, reverse_complement(windows)])
    if pairs.others is None:
        first, number = _distinct(windows)
        raw = predictor.of_codes(windows[first], _DNA)[number]
    else:
        others = pairs.others.repeat(4 if both_strands else 2)
        keys = others.keys().astype(np.int64)[:, np.newaxis].view(np.uint8)
        first, number = _distinct(np.hstack([windows, keys]))
        raw = predictor(others.take(first).frame(windows[first], _DNA))[number]
    if not both_strands:
        return raw
    half = len(windows) // 2
    return (raw[:half] + raw[half:]) / 2


def _refuse_strands(both_strands: bool, noun: str) -> None:
    if both_strands:
        raise ValueError(
            f"both_strands=True averages single predictions, but this model predicts a {noun} for "
            "each position of one strand; train it with reverse_complement='average'"
        )


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
        return outputs.columns() if self.target is None else [outputs.select(self.target)]

    def learn(self, pairs: AllelePairs, window: int) -> None:
        if self._reductions is not None:
            return
        if pairs.others is not None:
            if len(pairs):
                frame = pairs.others.frame(pairs.ref, _DNA)
                self._reductions = self._choose(self.predictor.describe(frame))
            return
        probes = pairs.ref if len(pairs) else np.full((1, window), _UNKNOWN, dtype=np.uint8)
        self._reductions = self._choose(self.predictor.describe(decode(probes, _DNA)))

    def columns(self) -> list[str]:
        suffixes = [""]
        if self._reductions is not None and self.target is None:
            suffixes = [_suffix(reduction.name) for reduction in self._reductions]
        return [effect + suffix for suffix in suffixes for effect in _EFFECTS]

    def compare(self, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
        assert self._reductions is not None
        if self.predictor.outputs is not None and self.predictor.outputs.axis is not None:
            _refuse_strands(both_strands, self.predictor.outputs.noun)
        raw, columns = predict_pairs(self.predictor, pairs, both_strands), []
        for reduction in self._reductions:
            before, after = np.split(reduction.predict(raw), 2)
            odds_before, odds_after = np.split(reduction.log_odds(raw), 2)
            columns += [before, after, after - before, odds_after - odds_before]
        return np.stack(columns, axis=1)


class LabelComparison(AlleleComparison):
    """Largest gain and loss of the probability of each label near a variant.

    The probabilities of the alternative allele are aligned to the positions of the reference as in
    OpenSpliceAI: deleted positions have the probability zero, and of inserted positions the largest
    one counts.

    Parameters
    ----------
    predictor : Predictor
        The estimator.
    outputs : LabelOutputs
        Its outputs.
    target : object
        Label to look at; None for all.
    distance : int
        Positions on either side of the variant that are compared.
    masked : bool, default=False
        True sets gains at the annotated splice site nearest to the variant and losses elsewhere to
        zero.
    """

    def __init__(
        self,
        predictor: Predictor,
        outputs: LabelOutputs,
        target,
        distance: int,
        masked: bool = False,
    ):
        self.predictor, self.distance, self.masked = predictor, distance, masked
        self.names = outputs.names
        self.labels = list(range(len(outputs.names)))
        if target is not None:
            self.labels = [find_target(outputs.noun, target, outputs.names)]

    def columns(self) -> list[str]:
        return [
            f"{kind}_{self.names[i]}{change}"
            for i in self.labels
            for kind in ("DS", "DP")
            for change in "GL"
        ]

    def compare(self, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
        _refuse_strands(both_strands, "label")
        raw = predict_pairs(self.predictor, pairs, False)
        nothing = [None] * len(pairs)
        return self._compare(pairs, raw, nothing)

    def compare_genes(self, pairs: AllelePairs) -> tuple[np.ndarray, np.ndarray]:
        """Compare pairs of windows on the strands of the genes of each variant, as SpliceAI does.

        Bases outside of a gene are unknown. Of several genes that of the largest score is kept.

        Parameters
        ----------
        pairs : AllelePairs
            The windows, with genes.

        Returns
        -------
        effects : ndarray of shape (n_variants, n_columns)
            NaN for variants outside of genes.
        names : ndarray of object of shape (n_variants,)
            Names of the genes; None outside of genes.
        """
        assert pairs.genes is not None
        assert pairs.positions is not None
        effects = np.full((len(pairs), len(self.columns())), np.nan)
        names = np.full(len(pairs), None, dtype=object)
        rows = np.repeat(np.arange(len(pairs)), list(map(len, pairs.genes)))
        genes = [gene for found in pairs.genes for gene in found]
        if not genes:
            return effects, names
        within = AllelePairs(
            pairs.ref[rows].copy(),
            pairs.alt[rows].copy(),
            pairs.ref_sizes[rows],
            pairs.alt_sizes[rows],
        )
        reverse = np.array([gene.strand == "-" for gene in genes])
        for i, (row, gene) in enumerate(zip(rows, genes, strict=True)):
            _hide_outside(within, i, gene, int(pairs.positions[row]))
        oriented = AllelePairs(
            np.where(reverse[:, np.newaxis], reverse_complement(within.ref), within.ref),
            np.where(reverse[:, np.newaxis], reverse_complement(within.alt), within.alt),
            within.ref_sizes,
            within.alt_sizes,
        )
        raw = predict_pairs(self.predictor, oriented, False)
        both = np.concatenate([reverse, reverse])
        raw[both] = raw[both][:, :, ::-1]
        nearest = [
            gene.nearest_boundary(int(pairs.positions[row]))
            for row, gene in zip(rows, genes, strict=True)
        ]
        found = self._compare(within, raw, nearest)
        scores = found.reshape(len(found), -1, 4)[:, :, :2].max(axis=(1, 2))
        for i in np.argsort(scores, kind="stable"):
            effects[rows[i]], names[rows[i]] = found[i], genes[i].name
        return effects, names

    def _compare(self, pairs: AllelePairs, raw: np.ndarray, nearest: Sequence) -> np.ndarray:
        before, after = np.split(softmax(raw, axis=1), 2)
        window, n_positions = pairs.ref.shape[1], before.shape[2]
        # Position of the first base of the alleles among those that have a label.
        center = window // 2 - (window - n_positions) // 2
        near = np.arange(
            max(0, center - self.distance), min(n_positions, center + self.distance + 1)
        )
        found = np.empty((len(pairs), len(self.columns())))
        for row, sizes in enumerate(zip(pairs.ref_sizes, pairs.alt_sizes, strict=True)):
            aligned = align_outputs(after[row], center, *map(int, sizes))
            change = (aligned - before[row])[:, near]
            site = nearest[row] if self.masked else None
            for j, label in enumerate(self.labels):
                found[row, 4 * j : 4 * j + 4] = _largest_changes(change[label], near - center, site)
        return found


def _hide_outside(pairs: AllelePairs, i: int, gene: Gene, pos: int) -> None:
    """Make bases outside of a gene unknown in both windows of a pair."""
    center = pairs.ref.shape[1] // 2
    n_left = pos - 1 - gene.start
    n_right = gene.end - (pos - 1) - int(pairs.ref_sizes[i])
    for windows, sizes in ((pairs.ref, pairs.ref_sizes), (pairs.alt, pairs.alt_sizes)):
        windows[i, : max(0, center - n_left)] = _UNKNOWN
        windows[i, max(0, center + int(sizes[i]) + n_right) :] = _UNKNOWN


def align_outputs(alt: np.ndarray, center: int, ref_size: int, alt_size: int) -> np.ndarray:
    """Align outputs for an alternative allele to the positions of the reference.

    Parameters
    ----------
    alt : ndarray of shape (n_outputs, n_positions)
        Probabilities at the positions of the window with the alternative allele.
    center : int
        Position of the first base of both alleles.
    ref_size, alt_size : int
        Lengths of the alleles.

    Returns
    -------
    ndarray of shape (n_outputs, n_positions)
        Zero at deleted positions, NaN where the window with the alternative allele ends before.
    """
    n_positions = alt.shape[1]
    aligned = np.full(alt.shape, np.nan)
    aligned[:, :center] = alt[:, :center]
    shared = min(ref_size, alt_size)
    end = min(center + shared, n_positions)
    aligned[:, center:end] = alt[:, center:end]
    if alt_size > ref_size:
        inserted = alt[:, center + shared - 1 : center + alt_size]
        aligned[:, end - 1] = inserted.max(axis=1)
    else:
        aligned[:, end : center + ref_size] = 0
    behind_ref = np.arange(center + ref_size, n_positions)
    behind_alt = behind_ref - ref_size + alt_size
    there = behind_alt < n_positions
    aligned[:, behind_ref[there]] = alt[:, behind_alt[there]]
    return aligned


def _largest_changes(change: np.ndarray, positions: np.ndarray, site: int | None = None) -> tuple:
    """Return the largest gain and loss, and their positions relative to the variant.

    With the position of an annotated splice site, a gain there and a loss elsewhere are masked.
    """
    change = np.nan_to_num(change)
    gain, loss = change.argmax(), change.argmin()
    # No gain is a gain of zero, as in SpliceAI.
    scores = [max(0.0, change[gain]), max(0.0, -change[loss])]
    if site is not None:
        scores[0] *= positions[gain] != site
        scores[1] *= positions[loss] == site
    return (*scores, positions[gain], positions[loss])


class ProfileComparison(AlleleComparison):
    """Totals of both alleles, their log2 fold change, and the distance between the shapes.

    Parameters
    ----------
    predictor : Predictor
        The estimator.
    outputs : ProfileOutputs
        Its outputs.
    target : object
        Track to look at; None for all.
    """

    def __init__(self, predictor: Predictor, outputs: ProfileOutputs, target):
        self.predictor, self.outputs = predictor, outputs
        self.tracks = list(range(len(outputs.names)))
        is_one = target is not None or len(self.tracks) == 1
        if target is not None:
            self.tracks = [
                find_target(outputs.noun, target, outputs.names, extra="'total', 'profile'")
            ]
        self.suffixes = [""] if is_one else [f"_{name}" for name in outputs.names]

    def columns(self) -> list[str]:
        effects = ("ref", "alt", "log2_fold_change", "js_distance")
        return [effect + suffix for suffix in self.suffixes for effect in effects]

    def compare(self, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
        _refuse_strands(both_strands, "signal")
        raw = predict_pairs(self.predictor, pairs, False)
        signals = self.outputs.stack(raw)[:, self.tracks]
        before, after = np.split(signals, 2)
        totals = before.sum(axis=2), after.sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log2(totals[1] / totals[0])
            # Shapes are of signals that are not negative.
            distance = jensenshannon(before.clip(min=0), after.clip(min=0), base=2, axis=2)
        columns = np.stack([*totals, change, np.nan_to_num(distance)], axis=2)
        return columns.reshape(len(pairs), -1)


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

    def compare(self, pairs: AllelePairs, both_strands: bool) -> np.ndarray:
        before, after = self._score(pairs.ref, pairs.alt)
        if both_strands:
            reverse = self._score(*map(reverse_complement, (pairs.ref, pairs.alt)))
            before, after = (before + reverse[0]) / 2, (after + reverse[1]) / 2
        return np.stack([before, after, after - before, np.full(len(pairs), np.nan)], axis=1)

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
