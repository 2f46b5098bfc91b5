"""Fetch files of public data sets once, and check them whenever they are read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from skgenomics._utils.files import replace_file
from skgenomics._utils.validation import warn_user

_TIMEOUT = 60  # seconds
_CHUNK = 2**20  # bytes


class DownloadError(OSError):
    """A file could not be fetched; the message has its address and the path to put it at."""


def data_folder(data_home: str | Path | None = None) -> Path:
    """Find the folder of the fetched files, and create it if necessary.

    It is the one given, that of the environment variable SKGENOMICS_DATA_HOME, or
    ``~/skgenomics_data``.
    """
    home = data_home or os.environ.get("SKGENOMICS_DATA_HOME") or Path("~", "skgenomics_data")
    folder = Path(home).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetch_file(url: str, path: Path, *, download: bool = True) -> Path:
    """Fetch a file unless it exists, and check that it has not changed since it was first used.

    A downloaded file must have the length or the end mark that the server gives, and be neither a
    web page nor cut off as far as its format shows; a server that gives none is refused. Its
    SHA-256 checksum is stored in a JSON file beside it when it is first used, whether it was
    fetched or put there by hand.

    Parameters
    ----------
    url : str
        Address of the file.
    path : Path
        Path of the file.
    download : bool, default=True
        Allow to fetch it.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    DownloadError
        If the file does not exist and cannot be fetched, or must not be, or is not complete.
    ValueError
        If the file has changed since it was first used, or is a web page or cut off.
    """
    if not path.exists():
        if not download:
            raise DownloadError(
                f"{path} does not exist, and download_if_missing=False; download {url} by other "
                "means and put it there"
            )
        _download(url, path)
    _check(url, path)
    return path


def _download(url: str, path: Path) -> None:
    """Download to a temporary file, so that there is the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replace_file(path) as new, urlopen(url, timeout=_TIMEOUT) as response:
            with open(new, "wb") as file:
                shutil.copyfileobj(response, file, _CHUNK)
                size = file.tell()
            expected = response.headers.get("Content-Length")
            if expected is not None and size != int(expected):
                raise OSError(f"the connection ended after {size} of {expected} bytes")
            # The end of chunked content is marked, and http.client checks it. A text file that
            # just stops may have lost its last lines, and would be recorded as right.
            if expected is None and not response.headers.get("Transfer-Encoding"):
                raise OSError("the server tells no length, so that a cut file would go unnoticed")
            problem = _content_problem(new, path.suffix)
            if problem:
                raise OSError(f"what came {problem}")
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"cannot fetch {url} ({reason}); download it by other means and put it at {path}"
        ) from error


def _content_problem(path: Path, suffix: str) -> str | None:
    """Find out what is wrong with the content of a file, if anything.

    Without a length from the server, only the format shows that the end is missing.
    """
    with open(path, "rb") as file:
        head = file.read(512)
        file.seek(-min(4, path.stat().st_size), os.SEEK_END)
        tail = file.read()
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
        return "is a web page or a message, such as one to log in"
    if suffix == ".parquet" and (head[:4] != b"PAR1" or tail != b"PAR1"):
        return "is not a whole parquet file"
    if suffix == ".csv" and tail[-1:] != b"\n":
        return "does not end with a line break, so that it seems to be cut off"
    return None


def _check(url: str, path: Path) -> None:
    record = path.with_name(f"{path.name}.json")
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not record.exists():
        problem = _content_problem(path, path.suffix)
        if problem:
            raise ValueError(f"{path} {problem}; delete it to fetch it again")
        _write(record, {"sha256": found, "url": url})
        return
    expected = _read(record)
    if found != expected:
        raise ValueError(
            f"{path} has changed since it was first used: its SHA-256 is {found}, but {record} "
            f"has {expected}. Delete both to fetch it again, or the second one alone to keep the "
            "file as it is"
        )


def _read(record: Path) -> str:
    try:
        return json.loads(record.read_text())["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{record} holds no checksum; delete it, and it will be written again"
        ) from error


def _write(record: Path, content: dict[str, str]) -> None:
    try:
        with replace_file(record) as new:
            new.write_text(json.dumps(content, indent=1) + "\n")
    except PermissionError as error:
        warn_user(f"the checksum cannot be stored, so that later changes go unnoticed: {error}")
