"""Variants in files: VCF, read as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics.checks import check_integer
from skgenomics.genome._lines import line_error
from skgenomics.textfiles import open_text

_COLUMNS = ["chrom", "pos", "id", "ref", "alt"]
# More would not fit into 64 bits.
_MOST_DIGITS = 18
_LETTERS = re.compile(r"[ACGTRYSWKMBDHVN]+", re.IGNORECASE)
# Symbolic alleles, alleles that an upstream deletion spans, breakends, and none at all.
_NO_LETTERS = re.compile(
    r"<[^<>]+>|\*|[^\[\]]*[\[\]][^\[\]]+[\[\]][^\[\]]*|\.[A-Za-z]+|[A-Za-z]+\."
)


def read_vcf(path: str | Path, *, chunk_size: int = 10_000) -> Iterator[pd.DataFrame]:
    """Read a VCF file chunk by chunk, so that a file of any size fits in memory.

    Samples, qualities and all of the header are passed over.

    Parameters
    ----------
    path : str or Path
        VCF file, compressed by gzip or bgzip or not. The header may be broken or missing.
    chunk_size : int, default=10000
        Number of lines of variants per chunk.

    Yields
    ------
    DataFrame
        One row per alternative allele, so that a line with two of them makes two rows:

        - `chrom` (str), `pos` (int, counted from 1 as in the file), `id`, `ref` and `alt` (str);
        - `kind`: "snv", "mnv" (several bases for as many), "insertion" or "deletion" (one allele
          begins with the other), "indel" (any other change of the length), "symbolic" for
          ``<DEL>``, ``*`` and breakends, and "missing" for an alternative allele ".";
        - `line`: number of the line in the file, counted from 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, `chunk_size` is no positive integer, or a line is
        malformed: fewer than five columns, a position that is no integer, an allele that is
        neither letters nor any of the above. The message has the number of the line and its text.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_vcf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.vcf"
    ...     _ = path.write_text("##fileformat=VCFv4.2\\nchr1\\t7\\trs1\\tA\\tG,AT\\t.\\t.\\t.\\n")
    ...     next(read_vcf(path))
      chrom  pos   id ref alt       kind  line
    0  chr1    7  rs1   A   G        snv     2
    1  chr1    7  rs1   A  AT  insertion     2
    """
    check_integer("chunk_size", chunk_size, 1)
    return _read_chunks(path, chunk_size)


def frame_of_variants(variants: pd.DataFrame) -> pd.DataFrame:
    """Bring a frame of variants to the columns of :func:`read_vcf`.

    Parameters
    ----------
    variants : DataFrame
        `chrom`, `pos` (counted from 1), `ref`, `alt` and, if there is one, `id`; several
        alternative alleles in a row are separated by commas.

    Returns
    -------
    DataFrame
        One row per alternative allele, as of :func:`read_vcf`; `line` is the row, counted from 0.

    Raises
    ------
    ValueError
        If a column is missing, a value is missing, a position is no integer, or an allele is none;
        the message names the row.
    """
    missing = [name for name in _COLUMNS if name not in variants.columns and name != "id"]
    if missing:
        raise ValueError(
            f"the frame of variants has no column {missing[0]!r}, only {list(variants.columns)}"
        )
    table = variants.assign(id=variants["id"] if "id" in variants.columns else ".")[_COLUMNS]
    incomplete = table.drop(columns="id").isna().any(axis=1).to_numpy()
    if incomplete.any():
        raise ValueError(f"row {incomplete.argmax()} of the variants, from 0, has a missing value")
    rows = []
    for row, fields in enumerate(table.fillna(".").itertuples(index=False)):
        texts = list(map(str, fields))
        try:
            rows += _alleles(texts, row)
        except ValueError as error:
            shown = " ".join(texts)
            raise ValueError(f"row {row} of the variants, from 0: {error}: {shown!r}") from None
    return _as_frame(rows)


def _read_chunks(path: str | Path, chunk_size: int) -> Iterator[pd.DataFrame]:
    rows, n_lines, number = [], 0, 0
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line[0] == "#" or line.isspace():
                continue
            try:
                rows += _alleles(line.rstrip("\n").split("\t", 5)[:5], number)
            except ValueError as error:
                raise line_error(path, number, line, str(error)) from None
            n_lines += 1
            if n_lines == chunk_size:
                yield _as_frame(rows)
                rows, n_lines = [], 0
    if number == 0:
        raise ValueError(f"{path} is empty")
    if rows:
        yield _as_frame(rows)


def _alleles(fields: list[str], number: int) -> list[tuple]:
    """A row for each alternative allele of a line."""
    if len(fields) < 5:
        raise ValueError(
            f"{len(fields)} column(s), where a VCF has at least five, separated by tabs: "
            "chromosome, position, id, reference allele, alternative alleles"
        )
    chrom, pos, name, ref, alts = fields
    if not chrom:
        raise ValueError("the chromosome is missing")
    if not (pos.isascii() and pos.isdigit() and len(pos) <= _MOST_DIGITS):
        raise ValueError(f"the position {pos!r} is no integer of up to {_MOST_DIGITS} digits")
    if not _LETTERS.fullmatch(ref):
        raise ValueError(
            f"the reference allele {ref!r} is no DNA; an insertion has the base before it there"
        )
    return [(chrom, int(pos), name, ref, alt, _kind(ref, alt), number) for alt in alts.split(",")]


def _kind(ref: str, alt: str) -> str:
    if not _LETTERS.fullmatch(alt):
        return _kind_without_letters(alt)
    if len(ref) == len(alt):
        return "snv" if len(ref) == 1 else "mnv"
    short, long = sorted((ref.upper(), alt.upper()), key=len)
    if not long.startswith(short):
        return "indel"
    return "insertion" if len(alt) > len(ref) else "deletion"


def _kind_without_letters(alt: str) -> str:
    if alt == ".":
        return "missing"
    if _NO_LETTERS.fullmatch(alt):
        return "symbolic"
    raise ValueError(
        f"the alternative allele {alt!r} is neither DNA nor symbolic; a deletion keeps the base "
        "before it"
    )


def _as_frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "kind", "line"])
    return frame.astype({"pos": np.int64, "line": np.int64})
