"""Lines of genome files and their columns, with errors that name the line and show its text."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
import pandas as pd

from skgenomics.genome._bgzf import check_end, is_bgzf


@contextmanager
def open_text(path: str | Path) -> Iterator[TextIO]:
    """Open a text file, compressed by gzip or bgzip or not, whatever its name ends in.

    Raises
    ------
    ValueError
        If the file is damaged or cut off, as far as can be seen, or holds no text.
    """
    if is_bgzf(path):
        check_end(path)
    with open(path, "rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    opener = gzip.open if is_gzip else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as lines:
            yield lines
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text file") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is a damaged gzip file ({error})") from error


# More would not fit into 64 bits.
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_MISSING = (".", "", "NA", "nan", "NaN")
_MAX_TEXT_LENGTH = 160


@dataclass(frozen=True)
class Lines:
    """The lines of a file that hold data, and where they stand in it, counted from 1."""

    path: str | Path
    texts: list[str]
    numbers: list[int]

    def fail(self, row: int, reason: str) -> NoReturn:
        """Raise a ValueError about one of the lines."""
        raise line_error(self.path, self.numbers[row], self.texts[row], reason)

    def refuse(self, strange: np.ndarray, reason: str) -> None:
        """Raise a ValueError about the first line for which `strange` is true, if there is one."""
        strange = np.asarray(strange, dtype=bool)
        if strange.any():
            self.fail(int(strange.argmax()), reason)

    def table(self, n_columns: range, integers: Sequence[int]) -> pd.DataFrame:
        """Split the lines into columns of text, and of integers where they are asked for."""
        separator = "\t" if "\t" in self.texts[0] else None
        self._check_width(separator, n_columns)
        width = len(self.texts[0].split(separator))
        try:
            return pd.read_csv(
                StringIO("\n".join(self.texts)),
                sep=separator or r"\s+",
                header=None,
                names=range(width),
                index_col=False,
                dtype={column: np.int64 if column in integers else str for column in range(width)},
                na_filter=False,
                quoting=csv.QUOTE_NONE,
            )
        except (ValueError, OverflowError):
            self._find_no_integer(separator, integers)
            raise

    def number_column(self, column: pd.Series, what: str) -> pd.Series:
        """Numbers, NaN where there is a dot; integers if all are."""
        numbers = pd.to_numeric(column, errors="coerce")
        strange = numbers.isna() & ~column.isin(_MISSING)
        self.refuse(strange, f"{what} is no number")
        return numbers

    def _check_width(self, separator: str | None, n_columns: range) -> None:
        if separator:
            widths = np.array([text.count(separator) for text in self.texts]) + 1
        else:
            widths = np.array([len(text.split()) for text in self.texts])
        least, most = n_columns[0], n_columns[-1]
        if widths[0] not in n_columns:
            wanted = f"at least {least}" if widths[0] < least else f"at most {most}"
            self.fail(0, f"{widths[0]} columns, where there must be {wanted}, separated by tabs")
        other = int((widths != widths[0]).argmax())
        if widths[other] != widths[0]:
            before = f"the {widths[0]} of line {self.numbers[0]}"
            self.fail(other, f"{widths[other]} columns, unlike {before}")

    def _find_no_integer(self, separator: str | None, integers: Sequence[int]) -> None:
        for row, text in enumerate(self.texts):
            fields = text.split(separator)
            for column in integers:
                if not _INTEGER.fullmatch(fields[column]):
                    self.fail(row, f"{fields[column]!r} in column {column + 1} is no integer")


def read_lines(path: str | Path, comments: tuple[str, ...], until: str | None = None) -> Lines:
    """Read the lines that are not blank and no comments, up to a line that begins with `until`."""
    with open_text(path) as file:
        texts = file.read().split("\n")
    if until is not None:
        end = next((i for i, text in enumerate(texts) if text.startswith(until)), None)
        texts = texts[:end]
    kept = [
        i
        for i, text in enumerate(texts)
        if text and not text.startswith(comments) and not text.isspace()
    ]
    if not kept:
        raise ValueError(f"{path} is empty: it has no line but blank ones and comments")
    return Lines(path, [texts[i] for i in kept], [i + 1 for i in kept])


def line_error(path: str | Path, number: int, text: str, reason: str) -> ValueError:
    """An error about a line that shows it, cut if it is long."""
    text = text.rstrip("\r\n")
    if len(text) > _MAX_TEXT_LENGTH:
        text = text[:_MAX_TEXT_LENGTH] + "..."
    return ValueError(f"{path}, line {number}: {reason}. The line is {text!r}")
