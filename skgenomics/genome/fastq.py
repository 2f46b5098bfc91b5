"""Reads with qualities: FASTQ files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from skgenomics.textfiles import open_text

__all__ = ["read_fastq"]


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
