"""Read tables, with errors of one line that say what is wrong."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from skgenomics.genome._textfiles import COMPRESSIONS, INTEGER, open_text

# Missing values in columns of numbers. In columns of text only the empty cell is missing: "NA" may
# be a class, such as a segment of influenza, or a sequence of two bases.
_MISSING = ["NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"]
_BOOLEANS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False,
             "false": False}  # fmt: skip
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_MAX_NAMES = 12
_MAX_NAME_LENGTH = 40


def read_frame(
    path: str | Path, *, text: Sequence[str | int] = (), ids: Collection[str] = ()
) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path : str or Path
        CSV or TSV file, compressed or not. It is opened once, so that it may be a pipe.
    text : sequence of str or int, default=()
        Names or numbers of columns that are read as text, whatever they look like.
    ids : collection of str, default=()
        Identifiers of which the first column has one in each row. A table of two columns whose
        first line begins with one has no header line; its columns are then "id" and "label".

    Returns
    -------
    DataFrame
        Columns of numbers, booleans or text. In text only the empty cell is missing.
    """
    with open_text(path) as lines:
        header, n_before, settings = _read_header(path, lines)
        has_header = len(header) != 2 or header[0] not in ids
        if not has_header:
            settings["names"] = ["id", "label"]
        with _one_line_errors(path, n_before):
            try:
                frame = pd.read_csv(lines, **settings)
            except pd.errors.EmptyDataError:
                frame = pd.DataFrame(columns=settings["names"], dtype=str)
    if not has_header:
        first = pd.DataFrame([header], columns=frame.columns).replace("", np.nan)
        frame = pd.concat([first, frame], ignore_index=True)
    if not len(frame):
        raise ValueError(f"{path} has a header, but no rows")
    for i, name in enumerate(frame.columns):
        if name not in text and i not in text:
            frame[name] = _infer_type(frame[name])
    return frame


def read_chunks(
    path: str | Path, sequence: str, id_column: str | None, size: int
) -> Iterator[pd.DataFrame]:
    """Read the columns of sequences and identifiers as text, `size` rows at a time.

    Parameters
    ----------
    path : str or Path
        CSV or TSV file, compressed or not. It is opened once, so that it may be a pipe.
    sequence : str
        Column of the sequences.
    id_column : str or None
        Column of the identifiers; None takes "id" if there is such a column.
    size : int
        Number of rows of a chunk.

    Yields
    ------
    DataFrame
        The column `sequence`, and the column of the identifiers if there is one.
    """
    with open_text(path) as lines:
        header, n_before, settings = _read_header(path, lines)
        if id_column is None and "id" in header:
            id_column = "id"
        columns = [sequence] if id_column is None else [sequence, id_column]
        require_columns(path, header, columns)
        with _one_line_errors(path, n_before):
            reader = pd.read_csv(lines, usecols=columns, chunksize=size, **settings)
        while True:
            try:
                with _one_line_errors(path, n_before):
                    chunk = next(reader)
            except StopIteration:
                return
            yield chunk[columns]


def require_columns(path: str | Path, existing: Sequence[str], required: Sequence[str]) -> None:
    """Raise a ValueError that lists the columns unless all the required ones exist."""
    existing = list(map(str, existing))
    missing = [name for name in required if name not in existing]
    if not missing:
        return
    nearest = get_close_matches(missing[0], existing, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    shown = [x if len(x) <= _MAX_NAME_LENGTH else x[:_MAX_NAME_LENGTH] + "..." for x in existing]
    names = ", ".join(map(repr, shown[:_MAX_NAMES]))
    more = f", ... ({len(existing)} in all)" if len(existing) > _MAX_NAMES else ""
    raise ValueError(f"{path} has no column {missing[0]!r}, only {names}{more}{hint}")


def read_targets(path: str | Path, frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Read labels from one column, or numbers from several, NaN where missing.

    Returns an array of shape (n_samples,) or (n_samples, n_targets).
    """
    require_columns(path, frame.columns, names)
    if len(names) == 1:
        check_complete(path, frame[names[0]], "label")
        return column_values(frame[names[0]])
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            is_invalid = pd.to_numeric(frame[name], errors="coerce").isna() & frame[name].notna()
            raise ValueError(
                f"{path}: column {name!r} has {frame[name][is_invalid].iloc[0]!r} in row "
                f"{is_invalid.argmax()}, but several targets must be numbers"
            )
        if frame[name].isna().all():
            raise ValueError(f"{path}: column {name!r} has no label at all; leave it out")
    return frame[list(names)].to_numpy(float)


def read_texts(path: str | Path, frame: pd.DataFrame, name: str) -> np.ndarray:
    """Read a column of sequences without surrounding blanks, as str objects (n_samples,)."""
    texts = frame[name].str.strip()
    check_complete(path, texts.mask(texts == ""), "sequence")
    return texts.to_numpy(object)


def read_positions(path: str | Path, frame: pd.DataFrame, name: str) -> np.ndarray:
    """Read a column of text as integers; "10.0" and "1e1" are refused, as in BED files."""
    texts = frame[name].fillna("").str.strip().to_numpy(object)
    for row, text in enumerate(texts):
        if not INTEGER.fullmatch(text):
            raise ValueError(
                f"{path}: row {row}, counted from 0, has the {name} {text!r}, which is not an "
                "integer"
            )
    return texts.astype(np.int64)


def column_values(column: pd.Series) -> np.ndarray:
    """Values of a column; str objects for text."""
    return column.to_numpy(object if pd.api.types.is_string_dtype(column) else None)


def suffix_of(path: str | Path) -> str:
    """Suffix of a file name in lower case, such as ".bed", without that of its compression."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    suffixes = suffixes[:-1] if suffixes and suffixes[-1] in COMPRESSIONS else suffixes
    return suffixes[-1] if suffixes else ""


def check_complete(path: str | Path, column: pd.Series, what: str) -> None:
    """Raise a ValueError that names the first row without a value."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"{path}: row {column.index[missing.argmax()]}, counted from 0, has no {what} in "
            f"column {column.name!r}; {missing.sum()} of {len(column)} rows have none. Drop or "
            "fill them"
        )


def _infer_type(column: pd.Series) -> pd.Series:
    """Convert a column of text to numbers or booleans if all its cells are such."""
    is_missing = column.isna() | column.isin(_MISSING)
    if column.isna().all():
        return pd.Series(np.nan, index=column.index, name=column.name)
    known = column[~is_missing]
    if len(known) and known.isin(list(_BOOLEANS)).all():
        values = known.map(_BOOLEANS)
        return values.astype(bool) if not is_missing.any() else values.reindex(column.index)
    try:
        numbers = pd.to_numeric(known)
    except (ValueError, TypeError, OverflowError):
        return column
    if not len(known) or not pd.api.types.is_numeric_dtype(numbers):
        return column
    return numbers.reindex(column.index) if is_missing.any() else numbers


def _read_header(path: str | Path, lines: TextIO) -> tuple[list[str], int, dict[str, Any]]:
    """Read the header, the number of lines up to it, and the settings to read the others."""
    n_before, line = 0, ""
    for n_before, line in enumerate(lines, start=1):  # noqa: B007
        if line.strip():
            break
    if not line.strip():
        raise ValueError(f"{path} is empty")
    separator = _SEPARATORS.get(suffix_of(path))
    if separator is None or separator not in line:
        separator = max(",\t;", key=line.count)
    with _one_line_errors(path, 0):
        # The module csv refuses fields of more than 131,072 characters.
        cells = pd.read_csv(
            io.StringIO(line), sep=separator, header=None, dtype=str, keep_default_na=False
        )
    header = cells.iloc[0].tolist()
    settings = {
        "sep": separator,
        "names": _unique(header),
        "header": None,
        # Without it, a row with one field too many would shift all the columns by one.
        "index_col": False,
        "dtype": str,
        "keep_default_na": False,
        "na_values": [""],
    }
    return header, n_before, settings


def _unique(names: list[str]) -> list[str]:
    """Make column names unique, and name empty ones, as pandas does."""
    seen: dict[str, int] = {}
    unique = []
    for i, name in enumerate(names):
        name = name or f"Unnamed: {i}"
        n = seen.get(name, 0)
        seen[name] = n + 1
        unique.append(f"{name}.{n}" if n else name)
    return unique


@contextmanager
def _one_line_errors(path: str | Path, n_before: int) -> Iterator[None]:
    """Turn errors of pandas into one ValueError; it counts lines after the first `n_before`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            yield
    except pd.errors.EmptyDataError as error:
        raise ValueError(f"{path} has a header, but no rows") from error
    except pd.errors.ParserWarning as error:
        raise ValueError(f"{path} has rows with more fields than its header") from error
    except (pd.errors.ParserError, csv.Error, OverflowError) as error:
        reason = re.sub(
            r"line (\d+)", lambda match: f"line {int(match[1]) + n_before}", str(error).strip()
        )
        raise ValueError(f"{path} is not a valid table: {reason}") from error
