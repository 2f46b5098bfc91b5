"""An opened FASTA file: its bytes, its index, and how its letters pair."""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skgenomics.alphabets import NUCLEIC_PAIRS
from skgenomics.genome._bgzf import BgzfFile, is_bgzf

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


_COLUMNS = 4
_MAX_HEADER_LENGTH = 2**20
_MAX_CHECKED = 1000
_SHOWN = 60
_PROBLEMS = {
    "UNEQUAL_LINES": "follows a shorter line or one with another line ending, or is longer than "
    "the first: only the last line of a record may differ in length. Wrap the file anew, as "
    "`seqkit seq -w 60` does",
    "BLANK_INSIDE": "follows a blank line inside the record. Remove blank lines from the file",
    "SPACE_INSIDE": "holds a space or a tab among the letters. Remove them from the file",
}


@dataclass(frozen=True)
class FastaIndex:
    """Records of a FASTA file.

    `lines` is an int64 array of shape (n, 4): number of letters of each record, place of its first
    letter in the file, letters on a line, and bytes of a line.
    """

    names: tuple[str, ...]
    lines: np.ndarray

    def ends(self) -> np.ndarray:
        """Place after the last letter of each record."""
        length, offset, bases, width = self.lines.T
        last = np.maximum(length - 1, 0)
        bases = np.maximum(bases, 1)
        return offset + last // bases * width + last % bases + (length > 0)


def read_index(path: Path, source) -> FastaIndex:
    """Read the index beside a FASTA file if it fits; else build it, and write it if possible.

    A file that is read into memory as a whole has no index beside it, as in samtools.
    """
    is_whole = isinstance(source, ArraySource)
    if is_whole and not source.is_mapped:
        return build_index(path, source.chunks())
    index = read_fai(path, source.size)
    if index is None or (is_whole and not belongs(index, source.data)):
        index = build_index(path, source.chunks())
        write_fai(path, index)
    return index


def build_index(path: Path, chunks: Iterable[bytes]) -> FastaIndex:
    """Read all lines of a FASTA file, given in parts of any size."""
    from skgenomics.genome import _fasta_windows as loops

    names, tables = [], []
    position = n_lines = 0
    open_record = np.zeros((0, 6), dtype=np.int64)
    for text in _whole_lines(chunks):
        records = np.zeros((len(open_record) + text.count(b">"), 6), dtype=np.int64)
        records[: len(open_record)] = open_record
        symbols = np.frombuffer(text, dtype=np.uint8)
        n_open = len(open_record)
        status, n_read, n = loops.index_lines(symbols, position, records, n_open)
        for place in (records[n_open:n, loops.HEADER] - position).tolist():
            names.append(_name(text, place))
        n_lines += n_read
        if status != loops.OK:
            line = text.split(b"\n", n_read)[n_read - 1]
            _raise_problem(path, status, n_lines, line, names)
        tables.append(records[: max(n - 1, 0)])
        open_record = records[max(n - 1, 0) : n].copy()
        position += len(text)
    table = np.concatenate([*tables, open_record])
    lines = table[:, [loops.LENGTH, loops.OFFSET, loops.BASES, loops.WIDTH]]
    return _checked(path, FastaIndex(tuple(names), np.ascontiguousarray(lines)))


def read_fai(fasta: Path, size: int) -> FastaIndex | None:
    """Read the index beside a FASTA file of `size` bytes without compression, if it fits.

    An index that is older than the file, damaged, or ends elsewhere than the file is none.
    """
    path = fai_path(fasta)
    if not path.is_file() or path.stat().st_mtime < fasta.stat().st_mtime:
        return None
    try:
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        names = tuple(row[0] for row in rows)
        lines = np.array([row[1:] for row in rows], dtype=np.int64)
    except ValueError:
        return None
    if lines.shape != (len(rows), _COLUMNS) or len(set(names)) < len(names) or not _is_sane(lines):
        return None
    index = FastaIndex(names, lines)
    # Behind the last letter there may be one line ending, and some blank lines.
    missing = size - int(index.ends().max())
    return index if 0 <= missing <= 16 else None


def write_fai(fasta: Path, index: FastaIndex) -> None:
    """Write the index beside a FASTA file if its folder may be written to."""
    rows = zip(index.names, index.lines.tolist(), strict=True)
    text = "".join("\t".join(map(str, [name, *row])) + "\n" for name, row in rows)
    path = fai_path(fasta)
    with contextlib.suppress(OSError):
        # Another process may read or write the same index: it appears all at once.
        file, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        try:
            os.write(file, text.encode())
            os.fchmod(file, fasta.stat().st_mode & 0o666)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
        finally:
            os.close(file)


def fai_path(fasta: Path) -> Path:
    return Path(f"{fasta}.fai")


def belongs(index: FastaIndex, data: np.ndarray) -> bool:
    """Whether records begin and end in these bytes as an index says, by their names.

    Of very many records, some that are spread over the file are looked at.
    """
    order = np.argsort(index.lines[:, 1], kind="stable")
    offsets = index.lines[order, 1]
    before = np.concatenate([[0], index.ends()[order]])
    for i in np.unique(np.linspace(0, len(order) - 1, _MAX_CHECKED, dtype=np.int64)).tolist():
        if offsets[i] - before[i] > _MAX_HEADER_LENGTH:
            return False
        header = bytes(data[before[i] : offsets[i]]).strip()
        words = header[1:].split(maxsplit=1)
        name = words[0].decode("utf-8", "replace") if words else ""
        if header[:1] != b">" or name != index.names[order[i]]:
            return False
    return not bytes(data[before[-1] :]).strip()


def _is_sane(lines: np.ndarray) -> bool:
    length, offset, bases, width = lines.T
    return bool(
        len(lines)
        and (lines >= 0).all()
        and (offset > 0).all()
        and (width >= bases).all()
        and ((bases > 0) | (length == 0)).all()
    )


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = []
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, chunk[:cut]])
            rest = []
        rest.append(chunk[cut:])
    yield b"".join(rest)


def _name(text: bytes, place: int) -> str:
    end = text.find(b"\n", place)
    words = text[place + 1 : end if end >= 0 else None].split(maxsplit=1)
    return words[0].decode("utf-8", "replace") if words else ""


def _raise_problem(path: Path, status: int, number: int, line: bytes, names: list[str]) -> None:
    from skgenomics.genome import _fasta_windows as loops

    shown = repr(line[:_SHOWN].decode("utf-8", "replace").rstrip("\r"))
    if status == loops.NO_HEADER:
        raise ValueError(
            f"{path} is no FASTA file: line {number} does not begin with '>'. The line is {shown}"
        )
    problem = next(text for name, text in _PROBLEMS.items() if getattr(loops, name) == status)
    raise ValueError(
        f"{path}: line {number}, in the record {names[-1]!r}, {problem}. The line is {shown}"
    )


def _checked(path: Path, index: FastaIndex) -> FastaIndex:
    if not index.names or not index.lines[:, 0].any():
        raise ValueError(f"{path} is empty: it has {len(index.names)} record(s) and no letters")
    seen = set()
    for number, name in enumerate(index.names, start=1):
        if not name:
            raise ValueError(f"{path}: record {number} has no name after its '>'")
        if name in seen:
            raise ValueError(
                f"{path} has two records with the name {name!r}; rename or remove one of them"
            )
        seen.add(name)
    return index


_FIRST_SYMBOLS = 2**16


class OpenFasta(NamedTuple):
    """What a genome reads from; `records` are the rows of its chromosomes in the index.

    `resolved` remembers the names in the file of the chromosomes that were asked for, and
    `complement` holds the partner of each letter, 0 where there is none.
    """

    source: ArraySource | BgzfSource
    index: FastaIndex
    records: dict[str, int]
    resolved: dict[str, str]
    complement: np.ndarray

    def batches(self, lines: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Windows, with the bytes that they need, some at a time."""
        length, offset, bases, width = lines.T
        first = np.clip(starts, 0, length)
        last = np.clip(ends, first, length)
        bases = np.maximum(bases, 1)
        begins = offset + first // bases * width + first % bases
        stops = offset + (last - 1) // bases * width + (last - 1) % bases + 1
        return self.source.batches(begins, np.where(last > first, stops, begins))


def open_fasta(path: Path) -> OpenFasta:
    """Open a FASTA file and its index."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no FASTA file at {path} any more")
    source = open_source(path)
    index = read_index(path, source)
    records = {name: i for i, name in enumerate(index.names)}
    return OpenFasta(source, index, records, {}, _complement(_is_rna(source, index)))


def _is_rna(source: ArraySource | BgzfSource, index: FastaIndex) -> bool:
    """Whether A pairs with U, by the first letters of the longest record."""
    length, offset, _, _ = index.lines[index.lines[:, 0].argmax()].tolist()
    symbols = source.read(offset, offset + min(length, _FIRST_SYMBOLS)).upper()
    return b"U" in symbols and b"T" not in symbols


@lru_cache
def _complement(rna: bool) -> np.ndarray:
    table = np.zeros(256, dtype=np.uint8)
    for symbol, partner in (NUCLEIC_PAIRS | ({"A": "U"} if rna else {})).items():
        table[ord(symbol)] = ord(partner)
        table[ord(symbol.lower())] = ord(partner.lower())
    return table
