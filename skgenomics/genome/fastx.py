"""Writing sequences: FASTA and FASTQ files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from skgenomics._utils.validation import check_integer
from skgenomics.genome._output_files import new_text_file
from skgenomics.genome._textfiles import open_text
from skgenomics.sequences import as_strings, is_text

# Printable ASCII without the space and ">", which begins a record where it begins a line.
_NO_SYMBOL = re.compile(r"[^!-=?-~]")
_NO_QUALITY = re.compile(r"[^!-~]")


def read_fasta(path: str | Path) -> Iterator[tuple[str, str]]:
    """Read a FASTA file record by record, so that a file of any size fits in memory.

    Parameters
    ----------
    path : str or Path
        FASTA file, compressed by gzip or not.

    Yields
    ------
    header : str
        The header line without ">".
    sequence : str
        The letters of all lines, upper and lower case as they are.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or no FASTA file, or a record has no letters; the message names it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.fa"
    ...     _ = path.write_text(">a first\\nACGT\\nAC\\n>b\\nggna\\n")
    ...     list(read_fasta(path))
    [('a first', 'ACGTAC'), ('b', 'ggna')]
    """
    header, parts = None, []
    with open_text(path) as lines:
        for line in filter(None, map(str.strip, lines)):
            if line.startswith(">"):
                if header is not None:
                    yield header, _join(path, header, parts)
                header, parts = line[1:].strip(), []
            elif header is None:
                raise ValueError(f"{path} is no FASTA file: it begins with {line[:20]!r}, not '>'")
            else:
                parts += line.split()
        if header is None:
            raise ValueError(f"{path} is empty")
        yield header, _join(path, header, parts)


def _join(path, header: str, parts: list[str]) -> str:
    if not parts:
        raise ValueError(f"{path}: the record {header!r} has no letters")
    return "".join(parts)


def write_fasta(
    sequences, path: str | Path, names: Sequence[str] | None = None, *, width: int | None = 60
) -> None:
    """Write sequences as a FASTA file.

    Parameters
    ----------
    sequences : list, array, Series or one-column frame of str, shape (n,) or (n, 1)
        Sequences of any length, letters as they are.
    path : str or Path
        File to write. With ".gz" or ".bgz" at its end it is compressed by bgzip: gzip in blocks,
        of which :class:`Genome` and samtools read any part. A file that exists is replaced when
        all is written, and stays as it is if that fails.
    names : sequence of str of shape (n,), optional
        What stands behind ">": a name and, behind a space, a description. By default the index of
        a Series or a frame, else the number of the sequence, counted from 0.
    width : int or None, default=60
        Letters on a line; None for one line per sequence.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    TypeError
        If a sequence is no string.
    ValueError
        If there is no sequence, or one has no letters or a space, a line break, ">" or a letter
        beyond ASCII; if there are more or fewer names than sequences, or one is empty, holds a
        line break, begins or ends with a space, or has the first word of another one, by which
        readers tell records apart. The message names the sequence.

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
    names = _names(sequences, names, len(texts))
    for i, (name, text) in enumerate(zip(names, texts, strict=True)):
        _check_sequence(f"sequence {i} ({name!r})", text)
    with new_text_file(path) as file:
        for name, text in zip(names, texts, strict=True):
            file.write(f">{name}\n")
            step = width or len(text)
            file.writelines(f"{text[i : i + step]}\n" for i in range(0, len(text), step))


def write_fastq(records: Iterable[tuple[str, str, str]], path: str | Path) -> None:
    """Write reads with their qualities as a FASTQ file, one by one.

    Parameters
    ----------
    records : iterable of (name, sequence, quality)
        Reads as :func:`read_fastq` gives them: three str each, with one character of quality for
        each letter. A generator is read once, so that any number of reads fits in memory.
    path : str or Path
        File to write; compressed and replaced as by :func:`write_fasta`. It may be the one that
        `records` are read from.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    TypeError
        If a record is not made of three strings.
    ValueError
        If there is no record, or one has an empty name, a name with a line break or with a space
        at its beginning or end, a letter or a quality that is no printable ASCII character, or
        more or fewer qualities than letters. The message names the record, counted from 1.

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
    with new_text_file(path) as file:
        for number, record in enumerate(records, start=1):
            _check_read(number, record)
            name, sequence, quality = record
            file.write(f"@{name}\n{sequence}\n+\n{quality}\n")
        if number == 0:
            raise ValueError(f"there is no read to write to {path}")


def _names(sequences, names, n: int) -> list[str]:
    """Names of the records, all of which a reader tells apart."""
    if names is None:
        names = sequences.index if hasattr(sequences, "iloc") else range(n)
    elif isinstance(names, str):
        raise ValueError(f"`names` is the one string {names!r}; give a list of names")
    names = [str(name) for name in names]
    if len(names) != n:
        raise ValueError(f"there are {len(names)} names for {n} sequences")
    first = {}
    for i, name in enumerate(names):
        _check_name(f"the name of sequence {i}", name)
        other = first.setdefault(name.split()[0], i)
        if other != i:
            raise ValueError(
                f"sequences {other} and {i} have the same name {name.split()[0]!r}, by which "
                "readers tell records apart; give other `names`"
            )
    return names


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
        raise TypeError(f"{what} is no string, but {text!r}")
    if not text:
        raise ValueError(f"{what} has no letters, which a FASTA file can not hold; leave it out")
    _check_symbols(what, text, _NO_SYMBOL, "letters")


def _check_symbols(what: str, text: str, strange: re.Pattern, kind: str) -> None:
    found = strange.search(text)
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
    _check_symbols(what, sequence, _NO_SYMBOL, "letters")
    _check_symbols(what, quality, _NO_QUALITY, "qualities")
    if len(sequence) != len(quality):
        raise ValueError(f"{what} has {len(quality)} qualities for {len(sequence)} letters")


def read_fastq(path: str | Path) -> Iterator[tuple[str, str, str]]:
    """Read a FASTQ file record by record, so that a file of any size fits in memory.

    Parameters
    ----------
    path : str or Path
        FASTQ file with four lines for each record, compressed by gzip or bgzip or not.

    Yields
    ------
    name : str
        The header line without "@".
    sequence : str
        The letters, upper and lower case as they are; empty where a read was trimmed to nothing.
    quality : str
        One character for each letter. Its code less 33 is the Phred quality in all files of the
        last decade: ``numpy.frombuffer(quality.encode(), "uint8") - 33``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, no FASTQ file, cut off, or has a record whose sequence and quality
        differ in length; the message names the record and the line, both counted from 1.

    Notes
    -----
    The format is that of [1]_. Sequences and qualities that are wrapped over several lines, as
    some of the first files were, raise an error.

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
    ...     _ = path.write_text("@read1 sample=a\\nACGTN\\n+\\nIIII#\\n")
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
            _check(path, number, record)
            header, sequence, _, quality = record
            yield header[1:].strip(), sequence, quality
    if number == 0:
        raise ValueError(f"{path} is empty")


def _check(path, number: int, record: tuple) -> None:
    header, sequence, plus, quality = record
    problem = None
    if not header.startswith("@"):
        problem = (0, f"does not begin with '@': {header[:40]!r}")
    elif None in record:
        problem = (record.index(None), "is missing: the file is cut off")
    elif not plus.startswith("+"):
        problem = (2, f"does not begin with '+': {plus[:40]!r}; every record has to have 4 lines")
    elif plus[1:] and plus[1:].strip() != header[1:].strip():
        problem = (2, f"repeats another name than {header[1:].strip()!r}: {plus[:40]!r}")
    elif len(sequence) != len(quality):
        problem = (3, f"has {len(quality)} qualities for {len(sequence)} letters")
    if problem:
        line, what = problem
        name = f" ({header[1:].strip()!r})" if header.startswith("@") else ""
        raise ValueError(f"{path}: line {4 * number - 3 + line} of record {number}{name} {what}")
