"""The three faces of a sequence: text, codes and one-hot.

Together with the alphabets this is all that knows what a base is.  Codes are ``uint8``:
``0..C-1`` are the letters in the order of the alphabet, and ``C`` stands for an unknown letter
or for padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from skgenomics.alphabets import INVALID_CODE, NUCLEIC_PAIRS, Alphabet, get_alphabet


def is_text(X) -> bool:
    """Tell whether X holds text, by the type of its elements and never by their values.

    An empty list is text without sequences.

    Examples
    --------
    >>> from skgenomics.sequences import is_text
    >>> is_text(["ACGT", "GG"]), is_text([[0.0, 1.0]])
    (True, False)
    """
    if isinstance(X, str | bytes):
        return True
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
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


def _is_text_row(x) -> bool:
    return isinstance(x, list | tuple) and len(x) > 0 and isinstance(x[0], str)


def as_texts(X) -> list[str]:
    """Turn any container of text into a list of str.

    Parameters
    ----------
    X : list, tuple, array, Series or one-column frame of str, shape (n,) or (n, 1)
        Numpy's object, U, S and StringDType arrays and every pandas string type are read.

    Returns
    -------
    list of str
        The sequences, letters as they are.

    Raises
    ------
    ValueError
        If X is empty, a single string, or has more than one column.
    TypeError
        If an element is no string; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import as_texts
    >>> as_texts(np.array([["ACGT"], ["gg"]]))
    ['ACGT', 'gg']
    """
    if isinstance(X, str | bytes):
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


def encode(X, alphabet: str | Alphabet = "ACGT", *, length: int | None = None) -> np.ndarray:
    """Turn text into codes.

    Parameters
    ----------
    X : list, array, Series or one-column frame of str, shape (n,) or (n, 1)
        Sequences of any length and case.
    alphabet : str or Alphabet, default="ACGT"
        See :func:`get_alphabet`.
    length : int, optional
        Width of the result; by default that of the longest sequence.

    Returns
    -------
    ndarray of shape (n, length), uint8
        Codes; shorter sequences are padded at the end with C, which also stands for the
        ambiguity letters.

    Raises
    ------
    ValueError
        If a letter belongs to no alphabet (naming sequence, position and letter), if DNA and
        RNA are mixed, or if a sequence is longer than `length`.
    TypeError
        If an element is no string.

    Examples
    --------
    >>> from skgenomics.sequences import encode
    >>> encode(["ACGT", "gna"])
    array([[0, 1, 2, 3],
           [2, 4, 0, 4]], dtype=uint8)
    """
    alphabet = get_alphabet(alphabet)
    flat, lengths = encode_ragged(X, alphabet)
    longest = int(lengths.max())
    if length is None:
        length = longest
    elif longest > length:
        raise ValueError(
            f"sequence {int(lengths.argmax())} has {longest} letters, more than the "
            f"{length} expected; crop it, or set `length` to at least {longest}"
        )
    if lengths.min() == length:
        return flat.reshape(len(lengths), length)
    codes = np.full((len(lengths), length), alphabet.n_symbols, dtype=np.uint8)
    codes[np.arange(length) < lengths[:, np.newaxis]] = flat
    return codes


def encode_ragged(X, alphabet: str | Alphabet = "ACGT") -> tuple[np.ndarray, np.ndarray]:
    """Turn text into codes without padding.

    Parameters
    ----------
    X : list, array, Series or one-column frame of str, shape (n,) or (n, 1)
        Sequences of any length and case.
    alphabet : str or Alphabet, default="ACGT"
        See :func:`get_alphabet`.

    Returns
    -------
    codes : ndarray of shape (total length,), uint8
        The codes of all sequences, end to end.
    lengths : ndarray of shape (n,), int64
        Number of letters of each sequence.

    Raises
    ------
    ValueError, TypeError
        As :func:`encode`.

    Examples
    --------
    >>> from skgenomics.sequences import encode_ragged
    >>> encode_ragged(["ACGT", "gn"])
    (array([0, 1, 2, 3, 2, 4], dtype=uint8), array([4, 2]))
    """
    texts = as_texts(X)
    codes = _symbols_to_codes(texts, get_alphabet(alphabet))
    if not codes.size:
        raise ValueError("every sequence is empty: 0 letter(s) where a minimum of 1 is required")
    return codes, np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _symbols_to_codes(texts: list[str], alphabet: Alphabet) -> np.ndarray:
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
        _check_one_nucleic_acid(symbols, texts)
    codes = symbols.translate(alphabet.code_table)
    if INVALID_CODE in codes:
        _raise_invalid_symbol(texts, alphabet)
    # A bytearray is writable, and so is the array on top of it.
    return np.frombuffer(bytearray(codes), dtype=np.uint8)


def _check_one_nucleic_acid(symbols: bytes, texts: list[str]) -> None:
    has_u = b"U" in symbols or b"u" in symbols
    if has_u and (b"T" in symbols or b"t" in symbols):
        first_u, first_t = (
            next(i for i, x in enumerate(texts) if base in x.upper()) for base in "UT"
        )
        raise ValueError(
            f"X mixes RNA and DNA: U in sequence {first_u} and T in sequence {first_t}; "
            "write one of the two throughout"
        )


def _raise_invalid_symbol(texts: list[str], alphabet: Alphabet) -> None:
    for i, text in enumerate(texts):
        for position, symbol in enumerate(text):
            if ord(symbol) > 127 or alphabet.code_table[ord(symbol)] == INVALID_CODE:
                unknown = alphabet.ambiguous and f" (and {alphabet.ambiguous!r} for unknown ones)"
                raise ValueError(
                    f"sequence {i} has {symbol!r} at position {position}, counted from 0; the "
                    f"alphabet has the letters {alphabet.symbols!r}{unknown}. Remove or replace "
                    "the letter, or choose another `alphabet`"
                )


def decode(codes: np.ndarray, alphabet: str | Alphabet = "ACGT") -> np.ndarray:
    """Turn codes into text.

    Parameters
    ----------
    codes : ndarray of shape (n, length), uint8
        Codes; C becomes the letter for unknown, at the end of a sequence too.
    alphabet : str or Alphabet, default="ACGT"
        See :func:`get_alphabet`.

    Returns
    -------
    ndarray of shape (n,), object
        Sequences as str, all of the same length.

    Raises
    ------
    ValueError
        If a code is greater than C.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import decode
    >>> decode(np.array([[0, 1, 4]], dtype=np.uint8))
    array(['ACN'], dtype=object)
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
    sequences[:] = [text[i * length : (i + 1) * length] for i in range(n)]
    return sequences


def check_codes(codes: np.ndarray, alphabet: str | Alphabet = "ACGT") -> None:
    """Raise a ValueError that names the first code beyond the unknown code C, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import check_codes
    >>> check_codes(np.array([[0, 3, 4]], dtype=np.uint8))
    """
    n_symbols = get_alphabet(alphabet).n_symbols
    if codes.size and codes.max() > n_symbols:
        i, position = np.argwhere(codes > n_symbols)[0]
        raise ValueError(
            f"sequence {i} has the code {codes[i, position]} at position {position}, but codes "
            f"go from 0 to {n_symbols} (unknown). SMOTE and its kin compute differences of "
            "codes, which wrap around in uint8: run them on the output of OneHotEncoder, or "
            "use SMOTEN or a random sampler on codes"
        )


def one_hot(codes: np.ndarray, n_symbols: int = 4, dtype=np.float32) -> np.ndarray:
    """Turn codes into one-hot vectors, position by position.

    Parameters
    ----------
    codes : ndarray of shape (n, length), uint8
        Codes; those of `n_symbols` and above become zeros.
    n_symbols : int, default=4
        Number of letters, C.
    dtype : dtype, default=numpy.float32
        Type of the result.

    Returns
    -------
    ndarray of shape (n, length, n_symbols)

    Examples
    --------
    >>> import numpy as np
    >>> from skgenomics.sequences import one_hot
    >>> one_hot(np.array([[0, 3, 4]], dtype=np.uint8))
    array([[[1., 0., 0., 0.],
            [0., 0., 0., 1.],
            [0., 0., 0., 0.]]], dtype=float32)
    """
    rows = np.eye(n_symbols + 1, n_symbols, dtype=dtype)
    result = np.empty((*codes.shape, n_symbols), dtype=dtype)
    # numpy widens the indices to 8 bytes: block by block they stay in the cache.
    step = max(1, 65_536 // max(1, codes.shape[1]))
    for start in range(0, len(codes), step):
        block = slice(start, start + step)
        rows.take(codes[block], axis=0, out=result[block], mode="clip")
    return result


def most_likely_codes(channels: np.ndarray) -> np.ndarray:
    """Turn channels, soft or one-hot, into codes: the largest channel of each position.

    Parameters
    ----------
    channels : ndarray of shape (n, length, C)
        One weight per letter; a position of only zeros is unknown.

    Returns
    -------
    ndarray of shape (n, length), uint8

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


def reverse_complement(X, alphabet: str | Alphabet = "ACGT"):
    """Read sequences from the other strand.

    Parameters
    ----------
    X : str, container of str, or uint8 array of codes of shape (n, length)
        Text keeps its case, its ambiguity letters and its U or T.
    alphabet : str or Alphabet, default="ACGT"
        A nucleic alphabet, which gives codes their meaning.

    Returns
    -------
    str, list of str, or ndarray of shape (n, length), uint8
        A str for a str, a list for other text, codes for codes.

    Raises
    ------
    ValueError
        If the alphabet has no complement, or a letter has none.

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
        return complement[X[:, ::-1]]
    texts = [X] if isinstance(X, str) else as_texts(X)
    _symbols_to_codes(texts, alphabet)
    table = complement_table(has_uracil(texts, alphabet))
    result = [text.translate(table)[::-1] for text in texts]
    return result[0] if isinstance(X, str) else result


def has_uracil(texts: list[str], alphabet: Alphabet) -> bool:
    """Whether A pairs with U: as the texts have it, else as the alphabet has it."""
    bases = set().union(*map(set, texts))
    return not bases.isdisjoint("Uu") or (bases.isdisjoint("Tt") and "U" in alphabet.symbols)


@lru_cache
def complement_table(is_rna: bool) -> dict[int, int]:
    """The partner of each letter, in its case, as `str.translate` takes it."""
    pairs = NUCLEIC_PAIRS | ({"A": "U"} if is_rna else {})
    lower = {a.lower(): b.lower() for a, b in pairs.items()}
    return str.maketrans(pairs | lower)
