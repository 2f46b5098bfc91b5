"""Variants in VCF files: read and write them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer
from skgenomics.genome._coordinates import as_frame, refuse_rows
from skgenomics.genome._textfiles import line_error, open_text, replace_text_file

_COLUMNS = ["chrom", "pos", "id", "ref", "alt"]
_VCF_COLUMNS = ("chrom", "pos", "id", "ref", "alt", "qual", "filter", "info")
# Columns that read_vcf adds: they follow from the others.
_DERIVED = {"kind", "line"}
# 18 digits always fit into 64 bits.
_MAX_DIGITS = 18
_BASES = re.compile(r"[ACGTRYSWKMBDHVN]+", re.IGNORECASE)
# Symbolic alleles, alleles spanned by an upstream deletion, breakends, and single breakends.
_SYMBOLIC = re.compile(r"<[^<>]+>|\*|[^\[\]]*[\[\]][^\[\]]+[\[\]][^\[\]]*|\.[A-Za-z]+|[A-Za-z]+\.")
_CHROMOSOME = r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"
_INFO_KEY = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*|1000G")


def read_vcf(path: str | Path, *, chunk_size: int = 10_000) -> Iterator[pd.DataFrame]:
    r"""Read a VCF file chunk by chunk, so that a file of any size fits in memory.

    Samples, qualities and the header are skipped.

    Parameters
    ----------
    path : str or Path
        VCF file, compressed by gzip or bgzip or not. The header of a file with variants may be
        broken or missing.
    chunk_size : int, default=10000
        Number of lines of variants per chunk.

    Returns
    -------
    iterator of DataFrame
        Chunks with one row per alternative allele, so that a line with two of them gives two rows:

        - `chrom` (str), `pos` (int, counted from 1 as in the file), `id`, `ref` and `alt` (str);
        - `kind`: "snv", "mnv" (several bases replaced by the same number of bases), "insertion" or
          "deletion" (one allele begins with the other), "indel" (any other change of length),
          "symbolic" for ``<DEL>``, ``*`` and breakends, and "missing" for an alternative allele
          ".";
        - `line`: number of the line in the file, counted from 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, cut off or damaged, `chunk_size` is not a positive integer, or a line
        is malformed: fewer than five columns, a position that is not an integer, an allele that is
        neither bases nor any of the above. The message has the number of the line and its text.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_vcf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.vcf"
    ...     _ = path.write_text("##fileformat=VCFv4.2\nchr1\t7\trs1\tA\tG,AT\t.\t.\t.\n")
    ...     next(read_vcf(path))
      chrom  pos   id ref alt       kind  line
    0  chr1    7  rs1   A   G        snv     2
    1  chr1    7  rs1   A  AT  insertion     2
    """
    check_integer("chunk_size", chunk_size, 1)
    return _read_chunks(path, chunk_size)


def frame_of_variants(variants: pd.DataFrame) -> pd.DataFrame:
    """Convert a frame of variants to the columns of :func:`read_vcf`.

    Parameters
    ----------
    variants : DataFrame
        `chrom`, `pos` (counted from 1), `ref`, `alt` and optionally `id`, of pandas or polars;
        several alternative alleles in a row are separated by commas. A missing `id` becomes ".".

    Returns
    -------
    DataFrame
        One row per alternative allele, as of :func:`read_vcf`; `line` is the row, counted from 0.

    Raises
    ------
    ValueError
        If a column or a value is missing, a position is not an integer, or an allele is invalid;
        the message names the row.
    """
    variants = as_frame(variants)
    missing = [name for name in _COLUMNS if name not in variants.columns and name != "id"]
    if missing:
        raise ValueError(
            f"the frame of variants has no column {missing[0]!r}, only {list(variants.columns)}"
        )
    table = variants.assign(id=variants["id"] if "id" in variants.columns else ".")[_COLUMNS]
    table = _plain(table)
    incomplete = table.drop(columns="id").isna().any(axis=1).to_numpy()
    if incomplete.any():
        raise ValueError(f"row {incomplete.argmax()} of the variants, from 0, has a missing value")
    rows = []
    for row, fields in enumerate(table.where(table.notna(), ".").itertuples(index=False)):
        texts = list(map(str, fields))
        try:
            rows += _alleles(texts, row)
        except ValueError as error:
            shown = " ".join(texts)
            raise ValueError(f"row {row} of the variants, from 0: {error}: {shown!r}") from None
    return _as_frame(rows)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame of objects, since categorical and nullable columns take no other values.

    Columns of integers are floats where pandas found a missing value among them.
    """
    frame = frame.astype(object)
    whole = {
        name: [int(x) if isinstance(x, float) and x.is_integer() else x for x in frame[name]]
        for name in ("chrom", "pos")
    }
    return frame.assign(**whole)


def _read_chunks(path: str | Path, chunk_size: int) -> Iterator[pd.DataFrame]:
    rows: list[tuple] = []
    n_lines = n_variants = n_columns = number = 0
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line[0] == "#" or line.isspace():
                if line.startswith("#CHROM"):
                    n_columns = line.count("\t") + 1
                continue
            if line[-1] != "\n" and line.count("\t") + 1 < n_columns:
                # The last line of a file that was cut may end within an allele.
                raise line_error(path, number, line, "the line is cut off")
            try:
                rows += _alleles(line.rstrip("\n").split("\t", 5)[:5], number)
            except ValueError as error:
                raise line_error(path, number, line, str(error)) from None
            n_lines += 1
            n_variants += 1
            if n_lines == chunk_size:
                yield _as_frame(rows)
                rows, n_lines = [], 0
    if number == 0:
        raise ValueError(f"{path} is empty")
    if rows:
        yield _as_frame(rows)
    elif not (n_columns or n_variants):
        raise ValueError(
            f"{path} has neither variants nor the header line '#CHROM': it is cut off, or not a "
            "VCF file"
        )


def _alleles(fields: list[str], number: int) -> list[tuple]:
    """One row per alternative allele of a line."""
    if len(fields) < 5:
        raise ValueError(
            f"{len(fields)} column(s), where a VCF has at least five, separated by tabs: "
            "chromosome, position, id, reference allele, alternative alleles"
        )
    chrom, pos, name, ref, alts = fields
    if not chrom:
        raise ValueError("the chromosome is missing")
    if not (pos.isascii() and pos.isdigit() and len(pos) <= _MAX_DIGITS):
        raise ValueError(f"the position {pos!r} is not an integer of up to {_MAX_DIGITS} digits")
    if not _BASES.fullmatch(ref):
        raise ValueError(
            f"the reference allele {ref!r} is not DNA; an insertion has the base before it there"
        )
    return [(chrom, int(pos), name, ref, alt, _kind(ref, alt), number) for alt in alts.split(",")]


def _kind(ref: str, alt: str) -> str:
    if not _BASES.fullmatch(alt):
        return _kind_without_bases(alt)
    if len(ref) == len(alt):
        return "snv" if len(ref) == 1 else "mnv"
    short, long = sorted((ref.upper(), alt.upper()), key=len)
    if not long.startswith(short):
        return "indel"
    return "insertion" if len(alt) > len(ref) else "deletion"


def _kind_without_bases(alt: str) -> str:
    if alt == ".":
        return "missing"
    if _SYMBOLIC.fullmatch(alt):
        return "symbolic"
    raise ValueError(
        f"the alternative allele {alt!r} is neither DNA nor symbolic; a deletion keeps the base "
        "before it"
    )


def _as_frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "kind", "line"])
    return frame.astype({"pos": np.int64, "line": np.int64})


def write_vcf(
    frame: pd.DataFrame, path: str | Path, *, lengths: Mapping[str, int] | None = None
) -> None:
    """Write variants as a VCF file.

    Parameters
    ----------
    frame : DataFrame
        One row per line of the file: `chrom`, `pos` (int, counted from 1), `ref` and `alt`
        (several alternative alleles separated by commas); and optionally `id`, `qual` (number),
        `filter` and `info` (str, such as "DP=10;DB"). A missing value of these becomes ".". The
        `kind` and `line` of :func:`read_vcf` are not written.
    path : str or Path
        File to write; with ".gz" or ".bgz" at its end it is compressed by bgzip, as tabix requires.
        An existing file is replaced when all is written, and kept if that fails.
    lengths : dict of str to int or None, default=None
        Lengths of the chromosomes of the genome by name, such as those of :class:`Genome`, for the
        contig lines of the header. None names the chromosomes of `frame` in their order, without
        lengths.

    Raises
    ------
    OSError
        If there is no such folder, or the file cannot be written.
    ValueError
        If a column is missing, a position is not an integer, an allele is invalid, a text has a
        space or is not valid INFO, the rows are not sorted by position with each chromosome in one
        block, or a variant is not on a chromosome of `lengths`. The message names the row.

    Warns
    -----
    UserWarning
        If the frame has columns that do not exist in VCF, which are left out.

    Notes
    -----
    The header declares each filter, each key of `info` (as text with any number of values, or as a
    flag if it never has one) and each chromosome that occurs in the file.

    References
    ----------
    .. [1] Danecek, P. et al. (2011). The variant call format and VCFtools. Bioinformatics 27,
       2156-2158.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from skgenomics.genome import write_vcf
    >>> frame = pd.DataFrame({"chrom": ["chr1"], "pos": [7], "ref": ["A"], "alt": ["G"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "small.vcf"
    ...     write_vcf(frame, path, lengths={"chr1": 20})
    ...     print(path.read_text().expandtabs(8))
    ##fileformat=VCFv4.2
    ##contig=<ID=chr1,length=20>
    #CHROM  POS     ID      REF     ALT     QUAL    FILTER  INFO
    chr1    7       .       A       G       .       .       .
    <BLANKLINE>
    """
    frame = as_frame(frame)
    table = _table(frame)
    _check_order(table)
    if lengths is not None:
        _check_inside(table, lengths)
    others = [str(name) for name in frame.columns if name not in _DERIVED.union(_VCF_COLUMNS)]
    if others:
        warnings.warn(
            f"a VCF has no column for {', '.join(others)}: left out; move them into `info`, or "
            "write a table with to_csv",
            UserWarning,
            stacklevel=2,
        )
    with replace_text_file(path) as file:
        file.writelines(f"{line}\n" for line in _header(table, lengths))
        columns = (table[name].tolist() for name in _VCF_COLUMNS)
        file.writelines("\t".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert a frame to the columns of a VCF, as they are written."""
    frame_of_variants(frame)
    frame = _plain(frame)
    table = pd.DataFrame({name: _texts(frame, name) for name in _VCF_COLUMNS})
    table["pos"] = frame["pos"].astype(np.int64).to_numpy()
    table["qual"] = _qualities(table["qual"])
    is_invalid = ~table["chrom"].str.fullmatch(_CHROMOSOME)
    refuse_rows(is_invalid, "a chromosome whose name VCF does not allow")
    for name in ("id", "filter", "info"):
        refuse_rows(table[name].str.contains(r"\s"), f"a space, tab or line break in {name!r}")
    return table


def _texts(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.full(len(frame), ".", dtype=object)
    column = frame[name].astype(object)
    return column.where(column.notna(), ".").astype(str).replace("", ".").to_numpy(object)


def _qualities(column: pd.Series) -> list[str]:
    numbers = pd.to_numeric(column, errors="coerce")
    # Comparisons with NaN are false.
    is_number = (numbers >= 0) & (numbers < np.inf)
    refuse_rows(~is_number & (column != "."), "a `qual` that is not a non-negative number")
    return ["." if np.isnan(number) else f"{number:.15g}" for number in numbers.astype(float)]


def _check_order(table: pd.DataFrame) -> None:
    advice = "sort the frame, as with frame.sort_values(['chrom', 'pos'])"
    chrom, pos = table["chrom"], table["pos"]
    begins = chrom != chrom.shift()
    refuse_rows(begins & chrom.duplicated(), f"a chromosome that is not in one block; {advice}")
    refuse_rows(~begins & (pos < pos.shift()), f"a position before that of the row above; {advice}")


def _check_inside(table: pd.DataFrame, lengths: Mapping[str, int]) -> None:
    length = table["chrom"].map(dict(lengths))
    shown = ", ".join(map(repr, list(lengths)[:6]))
    refuse_rows(length.isna(), f"a chromosome that is not in `lengths`, which begins with {shown}")
    # A telomere is at 0 or one past the last base.
    refuse_rows(table["pos"] > length + 1, "a position past the end of its chromosome")


def _header(table: pd.DataFrame, lengths: Mapping[str, int] | None) -> Iterator[str]:
    yield "##fileformat=VCFv4.2"
    for name in sorted(_parts(table["filter"]) - {"PASS"}):
        yield f'##FILTER=<ID={name},Description="{name}">'
    for key, kind in _info_kinds(table["info"]).items():
        yield f'##INFO=<ID={key},{kind},Description="{key}">'
    contigs: dict[str, int | None] = dict.fromkeys(table["chrom"])
    if lengths is not None:
        contigs = dict(lengths)
    for name, length in contigs.items():
        yield f"##contig=<ID={name}" + (">" if length is None else f",length={length}>")
    yield "#" + "\t".join(name.upper() for name in _VCF_COLUMNS)


def _parts(column: pd.Series) -> set[str]:
    """Collect the items between semicolons of a whole column."""
    return {part for text in column.unique() for part in text.split(";")} - {"."}


def _info_kinds(column: pd.Series) -> dict[str, str]:
    kinds = {}
    for part in sorted(_parts(column)):
        key, equals, _ = part.partition("=")
        if not _INFO_KEY.fullmatch(key):
            found = column.str.split(";").map(lambda parts, part=part: part in parts)
            refuse_rows(found, f"an `info` that is not like 'DP=10;DB': {part!r}")
        if equals or key not in kinds:
            kinds[key] = "Number=.,Type=String" if equals else "Number=0,Type=Flag"
    return kinds
