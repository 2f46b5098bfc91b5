"""Windows of the genome that hold either allele of a variant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skgenomics.genome.reference_genome import Genome
from skgenomics.sequences import encode

NOT_SCORED = ("symbolic", "missing")
UNKNOWN = 4
# VCF replaces an IUPAC code of the genome by the first base that it stands for.
_FIRST_BASE = str.maketrans("RYSWKMBDHV", "ACCAGACAAA")


@dataclass(frozen=True)
class VariantWindows:
    """Windows of variants as codes, and facts about them.

    Attributes
    ----------
    ref, alt : ndarray of shape (n, window), uint8
        Windows with the reference and with the alternative allele.
    ref_match : ndarray of shape (n,), bool
        True if the genome has the reference allele there.
    reaches_out : ndarray of shape (n,), bool
        True if a window extends past an end of the chromosome.
    is_cut : ndarray of shape (n,), bool
        True if an allele is longer than its part of the window.
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
        As returned by :func:`read_vcf`; variants without an alternative sequence get the reference
        allele instead.
    window : int
        Length of the windows.

    Returns
    -------
    VariantWindows
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
    # Where the two differ, the window holds the allele of the file.
    ref = around if ref_match.all() else _write_alleles(around, left, refs, {}, ~ref_match)
    return VariantWindows(
        ref=ref,
        alt=_write_alleles(around, left, alts, tails, np.ones(len(alts), dtype=bool)),
        ref_match=ref_match,
        reaches_out=(starts < left) | (ends > chrom_lengths),
        is_cut=has_symbols & (np.maximum(spans, sizes) > right),
    )


def reference_symbols(
    genome: Genome, chroms: np.ndarray, starts: np.ndarray, refs: np.ndarray
) -> np.ndarray:
    """Return the sequence of the genome at the positions of alleles, in upper case."""
    texts = genome.fetch_many(chroms, starts, starts + _lengths(refs))
    return np.array([text.upper() for text in texts], dtype=object)


def is_same(symbols: np.ndarray, refs: np.ndarray) -> np.ndarray:
    """Return True where sequences of the genome equal the reference alleles of a file."""
    pairs = zip(symbols, refs, strict=True)
    return np.array([x in (y := r.upper(), y) or x.translate(_FIRST_BASE) == y for x, r in pairs])


def _lengths(texts: np.ndarray) -> np.ndarray:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _ref_matches(genome, chroms, starts, refs, middle) -> np.ndarray:
    """Compare single bases by their codes, and only the rest by text."""
    first = encode(np.array([text[0] for text in refs], dtype=object)).ravel()
    match = (_lengths(refs) == 1) & (first == middle) & (middle != UNKNOWN)
    rest = np.flatnonzero(~match)
    if len(rest):
        symbols = reference_symbols(genome, chroms[rest], starts[rest], refs[rest])
        match[rest] = is_same(symbols, refs[rest])
    return match


def _tails(genome, chroms, starts, length, wanted) -> dict[int, np.ndarray]:
    """Return the bases behind the reference allele, by index of variants of changed length."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return {}
    return dict(zip(rows.tolist(), genome.codes(chroms[rows], starts[rows], length), strict=True))


def _write_alleles(around, left: int, alleles, tails: dict[int, np.ndarray], wanted) -> np.ndarray:
    """Write alleles into copies of windows; `tails` follow them, or else the original bases."""
    windows = around.copy()
    sizes = _lengths(alleles)
    single = wanted & (sizes == 1)
    single[list(tails)] = False
    if single.any():
        windows[single, left] = encode(alleles[single]).ravel()
    for row in np.flatnonzero(wanted & ~single).tolist():
        codes = encode([alleles[row]])[0]
        if row in tails:
            codes = np.concatenate([codes, tails[row]])
        part = windows[row, left : left + len(codes)]
        part[:] = codes[: len(part)]
    return windows
