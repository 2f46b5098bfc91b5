"""An opened FASTA file: its bytes, its index, and how its letters pair."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skgenomics.alphabets import NUCLEIC_PAIRS
from skgenomics.genome._fasta_index import FastaIndex, read_index
from skgenomics.genome._fasta_sources import ArraySource, Batch, BgzfSource, open_source

_FIRST_LETTERS = 2**16


class OpenFasta(NamedTuple):
    """What a genome reads from; `records` are the rows of its chromosomes in the index.

    `resolved` remembers the names in the file of the chromosomes that were asked for, and
    `complement` holds the partner of each letter, 0 where there is none.
    """

    source: ArraySource | BgzfSource
    index: FastaIndex
    records: dict[str, int]
    resolved: dict[str, str]
    complement: np.ndarray

    def batches(self, lines: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Windows, with the bytes that they need, some at a time."""
        length, offset, bases, width = lines.T
        first = np.clip(starts, 0, length)
        last = np.clip(ends, first, length)
        bases = np.maximum(bases, 1)
        begins = offset + first // bases * width + first % bases
        stops = offset + (last - 1) // bases * width + (last - 1) % bases + 1
        return self.source.batches(begins, np.where(last > first, stops, begins))


def open_fasta(path: Path) -> OpenFasta:
    """Open a FASTA file and its index."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no FASTA file at {path} any more")
    source = open_source(path)
    index = read_index(path, source)
    records = {name: i for i, name in enumerate(index.names)}
    return OpenFasta(source, index, records, {}, _complement(_is_rna(source, index)))


def _is_rna(source: ArraySource | BgzfSource, index: FastaIndex) -> bool:
    """Whether A pairs with U, by the first letters of the longest record."""
    length, offset, _, _ = index.lines[index.lines[:, 0].argmax()].tolist()
    letters = source.read(offset, offset + min(length, _FIRST_LETTERS)).upper()
    return b"U" in letters and b"T" not in letters


@lru_cache
def _complement(rna: bool) -> np.ndarray:
    table = np.zeros(256, dtype=np.uint8)
    for letter, partner in (NUCLEIC_PAIRS | ({"A": "U"} if rna else {})).items():
        table[ord(letter)] = ord(partner)
        table[ord(letter.lower())] = ord(partner.lower())
    return table
