"""Genotypes of the samples of a VCF file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics.genome._textfiles import line_error, open_text
from skgenomics.genome.vcf import _alleles, _as_frame

_FIXED_COLUMNS = 9
_GENOTYPE = re.compile(r"(\d+|\.)([/|](\d+|\.))*")
_SHOWN = 6


class Call(NamedTuple):
    """Line of a VCF file with the genotypes of some samples.

    Attributes
    ----------
    number : int
        Number of the line, counted from 1.
    text : str
        The line.
    chrom, ref : str
        Chromosome and reference allele.
    pos : int
        Position, counted from 1.
    alts : list of str
        Alternative alleles.
    rows : list of tuple
        One row per alternative allele, as of :func:`~skgenomics.genome.read_vcf`.
    genotypes : list of str
        Genotype of each sample, such as "0/1".
    """

    number: int
    text: str
    chrom: str
    pos: int
    ref: str
    alts: list[str]
    rows: list[tuple]
    genotypes: list[str]


def read_genotypes(path: str | Path, *, samples: Sequence[str] | None = None) -> Bunch:
    r"""Read the genotypes of a VCF file as a dosage matrix.

    Parameters
    ----------
    path : str or Path
        VCF file with genotypes, compressed by gzip or bgzip or not.
    samples : list of str or None, default=None
        Samples to read, in this order; None for all in the order of the file.

    Returns
    -------
    Bunch
        - ``dosages``: ndarray of shape (n_samples, n_variants), float32: number of copies of each
          alternative allele, from 0 to the ploidy; NaN where a part of the genotype is missing.
        - ``samples``: list of str.
        - ``variants``: DataFrame with a row for each column of `dosages`, as of :func:`read_vcf`:
          one per alternative allele.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file has no samples, a named sample does not occur in it, or a line is malformed or
        has no GT; the message has the number of the line.

    See Also
    --------
    Genome : Sequences of one haplotype of a sample.
    skgenomics.model_selection.ConfounderResidualizer : Features without population structure.

    Notes
    -----
    Principal components of population structure are those of the dosages, as in the example; keep
    variants that are common and not in linkage disequilibrium for them.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.impute import SimpleImputer
    >>> from sklearn.pipeline import make_pipeline
    >>> from skgenomics.genome import read_genotypes
    >>> header = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\tbob\n"
    >>> lines = "1\t7\t.\tA\tG,T\t.\t.\t.\tGT\t0/1\t1|2\n1\t9\t.\tC\tA\t.\t.\t.\tGT\t./.\t1/1\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.vcf"
    ...     _ = path.write_text(header + lines)
    ...     genotypes = read_genotypes(path)
    >>> genotypes.dosages
    array([[ 1.,  0., nan],
           [ 1.,  1.,  2.]], dtype=float32)
    >>> genotypes.variants[["pos", "alt"]].to_numpy().tolist()
    [[7, 'G'], [7, 'T'], [9, 'A']]
    >>> components = make_pipeline(SimpleImputer(), PCA(1)).fit_transform(genotypes.dosages)
    >>> components.shape
    (2, 1)
    """
    names = list(samples) if samples is not None else None
    found, calls = read_calls(path, names)
    counts: dict[tuple[str, int], float] = {}
    columns: list[np.ndarray] = []
    rows: list[tuple] = []
    for call in calls:
        for allele in range(1, len(call.alts) + 1):
            column = np.empty(len(found), dtype=np.float32)
            for i, genotype in enumerate(call.genotypes):
                key = genotype, allele
                if key not in counts:
                    counts[key] = _dosage(call, path, genotype, allele)
                column[i] = counts[key]
            columns.append(column)
        rows += call.rows
    dosages = np.stack(columns, axis=1) if columns else np.empty((len(found), 0), dtype=np.float32)
    return Bunch(dosages=dosages, samples=found, variants=_as_frame(rows))


def read_calls(path: str | Path, samples: list[str] | None) -> tuple[list[str], Iterator[Call]]:
    """Read the lines of a VCF file with the genotypes of some samples.

    Parameters
    ----------
    path : str or Path
        VCF file.
    samples : list of str or None
        Samples to read; None for all.

    Returns
    -------
    samples : list of str
        Names of the samples.
    calls : iterator of Call
        The lines.

    Raises
    ------
    ValueError
        If the file has no samples, or not a named one. Reading the lines raises a ValueError if one
        is malformed or has no GT.
    """
    names = _read_sample_names(path)
    samples = names if samples is None else samples
    for name in samples:
        if name not in names:
            more = ", ..." if len(names) > _SHOWN else ""
            shown = ", ".join(map(repr, names[:_SHOWN])) + more
            raise ValueError(f"{path} has no sample {name!r}; its samples are {shown}")
    indices = [_FIXED_COLUMNS + names.index(name) for name in samples]
    return samples, _read_lines(path, indices, _FIXED_COLUMNS + len(names))


def alleles_of(call: Call, path: str | Path, genotype: str) -> list[int | None]:
    """Return the alleles of a genotype, None where one is missing."""
    if not _GENOTYPE.fullmatch(genotype):
        reason = f"the genotype {genotype!r} is not like '0/1'"
        raise line_error(path, call.number, call.text, reason)
    alleles = [None if x == "." else int(x) for x in re.split(r"[/|]", genotype)]
    if max((x for x in alleles if x is not None), default=0) > len(call.alts):
        reason = f"the genotype {genotype!r} names an allele that the line does not have"
        raise line_error(path, call.number, call.text, reason)
    return alleles


def _dosage(call: Call, path: str | Path, genotype: str, allele: int) -> float:
    alleles = alleles_of(call, path, genotype)
    return float("nan") if None in alleles else float(alleles.count(allele))


def _read_sample_names(path: str | Path) -> list[str]:
    with open_text(path) as lines:
        for line in lines:
            if line.startswith("#CHROM"):
                names = line.rstrip("\r\n").split("\t")[_FIXED_COLUMNS:]
                if names:
                    return names
                break
            if not line.startswith("#") and not line.isspace():
                break
    raise ValueError(
        f"{path} has no genotypes: its line '#CHROM' names no samples behind the column FORMAT"
    )


def _read_lines(path: str | Path, indices: list[int], n_columns: int) -> Iterator[Call]:
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line[0] == "#" or line.isspace():
                continue
            fields = line.rstrip("\r\n").split("\t")
            try:
                rows = _alleles(fields[:5], number)
                if len(fields) != n_columns:
                    raise ValueError(f"{len(fields)} columns, but the header has {n_columns}")
                keys = fields[_FIXED_COLUMNS - 1].split(":")
                if "GT" not in keys:
                    raise ValueError("FORMAT has no GT, so that the line has no genotypes")
            except ValueError as error:
                raise line_error(path, number, line, str(error)) from None
            key = keys.index("GT")
            genotypes = [_value(fields[i], key) for i in indices]
            alts = [row[4] for row in rows]
            yield Call(number, line, fields[0], int(fields[1]), fields[3], alts, rows, genotypes)


def _value(field: str, key: int) -> str:
    values = field.split(":", key + 1)
    # Trailing values of a sample may be left out.
    return values[key] if key < len(values) else "."


def frame_of_haplotype(
    path: str | Path, sample: str | None, haplotype: int
) -> tuple[pd.DataFrame, int]:
    """Read the alternative alleles that one haplotype of a sample has.

    Parameters
    ----------
    path : str or Path
        VCF file.
    sample : str or None
        Name of the sample; None for the only one.
    haplotype : int
        Which allele of each genotype, counted from 1.

    Returns
    -------
    frame : DataFrame
        Columns `chrom`, `start` (counted from 0), `ref`, `alt` and `line`, in the order of the
        file.
    n_unphased : int
        Number of heterozygous genotypes that are not phased.

    Raises
    ------
    ValueError
        If there are several samples and none is named, or as of :func:`read_calls`.
    """
    names = None if sample is None else [sample]
    found, calls = read_calls(path, names)
    if len(found) > 1:
        shown = ", ".join(map(repr, found[:_SHOWN])) + (", ..." if len(found) > _SHOWN else "")
        raise ValueError(f"{path} has several samples; set `sample` to one of {shown}")
    rows, n_unphased = [], 0
    for call in calls:
        genotype = call.genotypes[0]
        alleles = alleles_of(call, path, genotype)
        allele = alleles[haplotype - 1] if haplotype <= len(alleles) else None
        n_unphased += "/" in genotype and len(set(alleles)) > 1
        if allele:
            rows.append((call.chrom, call.pos - 1, call.ref, call.alts[allele - 1], call.number))
    frame = pd.DataFrame(rows, columns=["chrom", "start", "ref", "alt", "line"])
    return frame, n_unphased
