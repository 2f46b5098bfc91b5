"""Files of public sets: fetched once, kept in a folder, checked whenever they are read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from skgenomics._utils.validation import warn_user

_TIMEOUT = 60  # seconds
_CHUNK = 2**20  # bytes


class DownloadError(OSError):
    """A file could not be fetched; the message says where it is and where to put it."""


def data_folder(data_home: str | Path | None = None) -> Path:
    """Folder of the fetched files, made if there is none.

    The one given, or that of the environment variable SKGENOMICS_DATA_HOME, or
    ``~/skgenomics_data``.
    """
    home = data_home or os.environ.get("SKGENOMICS_DATA_HOME") or Path("~", "skgenomics_data")
    folder = Path(home).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetch_file(url: str, path: Path, *, download: bool = True) -> Path:
    """Fetch a file unless it is there, and check that it is what it was when first used.

    The SHA-256 checksum is kept in a JSON file beside it, written when the file is first used,
    fetched or put there by hand.

    Parameters
    ----------
    url : str
        Address of the file.
    path : Path
        Where it is kept.
    download : bool, default=True
        Whether it may be fetched.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    DownloadError
        If the file is not there and cannot be fetched, or may not be.
    ValueError
        If the file has changed since it was first used.
    """
    if not path.exists():
        if not download:
            raise DownloadError(
                f"{path} does not exist, and download_if_missing=False; fetch {url} by other means "
                "and put it there"
            )
        _download(url, path)
    _check(url, path)
    return path


def _download(url: str, path: Path) -> None:
    """Write to a temporary file first: there is the whole file, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file, urlopen(url, timeout=_TIMEOUT) as response:
            shutil.copyfileobj(response, file, _CHUNK)
            expected = response.headers.get("Content-Length")
            if expected is not None and file.tell() != int(expected):
                raise OSError(f"the connection ended after {file.tell()} of {expected} bytes")
        # Temporary files are for their owner alone.
        os.chmod(name, 0o644)
        os.replace(name, path)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"cannot fetch {url} ({reason}); fetch it by other means and put it at {path}"
        ) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _check(url: str, path: Path) -> None:
    record = path.with_name(f"{path.name}.json")
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not record.exists():
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
            f"{record} holds no checksum; delete it to have it written anew"
        ) from error


def _write(record: Path, content: dict) -> None:
    part = record.with_name(f".{record.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(part, record)
    except PermissionError as error:
        warn_user(f"the checksum cannot be kept, nor checked later: {error}")
