"""Loaders of labelled sequences: tables and FASTA files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics.datasets._tables import (
    check_complete,
    ending_of,
    header_of,
    read_frame,
    read_targets,
    read_texts,
    require_columns,
)
from skgenomics.genome.fastx import read_fasta


def load_csv(
    path: str | Path,
    target: str | Sequence[str] | None = None,
    sequence: str = "sequence",
) -> Bunch:
    """Load sequences and labels from a table.

    Parameters
    ----------
    path : str or Path
        CSV or TSV file with a header line, compressed by gzip or not. The ending ".csv" or ".tsv"
        tells the separator, otherwise the header does.
    target : str or sequence of str, optional
        Column of the labels; several of them, in a list or separated by commas, are several tasks
        or targets. None for sequences without labels.
    sequence : str, default="sequence"
        Column of the sequences.

    Returns
    -------
    Bunch
        ``X``: sequences, object array of str, shape (n,). ``y``: labels, shape (n,), or floats of
        shape (n, n_targets) with NaN where one is missing; None without `target`.
        ``target_names``: list of str. ``split``, ``fold``, ``groups``: the columns "split", "fold"
        and "groups" (or "group") as arrays of shape (n,), None if there is none. ``frame``: all
        columns.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, has no such column, or a row has no sequence or no
        label; the message names the row, counted from 0.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.csv"
    ...     _ = path.write_text("sequence,bound,split\\nACGT,1,train\\nggna,0,test\\n")
    ...     data = load_csv(path, target="bound")
    >>> data.X, data.y, data.split
    (array(['ACGT', 'ggna'], dtype=object), array([1, 0]), array(['train', 'test'], dtype=object))
    """
    frame = read_frame(path, text=[sequence])
    require_columns(path, frame.columns, [sequence])
    X = read_texts(path, frame, sequence)
    return Bunch(X=X, **read_labels(path, frame, target))


def load_fasta(
    path: str | Path,
    *,
    label: str | None = None,
    labels: str | Path | None = None,
    target: str | Sequence[str] | None = None,
) -> Bunch:
    """Load sequences, and labels if there are any, from a FASTA file.

    Labels stand in the headers, as in ``>seq1 label=1`` or ``>seq1|label=1``, or in a table of
    their own.

    Parameters
    ----------
    path : str or Path
        FASTA file, compressed by gzip or not.
    label : str, optional
        Name of the label in the headers: "label" for the examples above.
    labels : str or Path, optional
        CSV or TSV file with the identifiers of the sequences in its first column. It needs no
        header line if the labels are its second and last one. Columns "split", "fold" and
        "groups" are read as in :func:`load_csv`; rows for other sequences are left out.
    target : str or sequence of str, optional
        Columns of `labels` to take, as in :func:`load_csv`; by default the second one.

    Returns
    -------
    Bunch
        ``X``: sequences, object array of str, shape (n,). ``ids``: first words of the headers.
        ``descriptions``: the rest of the headers. ``y``, ``target_names``, ``split``, ``fold``,
        ``groups`` and ``frame`` as in :func:`load_csv`; None if there are no labels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or no FASTA file, or a record has no letters or no label; the message
        names the record.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.fa"
    ...     _ = path.write_text(">a label=1\\nACGT\\nAC\\n>b label=0\\nggna\\n")
    ...     data = load_fasta(path, label="label")
    >>> data.X, data.y, data.ids
    (array(['ACGTAC', 'ggna'], dtype=object), array([1, 0]), array(['a', 'b'], dtype=object))
    """
    if label is not None and labels is not None:
        raise ValueError("give `label` or `labels`, not both: labels are in the headers or a file")
    records = list(read_fasta(path))
    headers = [header.split(maxsplit=1) or [""] for header, _ in records]
    ids = np.array([words[0] for words in headers], dtype=object)
    frame = None
    if label is not None:
        frame, target = _header_labels(path, records, label), label
    elif labels is not None:
        frame, target = _match_labels(labels, ids, target)
    return Bunch(
        X=_objects([sequence for _, sequence in records]),
        ids=ids,
        descriptions=_objects([" ".join(words[1:]) for words in headers]),
        **read_labels(labels or path, frame, target),
    )


def read_labels(path, frame: pd.DataFrame | None, target) -> dict:
    """What a Bunch tells about the labels and the parts that rows belong to."""
    names = [] if target is None or frame is None else _target_names(frame, target)
    parts = {"split": ["split"], "fold": ["fold"], "groups": ["groups", "group"]}
    bunch = {name: _first_column(path, frame, columns) for name, columns in parts.items()}
    y = read_targets(path, frame, names) if names else None
    return {"y": y, "target_names": names, "frame": frame, **bunch}


def _target_names(frame: pd.DataFrame, target: str | Sequence[str]) -> list[str]:
    if not isinstance(target, str):
        return list(target)
    # The name of a column may hold a comma itself.
    return [target] if target in frame.columns else [x.strip() for x in target.split(",")]


def _first_column(path, frame: pd.DataFrame | None, names: list[str]) -> np.ndarray | None:
    for name in names if frame is not None else []:
        if name in frame.columns:
            check_complete(path, frame[name], name)
            return _objects_of_text(frame[name])
    return None


def _header_labels(path, records: list[tuple[str, str]], label: str) -> pd.DataFrame:
    pattern = re.compile(rf"(?:^|[\s|;]){re.escape(label)}=([^\s|;]+)")
    values = []
    for header, _ in records:
        match = pattern.search(header)
        if match is None:
            raise ValueError(f"{path}: the record {header!r} has no '{label}=...' in its header")
        values.append(match[1])
    column = pd.Series(values, name=label)
    numbers = pd.to_numeric(column, errors="coerce")
    return (column if numbers.isna().any() else numbers).to_frame()


def _match_labels(path, ids: np.ndarray, target) -> tuple[pd.DataFrame, str | Sequence[str]]:
    """The rows of a table of labels in the order of the identifiers, and the target columns."""
    header = header_of(path)
    if len(header) < 2:
        raise ValueError(f"{path} has one column; labels need two, identifiers and labels")
    has_header = len(header) > 2 or header[0] not in set(ids)
    names = None if has_header else ["id", "label"]
    frame = read_frame(path, text=[header[0] if has_header else "id"], names=names)
    first = frame.columns[0]
    repeated = frame[first].duplicated()
    if repeated.any():
        raise ValueError(f"{path} has two rows for {frame[first][repeated].iloc[0]!r}")
    missing = ~np.isin(ids, frame[first].to_numpy(object))
    if missing.any():
        raise ValueError(f"{path} has no label for the record {ids[missing][0]!r}")
    frame = frame.set_index(first).loc[ids].reset_index()
    return frame, target or frame.columns[1]


def _objects(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def _objects_of_text(column: pd.Series) -> np.ndarray:
    return column.to_numpy(object if pd.api.types.is_string_dtype(column) else None)


_TABLES = {".csv", ".tsv", ".tab"}


def load_intervals(
    path: str | Path,
    genome,
    target: str | Sequence[str] | None = None,
    *,
    length: int | None = None,
    soft_masking: str = "keep",
) -> Bunch:
    """Load intervals and labels from a file, and their sequences from a genome.

    Parameters
    ----------
    path : str or Path
        BED, narrowPeak, broadPeak, GFF or GTF file; or a CSV or TSV file with the columns "chrom",
        "start", "end" (from 0, half-open) and perhaps "strand". Compressed or not.
    genome : str, Path or Genome
        FASTA file of the genome.
    target : str or sequence of str, optional
        Column of the labels, such as "name" or "score" of a BED file; several as in
        :func:`load_csv`. None for intervals without labels.
    length : int, optional
        Letters to read around the middle of each interval; by default the interval as it is.
    soft_masking : {"keep", "drop", "mask"}, default="keep"
        What becomes of lower-case letters, see :class:`~skgenomics.genome.IntervalEncoder`.

    Returns
    -------
    Bunch
        ``X``: sequences on the strand of their interval, object array of str, shape (n,). ``y``,
        ``target_names``, ``split``, ``fold`` and ``frame`` as in :func:`load_csv`. ``groups``: the
        column "groups" or "group", or else the chromosomes as the genome names them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a file is malformed or damaged, or an interval is not in the genome; the message names
        the line or row.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_intervals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     genome, peaks = pathlib.Path(folder) / "genome.fa", pathlib.Path(folder) / "peaks.bed"
    ...     _ = genome.write_text(">chr1\\nACGTACCG\\n")
    ...     _ = peaks.write_text("chr1\\t2\\t5\\tbound\\nchr1\\t0\\t4\\tfree\\n")
    ...     data = load_intervals(peaks, genome, target="name")
    >>> data.X, data.y
    (array(['GTA', 'ACGT'], dtype=object), array(['bound', 'free'], dtype=object))
    """
    from skgenomics.genome import Genome, IntervalEncoder

    frame = read_places(path)
    encoder = IntervalEncoder(genome, length=length, soft_masking=soft_masking)
    bunch = Bunch(X=encoder.fit_transform(frame)[:, 0], **read_labels(path, frame, target))
    if bunch.groups is None:
        # The names of the genome: one file may have chr1 and 1, which are the same.
        source = genome if isinstance(genome, Genome) else Genome(genome)
        names = {name: source.resolve(name) for name in frame["chrom"].unique()}
        bunch.groups = frame["chrom"].map(names).to_numpy(object)
    return bunch


def read_places(path: str | Path) -> pd.DataFrame:
    """The intervals of a file: a table, or a format of genome browsers, as its ending tells."""
    from skgenomics.genome import read_intervals

    if ending_of(path) not in _TABLES:
        return read_intervals(path).apply(_as_numbers)
    frame = read_frame(path, text=["chrom"])
    require_columns(path, frame.columns, ["chrom", "start", "end"])
    return frame


def _as_numbers(column: pd.Series) -> pd.Series:
    """A column of text as numbers, if all of it are such: names of a BED file may be labels."""
    if column.name == "chrom" or not pd.api.types.is_string_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return column if not np.isfinite(numbers).all() else numbers
