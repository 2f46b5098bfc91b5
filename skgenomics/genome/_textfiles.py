"""Open text files, compressed or not, and split their lines into columns.

Files are opened once and read from front to back, so that pipes and process substitution work.
Errors name the file and the line, and show its text.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TextIO

import numpy as np
import pandas as pd

from skgenomics._utils.files import replace_file
from skgenomics.genome._bgzf import END_OF_FILE, HEADER_SIZE, BgzfWriter, block_size, cut_off_error

COMPRESSIONS = (".gz", ".bgz", ".bgzip")
MISSING = (".", "", "NA", "nan", "NaN")
# 18 digits always fit into 64 bits.
INTEGER = re.compile(r"-?[0-9]{1,18}")
_MAX_TEXT_LENGTH = 160


class _Source(io.RawIOBase):
    """Bytes of an opened file, with the first ones, which were read to tell the compression.

    Parameters
    ----------
    file : binary file object
        Unbuffered or buffered file; it may be a pipe.

    Attributes
    ----------
    head : bytes
        The first bytes.
    tail : bytes
        The last bytes read, enough to recognize the end of a bgzip file.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self.head = b""
        # One read of a pipe may return less than what was asked for.
        while len(self.head) < HEADER_SIZE and (more := file.read(HEADER_SIZE - len(self.head))):
            self.head += more
        self._pending = self.head
        self.tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if self._pending:
            data = self._pending[: len(buffer)]
            self._pending = self._pending[len(data) :]
        else:
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.tail = (self.tail + data)[-len(END_OF_FILE) :]
        return len(data)


@contextmanager
def open_text(path: str | Path) -> Iterator[TextIO]:
    """Open a text file, compressed by gzip or bgzip or not, whatever its name ends in.

    A byte order mark is skipped.

    Parameters
    ----------
    path : str or Path
        File, pipe or device.

    Yields
    ------
    TextIO
        Its text.

    Raises
    ------
    ValueError
        If the file is damaged or cut off, as far as can be seen, or is not a text file.
    """
    with open(path, "rb", buffering=0) as file:
        source = _Source(file)
        is_bgzip = block_size(source.head) is not None
        if is_bgzip and file.seekable():
            _check_end(path, file)
        try:
            with _decode(source) as lines:
                yield lines
                if is_bgzip and not lines.read(1) and source.tail != END_OF_FILE:
                    raise cut_off_error(path)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not a text file") from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is a damaged gzip file ({error})") from error


@contextmanager
def _decode(source: _Source) -> Iterator[TextIO]:
    buffer = io.BufferedReader(source, 2**17)
    if source.head[:2] != b"\x1f\x8b":
        with io.TextIOWrapper(buffer, encoding="utf-8-sig") as lines:
            yield lines
        return
    with (
        gzip.GzipFile(fileobj=buffer) as unpacked,
        io.TextIOWrapper(unpacked, encoding="utf-8-sig") as lines,
    ):
        yield lines


def check_seekable(path: str | Path, kind: str) -> None:
    """Raise an error unless `path` is a regular file, which can be read in any order."""
    if Path(path).is_file():
        return
    if Path(path).exists() and not Path(path).is_dir():
        raise ValueError(
            f"{path} is a pipe or a device, but a {kind} file is read in any order and opened "
            "again by other processes; write it to a file first"
        )
    raise FileNotFoundError(f"there is no {kind} file at {path}")


def _check_end(path: str | Path, file: BinaryIO) -> None:
    """Look at the end of a bgzip file at once, rather than when all of it was read."""
    position = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - len(END_OF_FILE)))
    end = file.read()
    file.seek(position)
    if end != END_OF_FILE:
        raise cut_off_error(path)


@contextmanager
def replace_text_file(path: str | Path) -> Iterator[TextIO]:
    """Open a text file that replaces `path` on success, see :func:`replace_file`.

    Parameters
    ----------
    path : str or Path
        File to write. With ".gz", ".bgz" or ".bgzip" at its end it is compressed by bgzip.

    Yields
    ------
    TextIO
        File to write text to; line ends are not translated.

    Raises
    ------
    ValueError
        If a character cannot be encoded as UTF-8.
    OSError
        As :func:`replace_file`.
    """
    is_compressed = Path(path).suffix.lower() in COMPRESSIONS
    with replace_file(path) as new, open(new, "wb") as file:
        buffer: Any = BgzfWriter(file) if is_compressed else file
        text = io.TextIOWrapper(buffer, encoding="utf-8", newline="\n")
        try:
            yield text
            text.close()
        except UnicodeEncodeError as error:
            character = error.object[error.start]
            raise ValueError(f"{path}: {character!r} cannot be encoded as UTF-8") from error
        finally:
            # After an error, such as a full disk, closing fails again.
            with contextlib.suppress(OSError, ValueError):
                text.close()


@dataclass(frozen=True)
class Lines:
    """The data lines of a file.

    Attributes
    ----------
    path : str or Path
        The file.
    texts : list of str
        The lines.
    numbers : list of int
        Their numbers in the file, from 1.
    """

    path: str | Path
    texts: list[str]
    numbers: list[int]

    def fail(self, row: int, reason: str) -> NoReturn:
        """Raise a ValueError about one of the lines."""
        raise line_error(self.path, self.numbers[row], self.texts[row], reason)

    def refuse(self, is_invalid: np.ndarray | pd.Series, reason: str) -> None:
        """Raise a ValueError about the first invalid line, if there is one."""
        is_invalid = np.asarray(is_invalid, dtype=bool)
        if is_invalid.any():
            self.fail(int(is_invalid.argmax()), reason)

    def table(self, n_columns: range, integers: Sequence[int]) -> pd.DataFrame:
        """Split the lines into columns of text, and of integers where asked for."""
        separator = "\t" if "\t" in self.texts[0] else None
        self._check_width(separator, n_columns)
        width = len(self.texts[0].split(separator))
        frame = pd.read_csv(
            io.StringIO("\n".join(self.texts)),
            sep=separator or r"\s+",
            header=None,
            names=range(width),
            index_col=False,
            dtype=str,
            na_filter=False,
            quoting=csv.QUOTE_NONE,
        )
        for column in integers:
            frame[column] = self._integer_column(frame[column], f"column {column + 1}")
        return frame

    def _integer_column(self, column: pd.Series, name: str) -> np.ndarray:
        """Convert text to integers; pandas itself would take "1e1" and "10.0" for integers."""
        texts = column.to_numpy(object)
        is_integer = np.fromiter((INTEGER.fullmatch(x) is not None for x in texts), bool)
        if not is_integer.all():
            row = int(is_integer.argmin())
            self.fail(row, f"{texts[row]!r} in {name} is not an integer")
        return texts.astype(np.int64)

    def number_column(self, column: pd.Series, name: str) -> pd.Series:
        """Convert text to numbers, NaN where there is a dot; to integers if all are integers."""
        numbers = pd.to_numeric(column, errors="coerce")
        self.refuse(numbers.isna() & ~column.isin(MISSING), f"{name} is not a number")
        return numbers

    def _check_width(self, separator: str | None, n_columns: range) -> None:
        if separator:
            widths = np.array([text.count(separator) for text in self.texts]) + 1
        else:
            widths = np.array([len(text.split()) for text in self.texts])
        minimum, maximum = n_columns[0], n_columns[-1]
        if widths[0] not in n_columns:
            expected = f"at least {minimum}" if widths[0] < minimum else f"at most {maximum}"
            self.fail(0, f"{widths[0]} columns, but there must be {expected}, separated by tabs")
        other = int((widths != widths[0]).argmax())
        if widths[other] != widths[0]:
            before = f"the {widths[0]} of line {self.numbers[0]}"
            self.fail(other, f"{widths[other]} columns, unlike {before}")


def read_lines(path: str | Path, *, until: str | None = None) -> Lines:
    """Read the data lines of a file of a genome browser.

    Blank lines, comments (``#``) and the lines "track" and "browser" are skipped.

    Parameters
    ----------
    path : str or Path
        File, as for :func:`open_text`.
    until : str or None, default=None
        Beginning of a line at which the data end.

    Returns
    -------
    Lines

    Raises
    ------
    ValueError
        If there is no data line, or as :func:`open_text`.
    """
    with open_text(path) as file:
        # Files that were joined by `cat` have byte order marks inside.
        texts = file.read().replace("\ufeff", "").split("\n")
    if until is not None:
        end = next((i for i, text in enumerate(texts) if text.startswith(until)), None)
        texts = texts[:end]
    kept = [i for i, text in enumerate(texts) if not _is_skipped(text)]
    if not kept:
        raise ValueError(f"{path} is empty: it has only blank lines and comments")
    return Lines(path, [texts[i] for i in kept], [i + 1 for i in kept])


def _is_skipped(text: str) -> bool:
    if not text or text[0] == "#" or text.isspace():
        return True
    # A chromosome may be called "track1", but not "track".
    return text.startswith(("track", "browser")) and text.split(None, 1)[0] in ("track", "browser")


def line_error(path: str | Path, number: int, text: str, reason: str) -> ValueError:
    """Make an error about a line that shows its text, cut if it is long."""
    text = text.rstrip("\r\n")
    if len(text) > _MAX_TEXT_LENGTH:
        text = text[:_MAX_TEXT_LENGTH] + "..."
    return ValueError(f"{path}, line {number}: {reason}. The line is {text!r}")
