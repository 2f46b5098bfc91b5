"""Windows of the genome with one allele or the other of a variant in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skgenomics.genome.reference_genome import Genome
from skgenomics.sequences import encode

NOT_SCORED = ("symbolic", "missing")
UNKNOWN = 4
# VCF replaces an ambiguity letter of the genome by the first base that it stands for.
_FIRST_BASE = str.maketrans("RYSWKMBDHV", "ACCAGACAAA")


@dataclass(frozen=True)
class VariantWindows:
    """Codes of the windows of some variants, n of them, and what is to be told about them.

    Attributes
    ----------
    ref, alt : ndarray of shape (n, window), uint8
        Codes of "ACGT" with the reference and with the alternative allele.
    ref_match : ndarray of shape (n,), bool
        Whether the genome has the reference allele there.
    reaches_out : ndarray of shape (n,), bool
        Whether a window goes past an end of the chromosome.
    is_cut : ndarray of shape (n,), bool
        Whether an allele is longer than its place in the window.
    """

    ref: np.ndarray
    alt: np.ndarray
    ref_match: np.ndarray
    reaches_out: np.ndarray
    is_cut: np.ndarray


def cut_windows(
    genome: Genome, chroms: np.ndarray, variants: pd.DataFrame, window: int
) -> VariantWindows:
    """Cut the windows of variants, the first base of the reference allele at ``window // 2``.

    Parameters
    ----------
    genome : Genome
        The reference genome.
    chroms : ndarray of shape (n,), object
        Names of the chromosomes in the genome.
    variants : DataFrame
        As of :func:`read_vcf`; rows without an alternative sequence get that of the reference.
    window : int
        Number of letters.
    """
    left = window // 2
    right = window - left
    starts = variants["pos"].to_numpy() - 1
    refs = variants["ref"].to_numpy(object)
    has_symbols = ~variants["kind"].isin(NOT_SCORED).to_numpy()
    alts = np.where(has_symbols, variants["alt"].to_numpy(object), refs)
    spans, sizes = _lengths(refs), _lengths(alts)
    ends = starts + right + np.maximum(0, spans - sizes)
    lengths = genome.lengths
    chrom_lengths = np.array([lengths[name] for name in chroms], dtype=np.int64)
    around = np.asarray(genome.codes(chroms, starts - left, window))
    tails = _tails(genome, chroms, starts + spans, right, spans != sizes)
    ref_match = _ref_matches(genome, chroms, starts, refs, around[:, left])
    # Where the two differ, the allele of the file stands in the window, as the alternative does.
    ref = around if ref_match.all() else _place(around, left, refs, {}, ~ref_match)
    return VariantWindows(
        ref=ref,
        alt=_place(around, left, alts, tails, np.ones(len(alts), dtype=bool)),
        ref_match=ref_match,
        reaches_out=(starts < left) | (ends > chrom_lengths),
        is_cut=has_symbols & (np.maximum(spans, sizes) > right),
    )


def reference_symbols(
    genome: Genome, chroms: np.ndarray, starts: np.ndarray, refs: np.ndarray
) -> np.ndarray:
    """What the genome has in the places of alleles, in upper case."""
    texts = genome.fetch_many(chroms, starts, starts + _lengths(refs))
    return np.array([text.upper() for text in texts], dtype=object)


def is_same(symbols: np.ndarray, refs: np.ndarray) -> np.ndarray:
    """Whether letters of the genome are those of the reference alleles of a file."""
    pairs = zip(symbols, refs, strict=True)
    return np.array([x in (y := r.upper(), y) or x.translate(_FIRST_BASE) == y for x, r in pairs])


def _lengths(texts: np.ndarray) -> np.ndarray:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _ref_matches(genome, chroms, starts, refs, middle) -> np.ndarray:
    """Compare single bases by their codes, and only what is left by its letters."""
    first = encode(np.array([text[0] for text in refs], dtype=object)).ravel()
    match = (_lengths(refs) == 1) & (first == middle) & (middle != UNKNOWN)
    rest = np.flatnonzero(~match)
    if len(rest):
        symbols = reference_symbols(genome, chroms[rest], starts[rest], refs[rest])
        match[rest] = is_same(symbols, refs[rest])
    return match


def _tails(genome, chroms, starts, length, wanted) -> dict[int, np.ndarray]:
    """The letters behind the reference allele, by row, for those whose window they move in."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return {}
    return dict(zip(rows, genome.codes(chroms[rows], starts[rows], length), strict=True))


def _place(around, left: int, alleles, tails: dict[int, np.ndarray], wanted) -> np.ndarray:
    """Windows with an allele from the middle on; `tails` follow it, or else what was there."""
    windows = around.copy()
    sizes = _lengths(alleles)
    single = wanted & (sizes == 1)
    single[list(tails)] = False
    if single.any():
        windows[single, left] = encode(alleles[single]).ravel()
    for row in np.flatnonzero(wanted & ~single):
        codes = encode([alleles[row]])[0]
        if row in tails:
            codes = np.concatenate([codes, tails[row]])
        place = windows[row, left : left + len(codes)]
        place[:] = codes[: len(place)]
    return windows
