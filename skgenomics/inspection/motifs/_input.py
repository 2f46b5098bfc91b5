"""Input of motif searches with a fitted estimator, shared by `filters` and `discovery`."""

from __future__ import annotations

import numpy as np

from skgenomics.alphabets import Alphabet
from skgenomics.inspection._scores import SequenceReader
from skgenomics.sequences import get_alphabet, most_likely_codes


def find_alphabet(reader: SequenceReader) -> Alphabet:
    """Return the alphabet that an estimator reads; raise ValueError if it reads signals."""
    if reader.symbols is None:
        raise ValueError(
            f"{type(reader.estimator).__name__} was fitted on signals; motifs need sequences"
        )
    return get_alphabet(reader.symbols)


def as_codes(data: np.ndarray, n_symbols: int) -> np.ndarray:
    """Encode the output of :meth:`SequenceReader.read` as codes (n, L)."""
    if data.dtype == np.uint8:
        return data
    return most_likely_codes(data.reshape(len(data), -1, n_symbols))


def reads_both_strands(reader: SequenceReader, both_strands, alphabet: Alphabet) -> bool:
    """Resolve `both_strands="auto"`; raise ValueError if the alphabet has no reverse strand."""
    if both_strands is True and not alphabet.is_nucleic:
        raise ValueError(
            f"both_strands=True needs nucleic acids, but the alphabet is {alphabet.symbols!r}; "
            "set both_strands=False"
        )
    return reader.estimator.strands_ is not None if both_strands == "auto" else both_strands
