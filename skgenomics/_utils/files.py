"""Replace files as a whole or not at all, and check output paths before the work."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_IS_WINDOWS = os.name == "nt"
_PREFIX = ".skgenomics-"
# Host, process and a random part. The suffix of the target follows, since some writers choose the
# format by it.
_TEMPORARY = re.compile(rf"{re.escape(_PREFIX)}([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{12}}\.tmp.*")
_STALE_AFTER = 3600  # seconds; where processes cannot be looked up


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to, which replaces `path` on success.

    The temporary file lies in the same folder, is flushed to the disk, and replaces
    `path` in one step: whatever happens (an error, a full disk, a killed process), `path` is
    either the old file or the new one, whole. Temporary files of killed processes are removed by
    the next call in the same folder. A pipe or a device is written to directly.

    Parameters
    ----------
    path : str or Path
        File to create or to replace. A symbolic link is kept, and its target replaced.

    Yields
    ------
    Path
        Path to write to.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    PermissionError
        If `path` or its folder is not writable.
    OSError
        If the file cannot be written; the error names `path`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics._utils.files import replace_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "notes.txt"
    ...     with replace_file(path) as new:
    ...         _ = new.write_text("done")
    ...     path.read_text()
    'done'
    """
    check_writable(path)
    if _is_special(Path(path)):
        yield Path(path)
        return
    target = Path(os.path.realpath(path))
    _remove_stale(target.parent)
    name = f"{_PREFIX}{_host()}-{os.getpid()}-{uuid4().hex[:12]}.tmp{target.suffix[:20]}"
    new = target.with_name(name)
    try:
        yield new
        if target.exists():
            shutil.copymode(target, new)
        _flush(new)
        os.replace(new, target)
    except BaseException as error:
        _remove(new)
        if isinstance(error, OSError) and _is_about(error, new):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    _flush_folder(target.parent)


def check_writable(path: str | Path) -> None:
    """Raise an error if a file cannot be written, before any work is done.

    Parameters
    ----------
    path : str or Path
        File that will be created or replaced.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is a folder.
    PermissionError
        If `path` or its folder is not writable.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the path of a file in it")
    if _is_special(path):
        return
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: there is no folder {target.parent}; create it first"
        )
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{path} exists and is not writable")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{path} cannot be written: the folder {target.parent} is read-only")


def check_not_input(output: str | Path, *inputs: str | Path | None) -> None:
    """Raise a ValueError if an output file is one of the input files.

    Parameters
    ----------
    output : str or Path
        File that will be written.
    *inputs : str, Path or None
        Files that will be read; None is skipped.

    Raises
    ------
    ValueError
        If both are the same file, by whatever name.
    """
    for path in inputs:
        if path is None or not (os.path.exists(path) and os.path.exists(output)):
            continue
        if os.path.samefile(path, output) and not _is_special(Path(output)):
            raise ValueError(
                f"the output {output} is the input file {path}, which would be overwritten; give "
                "another output file"
            )


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _is_about(error: OSError, new: Path) -> bool:
    """Whether an error of the operating system concerns the file that is being written."""
    if error.errno is None:
        return False
    # Errors of `write` and `fsync`, such as a full disk, carry no file name.
    return error.filename is None or os.fspath(error.filename) == str(new)


def _flush(path: Path) -> None:
    # Without it, a power failure after the rename may leave an empty file.
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush the rename itself, where folders can be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_stale(folder: Path) -> None:
    """Remove the temporary files of processes of this host that no longer run."""
    with contextlib.suppress(OSError):
        names = [entry.name for entry in os.scandir(folder) if entry.name.startswith(_PREFIX)]
        for name in names:
            match = _TEMPORARY.fullmatch(name)
            if match and match[1] == _host() and not _is_used(folder / name, int(match[2])):
                _remove(folder / name)


def _is_used(path: Path, process: int) -> bool:
    if process == os.getpid():
        return True
    if _IS_WINDOWS:
        # There, os.kill would end the process; open files cannot be removed anyway.
        return time.time() - path.stat().st_mtime < _STALE_AFTER
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _host() -> str:
    """Short name of this host: a folder on a network is shared with processes of others."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
