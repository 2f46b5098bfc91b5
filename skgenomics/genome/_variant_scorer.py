"""Scoring variants batch by batch, and counting what users have to know about them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from skgenomics.genome._responses import Response
from skgenomics.genome._variant_windows import (
    NOT_SCORED,
    VariantWindows,
    cut_windows,
    is_same,
    reference_letters,
)
from skgenomics.genome.fasta import Genome
from skgenomics.sequences import reverse_complement

_COLUMNS = ["chrom", "pos", "id", "ref_allele", "alt_allele", "kind"]
_EFFECTS = ["ref", "alt", "delta", "log_odds"]
_FEWEST_TO_JUDGE = 20


class VariantScorer:
    """Scores batches of variants, and counts what is to be told in the end."""

    def __init__(
        self,
        genome: Genome,
        response: Response,
        *,
        window: int,
        both_strands: bool,
        max_mismatch_rate: float,
    ):
        self.genome = genome
        self.response = response
        self.window = window
        self.both_strands = both_strands
        self.max_mismatch_rate = max_mismatch_rate
        self.counts = dict.fromkeys(
            ("n_variants", "n_ref_mismatches", "n_not_scored", "n_past_ends", "n_cut"), 0
        )

    @property
    def columns(self) -> list[str]:
        """Columns of the table."""
        names = self.response.names or [None]
        effects = [_name(effect, name) for name in names for effect in _EFFECTS]
        return [*_COLUMNS, *effects, "ref_match"]

    def score(self, variants: pd.DataFrame, source: str) -> pd.DataFrame:
        """The table of a batch."""
        chroms = self._resolve(variants, source)
        windows = cut_windows(self.genome, chroms, variants, self.window)
        has_alt = ~variants["kind"].isin(NOT_SCORED).to_numpy()
        self._count(windows, has_alt)
        self._check_mismatches(chroms, variants, windows, source)
        table = variants[["chrom", "pos", "id"]].copy()
        table["ref_allele"], table["alt_allele"] = variants["ref"], variants["alt"]
        table["kind"] = variants["kind"]
        table = table.assign(**self._effects(windows, has_alt))
        return table.assign(ref_match=windows.ref_match)

    def warn(self) -> None:
        """Tell what a user might not expect."""
        counts, n = self.counts, self.counts["n_variants"]
        facts = {
            "n_ref_mismatches": "have a reference allele that the genome does not have there "
            "(ref_match is False); the predictions are for the alleles of the file",
            "n_not_scored": "have no alternative sequence (symbolic or missing, see the column "
            "kind), and NaN for predictions",
            "n_past_ends": f"have a window of {self.window} letters that goes past an end of "
            "the chromosome, where N is put",
            "n_cut": f"have an allele longer than the {self.window - self.window // 2} letters "
            "that the window has for it; what is longer is cut, a larger window shows more",
        }
        for name, fact in facts.items():
            if counts[name]:
                warnings.warn(f"{counts[name]:,} of {n:,} variants {fact}", stacklevel=3)

    def _resolve(self, variants: pd.DataFrame, source: str) -> np.ndarray:
        numbers, names = pd.factorize(variants["chrom"].to_numpy(object))
        found = []
        for i, name in enumerate(names):
            try:
                found.append(self.genome.resolve(name))
            except ValueError as error:
                line = variants["line"].iloc[(numbers == i).argmax()]
                raise ValueError(f"{source} {line}: {error}") from None
        return np.array(found, dtype=object)[numbers]

    def _count(self, windows: VariantWindows, has_alt: np.ndarray) -> None:
        self.counts["n_variants"] += len(has_alt)
        self.counts["n_ref_mismatches"] += int((~windows.ref_match).sum())
        self.counts["n_not_scored"] += int((~has_alt).sum())
        self.counts["n_past_ends"] += int((windows.reaches_out & has_alt).sum())
        self.counts["n_cut"] += int(windows.is_cut.sum())

    def _check_mismatches(self, chroms, variants, windows: VariantWindows, source: str) -> None:
        n, wrong = self.counts["n_variants"], self.counts["n_ref_mismatches"]
        if n < _FEWEST_TO_JUDGE or wrong <= self.max_mismatch_rate * n:
            return
        row = int(windows.ref_match.argmin())
        chrom, pos, _, ref = variants.iloc[row][["chrom", "pos", "id", "ref"]]
        letters = reference_letters(
            self.genome, chroms[[row]], np.array([pos - 1]), np.array([ref], dtype=object)
        )
        raise ValueError(
            f"{wrong:,} of the first {n:,} variants have a reference allele that the genome does "
            f"not have there: {source} {variants['line'].iloc[row]} has {ref[:20]!r} at "
            f"{chrom}:{pos}, {self.genome.path} {letters[0][:20]!r}. "
            f"{_explain(self.genome, chroms, variants)} "
            "Set max_mismatch_rate=1 to go on all the same"
        )

    def _effects(self, windows: VariantWindows, has_alt: np.ndarray) -> dict[str, np.ndarray]:
        if self.response.names is None:
            self.response.learn(windows.ref)
        names = self.response.names
        shape = len(has_alt), len(names)
        effects = {effect: np.full(shape, np.nan) for effect in _EFFECTS}
        if has_alt.any():
            both = np.concatenate([windows.ref[has_alt], windows.alt[has_alt]])
            values, log_odds = self.response.finish(self._scores(both))
            ref, alt = np.split(values, 2)
            before, after = np.split(log_odds, 2)
            found = zip(_EFFECTS, (ref, alt, alt - ref, after - before), strict=True)
            for effect, numbers in found:
                effects[effect][has_alt] = numbers
        return {
            _name(effect, name): effects[effect][:, i]
            for i, name in enumerate(names)
            for effect in _EFFECTS
        }

    def _scores(self, windows: np.ndarray) -> np.ndarray:
        """Scores of windows, of which equal ones are predicted once."""
        if self.both_strands:
            windows = np.concatenate([windows, reverse_complement(windows)])
        first, number = _distinct(windows)
        scores = self.response.scores(windows[first])[number]
        if not self.both_strands:
            return scores
        half = len(windows) // 2
        return (scores[:half].astype(float) + scores[half:]) / 2


def _distinct(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row of each distinct one, and which distinct one each row is."""
    numbers: dict[bytes, int] = {}
    number = np.fromiter(
        (numbers.setdefault(row.tobytes(), len(numbers)) for row in windows),
        dtype=np.int64,
        count=len(windows),
    )
    # Numbers are given in the order of the rows, so a new one is greater than all before.
    is_first = np.diff(np.maximum.accumulate(number), prepend=-1) > 0
    return np.flatnonzero(is_first), number


def _explain(genome: Genome, chroms: np.ndarray, variants: pd.DataFrame) -> str:
    """What positions or alleles seem to be, if all but a few would match then."""
    starts, refs = variants["pos"].to_numpy() - 1, variants["ref"].to_numpy(object)
    is_snv = (variants["kind"] == "snv").to_numpy()
    alts = np.where(is_snv, variants["alt"].to_numpy(object), refs)
    ways = {
        "The positions seem to be counted from 0, but must be counted from 1.": (1, refs),
        "The positions seem to be one too high.": (-1, refs),
        "Reference and alternative alleles seem to be exchanged.": (0, alts),
        "The alleles seem to be those of the other strand.": (
            0,
            np.array(reverse_complement(refs), dtype=object),
        ),
    }
    for reason, (shift, expected) in ways.items():
        letters = reference_letters(genome, chroms, starts + shift, expected)
        if is_same(letters, expected).mean() > 0.9:
            return reason
    return "Is it another assembly of the genome?"


def _name(effect: str, name) -> str:
    return effect if name is None else f"{effect}_{name}"
