"""Cropping and padding of sequences to one length."""

from __future__ import annotations

from typing import Any

import numpy as np

from skgenomics._utils.input_validation import read_numeric, remember_text, sequence_length
from skgenomics._utils.validation import check_choice, check_integer
from skgenomics.encoding._base import SequenceTransformer
from skgenomics.sequences import (
    as_strings,
    check_input_type,
    encode_ragged,
    get_alphabet,
    is_text,
    unpadded_lengths,
)

_WHERE = ("center", "left", "right")


class FixedLength(SequenceTransformer):
    """Crop longer sequences, and fill up shorter ones with unknown symbols.

    The output has the format of X: text stays text. It goes in front of an estimator that depends
    on the length, such as a published network, or an :class:`OneHotEncoder`. Most networks of this
    package read sequences of unequal length as they are, and need it not.

    Parameters
    ----------
    length : int
        Number of positions of each sequence in the output.
    where : {"center", "left", "right"}, default="center"
        Part of a sequence that is kept, and its position among the symbols that fill it up:
        "center" is for windows around a site, "left" for sequences that are aligned at their
        start, "right" for those that are aligned at their end. Of an odd number of symbols to crop
        or to fill up with, "center" has one more on the right.
    alphabet : str, default="ACGT"
        "dna", "rna", "protein", or the symbols in the order of their codes.

    Attributes
    ----------
    input_form_ : {"text", "codes", "channels"}
        Format of X in fit.
    n_features_in_ : int
        Number of columns of X in fit; 1 for text.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X in fit; defined only if they are all strings.

    See Also
    --------
    OneHotEncoder : One column for each symbol at each position.
    skgenomics.genome.IntervalEncoder : Sequences of one length around genomic intervals.

    Notes
    -----
    Text is filled up with the unknown symbol, N for DNA and X for proteins; codes with the code C,
    channels with zeros. Padding at the end of codes is no part of a sequence and is left out first.

    Examples
    --------
    >>> from skgenomics import FixedLength
    >>> FixedLength(4).fit_transform(["AACGTT", "GG"]).tolist()
    [['ACGT'], ['NGGN']]
    >>> FixedLength(4, where="left").fit_transform(["AACGTT", "GG"]).ravel().tolist()
    ['AACG', 'GGNN']
    """

    def __init__(self, length: int, where: str = "center", *, alphabet: str = "ACGT") -> None:
        self.length = length
        self.where = where
        self.alphabet = alphabet

    def _read(self, X, *, reset: bool) -> Any:
        check_integer("length", self.length, 1)
        check_choice("where", self.where, _WHERE)
        alphabet = get_alphabet(self.alphabet)
        check_input_type(X)
        data: Any
        if not is_text(X):
            form, data = read_numeric(self, X, alphabet, None, allow_table=False, reset=reset)
        else:
            encode_ragged(X, alphabet)
            form, data = "text", as_strings(X)
            remember_text(self, X, reset)
        if reset:
            self.input_form_ = form
        return data

    def _compute(self, data: Any) -> np.ndarray:
        if isinstance(data, list):
            unknown = get_alphabet(self.alphabet).unknown_symbol
            column = np.empty((len(data), 1), dtype=object)
            column[:, 0] = [self._fit_text(text, unknown) for text in data]
            return column
        alphabet = get_alphabet(self.alphabet)
        n_symbols = alphabet.n_symbols
        length = sequence_length(data, n_symbols)
        is_code = data.dtype == np.uint8
        lengths = unpadded_lengths(data, alphabet) if is_code else np.full(len(data), length)
        sources = np.arange(self.length) + self._starts(lengths)[:, np.newaxis]
        is_real = (sources >= 0) & (sources < lengths[:, np.newaxis])
        sources, rows = np.where(is_real, sources, 0), np.arange(len(data))[:, np.newaxis]
        if is_code:
            return np.where(is_real, data[rows, sources], np.uint8(n_symbols))
        channels = data.reshape(len(data), -1, n_symbols)[rows, sources]
        channels[~is_real] = 0
        return channels.reshape(len(data), -1)

    def _starts(self, lengths: np.ndarray) -> np.ndarray:
        """Compute the first position of the output in each sequence, negative to fill up."""
        excess = lengths - self.length
        if self.where == "center":
            # Rounded towards zero, so that the right side has what is odd.
            return np.sign(excess) * (np.abs(excess) // 2)
        return excess if self.where == "right" else np.zeros_like(excess)

    def _fit_text(self, text: str, unknown: str) -> str:
        start = int(self._starts(np.array([len(text)]))[0])
        kept = text[max(start, 0) : max(start, 0) + self.length]
        return (unknown * max(-start, 0) + kept).ljust(self.length, unknown)

    def _output_names(self) -> list[str]:
        if self.input_form_ == "text":
            names = getattr(self, "feature_names_in_", None)
            return ["sequence"] if names is None else [str(names[0])]
        positions = range(self.length)
        if self.input_form_ == "codes":
            return [str(i) for i in positions]
        symbols = get_alphabet(self.alphabet).symbols
        return [f"{i}{symbol}" for i in positions for symbol in symbols]

    @property
    def _n_features_out(self) -> int:
        return len(self._output_names())
