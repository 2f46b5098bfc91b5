"""Alphabets: the symbols of a sequence, their integer codes and their complements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

NUCLEIC_PAIRS = dict(zip("ACGTURYSWKMBDHVN", "TGCAAYRSWMKVHDBN", strict=True))
IUPAC_BASES = {"A": "A", "C": "C", "G": "G", "T": "T", "U": "T", "R": "AG", "Y": "CT", "S": "CG"}
IUPAC_BASES |= {"W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG"}
IUPAC_BASES |= {"N": "ACGT"}
INVALID_CODE = 255
# Two codes more, those of unknown symbols and of padding, and the invalid one fit into a byte.
_MAX_SYMBOLS = 253
_NUCLEIC_AMBIGUOUS = "NRYSWKMBDHV"
_PROTEIN_SYMBOLS = "ACDEFGHIKLMNPQRSTVWY"
_PROTEIN_AMBIGUOUS = "XBZJUO"
_NAMED_SYMBOLS = {"dna": "ACGT", "rna": "ACGU", "protein": _PROTEIN_SYMBOLS}
# Some of these words hold no character twice, so they would pass as alphabets of their own.
_MISNOMERS = {
    "dna": ("dnas", "cdna", "nucleotide", "nucleotides", "base", "bases", "nt"),
    "rna": ("rnas", "mrna", "ncrna"),
    "protein": ("proteins", "prot", "peptide", "peptides", "aminoacid", "aminoacids", "residues"),
}


@dataclass(frozen=True)
class Alphabet:
    """The symbols of a type of sequence, in the order of their codes.

    Use :func:`get_alphabet` rather than this constructor.

    Parameters
    ----------
    symbols : str
        The symbols; the code of a symbol is its index in this string.

    Attributes
    ----------
    n_symbols : int
        Number of symbols, C.
    is_nucleic : bool
        True for the bases of DNA or RNA: U and T are then the same base, IUPAC ambiguity codes
        are read as unknown, and sequences have a reverse complement.
    is_case_sensitive : bool
        True if upper and lower case are different symbols.
    ambiguous : str
        Characters that are valid in text and read as unknown.
    unknown_symbol : str
        Character that the code C is written as: "N" for nucleic acids, "X" for proteins.
    padding_code : int
        Code of the positions that pad a sequence to the length of longer ones, C + 1.
    complement : ndarray of shape (C + 2,), uint8
        Code of the complement of each code, those of unknown symbols and of padding included.
    code_table : bytes
        Code of each byte, for ``bytes.translate``; 255 marks an invalid character.
    symbol_table : bytes
        Symbol of each code, for ``bytes.translate``.

    Examples
    --------
    >>> from skgenomics.alphabets import get_alphabet
    >>> get_alphabet("rna").symbols
    'ACGU'
    """

    symbols: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.symbols) <= _MAX_SYMBOLS or not self.symbols.isascii():
            raise ValueError(
                f"an alphabet holds 1 to {_MAX_SYMBOLS} ASCII characters, got {self.symbols!r}; "
                "use 'dna', 'rna', 'protein' or a string of symbols such as 'ACGT'"
            )
        symbols = self.symbols if self.is_case_sensitive else self.symbols.upper()
        if len(set(symbols)) < len(symbols):
            raise ValueError(f"the alphabet {self.symbols!r} holds a symbol twice")

    @property
    def n_symbols(self) -> int:
        """Number of symbols, C."""
        return len(self.symbols)

    @property
    def padding_code(self) -> int:
        """Code of the positions behind the end of a sequence, C + 1."""
        return self.n_symbols + 1

    @property
    def is_case_sensitive(self) -> bool:
        """True if the alphabet has symbols of both cases, so that these are told apart."""
        return self.symbols != self.symbols.upper() and self.symbols != self.symbols.lower()

    @cached_property
    def is_nucleic(self) -> bool:
        """True if the symbols are bases, each of which has its complement among them."""
        if {"T", "U"} <= set(self.symbols.upper()):
            return False
        symbols = set(self.symbols.upper().replace("U", "T"))
        pairs = {NUCLEIC_PAIRS.get(symbol) for symbol in symbols}
        return set("ACGT") <= symbols and pairs == symbols

    @cached_property
    def ambiguous(self) -> str:
        """Characters that are read as unknown."""
        known = set(self.symbols.upper())
        if self.is_nucleic:
            return "".join(c for c in _NUCLEIC_AMBIGUOUS if c not in known)
        if known >= set(_PROTEIN_SYMBOLS):
            return "".join(c for c in _PROTEIN_AMBIGUOUS if c not in known)
        return next((c for c in "NX?" if c not in known), "")

    @cached_property
    def unknown_symbol(self) -> str:
        """Character for the unknown code C."""
        usual = "N" if self.is_nucleic else "X"
        if usual in self.ambiguous + self.symbols.upper():
            return usual
        return self.ambiguous[:1] or "-"

    @cached_property
    def complement(self) -> np.ndarray:
        """Code of the complement of each code, those of unknown and padding included."""
        if not self.is_nucleic:
            raise ValueError(
                f"the alphabet {self.symbols!r} has no complement; reverse complements need "
                "'dna', 'rna' or another order of their bases"
            )
        symbols = self.symbols.upper().replace("U", "T")
        pairs = (NUCLEIC_PAIRS[c].replace("U", "T") for c in symbols)
        own = self.n_symbols, self.padding_code
        return np.array([*map(symbols.index, pairs), *own], dtype=np.uint8)

    @cached_property
    def code_table(self) -> bytes:
        """Code of each byte; 255 marks an invalid character."""
        table = bytearray([INVALID_CODE]) * 256
        # Symbols come last: an ambiguity code that is a symbol of the alphabet has its own code.
        for symbol in self.ambiguous:
            self._set_code(table, symbol, self.n_symbols)
        for code, symbol in enumerate(self.symbols):
            self._set_code(table, symbol, code)
            if self.is_nucleic and symbol.upper() in "TU":
                self._set_code(table, "T", code)
                self._set_code(table, "U", code)
        return bytes(table)

    def _set_code(self, table: bytearray, symbol: str, code: int) -> None:
        for variant in {symbol} if self.is_case_sensitive else {symbol.upper(), symbol.lower()}:
            table[ord(variant)] = code

    @cached_property
    def symbol_table(self) -> bytes:
        """Symbol of each code; codes of C and above are unknown."""
        return self.symbols.encode().ljust(256, self.unknown_symbol.encode())


@lru_cache
def _alphabet(symbols: str) -> Alphabet:
    return Alphabet(symbols)


def get_alphabet(alphabet: str | Alphabet) -> Alphabet:
    """Look up an alphabet by its name or its symbols.

    Parameters
    ----------
    alphabet : str or Alphabet
        "dna", "rna" or "protein" in any case, or the symbols themselves in the order of their
        codes, such as "ACGT".

    Returns
    -------
    Alphabet
        The alphabet; an `Alphabet` is returned unchanged.

    Raises
    ------
    ValueError
        If the symbols are empty, too many, repeated or not ASCII, or if `alphabet` is a name
        that does not exist, such as "proteins".

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
            f"alphabet must be 'dna', 'rna', 'protein' or a string of symbols, got {alphabet!r}"
        )
    _check_no_misnomer(alphabet)
    return _alphabet(_NAMED_SYMBOLS.get(alphabet.lower(), alphabet))


@lru_cache
def _check_no_misnomer(alphabet: str) -> None:
    word = alphabet.lower().translate(str.maketrans("", "", " _-"))
    for name, misnomers in _MISNOMERS.items():
        if word in misnomers or (word == name and word != alphabet.lower()):
            raise ValueError(
                f"alphabet={alphabet!r} is not the name of an alphabet; did you mean {name!r}? "
                "Names are 'dna', 'rna' and 'protein'; any other string lists the symbols, such "
                "as 'ACGT'"
            )
