"""Scores of variants batch by batch, and counts of what users are warned about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skgenomics._utils.validation import warn_user
from skgenomics.genome._allele_comparison import (
    AlleleComparison,
    AllelePairs,
    LabelComparison,
)
from skgenomics.genome._gene_models import GeneModels
from skgenomics.genome._other_columns import OtherColumns
from skgenomics.genome._variant_windows import (
    NOT_SCORED,
    VariantWindows,
    cut_windows,
    is_same,
    reference_symbols,
)
from skgenomics.genome.reference_genome import Genome
from skgenomics.sequences import reverse_complement

_COLUMNS = ["chrom", "pos", "id", "ref_allele", "alt_allele", "kind"]
_MIN_TO_JUDGE = 20
_MAX_NAMES = 5


class VariantScorer:
    """Scorer of batches of variants that counts what users are warned about.

    Parameters
    ----------
    genome : Genome
        The reference genome.
    comparison : AlleleComparison
        Comparison of the predictions for both alleles.
    window : int
        Length of the predicted sequences.
    both_strands : bool
        True averages predictions over both strands.
    max_mismatch_rate : float
        Fraction of reference alleles that may differ from the genome.
    others : OtherColumns or None, default=None
        Other columns that the estimator reads.
    genes : GeneModels or None, default=None
        Genes on whose strands labels are compared.

    Attributes
    ----------
    counts : dict of str to int
        Numbers of variants of each kind so far.
    """

    def __init__(
        self,
        genome: Genome,
        comparison: AlleleComparison,
        *,
        window: int,
        both_strands: bool,
        max_mismatch_rate: float,
        others: OtherColumns | None = None,
        genes: GeneModels | None = None,
    ):
        self.genome = genome
        self.comparison = comparison
        self.window = window
        self.both_strands = both_strands
        self.max_mismatch_rate = max_mismatch_rate
        self.others, self.genes = others, genes
        self.counts = dict.fromkeys(
            (
                *("n_variants", "n_unknown_chromosomes", "n_ref_mismatches", "n_not_scored"),
                *("n_past_ends", "n_cut"),
            ),
            0,
        )
        # The name in the genome of each chromosome, None for those that it lacks.
        self._names: dict[str, str | None] = {}
        self._first_unknown = ""

    @property
    def columns(self) -> list[str]:
        """Columns of the table."""
        gene = ["gene"] if self.genes is not None else []
        return [*_COLUMNS, *gene, *self.comparison.columns(), "ref_match"]

    def score(self, variants: pd.DataFrame, source: str) -> pd.DataFrame:
        """Return the table of a batch of variants."""
        chroms = self._resolve(variants, source)
        is_known = ~pd.isna(chroms)
        is_scored = is_known & ~variants["kind"].isin(NOT_SCORED).to_numpy()
        self.counts["n_variants"] += len(variants)
        self.counts["n_unknown_chromosomes"] += int((~is_known).sum())
        self.counts["n_not_scored"] += int((~is_scored).sum())
        self.check_chromosomes(_MIN_TO_JUDGE)
        ref_match = np.zeros(len(variants), dtype=bool)
        nothing, none = np.empty((0, self.window), dtype=np.uint8), np.empty(0, dtype=int)
        pairs = AllelePairs(nothing, nothing, none, none)
        if is_known.any():
            chroms, known, has_alt = chroms[is_known], variants[is_known], is_scored[is_known]
            windows = cut_windows(self.genome, chroms, known, self.window)
            self._count(windows, has_alt)
            self._check_mismatches(chroms, known, windows, source)
            ref_match[is_known] = windows.ref_match
            ref_sizes, alt_sizes = (
                known[name][has_alt].str.len().to_numpy(int) for name in ("ref", "alt")
            )
            others = None
            if self.others is not None:
                others = self.others.take(known["line"].to_numpy()[has_alt])
            positions = known["pos"].to_numpy()[has_alt]
            genes = None
            if self.genes is not None:
                found_at = zip(chroms[has_alt], positions.tolist(), strict=True)
                genes = [self.genes.find(chrom, pos) for chrom, pos in found_at]
            pairs = AllelePairs(
                windows.ref[has_alt],
                windows.alt[has_alt],
                ref_sizes,
                alt_sizes,
                others,
                genes,
                positions,
            )
        table = variants[["chrom", "pos", "id"]].copy()
        table["ref_allele"], table["alt_allele"] = variants["ref"], variants["alt"]
        table["kind"] = variants["kind"]
        table = table.assign(**self._effects(pairs, is_scored))
        return table.assign(ref_match=ref_match)

    def check_chromosomes(self, minimum: int = 1) -> None:
        """Raise a ValueError if none of a minimum number of variants is on a known chromosome."""
        n = self.counts["n_variants"]
        if n >= minimum and n == self.counts["n_unknown_chromosomes"]:
            raise ValueError(
                f"none of the first {n:,} variants is on a chromosome of the genome: "
                f"{self._first_unknown}"
            )

    def warn(self) -> None:
        """Warn about variants that a user might not expect."""
        n, n_unknown = self.counts["n_variants"], self.counts["n_unknown_chromosomes"]
        counts = self.counts | {"n_no_alt": self.counts["n_not_scored"] - n_unknown}
        facts = {
            "n_unknown_chromosomes": "are on chromosomes that the genome lacks "
            f"({self._unknown_names()}), and have NaN for predictions",
            "n_ref_mismatches": "have a reference allele that the genome does not have there "
            "(ref_match is False); the predictions are for the alleles of the file",
            "n_no_alt": "have no alternative sequence (symbolic or missing, see the column "
            "kind), and NaN for predictions",
            "n_past_ends": f"have a window of {self.window} bp that extends past an end of "
            "the chromosome, where it is filled with N",
            "n_cut": f"have an allele longer than the {self.window - self.window // 2} bp that "
            "the window has for it, and are cut; choose a larger window",
        }
        for name, fact in facts.items():
            if counts[name]:
                warn_user(f"{counts[name]:,} of {n:,} variants {fact}")

    def _resolve(self, variants: pd.DataFrame, source: str) -> np.ndarray:
        """Return the names of chromosomes in the genome, None where it lacks them."""
        numbers, names = pd.factorize(variants["chrom"].to_numpy(object))
        for i, name in enumerate(names):
            if name in self._names:
                continue
            self._names[name] = self.genome.resolve(name) if name in self.genome else None
            if self._names[name] is None and not self._first_unknown:
                line = variants["line"].iloc[(numbers == i).argmax()]
                self._first_unknown = f"{source} {line}: {self._why_unknown(name)}"
        return np.array([self._names[name] for name in names], dtype=object)[numbers]

    def _why_unknown(self, name: str) -> str:
        try:
            return self.genome.resolve(name)
        except ValueError as error:
            return str(error)

    def _unknown_names(self) -> str:
        names = [name for name, found in self._names.items() if found is None]
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        return ", ".join(map(repr, names[:_MAX_NAMES])) + more

    def _count(self, windows: VariantWindows, has_alt: np.ndarray) -> None:
        self.counts["n_ref_mismatches"] += int((~windows.ref_match).sum())
        self.counts["n_past_ends"] += int((windows.reaches_out & has_alt).sum())
        self.counts["n_cut"] += int(windows.is_cut.sum())

    def _check_mismatches(self, chroms, variants, windows: VariantWindows, source: str) -> None:
        n = self.counts["n_variants"] - self.counts["n_unknown_chromosomes"]
        wrong = self.counts["n_ref_mismatches"]
        if n < _MIN_TO_JUDGE or wrong <= self.max_mismatch_rate * n:
            return
        row = int(windows.ref_match.argmin())
        chrom, pos, _, ref = variants.iloc[row][["chrom", "pos", "id", "ref"]]
        symbols = reference_symbols(
            self.genome, chroms[[row]], np.array([pos - 1]), np.array([ref], dtype=object)
        )
        raise ValueError(
            f"{wrong:,} of the first {n:,} variants have a reference allele that the genome does "
            f"not have there: {source} {variants['line'].iloc[row]} has {ref[:20]!r} at "
            f"{chrom}:{pos}, {self.genome.path} {symbols[0][:20]!r}. "
            f"{_explain(self.genome, chroms, variants)} "
            "Set max_mismatch_rate=1 to continue nevertheless"
        )

    def _effects(self, pairs: AllelePairs, is_scored: np.ndarray) -> dict[str, Any]:
        """Return the columns of effects, from the windows of the variants that are scored."""
        self.comparison.learn(pairs, self.window)
        names = self.comparison.columns()
        effects = np.full((len(is_scored), len(names)), np.nan)
        if self.genes is None:
            if len(pairs):
                effects[is_scored] = self.comparison.compare(pairs, self.both_strands)
            return dict(zip(names, effects.T, strict=True))
        genes = np.full(len(is_scored), None, dtype=object)
        if len(pairs):
            assert isinstance(self.comparison, LabelComparison)
            effects[is_scored], genes[is_scored] = self.comparison.compare_genes(pairs)
        return {"gene": genes} | dict(zip(names, effects.T, strict=True))


def _explain(genome: Genome, chroms: np.ndarray, variants: pd.DataFrame) -> str:
    """Explain mismatches by another convention, if nearly all alleles match under it."""
    starts, refs = variants["pos"].to_numpy() - 1, variants["ref"].to_numpy(object)
    is_snv = (variants["kind"] == "snv").to_numpy()
    alts = np.where(is_snv, variants["alt"].to_numpy(object), refs)
    ways = {
        "The positions seem to be counted from 0, but must be counted from 1.": (1, refs),
        "The positions seem to be one too high.": (-1, refs),
        "Reference and alternative alleles seem to be exchanged.": (0, alts),
        "The alleles seem to be those of the reverse strand.": (
            0,
            np.array(reverse_complement(refs), dtype=object),
        ),
    }
    for reason, (shift, expected) in ways.items():
        symbols = reference_symbols(genome, chroms, starts + shift, expected)
        if is_same(symbols, expected).mean() > 0.9:
            return reason
    return "Is it another assembly of the genome?"
