"""Genes around variants: their strands, ends, and annotated splice sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skgenomics.genome.gff import read_gff
from skgenomics.genome.reference_genome import Genome

_COLUMNS = ("chrom", "start", "end", "strand")


@dataclass(frozen=True)
class Gene:
    """A gene with its exons.

    Parameters
    ----------
    name : str
        Identifier, or "." if there is none.
    start, end : int
        0-based, half-open range on the chromosome.
    strand : str
        "+" or "-".
    boundaries : ndarray of int
        First and last positions of exons, counted from 1.
    """

    name: str
    start: int
    end: int
    strand: str
    boundaries: np.ndarray

    def nearest_boundary(self, pos: int) -> int:
        """Return the signed distance from a position, counted from 1, to the nearest boundary."""
        distances = self.boundaries - pos
        return int(distances[np.abs(distances).argmin()])


class GeneModels:
    """Genes of a genome that can be looked up by position.

    Parameters
    ----------
    exons : str, Path or DataFrame
        GFF3 or GTF file, of which features "exon" are read; or a frame with `chrom`, `start`,
        `end` (0-based, half-open), `strand` and optionally `gene_id`.
    genome : Genome
        The genome, which resolves names of chromosomes.

    Raises
    ------
    ValueError
        If a column is missing, a strand is unknown, or no exon is on a chromosome of the genome.
    """

    def __init__(self, exons: str | Path | pd.DataFrame, genome: Genome):
        frame: Any = exons
        if isinstance(exons, str | Path):
            frame = read_gff(exons, feature="exon")
        missing = [name for name in _COLUMNS if name not in getattr(frame, "columns", ())]
        if missing:
            raise ValueError(
                "exons must be a GFF or GTF file, or a frame with the columns "
                f"{', '.join(_COLUMNS)} and optionally gene_id; it has no {missing[0]!r}"
            )
        is_stranded = frame["strand"].isin(["+", "-"])
        if not is_stranded.all():
            row = int((~is_stranded).to_numpy().argmax())
            raise ValueError(
                f"exon {row} has the strand {frame['strand'].iloc[row]!r}; splice sites are scored "
                "on the strand of their gene, '+' or '-'"
            )
        self._genes: dict[str, list[Gene]] = {}
        for (chrom, strand, name), part in frame.assign(_gene=_names(frame)).groupby(
            ["chrom", "strand", "_gene"], sort=False
        ):
            if chrom not in genome:
                continue
            starts, ends = part["start"].to_numpy(int), part["end"].to_numpy(int)
            gene = Gene(
                str(name), starts.min(), ends.max(), str(strand), np.union1d(starts + 1, ends)
            )
            self._genes.setdefault(genome.resolve(chrom), []).append(gene)
        if not self._genes:
            raise ValueError("no exon is on a chromosome of the genome; is it another assembly?")
        self._starts = {c: np.array([g.start for g in genes]) for c, genes in self._genes.items()}
        self._ends = {c: np.array([g.end for g in genes]) for c, genes in self._genes.items()}

    def find(self, chrom: str, pos: int) -> list[Gene]:
        """Return the genes at a position, counted from 1."""
        if chrom not in self._genes:
            return []
        is_there = (self._starts[chrom] < pos) & (pos <= self._ends[chrom])
        return [self._genes[chrom][i] for i in np.flatnonzero(is_there)]


def _names(frame: pd.DataFrame) -> pd.Series:
    """Return the gene of each exon: its gene_id, Parent or, without these, the chromosome."""
    for name in ("gene_id", "gene", "Parent", "transcript_id"):
        if name in frame.columns:
            return frame[name].fillna(".").astype(str)
    # Without names, all exons of a strand of a chromosome are taken as one gene.
    return pd.Series(".", index=frame.index)
