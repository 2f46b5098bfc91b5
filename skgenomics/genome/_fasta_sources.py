"""The bytes of a FASTA file: mapped into memory, read into it, or in blocks of bgzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from skgenomics.bgzf import BgzfFile, is_bgzf

_CHUNK = 2**25
_BLOCKS = 256

# Rows of a table of windows, the bytes that they need, and what leads from places in the file to
# places in these.
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]


class ArraySource:
    """Bytes in one array; `is_mapped` tells that they are those of the file itself."""

    def __init__(self, data: np.ndarray, *, is_mapped: bool):
        self.data = data
        self.size = len(data)
        self.is_mapped = is_mapped

    def read(self, start: int, stop: int) -> bytes:
        return self.data[start:stop].tobytes()

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, self.size, _CHUNK):
            yield self.read(start, start + _CHUNK)

    def batches(self, begins: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        n = len(begins)
        yield np.arange(n), self.data, np.zeros(n, dtype=np.int64)


class BgzfSource:
    """Bytes in blocks, of which only those are read that windows need."""

    def __init__(self, path: Path):
        self._file = BgzfFile(path)
        self.size = self._file.size
        self.read = self._file.read
        self.chunks = self._file.chunks

    def batches(self, begins: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Windows that begin in the same stretch of the file share what is read of it."""
        # Windows without letters of the file may lie behind its end.
        first = self._file.blocks_of(np.minimum(begins, self.size - 1))
        last = np.maximum(first, self._file.blocks_of(np.clip(ends - 1, 0, self.size - 1)))
        order = np.argsort(first, kind="stable")
        bounds = np.flatnonzero(np.diff(first[order] // _BLOCKS, prepend=-1, append=-1))
        for low, high in pairwise(bounds):
            rows = order[low:high]
            blocks = _union(first[rows], last[rows])
            data, shifts = self._file.read_blocks(blocks)
            # The loops are compiled for what may not be written to, as mapped files are.
            data.flags.writeable = False
            yield rows, data, shifts[np.searchsorted(blocks, first[rows])]


def open_source(path: Path) -> ArraySource | BgzfSource:
    """Open a FASTA file, compressed by gzip or bgzip or not."""
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty")
    if is_bgzf(path):
        return BgzfSource(path)
    data = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
    if bytes(data[:2]) != b"\x1f\x8b":
        return ArraySource(data, is_mapped=True)
    try:
        with gzip.open(path) as file:
            text = np.frombuffer(file.read(), dtype=np.uint8)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is a damaged or cut off gzip file ({error}); copy it anew"
        ) from error
    return ArraySource(text, is_mapped=False)


def _union(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The numbers that lie in any of the ranges, both ends included."""
    least, n = first.min(), last.max() - first.min() + 1
    changes = np.bincount(first - least, minlength=n + 1) - np.bincount(
        last - least + 1, minlength=n + 1
    )
    return least + np.flatnonzero(np.cumsum(changes[:n]))
