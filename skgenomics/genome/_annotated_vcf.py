"""Variants with their scores as VCF: INFO fields beside those of the input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from skgenomics.genome._textfiles import check_seekable, line_error, open_text, replace_text_file

_SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz", ".vcf.bgzip")
_IDENTITY = ("chrom", "pos", "id", "ref_allele", "alt_allele", "kind")
_HEADER = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_N_COLUMNS = len(_HEADER)
_KEY = re.compile(r"[^0-9A-Za-z_.]")
_DECLARED = re.compile(r"##INFO=<ID=([^,>]+)")
_MEANINGS = {
    "ref": "Prediction for the reference allele",
    "alt": "Prediction for the alternative allele",
    "delta": "Prediction for the alternative minus that for the reference allele",
    "log_odds": "Difference of the log-odds of both alleles",
    "log2_fold_change": "Log2 fold change of the predicted total",
    "js_distance": "Jensen-Shannon distance between the predicted shapes",
    "DS": "Largest gain (G) or loss (L) of the probability of a label near the variant",
    "DP": "Position of this gain or loss relative to the variant",
    "gene": "Gene whose strand and splice sites the scores refer to",
    "ref_match": "The genome has the reference allele",
}


def is_vcf(path: str | Path) -> bool:
    """Tell whether a path ends like that of a VCF file.

    Examples
    --------
    >>> from skgenomics.genome._annotated_vcf import is_vcf
    >>> is_vcf("out.vcf.gz"), is_vcf("out.tsv")
    (True, False)
    """
    return str(path).lower().endswith(_SUFFIXES)


def write_annotated(
    tables: Iterator[pd.DataFrame],
    variants: str | Path | pd.DataFrame,
    path: str | Path,
    *,
    lengths: dict[str, int],
    prefix: str,
) -> None:
    """Write variants with their scores as INFO fields.

    Parameters
    ----------
    tables : iterator of DataFrame
        Tables of scores, one row per alternative allele in the order of the variants.
    variants : str, Path or DataFrame
        VCF file whose header and lines are kept, or a frame.
    path : str or Path
        VCF file to write.
    lengths : dict of str to int
        Lengths of the chromosomes, for the header of a frame.
    prefix : str
        Text before the names of the fields.

    Raises
    ------
    ValueError
        If the file has an INFO field of one of the names already, or is a pipe.
    """
    rows = _Rows(tables, prefix)
    with replace_text_file(path) as file:
        if isinstance(variants, pd.DataFrame):
            _write_frame(rows, file, lengths)
            return
        check_seekable(variants, "VCF")
        with open_text(variants) as lines:
            _copy(lines, rows, file, variants)


class _Rows:
    """Rows of tables one by one, as INFO fields.

    Attributes
    ----------
    keys : dict of str to str
        Name of the field of each column.
    """

    def __init__(self, tables: Iterator[pd.DataFrame], prefix: str):
        self._tables, self._prefix = tables, prefix
        self._table = next(tables, pd.DataFrame(columns=list(_IDENTITY)))
        self._next = 0
        columns = [name for name in self._table.columns if name not in _IDENTITY]
        self.keys = {name: _key(f"{prefix}{name}") for name in columns}
        doubled = [key for key in self.keys.values() if list(self.keys.values()).count(key) > 1]
        if doubled:
            raise ValueError(
                f"several columns would be the INFO field {doubled[0]!r}, since VCF allows "
                "ASCII alphanumeric characters, _ and . only; rename the outputs of the estimator"
            )

    def take(self, n: int) -> pd.DataFrame:
        """Return the next rows, those of the alleles of a line."""
        parts = []
        while n:
            if self._next == len(self._table):
                self._table, self._next = next(self._tables), 0
            parts.append(self._table.iloc[self._next : self._next + n])
            self._next += len(parts[-1])
            n -= len(parts[-1])
        return parts[0] if len(parts) == 1 else pd.concat(parts)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        while True:
            while self._next < len(self._table):
                yield self.take(1)
            table = next(self._tables, None)
            if table is None:
                return
            self._table, self._next = table, 0

    def header(self) -> Iterator[str]:
        """Return the lines that declare the fields."""
        for name, key in self.keys.items():
            stem = name.split("_")[0] if name.startswith(("DS_", "DP_")) else name
            known = [text for text in _MEANINGS if stem == text or stem.startswith(f"{text}_")]
            meaning = _MEANINGS[max(known, key=len)] if known else name
            output = name[len(max(known, key=len)) :].lstrip("_") if known else ""
            meaning = f"{meaning}, {output}" if output and stem == name else meaning
            kind = {"DP": "Integer", "gene": "String"}.get(stem, "Float")
            number = "A"
            if name == "ref_match":
                number, kind = "0", "Flag"
            text = meaning.replace("\\", "").replace('"', "'")
            yield f'##INFO=<ID={key},Number={number},Type={kind},Description="{text}">'

    def info(self, rows: pd.DataFrame) -> str:
        """Return the fields of the alleles of a line."""
        fields = []
        for name, key in self.keys.items():
            values = rows[name].tolist()
            if name == "ref_match":
                fields += [key] if all(values) else []
            elif any(value == value and value is not None for value in values):
                fields.append(f"{key}={','.join(map(_show, values))}")
        return ";".join(fields)


def _show(value) -> str:
    if isinstance(value, str):
        return re.sub(r"[\s;,=]", "_", value)
    return "." if value is None or np.isnan(value) else f"{value:.7g}"


def _key(name: str) -> str:
    key = _KEY.sub("_", name)
    return key if re.match(r"[A-Za-z_]", key) else f"_{key}"


def _write_frame(rows: _Rows, file: TextIO, lengths: dict[str, int]) -> None:
    file.write("##fileformat=VCFv4.2\n")
    file.writelines(f"{line}\n" for line in rows.header())
    file.writelines(f"##contig=<ID={name},length={n}>\n" for name, n in lengths.items())
    file.write("\t".join(_HEADER) + "\n")
    for row in rows:
        identity = row.iloc[0][["chrom", "pos", "id", "ref_allele", "alt_allele"]].astype(str)
        file.write("\t".join([*identity, ".", ".", rows.info(row) or "."]) + "\n")


def _copy(lines, rows: _Rows, file: TextIO, source) -> None:
    taken, has_header, is_declared = set(rows.keys.values()), False, False
    for number, text in enumerate(lines, 1):
        line = text.rstrip("\n")
        declared = _DECLARED.match(line)
        if declared and declared[1] in taken:
            raise line_error(source, number, text, _exists(declared[1]))
        if line.startswith("##"):
            has_header = True
        elif line and not line.isspace() and not is_declared:
            # The first line behind the header.
            file.write("" if has_header else "##fileformat=VCFv4.2\n")
            file.writelines(f"{entry}\n" for entry in rows.header())
            is_declared = True
            if not line.startswith("#"):
                file.write("\t".join(_HEADER) + "\n")
        if not line or line.isspace() or line.startswith("##"):
            file.write(text)
            continue
        fields = line.split("\t")
        if line.startswith("#CHROM"):
            file.write("\t".join([*fields, *_HEADER[len(fields) :]]) + "\n")
            continue
        if line.startswith("#"):
            file.write(text)
            continue
        fields += ["."] * (_N_COLUMNS - len(fields))
        info = fields[7] if fields[7] not in ("", ".") else ""
        present = {part.partition("=")[0] for part in info.split(";")} & taken
        if present:
            raise line_error(source, number, text, _exists(min(present)))
        added = rows.info(rows.take(fields[4].count(",") + 1))
        fields[7] = ";".join(filter(None, [info, added])) or "."
        file.write("\t".join(fields) + "\n")


def _exists(key: str) -> str:
    return f"the INFO field {key!r} exists already; give another info_prefix"
