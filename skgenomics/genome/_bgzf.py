"""Read and write bgzip files: gzip in blocks of at most 64 KiB, with random access.

This is hand-written because pysam, the usual reader, has no wheels for Windows, and because the
package needs three properties that it does not offer together: a file that was cut between two
blocks is detected when it is opened; the file is mapped into memory rather than read through a
shared file position, so that forked processes can share one reader; and windows are read block by
block into one array. Speed equals that of htslib, since both spend their time in zlib.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, overload

import numpy as np

# The empty block that marks the end of a bgzip file.
END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
HEADER_SIZE = 18
_GZIP_MEMBER = 31
_NO_HEADER = -15
# As much text as bgzip itself puts into a block: it fits even where it does not compress.
_TEXT_PER_BLOCK = 0xFF00
_LEVEL = 6


def is_bgzf(path: str | Path) -> bool:
    """Tell whether a file begins with a block of bgzip.

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
        return block_size(file.read(HEADER_SIZE)) is not None


def check_end(path: str | Path) -> None:
    """Raise a ValueError unless a bgzip file ends with the block that marks its end.

    To gzip, a file that was cut off between two blocks looks complete.
    """
    with open(path, "rb") as file:
        file.seek(-min(len(END_OF_FILE), Path(path).stat().st_size), os.SEEK_END)
        if file.read() != END_OF_FILE:
            raise cut_off_error(path)


def cut_off_error(path: str | Path) -> ValueError:
    """Make the error about a bgzip file without the block that marks its end."""
    return ValueError(
        f"{path} has no block that marks the end of a bgzip file, so it seems to be cut off; copy "
        "it again, or compress it again with bgzip"
    )


def block_size(header: bytes) -> int | None:
    """Read the size of a block from its header; None if it is not the header of a block."""
    if len(header) < HEADER_SIZE or header[:4] != b"\x1f\x8b\x08\x04" or header[12:14] != b"BC":
        return None
    return int.from_bytes(header[16:18], "little") + 1


class BgzfFile:
    """A bgzip file with random access to its text.

    The file is mapped into memory, so that processes share no file position.

    Parameters
    ----------
    path : str or Path
        A bgzip file, see :func:`is_bgzf`. The headers of all its blocks are read when it is opened
        (0.2 seconds for a human genome). An index of blocks beside it (".gzi") is not used: only
        these headers could tell whether it belongs to the file, and a stale one would silently
        give bases of other positions.

    Attributes
    ----------
    size : int
        Number of bytes of the uncompressed text.

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
    ...     path = pathlib.Path(folder) / "bases.gz"
    ...     _ = path.write_bytes(block + end)
    ...     BgzfFile(path).read(1, 3)
    b'CG'
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        check_end(path)
        # Slices of a memoryview cost a tenth of those of an array.
        self._data = memoryview(np.memmap(path, dtype=np.uint8, mode="r").data)
        self._offsets, self._starts = self._find_blocks()

    @property
    def size(self) -> int:
        """Number of bytes of the uncompressed text."""
        return int(self._starts[-1])

    def read(self, start: int, stop: int) -> bytes:
        """Read a part of the text.

        Parameters
        ----------
        start, stop : int
            First byte, and byte after the last one; cut at `size`.

        Returns
        -------
        bytes

        Raises
        ------
        ValueError
            If a block is damaged.
        """
        stop = min(stop, self.size)
        if stop <= start:
            return b""
        first, last = int(self.blocks_of(start)), int(self.blocks_of(stop - 1))
        text = b"".join(self._block(i) for i in range(first, last + 1))
        begin = start - int(self._starts[first])
        return text[begin : begin + stop - start]

    @overload
    def blocks_of(self, positions: int) -> np.intp: ...

    @overload
    def blocks_of(self, positions: np.ndarray) -> np.ndarray: ...

    def blocks_of(self, positions: int | np.ndarray) -> np.intp | np.ndarray:
        """Find the blocks that hold positions of the text.

        Parameters
        ----------
        positions : int or ndarray of int
            Positions in the text.

        Returns
        -------
        int or ndarray of int
            Indices of blocks.
        """
        return np.searchsorted(self._starts, positions, side="right") - 1

    def read_blocks(self, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read blocks and concatenate their text.

        Parameters
        ----------
        blocks : ndarray of int of shape (n_blocks,)
            Indices of the blocks, in increasing order.

        Returns
        -------
        text : ndarray of uint8
            Their text.
        shifts : ndarray of int64 of shape (n_blocks,)
            Start of each block in `text` minus its start in the whole text.
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
        """Read the whole text in chunks.

        Parameters
        ----------
        n_blocks : int, default=256
            Number of blocks of a chunk, each of up to 64 KiB.

        Yields
        ------
        bytes
        """
        n_all = len(self._offsets)
        for first in range(0, n_all, n_blocks):
            yield b"".join(map(self._block, range(first, min(first + n_blocks, n_all))))

    def _block(self, i: int) -> bytes:
        offset = int(self._offsets[i])
        try:
            text = zlib.decompress(
                self._data[offset : offset + self._block_size(offset)], wbits=_GZIP_MEMBER
            )
        except zlib.error as error:
            raise self._damaged(offset, error) from error
        if len(text) != self._starts[i + 1] - self._starts[i]:
            raise self._damaged(offset, "its size differs from that in its header")
        return text

    def _find_blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the offset of each block in the file, and its start in the text.

        The starts have one more element, the size of the text. Empty blocks are left out.
        """
        offsets, starts = [], []
        offset = start = 0
        while offset < len(self._data):
            size = self._block_size(offset)
            (text_size,) = struct.unpack_from("<I", self._data, offset + size - 4)
            if text_size:
                offsets.append(offset)
                starts.append(start)
            offset, start = offset + size, start + text_size
        return np.array(offsets, dtype=np.int64), np.array([*starts, start], dtype=np.int64)

    def _block_size(self, offset: int) -> int:
        size = block_size(bytes(self._data[offset : offset + HEADER_SIZE]))
        if size is None or offset + size > len(self._data):
            raise self._damaged(offset, "no complete block begins there")
        return size

    def _damaged(self, offset: int, reason: object) -> ValueError:
        return ValueError(
            f"{self.path} is a damaged or cut off bgzip file: at byte {offset}, {reason}; "
            "copy it again"
        )


class BgzfWriter(BufferedIOBase):
    """Compress what is written as bgzip does.

    Closing it writes the rest and the block that marks the end, and leaves `file` open.

    Parameters
    ----------
    file : binary file object
        File that the blocks are written to.

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
        self._pending = bytearray()

    def writable(self) -> bool:
        """Tell that the file is open for writing.

        Returns
        -------
        bool
            Always True.
        """
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write bytes.

        Parameters
        ----------
        data : bytes
            Text to compress.

        Returns
        -------
        int
            Number of bytes, all of them.
        """
        self._pending += data
        end = len(self._pending) - len(self._pending) % _TEXT_PER_BLOCK
        for start in range(0, end, _TEXT_PER_BLOCK):
            self._file.write(_compress(self._pending[start : start + _TEXT_PER_BLOCK]))
        del self._pending[:end]
        return len(data)

    def close(self) -> None:
        """Write the rest, and the block that marks the end."""
        if not self.closed:
            try:
                if self._pending:
                    self._file.write(_compress(self._pending))
                self._file.write(END_OF_FILE)
            finally:
                super().close()


def _compress(text: bytes | bytearray) -> bytes:
    """Make a block: the header and the sizes of gzip around the compressed text."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _NO_HEADER)
    body = compressor.compress(text) + compressor.flush()
    # The size of the whole block minus one: 18 bytes before the text, and 8 after it.
    header = END_OF_FILE[:16] + struct.pack("<H", len(body) + 25)
    return header + body + struct.pack("<II", zlib.crc32(text), len(text))
