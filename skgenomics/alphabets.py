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
_PROTEIN_LETTERS = "ACDEFGHIKLMNPQRSTVWY"
_PROTEIN_AMBIGUOUS = "XBZJUO"
_NAMED_LETTERS = {"dna": "ACGT", "rna": "ACGU", "protein": _PROTEIN_LETTERS}
INVALID_CODE = 255


@dataclass(frozen=True)
class Alphabet:
    """The letters of a kind of sequence, in the order of their codes.

    Use :func:`get_alphabet` rather than this constructor.

    Parameters
    ----------
    letters : str
        The letters; the code of a letter is its place in this string.

    Attributes
    ----------
    n_letters : int
        Number of letters, C.
    is_nucleic : bool
        Whether the letters are those of DNA or RNA, so that U and T are the same letter, IUPAC
        ambiguity letters are read as unknown, and there is a reverse complement.
    ambiguous : str
        Letters that are valid in a text and read as unknown.
    unknown_letter : str
        What the code C is written as: "N" for nucleic acids, "X" for proteins.

    Examples
    --------
    >>> from skgenomics.alphabets import get_alphabet
    >>> get_alphabet("rna").letters
    'ACGU'
    """

    letters: str

    def __post_init__(self):
        if not 1 <= len(self.letters) <= 254 or not self.letters.isascii():
            raise ValueError(
                f"an alphabet holds 1 to 254 ASCII letters, got {self.letters!r}; "
                "use 'dna', 'rna', 'protein' or a string such as 'ACGT'"
            )
        letters = self.letters if self.is_case_sensitive else self.letters.upper()
        if len(set(letters)) < len(letters):
            raise ValueError(f"the alphabet {self.letters!r} holds a letter twice")

    @property
    def n_letters(self) -> int:
        return len(self.letters)

    @property
    def is_case_sensitive(self) -> bool:
        """Whether upper and lower case are different letters: both occur in the alphabet."""
        return self.letters != self.letters.upper() and self.letters != self.letters.lower()

    @cached_property
    def is_nucleic(self) -> bool:
        if {"T", "U"} <= set(self.letters.upper()):
            return False
        letters = set(self.letters.upper().replace("U", "T"))
        pairs = {NUCLEIC_PAIRS.get(letter) for letter in letters}
        return set("ACGT") <= letters and pairs == letters

    @cached_property
    def ambiguous(self) -> str:
        known = set(self.letters.upper())
        if self.is_nucleic:
            return "".join(c for c in _NUCLEIC_AMBIGUOUS if c not in known)
        if known >= set(_PROTEIN_LETTERS):
            return "".join(c for c in _PROTEIN_AMBIGUOUS if c not in known)
        return next((c for c in "NX?" if c not in known), "")

    @cached_property
    def unknown_letter(self) -> str:
        usual = "N" if self.is_nucleic else "X"
        return (
            usual if usual in self.ambiguous + self.letters.upper() else self.ambiguous[:1] or "-"
        )

    @cached_property
    def complement(self) -> np.ndarray:
        """Code of the complement of each code, shape (C + 1,), unknown included."""
        if not self.is_nucleic:
            raise ValueError(
                f"the alphabet {self.letters!r} has no complement; reverse complements need "
                "'dna', 'rna' or another order of their letters"
            )
        letters = self.letters.upper().replace("U", "T")
        pairs = (NUCLEIC_PAIRS[c].replace("U", "T") for c in letters)
        return np.array([*map(letters.index, pairs), self.n_letters], dtype=np.uint8)

    @cached_property
    def code_table(self) -> bytes:
        """Code of every byte, for ``bytes.translate``; 255 marks an invalid letter."""
        table = bytearray([INVALID_CODE]) * 256
        for letter in self.ambiguous:
            self._put(table, letter, self.n_letters)
        for code, letter in enumerate(self.letters):
            self._put(table, letter, code)
            if self.is_nucleic and letter.upper() in "TU":
                self._put(table, "T", code)
                self._put(table, "U", code)
        return bytes(table)

    def _put(self, table: bytearray, letter: str, code: int) -> None:
        for form in {letter} if self.is_case_sensitive else {letter.upper(), letter.lower()}:
            table[ord(form)] = code

    @cached_property
    def letter_table(self) -> bytes:
        """Letter of every code, for ``bytes.translate``; beyond C all are unknown."""
        return self.letters.encode().ljust(256, self.unknown_letter.encode())


@lru_cache
def _alphabet(letters: str) -> Alphabet:
    return Alphabet(letters)


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
    >>> get_alphabet("protein").n_letters
    20
    """
    if isinstance(alphabet, Alphabet):
        return alphabet
    if not isinstance(alphabet, str):
        raise ValueError(
            f"alphabet must be 'dna', 'rna', 'protein' or a string of letters, got {alphabet!r}"
        )
    return _alphabet(_NAMED_LETTERS.get(alphabet.lower(), alphabet))
