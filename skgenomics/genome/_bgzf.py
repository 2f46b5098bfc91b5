"""Files compressed by bgzip, which is gzip in blocks of at most 64 KiB: random access, writing."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

import numpy as np

_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP_MEMBER = 31
_NO_HEADER = -15
# As many letters as bgzip puts into a block: they fit even where they do not compress.
_BLOCK = 0xFF00
_LEVEL = 6


def is_bgzf(path: str | Path) -> bool:
    """Tell whether a file begins as bgzip writes it.

    Parameters
    ----------
    path : str or Path
        Any file.

    Returns
    -------
    bool

    Examples
    --------
    >>> import gzip, pathlib, tempfile
    >>> from skgenomics.genome._bgzf import is_bgzf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "plain.gz"
    ...     _ = path.write_bytes(gzip.compress(b"ACGT"))
    ...     is_bgzf(path)
    False
    """
    with open(path, "rb") as file:
        return _size_of_block(file.read(18)) is not None


def check_end(path: str | Path) -> None:
    """Raise a ValueError unless a bgzip file ends as bgzip writes it.

    Between two blocks, a file that was cut off looks like a whole one to gzip.
    """
    with open(path, "rb") as file:
        file.seek(-min(len(_END), Path(path).stat().st_size), os.SEEK_END)
        if file.read() == _END:
            return
    raise ValueError(
        f"{path} has no block that marks the end of a bgzip file, so it seems to be cut off; copy "
        "it anew, or compress it anew with bgzip"
    )


class BgzfFile:
    """A file compressed by bgzip, of which any part is read without what stands before it.

    The file is mapped into memory, so that processes share no place in it.

    Parameters
    ----------
    path : str or Path
        A file that :func:`is_bgzf`. A table of its blocks beside it, with the ending ".gzi", is
        used if it is not older than the file; else the headers of the blocks are read.

    Attributes
    ----------
    size : int
        Number of bytes without compression.

    Raises
    ------
    ValueError
        If the file is cut off or damaged.

    References
    ----------
    .. [1] SAM/BAM Format Specification Working Group. Sequence Alignment/Map Format
       Specification, section 4.1: the BGZF compression format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome._bgzf import BgzfFile
    >>> block = bytes.fromhex(
    ...     "1f8b08040000000000ff0600424302001f007374760f0100f29f0ea304000000"
    ... )
    >>> end = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "symbols.gz"
    ...     _ = path.write_bytes(block + end)
    ...     BgzfFile(path).read(1, 3)
    b'CG'
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        check_end(path)
        self._data = np.memmap(path, dtype=np.uint8, mode="r")
        self._places, self._starts = self._find_blocks()

    @property
    def size(self) -> int:
        return int(self._starts[-1])

    def read(self, start: int, stop: int) -> bytes:
        """Read the bytes from `start` to `stop` of the text without compression.

        Parameters
        ----------
        start, stop : int
            Places in the text, ``0 <= start <= stop <= size``.

        Returns
        -------
        bytes

        Raises
        ------
        ValueError
            If a block is damaged.
        """
        if stop <= start:
            return b""
        first, last = self.blocks_of(start), self.blocks_of(stop - 1)
        text = b"".join(self._block(i) for i in range(first, last + 1))
        begin = start - int(self._starts[first])
        return text[begin : begin + stop - start]

    def blocks_of(self, positions):
        """Tell in which block places of the text are.

        Parameters
        ----------
        positions : int or ndarray of int
            Places in the text.

        Returns
        -------
        int or ndarray of int
        """
        return np.searchsorted(self._starts, positions, side="right") - 1

    def read_blocks(self, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read some blocks end to end.

        Parameters
        ----------
        blocks : ndarray of shape (n,), int
            The wanted blocks, in order and without repetitions.

        Returns
        -------
        text : ndarray of uint8
            What they hold.
        shifts : ndarray of shape (n,), int64
            Where each block begins there, less where it begins in the whole text.
        """
        starts = self._starts[blocks]
        ends = np.cumsum(self._starts[blocks + 1] - starts)
        text = np.empty(ends[-1] if len(ends) else 0, dtype=np.uint8)
        begin = 0
        for block, end in zip(blocks.tolist(), ends.tolist(), strict=True):
            text[begin:end] = np.frombuffer(self._block(block), dtype=np.uint8)
            begin = end
        return text, np.concatenate([[0], ends[:-1]]) - starts

    def chunks(self, n_blocks: int = 256) -> Iterator[bytes]:
        """Read the whole text, some blocks at a time.

        Parameters
        ----------
        n_blocks : int, default=256
            Number of blocks of a part, each of up to 64 KiB.

        Yields
        ------
        bytes
        """
        n_all = len(self._places)
        for first in range(0, n_all, n_blocks):
            yield b"".join(map(self._block, range(first, min(first + n_blocks, n_all))))

    def _block(self, i: int) -> bytes:
        place = int(self._places[i])
        try:
            text = zlib.decompress(
                self._data[place : place + self._block_size(place)], wbits=_GZIP_MEMBER
            )
        except zlib.error as error:
            raise self._damaged(place, error) from error
        if len(text) != self._starts[i + 1] - self._starts[i]:
            raise self._damaged(place, "its size is not that of the table of blocks")
        return text

    def _find_blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """Where blocks begin in the file and, with the end of all, in the text."""
        places, starts = self._read_table()
        place, start = places.pop(), starts.pop()
        while place < len(self._data):
            size = self._block_size(place)
            (text_size,) = struct.unpack("<I", self._data[place + size - 4 : place + size])
            if text_size:
                places.append(place)
                starts.append(start)
            place, start = place + size, start + text_size
        return np.array(places, dtype=np.int64), np.array([*starts, start], dtype=np.int64)

    def _read_table(self) -> tuple[list[int], list[int]]:
        """The blocks in the .gzi beside the file; else the first one, from which the rest follow.

        That table leaves out the first block, and may leave out the last ones.
        """
        table = Path(f"{self.path}.gzi")
        if not table.is_file() or table.stat().st_mtime < self.path.stat().st_mtime:
            return [0], [0]
        values = np.fromfile(table, dtype="<u8")
        pairs = values[1:].astype(np.int64).reshape(-1, 2) if len(values) % 2 else None
        if pairs is None or values[0] != len(pairs) or not self._are_blocks(pairs):
            return [0], [0]
        return [0, *pairs[:, 0].tolist()], [0, *pairs[:, 1].tolist()]

    def _are_blocks(self, pairs: np.ndarray) -> bool:
        """Whether blocks of this file begin where a table says."""
        increase = (np.diff(pairs, axis=0, prepend=0) > 0).all()
        if not increase or (pairs[:, 0] + 2 > len(self._data)).any():
            return False
        return bool(
            (self._data[pairs[:, 0]] == 0x1F).all() and (self._data[pairs[:, 0] + 1] == 0x8B).all()
        )

    def _block_size(self, place: int) -> int:
        size = _size_of_block(bytes(self._data[place : place + 18]))
        if size is None or place + size > len(self._data):
            raise self._damaged(place, "no whole block begins there")
        return size

    def _damaged(self, place: int, reason) -> ValueError:
        return ValueError(
            f"{self.path} is a damaged or cut off bgzip file: at byte {place}, {reason}; "
            "copy it anew"
        )


class BgzfWriter(BufferedIOBase):
    """Compress what is written as bgzip does, so that any part of it can be read alone.

    Closing it writes the rest and the mark of the end, and leaves the file below open.

    Parameters
    ----------
    file : binary file object
        Where the blocks are written to.

    Examples
    --------
    >>> import gzip, io
    >>> from skgenomics.genome._bgzf import BgzfWriter
    >>> file = io.BytesIO()
    >>> with BgzfWriter(file) as writer:
    ...     _ = writer.write(b"ACGT")
    >>> gzip.decompress(file.getvalue())
    b'ACGT'
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Tell that it is for writing."""
        return True

    def write(self, data: bytes) -> int:
        """Write some bytes.

        Parameters
        ----------
        data : bytes
            What to compress.

        Returns
        -------
        int
            Number of bytes, all of them.
        """
        self._waiting += data
        end = len(self._waiting) - len(self._waiting) % _BLOCK
        for start in range(0, end, _BLOCK):
            self._file.write(_compress(self._waiting[start : start + _BLOCK]))
        del self._waiting[:end]
        return len(data)

    def close(self) -> None:
        """Write what is left, and the mark of the end."""
        if not self.closed:
            if self._waiting:
                self._file.write(_compress(self._waiting))
            self._file.write(_END)
        super().close()


def _compress(text: bytes) -> bytes:
    """One block: the header and the sizes of gzip around the compressed text."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _NO_HEADER)
    body = compressor.compress(text) + compressor.flush()
    # The size of the whole block, less one: 18 bytes stand before the text, and 8 behind it.
    header = _END[:16] + struct.pack("<H", len(body) + 25)
    return header + body + struct.pack("<II", zlib.crc32(text), len(text))


def _size_of_block(header: bytes) -> int | None:
    """Size of the block that begins with this header, or None if it is no such header."""
    if len(header) < 18 or header[:4] != b"\x1f\x8b\x08\x04" or header[12:14] != b"BC":
        return None
    return int.from_bytes(header[16:18], "little") + 1
