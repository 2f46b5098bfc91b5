"""Access to the positions of sequences for samplers, whatever the format of X.

Each format of X has a class. All of them return samples as arrays of shape (n_samples, length, ...)
whose elements are ASCII characters, codes or channels, and convert changed ones back. Elements are
decoded only where they are changed, so that all others keep their case, ambiguity codes and
weights.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from skgenomics._utils.input_validation import flatten_channels
from skgenomics.alphabets import Alphabet
from skgenomics.sampling._containers import append_rows, select_rows
from skgenomics.sequences import (
    as_strings,
    check_codes,
    complement_table,
    decode,
    encode,
    encode_ragged,
    has_uracil,
    is_text,
    most_likely_codes,
    one_hot,
    unpadded_lengths,
)

# Changes need several 8-byte indices per position; blocks of this many positions bound the memory.
_POSITIONS_PER_BLOCK = 2**20


class Rows:
    """Base class of the three formats.

    Attributes
    ----------
    container : list, array, Series or frame
        X as the user gave it.
    alphabet : Alphabet
    width : int
        Number of positions of a block.
    lengths : ndarray of shape (n_samples,)
        Number of positions before the padding at the end.
    """

    container: object
    alphabet: Alphabet
    width: int
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def widths(self) -> np.ndarray:
        """Number of positions of each sample, including padding in formats of fixed width."""
        return np.full(len(self), self.width)

    def blocks(self, n: int) -> Iterator[slice]:
        """Split 0..n into ranges small enough for index arithmetic on all positions."""
        step = max(1, _POSITIONS_PER_BLOCK // max(1, self.width))
        return (slice(start, min(start + step, n)) for start in range(0, n, step))

    def append(self, parts: list):
        """Append new samples to the container."""
        return append_rows(self.container, parts)

    def select(self, indices: np.ndarray):
        """Select samples of the container."""
        return select_rows(self.container, indices)

    @abstractmethod
    def take(self, indices: np.ndarray, /) -> np.ndarray:
        """Get the elements of some samples, shape (n_indices, width, ...)."""

    @abstractmethod
    def finish(
        self, elements: np.ndarray, lengths: np.ndarray, parents: np.ndarray, /
    ) -> list[str] | np.ndarray:
        """Convert elements to new samples, of the given lengths, in the layout of X."""

    @abstractmethod
    def known(self, elements: np.ndarray, /) -> np.ndarray:
        """Tell which elements are known symbols."""

    @abstractmethod
    def complement(self, elements: np.ndarray, /) -> np.ndarray:
        """Get the complementary elements."""

    @abstractmethod
    def other_symbols(self, elements: np.ndarray, random_state, /) -> np.ndarray:
        """Draw another symbol for each known element."""

    @abstractmethod
    def texts(self, indices: np.ndarray, /) -> list[str]:
        """Get some samples as text."""

    @abstractmethod
    def channels(self, indices: np.ndarray, /) -> np.ndarray:
        """Get some samples as flat channels."""

    @abstractmethod
    def adopt(self, samples, /) -> list[str] | np.ndarray:
        """Convert generated sequences to new samples in the layout of X."""

    def _to_codes(self, samples) -> np.ndarray:
        """Convert generated sequences in any format to codes of the width of X."""
        if is_text(samples):
            return encode(samples, self.alphabet, length=self.width)
        samples = np.asarray(samples)
        if samples.dtype == np.uint8 and samples.ndim == 2:
            check_codes(samples, self.alphabet)
            codes = samples
        else:
            n_symbols = self.alphabet.n_symbols
            flat = flatten_channels(samples, n_symbols)
            if flat.ndim != 2 or flat.shape[1] % n_symbols:
                raise ValueError(
                    f"generated sequences have the shape {samples.shape}, which is not a whole "
                    f"number of positions of {n_symbols} channels"
                )
            codes = most_likely_codes(flat.reshape(len(flat), -1, n_symbols))
        if codes.shape[1] != self.width:
            raise ValueError(
                f"generated sequences have {codes.shape[1]} positions, but those of X have "
                f"{self.width}"
            )
        return codes


class TextRows(Rows):
    """Text as ASCII characters, with zeros after the end of a sequence."""

    def __init__(self, X, alphabet: Alphabet):
        self.container, self.alphabet = X, alphabet
        self._texts = as_strings(X)
        joined = "".join(self._texts)
        self._symbols = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        present = "".join(symbol for symbol in "TUtu" if symbol in joined)
        self._is_rna = alphabet.is_nucleic and has_uracil([present], alphabet)
        self.lengths = np.fromiter(map(len, self._texts), dtype=np.int64, count=len(self._texts))
        self._starts = np.cumsum(self.lengths) - self.lengths
        self.width = int(self.lengths.max())

    @property
    def widths(self) -> np.ndarray:
        return self.lengths

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Get the characters of some samples, shape (n_indices, width)."""
        positions = np.arange(self.width)
        # There is nothing to read after the last text.
        sources = np.minimum(self._starts[indices, None] + positions, len(self._symbols) - 1)
        symbols = self._symbols[sources]
        symbols[positions >= self.lengths[indices, None]] = 0
        return symbols

    def finish(self, symbols: np.ndarray, lengths: np.ndarray, parents: np.ndarray) -> list[str]:
        """Convert characters to strings."""
        width = symbols.shape[1]
        text = symbols.tobytes().decode("ascii")
        return [text[i * width : i * width + length] for i, length in enumerate(lengths.tolist())]

    def known(self, symbols: np.ndarray) -> np.ndarray:
        """Tell which elements are symbols of the alphabet."""
        return self._codes_of_symbols[symbols] < self.alphabet.n_symbols

    def complement(self, symbols: np.ndarray) -> np.ndarray:
        """Get the complementary characters."""
        table = np.arange(256, dtype=np.uint8)
        pairs = complement_table(self._is_rna)
        table[list(pairs)] = [ord(x) if isinstance(x, str) else x for x in pairs.values()]
        return table[symbols]

    def other_symbols(self, symbols: np.ndarray, random_state) -> np.ndarray:
        """Draw another symbol for each known one, in the same case."""
        n_symbols = self.alphabet.n_symbols
        steps = random_state.randint(1, n_symbols, size=len(symbols))
        codes = (self._codes_of_symbols[symbols] + steps) % n_symbols
        if self.alphabet.is_case_sensitive:
            return _as_bytes(self._spelling)[codes]
        is_lower = (symbols >= ord("a")) & (symbols <= ord("z"))
        upper, lower = (_as_bytes(x) for x in (self._spelling.upper(), self._spelling.lower()))
        return np.where(is_lower, lower[codes], upper[codes])

    def texts(self, indices: np.ndarray) -> list[str]:
        """Get some samples as text."""
        return [self._texts[i] for i in indices]

    def channels(self, indices: np.ndarray) -> np.ndarray:
        """Get some samples as flat one-hot vectors, padded to the longest text of X."""
        codes = encode(self.texts(indices), self.alphabet, length=self.width)
        return one_hot(codes, self.alphabet.n_symbols).reshape(len(codes), -1)

    def adopt(self, samples) -> list[str]:
        """Convert generated sequences to text, by the most likely symbols."""
        if is_text(samples):
            encode_ragged(samples, self.alphabet)
            return [self._spell(text) for text in as_strings(samples)]
        codes = self._to_codes(samples)
        lengths = _last_known(codes < self.alphabet.n_symbols)
        texts = decode(codes, self.alphabet)
        return [self._spell(text[:n]) for text, n in zip(texts, lengths.tolist(), strict=True)]

    @cached_property
    def _codes_of_symbols(self) -> np.ndarray:
        return np.frombuffer(self.alphabet.code_table, dtype=np.uint8)

    @cached_property
    def _spelling(self) -> str:
        """Symbols of the alphabet, with U or T as in X."""
        return self._spell(self.alphabet.symbols)

    def _spell(self, text: str) -> str:
        if not self.alphabet.is_nucleic:
            return text
        return text.translate(str.maketrans(*(("Tt", "Uu") if self._is_rna else ("Uu", "Tt"))))


class CodeRows(Rows):
    """Codes, with padding after the end of a sequence."""

    def __init__(self, X, codes: np.ndarray, alphabet: Alphabet):
        self.container, self.alphabet = X, alphabet
        self._codes = codes
        self.width = codes.shape[1]
        self.lengths = unpadded_lengths(codes, alphabet)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Get the codes of some samples, shape (n_indices, width)."""
        return self._codes[indices]

    def finish(self, codes: np.ndarray, lengths: np.ndarray, parents: np.ndarray) -> np.ndarray:
        """Pad codes after the ends of the sequences."""
        codes[np.arange(self.width) >= lengths[:, None]] = self.alphabet.padding_code
        return codes

    def known(self, codes: np.ndarray) -> np.ndarray:
        """Tell which elements are symbols of the alphabet."""
        return codes < self.alphabet.n_symbols

    def complement(self, codes: np.ndarray) -> np.ndarray:
        """Get the codes of the complements."""
        return self.alphabet.complement[codes]

    def other_symbols(self, codes: np.ndarray, random_state) -> np.ndarray:
        """Draw another code for each known one."""
        n_symbols = self.alphabet.n_symbols
        return (codes + random_state.randint(1, n_symbols, size=len(codes))) % n_symbols

    def texts(self, indices: np.ndarray) -> list[str]:
        """Get some samples as text."""
        return decode(self._codes[indices], self.alphabet).tolist()

    def channels(self, indices: np.ndarray) -> np.ndarray:
        """Get some samples as flat one-hot vectors."""
        return one_hot(self._codes[indices], self.alphabet.n_symbols).reshape(len(indices), -1)

    def adopt(self, samples) -> np.ndarray:
        """Convert generated sequences to codes."""
        return self._to_codes(samples)


class ChannelRows(Rows):
    """Channels of the type of X, shape (n_samples, length, C), with zeros after the end.

    Columns after the last whole position, which a narrow table may have, are copied from the
    parent.
    """

    def __init__(self, X, values: np.ndarray, alphabet: Alphabet):
        self.container, self.alphabet = X, alphabet
        n_symbols = alphabet.n_symbols
        self._shape = values.shape[1:]
        self._flat = flatten_channels(values, n_symbols)
        self.width = self._flat.shape[1] // n_symbols
        self._n_columns = self.width * n_symbols
        self.lengths = _last_known(self.known(self._positions(self._flat)))

    def _positions(self, flat: np.ndarray) -> np.ndarray:
        shape = len(flat), self.width, self.alphabet.n_symbols
        return flat[:, : self._n_columns].reshape(shape)

    def take(self, indices: np.ndarray) -> np.ndarray:
        """Get the channels of some samples, shape (n_indices, width, C)."""
        return self._positions(self._flat[indices])

    def finish(self, values: np.ndarray, lengths: np.ndarray, parents: np.ndarray) -> np.ndarray:
        """Convert channels to the layout of X, with zeros after the ends."""
        values[np.arange(self.width) >= lengths[:, None]] = 0
        rest = self._flat[parents, self._n_columns :]
        return self._layout(np.hstack([values.reshape(len(values), -1), rest]))

    def _layout(self, flat: np.ndarray) -> np.ndarray:
        if len(self._shape) == 2 and self._shape[1] != self.alphabet.n_symbols:
            return flat.reshape(len(flat), self.width, -1).transpose(0, 2, 1)
        return flat.reshape(len(flat), *self._shape)

    def known(self, values: np.ndarray) -> np.ndarray:
        """Tell which positions have a channel that is not zero."""
        return np.any(values, axis=-1)

    def complement(self, values: np.ndarray) -> np.ndarray:
        """Reorder channels to those of the complements."""
        return values[..., self.alphabet.complement[: self.alphabet.n_symbols]]

    def other_symbols(self, values: np.ndarray, random_state) -> np.ndarray:
        """Exchange the weight of the most likely symbol with that of another one."""
        n_symbols = self.alphabet.n_symbols
        rows = np.arange(len(values))
        best = values.argmax(axis=1)
        other = (best + random_state.randint(1, n_symbols, size=len(values))) % n_symbols
        changed = values.copy()
        changed[rows, best], changed[rows, other] = values[rows, other], values[rows, best]
        return changed

    def texts(self, indices: np.ndarray) -> list[str]:
        """Get some samples as text of the most likely symbols."""
        n_symbols = self.alphabet.n_symbols
        flat = self._flat[indices]
        flat = np.pad(flat, ((0, 0), (0, -flat.shape[1] % n_symbols)))
        codes = most_likely_codes(flat.reshape(len(flat), -1, n_symbols))
        return decode(codes, self.alphabet).tolist()

    def channels(self, indices: np.ndarray) -> np.ndarray:
        """Get some samples as flat channels."""
        return self._flat[indices]

    def adopt(self, samples) -> np.ndarray:
        """Convert generated sequences to channels of the type of X."""
        if not is_text(samples):
            samples = np.asarray(samples)
            is_codes = samples.dtype == np.uint8 and samples.ndim == 2
            # Integer types would truncate probabilities to zero.
            if not is_codes and self._flat.dtype.kind == "f":
                return self._layout(self._check_columns(samples).astype(self._flat.dtype))
        symbols = one_hot(self._to_codes(samples), self.alphabet.n_symbols, self._flat.dtype)
        return self._layout(self._check_columns(symbols))

    def _check_columns(self, samples: np.ndarray) -> np.ndarray:
        flat = flatten_channels(samples, self.alphabet.n_symbols)
        if flat.ndim != 2 or flat.shape[1] != self._flat.shape[1]:
            raise ValueError(
                f"generated sequences have the shape {samples.shape}, but X has "
                f"{self._flat.shape[1]} columns"
            )
        return flat


def move(values: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Gather elements of each sample from other positions of it, by indices (n_samples, width)."""
    return values[np.arange(len(values))[:, None], sources]


def _last_known(known: np.ndarray) -> np.ndarray:
    """Count the positions up to the last known one, for a mask of shape (n_samples, width)."""
    if not known.shape[1]:
        return np.zeros(len(known), dtype=np.int64)
    lengths = known.shape[1] - known[:, ::-1].argmax(axis=1)
    lengths[~known.any(axis=1)] = 0
    return lengths


def _as_bytes(symbols: str) -> np.ndarray:
    return np.frombuffer(symbols.encode("ascii"), dtype=np.uint8)
