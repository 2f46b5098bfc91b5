"""Random access to the sequences of a genome."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.alphabets import INVALID_CODE, get_alphabet
from skgenomics.genome._coordinates import are_minus, as_integers, is_minus
from skgenomics.genome._fasta_file import OpenFasta, open_fasta
from skgenomics.genome.chromosomes import match_chromosome, same_chromosomes

# Letters that are gathered at a time: few enough to stay in the cache of the processor.
_BATCH = 2**22


class Genome:
    """A FASTA file from which any stretch of a chromosome is read at once.

    Coordinates are 0-based and half-open, as in BED files. What lies past either end of a
    chromosome is read as "N".

    Parameters
    ----------
    path : str or Path
        FASTA file, plain, compressed by bgzip (read by blocks) or by gzip (read into memory as a
        whole). The index beside it, with the ending ".fai", is used if it fits the file; else an
        index is made, and written there if the folder may be written to.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    The file is opened when something is first read, and mapped into memory: processes that share
    a Genome, forked or pickled, get the same letters, and a pickle holds nothing but the path. A
    file must not be overwritten while it is in use.

    Names of chromosomes are reconciled by :func:`~skgenomics.genome.match_chromosome`, so that
    "1" finds "chr1" and "chrM" finds "MT".

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import Genome
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "genome.fa"
    >>> _ = path.write_text(">chr1\\nACGTA\\nccG\\n>chrM\\nTTT\\n")
    >>> genome = Genome(path)
    >>> genome.lengths
    {'chr1': 8, 'chrM': 3}
    >>> genome.fetch("1", 3, 7), genome.fetch("1", 3, 7, "-"), genome.fetch("MT", 1, 5)
    ('TAcc', 'ggTA', 'TTNN')
    >>> genome.codes(["chr1", "chr1"], [3, 3], 4, ["+", "-"])
    array([[3, 0, 1, 1],
           [2, 2, 3, 0]], dtype=uint8)
    >>> del genome
    >>> folder.cleanup()
    """

    def __init__(self, path: str | Path):
        if not Path(path).is_file():
            raise FileNotFoundError(f"there is no FASTA file at {path}")
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Genome({str(self.path)!r})"

    def __getstate__(self) -> dict:
        return {"path": self.path}

    @cached_property
    def _file(self) -> OpenFasta:
        """The file, opened when it is first read; not part of a pickle."""
        return open_fasta(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chromosomes, in the order of the file."""
        return self._file.index.names

    @property
    def lengths(self) -> dict[str, int]:
        """Number of letters of each chromosome."""
        return dict(zip(self.names, self._file.index.lines[:, 0].tolist(), strict=True))

    def __contains__(self, chrom: str) -> bool:
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

        Raises
        ------
        ValueError
            If there is no such chromosome; the message tells the nearest names.
        """
        if chrom not in self._file.resolved:
            names = (chrom,) if chrom in self._file.records else self.names
            self._file.resolved[chrom] = match_chromosome(chrom, names, source=str(self.path))
        return self._file.resolved[chrom]

    def lengths_of(self, chroms: Sequence[str]) -> np.ndarray:
        """Tell the length of the chromosome of each row.

        Parameters
        ----------
        chroms : sequence of str of shape (n,)
            Names of chromosomes.

        Returns
        -------
        ndarray of shape (n,), int64

        Raises
        ------
        ValueError
            If there is no such chromosome; the message names the row.
        """
        return self._lines(chroms, len(chroms))[:, 0]

    def fetch(self, chrom: str, start: int, end: int, strand: str = "+") -> str:
        """Read one stretch.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        start, end : int
            From the base `start` up to, but not including, `end`; counted from 0.
        strand : {"+", "-", "."}, default="+"
            "-" reads the other strand, from `end` to `start`.

        Returns
        -------
        str
            The letters as they are in the file, lower case for masked repeats; "N" past the ends.

        Raises
        ------
        ValueError
            If the chromosome or the strand is unknown, or `start` is behind `end`.
        """
        if start > end:
            raise ValueError(f"{chrom}:{start}-{end} starts behind its end")
        record = self._file.records[self.resolve(chrom)]
        length, offset, bases, width = self._file.index.lines[record].tolist()
        first = min(max(start, 0), length)
        last = max(min(end, length), first)
        symbols = b""
        if last > first:
            begin = offset + first // bases * width + first % bases
            stop = offset + (last - 1) // bases * width + (last - 1) % bases + 1
            symbols = self._file.source.read(begin, stop).translate(None, b"\r\n")
        left = min(max(-start, 0), end - start)
        text = "N" * left + symbols.decode("latin-1") + "N" * (end - start - left - len(symbols))
        return self._turn(text) if is_minus(strand) else text

    def fetch_many(
        self,
        chroms: str | Sequence[str],
        starts: Sequence[int],
        ends: Sequence[int],
        strands: str | Sequence[str] | None = None,
    ) -> np.ndarray:
        """Read many stretches.

        Parameters
        ----------
        chroms : str or sequence of str of shape (n,)
            Chromosomes, or one for all.
        starts, ends : sequence of int of shape (n,)
            Coordinates, as in :meth:`fetch`.
        strands : str or sequence of str of shape (n,), optional
            Strands, or one for all; by default "+".

        Returns
        -------
        ndarray of shape (n,), object
            Sequences as str, letters as they are in the file.

        Raises
        ------
        ValueError
            As :meth:`fetch`; the message names the row.
        """
        starts, ends = as_integers(starts, "start"), as_integers(ends, "end")
        _check_same_length(starts, ends=ends)
        if (starts > ends).any():
            i = int((starts > ends).argmax())
            raise ValueError(f"row {i}, from {starts[i]} to {ends[i]}, starts behind its end")
        lines = self._lines(chroms, len(starts))
        minus = are_minus(strands, len(starts))
        _check_same_length(starts, strands=minus)
        sequences = np.empty(len(starts), dtype=object)
        # In the order of the file, so that a batch needs only a stretch of it.
        order = np.argsort(lines[:, 1] + starts, kind="stable")
        batch = np.cumsum((ends - starts)[order]) // _BATCH
        bounds = np.flatnonzero(np.diff(batch, prepend=-1, append=-1))
        for low, high in pairwise(bounds):
            rows = order[low:high]
            sequences[rows] = self._texts(lines[rows], starts[rows], ends[rows], minus[rows], rows)
        return sequences

    def codes(
        self,
        chroms: str | Sequence[str],
        starts: Sequence[int],
        length: int,
        strands: str | Sequence[str] | None = None,
    ) -> np.ndarray:
        """Read many windows of one length as codes, without a text in between.

        Parameters
        ----------
        chroms : str or sequence of str of shape (n,)
            Chromosomes, or one for all.
        starts : sequence of int of shape (n,)
            First base of each window on the "+" strand, counted from 0.
        length : int
            Number of bases of a window.
        strands : str or sequence of str of shape (n,), optional
            Strands, or one for all; by default "+".

        Returns
        -------
        ndarray of shape (n, length), uint8
            Codes of "ACGT"; 4 for other letters, and past the ends of a chromosome.

        Raises
        ------
        ValueError
            As :meth:`fetch_many`, and if a window holds a letter that is none of nucleic acids.
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
                self._raise_strange(texts[0], table == INVALID_CODE, f"row {i}")
        return codes

    def _turn(self, text: str) -> str:
        table = self._file.complement
        turned = text.encode("latin-1").translate(table.tobytes())[::-1]
        if 0 in turned:
            self._raise_strange(text, table == 0, "the stretch")
        return turned.decode("latin-1")

    def _raise_strange(self, text: str, is_strange: np.ndarray, where: str) -> None:
        symbol = next(symbol for symbol in text if is_strange[ord(symbol)])
        raise ValueError(
            f"{where} holds {symbol!r} in {self.path}, which is no letter of nucleic acids"
        )

    def _texts(self, lines, starts, ends, minus, rows: np.ndarray) -> list[str]:
        """The sequences of some windows, which are the rows `rows` of what the user asked for."""
        from skgenomics.genome._fasta_windows import gather_symbols, turn_around

        places = np.concatenate([[0], np.cumsum(ends - starts)])
        symbols = np.empty(places[-1], dtype=np.uint8)
        for part, data, shifts in self._file.batches(lines, starts, ends):
            gather_symbols(
                *(data, shifts, lines[part], part, starts[part], places), ord("N"), symbols
            )
        if minus.any():
            complement = self._file.complement
            i = turn_around(symbols, places, minus, complement)
            if i >= 0:
                text = symbols[places[i] : places[i + 1]].tobytes().decode("latin-1")
                self._raise_strange(text, complement == 0, f"row {rows[i]}")
        text = symbols.tobytes().decode("latin-1")
        bounds = places.tolist()
        return [text[a:b] for a, b in pairwise(bounds)]

    def _lines(self, chroms, n: int) -> np.ndarray:
        """Length, offset, bases and width of the record of each row, int64 (n, 4)."""
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
        return self._file.index.lines[records[numbers]]


def _check_same_length(starts: np.ndarray, **others: np.ndarray) -> None:
    for name, values in others.items():
        if len(values) != len(starts):
            raise ValueError(f"there are {len(values)} {name} for {len(starts)} starts")
