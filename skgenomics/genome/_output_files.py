"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from skgenomics.genome._bgzf import BgzfWriter

COMPRESSIONS = (".gz", ".bgz", ".bgzip")


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of `path` when all went well.

    Until then, a file that is at `path` stays as it is. A pipe or a device is written to itself.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the path of a file in it")
    if path.exists() and not path.is_file():
        yield path
        return
    # The file behind a symbolic link is replaced, not the link.
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{path} can not be written, since there is no folder {target.parent}; make it first"
        )
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{path} exists and may not be written to")
    new = target.with_name(f".{uuid4().hex}{path.suffix}")
    try:
        yield new
        if target.exists():
            shutil.copymode(target, new)
        os.replace(new, target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def new_text_file(path: str | Path) -> Iterator[TextIO]:
    """Open a new text file, compressed by bgzip if its name ends so, which is gzip in blocks."""
    is_compressed = Path(path).suffix.lower() in COMPRESSIONS
    with new_file(path) as new, open(new, "wb") as file:
        buffer = BgzfWriter(file) if is_compressed else file
        with TextIOWrapper(buffer, encoding="utf-8", newline="\n") as text:
            try:
                yield text
            except UnicodeEncodeError as error:
                symbol = error.object[error.start]
                raise ValueError(f"{path}: {symbol!r} can not be written as UTF-8") from error
