"""Sequences as the tokenizer of a checkpoint wants them written, and as rows of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from skgenomics.alphabets import Alphabet

# Stands behind the tokens of a sequence; checkpoints have padding tokens of their own.
PADDING = -1
_PROBE_LENGTH = 120
_KNOWN_SHARE = 0.95
# Letters of proteins and of words that stand for no nucleotide, not even an ambiguous one.
_FOREIGN = set("EFLPQ")
# How tokenizers mark the beginning or the inside of a word.
_MARKS = ("##", "\u2581", "\u0120")


@dataclass(frozen=True)
class Spelling:
    """How sequences are written for a tokenizer.

    Parameters
    ----------
    k : int
        Length of words that overlap and have spaces between them; 0 for the letters as they are.
    thymine : {"T", "U"} or None
        How thymine and uracil are written; None for sequences that are no nucleic acids.
    is_lower : bool
        Whether letters are small.
    """

    k: int = 0
    thymine: str | None = None
    is_lower: bool = False

    def write(self, text: str) -> str:
        """Write a sequence of capital letters."""
        if self.thymine is not None:
            text = text.replace("T" if self.thymine == "U" else "U", self.thymine)
        if self.is_lower:
            text = text.lower()
        if not self.k:
            return text
        return " ".join(text[i : i + self.k] for i in range(len(text) - self.k + 1))


@dataclass
class SequenceTokens:
    """A tokenizer together with how it wants sequences to be written.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer of a checkpoint.
    alphabet : Alphabet
        Letters that sequences consist of.

    Raises
    ------
    ValueError
        If the tokenizer does not know the letters.
    """

    tokenizer: Any
    alphabet: Alphabet
    spelling: Spelling = field(init=False)
    prefix: list[int] = field(init=False)
    suffix: list[int] = field(init=False)
    drops_unknown: bool = field(init=False)

    def __post_init__(self):
        self.spelling = self._find_spelling()
        self.prefix, self.suffix = self._find_frame()
        self.drops_unknown = not self.encode([self._unknown * max(1, self.spelling.k)])[0]

    @property
    def pad(self) -> int:
        """A token to fill up with; no model looks at it."""
        return self.tokenizer.pad_token_id or 0

    @property
    def n_special(self) -> int:
        """Number of special tokens around a sequence."""
        return len(self.prefix) + len(self.suffix)

    @property
    def _unknown(self) -> str:
        return self.alphabet.unknown_symbol

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of sequences of capital letters, without special ones around them."""
        return self._encode([self.spelling.write(text) for text in texts])

    def frame(self, tokens: Sequence[int]) -> np.ndarray:
        """Put the special tokens around those of a sequence."""
        return np.array([*self.prefix, *tokens, *self.suffix], dtype=np.int32)

    def probe(self) -> str:
        """A sequence in which all letters occur."""
        symbols = list(self.alphabet.symbols.upper())
        drawn = np.random.default_rng(0).choice(symbols, _PROBE_LENGTH)
        return "".join([*symbols, *drawn])

    def _encode(self, texts: list[str]) -> list[list[int]]:
        tokens = self.tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, verbose=False
        )
        return tokens["input_ids"]

    def _find_spelling(self) -> Spelling:
        words = self._words()
        foreign = _FOREIGN & words
        if self.alphabet.is_nucleic and foreign == _FOREIGN:
            raise ValueError(
                f"the vocabulary of the checkpoint has the letters {', '.join(sorted(foreign))}, "
                "which are no nucleotides: it is one of proteins or of words; choose a checkpoint "
                "of DNA, or alphabet='protein' for sequences of proteins"
            )
        lengths = {len(word) for word in words if word and set(word) <= set("ACGTU")}
        only_length = lengths.pop() if len(lengths) == 1 else 1
        thymine = ("T", "U") if self.alphabet.is_nucleic else (None,)
        for setting in product((0, only_length), thymine, (False, True)):
            if self._knows(Spelling(*setting).write(self.probe())):
                return Spelling(*setting)
        raise ValueError(
            f"the checkpoint does not know the letters {self.alphabet.symbols}: its tokenizer "
            f"({type(self.tokenizer).__name__}, {len(self.tokenizer)} tokens) makes unknown tokens "
            "of them; choose a checkpoint of this alphabet"
        )

    def _words(self) -> set[str]:
        """The vocabulary in capital letters, marks and special tokens aside."""
        special = set(self.tokenizer.all_special_tokens)
        words = set(self.tokenizer.get_vocab()) - special
        for mark in _MARKS:
            words = {word.removeprefix(mark) for word in words}
        return {word.upper() for word in words}

    def _knows(self, text: str) -> bool:
        tokens = self._encode([text])[0]
        n_unknown = sum(token == self.tokenizer.unk_token_id for token in tokens)
        return bool(tokens) and 1 - n_unknown / len(tokens) >= _KNOWN_SHARE

    def _find_frame(self) -> tuple[list[int], list[int]]:
        """Special tokens that the tokenizer puts in front of a sequence, and behind it."""
        text = self.spelling.write(self.probe())
        inner, whole = self._encode([text])[0], self.tokenizer(text, verbose=False)["input_ids"]
        for start in range(len(whole) - len(inner) + 1):
            if whole[start : start + len(inner)] == inner:
                return whole[:start], whole[start + len(inner) :]
        raise ValueError(
            f"{type(self.tokenizer).__name__} puts special tokens into the middle of sequences, "
            "which cannot be told from those of letters"
        )


def stack_windows(
    rows: list[list[int]], tokens: SequenceTokens, limit: int | None, *, splits: bool, name: str
) -> np.ndarray:
    """Lay out tokens, special ones around them, as one array.

    Parameters
    ----------
    rows : list of list of int
        Tokens of each sequence.
    tokens : SequenceTokens
        What they come from.
    limit : int or None
        Most tokens that the model reads at a time, special ones included.
    splits : bool
        Whether longer sequences are split into windows of about equal size.
    name : str
        Name of the checkpoint, for errors.

    Returns
    -------
    ndarray of shape (n, n_windows, n_tokens), int32
        With `PADDING` at the end of windows, and in windows that a sequence does not have.

    Raises
    ------
    ValueError
        If a sequence has no token, or too many of them and may not be split.
    """
    room = None if limit is None else limit - tokens.n_special
    windows = []
    for i, row in enumerate(rows):
        if not row:
            raise ValueError(
                f"sequence {i} gives no token: it is empty, or shorter than a token of {name!r}"
            )
        if room is not None and len(row) > room and not splits:
            raise ValueError(
                f"sequence {i} gives {len(row) + tokens.n_special} tokens, special ones included, "
                f"but {name!r} reads {limit} at a time; set overflow='windows' to average over "
                "windows, crop the sequence, or raise max_tokens if the model can take it"
            )
        n_windows = 1 if room is None else -(-len(row) // room)
        windows.append([tokens.frame(part) for part in np.array_split(row, n_windows)])
    shape = max(map(len, windows)), max(len(part) for parts in windows for part in parts)
    stacked = np.full((len(rows), *shape), PADDING, dtype=np.int32)
    for i, parts in enumerate(windows):
        for j, part in enumerate(parts):
            stacked[i, j, : len(part)] = part
    return stacked
