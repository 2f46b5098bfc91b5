"""Conversion of sequences to the tokens of a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from skgenomics.alphabets import Alphabet

# Marks padding in arrays of tokens; the padding tokens of checkpoints differ.
PADDING = -1
_PROBE_LENGTH = 120
_KNOWN_SHARE = 0.95
# Characters that are not IUPAC nucleotide codes, but occur in vocabularies of proteins and text.
_NOT_NUCLEIC = set("EFLPQ")
# Prefixes by which tokenizers mark the beginning or the continuation of a word.
_MARKS = ("##", "\u2581", "\u0120")


@dataclass(frozen=True)
class TextFormat:
    """Text format in which a tokenizer expects sequences.

    Parameters
    ----------
    k : int
        Length of overlapping words separated by spaces; 0 for sequences without spaces.
    thymine : {"T", "U"} or None
        Symbol of thymine and uracil; None for sequences that are not nucleic acids.
    is_lower : bool
        Whether sequences are written in lower case.
    """

    k: int = 0
    thymine: str | None = None
    is_lower: bool = False

    def write(self, text: str) -> str:
        """Convert a sequence in upper case to this format."""
        if self.thymine is not None:
            text = text.replace("T" if self.thymine == "U" else "U", self.thymine)
        if self.is_lower:
            text = text.lower()
        if not self.k:
            return text
        return " ".join(text[i : i + self.k] for i in range(len(text) - self.k + 1))


@dataclass
class SequenceTokens:
    """A tokenizer with the text format and the special tokens that it needs.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Tokenizer of a checkpoint.
    alphabet : Alphabet
        Alphabet of the sequences.

    Raises
    ------
    ValueError
        If the tokenizer does not know the alphabet.
    """

    tokenizer: Any
    alphabet: Alphabet
    text_format: TextFormat = field(init=False)
    prefix: list[int] = field(init=False)
    suffix: list[int] = field(init=False)
    drops_unknown: bool = field(init=False)

    def __post_init__(self):
        self.text_format = self._find_text_format()
        self.prefix, self.suffix = self._find_special_tokens()
        self.drops_unknown = not self.encode([self._unknown * max(1, self.text_format.k)])[0]

    @property
    def pad(self) -> int:
        """Token to fill up with, which the attention mask hides."""
        return self.tokenizer.pad_token_id or 0

    @property
    def n_special(self) -> int:
        """Number of special tokens around a sequence."""
        return len(self.prefix) + len(self.suffix)

    @property
    def _unknown(self) -> str:
        return self.alphabet.unknown_symbol

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize sequences in upper case, without special tokens."""
        return self._encode([self.text_format.write(text) for text in texts])

    def add_special_tokens(self, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """Add the special tokens at both ends of a sequence."""
        return np.array([*self.prefix, *tokens, *self.suffix], dtype=np.int32)

    def probe(self) -> str:
        """Give a sequence in which all symbols occur."""
        symbols = list(self.alphabet.symbols.upper())
        drawn = np.random.default_rng(0).choice(symbols, _PROBE_LENGTH)
        return "".join([*symbols, *drawn])

    def spans(self, text: str, tokens: Sequence[int]) -> np.ndarray:
        """Find the start and end of each token in its sequence, of shape (n_tokens, 2).

        Raises
        ------
        ValueError
            If the tokens do not spell the sequence.
        """
        if self.text_format.k:
            starts = np.arange(len(tokens))
            ends = starts + self.text_format.k
            length = len(tokens) + self.text_format.k - 1 if len(tokens) else 0
        else:
            words = self.tokenizer.convert_ids_to_tokens(list(tokens))
            lengths = [self._word_length(word) for word in words]
            ends = np.cumsum(lengths, dtype=int)
            starts, length = ends - lengths, sum(lengths)
        if length != len(text):
            raise ValueError(
                f"{type(self.tokenizer).__name__} converts a sequence of length {len(text)} to "
                f"{len(tokens)} tokens of length {length} in total, so that tokens cannot be "
                "aligned with positions"
            )
        return np.stack([starts, ends], axis=1)

    def words(self) -> dict[str, int]:
        """Give the tokens that are words of the alphabet in upper case, and their ids."""
        symbols = self.alphabet.symbols.upper()
        found = {}
        for word, token in self.tokenizer.get_vocab().items():
            plain = self._strip_marks(word).upper()
            if self.alphabet.is_nucleic:
                plain = plain.replace("U", "T") if "T" in symbols else plain.replace("T", "U")
            if plain and set(plain) <= set(symbols):
                found[plain] = token
        return found

    def _word_length(self, word: str) -> int:
        # An unknown token stands for a single symbol: N is the only one that is not in the
        # vocabulary of a tokenizer that knows the alphabet.
        return 1 if word == self.tokenizer.unk_token else len(self._strip_marks(word))

    def _strip_marks(self, word: str) -> str:
        for mark in _MARKS:
            word = word.removeprefix(mark)
        return word

    def _encode(self, texts: list[str]) -> list[list[int]]:
        tokens = self.tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, verbose=False
        )
        return tokens["input_ids"]

    def _find_text_format(self) -> TextFormat:
        words = self._words()
        if self.alphabet.is_nucleic and words >= _NOT_NUCLEIC:
            raise ValueError(
                f"the vocabulary of the checkpoint has {', '.join(sorted(_NOT_NUCLEIC))}, which "
                "are not nucleotides: it is one of proteins or of text; choose a checkpoint of "
                "DNA, or alphabet='protein' for protein sequences"
            )
        lengths = {len(word) for word in words if word and set(word) <= set("ACGTU")}
        only_length = lengths.pop() if len(lengths) == 1 else 1
        thymine = ("T", "U") if self.alphabet.is_nucleic else (None,)
        for setting in product((0, only_length), thymine, (False, True)):
            if self._knows(TextFormat(*setting).write(self.probe())):
                return TextFormat(*setting)
        raise ValueError(
            f"the checkpoint does not know the symbols {self.alphabet.symbols}: its tokenizer "
            f"({type(self.tokenizer).__name__}, {len(self.tokenizer)} tokens) converts them to "
            "unknown tokens; choose a checkpoint of this alphabet"
        )

    def _words(self) -> set[str]:
        """Give the vocabulary in upper case, without marks and special tokens."""
        special = set(self.tokenizer.all_special_tokens)
        words = set(self.tokenizer.get_vocab()) - special
        return {self._strip_marks(word).upper() for word in words}

    def _knows(self, text: str) -> bool:
        tokens = self._encode([text])[0]
        n_unknown = sum(token == self.tokenizer.unk_token_id for token in tokens)
        return bool(tokens) and 1 - n_unknown / len(tokens) >= _KNOWN_SHARE

    def _find_special_tokens(self) -> tuple[list[int], list[int]]:
        """Find the special tokens that the tokenizer puts at both ends of a sequence."""
        text = self.text_format.write(self.probe())
        inner, whole = self._encode([text])[0], self.tokenizer(text, verbose=False)["input_ids"]
        for start in range(len(whole) - len(inner) + 1):
            if whole[start : start + len(inner)] == inner:
                return whole[:start], whole[start + len(inner) :]
        raise ValueError(
            f"{type(self.tokenizer).__name__} puts special tokens inside of sequences, which is "
            "not supported"
        )


def stack_windows(
    rows: list[list[int]], tokens: SequenceTokens, limit: int | None, *, splits: bool, name: str
) -> np.ndarray:
    """Arrange tokens in one array, with special tokens.

    Parameters
    ----------
    rows : list of list of int
        Tokens of each sequence.
    tokens : SequenceTokens
        Tokenizer.
    limit : int or None
        Maximum number of tokens of a window, special ones included; None for no limit.
    splits : bool
        If True, longer sequences are split into windows of about equal size.
    name : str
        Name of the checkpoint, for errors.

    Returns
    -------
    ndarray of shape (n_samples, n_windows, n_tokens), dtype int32
        Tokens, with `PADDING` at the end of windows and in the missing windows of a sequence.

    Raises
    ------
    ValueError
        If a sequence has no tokens, or more than fit and `splits` is False.
    """
    room = None if limit is None else limit - tokens.n_special
    windows = []
    for i, row in enumerate(rows):
        if not row:
            raise ValueError(
                f"sequence {i} gives no tokens: it is empty, or shorter than a token of {name!r}"
            )
        if room is not None and len(row) > room and not splits:
            raise ValueError(
                f"sequence {i} gives {len(row) + tokens.n_special} tokens, special ones included, "
                f"but {name!r} reads {limit} at a time; set overflow='windows' to average over "
                "windows, crop the sequence, or raise max_tokens if the model can take it"
            )
        n_windows = 1 if room is None else -(-len(row) // room)
        windows.append([tokens.add_special_tokens(part) for part in np.array_split(row, n_windows)])
    shape = max(map(len, windows)), max(len(part) for parts in windows for part in parts)
    stacked = np.full((len(rows), *shape), PADDING, dtype=np.int32)
    for i, parts in enumerate(windows):
        for j, part in enumerate(parts):
            stacked[i, j, : len(part)] = part
    return stacked
