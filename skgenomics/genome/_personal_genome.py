"""Sequences of one haplotype: a reference genome with the variants of a sample in it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import warn_user
from skgenomics.genome._fasta_file import ArraySource, FastaIndex, OpenFasta
from skgenomics.genome.chromosomes import same_chromosomes
from skgenomics.genome.genotypes import frame_of_haplotype

_BASES = re.compile(r"[ACGTRYSWKMBDHVN]+", re.IGNORECASE)


class PositionMap:
    """Alignment of the positions of a chromosome of a haplotype to those of the reference.

    Parameters
    ----------
    starts : ndarray of shape (n_edits,), int64
        First base of the reference that each edit replaces, sorted.
    sizes : ndarray of shape (n_edits,), int64
        Number of bases of the reference that it replaces.
    new_sizes : ndarray of shape (n_edits,), int64
        Number of bases in their stead.
    """

    def __init__(self, starts: np.ndarray, sizes: np.ndarray, new_sizes: np.ndarray):
        changes = new_sizes - sizes
        self._shared = np.minimum(sizes, new_sizes)
        shift = np.concatenate([[0], np.cumsum(changes)])[:-1]
        self._reference = starts, sizes
        self._haplotype = starts + shift, new_sizes

    def to_reference(self, positions: np.ndarray) -> np.ndarray:
        """Map positions of the haplotype; inserted bases to the base of the reference before."""
        return self._map(positions, self._haplotype, self._reference)

    def from_reference(self, positions: np.ndarray) -> np.ndarray:
        """Map positions of the reference; deleted bases to the base of the haplotype before."""
        return self._map(positions, self._reference, self._haplotype)

    def _map(self, positions: np.ndarray, here: tuple, there: tuple) -> np.ndarray:
        if not len(self._shared):
            return positions.copy()
        starts, sizes = here
        edit = np.searchsorted(starts, positions, side="right") - 1
        before = edit < 0
        edit = edit.clip(min=0)
        inside = positions - starts[edit]
        is_behind = inside >= sizes[edit]
        shared = np.minimum(inside, self._shared[edit] - 1)
        behind = inside - sizes[edit] + there[1][edit]
        return np.where(before, positions, there[0][edit] + np.where(is_behind, behind, shared))


def open_haplotype(
    reference: OpenFasta, variants: str | Path, sample: str | None, haplotype: int
) -> tuple[OpenFasta, dict[str, PositionMap]]:
    """Apply the variants of a haplotype to a genome, in memory.

    Parameters
    ----------
    reference : OpenFasta
        The reference genome.
    variants : str or Path
        VCF file with genotypes.
    sample : str or None
        Name of the sample; None for the only one.
    haplotype : int
        Which allele of each genotype to take, counted from 1.

    Returns
    -------
    fasta : OpenFasta
        Sequences of the haplotype under the names of the reference.
    maps : dict of str to PositionMap
        Positions of each chromosome.

    Raises
    ------
    ValueError
        If a reference allele differs from the genome (naming the line), or no variant is on a
        chromosome of the genome.

    Warns
    -----
    UserWarning
        With their number, if there are variants that are left out, or unphased genotypes.
    """
    frame, n_unphased = frame_of_haplotype(variants, sample, haplotype)
    is_bases = frame["alt"].str.fullmatch(_BASES.pattern, flags=re.IGNORECASE).to_numpy(bool)
    n_symbolic = int((~is_bases & (frame["alt"] != "*").to_numpy()).sum())
    frame = frame[is_bases]
    names = _resolve(frame["chrom"], reference, variants)
    counts = {
        "are heterozygous and not phased, so that haplotypes mix both chromosomes": n_unphased,
        "have symbolic alleles, and are left out": n_symbolic,
        "are on chromosomes that the genome lacks, and are left out": int(names.isna().sum()),
        "overlap with a variant before them, and are left out": 0,
    }
    overlap = list(counts)[-1]
    sequences, maps = [], {}
    groups = dict(list(frame.groupby(names, sort=False)))
    for i, name in enumerate(reference.index.names):
        sequence = _read_record(reference, i)
        edits = groups.get(name)
        if edits is not None:
            sequence, maps[name], n_overlaps = _apply(sequence, edits, variants, reference.path)
            counts[overlap] += n_overlaps
        else:
            none = np.empty(0, dtype=np.int64)
            maps[name] = PositionMap(none, none, none)
        sequences.append(sequence)
    for fact, count in counts.items():
        if count:
            warn_user(f"{count:,} variants of {variants} {fact}")
    return _as_fasta(reference, sequences), maps


def _resolve(chroms: pd.Series, reference: OpenFasta, variants: str | Path) -> pd.Series:
    """Names in the genome of the chromosomes of variants; NaN for those that it lacks."""
    known = list(reference.index.names)
    found = {}
    for chrom in chroms.unique():
        same = [chrom] if chrom in reference.records else same_chromosomes(chrom, known)
        found[chrom] = same[0] if len(same) == 1 else None
    if found and not any(found.values()):
        raise ValueError(
            f"no variant of {variants} is on a chromosome of {reference.path}: its chromosomes "
            f"begin with {next(iter(found))!r}, those of the genome with {known[0]!r}"
        )
    return chroms.map(found)


def _read_record(fasta: OpenFasta, record: int) -> bytes:
    fasta.check_record(record)
    start, end = int(fasta.index.lines[record, 1]), int(fasta.index.ends[record])
    return fasta.source.read(start, end).translate(None, b"\r\n")


def _apply(
    sequence: bytes, edits: pd.DataFrame, variants: str | Path, path: Path
) -> tuple[bytes, PositionMap, int]:
    """Apply the edits of a chromosome; return its sequence, its map, and the number left out.

    As in bcftools, a variant that begins at or before the last base of the one applied before it is
    left out, but for an insertion or deletion behind that base, unless it follows an insertion.
    """
    edits = edits.sort_values("start", kind="stable")
    pieces: list[bytes] = []
    applied: list[tuple[int, int, int]] = []
    end, last, n_overlaps, was_insertion = 0, -1, 0, False
    for start, ref, alt, line in zip(
        edits["start"], edits["ref"], edits["alt"], edits["line"], strict=True
    ):
        found = sequence[start : start + len(ref)].decode("latin-1")
        if found.upper() != ref.upper():
            raise ValueError(
                f"{variants}, line {line}: the reference allele is {ref[:20]!r}, but {path} has "
                f"{found[:20]!r} there; is it another assembly of the genome?"
            )
        stop = start + len(ref)
        if start <= last:
            has_anchor = ref[0].upper() == alt[0].upper() and len(ref) != len(alt)
            if start < last or not has_anchor or was_insertion:
                n_overlaps += 1
                continue
            # The base that both alleles begin with is the one that was replaced before.
            start, alt = start + 1, alt[1:]
        # New bases are masked like the one that they begin at.
        first = sequence[max(0, min(start, stop - 1)) :][:1]
        new = (alt.lower() if first.islower() else alt.upper()).encode()
        pieces += [sequence[end:start], new]
        applied.append((start, stop - start, len(new)))
        end, last, was_insertion = stop, stop - 1, len(new) > stop - start
    pieces.append(sequence[end:])
    starts, sizes, new_sizes = np.array(applied, dtype=np.int64).reshape(-1, 3).T
    return b"".join(pieces), PositionMap(starts, sizes, new_sizes), n_overlaps


def _as_fasta(reference: OpenFasta, sequences: list[bytes]) -> OpenFasta:
    """Write sequences as a FASTA file in memory, one line each."""
    parts, lines, offset = [], [], 0
    for name, sequence in zip(reference.index.names, sequences, strict=True):
        header = f">{name}\n".encode()
        parts += [header, sequence, b"\n"]
        lines.append((len(sequence), offset + len(header), len(sequence), len(sequence) + 1))
        offset += len(header) + len(sequence) + 1
    index = FastaIndex(reference.index.names, np.array(lines, dtype=np.int64))
    source = ArraySource(np.frombuffer(b"".join(parts), dtype=np.uint8), is_mapped=False)
    return OpenFasta(reference.path, source, index, reference.records, reference.complement)
