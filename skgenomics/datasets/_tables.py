"""Reading tables, with errors of one line that say what is wrong."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.genome._textfiles import open_text

# What may stand for a missing value. "None" is not among them: it is a fine name of a class.
_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"]
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_MAX_NAMES = 12


def read_frame(
    path: str | Path, *, text: Sequence[str] = (), names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read a table with a header line; `names` are those of a table without one.

    The columns in `text` are read as strings, and only an empty cell is a missing one: "NA" is a
    sequence of two letters.
    """
    with open_text(path) as lines:
        settings = _settings(path, text, names)
        with _one_line_errors(path):
            frame = pd.read_csv(lines, low_memory=False, **settings)
    if not len(frame):
        raise ValueError(f"{path} has a header, but no rows")
    return frame


def read_chunks(path: str | Path, columns: Sequence[str], size: int) -> Iterator[pd.DataFrame]:
    """Read some columns of a table as text, `size` rows at a time."""
    require_columns(path, header_of(path), columns)
    with open_text(path) as lines:
        settings = _settings(path, columns, None)
        with _one_line_errors(path):
            reader = pd.read_csv(lines, usecols=list(columns), chunksize=size, **settings)
        while True:
            try:
                with _one_line_errors(path):
                    chunk = next(reader)
            except StopIteration:
                return
            yield chunk


def header_of(path: str | Path) -> list[str]:
    """Names of the columns of a table."""
    return _header_and_separator(path)[0]


def require_columns(path: str | Path, existing: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise a ValueError that says what there is, unless all the wanted columns exist."""
    existing = list(map(str, existing))
    missing = [name for name in wanted if name not in existing]
    if not missing:
        return
    nearest = get_close_matches(missing[0], existing, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    names = ", ".join(map(repr, existing[:_MAX_NAMES]))
    more = f", ... ({len(existing)} in all)" if len(existing) > _MAX_NAMES else ""
    raise ValueError(f"{path} has no column {missing[0]!r}, only {names}{more}{hint}")


def read_targets(path, frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Labels in one column, shape (n,); or numbers in several, shape (n, T), NaN if missing."""
    require_columns(path, frame.columns, names)
    if len(names) == 1:
        check_complete(path, frame[names[0]], "label")
        column = frame[names[0]]
        return column.to_numpy(object if pd.api.types.is_string_dtype(column) else None)
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            strange = pd.to_numeric(frame[name], errors="coerce").isna() & frame[name].notna()
            raise ValueError(
                f"{path}: column {name!r} has {frame[name][strange].iloc[0]!r} in row "
                f"{strange.argmax()}, but several targets have to be numbers"
            )
        if frame[name].isna().all():
            raise ValueError(f"{path}: column {name!r} has no label at all; leave it out")
    return frame[list(names)].to_numpy(float)


def read_texts(path, frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column of sequences without the blanks around them, shape (n,), object."""
    texts = frame[name].str.strip()
    check_complete(path, texts.mask(texts == ""), "sequence")
    return texts.to_numpy(object)


def ending_of(path: str | Path) -> str:
    """The ending of a name in lower case, such as ".bed", whether ".gz" comes behind it or not."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    endings = endings[:-1] if endings[-1:] in ([".gz"], [".bgz"]) else endings
    return endings[-1] if endings else ""


def check_complete(path, column: pd.Series, what: str) -> None:
    """Raise a ValueError that names the first row without a value."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"{path}: row {column.index[missing.argmax()]}, counted from 0, has no {what} in "
            f"column {column.name!r}; {missing.sum()} of {len(column)} rows have none. Drop or "
            "fill them"
        )


def _settings(path, text: Sequence[str], names: Sequence[str] | None) -> dict:
    header, separator = _header_and_separator(path)
    if names is not None and len(names) != len(header):
        raise ValueError(f"{path} has {len(header)} columns, not {len(names)}")
    columns = header if names is None else names
    return {
        "sep": separator,
        "names": names,
        "header": 0 if names is None else None,
        # Without it, a row that is one field too long would move all the columns by one.
        "index_col": False,
        "dtype": dict.fromkeys(text, str),
        "keep_default_na": False,
        "na_values": {name: [""] if name in text else _MISSING for name in columns},
    }


def _header_and_separator(path: str | Path) -> tuple[list[str], str]:
    with open_text(path) as lines:
        line = next(filter(str.strip, lines), None)
    if line is None:
        raise ValueError(f"{path} is empty")
    separator = _SEPARATORS.get(ending_of(path))
    if separator is None or separator not in line:
        separator = max(",\t;", key=line.count)
    return next(csv.reader([line.rstrip("\r\n")], delimiter=separator)), separator


@contextmanager
def _one_line_errors(path: str | Path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            yield
    except pd.errors.ParserWarning as error:
        raise ValueError(f"{path} has rows with more fields than its header") from error
    except pd.errors.ParserError as error:
        raise ValueError(f"{path} is no proper table: {str(error).strip()}") from error
