"""Conversions between the three representations of a sequence: text, codes and one-hot.

Together with :mod:`skgenomics.alphabets`, this module is the only one that knows what a base is.
Codes are ``uint8``: ``0..C-1`` are the symbols in the order of the alphabet, ``C`` stands for an
unknown symbol, such as N, and ``C + 1`` for padding, which follows sequences that are shorter than
others. An unknown symbol belongs to its sequence, at the ends too; padding does not, and networks
ignore it. One-hot vectors are zeros for both, so that whoever needs to tell them apart keeps the
codes, or a mask made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from os import PathLike
from typing import Any, NoReturn, overload

import numpy as np
from numpy.typing import DTypeLike

from skgenomics.alphabets import INVALID_CODE, NUCLEIC_PAIRS, Alphabet, get_alphabet

_SEQUENCE_FILE = re.compile(
    r"\.(fa|fas|fasta|fna|ffn|faa|frn|fq|fastq|2bit|bed|csv|tsv|txt)(\.b?gz|\.bgzip)?$",
    re.IGNORECASE,
)


def is_frame(X: Any) -> bool:
    """Tell if X is a frame, of pandas or of another library such as polars.

    Parameters
    ----------
    X : object
        Input of an estimator.

    Returns
    -------
    bool
        True for objects with named columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgenomics.sequences import is_frame
    >>> is_frame(pd.DataFrame({"sequence": ["ACGT"]})), is_frame(["ACGT"])
    (True, False)
    """
    return hasattr(X, "columns")


def is_text(X: Any) -> bool:
    """Tell if X holds text, by the type of its elements and never by their values.

    Parameters
    ----------
    X : object
        Input of an estimator.

    Returns
    -------
    bool
        True for containers of str or bytes, and for an empty list: text without sequences.

    Examples
    --------
    >>> from skgenomics.sequences import is_text
    >>> is_text(["ACGT", "GG"]), is_text([[0.0, 1.0]])
    (True, False)
    """
    if isinstance(X, str | bytes):
        return True
    if is_frame(X):
        # By position, since names may be repeated.
        return len(X.columns) > 0 and is_text(X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0])
    if not isinstance(X, np.ndarray):
        if hasattr(X, "dtype") and hasattr(X, "to_numpy"):
            is_number = getattr(X.dtype, "kind", "O") in "biufcmM"
            return not is_number and is_text(np.asarray(X, dtype=object))
        if hasattr(X, "dtype") or not isinstance(X, Sequence):
            return False
        return not X or any(isinstance(x, str | bytes) or _is_text_row(x) for x in X)
    if X.dtype.kind == "O":
        return X.shape == (0,) or any(isinstance(x, str | bytes) for x in X.flat)
    return X.dtype.kind in "UST"


def _is_text_row(x: object) -> bool:
    return isinstance(x, list | tuple) and len(x) > 0 and isinstance(x[0], str)


def as_strings(X: Any) -> list[str]:
    """Convert a container of text to a list of str.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column frame of str, shape (n_samples,) or (n_samples, 1)
        Object, U, S and StringDType arrays of NumPy and all string types of pandas are accepted.

    Returns
    -------
    list of str
        The sequences, unchanged.

    Raises
    ------
    ValueError
        If X is empty, a single string, or has more than one column.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import as_strings
    >>> as_strings(np.array([["ACGT"], ["gg"]]))
    ['ACGT', 'gg']
    """
    if isinstance(X, str | bytes):
        _refuse_path(X)
        raise ValueError(
            "Expected 2D array or a list of sequences, got one string instead: put it in a list"
        )
    if hasattr(X, "to_numpy"):
        X = np.asarray(X, dtype=object)
    if isinstance(X, np.ndarray):
        X = _one_column(X).tolist()
    texts = list(X)
    if not texts:
        raise ValueError("Found array with 0 sample(s): X holds no sequence")
    if isinstance(texts[0], list | tuple):
        texts = _one_column(np.array(texts, dtype=object)).tolist()
    if isinstance(texts[0], bytes):
        texts = [x.decode("latin-1") if isinstance(x, bytes) else x for x in texts]
    return texts


def _one_column(X: np.ndarray) -> np.ndarray:
    if X.ndim == 2 and X.shape[1] == 1:
        return X[:, 0]
    if X.ndim != 1:
        raise ValueError(
            f"text must be one column of sequences, got an array of shape {X.shape}; "
            "select the column that holds the sequences"
        )
    return X


def check_input_type(X: Any) -> None:
    """Raise an error that names the remedy if X is of a type that cannot hold sequences.

    Parameters
    ----------
    X : object
        Input of an estimator.

    Raises
    ------
    TypeError
        If X is a path, a dict, a set, an iterator or a pyarrow object.

    Examples
    --------
    >>> from skgenomics.sequences import check_input_type
    >>> check_input_type({"seq1": "ACGT"})
    Traceback (most recent call last):
    TypeError: X is a dict instead of a list of sequences: pass `list(X.values())`
    """
    if isinstance(X, PathLike):
        _refuse_path(str(X), is_path=True)
    if isinstance(X, list | tuple) and any(isinstance(x, PathLike) for x in X[:1]):
        _refuse_path(str(X[0]), is_path=True)
    kind = type(X).__name__
    if type(X).__module__.partition(".")[0] == "pyarrow":
        raise TypeError(f"X is a pyarrow {kind}: pass `X.to_pandas()`")
    if hasattr(X, "shape") or hasattr(X, "__array__"):
        # Sparse matrices, some of which are mappings, are left to scikit-learn.
        return
    if isinstance(X, Mapping):
        raise TypeError(f"X is a {kind} instead of a list of sequences: pass `list(X.values())`")
    if isinstance(X, set | frozenset):
        raise TypeError(f"X is a {kind}, which has no order: pass a list of sequences")
    if isinstance(X, Iterable) and not hasattr(X, "__len__"):
        raise TypeError(f"X is a {kind}, which can be read only once: pass `list(X)`")


def _refuse_path(X: str | bytes, *, is_path: bool = False) -> None:
    """Raise an error if a string is the path of a file."""
    path = X.decode("latin-1") if isinstance(X, bytes) else X
    if is_path or _SEQUENCE_FILE.search(path):
        error = TypeError if is_path else ValueError
        raise error(
            f"X holds the path {path!r} instead of sequences: read the file first, such as by "
            "`skgenomics.genome.read_fasta(path)` or `pandas.read_csv(path)`"
        )


def encode(X: Any, alphabet: str | Alphabet = "ACGT", *, length: int | None = None) -> np.ndarray:
    """Encode text as codes.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column frame of str, shape (n_samples,) or (n_samples, 1)
        Sequences of any length and case.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of their codes.
    length : int or None, default=None
        Number of columns of the result; None for the length of the longest sequence.

    Returns
    -------
    ndarray of shape (n_samples, length), uint8
        Codes; C stands for unknown and ambiguous symbols. Shorter sequences are padded at the end
        with C + 1.

    Raises
    ------
    ValueError
        If a character is not a symbol of the alphabet (naming sequence, position and
        character), if DNA and RNA are mixed, if a sequence is longer than `length`, or if all
        sequences are empty and `length` is None.
    TypeError
        If an element is not a string.

    Examples
    --------
    >>> from skgenomics.sequences import encode
    >>> encode(["ACGT", "gna"])
    array([[0, 1, 2, 3],
           [2, 4, 0, 5]], dtype=uint8)
    """
    alphabet = get_alphabet(alphabet)
    flat, lengths = encode_ragged(X, alphabet)
    longest = int(lengths.max())
    if length is None:
        check_not_empty(lengths)
        length = longest
    elif longest > length:
        raise ValueError(
            f"sequence {int(lengths.argmax())} has length {longest}, but at most {length} is "
            f"expected; crop it, or set `length` to at least {longest}"
        )
    if lengths.min() == length:
        return flat.reshape(len(lengths), length)
    codes = np.full((len(lengths), length), alphabet.padding_code, dtype=np.uint8)
    codes[np.arange(length) < lengths[:, np.newaxis]] = flat
    return codes


def check_not_empty(lengths: np.ndarray) -> None:
    """Raise a ValueError if all sequences are empty.

    Parameters
    ----------
    lengths : ndarray of shape (n_samples,)
        Length of each sequence.

    Raises
    ------
    ValueError
        If no length is above zero.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import check_not_empty
    >>> check_not_empty(np.array([0, 3]))
    """
    if not lengths.any():
        raise ValueError("every sequence is empty: length 0 where a minimum of 1 is required")


def encode_ragged(X: Any, alphabet: str | Alphabet = "ACGT") -> tuple[np.ndarray, np.ndarray]:
    """Encode text as codes without padding.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column frame of str, shape (n_samples,) or (n_samples, 1)
        Sequences of any length and case.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of their codes.

    Returns
    -------
    codes : ndarray of shape (total_length,), uint8
        Concatenated codes of all sequences.
    lengths : ndarray of shape (n_samples,), int64
        Length of each sequence.

    Raises
    ------
    ValueError
        If a character is not a symbol of the alphabet, or if DNA and RNA are mixed.
    TypeError
        If an element is not a string.

    Examples
    --------
    >>> from skgenomics.sequences import encode_ragged
    >>> encode_ragged(["ACGT", "gn"])
    (array([0, 1, 2, 3, 2, 4], dtype=uint8), array([4, 2]))
    """
    texts = as_strings(X)
    codes = _encode_strings(texts, get_alphabet(alphabet))
    return codes, np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _encode_strings(texts: list[str], alphabet: Alphabet) -> np.ndarray:
    try:
        symbols = "".join(texts).encode("ascii")
    except TypeError:
        i, x = next((i, x) for i, x in enumerate(texts) if not isinstance(x, str))
        raise TypeError(
            f"sequence {i} is {x!r} of type {type(x).__name__}, not a string; "
            "drop the row or fill it in"
        ) from None
    except UnicodeEncodeError:
        _raise_invalid_symbol(texts, alphabet)
    if alphabet.is_nucleic:
        _check_not_mixed(symbols, texts)
    codes = symbols.translate(alphabet.code_table)
    if INVALID_CODE in codes:
        _raise_invalid_symbol(texts, alphabet)
    # A bytearray is writable, and so is the array on top of it.
    return np.frombuffer(bytearray(codes), dtype=np.uint8)


def _check_not_mixed(symbols: bytes, texts: list[str]) -> None:
    """Raise a ValueError if both U and T occur."""
    has_u = b"U" in symbols or b"u" in symbols
    if has_u and (b"T" in symbols or b"t" in symbols):
        _refuse_path(texts[0])
        first_u, first_t = (
            next(i for i, x in enumerate(texts) if base in x.upper()) for base in "UT"
        )
        raise ValueError(
            f"X mixes RNA and DNA: U in sequence {first_u} and T in sequence {first_t}; "
            "write one of the two throughout"
        )


def _raise_invalid_symbol(texts: list[str], alphabet: Alphabet) -> NoReturn:
    for i, text in enumerate(texts):
        for position, symbol in enumerate(text):
            if ord(symbol) > 127 or alphabet.code_table[ord(symbol)] == INVALID_CODE:
                _refuse_path(text)
                unknown = alphabet.ambiguous and f" (and {alphabet.ambiguous!r} for unknown ones)"
                raise ValueError(
                    f"sequence {i} has {symbol!r} at position {position}, counted from 0; the "
                    f"alphabet has the symbols {alphabet.symbols!r}{unknown}. Remove or replace "
                    "the character, or choose another `alphabet`"
                )
    raise AssertionError("all characters are symbols of the alphabet")


def decode(codes: np.ndarray, alphabet: str | Alphabet = "ACGT") -> np.ndarray:
    """Decode codes as text.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length), uint8
        Codes; C is written as the unknown symbol. Padding at the end is left out.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of their codes.

    Returns
    -------
    ndarray of shape (n_samples,), object
        Sequences as str.

    Raises
    ------
    ValueError
        If a code is greater than C + 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import decode
    >>> decode(np.array([[0, 1, 4], [3, 2, 5]], dtype=np.uint8))
    array(['ACN', 'TG'], dtype=object)
    """
    alphabet = get_alphabet(alphabet)
    check_codes(codes, alphabet)
    n, length = codes.shape
    text = (
        codes.astype(np.uint8, copy=False)
        .tobytes()
        .translate(alphabet.symbol_table)
        .decode("ascii")
    )
    sequences = np.empty(n, dtype=object)
    starts = range(0, n * length, length) if length else [0] * n
    ends = starts + unpadded_lengths(codes, alphabet)
    sequences[:] = [text[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
    return sequences


def check_codes(codes: np.ndarray, alphabet: str | Alphabet = "ACGT") -> None:
    """Raise a ValueError that names the first code above the padding code C + 1, if any.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length)
        Codes.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of their codes.

    Raises
    ------
    ValueError
        If a code is greater than C + 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import check_codes
    >>> check_codes(np.array([[0, 3, 4]], dtype=np.uint8))
    """
    alphabet = get_alphabet(alphabet)
    n_symbols = alphabet.n_symbols
    if codes.size and codes.max() > alphabet.padding_code:
        i, position = np.argwhere(codes > alphabet.padding_code)[0]
        raise ValueError(
            f"sequence {i} has the code {codes[i, position]} at position {position}, but codes "
            f"range from 0 to {n_symbols} (unknown), and {alphabet.padding_code} is padding. SMOTE "
            "and other interpolating samplers compute differences of codes, which wrap around in "
            "uint8: run them on the output of OneHotEncoder, or use SMOTEN or a random sampler on "
            "codes"
        )


def unpadded_lengths(codes: np.ndarray, alphabet: str | Alphabet = "ACGT") -> np.ndarray:
    """Count the positions of each sequence without the padding at its end.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length), uint8
        Codes.
    alphabet : str or Alphabet, default="ACGT"
        "dna", "rna", "protein" or the symbols in the order of their codes.

    Returns
    -------
    ndarray of shape (n_samples,), int64
        Length of each sequence; unknown symbols count.

    Examples
    --------
    >>> from skgenomics.sequences import encode, unpadded_lengths
    >>> unpadded_lengths(encode(["ACGT", "AN", ""]))
    array([4, 2, 0])
    """
    n, length = codes.shape
    padding = get_alphabet(alphabet).padding_code
    # Codes without padding at all are the usual case.
    if not length or not (codes[:, -1] == padding).any():
        return np.full(n, length, dtype=np.int64)
    is_real = codes[:, ::-1] != padding
    return np.where(is_real.any(axis=1), length - is_real.argmax(axis=1), 0)


def one_hot(codes: np.ndarray, n_symbols: int = 4, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Encode codes as one-hot vectors, one for each position.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, length), uint8
        Codes; those of `n_symbols` and above, unknown symbols and padding, are encoded as zeros.
    n_symbols : int, default=4
        Number of symbols, C.
    dtype : dtype, default=numpy.float32
        Type of the result.

    Returns
    -------
    ndarray of shape (n_samples, length, n_symbols)
        One-hot vectors.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import one_hot
    >>> one_hot(np.array([[0, 3, 4]], dtype=np.uint8))
    array([[[1., 0., 0., 0.],
            [0., 0., 0., 1.],
            [0., 0., 0., 0.]]], dtype=float32)
    """
    vectors = np.eye(n_symbols + 1, n_symbols, dtype=dtype)
    result = np.empty((*codes.shape, n_symbols), dtype=dtype)
    # numpy widens the indices to 8 bytes: block by block they stay in the cache.
    step = max(1, 65_536 // max(1, codes.shape[1]))
    for start in range(0, len(codes), step):
        block = slice(start, start + step)
        vectors.take(codes[block], axis=0, out=result[block], mode="clip")
    return result


def most_likely_codes(channels: np.ndarray) -> np.ndarray:
    """Decode channels, soft or one-hot, as the codes of the largest channels.

    Parameters
    ----------
    channels : ndarray of shape (n_samples, length, C)
        Weight of each symbol at each position; a position of zeros is unknown.

    Returns
    -------
    ndarray of shape (n_samples, length), uint8
        Code of the largest channel of each position.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import most_likely_codes
    >>> most_likely_codes(np.array([[[0.1, 0.9, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]))
    array([[1, 4]], dtype=uint8)
    """
    codes = channels.argmax(axis=-1).astype(np.uint8)
    codes[~channels.any(axis=-1)] = channels.shape[-1]
    return codes


def as_codes(data: np.ndarray, n_symbols: int) -> np.ndarray:
    """Return codes unchanged, and flat channels as the codes of the largest ones.

    Parameters
    ----------
    data : ndarray of shape (n_samples, length), uint8, or (n_samples, length * n_symbols)
        Codes or channels.
    n_symbols : int
        Number of symbols of the alphabet.

    Returns
    -------
    ndarray of shape (n_samples, length), uint8
        Codes.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import as_codes
    >>> as_codes(np.array([[0.1, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), 4)
    array([[1, 4]], dtype=uint8)
    """
    if data.dtype == np.uint8:
        return data
    return most_likely_codes(data.reshape(len(data), -1, n_symbols))


@overload
def reverse_complement(X: str, alphabet: str | Alphabet = ...) -> str: ...
@overload
def reverse_complement(X: list[str], alphabet: str | Alphabet = ...) -> list[str]: ...
@overload
def reverse_complement(X: Any, alphabet: str | Alphabet = ...) -> Any: ...
def reverse_complement(X: Any, alphabet: str | Alphabet = "ACGT") -> Any:
    """Compute the reverse complement of sequences.

    Parameters
    ----------
    X : str, container of str, or ndarray of codes of shape (n_samples, length), uint8
        Sequences; text keeps its case, its ambiguity codes and its U or T.
    alphabet : str or Alphabet, default="ACGT"
        Nucleic alphabet, which defines the codes.

    Returns
    -------
    str, list of str, or ndarray of shape (n_samples, length), uint8
        A str for a str, a list for other text, codes for codes.

    Raises
    ------
    ValueError
        If the alphabet or a character has no complement.

    Examples
    --------
    >>> from skgenomics.sequences import reverse_complement
    >>> reverse_complement("AACg"), reverse_complement(["UUA"])
    ('cGTT', ['UAA'])
    """
    alphabet = get_alphabet(alphabet)
    complement = alphabet.complement
    if isinstance(X, np.ndarray) and X.dtype == np.uint8:
        check_codes(X, alphabet)
        lengths = unpadded_lengths(X, alphabet)[:, np.newaxis]
        positions = np.arange(X.shape[1])
        # Padding stays at the end.
        mirrored = np.where(positions < lengths, lengths - 1 - positions, positions)
        return complement[np.take_along_axis(X, mirrored, axis=1)]
    texts = [X] if isinstance(X, str) else as_strings(X)
    _encode_strings(texts, alphabet)
    table = complement_table(has_uracil(texts, alphabet))
    result = [text.translate(table)[::-1] for text in texts]
    return result[0] if isinstance(X, str) else result


def has_uracil(texts: list[str], alphabet: Alphabet) -> bool:
    """Tell if A pairs with U: in the texts or, where these hold neither U nor T, the alphabet.

    Parameters
    ----------
    texts : list of str
        Sequences.
    alphabet : Alphabet
        Alphabet that decides where the sequences hold neither U nor T.

    Returns
    -------
    bool
        True for RNA.

    Examples
    --------
    >>> from skgenomics.alphabets import get_alphabet
    >>> from skgenomics.sequences import has_uracil
    >>> has_uracil(["ACGU"], get_alphabet("dna"))
    True
    """
    bases = set().union(*map(set, texts))
    return not bases.isdisjoint("Uu") or (bases.isdisjoint("Tt") and "U" in alphabet.symbols)


@lru_cache
def complement_table(is_rna: bool) -> dict[int, Any]:
    """Complement of each base and ambiguity code, in either case, for ``str.translate``."""
    pairs = NUCLEIC_PAIRS | ({"A": "U"} if is_rna else {})
    lower = {a.lower(): b.lower() for a, b in pairs.items()}
    return str.maketrans(pairs | lower)
