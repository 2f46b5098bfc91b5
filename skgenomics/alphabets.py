"""Alphabets: which letters there are, what their codes are, and which letters pair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

NUCLEIC_PAIRS = dict(zip("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN", strict=True))
IUPAC_BASES = {"A": "A", "C": "C", "G": "G", "T": "T", "U": "T", "R": "AG", "Y": "CT", "S": "CG"}
IUPAC_BASES |= {"W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG"}
IUPAC_BASES |= {"N": "ACGT"}
_NUCLEIC_AMBIGUOUS = "NRYSWKMBDHV"
_PROTEIN_SYMBOLS = "ACDEFGHIKLMNPQRSTVWY"
_PROTEIN_AMBIGUOUS = "XBZJUO"
_NAMED_SYMBOLS = {"dna": "ACGT", "rna": "ACGU", "protein": _PROTEIN_SYMBOLS}
INVALID_CODE = 255


@dataclass(frozen=True)
class Alphabet:
    """The letters of a kind of sequence, in the order of their codes.

    Use :func:`get_alphabet` rather than this constructor.

    Parameters
    ----------
    symbols : str
        The letters; the code of a letter is its place in this string.

    Attributes
    ----------
    n_symbols : int
        Number of letters, C.
    is_nucleic : bool
        Whether the letters are those of DNA or RNA, so that U and T are the same letter, IUPAC
        ambiguity letters are read as unknown, and there is a reverse complement.
    ambiguous : str
        Letters that are valid in a text and read as unknown.
    unknown_symbol : str
        What the code C is written as: "N" for nucleic acids, "X" for proteins.

    Examples
    --------
    >>> from skgenomics.alphabets import get_alphabet
    >>> get_alphabet("rna").symbols
    'ACGU'
    """

    symbols: str

    def __post_init__(self):
        if not 1 <= len(self.symbols) <= 254 or not self.symbols.isascii():
            raise ValueError(
                f"an alphabet holds 1 to 254 ASCII letters, got {self.symbols!r}; "
                "use 'dna', 'rna', 'protein' or a string such as 'ACGT'"
            )
        symbols = self.symbols if self.is_case_sensitive else self.symbols.upper()
        if len(set(symbols)) < len(symbols):
            raise ValueError(f"the alphabet {self.symbols!r} holds a letter twice")

    @property
    def n_symbols(self) -> int:
        return len(self.symbols)

    @property
    def is_case_sensitive(self) -> bool:
        """Whether upper and lower case are different letters: both occur in the alphabet."""
        return self.symbols != self.symbols.upper() and self.symbols != self.symbols.lower()

    @cached_property
    def is_nucleic(self) -> bool:
        if {"T", "U"} <= set(self.symbols.upper()):
            return False
        symbols = set(self.symbols.upper().replace("U", "T"))
        pairs = {NUCLEIC_PAIRS.get(symbol) for symbol in symbols}
        return set("ACGT") <= symbols and pairs == symbols

    @cached_property
    def ambiguous(self) -> str:
        known = set(self.symbols.upper())
        if self.is_nucleic:
            return "".join(c for c in _NUCLEIC_AMBIGUOUS if c not in known)
        if known >= set(_PROTEIN_SYMBOLS):
            return "".join(c for c in _PROTEIN_AMBIGUOUS if c not in known)
        return next((c for c in "NX?" if c not in known), "")

    @cached_property
    def unknown_symbol(self) -> str:
        usual = "N" if self.is_nucleic else "X"
        return (
            usual if usual in self.ambiguous + self.symbols.upper() else self.ambiguous[:1] or "-"
        )

    @cached_property
    def complement(self) -> np.ndarray:
        """Code of the complement of each code, shape (C + 1,), unknown included."""
        if not self.is_nucleic:
            raise ValueError(
                f"the alphabet {self.symbols!r} has no complement; reverse complements need "
                "'dna', 'rna' or another order of their letters"
            )
        symbols = self.symbols.upper().replace("U", "T")
        pairs = (NUCLEIC_PAIRS[c].replace("U", "T") for c in symbols)
        return np.array([*map(symbols.index, pairs), self.n_symbols], dtype=np.uint8)

    @cached_property
    def code_table(self) -> bytes:
        """Code of every byte, for ``bytes.translate``; 255 marks an invalid letter."""
        table = bytearray([INVALID_CODE]) * 256
        for symbol in self.ambiguous:
            self._put(table, symbol, self.n_symbols)
        for code, symbol in enumerate(self.symbols):
            self._put(table, symbol, code)
            if self.is_nucleic and symbol.upper() in "TU":
                self._put(table, "T", code)
                self._put(table, "U", code)
        return bytes(table)

    def _put(self, table: bytearray, symbol: str, code: int) -> None:
        for form in {symbol} if self.is_case_sensitive else {symbol.upper(), symbol.lower()}:
            table[ord(form)] = code

    @cached_property
    def symbol_table(self) -> bytes:
        """Letter of every code, for ``bytes.translate``; beyond C all are unknown."""
        return self.symbols.encode().ljust(256, self.unknown_symbol.encode())


@lru_cache
def _alphabet(symbols: str) -> Alphabet:
    return Alphabet(symbols)


def get_alphabet(alphabet: str | Alphabet) -> Alphabet:
    """Look an alphabet up.

    Parameters
    ----------
    alphabet : str or Alphabet
        "dna", "rna" or "protein" in any case, or the letters themselves in the order of their
        codes, such as "ACGT".

    Returns
    -------
    Alphabet

    Raises
    ------
    ValueError
        If the letters are empty, too many, repeated or not ASCII.

    Examples
    --------
    >>> from skgenomics.alphabets import get_alphabet
    >>> get_alphabet("protein").n_symbols
    20
    """
    if isinstance(alphabet, Alphabet):
        return alphabet
    if not isinstance(alphabet, str):
        raise ValueError(
            f"alphabet must be 'dna', 'rna', 'protein' or a string of letters, got {alphabet!r}"
        )
    return _alphabet(_NAMED_SYMBOLS.get(alphabet.lower(), alphabet))
