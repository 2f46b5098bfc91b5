"""Writing variants: VCF files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skgenomics._utils.validation import check_integer
from skgenomics.genome._coordinates import refuse_rows
from skgenomics.genome._output_files import new_text_file
from skgenomics.genome._textfiles import line_error, open_text

_COLUMNS = ["chrom", "pos", "id", "ref", "alt"]
# More would not fit into 64 bits.
_MAX_DIGITS = 18
_SYMBOLS = re.compile(r"[ACGTRYSWKMBDHVN]+", re.IGNORECASE)
# Symbolic alleles, alleles that an upstream deletion spans, breakends, and none at all.
_NO_SYMBOLS = re.compile(
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
    if not (pos.isascii() and pos.isdigit() and len(pos) <= _MAX_DIGITS):
        raise ValueError(f"the position {pos!r} is no integer of up to {_MAX_DIGITS} digits")
    if not _SYMBOLS.fullmatch(ref):
        raise ValueError(
            f"the reference allele {ref!r} is no DNA; an insertion has the base before it there"
        )
    return [(chrom, int(pos), name, ref, alt, _kind(ref, alt), number) for alt in alts.split(",")]


def _kind(ref: str, alt: str) -> str:
    if not _SYMBOLS.fullmatch(alt):
        return _kind_without_symbols(alt)
    if len(ref) == len(alt):
        return "snv" if len(ref) == 1 else "mnv"
    short, long = sorted((ref.upper(), alt.upper()), key=len)
    if not long.startswith(short):
        return "indel"
    return "insertion" if len(alt) > len(ref) else "deletion"


def _kind_without_symbols(alt: str) -> str:
    if alt == ".":
        return "missing"
    if _NO_SYMBOLS.fullmatch(alt):
        return "symbolic"
    raise ValueError(
        f"the alternative allele {alt!r} is neither DNA nor symbolic; a deletion keeps the base "
        "before it"
    )


def _as_frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "kind", "line"])
    return frame.astype({"pos": np.int64, "line": np.int64})


_VCF_COLUMNS = ("chrom", "pos", "id", "ref", "alt", "qual", "filter", "info")
# What read_vcf adds: it follows from the rest.
_DERIVED = {"kind", "line"}
_CHROMOSOME = r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"
_INFO_KEY = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*|1000G")


def write_vcf(
    frame: pd.DataFrame, path: str | Path, *, lengths: Mapping[str, int] | None = None
) -> None:
    """Write variants as a VCF file.

    Parameters
    ----------
    frame : DataFrame
        One row per line of the file: `chrom`, `pos` (int, counted from 1), `ref` and `alt`
        (several alternative alleles separated by commas); and, if wanted, `id`, `qual` (number),
        `filter` and `info` (str, such as "DP=10;DB"). A missing value of these becomes ".". The
        `kind` and `line` of :func:`read_vcf` are not written.
    path : str or Path
        File to write; with ".gz" or ".bgz" at its end it is compressed by bgzip, as tabix needs
        it. A file that exists is replaced when all is written, and stays as it is if that fails.
    lengths : dict of str to int, optional
        Chromosomes of the genome and their lengths, such as those of :class:`Genome`. They make
        the contig lines of the header; by default these name the chromosomes of `frame` in their
        order, without lengths.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a column is missing, a position is no integer or an allele is none, a text has a space
        or is no INFO, the rows are not sorted by position with each chromosome in one block, or a
        variant is not on a chromosome of `lengths`. The message names the row.

    Warns
    -----
    UserWarning
        If the frame has columns that a VCF has no place for, which are left out.

    Notes
    -----
    The header declares what the file uses: each filter, each key of `info` (as text, of any number
    of values; as a flag if it never has one) and each chromosome.

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
    table = _table(frame)
    _check_order(table)
    if lengths is not None:
        _check_places(table, lengths)
    others = [str(name) for name in frame.columns if name not in _DERIVED.union(_VCF_COLUMNS)]
    if others:
        warnings.warn(
            f"a VCF has no column for {', '.join(others)}: left out; put what is to stay into "
            "`info`, or write a table with to_csv",
            UserWarning,
            stacklevel=2,
        )
    with new_text_file(path) as file:
        file.writelines(f"{line}\n" for line in _header(table, lengths))
        columns = (table[name].tolist() for name in _VCF_COLUMNS)
        file.writelines("\t".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a VCF as they are written."""
    frame_of_variants(frame)
    table = pd.DataFrame({name: _texts(frame, name) for name in _VCF_COLUMNS})
    table["pos"] = frame["pos"].astype(np.int64).to_numpy()
    table["qual"] = _qualities(table["qual"])
    strange = ~table["chrom"].str.fullmatch(_CHROMOSOME)
    refuse_rows(strange, "a chromosome whose name VCF does not allow")
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
    refuse_rows(~is_number & (column != "."), "a `qual` that is no number from 0 on")
    return ["." if np.isnan(number) else f"{number:.15g}" for number in numbers.astype(float)]


def _check_order(table: pd.DataFrame) -> None:
    advice = "sort the frame, as with frame.sort_values(['chrom', 'pos'])"
    chrom, pos = table["chrom"], table["pos"]
    begins = chrom != chrom.shift()
    refuse_rows(begins & chrom.duplicated(), f"a chromosome that has ended before; {advice}")
    refuse_rows(~begins & (pos < pos.shift()), f"a position before that of the row above; {advice}")


def _check_places(table: pd.DataFrame, lengths: Mapping[str, int]) -> None:
    length = table["chrom"].map(dict(lengths))
    shown = ", ".join(map(repr, list(lengths)[:6]))
    refuse_rows(length.isna(), f"a chromosome that is not in `lengths`, which begins with {shown}")
    # A telomere is at 0 or one behind the last base.
    refuse_rows(table["pos"] > length + 1, "a position behind the end of its chromosome")


def _header(table: pd.DataFrame, lengths: Mapping[str, int] | None) -> Iterator[str]:
    yield "##fileformat=VCFv4.2"
    for name in sorted(_parts(table["filter"]) - {"PASS"}):
        yield f'##FILTER=<ID={name},Description="{name}">'
    for key, kind in _info_kinds(table["info"]).items():
        yield f'##INFO=<ID={key},{kind},Description="{key}">'
    if lengths is None:
        lengths = dict.fromkeys(table["chrom"])
    for name, length in lengths.items():
        yield f"##contig=<ID={name}" + (">" if length is None else f",length={length}>")
    yield "#" + "\t".join(name.upper() for name in _VCF_COLUMNS)


def _parts(column: pd.Series) -> set[str]:
    """What stands between semicolons, anywhere in a column."""
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
