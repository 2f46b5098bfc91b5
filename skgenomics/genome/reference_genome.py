"""Reference genomes: random access to the sequences of a FASTA file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer
from skgenomics.alphabets import INVALID_CODE, get_alphabet
from skgenomics.genome._coordinates import are_minus, as_integer, as_integers, is_minus
from skgenomics.genome._fasta_file import OpenFasta, open_fasta
from skgenomics.genome._personal_genome import PositionMap, open_haplotype
from skgenomics.genome._textfiles import check_seekable
from skgenomics.genome.chromosomes import match_chromosome, same_chromosomes

# Bases gathered at a time: few enough to stay in the cache of the processor.
_BATCH = 2**22


class Genome:
    r"""A reference genome in a FASTA file, with random access.

    Coordinates are 0-based and half-open, as in BED files. Positions past either end of a
    chromosome are read as "N".

    Parameters
    ----------
    path : str or Path
        FASTA file, plain, compressed by bgzip (read by blocks) or by gzip (read into memory as a
        whole). The index beside it, with the ending ".fai", is used if it fits the file; otherwise
        an index is built, and written there if the folder is writable.
    variants : str, Path or None, default=None
        VCF file with genotypes. The sequences, names and lengths are then those of one haplotype of
        a sample, and so are all coordinates; see :meth:`to_reference` and :meth:`from_reference`.
    sample : str or None, default=None
        Sample of `variants`; None for the only one.
    haplotype : int or None, default=None
        Allele of each genotype to take, 1 or 2, phased or not; required with `variants`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a pipe, which cannot be read in any order, or `variants` and `haplotype` are not
        given together. Reading raises a ValueError if there is no such sample, a line of `variants`
        has no GT, or its reference allele differs from the genome (naming the line).

    Warns
    -----
    UserWarning
        With their number, if there are variants that are left out (symbolic alleles, unknown
        chromosomes, overlaps with a variant before), or heterozygous genotypes that are not phased.

    Notes
    -----
    The file is opened on the first access and mapped into memory: processes that share a Genome,
    forked or pickled, read the same bases, and a pickle holds only the path. A file must not be
    overwritten while it is in use.

    An index is checked against the headers of the records, and the bases that are read are checked
    for line ends and headers among them, so that a stale index is replaced or raises an error.

    Names of chromosomes are reconciled by :func:`~skgenomics.genome.match_chromosome`, so that
    "1" finds "chr1" and "chrM" finds "MT".

    Variants are applied in the order of their positions as ``bcftools consensus --haplotype`` [1]_
    does it, on the first access; the haplotype is held in memory as a whole, one byte per base. New
    bases are in lower case where the base that they replace is.

    References
    ----------
    .. [1] Danecek, P. et al. (2021). Twelve years of SAMtools and BCFtools. GigaScience 10.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import Genome
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "genome.fa"
    >>> _ = path.write_text(">chr1\nACGTA\nccG\n>chrM\nTTT\n")
    >>> genome = Genome(path)
    >>> genome.lengths
    {'chr1': 8, 'chrM': 3}
    >>> genome.fetch("1", 3, 7), genome.fetch("1", 3, 7, "-"), genome.fetch("MT", 1, 5)
    ('TAcc', 'ggTA', 'TTNN')
    >>> genome.codes(["chr1", "chr1"], [3, 3], 4, ["+", "-"])
    array([[3, 0, 1, 1],
           [2, 2, 3, 0]], dtype=uint8)

    One haplotype of a sample, with a deletion of two bases and a substitution:

    >>> vcf = pathlib.Path(folder.name) / "small.vcf"
    >>> header = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\n"
    >>> lines = "1\t2\t.\tCGT\tC\t.\t.\t.\tGT\t0|1\n1\t6\t.\tC\tA\t.\t.\t.\tGT\t1|1\n"
    >>> _ = vcf.write_text(header + lines)
    >>> haplotype = Genome(path, variants=vcf, sample="ann", haplotype=2)
    >>> haplotype.fetch("chr1", 0, 6), haplotype.from_reference("chr1", [0, 3, 5])
    ('ACAacG', array([0, 1, 3]))
    >>> del genome, haplotype
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | Path,
        *,
        variants: str | Path | None = None,
        sample: str | None = None,
        haplotype: int | None = None,
    ):
        check_seekable(path, "FASTA")
        if variants is not None:
            check_integer("haplotype", haplotype, 1)
        elif sample is not None or haplotype is not None:
            raise ValueError("`sample` and `haplotype` need `variants`, a VCF file with genotypes")
        self.path = Path(path)
        self.variants = None if variants is None else Path(variants)
        self.sample = sample
        self.haplotype = haplotype

    def __repr__(self) -> str:
        if self.variants is None:
            return f"Genome({str(self.path)!r})"
        return (
            f"Genome({str(self.path)!r}, variants={str(self.variants)!r}, sample={self.sample!r}, "
            f"haplotype={self.haplotype})"
        )

    def __getstate__(self) -> dict:
        names = ("path", "variants", "sample", "haplotype")
        return {name: getattr(self, name) for name in names}

    @cached_property
    def _file(self) -> OpenFasta:
        """The file, opened on the first access; not part of a pickle."""
        return open_fasta(self.path) if self.variants is None else self._haplotype[0]

    @cached_property
    def _haplotype(self) -> tuple[OpenFasta, dict[str, PositionMap]]:
        """Sequences and maps of positions of the haplotype."""
        assert self.variants is not None
        assert self.haplotype is not None
        reference = open_fasta(self.path)
        return open_haplotype(reference, self.variants, self.sample, self.haplotype)

    def to_reference(self, chrom: str, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """Map positions of a haplotype to those of the reference genome.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        positions : array-like of int of shape (n_positions,)
            Positions in the haplotype, counted from 0.

        Returns
        -------
        ndarray of int64 of shape (n_positions,)
            Positions in the reference genome; that of the base before for inserted bases. They are
            the same if the genome has no `variants`.

        Raises
        ------
        ValueError
            If there is no such chromosome.
        """
        values = as_integers(positions, "position")
        name = self.resolve(chrom)
        return values if self.variants is None else self._haplotype[1][name].to_reference(values)

    def from_reference(self, chrom: str, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """Map positions of the reference genome to those of a haplotype.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        positions : array-like of int of shape (n_positions,)
            Positions in the reference genome, counted from 0.

        Returns
        -------
        ndarray of int64 of shape (n_positions,)
            Positions in the haplotype; that of the base before for deleted bases. They are the same
            if the genome has no `variants`.

        Raises
        ------
        ValueError
            If there is no such chromosome.
        """
        values = as_integers(positions, "position")
        name = self.resolve(chrom)
        return values if self.variants is None else self._haplotype[1][name].from_reference(values)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chromosomes, in the order of the file."""
        return self._file.index.names

    @property
    def lengths(self) -> dict[str, int]:
        """Number of bases of each chromosome."""
        return dict(zip(self.names, self._file.index.lines[:, 0].tolist(), strict=True))

    def __contains__(self, chrom: object) -> bool:
        return len(same_chromosomes(str(chrom), list(self.names))) == 1

    def resolve(self, chrom: str) -> str:
        """Find the name that a chromosome has in this file.

        Parameters
        ----------
        chrom : str
            Name of a chromosome, with or without "chr".

        Returns
        -------
        str
            Name of the record.

        Raises
        ------
        ValueError
            If there is no such chromosome; the message suggests similar names.
        """
        if chrom not in self._file.resolved:
            names = (chrom,) if chrom in self._file.records else self.names
            self._file.resolved[chrom] = match_chromosome(chrom, names, source=str(self.path))
        return self._file.resolved[chrom]

    def lengths_of(self, chroms: Sequence[str]) -> np.ndarray:
        """Look up the lengths of chromosomes.

        Parameters
        ----------
        chroms : array-like of str of shape (n_intervals,)
            Names of chromosomes.

        Returns
        -------
        ndarray of int64 of shape (n_intervals,)
            Number of bases of each chromosome.

        Raises
        ------
        ValueError
            If there is no such chromosome; the message names the row.
        """
        return self._lines(chroms, len(chroms))[:, 0]

    def fetch(self, chrom: str, start: int, end: int, strand: str = "+") -> str:
        """Read the sequence of one interval.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        start, end : int
            First base, and base after the last one; counted from 0.
        strand : {"+", "-", "."}, default="+"
            "-" reads the reverse complement.

        Returns
        -------
        str
            The bases as they are in the file, lower case for masked repeats; "N" past the ends.

        Raises
        ------
        ValueError
            If the chromosome or the strand is unknown, a coordinate is not an integer, `start` is
            greater than `end`, or the index does not fit the file.
        """
        start, end = as_integer(start, "start"), as_integer(end, "end")
        if start > end:
            raise ValueError(f"{chrom}:{start}-{end} starts after its end")
        record = self._file.records[self.resolve(chrom)]
        self._file.check_record(record)
        length, offset, bases, width = self._file.index.lines[record].tolist()
        first = min(max(start, 0), length)
        last = max(min(end, length), first)
        sequence = b""
        if last > first:
            begin = offset + first // bases * width + first % bases
            stop = offset + (last - 1) // bases * width + (last - 1) % bases + 1
            sequence = self._file.source.read(begin, stop).translate(None, b"\r\n")
            if len(sequence) != last - first or b">" in sequence:
                raise self._file.misfit(self.names[record])
        left = min(max(-start, 0), end - start)
        text = "N" * left + sequence.decode("latin-1") + "N" * (end - start - left - len(sequence))
        return self._reverse_complement(text) if is_minus(strand) else text

    def fetch_many(
        self,
        chroms: str | Sequence[str] | np.ndarray,
        starts: Sequence[int] | np.ndarray,
        ends: Sequence[int] | np.ndarray,
        strands: str | Sequence[str] | np.ndarray | None = None,
    ) -> np.ndarray:
        """Read the sequences of many intervals.

        Parameters
        ----------
        chroms : str or array-like of str of shape (n_intervals,)
            Chromosomes, or one for all.
        starts, ends : array-like of int of shape (n_intervals,)
            Coordinates, as in :meth:`fetch`.
        strands : str, array-like of str of shape (n_intervals,) or None, default=None
            Strands, or one for all; None reads the "+" strand.

        Returns
        -------
        ndarray of str objects of shape (n_intervals,)
            Sequences, upper and lower case as in the file.

        Raises
        ------
        ValueError
            As :meth:`fetch`; the message names the row.
        """
        starts, ends = as_integers(starts, "start"), as_integers(ends, "end")
        _check_same_length(starts, ends=ends)
        if (starts > ends).any():
            i = int((starts > ends).argmax())
            raise ValueError(f"row {i}, from {starts[i]} to {ends[i]}, starts after its end")
        lines = self._lines(chroms, len(starts))
        minus = are_minus(strands, len(starts))
        _check_same_length(starts, strands=minus)
        sequences = np.empty(len(starts), dtype=object)
        # In the order of the file, so that a batch needs only one part of it.
        order = np.argsort(lines[:, 1] + starts, kind="stable")
        batch = np.cumsum((ends - starts)[order]) // _BATCH
        bounds = np.flatnonzero(np.diff(batch, prepend=-1, append=-1))
        for low, high in pairwise(bounds):
            rows = order[low:high]
            sequences[rows] = self._texts(lines[rows], starts[rows], ends[rows], minus[rows], rows)
        return sequences

    def codes(
        self,
        chroms: str | Sequence[str] | np.ndarray,
        starts: Sequence[int] | np.ndarray,
        length: int,
        strands: str | Sequence[str] | np.ndarray | None = None,
    ) -> np.ndarray:
        """Read windows of equal length directly as codes.

        Parameters
        ----------
        chroms : str or array-like of str of shape (n_intervals,)
            Chromosomes, or one for all.
        starts : array-like of int of shape (n_intervals,)
            First base of each window on the "+" strand, counted from 0.
        length : int
            Number of bases of a window.
        strands : str, array-like of str of shape (n_intervals,) or None, default=None
            Strands, or one for all; None reads the "+" strand.

        Returns
        -------
        ndarray of uint8 of shape (n_intervals, length)
            Codes of "ACGT"; 4 for ambiguous bases, and past the ends of a chromosome.

        Raises
        ------
        ValueError
            As :meth:`fetch_many`, and if a window holds a character that is not a nucleotide.
        """
        from skgenomics.genome._fasta_windows import gather_codes

        if not isinstance(length, Integral) or isinstance(length, bool) or length < 1:
            raise ValueError(f"length must be a positive integer, got {length!r}")
        starts = as_integers(starts, "start")
        lines = self._lines(chroms, len(starts))
        minus = are_minus(strands, len(starts))
        _check_same_length(starts, strands=minus)
        alphabet = get_alphabet("ACGT")
        table = np.frombuffer(alphabet.code_table, dtype=np.uint8)
        codes = np.empty((len(starts), length), dtype=np.uint8)
        for rows, data, shifts in self._file.batches(lines, starts, starts + length):
            i = gather_codes(
                *(data, shifts, lines[rows], rows, starts[rows], minus[rows]),
                *(table, alphabet.n_symbols, codes),
            )
            if i >= 0:
                row, plus = np.array([i]), np.zeros(1, dtype=bool)
                texts = self._texts(lines[row], starts[row], starts[row] + length, plus, row)
                self._raise_invalid(texts[0], table == INVALID_CODE, f"row {i}")
        return codes

    def _reverse_complement(self, text: str) -> str:
        table = self._file.complement
        sequence = text.encode("latin-1").translate(table.tobytes())[::-1]
        if 0 in sequence:
            self._raise_invalid(text, table == 0, "the interval")
        return sequence.decode("latin-1")

    def _raise_invalid(self, text: str, is_invalid: np.ndarray, where: str) -> NoReturn:
        character = next(x for x in text if is_invalid[ord(x)])
        raise ValueError(f"{where} holds {character!r} in {self.path}, which is not a nucleotide")

    def _texts(
        self,
        lines: np.ndarray,
        starts: np.ndarray,
        ends: np.ndarray,
        minus: np.ndarray,
        rows: np.ndarray,
    ) -> list[str]:
        """Read the sequences of windows, which are the rows `rows` of the user's arrays."""
        from skgenomics.genome._fasta_windows import gather_bases, reverse_complement_windows

        bounds = np.concatenate([[0], np.cumsum(ends - starts)])
        bases = np.empty(bounds[-1], dtype=np.uint8)
        for part, data, shifts in self._file.batches(lines, starts, ends):
            i = gather_bases(
                *(data, shifts, lines[part], part, starts[part], bounds), ord("N"), bases
            )
            if i >= 0:
                record = int((self._file.index.lines == lines[i]).all(axis=1).argmax())
                raise self._file.misfit(self.names[record])
        if minus.any():
            complement = self._file.complement
            i = reverse_complement_windows(bases, bounds, minus, complement)
            if i >= 0:
                text = bases[bounds[i] : bounds[i + 1]].tobytes().decode("latin-1")
                self._raise_invalid(text, complement == 0, f"row {rows[i]}")
        text = bases.tobytes().decode("latin-1")
        return [text[a:b] for a, b in pairwise(bounds.tolist())]

    def _lines(self, chroms, n: int) -> np.ndarray:
        """Length, offset, bases and width of the record of each row, int64 (n_intervals, 4)."""
        if isinstance(chroms, str):
            chroms = np.broadcast_to(np.array(chroms, dtype=object), n)
        numbers, names = pd.factorize(np.asarray(chroms, dtype=object))
        if len(numbers) != n:
            raise ValueError(f"there are {len(numbers)} chromosomes for {n} starts")
        if n and numbers.min() < 0:
            raise ValueError(f"row {numbers.argmin()} has no chromosome: fill it in or drop it")
        records = np.empty(len(names), dtype=np.int64)
        for i, name in enumerate(names):
            try:
                records[i] = self._file.records[self.resolve(name)]
            except ValueError as error:
                raise ValueError(f"row {(numbers == i).argmax()}: {error}") from None
            self._file.check_record(int(records[i]))
        return self._file.index.lines[records[numbers]]


def _check_same_length(starts: np.ndarray, **others: np.ndarray) -> None:
    for name, values in others.items():
        if len(values) != len(starts):
            raise ValueError(f"there are {len(values)} {name} for {len(starts)} starts")
