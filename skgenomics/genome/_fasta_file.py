"""An open FASTA file: its bytes, its index, and the complement of its bases."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from skgenomics._utils.files import replace_file
from skgenomics.alphabets import NUCLEIC_PAIRS
from skgenomics.genome._bgzf import BgzfFile, is_bgzf

_CHUNK = 2**25  # bytes
_BLOCKS_PER_BATCH = 256
_FAI_COLUMNS = 4
_MAX_HEADER_LENGTH = 2**20
# Records whose headers are compared when an index is read; others are when they are first used.
_MAX_CHECKED = 200
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BASES_FOR_RNA = 2**16
_SHOWN = 60
_PROBLEMS = {
    "UNEQUAL_LINES": "follows a shorter line or one with another line ending, or is longer than "
    "the first: only the last line of a record may differ in length. Wrap the file again, as "
    "`seqkit seq -w 60` does",
    "BLANK_INSIDE": "follows a blank line inside the record. Remove blank lines from the file",
    "SPACE_INSIDE": "holds a space or a tab among the bases. Remove them from the file",
    "RETURN_INSIDE": "holds a carriage return among the bases. Remove it, as `tr -d '\\r'` does",
    "GREATER_INSIDE": "holds '>' among the bases: a line break seems to be missing before it",
}

# Rows of a table of windows, the bytes that they need, and for each of them the difference between
# positions in these bytes and in the file.
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]


class ArraySource:
    """Bytes in one array.

    Parameters
    ----------
    data : ndarray of uint8
        The bytes.
    is_mapped : bool
        Whether they are those of the file itself, rather than of its uncompressed text.
    """

    def __init__(self, data: np.ndarray, *, is_mapped: bool):
        self.data = data
        self.size = len(data)
        self.is_mapped = is_mapped

    def read(self, start: int, stop: int) -> bytes:
        """Read the bytes from `start` up to `stop`."""
        return self.data[start:stop].tobytes()

    def chunks(self) -> Iterator[bytes]:
        """Read all bytes in chunks."""
        for start in range(0, self.size, _CHUNK):
            yield self.read(start, start + _CHUNK)

    def batches(self, begins: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Give all windows and all bytes in one batch."""
        n = len(begins)
        yield np.arange(n), self.data, np.zeros(n, dtype=np.int64)


class BgzfSource:
    """Bytes in blocks, of which only those are read that windows need."""

    is_mapped = False

    def __init__(self, path: Path):
        self._file = BgzfFile(path)
        self.size = self._file.size
        self.read = self._file.read
        self.chunks = self._file.chunks

    def batches(self, begins: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Group windows that begin in the same stretch of the file, which share its blocks."""
        # Windows without bases of the file may lie past its end.
        first = self._file.blocks_of(np.minimum(begins, self.size - 1))
        last = np.maximum(first, self._file.blocks_of(np.clip(ends - 1, 0, self.size - 1)))
        order = np.argsort(first, kind="stable")
        bounds = np.flatnonzero(np.diff(first[order] // _BLOCKS_PER_BATCH, prepend=-1, append=-1))
        for low, high in pairwise(bounds):
            rows = order[low:high]
            blocks = _union(first[rows], last[rows])
            data, shifts = self._file.read_blocks(blocks)
            # The loops are compiled for read-only arrays, as mapped files are.
            data.flags.writeable = False
            yield rows, data, shifts[np.searchsorted(blocks, first[rows])]


def open_source(path: Path) -> ArraySource | BgzfSource:
    """Open the bytes of a FASTA file, compressed by gzip or bgzip or not."""
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
            f"{path} is a damaged or cut off gzip file ({error}); copy it again"
        ) from error
    return ArraySource(text, is_mapped=False)


def _union(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Integers that lie in any of the ranges, both ends included."""
    minimum, n = first.min(), last.max() - first.min() + 1
    changes = np.bincount(first - minimum, minlength=n + 1) - np.bincount(
        last - minimum + 1, minlength=n + 1
    )
    return minimum + np.flatnonzero(np.cumsum(changes[:n]))


@dataclass(frozen=True)
class FastaIndex:
    """Records of a FASTA file, as in a .fai file.

    Attributes
    ----------
    names : tuple of str
        Names of the records, in the order of the index.
    lines : ndarray of int64 of shape (n_records, 4)
        Number of bases of each record, offset of its first base in the file, bases on a line, and
        bytes of a line.
    """

    names: tuple[str, ...]
    lines: np.ndarray

    @cached_property
    def ends(self) -> np.ndarray:
        """Offset after the last base of each record."""
        length, offset, bases, width = self.lines.T
        last = np.maximum(length - 1, 0)
        bases = np.maximum(bases, 1)
        return offset + last // bases * width + last % bases + (length > 0)

    @cached_property
    def order(self) -> np.ndarray:
        """Indices of the records, in the order of the file."""
        return np.argsort(self.lines[:, 1], kind="stable")

    @cached_property
    def header_starts(self) -> np.ndarray:
        """Offset from which on the header of each record is looked for: the end before it."""
        starts = np.zeros(len(self.names), dtype=np.int64)
        starts[self.order[1:]] = self.ends[self.order[:-1]]
        return starts


def read_index(path: Path, source: ArraySource | BgzfSource) -> FastaIndex:
    """Read the index beside a FASTA file if it fits; otherwise build it, and write it if possible.

    Files compressed by gzip, which are read into memory as a whole, have no index beside them, as
    in samtools.
    """
    if isinstance(source, ArraySource) and not source.is_mapped:
        return build_index(path, source.chunks())
    index = read_fai(path, source.size)
    if index is None or not fits(index, source):
        index = build_index(path, source.chunks())
        write_fai(path, index)
    return index


def build_index(path: Path, chunks: Iterable[bytes]) -> FastaIndex:
    """Build the index of a FASTA file, given in chunks of any size."""
    from skgenomics.genome import _fasta_windows as loops

    names: list[str] = []
    tables = []
    position = n_lines = 0
    # The last record of a chunk is continued in the next one.
    open_record = np.zeros((0, 6), dtype=np.int64)
    for text in _whole_lines(chunks):
        if position == 0 and text.startswith(_BYTE_ORDER_MARK):
            position, text = len(_BYTE_ORDER_MARK), text[len(_BYTE_ORDER_MARK) :]
        records = np.zeros((len(open_record) + text.count(b">"), 6), dtype=np.int64)
        records[: len(open_record)] = open_record
        n_open = len(open_record)
        status, n_read, n = loops.index_lines(
            np.frombuffer(text, dtype=np.uint8), position, records, n_open
        )
        for offset in (records[n_open:n, loops.HEADER] - position).tolist():
            names.append(_name(text, offset))
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
    """Read the index beside a FASTA file of `size` uncompressed bytes.

    Returns None if there is no index, or it is older than the file, damaged, or does not end where
    the file ends.
    """
    path = fai_path(fasta)
    if not path.is_file() or path.stat().st_mtime < fasta.stat().st_mtime:
        return None
    try:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line]
        names = tuple(row[0] for row in rows)
        lines = np.array([row[1:] for row in rows], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    is_table = lines.shape == (len(rows), _FAI_COLUMNS)
    if not is_table or len(set(names)) < len(names) or not _is_sane(lines, size):
        return None
    index = FastaIndex(names, lines)
    # After the last base there may be one line ending, and some blank lines.
    missing = size - int(index.ends.max())
    return index if 0 <= missing <= 16 else None


def write_fai(fasta: Path, index: FastaIndex) -> None:
    """Write the index beside a FASTA file if its folder is writable."""
    rows = zip(index.names, index.lines.tolist(), strict=True)
    text = "".join("\t".join(map(str, [name, *row])) + "\n" for name, row in rows)
    with contextlib.suppress(OSError), replace_file(fai_path(fasta)) as new:
        new.write_bytes(text.encode("utf-8"))


def fai_path(fasta: Path) -> Path:
    """Path of the index of a FASTA file."""
    return Path(f"{fasta}.fai")


def fits(index: FastaIndex, source: ArraySource | BgzfSource) -> bool:
    """Check an index against the headers of records that are spread over the file."""
    order = index.order
    checked = np.unique(np.linspace(0, len(order) - 1, _MAX_CHECKED, dtype=np.int64))
    end = int(index.ends[order[-1]])
    return all(record_fits(index, source, int(order[i])) for i in checked) and not (
        source.read(end, source.size).strip()
    )


def record_fits(index: FastaIndex, source: ArraySource | BgzfSource, record: int) -> bool:
    """Check a record of an index against the file.

    Between the end of the record before it and its own first base there must be its header: one
    line, which begins with '>' and its name. Its first line of bases must end where the index says,
    and a line must end after its last base.
    """
    length, offset, bases, width = index.lines[record].tolist()
    start, end = int(index.header_starts[record]), int(index.ends[record])
    if not 0 < offset - start <= _MAX_HEADER_LENGTH or end > source.size:
        return False
    header = source.read(start, offset)
    if start == 0:
        header = header.removeprefix(_BYTE_ORDER_MARK)
    line = header.strip()
    words = line[1:].split(maxsplit=1)
    name = words[0].decode("utf-8", "replace") if words else ""
    # A line break before the header (but for the first), and one after it: none inside.
    is_header = line[:1] == b">" and name == index.names[record] and len(line.splitlines()) == 1
    # An empty record before it ends with the line break of its own header.
    before = source.read(start - 1, start) if start else b"\n"
    is_separate = header.endswith(b"\n") and b"\n" in (before, header[:1], header[1:2])
    if length == 0:
        return is_header and is_separate
    breaks = [(offset + bases, offset + width)] if length > bases else []
    ends_lines = all(
        source.read(a, b) in (b"\n", b"\r\n", b"\r\r\n") for a, b in breaks
    ) and source.read(end, end + 1) in (b"", b"\n", b"\r")
    first = source.read(offset, offset + 1)
    return is_header and is_separate and ends_lines and first not in (b"\n", b"\r", b">")


def _is_sane(lines: np.ndarray, size: int) -> bool:
    length, offset, bases, width = lines.T
    return bool(
        len(lines)
        and (lines >= 0).all()
        and (lines <= size).all()
        and (offset > 0).all()
        and ((width >= bases) & ((width > bases) | (bases >= length))).all()
        and ((bases > 0) | (length == 0)).all()
    )


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, chunk[:cut]])
            rest = []
        rest.append(chunk[cut:])
    yield b"".join(rest)


def _name(text: bytes, offset: int) -> str:
    end = text.find(b"\n", offset)
    words = text[offset + 1 : end if end >= 0 else None].split(maxsplit=1)
    return words[0].decode("utf-8", "replace") if words else ""


def _raise_problem(path: Path, status: int, number: int, line: bytes, names: list[str]) -> None:
    from skgenomics.genome import _fasta_windows as loops

    shown = repr(line[:_SHOWN].decode("utf-8", "replace").rstrip("\r"))
    if status == loops.NO_HEADER:
        raise ValueError(
            f"{path} is not a FASTA file: line {number} does not begin with '>'. The line is "
            f"{shown}"
        )
    problem = next(text for name, text in _PROBLEMS.items() if getattr(loops, name) == status)
    raise ValueError(
        f"{path}: line {number}, in the record {names[-1]!r}, {problem}. The line is {shown}"
    )


def _checked(path: Path, index: FastaIndex) -> FastaIndex:
    if not index.names or not index.lines[:, 0].any():
        raise ValueError(f"{path} is empty: it has {len(index.names)} record(s) and no bases")
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


@dataclass(frozen=True)
class OpenFasta:
    """What a genome reads from.

    Attributes
    ----------
    path : Path
        The FASTA file.
    source : ArraySource or BgzfSource
        Its bytes.
    index : FastaIndex
        Its records.
    records : dict of str to int
        Indices of the records by name.
    complement : ndarray of uint8 of shape (256,)
        Complement of each base, 0 where there is none.
    resolved : dict of str to str
        Names in the file of the chromosomes that were asked for.
    checked : set of int
        Records whose header was compared with the index.
    """

    path: Path
    source: ArraySource | BgzfSource
    index: FastaIndex
    records: dict[str, int]
    complement: np.ndarray
    resolved: dict[str, str] = field(default_factory=dict)
    checked: set[int] = field(default_factory=set)

    def batches(self, lines: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Iterator[Batch]:
        """Give windows with the bytes that they need, some at a time."""
        length, offset, bases, width = lines.T
        first = np.clip(starts, 0, length)
        last = np.clip(ends, first, length)
        bases = np.maximum(bases, 1)
        begins = offset + first // bases * width + first % bases
        stops = offset + (last - 1) // bases * width + (last - 1) % bases + 1
        return self.source.batches(begins, np.where(last > first, stops, begins))

    def check_record(self, record: int) -> None:
        """Raise a ValueError if the index does not fit a record, when it is first used."""
        if record not in self.checked:
            if not record_fits(self.index, self.source, record):
                raise self.misfit(self.index.names[record])
            self.checked.add(record)

    def misfit(self, name: str) -> ValueError:
        """Make the error about an index that does not fit the file."""
        return ValueError(
            f"the index does not fit the file: {self.path} has no bases of {name!r} where "
            f"{fai_path(self.path).name} says, or the file has changed while it was in use. Delete "
            f"{fai_path(self.path)}, and it will be built again"
        )


def open_fasta(path: Path) -> OpenFasta:
    """Open a FASTA file and its index."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no FASTA file at {path} any more")
    source = open_source(path)
    index = read_index(path, source)
    records = {name: i for i, name in enumerate(index.names)}
    return OpenFasta(path, source, index, records, _complement(_is_rna(source, index)))


def _is_rna(source: ArraySource | BgzfSource, index: FastaIndex) -> bool:
    """Tell by the first bases of the longest record whether A pairs with U."""
    length, offset, _, _ = index.lines[index.lines[:, 0].argmax()].tolist()
    bases = source.read(offset, offset + min(length, _BASES_FOR_RNA)).upper()
    return b"U" in bases and b"T" not in bases


@lru_cache
def _complement(rna: bool) -> np.ndarray:
    table = np.zeros(256, dtype=np.uint8)
    for base, partner in (NUCLEIC_PAIRS | ({"A": "U"} if rna else {})).items():
        table[ord(base)] = ord(partner)
        table[ord(base.lower())] = ord(partner.lower())
    return table
