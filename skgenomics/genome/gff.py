"""Annotations in GFF3 and GTF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from skgenomics.genome._textfiles import Lines, read_lines

_COLUMNS = ["chrom", "source", "feature", "start", "end", "score", "strand", "phase"]
_ORDER = ["chrom", "start", "end", "feature", "score", "strand", "phase", "source"]
# Semicolons may be repeated. A GTF line may end in a comment, so no name begins with "#" there.
_GFF3_ITEM = re.compile(r"[\s;]*([^\s=;]+)=([^;]*)(?:;|$)")
_GTF_ITEM = re.compile(r'[\s;]*([^\s;="#][^\s;="]*)\s+(?:"([^"]*)"|([^\s;"]+))\s*(?:;|$|(?=#))')


def read_gff(
    path: str | Path,
    *,
    feature: str | Sequence[str] | None = None,
    attributes: Sequence[str] | None = None,
) -> pd.DataFrame:
    r"""Read an annotation in GFF3 or GTF, told apart by the attributes of its lines.

    Parameters
    ----------
    path : str or Path
        GFF3, GTF or GFF2 file, compressed by gzip or bgzip or not. Comments, at the end of lines
        of GTF too, and a section ``##FASTA`` at the end of the file are skipped.
    feature : str, sequence of str or None, default=None
        Features to keep, such as "exon" or ["CDS", "stop_codon"]; None keeps all.
    attributes : sequence of str or None, default=None
        Attributes that become columns, such as ["gene_id"]; None takes all that occur.

    Returns
    -------
    DataFrame
        `chrom`, `start`, `end` (0-based and half-open: `start` is one less than in the file),
        `feature`, `score` (NaN for none), `strand` ("." for unknown, "?" too), `phase`
        ("0", "1", "2" or "."), `source`, and one column of str per attribute, None where a line
        has none. An attribute that occurs several times in a line of GTF is joined by commas, as
        in GFF3; the escapes of GFF3 such as %20 are resolved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, a line is malformed (the message has its number, from 1,
        and its text), or no line has such a feature or attribute.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.genome import read_gff
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "genes.gff3"
    ...     _ = path.write_text("chr1\tme\tgene\t11\t20\t.\t+\t.\tID=g1;Name=one\n")
    ...     read_gff(path, attributes=["Name"])
      chrom  start  end feature  score strand phase source Name
    0  chr1     10   20    gene    NaN      +     .     me  one
    """
    lines = read_lines(path, until="##FASTA")
    frame = lines.table(range(8, 10), integers=(3, 4))
    texts = frame.pop(8) if frame.shape[1] == 9 else pd.Series("", index=frame.index)
    frame.columns = pd.Index(_COLUMNS)
    _check(lines, frame)
    frame["start"] -= 1
    if feature is not None:
        frame = frame[_has_feature(path, frame["feature"], feature)]
    is_gff3 = _is_gff3(texts)
    if is_gff3:
        frame = frame.assign(chrom=frame["chrom"].map(unquote))
    columns = _attribute_columns(lines, texts[frame.index], is_gff3, attributes)
    return pd.concat([frame[_ORDER], columns], axis=1).reset_index(drop=True)


def _check(lines: Lines, frame: pd.DataFrame) -> None:
    lines.refuse(frame["chrom"] == "", "the chromosome is missing")
    lines.refuse(frame["start"] < 1, "the start is below 1, but GFF and GTF count from 1")
    lines.refuse(frame["start"] > frame["end"], "the start is greater than the end")
    frame["score"] = lines.number_column(frame["score"], "the score")
    lines.refuse(
        ~frame["strand"].isin(["+", "-", ".", "?"]), "the strand is none of '+', '-', '.' and '?'"
    )
    frame["strand"] = frame["strand"].replace("?", ".")
    lines.refuse(~frame["phase"].isin(["0", "1", "2", "."]), "the phase is none of 0, 1, 2 and .")


def _has_feature(path: str | Path, column: pd.Series, feature: str | Sequence[str]) -> pd.Series:
    requested = [feature] if isinstance(feature, str) else list(feature)
    existing = column.unique().tolist()
    missing = [name for name in requested if name not in existing]
    if missing:
        raise ValueError(f"{path} has no feature {missing[0]!r}, only {', '.join(existing)}")
    return column.isin(requested)


def _is_gff3(texts: pd.Series) -> bool:
    first = next((text for text in texts if text.strip(" .;")), "")
    return _GFF3_ITEM.match(first) is not None


def _attribute_columns(
    lines: Lines, texts: pd.Series, is_gff3: bool, requested: Sequence[str] | None
) -> pd.DataFrame:
    """One column per attribute, in the order in which they occur or are requested."""
    rows = zip(texts.index, texts, strict=True)
    records = [_parse(lines, row, text, is_gff3) for row, text in rows]
    # A dict keeps the order, which a set does not.
    existing = list(dict.fromkeys(name for record in records for name in record))
    if requested is not None:
        missing = [name for name in requested if name not in existing]
        if missing:
            names = ", ".join(existing) or "none at all"
            raise ValueError(f"{lines.path} has no attribute {missing[0]!r}, only {names}")
    # An attribute of GFF2 may have the name of one of the columns.
    new_names = {x: f"attribute_{x}" if x in _ORDER else x for x in requested or existing}
    columns = {new: [r.get(name) for r in records] for name, new in new_names.items()}
    return pd.DataFrame(columns, index=texts.index, dtype=object)


def _parse(lines: Lines, row: int, text: str, is_gff3: bool) -> dict[str, str]:
    items, end = _items(text, _GFF3_ITEM if is_gff3 else _GTF_ITEM)
    rest = text[end:].strip(" .;")
    if rest and (is_gff3 or not rest.startswith("#")):
        kind = "GFF3 (name=value;)" if is_gff3 else 'GTF (name "value";)'
        lines.fail(row, f"the attributes are not those of {kind}: {rest[:40]!r}")
    return _merge((unquote(a), unquote(b)) for a, b in items) if is_gff3 else _merge(items)


def _items(text: str, pattern: re.Pattern) -> tuple[list[tuple[str, str]], int]:
    """Names and values from the beginning on, and the position of the first mismatch."""
    items, end = [], 0
    while match := pattern.match(text, end):
        name, *values = match.groups()
        items.append((name, next((v for v in values if v is not None), "")))
        end = match.end()
    return items, end


def _merge(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    record: dict[str, str] = {}
    for name, value in items:
        record[name] = f"{record[name]},{value}" if name in record else value
    return record
