"""FASTA and FASTQ files: read and write sequences record by record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer
from skgenomics.genome._textfiles import line_error, open_text, replace_text_file
from skgenomics.sequences import as_strings, is_text

# Printable ASCII without the space and ">", which begins a record where it begins a line.
_NOT_SEQUENCE = re.compile(r"[^!-=?-~]")
_NOT_QUALITY = re.compile(r"[^!-~]")


def read_fasta(path: str | Path) -> Iterator[tuple[str, str]]:
    r"""Read a FASTA file record by record, so that a file of any size fits in memory.

    Parameters
    ----------
    path : str or Path
        FASTA file, compressed by gzip or bgzip or not.

    Yields
    ------
    header : str
        The header line without ">".
    sequence : str
        The sequence of all its lines, upper and lower case as in the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, damaged or not a FASTA file, or a record has no sequence; the message
        names the record.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.fa"
    ...     _ = path.write_text(">a first\nACGT\nAC\n>b\nggna\n")
    ...     list(read_fasta(path))
    [('a first', 'ACGTAC'), ('b', 'ggna')]
    """
    header: str | None = None
    parts: list[str] = []
    with open_text(path) as lines:
        for number, text in enumerate(lines, start=1):
            line = text.strip()
            if line.startswith(">"):
                if header is not None:
                    yield header, _join(path, header, parts)
                header, parts = line[1:].strip(), []
            elif header is None and line:
                raise ValueError(
                    f"{path} is not a FASTA file: it begins with {line[:20]!r}, not '>'"
                )
            elif ">" in line:
                raise line_error(path, number, line, "'>' among the bases; a line break is missing")
            else:
                parts += line.split()
        if header is None:
            raise ValueError(f"{path} is empty")
        yield header, _join(path, header, parts)


def _join(path: str | Path, header: str, parts: list[str]) -> str:
    if not parts:
        raise ValueError(f"{path}: the record {header!r} has no sequence")
    return "".join(parts)


def write_fasta(
    sequences: Sequence[str] | np.ndarray | pd.Series | pd.DataFrame,
    path: str | Path,
    names: Sequence[str] | None = None,
    *,
    width: int | None = 60,
) -> None:
    """Write sequences as a FASTA file.

    Parameters
    ----------
    sequences : array-like of str of shape (n_samples,) or (n_samples, 1)
        Sequences of any length, written as they are.
    path : str or Path
        File to write. With ".gz" or ".bgz" at its end it is compressed by bgzip: gzip in blocks,
        to which :class:`Genome` and samtools have random access. An existing file is replaced
        when all is written, and kept if that fails.
    names : sequence of str of shape (n_samples,) or None, default=None
        Text after ">": a name and, after a space, a description. None takes the index of a Series
        or a frame, otherwise the number of the sequence, counted from 0.
    width : int or None, default=60
        Bases on a line; None for one line per sequence.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    TypeError
        If a sequence is not a string.
    ValueError
        If there is no sequence, or one is empty or has a space, a line break, ">" or a character
        beyond ASCII; if the number of names differs from that of the sequences, or a name is
        empty, holds a line break, begins or ends with a space, or has the same first word as
        another one, by which readers identify records. The message names the sequence.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import write_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.fa"
    ...     write_fasta(["ACGTAC", "ggna"], path, ["a label=1", "b label=0"], width=4)
    ...     print(path.read_text())
    >a label=1
    ACGT
    AC
    >b label=0
    ggna
    <BLANKLINE>
    """
    if width is not None:
        check_integer("width", width, 1)
    if not is_text(sequences):
        raise TypeError(
            "FASTA files hold text, one string per sequence; turn codes into text by "
            "skgenomics.sequences.decode"
        )
    texts = as_strings(sequences)
    headers = _headers(sequences, names, len(texts))
    for i, (name, text) in enumerate(zip(headers, texts, strict=True)):
        _check_sequence(f"sequence {i} ({name!r})", text)
    with replace_text_file(path) as file:
        for name, text in zip(headers, texts, strict=True):
            file.write(f">{name}\n")
            step = width or len(text)
            file.writelines(f"{text[i : i + step]}\n" for i in range(0, len(text), step))


def read_fastq(path: str | Path) -> Iterator[tuple[str, str, str]]:
    r"""Read a FASTQ file record by record, so that a file of any size fits in memory.

    Parameters
    ----------
    path : str or Path
        FASTQ file with four lines per record, compressed by gzip or bgzip or not.

    Yields
    ------
    name : str
        The header line without "@".
    sequence : str
        The sequence, upper and lower case as in the file; empty where a read was trimmed to
        nothing.
    quality : str
        One character per base. Its code minus 33 is the Phred quality in all files of the last
        decade: ``numpy.frombuffer(quality.encode(), "uint8") - 33``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, not a FASTQ file, cut off, or has a record whose sequence and quality
        differ in length; the message names the record and the line, both counted from 1.

    Notes
    -----
    The format is that of [1]_. Sequences and qualities that are wrapped over several lines, as in
    some early files, raise an error.

    References
    ----------
    .. [1] Cock, P. J. A. et al. (2010). The Sanger FASTQ file format for sequences with quality
       scores, and the Solexa/Illumina FASTQ variants. Nucleic Acids Research 38, 1767-1771.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import read_fastq
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "reads.fq"
    ...     _ = path.write_text("@read1 sample=a\nACGTN\n+\nIIII#\n")
    ...     list(read_fastq(path))
    [('read1 sample=a', 'ACGTN', 'IIII#')]
    """
    number = 0
    with open_text(path) as lines:
        stripped = (line.rstrip("\r\n") for line in lines)
        for number, record in enumerate(zip_longest(*[stripped] * 4), start=1):
            if not any(record) and not any(stripped):
                # Blank lines at the end.
                number -= 1
                break
            _check_record(path, number, record)
            header, sequence, _, quality = record
            yield header[1:].strip(), sequence, quality
    if number == 0:
        raise ValueError(f"{path} is empty")


def write_fastq(records: Iterable[tuple[str, str, str]], path: str | Path) -> None:
    """Write reads with their qualities as a FASTQ file, one by one.

    Parameters
    ----------
    records : iterable of tuple of (str, str, str)
        Name, sequence and quality of each read, as :func:`read_fastq` yields them, with one
        character of quality per base. A generator is consumed once, so that any number of reads
        fits in memory.
    path : str or Path
        File to write; compressed and replaced as by :func:`write_fasta`. It may be the one that
        `records` are read from.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    TypeError
        If a record is not a tuple of three strings.
    ValueError
        If there is no record, or one has an empty name, a name with a line break or with a space
        at its beginning or end, a base or a quality that is not a printable ASCII character, or
        a quality of another length than its sequence. The message names the record, counted from
        1.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skgenomics.genome import read_fastq, write_fastq
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "reads.fq.gz"
    ...     write_fastq([("read1 sample=a", "ACGTN", "IIII#")], path)
    ...     list(read_fastq(path))
    [('read1 sample=a', 'ACGTN', 'IIII#')]
    """
    number = 0
    with replace_text_file(path) as file:
        for number, record in enumerate(records, start=1):
            _check_read(number, record)
            name, sequence, quality = record
            file.write(f"@{name}\n{sequence}\n+\n{quality}\n")
        if number == 0:
            raise ValueError(f"there is no read to write to {path}")


def _headers(sequences, names: Sequence[str] | None, n: int) -> list[str]:
    """Headers of the records, whose first words identify them."""
    if isinstance(names, str):
        raise ValueError(f"`names` is the string {names!r}; give a list of names")
    if names is not None:
        headers = [str(name) for name in names]
    else:
        headers = list(map(str, sequences.index if hasattr(sequences, "iloc") else range(n)))
    if len(headers) != n:
        raise ValueError(f"there are {len(headers)} names for {n} sequences")
    first: dict[str, int] = {}
    for i, name in enumerate(headers):
        _check_name(f"the name of sequence {i}", name)
        other = first.setdefault(name.split()[0], i)
        if other != i:
            raise ValueError(
                f"sequences {other} and {i} have the same name {name.split()[0]!r}, by which "
                "readers identify records; give other `names`"
            )
    return headers


def _check_name(what: str, name: str) -> None:
    if not name.strip():
        raise ValueError(f"{what} is empty")
    if name != name.strip() or len(name.splitlines()) > 1:
        raise ValueError(
            f"{what} holds a line break, or begins or ends with a space, which no reader keeps: "
            f"{name[:80]!r}"
        )


def _check_sequence(what: str, text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{what} is not a string, but {text!r}")
    if not text:
        raise ValueError(f"{what} is empty, which a FASTA file cannot hold; leave it out")
    _check_characters(what, text, _NOT_SEQUENCE, "sequence")


def _check_characters(what: str, text: str, invalid: re.Pattern, kind: str) -> None:
    found = invalid.search(text)
    if found:
        raise ValueError(f"{what} has {found[0]!r} at position {found.start()} of its {kind}")


def _check_read(number: int, record: tuple[str, str, str]) -> None:
    is_triple = isinstance(record, tuple | list) and len(record) == 3
    if not is_triple or not all(isinstance(text, str) for text in record):
        raise TypeError(
            f"record {number} is {record!r}, but must be a tuple of three str: name, sequence and "
            "quality"
        )
    name, sequence, quality = record
    _check_name(f"the name of record {number}", name)
    what = f"record {number} ({name!r})"
    _check_characters(what, sequence, _NOT_SEQUENCE, "sequence")
    _check_characters(what, quality, _NOT_QUALITY, "quality")
    if len(sequence) != len(quality):
        raise ValueError(f"{what} has {len(quality)} qualities for {len(sequence)} bases")


def _check_record(path: str | Path, number: int, record: tuple) -> None:
    """Raise a ValueError if four lines of a FASTQ file are not a record."""
    header, sequence, plus, quality = record
    problem = None
    if not header.startswith("@"):
        problem = (0, f"does not begin with '@': {header[:40]!r}")
    elif None in record:
        problem = (record.index(None), "is missing: the file is cut off")
    elif not plus.startswith("+"):
        problem = (2, f"does not begin with '+': {plus[:40]!r}; each record must have 4 lines")
    elif plus[1:] and plus[1:].strip() != header[1:].strip():
        problem = (2, f"repeats another name than {header[1:].strip()!r}: {plus[:40]!r}")
    elif len(sequence) != len(quality):
        problem = (3, f"has {len(quality)} qualities for {len(sequence)} bases")
    if problem:
        line, what = problem
        name = f" ({header[1:].strip()!r})" if header.startswith("@") else ""
        raise ValueError(f"{path}: line {4 * number - 3 + line} of record {number}{name} {what}")
