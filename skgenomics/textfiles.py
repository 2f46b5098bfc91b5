"""Opening text files, whether compressed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from skgenomics.bgzf import check_end, is_bgzf


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
