"""What X may be: text, codes or channels, told apart by type and read in one place.

Encoders and deep estimators alike read their input here, so that they accept the same data
and raise the same errors.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skgenomics.sequences import (
    Alphabet,
    check_codes,
    check_not_empty,
    encode,
    encode_ragged,
    get_alphabet,
    is_text,
    most_likely_codes,
)


def read_sequences(
    estimator,
    X,
    *,
    alphabet: str | Alphabet,
    n_channels: int | None = None,
    length: int | None = None,
    any_length: bool = False,
    reset: bool,
) -> np.ndarray:
    """Read X into codes (uint8) or channels (floats), one row per sequence.

    Parameters
    ----------
    estimator : object
        Receives ``n_features_in_``, ``feature_names_in_``, ``input_form_``, ``length_`` and
        ``n_channels_`` if `reset`, and is asked for them if not.
    X : text, uint8 codes or numeric channels
        Text of shape (n,) or (n, 1); codes of shape (n, L); channels of shape (n, L * C),
        (n, L, C) or (n, C, L).
    alphabet : str or Alphabet
        The alphabet of text and codes; its size is C.
    n_channels : int, optional
        C for channels that are no letters.
    length : int, optional
        Number of positions to pad text to; by default the longest one seen in fit.
    any_length : bool, default=False
        Whether sequences may have another length than in fit; text is then padded to the longest
        one of X.
    reset : bool
        True while fitting.

    Returns
    -------
    ndarray
        Codes of shape (n, L), uint8; or channels of shape (n, L * C), the C columns of a
        position side by side: float64 if X is so, else float32.

    Raises
    ------
    ValueError
        If X is empty, ragged, not finite, of another shape than in fit, or holds letters or
        codes that the alphabet does not know.
    TypeError
        If text holds something else than strings.
    """
    alphabet = get_alphabet(alphabet)
    if n_channels is not None and not (isinstance(n_channels, Integral) and n_channels >= 1):
        raise ValueError(f"n_channels must be None or a positive integer, got {n_channels!r}")
    n_channels = n_channels or alphabet.n_symbols
    if is_text(X):
        if not (reset or any_length):
            length = estimator.length_
        form, data = "text", _read_text(estimator, X, alphabet, n_channels, length, reset)
    else:
        form, data = read_numeric(estimator, X, alphabet, n_channels, reset)
    if reset:
        estimator.input_form_ = form
        estimator.n_channels_ = n_channels
        estimator.length_ = sequence_length(data, n_channels)
    elif form != "text" and not any_length:
        _check_length(estimator, sequence_length(data, n_channels))
    return data


def read_tokens(estimator, X, *, vocabulary_size: int, reset: bool) -> np.ndarray:
    """Read token ids.

    Parameters
    ----------
    estimator : object
        As for :func:`read_sequences`.
    X : array-like of int of shape (n, T)
        Ids from 0, which is padding, to ``vocabulary_size - 1``.
    vocabulary_size : int
        Number of tokens.
    reset : bool
        True while fitting.

    Returns
    -------
    ndarray of shape (n, T), int32

    Raises
    ------
    ValueError
        If X is text, has values that are no integers or out of range (naming the first), or
        another number of columns than in fit.
    """
    if is_text(X):
        raise ValueError(
            f"X is text, but vocabulary_size={vocabulary_size} asks for token ids; put a tokenizer "
            "such as KmerTokenizer in front, in a pipeline, or leave vocabulary_size=None"
        )
    X = validate_data(estimator, X, dtype=None, reset=reset)
    tokens = X.astype(np.int32)
    strange = (tokens != X) | (tokens < 0) | (tokens >= vocabulary_size)
    if strange.any():
        i, position = np.argwhere(strange)[0]
        raise ValueError(
            f"sequence {i} has the token {X[i, position]} at position {position}, but tokens are "
            f"integers from 0 to {vocabulary_size - 1}; set vocabulary_size to that of the "
            "tokenizer"
        )
    if reset:
        estimator.input_form_, estimator.n_channels_ = "tokens", 1
        estimator.length_ = tokens.shape[1]
    return tokens


def read_ragged(
    estimator, X, *, alphabet: str | Alphabet, reset: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Read X into codes end to end, for estimators that take sequences of any length.

    Parameters
    ----------
    estimator : object
        Receives ``n_features_in_``, ``feature_names_in_`` and ``input_form_`` if `reset`.
    X : text, uint8 codes or numeric channels
        As in :func:`read_sequences`; of channels, the largest one of each position counts.
    alphabet : str or Alphabet
        The alphabet of text and codes; its size is C.
    reset : bool
        True while fitting.

    Returns
    -------
    codes : ndarray of shape (total length,), uint8
        The codes of all sequences, end to end.
    lengths : ndarray of shape (n,), int64
        Number of codes of each sequence.

    Raises
    ------
    ValueError, TypeError
        As :func:`read_sequences`, but text may be longer than in fit.
    """
    alphabet = get_alphabet(alphabet)
    if is_text(X):
        form, (codes, lengths) = "text", encode_ragged(X, alphabet)
        if reset:
            check_not_empty(lengths)
        _remember_text(estimator, X, reset)
    else:
        form, data = read_numeric(estimator, X, alphabet, alphabet.n_symbols, reset)
        if form == "channels":
            data = most_likely_codes(data.reshape(len(data), -1, alphabet.n_symbols))
        codes, lengths = data.ravel(), np.full(len(data), data.shape[1])
    if reset:
        estimator.input_form_ = form
    return codes, lengths


def sequence_length(data: np.ndarray, n_channels: int) -> int:
    """Length of the sequences in codes or flat channels."""
    return data.shape[1] if data.dtype == np.uint8 else data.shape[1] // n_channels


def is_soft_one_hot(data: np.ndarray, n_channels: int) -> bool:
    """Whether data are codes, or channels that are shares of letters: one or zero in all."""
    if data.dtype == np.uint8:
        return True
    sums = data.reshape(len(data), -1, n_channels).sum(axis=2)
    return data.min() >= 0 and bool((np.isclose(sums, 1, atol=1e-3) | (sums == 0)).all())


def _read_text(estimator, X, alphabet, n_channels, length, reset) -> np.ndarray:
    _check_symbols_fit(alphabet, n_channels)
    codes = encode(X, alphabet, length=length)
    _remember_text(estimator, X, reset)
    return codes


def _remember_text(estimator, X, reset: bool) -> None:
    """Keep the number and the name of the columns while fitting; compare them after it."""
    if reset:
        estimator.n_features_in_ = 1
        estimator.__dict__.pop("feature_names_in_", None)
    is_frame_as_in_fit = reset or estimator.input_form_ == "text"
    if hasattr(X, "columns") and is_frame_as_in_fit:
        validate_data(estimator, X, reset=reset, skip_check_array=True)


def read_numeric(
    estimator, X, alphabet: Alphabet, n_channels: int, reset: bool
) -> tuple[str, np.ndarray]:
    """Read X that is no text: "codes" or "channels", and the matrix of them.

    Parameters and result are as for :func:`read_sequences`, which also knows text.
    """
    if _is_codes(X):
        return "codes", _read_codes(estimator, X, alphabet, n_channels, reset)
    return "channels", _read_channels(estimator, X, n_channels, reset)


def _is_codes(X) -> bool:
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        return len(X.columns) > 0 and all("uint8" in str(dtype).lower() for dtype in X.dtypes)
    return "uint8" in str(getattr(X, "dtype", "")) and len(X.shape) == 2


def _read_codes(estimator, X, alphabet, n_channels, reset) -> np.ndarray:
    _check_symbols_fit(alphabet, n_channels)
    codes = _validate(estimator, X, np.uint8, "codes", reset)
    check_codes(codes, alphabet)
    if _is_one_hot(codes, n_channels):
        raise ValueError(
            "X is a uint8 matrix of only 0 and 1 with one 1 per position, so it seems to be "
            "one-hot, but uint8 stands for codes: pass one-hot data as float32 "
            "(`X.astype('float32')`)"
        )
    return codes


def _is_one_hot(codes: np.ndarray, n_channels: int) -> bool:
    n, width = codes.shape
    if n_channels == 1 or width % n_channels or width < 4 * n_channels or codes.max() > 1:
        return False
    sums = codes.reshape(n, -1, n_channels).sum(axis=2)
    return sums.max() <= 1 and sums.mean() > 0.9


def _check_symbols_fit(alphabet: Alphabet, n_channels: int) -> None:
    if n_channels != alphabet.n_symbols:
        raise ValueError(
            f"n_channels={n_channels} is for numeric channels, but X holds letters of an "
            f"alphabet of {alphabet.n_symbols}; leave n_channels=None"
        )


def _read_channels(estimator, X, n_channels, reset) -> np.ndarray:
    if not hasattr(X, "dtype") and not hasattr(X, "dtypes"):
        # Else the first of the types below would be taken, whatever X holds.
        X = np.asarray(X)
    if len(getattr(X, "shape", ())) == 3:
        X = flatten_channels(np.asarray(X), n_channels)
    X = _validate(estimator, X, [np.float32, np.float64], "channels", reset)
    missing = -X.shape[1] % n_channels
    return np.pad(X, ((0, 0), (0, missing))) if missing else X


def flatten_channels(X: np.ndarray, n_channels: int) -> np.ndarray:
    """Bring (n, L, C) or (n, C, L) to (n, L * C); on a tie the last axis is the channels.

    Two axes stay as they are.
    """
    if X.ndim != 3:
        return X
    if X.shape[2] != n_channels:
        if X.shape[1] != n_channels:
            raise ValueError(
                f"X has the shape {X.shape}, but neither its second nor its third axis has the "
                f"size of the {n_channels} channels; set `alphabet` or `n_channels`"
            )
        X = X.transpose(0, 2, 1)
    return X.reshape(len(X), -1)


def _validate(estimator, X, dtype, form: str, reset: bool) -> np.ndarray:
    """Check the matrix, and its columns too where it has the form seen in fit."""
    if reset or estimator.input_form_ == form:
        return validate_data(estimator, X, dtype=dtype, reset=reset)
    return check_array(X, dtype=dtype, estimator=estimator)


def _check_length(estimator, length: int) -> None:
    if length != estimator.length_:
        raise ValueError(
            f"X has sequences of length {length}, but {type(estimator).__name__} was fitted on "
            f"length {estimator.length_}"
        )
