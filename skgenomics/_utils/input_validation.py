"""Reading of X: text, codes, channels or tables, told apart here and nowhere else.

Encoders, samplers and deep estimators all read their input here, so that they accept the same data
and raise the same errors. The form of X follows from its type: strings are text, a ``uint8`` matrix
holds codes, any other numbers are channels or a table. Values are looked at only to refuse input
that would be misread, such as codes of another type than ``uint8``.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skgenomics._utils.sequence_profiles import is_profiles, read_profiles
from skgenomics._utils.validation import warn_user
from skgenomics.sequences import (
    Alphabet,
    as_codes,
    as_strings,
    check_codes,
    check_input_type,
    check_not_empty,
    encode,
    encode_ragged,
    get_alphabet,
    is_frame,
    is_text,
    unpadded_lengths,
)

# Fewer columns of integers are a table: scikit-learn's own checks feed integers 1 to 4 in two
# columns to every estimator.
_MIN_COLUMNS_OF_CODES = 8
# Codes above 1 are half of the bases of any genome (G and T). Counts of rare events, such as those
# of 3-mers in a short sequence, are mostly 0 and 1: such tables must pass.
_MIN_SHARE_OF_CODES = 0.2
# Likewise, encoders and samplers read a narrow table as channels, since scikit-learn's and
# imbalanced-learn's checks feed up to 20 columns of random numbers to them.
_MIN_COLUMNS_OF_CHANNELS = 32
# Consecutive positions of a table that look like one-hot before a warning is due.
_MIN_POSITIONS_OF_PART = 8
# Rows of a table that are searched for parts that look like a sequence.
_MAX_SEARCHED = 200
_TOLERANCE = 1e-3
# Text whose codes take more bytes with their padding, and this many times more than without.
_MAX_PADDED_SIZE = 1 << 27
_MAX_PADDED_SHARE = 2


class RaggedCodes:
    """Codes of sequences of very unequal length, which are padded only where they are read.

    Parameters
    ----------
    codes : ndarray of shape (total_length,), uint8
        Concatenated codes of all sequences.
    lengths : ndarray of shape (n_samples,)
        Length of each sequence.
    width : int
        Number of columns of the codes if all of them were padded.
    padding : int
        Code of padding.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, codes: np.ndarray, lengths: np.ndarray, width: int, padding: int):
        self.codes, self.lengths, self.width, self.padding = codes, lengths, width, padding
        self._starts = np.cumsum(lengths) - lengths

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the padded codes."""
        return len(self), self.width

    def take(self, rows, axis: int = 0) -> RaggedCodes:
        """Select sequences, given by their indices."""
        parts = [self.codes[self._starts[i] : self._starts[i] + self.lengths[i]] for i in rows]
        codes = np.concatenate([*parts, np.empty(0, dtype=np.uint8)])
        return RaggedCodes(codes, self.lengths[rows], self.width, self.padding)

    def crop(self, width: int) -> RaggedCodes:
        """Keep the first positions of each sequence."""
        lengths = np.minimum(self.lengths, width)
        starts = np.repeat(self._starts - (np.cumsum(lengths) - lengths), lengths)
        codes = self.codes[np.arange(lengths.sum()) + starts]
        return RaggedCodes(codes, lengths, width, self.padding)

    def pad(self, rows, width: int | None = None) -> np.ndarray:
        """Pad some sequences to a number of columns, by default that of all."""
        lengths = self.lengths[rows]
        padded = np.full((len(lengths), width or self.width), self.padding, dtype=np.uint8)
        is_real = np.arange(padded.shape[1]) < lengths[:, np.newaxis]
        padded[is_real] = self.take(rows).codes
        return padded


def read_sequences(
    estimator: Any,
    X: Any,
    *,
    alphabet: str | Alphabet,
    n_channels: int | None = None,
    length: int | None = None,
    any_length: bool = False,
    min_length: int = 1,
    allow_table: bool = True,
    remedy: str | None = None,
    allow_ragged: bool = False,
    reset: bool,
) -> Any:
    """Read X as codes (uint8) or channels (floats), one row for each sample.

    Parameters
    ----------
    estimator : object
        Estimator that reads X. It receives ``n_features_in_``, ``feature_names_in_``,
        ``input_form_``, ``length_`` and ``n_channels_`` if `reset`, and must have them otherwise.
    X : array-like
        Text of shape (n_samples,) or (n_samples, 1); uint8 codes of shape (n_samples, L); channels
        of shape (n_samples, L * C), (n_samples, L, C) or (n_samples, C, L); or a table of shape
        (n_samples, L), which is any other matrix of numbers.
    alphabet : str or Alphabet
        Alphabet of text and codes; its size is C.
    n_channels : int or None, default=None
        C for channels that are not symbols of the alphabet, such as signals. A matrix whose width
        is not a multiple of it is padded with zeros.
    length : int or None, default=None
        Number of positions to pad text to, at least if it may have any length; None for the longest
        sequence seen in fit, or that of X if it may have any length.
    any_length : bool, default=False
        When True, sequences may have another length than in fit; text is then padded to the
        longest sequence of X.
    min_length : int, default=1
        Number of positions that text and codes are padded to at least, if they may have any length.
    allow_table : bool, default=True
        When False, refuse a matrix that holds no sequences.
    remedy : str or None, default=None
        Advice where sequences are longer than in fit; None for that of an encoder.
    allow_ragged : bool, default=False
        When True, text that would take much more memory with its padding than without is not
        padded.
    reset : bool
        True while fitting.

    Returns
    -------
    ndarray of shape (n_samples, L), uint8, or of shape (n_samples, L * C), float, or RaggedCodes
        Codes; or channels, the C columns of a position side by side: float64 if X is so, else
        float32.

    Raises
    ------
    ValueError
        If X is empty, ragged, not finite, of another shape than in fit, holds symbols or codes
        that are not in the alphabet, or holds codes of another type than uint8.
    TypeError
        If text holds elements that are not strings, or X is of a type that holds no sequences.
    """
    alphabet = get_alphabet(alphabet)
    if n_channels is not None and not (isinstance(n_channels, Integral) and n_channels >= 1):
        raise ValueError(f"n_channels must be None or a positive integer, got {n_channels!r}")
    check_input_type(X)
    if is_text(X):
        _check_not_fitted_on_table(estimator, reset)
        if not (reset or any_length):
            length = estimator.length_
            _check_not_longer(estimator, X, remedy)
        elif not reset:
            longest = max((len(x) for x in as_strings(X) if isinstance(x, str)), default=0)
            length = max(longest, min_length, length or 0)
        form = "text"
        data = _read_text(estimator, X, alphabet, n_channels, length, allow_ragged, reset)
    elif is_profiles(X, int(n_channels or alphabet.n_symbols)):

        def choose_length(longest: int) -> int:
            if reset:
                return max(longest, length or 0)
            if any_length:
                return max(longest, min_length, length or 0)
            if longest > estimator.length_:
                _check_length(estimator, longest, remedy)
            return estimator.length_

        form = "channels"
        data = read_profiles(X, int(n_channels or alphabet.n_symbols), choose_length)
        if reset:
            estimator.n_features_in_ = data.shape[1]
            estimator.__dict__.pop("feature_names_in_", None)
    else:
        form, data = read_numeric(
            estimator,
            X,
            alphabet,
            n_channels,
            allow_table=allow_table,
            any_length=any_length,
            reset=reset,
        )
    n_channels = 1 if form == "table" else int(n_channels or alphabet.n_symbols)
    if reset:
        estimator.input_form_ = form
        estimator.n_channels_ = n_channels
        estimator.length_ = sequence_length(data, n_channels)
    elif form != "text" and not any_length:
        _check_length(estimator, sequence_length(data, n_channels), remedy)
    elif form == "codes" and data.shape[1] < min_length:
        missing = (0, 0), (0, min_length - data.shape[1])
        data = np.pad(data, missing, constant_values=alphabet.padding_code)
    return data


def read_tokens(estimator: Any, X: Any, *, vocabulary_size: int, reset: bool) -> np.ndarray:
    """Read token ids.

    Parameters
    ----------
    estimator : object
        As for :func:`read_sequences`.
    X : array-like of int of shape (n_samples, n_tokens)
        Ids from 0, which is padding, to ``vocabulary_size - 1``.
    vocabulary_size : int
        Number of tokens.
    reset : bool
        True while fitting.

    Returns
    -------
    ndarray of shape (n_samples, n_tokens), int32
        The ids.

    Raises
    ------
    ValueError
        If X is text, has values that are not integers or out of range (naming the first), or
        another number of columns than in fit.
    """
    check_input_type(X)
    if is_text(X):
        raise ValueError(
            f"X is text, but vocabulary_size={vocabulary_size} asks for token ids; put a tokenizer "
            "such as KmerTokenizer in front, in a pipeline, or leave vocabulary_size=None"
        )
    X = validate_data(estimator, X, dtype=None, reset=reset)
    tokens = X.astype(np.int32)
    is_invalid = (tokens != X) | (tokens < 0) | (tokens >= vocabulary_size)
    if is_invalid.any():
        i, position = np.argwhere(is_invalid)[0]
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
    estimator: Any, X: Any, *, alphabet: str | Alphabet, reset: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Read X as concatenated codes, for estimators that take sequences of any length.

    Parameters
    ----------
    estimator : object
        Estimator that receives ``n_features_in_``, ``feature_names_in_`` and ``input_form_`` if
        `reset`.
    X : array-like
        Text, codes or channels as in :func:`read_sequences`; the largest channel of each position
        is its code. Padding at the end of codes is left out.
    alphabet : str or Alphabet
        Alphabet of text and codes; its size is C.
    reset : bool
        True while fitting.

    Returns
    -------
    codes : ndarray of shape (total_length,), uint8
        Concatenated codes of all sequences.
    lengths : ndarray of shape (n_samples,), int64
        Length of each sequence.

    Raises
    ------
    ValueError, TypeError
        As :func:`read_sequences`, but text may be longer than in fit.
    """
    alphabet = get_alphabet(alphabet)
    check_input_type(X)
    if is_text(X):
        form, (codes, lengths) = "text", encode_ragged(X, alphabet)
        if reset:
            check_not_empty(lengths)
        remember_text(estimator, X, reset)
    else:
        form, data = read_numeric(estimator, X, alphabet, None, allow_table=False, reset=reset)
        data = as_codes(data, alphabet.n_symbols)
        lengths = unpadded_lengths(data, alphabet)
        codes = data[np.arange(data.shape[1]) < lengths[:, np.newaxis]]
    if reset:
        estimator.input_form_ = form
    return codes, lengths


def has_padding(data: np.ndarray | RaggedCodes, n_channels: int) -> bool:
    """Tell if any sequence is padded to the length of longer ones.

    Parameters
    ----------
    data : ndarray
        Result of :func:`read_sequences`.
    n_channels : int
        Number of symbols of the alphabet.

    Returns
    -------
    bool
        True if data are codes, and a sequence ends with the padding code; or profiles of unequal
        length, which are padded by NaN. Other channels hold no mark of padding: an unknown base at
        their ends is just that.
    """
    if isinstance(data, RaggedCodes):
        return True
    if data.dtype != np.uint8:
        return bool(np.isnan(data[:, -1]).any())
    return bool((data[:, -1] == n_channels + 1).any())


def read_numeric(
    estimator: Any,
    X: Any,
    alphabet: Alphabet,
    n_channels: int | None,
    *,
    allow_table: bool,
    any_length: bool = False,
    reset: bool,
) -> tuple[str, np.ndarray]:
    """Read X that is not text.

    Parameters
    ----------
    estimator, X, alphabet, n_channels, allow_table, any_length, reset
        As for :func:`read_sequences`, which also reads text.

    Returns
    -------
    form : {"codes", "channels", "table"}
        Form of X.
    data : ndarray of shape (n_samples, n_columns)
        Codes, flat channels or the columns of the table.
    """
    if not reset and estimator.input_form_ == "table":
        return "table", _validate(estimator, _as_numbers(X), _FLOATS, "table", reset)
    if is_codes(X):
        return "codes", _read_codes(estimator, X, alphabet, n_channels, any_length, reset)
    values = _as_numbers(X)
    size = int(n_channels or alphabet.n_symbols)
    is_matrix = len(getattr(values, "shape", ())) != 3
    if not is_matrix:
        values = flatten_channels(np.asarray(values), size)
    data = _validate(estimator, values, _FLOATS, "channels", reset, any_length)
    if is_matrix and n_channels is None:
        _refuse_codes(estimator, X, data, alphabet, reset)
        if reset and not is_soft_sequence(data, size):
            if allow_table:
                _warn_of_sequence_in_table(data, alphabet)
                return "table", data
            _refuse_sequence_in_table(estimator, data, alphabet)
            _refuse_wide_table(estimator, data, size)
    return "channels", _pad_to_positions(estimator, data, size, n_channels)


_FLOATS = [np.float32, np.float64]


def sequence_length(data: np.ndarray, n_channels: int) -> int:
    """Compute the number of positions of codes or flat channels."""
    return data.shape[1] if data.dtype == np.uint8 else data.shape[1] // n_channels


def is_soft_one_hot(data: np.ndarray, n_channels: int) -> bool:
    """Check if data are codes, or channels that are probabilities: one or zero in total.

    A position of zeros is unknown or padding.
    """
    if data.dtype == np.uint8:
        return True
    sums = data.reshape(len(data), -1, n_channels).sum(axis=2)
    return data.min() >= 0 and bool((np.isclose(sums, 1, atol=_TOLERANCE) | (sums == 0)).all())


def is_soft_sequence(data: np.ndarray, n_channels: int) -> bool:
    """Check if a matrix of numbers can be read as channels of sequences.

    That is so if all values are non-negative and those of each position sum to at most 1. Samplers
    such as SVMSMOTE extrapolate: their sums are 1, but some values are negative.
    """
    if data.shape[1] % n_channels:
        return False
    sums = data.reshape(len(data), -1, n_channels).sum(axis=2)
    if sums.max() > 1 + _TOLERANCE:
        return False
    return bool(data.min() >= 0 or ((np.abs(sums - 1) <= _TOLERANCE) | (sums == 0)).all())


def flatten_channels(X: np.ndarray, n_channels: int) -> np.ndarray:
    """Reshape (n_samples, L, C) or (n_samples, C, L) to (n_samples, L * C).

    The last axis is that of the channels if both have the size C. Matrices are returned unchanged.
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


def _read_text(estimator, X, alphabet, n_channels, length, allow_ragged, reset):
    _check_symbols_fit(alphabet, n_channels)
    if allow_ragged:
        n_symbols = [len(x) if isinstance(x, str) else 0 for x in as_strings(X)]
        longest = max(n_symbols)
        size = len(n_symbols) * max(longest, length or 0)
        if size > max(_MAX_PADDED_SIZE, _MAX_PADDED_SHARE * sum(n_symbols)) and (
            length is None or longest <= length
        ):
            codes, lengths = encode_ragged(X, alphabet)
            remember_text(estimator, X, reset)
            return RaggedCodes(codes, lengths, length or longest, alphabet.padding_code)
    codes = encode(X, alphabet, length=length)
    if reset and (codes == alphabet.padding_code).all():
        check_not_empty(np.array([len(x) for x in as_strings(X)]))
    remember_text(estimator, X, reset)
    return codes


def remember_text(estimator, X, reset: bool) -> None:
    """Store the number and the names of the columns while fitting; compare them afterwards."""
    if reset:
        estimator.n_features_in_ = 1
        estimator.__dict__.pop("feature_names_in_", None)
    is_frame_as_in_fit = reset or estimator.input_form_ == "text"
    if is_frame(X) and is_frame_as_in_fit:
        validate_data(estimator, X, reset=reset, skip_check_array=True)


def _check_not_fitted_on_table(estimator, reset: bool) -> None:
    if not reset and estimator.input_form_ == "table":
        raise ValueError(
            f"X is text, but {type(estimator).__name__} was fitted on a table of "
            f"{estimator.n_features_in_} numeric columns"
        )


def _as_numbers(X):
    # validate_data converts a list to the first of the accepted types, float32, whatever it holds.
    return X if hasattr(X, "dtype") or is_frame(X) else np.asarray(X)


def is_codes(X) -> bool:
    """Tell if X is a matrix of codes, by its type."""
    if is_frame(X):
        return len(X.columns) > 0 and all("uint8" in str(dtype).lower() for dtype in X.dtypes)
    return "uint8" in str(getattr(X, "dtype", "")) and len(X.shape) == 2


def _read_codes(estimator, X, alphabet, n_channels, any_length, reset) -> np.ndarray:
    _check_symbols_fit(alphabet, n_channels)
    codes = _validate(estimator, X, np.uint8, "codes", reset, any_length)
    check_codes(codes, alphabet)
    codes = _without_inner_padding(codes, alphabet)
    if _is_one_hot(codes, alphabet.n_symbols):
        raise ValueError(
            "X is a uint8 matrix of only 0 and 1 with one 1 per position, so it seems to be "
            "one-hot, but uint8 stands for codes: pass one-hot data as float32 "
            "(`X.astype('float32')`)"
        )
    return codes


def _without_inner_padding(codes: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Replace padding in front of a symbol, as SMOTEN may vote for, by the unknown code."""
    is_padding = codes == alphabet.padding_code
    if not is_padding.any():
        return codes
    inner = is_padding & (np.arange(codes.shape[1]) < unpadded_lengths(codes, alphabet)[:, None])
    return np.where(inner, np.uint8(alphabet.n_symbols), codes) if inner.any() else codes


def _is_one_hot(codes: np.ndarray, n_channels: int) -> bool:
    n, width = codes.shape
    if n_channels == 1 or width % n_channels or width < 4 * n_channels or codes.max() > 1:
        return False
    sums = codes.reshape(n, -1, n_channels).sum(axis=2)
    return sums.max() <= 1 and sums.mean() > 0.9


def _check_symbols_fit(alphabet: Alphabet, n_channels: int | None) -> None:
    if n_channels not in (None, alphabet.n_symbols):
        raise ValueError(
            f"n_channels={n_channels} is for numeric channels, but X holds symbols of an "
            f"alphabet of {alphabet.n_symbols}; leave n_channels=None"
        )


def _refuse_codes(estimator, X, data: np.ndarray, alphabet: Alphabet, reset: bool) -> None:
    """Raise a ValueError if numbers of another type than uint8 are codes of sequences.

    In fit, a table of small counts must pass. Afterwards sequences are expected, so that any whole
    number above 1 is a code.
    """
    n = alphabet.n_symbols
    # Most one-hot input and most tables are ruled out by the first, cheap conditions.
    if data.shape[1] < _MIN_COLUMNS_OF_CODES or not 1 < data.max() <= n or data.min() < -1:
        return
    if not (data == np.rint(data)).all():
        return
    if reset and np.mean(data > 1) < _MIN_SHARE_OF_CODES:
        return
    remedy = "X.astype('uint8')" if hasattr(X, "astype") else "numpy.array(X, dtype='uint8')"
    message = (
        f"X holds whole numbers from {data.min():.0f} to {data.max():.0f}, like codes of "
        f"sequences, but only uint8 is read as codes, and X is {_describe_type(X)}. If the numbers "
        f"0 to {n - 1} stand for {alphabet.symbols!r} in this order, and {n} for unknown, pass "
        f"`{remedy}`; otherwise encode text by skgenomics.OrdinalEncoder"
    )
    if hasattr(estimator, "n_channels"):
        message += ". If X is a table of counts, set n_channels=1"
    raise ValueError(message)


def _describe_type(X) -> str:
    if is_frame(X):
        return "a frame of " + ", ".join(sorted({str(dtype) for dtype in X.dtypes}))
    return str(X.dtype) if hasattr(X, "dtype") else f"a {type(X).__name__}"


def _refuse_wide_table(estimator, data: np.ndarray, n_channels: int) -> None:
    if data.shape[1] >= _MIN_COLUMNS_OF_CHANNELS:
        raise ValueError(
            f"X is a matrix of {data.shape[1]} columns that holds no sequences: one-hot or soft "
            f"sequences are non-negative, and the {n_channels} columns of each position sum to at "
            f"most 1. {type(estimator).__name__} needs sequences as text, uint8 codes or channels; "
            f"pass other channels of sequences in the shape (n_samples, L, {n_channels})"
        )


def _refuse_sequence_in_table(estimator, data: np.ndarray, alphabet: Alphabet) -> None:
    """Raise a ValueError if other numbers stand beside codes or one-hot channels."""
    found = _find_sequence(data, alphabet)
    if found is not None:
        kind, start, stop = found
        raise ValueError(
            f"the columns {start} to {stop - 1} of X look like {kind}, but other numbers stand "
            f"beside them, and {type(estimator).__name__} needs sequences alone: select these "
            f"columns, `X[:, {start}:{stop}]`" + (", as uint8" if kind.startswith("codes") else "")
        )


def _warn_of_sequence_in_table(data: np.ndarray, alphabet: Alphabet) -> None:
    """Warn if some columns of a table look like a sequence, as in output of ColumnTransformer."""
    found = _find_sequence(data, alphabet)
    if found is not None:
        kind, start, stop = found
        warn_user(
            f"X is read as a table, one channel for each column, but the columns {start} to "
            f"{stop - 1} look like {kind}. To combine sequences with other numbers, use "
            "MultiViewClassifier or MultiViewRegressor"
        )


def _find_sequence(data: np.ndarray, alphabet: Alphabet) -> tuple[str, int, int] | None:
    """Find columns that look like a sequence: their kind, the first one and the end."""
    rows = data[:_MAX_SEARCHED]
    n = alphabet.n_symbols
    kind, start, stop = "one-hot sequences", *_find_one_hot(rows, n)
    if start == stop:
        kind, start, stop = "codes of sequences", *_find_codes(rows, n)
    return (kind, start, stop) if start < stop else None


def _find_one_hot(rows: np.ndarray, n_symbols: int) -> tuple[int, int]:
    """Find the longest run of columns that could be one-hot; the start equals the end if none."""
    if n_symbols == 1 or rows.shape[1] < n_symbols * _MIN_POSITIONS_OF_PART:
        return 0, 0
    totals = np.cumsum(rows, axis=1, dtype=float)
    totals = np.hstack([np.zeros((len(rows), 1)), totals])
    # Sums of the columns of a position that starts at each column.
    sums = totals[:, n_symbols:] - totals[:, :-n_symbols]
    is_one = np.abs(sums - 1) <= _TOLERANCE
    is_position = (is_one | (np.abs(sums) <= _TOLERANCE)).all(axis=0) & (is_one.mean(axis=0) > 0.5)
    is_share = ((rows >= 0) & (rows <= 1)).all(axis=0)
    is_position &= np.lib.stride_tricks.sliding_window_view(is_share, n_symbols).all(axis=1)
    best = 0, 0
    for phase in range(n_symbols):
        start, stop = _longest_run(is_position[phase::n_symbols])
        if stop - start >= max(_MIN_POSITIONS_OF_PART, (best[1] - best[0]) // n_symbols + 1):
            best = phase + start * n_symbols, phase + stop * n_symbols
    return best


def _find_codes(rows: np.ndarray, n_symbols: int) -> tuple[int, int]:
    """Find the longest run of columns that could be codes; the start equals the end if none."""
    is_code = ((rows >= 0) & (rows <= n_symbols) & (rows == np.rint(rows))).all(axis=0)
    start, stop = _longest_run(is_code)
    is_long = stop - start >= _MIN_COLUMNS_OF_CODES
    if is_long and np.mean(rows[:, start:stop] > 1) >= _MIN_SHARE_OF_CODES:
        return start, stop
    return 0, 0


def _longest_run(mask: np.ndarray) -> tuple[int, int]:
    """Find the start and the end of the longest run of True."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        return 0, 0
    best = (stops - starts).argmax()
    return int(starts[best]), int(stops[best])


def _pad_to_positions(estimator, data, size: int, n_channels: int | None) -> np.ndarray:
    """Fill up the last position with zeros, where the number of channels was chosen by the user.

    Otherwise only a narrow table instead of sequences is filled up.
    """
    n_missing = -data.shape[1] % size
    if not n_missing:
        return data
    if n_channels is None and data.shape[1] >= _MIN_COLUMNS_OF_CHANNELS:
        raise ValueError(
            f"X has {data.shape[1]} columns, which is not a multiple of {size}, the number of "
            f"channels of a position; {type(estimator).__name__} was fitted on sequences"
        )
    return np.pad(data, ((0, 0), (0, n_missing)))


def _validate(estimator, X, dtype, form: str, reset: bool, any_length: bool = False) -> np.ndarray:
    """Check the matrix, and its columns too where it has the form seen in fit."""
    size = getattr(estimator, "n_channels_", 1) if form == "channels" else 1
    # Columns that make no whole positions are not those of a sequence of another length.
    is_whole = any_length and np.asarray(X).ndim == 2 and np.asarray(X).shape[1] % size == 0
    if reset or (estimator.input_form_ == form and not is_whole):
        return validate_data(estimator, X, dtype=dtype, reset=reset)
    return check_array(X, dtype=dtype, estimator=estimator)


def _check_length(estimator, length: int, remedy: str | None) -> None:
    if length != estimator.length_:
        raise ValueError(
            f"X has sequences of length {length}, but {type(estimator).__name__} was fitted on "
            f"length {estimator.length_}{_advise(estimator, remedy)}"
        )


def _check_not_longer(estimator, X, remedy: str | None) -> None:
    """Raise a ValueError if a text is longer than those of fit."""
    lengths = [len(x) if isinstance(x, str) else 0 for x in as_strings(X)]
    longest = max(lengths)
    if longest > estimator.length_:
        raise ValueError(
            f"sequence {lengths.index(longest)} has length {longest}, but "
            f"{type(estimator).__name__} was fitted on length {estimator.length_}"
            f"{_advise(estimator, remedy)}"
        )


def _advise(estimator, remedy: str | None) -> str:
    if remedy is None:
        remedy = "crop X, or fit again with `length` of at least that of the longest sequence"
    return f"; {remedy}. FixedLength({estimator.length_}) of skgenomics crops and pads"
